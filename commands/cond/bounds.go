package cond

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"raftlab/commands/each"
	"raftlab/commands/lang"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm/runtime"
)

// A condition is a program that somebody else may have written, so it is bounded
// in everything it can ask for: steps, the length of a text, memory, the depth
// of what it nests, and time. What goes beyond is an error that says which bound
// it was. Ctrl-C ends it as well.
const (
	maxSteps  = 2_000_000        // see meter.step
	maxText   = 1 << 20          // bytes
	maxBytes  = 64 << 20         // of all that one evaluation makes
	maxParts  = 1_000_000        // of one value, see meter.weigh
	maxNested = 1000             // levels of one value
	maxTime   = 10 * time.Second // of one evaluation, in case its steps take longer than we think
)

// bound is the error of a condition that asks for too much.
type bound struct{ error }

func bounded(format string, args ...any) error { return bound{fmt.Errorf(format, args...)} }

var (
	tooManySteps = bounded("it takes more than %d steps", maxSteps)
	tooLongText  = bounded("it makes a text of more than %d bytes", maxText)
	tooMuchMade  = bounded("it makes texts and lists of more than %d bytes in all", maxBytes)
	tooManyParts = bounded("it handles a value of more than %d parts", maxParts)
	tooNested    = bounded("it handles a value nested more than %d deep", maxNested)
	tooSlow      = bounded("it takes longer than %v", maxTime)
)

// meter measures one evaluation of a condition.
type meter struct {
	steps, bytes int
	began        time.Time
	look         int         // the step at which the clock is looked at next
	stopped      func() bool // Ctrl-C; nil: never
}

func (m *meter) begin() { m.steps, m.bytes, m.look, m.began = 0, 0, 0, time.Time{} }

// step counts work, of which n is a rough measure: a microsecond or less each.
func (m *meter) step(n int) error {
	if n < 0 || n > maxSteps || m.steps+n > maxSteps {
		return tooManySteps
	}
	if m.steps += n; m.steps < m.look {
		return nil
	}
	m.look = m.steps + 100
	switch {
	case m.stopped != nil && m.stopped():
		return lang.Interrupted("while a condition was worked out")
	case m.began.IsZero():
		m.began = time.Now()
	case time.Since(m.began) > maxTime:
		return tooSlow
	}
	return nil
}

// makes counts bytes that are about to be allocated, and is an error where these are too many.
func (m *meter) makes(bytes int) error {
	if bytes < 0 || bytes > maxBytes-m.bytes {
		return tooMuchMade
	}
	m.bytes += bytes
	return m.step(bytes / 64)
}

// text counts a text that is about to be made of times texts of some length.
func (m *meter) text(length, times int) error {
	if length > 0 && times > maxText/length {
		return tooLongText
	}
	return m.makes(length * max(times, 0))
}

// weigh counts the parts of a value, which is what it costs to write it out or to compare it. A
// part that is in it several times counts each time.
func (m *meter) weigh(x any) (parts int, err error) {
	switch x.(type) {
	case nil, bool, int, float64:
		return 1, nil
	}
	s := &scales{left: maxParts}
	if err := s.add(reflect.ValueOf(x), 0); err != nil {
		return 0, err
	}
	return maxParts - s.left, m.step(maxParts - s.left)
}

// scales weighs one value; left is how many parts it may still have.
type scales struct{ left int }

func (s *scales) add(v reflect.Value, depth int) error {
	if s.left--; s.left < 0 {
		return tooManyParts
	}
	if depth > maxNested {
		return tooNested
	}
	switch v.Kind() {
	case reflect.String:
		s.left -= v.Len() / 16
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			s.left++
			return s.add(v.Elem(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := s.add(v.Index(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if err := s.add(v.Field(i), depth+1); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if err := cmp.Or(s.add(it.Key(), depth+1), s.add(it.Value(), depth+1)); err != nil {
				return err
			}
		}
	}
	return nil
}

// innerName begins the names of our own functions inside a condition. Nobody can
// write such a name.
const innerName = "§"

// heavy are the library's functions that can make, or go through, more than what
// they are given, each with what charges the meter before it runs; nil: it costs as much
// as its arguments have parts.
var heavy = map[string]func(*meter, []any) error{
	"repeat": func(m *meter, args []any) error {
		s, _ := args[0].(string)
		return m.text(len(s), runtime.ToInt(args[1]))
	},
	"join":    joinCost,
	"replace": replaceCost,
	"uniq": func(m *meter, args []any) error {
		n, err := m.weigh(args[0])
		return cmp.Or(err, m.step(n*min(n, maxSteps))) // each is compared with each
	},
	"split": splitCost, "splitAfter": splitCost, "fromJSON": splitCost, "upper": nil, "lower": nil, "trim": nil,
	"toBase64": nil, "fromBase64": nil, "toJSON": nil,
	"string": nil, "keys": nil, "values": nil, "toPairs": nil, "fromPairs": nil, "reverse": nil, "concat": nil,
	"flatten": nil,
	"sort":    nil, "min": weighOnly, "max": weighOnly, "mean": weighOnly, "median": nil, "indexOf": weighOnly,
	"lastIndexOf": weighOnly,
}

// splitCost is that of a list with a part for each byte of a text.
func splitCost(m *meter, args []any) error {
	s, _ := args[0].(string)
	return m.makes(32 * len(s))
}

func weighOnly(m *meter, args []any) error {
	_, err := m.weighAll(args)
	return err
}

func joinCost(m *meter, args []any) error {
	total, glue := 0, 0
	if len(args) > 1 {
		s, _ := args[1].(string)
		glue = len(s)
	}
	list := reflect.ValueOf(args[0])
	if list.Kind() != reflect.Slice {
		return nil // which join itself refuses
	}
	for i := range list.Len() {
		switch s := list.Index(i).Interface().(type) {
		case string:
			total += len(s)
		default:
			return bounded("join takes a list of texts")
		}
		if total += glue; total > maxText {
			return tooLongText
		}
	}
	return m.text(total, 1)
}

func replaceCost(m *meter, args []any) error {
	s, _ := args[0].(string)
	old, _ := args[1].(string)
	with, _ := args[2].(string)
	times := strings.Count(s, old)
	if len(args) > 3 {
		if most := runtime.ToInt(args[3]); most >= 0 {
			times = min(times, most)
		}
	}
	return cmp.Or(m.text(len(with), times), m.text(len(s), 1))
}

// inOrder are the functions that go through a map. Ours do so in the order of its keys, since
// the same run must say the same.
var inOrder = map[string]func(reflect.Value) any{
	"keys": func(v reflect.Value) any {
		return eachInOrder(v, func(k reflect.Value) any { return k.Interface() })
	},
	"values": func(v reflect.Value) any {
		return eachInOrder(v, func(k reflect.Value) any { return v.MapIndex(k).Interface() })
	},
	"toPairs": func(v reflect.Value) any {
		return append([][2]any{}, each.As(sortedKeys(v),
			func(k reflect.Value) [2]any { return [2]any{k.Interface(), v.MapIndex(k).Interface()} })...)
	},
}

func eachInOrder(v reflect.Value, of func(k reflect.Value) any) []any {
	return append([]any{}, each.As(sortedKeys(v), of)...)
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		return strings.Compare(fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	})
	return keys
}

// bounds puts the meter into a condition that is written src, as an option of its compiler.
func (m *meter) bounds(src string, c *conf.Config) {
	for name, cost := range heavy {
		if !strings.Contains(src, name) {
			continue
		}
		f := builtin.Builtins[builtin.Index[name]]
		m.function(c, name, func(args ...any) (any, error) {
			if err := m.charge(cost, args); err != nil {
				return nil, err
			}
			if x, done := inPlace(name, args); done {
				return x, nil
			}
			return callBuiltin(f, args)
		}, func(g *builtin.Function) { g.Types, g.Validate = f.Types, f.Validate })
	}
	same := func(g *builtin.Function) { g.Validate = sameType }
	m.function(c, "step", func(args ...any) (any, error) { return args[0], m.step(1) }, same)
	m.function(c, "light", func(args ...any) (any, error) {
		_, err := m.weigh(args[0])
		return args[0], err
	}, same)
	m.function(c, "long", func(args ...any) (any, error) {
		if v := reflect.ValueOf(args[0]); v.Kind() == reflect.Slice {
			return args[0], m.step(v.Len() / 64)
		}
		return args[0], nil
	}, same)
	m.function(c, "open", m.open, func(g *builtin.Function) {
		g.Types = []reflect.Type{reflect.TypeFor[func(any) map[string]any]()}
	})
	m.function(c, "listed", m.listed, func(g *builtin.Function) {
		g.Types = []reflect.Type{reflect.TypeFor[func(any) []any]()}
	})
	m.function(c, "among", m.among, func(g *builtin.Function) {
		g.Types = []reflect.Type{reflect.TypeFor[func(any, any) bool]()}
	})
	m.function(c, "add", m.add, same)
	m.function(c, "matches", m.matches, func(g *builtin.Function) {
		g.Types = []reflect.Type{reflect.TypeFor[func(any, any) bool]()}
	})
	c.Visitors = append(c.Visitors, boundedParts{})
}

func (m *meter) function(c *conf.Config, name string, f func(...any) (any, error), more func(*builtin.Function)) {
	g := &builtin.Function{Name: innerName + name, Func: f}
	more(g)
	c.Functions[g.Name] = g
}

// sameType is the type of a function that returns its first argument, or
// something of its kind.
func sameType(args []reflect.Type) (reflect.Type, error) {
	if len(args) == 0 || args[0] == nil {
		return reflect.TypeFor[any](), nil
	}
	return args[0], nil
}

// charge counts what a call of a heavy function costs.
func (m *meter) charge(cost func(*meter, []any) error, args []any) error {
	if cost != nil {
		return cost(m, args)
	}
	parts, err := m.weighAll(args)
	return cmp.Or(err, m.makes(16*parts))
}

// weighAll counts the parts of several values together.
func (m *meter) weighAll(values []any) (parts int, err error) {
	for _, x := range values {
		n, err := m.weigh(x)
		if err != nil {
			return 0, err
		}
		parts += n
	}
	return parts, nil
}

// inPlace is the result of a call where we do not leave it to the library: maps in order, and
// texts of values that are not simple, which the library would write with addresses in memory.
func inPlace(name string, args []any) (any, bool) {
	if s, ok := args[0].(string); ok && name == "repeat" { // the library allows a million times at most
		return strings.Repeat(s, max(0, runtime.ToInt(args[1]))), runtime.ToInt(args[1]) >= 0
	}
	if len(args) != 1 || args[0] == nil {
		return nil, false
	}
	v := reflect.ValueOf(args[0])
	if f := inOrder[name]; f != nil && v.Kind() == reflect.Map {
		return f(v), true
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		if b, err := json.Marshal(args[0]); name == "string" && err == nil {
			return string(b), true
		}
	}
	return nil, false
}

func callBuiltin(f *builtin.Function, args []any) (any, error) {
	switch {
	case f.Fast != nil:
		return f.Fast(args[0]), nil
	case f.Safe != nil:
		x, _, err := f.Safe(args...)
		return x, err
	}
	return f.Func(args...)
}

// open makes a map of ours one of the kind that is written {"x": "1"}, so that
// the two can be compared. Numbers that are nil are not there.
func (m *meter) open(args ...any) (any, error) {
	if err := m.charge(nil, args); err != nil {
		return nil, err
	}
	if numbers, ok := args[0].(map[string]int); ok && numbers == nil {
		return nil, fmt.Errorf("cannot fetch numbers")
	}
	out := map[string]any{}
	for it := reflect.ValueOf(args[0]).MapRange(); it.Next(); {
		out[it.Key().String()] = it.Value().Interface()
	}
	return out, nil
}

// listed is a list as a condition writes one, such as []: to the library, lists of different types are never equal.
func (m *meter) listed(args ...any) (any, error) {
	if err := m.charge(nil, args); err != nil {
		return nil, err
	}
	v := reflect.ValueOf(args[0])
	if v.Kind() != reflect.Slice {
		return args[0], nil
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(i).Interface()
	}
	return out, nil
}

// among is the operator in for a thing: the library would look for what its pointer leads to.
func (m *meter) among(args ...any) (any, error) {
	if _, err := m.weighAll(args); err != nil {
		return nil, err
	}
	return runtime.In(args[0], args[1]), nil
}

// add is the operator +.
func (m *meter) add(args ...any) (any, error) {
	a, ok1 := args[0].(string)
	b, ok2 := args[1].(string)
	if ok1 && ok2 {
		if err := m.text(len(a)+len(b), 1); err != nil {
			return nil, err
		}
		return a + b, nil
	}
	return runtime.Add(args[0], args[1]), nil
}

// matches is the operator of that name. A regular expression takes time in
// proportion to its size, with repetitions written out, and the text's length.
func (m *meter) matches(args ...any) (any, error) {
	if runtime.IsNil(args[0]) || runtime.IsNil(args[1]) {
		return false, nil
	}
	text, ok1 := args[0].(string)
	pattern, ok2 := args[1].(string)
	if !ok1 || !ok2 {
		return nil, errors.New("matches compares a text with a regular expression in quotes")
	}
	if len(pattern) > 1000 {
		return nil, bounded("a regular expression has at most 1000 characters")
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, err
	}
	size := float64(len(program.Inst)) * float64(len(text)+100) / 20
	if err := m.step(int(math.Min(size, math.MaxInt32))); err != nil {
		return nil, err
	}
	r, err := regexp.Compile(pattern)
	return err == nil && r.MatchString(text), err
}

// boundedParts rewrites the parts of a condition that the meter must see; the
// compiler's walk calls its Visit.
type boundedParts struct{ figures }

// The compiler calls a visitor with Reset and ShouldRepeat after all checks but the last. That is where
// this one belongs: a call that was checked once is not checked again, so a mistake in it would
// go unnoticed.
func (boundedParts) Reset()             {}
func (boundedParts) ShouldRepeat() bool { return false }

func inner(name string, args ...ast.Node) *ast.CallNode {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: innerName + name}, Arguments: args}
}

// Visit rewrites a part, whose own parts are done.
func (b boundedParts) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		b.figures.Visit(node)
	case *ast.PredicateNode: // once for each element
		body := n.Node
		n.Node = inner("step", body)
		n.Node.SetLocation(body.Location())
	case *ast.BuiltinNode:
		if _, ok := heavy[n.Name]; ok {
			ast.Patch(node, inner(n.Name, n.Arguments...))
		}
	case *ast.BinaryNode:
		boundBinary(node, n)
	}
}

// boundBinary rewrites an operator whose work grows with what stands beside it.
func boundBinary(node *ast.Node, n *ast.BinaryNode) {
	switch l, r := n.Left.Type(), n.Right.Type(); {
	case n.Operator == "+" && maybeText(l) && maybeText(r):
		ast.Patch(node, inner("add", n.Left, n.Right))
	case compares(n.Operator) && boundCompared(n, l, r):
	case n.Operator == "in" && isThing(l) && isListOfThings(r):
		ast.Patch(node, inner("among", n.Left, n.Right))
	case n.Operator == "matches" && maybeText(l) && maybeText(r) && isPattern(n.Right):
		ast.Patch(node, inner("matches", n.Left, n.Right))
	case slices.Contains([]string{"==", "!=", "in"}, n.Operator) && composite(n.Left) && composite(n.Right):
		n.Left, n.Right = measured("light", n.Left), measured("light", n.Right)
	case n.Operator == "in" && !isList(n.Right):
		n.Right = measured("long", n.Right)
	}
}

// boundCompared has maps and lists compared as a condition writes them.
func boundCompared(n *ast.BinaryNode, l, r reflect.Type) bool {
	switch {
	case ours(l) && written(r):
		n.Left = measured("open", n.Left)
	case written(l) && ours(r):
		n.Right = measured("open", n.Right)
	case isListOfThings(l) && isListOfThings(r):
		n.Left, n.Right = measured("listed", n.Left), measured("listed", n.Right)
	default:
		return false
	}
	return true
}

func compares(operator string) bool { return operator == "==" || operator == "!=" }

// written says that a value is a map as a condition writes it, and ours that it
// is one of the vocabulary's.
func written(t reflect.Type) bool { return t == reflect.TypeFor[map[string]any]() }
func ours(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && !written(t)
}

// isThing says that a value is one of the vocabulary's things, and isListOfThings that a list may hold some.
func isThing(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct
}
func isListOfThings(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Slice &&
		(isThing(t.Elem()) || slices.Contains([]reflect.Kind{reflect.Struct, reflect.Interface}, t.Elem().Kind()))
}

// isList says that a list is written out, which the compiler makes a set of.
func isList(n ast.Node) bool {
	switch n.(type) {
	case *ast.ArrayNode, *ast.ConstantNode:
		return true
	}
	return false
}

func measured(by string, n ast.Node) ast.Node {
	call := inner(by, n)
	call.SetLocation(n.Location())
	return call
}

// isPattern says that a text, where it is known already, is a regular
// expression; of another one the compiler says what is wrong with it.
func isPattern(n ast.Node) bool {
	s, known := n.(*ast.StringNode)
	if !known {
		return true
	}
	_, err := syntax.Parse(s.Value, syntax.Perl)
	return err == nil
}

// maybeText says that a value may be a text, by what the compiler knows of it.
func maybeText(t reflect.Type) bool {
	return t == nil || t.Kind() == reflect.String || t.Kind() == reflect.Interface
}
