package commands

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is the answer of a command that cannot do what was asked: what went
// wrong, and what to do instead.
type Error struct {
	Msg  string // one line, no full stop
	Hint string // what to do instead; may be empty
	Col  int    // the byte column (from 1) that is to blame; 0 for none

	line    string   // the line that Col points into
	word    bool     // only another word was wanted: another form of the command may have more to say
	wants   []string // the words that could have stood there, when Msg does not name them
	mistake bool     // nothing was asked of the cluster: no such command, an unclosed quote, no condition
}

// Errorf makes an Error without a column, which is what most commands need.
func Errorf(format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...)}
}

// WithHint says what to do instead.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// asMistake marks what can only be a mistake of who wrote the line: it is no
// refusal, so that `! COMMAND` does not take it for one.
func (e *Error) asMistake() *Error {
	e.mistake = true
	return e
}

// wanting says which words could have stood there.
func (e *Error) wanting(words ...string) *Error {
	e.wants = words
	return e
}

// isMistake says whether an error was marked so.
func isMistake(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.mistake
}

func (e *Error) Error() string {
	text := e.Msg
	if e.Col > 0 {
		text += "\n" + caret(e.line, e.Col)
	}
	if e.Hint != "" {
		text += "\n  " + strings.ReplaceAll(e.Hint, "\n", "\n  ")
	}
	return text
}

// errLasting refuses to try a command whose deeds cannot be taken back.
var errLasting = errors.New("cannot be tried: what it does is not taken back")

// ErrQuit ends the session: `quit` at the prompt returns it.
var ErrQuit = errors.New("quit")

// errFileEnd ends the script that is being read: `quit` in one returns it.
var errFileEnd = errors.New("the script ends here")

// fileEnds says whether an error is that the script ends here, and what else
// went wrong before.
func fileEnds(err error) (before error, ended bool) {
	if !errors.Is(err, errFileEnd) {
		return err, false
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range all.Unwrap() {
			rest, _ := fileEnds(e)
			before = cmp.Or(before, rest)
		}
	}
	return before, true
}

// ErrInterrupted is behind every error of a command that Ctrl-C ended.
var ErrInterrupted = errors.New("interrupted")

// kept marks a failure that leaves standing what the command did before it.
type kept struct{ error }

func (k kept) Unwrap() error { return k.error }

// Kept says of a failed command that what it did until then stays, as for a
// `run until` that gave up. Without it a failure takes everything back.
func Kept(err error) error { return kept{err} }

// Interrupted is what a command returns that Ctrl-C ended; progress says how
// far it came ("after 312 of 1000 ticks"). What it did stays.
func Interrupted(progress string) error {
	return Kept(fmt.Errorf("%w %s", ErrInterrupted, progress))
}

// Visible is text with everything that a terminal would obey, or that nobody
// could see, written out as an escape.
func Visible(s string) string {
	clean := true
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		b.WriteString(visibleRune(r, s[:n]))
		s = s[n:]
	}
	return b.String()
}

// visibleRune shows one rune; raw is the bytes that it was read from.
func visibleRune(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1, r < utf8.RuneSelf && !unicode.IsPrint(r):
		return fmt.Sprintf(`\x%02x`, raw[0])
	case !unicode.IsPrint(r):
		return fmt.Sprintf(`\u%04x`, r)
	}
	return raw
}

// show is a word of the user's as an error repeats it: quoted, harmless, not
// too long.
func show(word string) string {
	const limit = 40
	word = Visible(word)
	if utf8.RuneCountInString(word) > limit {
		word = string([]rune(word)[:limit]) + "…"
	}
	return `"` + word + `"`
}

// caret is the line with a mark below the byte column col, a long line cut
// down to what stands around it.
func caret(line string, col int) string {
	const before, width = 50, 74
	var text, pad strings.Builder
	at := min(max(col-1, 0), len(line))
	start, end, n := at, at, 0
	for ; start > 0 && n < before; n++ {
		_, size := utf8.DecodeLastRuneInString(line[:start])
		start -= size
	}
	for ; end < len(line) && n < width; n++ {
		_, size := utf8.DecodeRuneInString(line[end:])
		end += size
	}
	if start > 0 {
		text.WriteString("…")
		pad.WriteString(" ")
	}
	for i := start; i < end; {
		r, size := utf8.DecodeRuneInString(line[i:end])
		s := " "
		if r != '\t' {
			s = visibleRune(r, line[i:i+size])
		}
		text.WriteString(s)
		if i < at {
			pad.WriteString(strings.Repeat(" ", columns(r, s)))
		}
		i += size
	}
	if end < len(line) {
		text.WriteString("…")
	}
	return "  " + text.String() + "\n  " + pad.String() + "^"
}

// columns is how many columns of a terminal shown takes, which stands for r.
func columns(r rune, shown string) int {
	switch {
	case !unicode.IsPrint(r) || r == utf8.RuneError && len(shown) > 3:
		return len(shown)
	case unicode.Is(unicode.Mn, r):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0xFF01 && r <= 0xFF60, r >= 0x1F300 && r <= 0x1FAFF:
		return 2
	}
	return 1
}
