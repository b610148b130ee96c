package lang

import "strings"

// rawKind says how strict a raw tail is. In a condition a quote or bracket
// that nobody closes is a mistake; in a text it is just a character, so that
// `say it's time :(` needs no care.
type rawKind uint8

const (
	notRaw rawKind = iota
	rawCondition
	rawText
)

// rawTail is the rest of a command, taken as it stands.
type rawTail struct {
	from, to int    // in the line, without blanks at either end
	words    []span // the words outside quotes and brackets
}

type span struct{ from, to int }

// raw takes the text up to the end of the line, a ';', or a '#' at the start
// of a word, where these stand outside quotes and brackets.
func (l *lexer) raw(kind rawKind) (rawTail, error) {
	for l.pos < len(l.line) && blank(l.line[l.pos]) {
		l.pos++
	}
	s := rawScan{line: l.line, kind: kind, from: l.pos}
	s.scan()
	if kind == rawText && len(s.open)+len(s.plain) > 0 {
		// Once more, with the brackets that nobody closed as plain characters.
		for _, at := range s.open {
			s.mark(at)
		}
		s = rawScan{line: l.line, kind: kind, from: l.pos, plain: s.plain, final: true}
		s.scan()
	}
	if s.err != nil {
		return rawTail{}, s.err
	}
	if len(s.open) > 0 && kind == rawCondition {
		at := s.open[len(s.open)-1]
		return rawTail{}, errorAt(l.line, at, "the %q in column %d is not closed", l.line[at], at+1).asMistake()
	}
	l.pos = s.end
	to := len(strings.TrimRight(l.line[:s.end], " \t\n\v\f\r"))
	return rawTail{from: s.from, to: max(to, s.from), words: s.words}, nil
}

// rawScan is one pass over a raw tail.
type rawScan struct {
	line  string
	kind  rawKind
	from  int
	final bool // plain is complete

	end   int
	words []span
	open  []int        // the brackets that are open
	count [256]int     // how many of each are
	plain map[int]bool // brackets that count as plain characters
	deaf  [256]bool    // quotes that are known not to close any more
	err   error
}

func (s *rawScan) scan() {
	start := -1 // of the word we are in, outside brackets
	i := s.from
	for ; i < len(s.line) && s.err == nil; i++ {
		c := s.line[i]
		first := i == s.from || blank(s.line[i-1])
		if len(s.open) == 0 {
			if c == ';' || c == '#' && first {
				break
			}
			if start >= 0 && blank(c) {
				s.words = append(s.words, span{start, i})
				start = -1
			} else if start < 0 && !blank(c) {
				start = i
			}
		}
		switch c {
		case '"', '\'', '`':
			i = s.quote(i, c)
		case '(', '[', '{':
			if !s.plain[i] {
				s.open = append(s.open, i)
				s.count[c]++
			}
		case ')', ']', '}':
			s.close(c)
		}
	}
	s.end = min(i, len(s.line))
	if start >= 0 {
		s.words = append(s.words, span{start, s.end})
	}
}

// quote skips what stands in quotes from i on, and returns its last byte. In
// a text a quote opens at the start of a word, or of a value as in x="a; b",
// only: “it's” holds none.
func (s *rawScan) quote(i int, q byte) int {
	if s.kind == rawText {
		if q == '`' || s.deaf[q] || i > s.from && !blank(s.line[i-1]) && strings.IndexByte("([{=", s.line[i-1]) < 0 {
			return i
		}
	}
	for j := i + 1; j < len(s.line); j++ {
		switch {
		case s.line[j] == q:
			return j
		case s.line[j] == '\\' && (q == '"' || q == '\'' && s.kind == rawCondition):
			j++
		}
	}
	if s.kind == rawCondition {
		s.err = errorAt(s.line, i, "the quote in column %d is not closed", i+1).asMistake()
	}
	s.deaf[q] = true
	return i
}

// close closes the innermost bracket that c fits; those inside it were never
// closed.
func (s *rawScan) close(c byte) {
	opener := map[byte]byte{')': '(', ']': '[', '}': '{'}[c]
	for s.count[opener] > 0 {
		at := s.open[len(s.open)-1]
		s.open = s.open[:len(s.open)-1]
		s.count[s.line[at]]--
		if s.line[at] == opener {
			return
		}
		if !s.final {
			s.mark(at)
		}
	}
}

func (s *rawScan) mark(at int) {
	if s.plain == nil {
		s.plain = map[int]bool{}
	}
	s.plain[at] = true
}
