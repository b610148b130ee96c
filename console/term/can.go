package term

import (
	"os"
	"strings"
)

// WantsColour decides for one stream: when is the value of --color. What is
// said on the command line comes first, then NO_COLOR (no-color.org), then
// CLICOLOR_FORCE and FORCE_COLOR, which also paint a pipe and a dumb terminal.
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

// forced tells that a variable asks for colour: any value does but none, 0 and false.
func forced(variable string) bool {
	switch os.Getenv(variable) {
	case "", "0", "false":
		return false
	}
	return true
}

// Dumb tells that the terminal understands no escape sequences.
func Dumb() bool { return os.Getenv("TERM") == "dumb" }

// OnlyASCII tells that the terminal's locale has no box-drawing characters.
// Where nothing is said, and in files, they are taken to be there.
func OnlyASCII(terminal bool) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(os.Getenv(name)); locale != "" {
			return terminal && !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8")
		}
	}
	return false
}
