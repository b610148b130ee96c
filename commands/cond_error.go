package commands

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"raftlab/commands/prose"
	"raftlab/raft"

	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
)

// compileError says in our words why src does not compile, and where.
func compileError(src string, nodes []raft.ID, err error) *Error {
	out := &Error{Msg: err.Error(), Col: 1, Line: src}
	var at *file.Error
	if errors.As(err, &at) {
		out.Msg = strings.ReplaceAll(at.Message, innerName, "")
		out.Col = 1 + byteOffset(src, at.From)
	}
	if strings.Contains(out.Msg, "maximum allowed nodes") {
		out.Msg = fmt.Sprintf("the condition has more than %d parts", conf.DefaultMaxNodes)
		return out
	}
	for _, f := range []func(*Error, []raft.ID) bool{
		unknownName, unknownMember, wrongTypes, notBool, badToken,
	} {
		if f(out, nodes) {
			return out
		}
	}
	out.Msg = "this condition cannot be understood: " + inOurWords(out.Msg)
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

func unknownName(e *Error, nodes []raft.ID) bool {
	name, ok := strings.CutPrefix(e.Msg, "unknown name ")
	if !ok {
		return false
	}
	names := slices.Clone(vocabularyNames)
	for _, id := range nodes {
		names = append(names, id.String())
	}
	e.Msg = "there is no " + prose.Visible(name)
	switch n, isNode := nodeNumber(name); {
	case isNode && slices.Contains(nodes, n):
		e.Hint = "did you mean " + n.String() + "?"
	case isNode:
		e.Hint = "the nodes are " + nodeRange(nodes)
	case name == "now":
		e.Hint = "a condition must not depend on the day; clock counts ticks"
	default:
		if e.Hint = prose.DidYouMean(name, names); e.Hint == "" {
			e.Hint = "help conditions lists the names; a text stands in quotes"
		}
	}
	return true
}

// views are the things a condition can ask about, as a reader calls them.
var views = []struct {
	t    reflect.Type
	name string
}{
	{reflect.TypeFor[NodeView](), "a node"},
	{reflect.TypeFor[MessageView](), "a message"},
	{reflect.TypeFor[EntryView](), "an entry"},
	{reflect.TypeFor[PlaceView](), "an index and term"},
	{reflect.TypeFor[BreachView](), "a violation"},
	{reflect.TypeFor[ClientView](), "a client"},
	{reflect.TypeFor[ExploredView](), "explored"},
}

var noField = regexp.MustCompile(`^type (\S+) has no (?:field|method) (.*)$`)

func unknownMember(e *Error, _ []raft.ID) bool {
	if strings.HasPrefix(e.Msg, "array elements can only be selected") {
		e.Msg = "a list has no such member"
		e.Hint = "ask one of it, nodes[0].up, or all of it, all(nodes, .up)"
		return true
	}
	m := noField.FindStringSubmatch(e.Msg)
	if m == nil {
		return false
	}
	e.Msg = typeName(m[1]) + " has no " + prose.Cite(m[2])
	for _, v := range views {
		if strings.HasSuffix(m[1], "."+v.t.Name()) {
			names := memberNames(v.t)
			if e.Hint = prose.DidYouMean(m[2], names); e.Hint == "" {
				e.Hint = "it has " + prose.And(names)
			}
		}
	}
	return true
}

var mismatch = regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types? (\S+(?: \{\})?)(?: and (\S+(?: \{\})?))?\)$`)

func wrongTypes(e *Error, _ []raft.ID) bool {
	m := mismatch.FindStringSubmatch(e.Msg)
	if m == nil {
		return false
	}
	left, right := typeName(m[2]), typeName(m[3])
	switch {
	case m[3] == "":
		e.Msg = m[1] + " does not go with " + left
	case slices.Contains([]string{"and", "or", "&&", "||"}, m[1]):
		e.Msg = m[1] + " joins what is true or false, not " + left + " and " + right
	default:
		e.Msg = m[1] + " cannot be used between " + left + " and " + right
	}
	if m[2] == "string" && m[3] == "int" || m[2] == "int" && m[3] == "string" {
		e.Hint = `a text stands in quotes: S1.kv["x"] == "1"; a number does not`
	}
	return true
}

func notBool(e *Error, _ []raft.ID) bool {
	got, ok := strings.CutPrefix(e.Msg, "expected bool, but got ")
	if ok {
		e.Msg = "a condition is true or false, but this is " + typeName(got)
		e.Hint = "compare it with something: leader.id == \"S1\""
	}
	return ok
}

func badToken(e *Error, _ []raft.ID) bool {
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

var typeWord = regexp.MustCompile(`(?:map\[string\])?(?:\[\])?\*?commands\.[A-Za-z]+`)

// inOurWords puts our names for the types that a message mentions.
func inOurWords(msg string) string {
	return prose.Visible(typeWord.ReplaceAllStringFunc(msg, typeName))
}

// typeName is a Go type as a reader of conditions calls it.
func typeName(t string) string {
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
	for _, v := range views {
		if short != "commands."+v.t.Name() {
			continue
		}
		if strings.HasPrefix(t, "[]") {
			return "a list, each of it " + v.name
		}
		return v.name
	}
	switch {
	case strings.HasPrefix(t, "map"):
		return "a map"
	case strings.HasPrefix(t, "[]"):
		return "a list"
	}
	return t
}
