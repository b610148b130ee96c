package cond

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
)

// compileError says in our words why src does not compile, and where.
func (l *Language[V]) compileError(src string, names []string, err error) *lang.Error {
	out := &lang.Error{Msg: err.Error(), Col: 1, Line: src}
	var at *file.Error
	if errors.As(err, &at) {
		out.Msg = strings.ReplaceAll(at.Message, innerName, "")
		out.Col = 1 + byteOffset(src, at.From)
	}
	if strings.Contains(out.Msg, "maximum allowed nodes") {
		out.Msg = fmt.Sprintf("the condition has more than %d parts", conf.DefaultMaxNodes)
		return out
	}
	for _, f := range []func(*lang.Error, []string) bool{
		l.unknownName, l.unknownMember, l.wrongTypes, l.notBool, badToken,
	} {
		if f(out, names) {
			return out
		}
	}
	out.Msg = "this condition cannot be understood: " +
		prose.Visible(l.badType().ReplaceAllStringFunc(out.Msg, l.typeName))
	return out
}

// byteOffset turns an offset in runes into one in bytes.
func byteOffset(src string, runes int) int {
	for i := range src {
		if runes == 0 {
			return i
		}
		runes--
	}
	return len(src)
}

func (l *Language[V]) unknownName(e *lang.Error, things []string) bool {
	name, ok := strings.CutPrefix(e.Msg, "unknown name ")
	if !ok {
		return false
	}
	e.Msg = "there is no " + prose.Visible(name)
	e.Hint = cmp.Or(l.Wrong(name, things), prose.Either(name == "now", l.Hints.Day, ""),
		prose.DidYouMean(name, append(namesOf(l.Words()), things...)), l.Hints.Name)
	return true
}

var noField = prose.Pattern(`^type (\S+) has no (?:field|method) (.*)$`)

func (l *Language[V]) unknownMember(e *lang.Error, _ []string) bool {
	if strings.HasPrefix(e.Msg, "array elements can only be selected") {
		e.Msg = "a list has no such member"
		e.Hint = l.Hints.Element
		return true
	}
	m := noField().FindStringSubmatch(e.Msg)
	if m == nil {
		return false
	}
	e.Msg = l.typeName(m[1]) + " has no " + prose.Cite(m[2])
	for _, t := range l.Things {
		if strings.HasSuffix(m[1], t.Type.String()) {
			names := namesOf(WordsOf(t.Type))
			e.Suggest(m[2], names, "it has "+prose.And(names))
		}
	}
	return true
}

var mismatch = prose.Pattern(`^invalid operation: (\S+) ` +
	`\(mismatched types? (\S+(?: \{\})?)(?: and (\S+(?: \{\})?))?\)$`)

func (l *Language[V]) wrongTypes(e *lang.Error, _ []string) bool {
	m := mismatch().FindStringSubmatch(e.Msg)
	if m == nil {
		return false
	}
	left, right := l.typeName(m[2]), l.typeName(m[3])
	switch {
	case m[3] == "":
		e.Msg = m[1] + " does not go with " + left
	case slices.Contains([]string{"and", "or", "&&", "||"}, m[1]):
		e.Msg = m[1] + " joins what is true or false, not " + left + " and " + right
	default:
		e.Msg = m[1] + " cannot be used between " + left + " and " + right
	}
	if m[2] == "string" && m[3] == "int" || m[2] == "int" && m[3] == "string" {
		e.Hint = l.Hints.Text
	}
	return true
}

func (l *Language[V]) notBool(e *lang.Error, _ []string) bool {
	got, ok := strings.CutPrefix(e.Msg, "expected bool, but got ")
	if ok {
		e.Msg = "a condition is true or false, but this is " + l.typeName(got)
		e.Hint = l.Hints.Truth
	}
	return ok
}

func badToken(e *lang.Error, _ []string) bool {
	token, ok := strings.CutPrefix(e.Msg, "unexpected token ")
	switch {
	case e.Msg == "literal not terminated":
		e.Msg = "a quote is not closed"
		return true
	case !ok && e.Msg != "unexpected end of expression":
		return false
	case token == "EOF" || !ok:
		e.Msg, e.Col = "something is missing at the end", len(e.Line)+1
		return true
	}
	if _, quoted, ok := strings.Cut(token, "("); ok {
		token = strings.TrimSuffix(quoted, ")")
	}
	e.Msg = prose.Visible(token) + " is not expected here"
	if token == `"="` {
		e.Hint = "== compares"
	}
	return true
}

// typesIn finds the types that a message mentions, which readers call otherwise.
func typesIn(types map[string]Thing) *regexp.Regexp {
	words := each.As(slices.Sorted(maps.Keys(types)), regexp.QuoteMeta)
	return regexp.MustCompile(`(?:map\[string\])?(?:\[\])?\*?(?:` + strings.Join(words, "|") + `)\b`)
}

// typeName is a Go type as a reader of conditions calls it.
func (l *Language[V]) typeName(t string) string {
	switch t {
	case "string":
		return "a text"
	case "int", "uint64", "float64":
		return "a number"
	case "bool":
		return "true or false"
	case "nil", "unknown":
		return "nil"
	}
	short := strings.TrimPrefix(strings.TrimPrefix(t, "[]"), "*")
	thing, known := l.typeOf[short]
	switch {
	case known && strings.HasPrefix(t, "[]"):
		return "a list, each of it " + thing.Name
	case known:
		return thing.Name
	case strings.HasPrefix(t, "map"):
		return "a map"
	case strings.HasPrefix(t, "[]"):
		return "a list"
	}
	return t
}
