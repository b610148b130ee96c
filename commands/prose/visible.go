package prose

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// Cite is a word of the user's as an error repeats it: quoted, harmless, not
// too long.
func Cite(word string) string {
	const limit = 40
	word = Visible(word)
	if utf8.RuneCountInString(word) > limit {
		word = string([]rune(word)[:limit]) + "…"
	}
	return `"` + word + `"`
}

// Caret is the line with a mark below the byte at column col, from 1. A long line is cut
// down to what is around that.
func Caret(line string, col int) string {
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

// columns is how many columns of a terminal a rune takes that is written as shown.
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
