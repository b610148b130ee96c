package term

import (
	"os"
	"strings"
)

// WantsColour tells whether to colour one stream. when is the value of --color, which
// comes first; then NO_COLOR (no-color.org), then CLICOLOR_FORCE and FORCE_COLOR, which
// also colour a pipe and a dumb terminal. terminal says whether the stream is a terminal.
func WantsColour(when string, terminal bool) bool {
	switch {
	case when == "always":
		return true
	case when == "never" || os.Getenv("NO_COLOR") != "":
		return false
	case forced("CLICOLOR_FORCE") || forced("FORCE_COLOR"):
		return true
	}
	return terminal && !Dumb()
}

// forced tells whether a variable asks for colour: any value does but "", 0 and false.
func forced(variable string) bool {
	switch os.Getenv(variable) {
	case "", "0", "false":
		return false
	}
	return true
}

// Dumb tells whether the terminal understands no escape sequences.
func Dumb() bool { return os.Getenv("TERM") == "dumb" }

// OnlyASCII tells whether the terminal's locale has no box-drawing characters. If the environment
// names no locale, and for what is no terminal, it is false.
func OnlyASCII(terminal bool) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(os.Getenv(name)); locale != "" {
			return terminal && !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}
