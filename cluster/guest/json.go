package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// at is a value in a JSON text, and its place there.
type at struct {
	in    *at // nil: the text itself
	name  string
	index int    // in a list; -1: it is the field name
	raw   string // as it was written
	all   *[]at  // the values of the text, each before those inside it
	self  int    // its own index in all
	end   int    // the index of the next one that is not inside it
	seen  bool   // of a field: it was asked for
}

// wrong is what is wrong in a text. Readers panic with it, and caught makes it an error.
type wrong struct{ text string }

func caught(err *error) {
	switch w := recover().(type) {
	case nil:
	case wrong:
		*err = errors.New(w.text)
	default:
		panic(w)
	}
}

func (a *at) fail(format string, args ...any) {
	panic(wrong{a.path() + ": " + fmt.Sprintf(format, args...)})
}

func (a *at) path() string {
	switch {
	case a.in == nil:
		return a.name
	case a.index >= 0:
		return a.in.path() + "[" + strconv.Itoa(a.index) + "]"
	case a.in.in == nil:
		return a.name
	}
	return a.in.path() + "." + a.name
}

// object reads a text that must be a JSON object. A field that occurs twice is an error,
// because readers of JSON differ in which of the two they take. A byte order mark, with which
// some programs begin, is passed over.
func object(text []byte) (top *at, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		i := 0
		for r, n := utf8.DecodeRune(text); r != utf8.RuneError || n > 1; r, n = utf8.DecodeRune(text[i:]) {
			i += n
		}
		return nil, fmt.Errorf("it is not UTF-8: byte %d is %#x", i+1, text[i])
	}
	t := reader{text: string(text)}
	if !t.whole() || t.nodes[0].raw[0] != '{' {
		why := "its type is null"
		if err := json.Unmarshal(text, new(map[string]any)); err != nil {
			why = noObject(err)
		}
		return nil, fmt.Errorf("it is not a JSON object: %s; it starts with %s", why,
			short(string(text[:min(len(text), 60)])))
	}
	if top = &t.nodes[0]; t.twice {
		defer caught(&err)
		top.differs()
	}
	return top, nil
}

// noObject is why a text is no JSON object, without the terms of Go.
func noObject(err error) string {
	if other := (*json.UnmarshalTypeError)(nil); errors.As(err, &other) {
		return "its type is " + other.Value
	}
	return err.Error()
}

// parts is the fields of an object, or the values of a list.
func (a *at) parts() iter.Seq2[int, *at] {
	return func(yield func(int, *at) bool) {
		for i, k := 0, a.self+1; k < a.end; i++ {
			f := &(*a.all)[k]
			f.in, f.all = a, a.all
			if a.raw[0] == '[' {
				f.index = i
			}
			if !yield(i, f) {
				return
			}
			k = f.end
		}
	}
}

// differs fails where two fields of an object have one name.
func (a *at) differs() {
	names := map[string]bool{}
	for _, f := range a.parts() {
		if a.raw[0] == '{' && names[f.name] {
			f.fail("this field stands there twice")
		}
		names[f.name] = true
		f.differs()
	}
}

// reader parses a JSON text in one pass. Most texts are read once and thrown away, so it
// copies nothing.
type reader struct {
	text  string
	at    int // how much of it is read
	nodes []at
	deep  int
	twice bool // some object has a field twice
}

// mostDeep is how deeply values may be nested, as in the standard library.
const mostDeep = 10_000

// whole reads all of the text. It reports false if that is no JSON; the standard library then
// says why.
func (t *reader) whole() bool {
	some := 1 + strings.Count(t.text, ",") + strings.Count(t.text, "[") + strings.Count(t.text, "{")
	t.nodes = make([]at, 0, some)
	if !t.value("") {
		return false
	}
	t.nodes[0].all = &t.nodes
	return t.next() == 0 && t.at == len(t.text)
}

// next is the next byte that is no blank, or 0 at the end of the text.
func (t *reader) next() byte {
	for ; t.at < len(t.text); t.at++ {
		switch c := t.text[t.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (t *reader) value(name string) (ok bool) {
	c := t.next()
	self, from := len(t.nodes), t.at
	t.nodes = append(t.nodes, at{name: name, index: -1, self: self})
	switch c {
	case '{':
		ok = t.many('}')
		t.twice = t.twice || ok && t.twofold(self)
	case '[':
		ok = t.many(']')
	case '"':
		ok = t.quoted()
	default:
		ok = t.plain()
	}
	n := &t.nodes[self]
	n.raw, n.end = t.text[from:t.at], len(t.nodes)
	return ok
}

// many reads an object or a list.
func (t *reader) many(end byte) bool {
	t.at++
	if t.deep++; t.deep > mostDeep {
		return false
	}
	defer func() { t.deep-- }()
	if t.next() == end {
		t.at++
		return true
	}
	for {
		name := ""
		if end == '}' {
			t.next()
			from := t.at
			if !t.quoted() {
				return false
			}
			name = unquoted(t.text[from:t.at])
			if t.next() != ':' {
				return false
			}
			t.at++
		}
		if !t.value(name) {
			return false
		}
		c := t.next()
		if c != ',' && c != end {
			return false
		}
		if t.at++; c == end {
			return true
		}
	}
}

// twofold tells whether an object that was read has a field twice.
func (t *reader) twofold(self int) bool {
	n := 0
	for i := self + 1; i < len(t.nodes); i = t.nodes[i].end {
		n++
	}
	if n > 20 {
		names := make(map[string]bool, n)
		for i := self + 1; i < len(t.nodes); i = t.nodes[i].end {
			names[t.nodes[i].name] = true
		}
		return len(names) < n
	}
	for i := self + 1; i < len(t.nodes); i = t.nodes[i].end {
		for k := self + 1; k < i; k = t.nodes[k].end {
			if t.nodes[k].name == t.nodes[i].name {
				return true
			}
		}
	}
	return false
}

// quoted reads a text in quotes.
func (t *reader) quoted() bool {
	from, special := t.at, false
	if from == len(t.text) || t.text[from] != '"' {
		return false
	}
	for t.at++; t.at < len(t.text); t.at++ {
		switch c := t.text[t.at]; {
		case c == '"':
			t.at++
			return !special || json.Valid([]byte(t.text[from:t.at]))
		case c == '\\':
			special = true
			if t.at++; t.at == len(t.text) {
				return false
			}
		case c < ' ':
			return false
		}
	}
	return false
}

// plain reads a number, or a word.
func (t *reader) plain() bool {
	from, digits := t.at, true
	for ; t.at < len(t.text); t.at++ {
		if c := t.text[t.at]; strings.IndexByte(",]} \t\r\n", c) >= 0 {
			break
		} else if c < '0' || c > '9' {
			digits = false
		}
	}
	word := t.text[from:t.at]
	return digits && word != "" && (word[0] != '0' || word == "0") || word == "null" || json.Valid([]byte(word))
}

// unquoted is a text in quotes without them.
func unquoted(raw string) string {
	for i := 1; i < len(raw)-1; i++ {
		if c := raw[i]; c == '\\' || c >= utf8.RuneSelf {
			var text string
			_ = json.Unmarshal([]byte(raw), &text)
			return text
		}
	}
	return raw[1 : len(raw)-1]
}

// compact is a value without blanks between its parts.
func (a *at) compact() string {
	if !strings.ContainsAny(a.raw, " \t\r\n") {
		return strings.Clone(a.raw) // a slice would keep the whole text in memory
	}
	var b bytes.Buffer
	_ = json.Compact(&b, []byte(a.raw))
	return b.String()
}
