package lang

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxLine is the length in bytes that a line may have.
const MaxLine = 64 << 10

// Word is one word of a command: its text with the quotes taken off, and the
// bytes of the line that it was read from.
type Word struct {
	Text     string
	From, To int
	Quoted   bool // some part of it stood in quotes, so it is never a keyword
}

// lexer reads one command's words from a line, one at a time, because what
// follows a word may have to be taken raw.
type lexer struct {
	line string
	pos  int

	positions bool // #112 is a word, not a comment
}

// errorAt blames the byte at offset at of line.
func errorAt(line string, at int, format string, args ...any) *Error {
	return &Error{Msg: fmt.Sprintf(format, args...), Col: at + 1, Line: line}
}

// checkLine refuses what no command line can be.
func checkLine(line string) error {
	if len(line) > MaxLine {
		return errorAt(line, MaxLine, "the line is longer than 64 KiB (column %d)", MaxLine+1)
	}
	if at := strings.IndexByte(line, 0); at >= 0 {
		return errorAt(line, at, "a NUL byte in column %d", at+1)
	}
	if utf8.ValidString(line) {
		return nil
	}
	for at, r := range line {
		if _, size := utf8.DecodeRuneInString(line[at:]); r == utf8.RuneError && size == 1 {
			return errorAt(line, at, "bad UTF-8 in column %d", at+1)
		}
	}
	return nil
}

func blank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// skipBlanks moves to the next word and says whether the command has one.
func (l *lexer) skipBlanks() bool {
	for l.pos < len(l.line) && blank(l.line[l.pos]) {
		l.pos++
	}
	return l.pos < len(l.line) && l.line[l.pos] != ';' && (l.line[l.pos] != '#' || l.position())
}

// position tells whether the '#' at l.pos begins a word like #112, where such
// words are.
func (l *lexer) position() bool {
	return l.positions && l.pos+1 < len(l.line) && l.line[l.pos+1] >= '0' && l.line[l.pos+1] <= '9'
}

// next reads a word. ok is false at the end of the command: the end of the
// line, a ';', or a '#' at the start of a word.
func (l *lexer) next() (w Word, ok bool, err error) {
	if !l.skipBlanks() {
		return Word{From: l.pos, To: l.pos}, false, nil
	}
	w.From = l.pos
	start := l.pos
	var head []byte // what stands before start, its quotes taken off
	for l.pos < len(l.line) {
		switch c := l.line[l.pos]; {
		case c == ';' || blank(c):
			return l.finish(w, head, start), true, nil
		case c == '"' || c == '\'':
			head = append(head, l.line[start:l.pos]...)
			w.Quoted = true
			if head, err = l.quoted(head, c); err != nil {
				return w, false, err
			}
			start = l.pos
		default:
			l.pos++
		}
	}
	return l.finish(w, head, start), true, nil
}

// finish adds the unquoted end of a word, from start, to its head.
func (l *lexer) finish(w Word, head []byte, start int) Word {
	w.Text, w.To = l.line[start:l.pos], l.pos
	if len(head) > 0 {
		w.Text = string(append(head, w.Text...))
	}
	return w
}

// quoted appends to b what stands in quotes, from the opening one on.
func (l *lexer) quoted(b []byte, quote byte) ([]byte, error) {
	open := l.pos
	for l.pos++; l.pos < len(l.line); l.pos++ {
		switch c := l.line[l.pos]; {
		case c == quote:
			l.pos++
			return b, nil
		case c == '\\' && quote == '"':
			c, err := l.escape()
			if err != nil {
				return nil, err
			}
			b = append(b, c)
		default:
			b = append(b, c)
		}
	}
	return nil, errorAt(l.line, open, "the quote in column %d is not closed", open+1).asMistake()
}

// escape reads the escape at l.pos and stops at its last byte.
func (l *lexer) escape() (byte, error) {
	at := l.pos
	l.pos++
	if l.pos < len(l.line) {
		switch c := l.line[l.pos]; c {
		case 'n':
			return '\n', nil
		case 't':
			return '\t', nil
		case '"', '\\':
			return c, nil
		case 'x':
			two := l.line[l.pos+1 : min(l.pos+3, len(l.line))]
			if b, err := strconv.ParseUint(two, 16, 8); err == nil && len(two) == 2 {
				l.pos += 2
				return byte(b), nil
			}
		}
	}
	return 0, errorAt(l.line, at, `inside "…" a backslash begins \n, \t, \", \\ or \xHH`).
		WithHint(`inside '…' everything stands for itself`).asMistake()
}

// marked is what a word may hold in quotes only.
func marked(r rune) bool {
	return r < utf8.RuneSelf && blank(byte(r)) || r < ' ' || r == 0x7f || r == ';' || r == '"' || r == '\''
}

// Quote writes text as one word that the console reads back as the same text.
func Quote(text string) string {
	if text != "" && text[0] != '#' && text[0] != '!' && utf8.ValidString(text) && !strings.ContainsFunc(text, marked) {
		return text
	}
	var b strings.Builder
	b.WriteByte('"')
	for rest := text; len(rest) > 0; {
		r, n := utf8.DecodeRuneInString(rest)
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f || r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, rest[0])
		default:
			b.WriteString(rest[:n])
		}
		rest = rest[n:]
	}
	b.WriteByte('"')
	return b.String()
}
