// Package cond is conditions: true or false, or any value, of a state that a
// struct holds. What a condition can name, and what stands in the help, is said by
// the struct's tags: `expr` is a field's name, `doc` what it is, and a list with
// `names:"id"` gives each of its things a name of its own, which is its id.
//
// The expressions are those of github.com/expr-lang/expr, bounded in everything
// that they can ask for (bounds.go). What does not compile is said in the reader's
// words (errors.go), and so is what a condition that does not hold has looked at
// (why.go). What all this is about, a Domain says.
package cond

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Domain is what a language of conditions is told of its matter, a state V. All of
// it may be left out.
type Domain[V any] struct {
	Things []Thing // what a condition can ask about besides V
	Hints  Hints
	// Names are the ids of the things in a world now, which conditions take as names: S1.
	Names func(lang.World) []string
	// Unseen are the names that mean nothing in a world, and what to do instead.
	Unseen func(lang.World) map[string]string
	// Wrong is a hint for somebody who wrote a name that is not there, given the names that are; ""
	// for the usual one.
	Wrong func(name string, names []string) string
	// Missing says why a member of of, the value of a part of a condition, cannot be asked
	// for; "" for the usual reason.
	Missing func(part string, of any) string
	// Describe is a thing in a few words.
	Describe func(thing any) string
}

// Thing is what a condition can ask about, as a reader calls it: "a node".
type Thing struct {
	Type reflect.Type
	Name string
}

// Hints are what to write instead, each with an example of the domain's.
type Hints struct {
	Name    string // nothing is called like that
	Day     string // now() was asked
	Element string // a list was asked for what its elements have
	Text    string // a text and a number were compared
	Truth   string // a condition is neither true nor false
	Within  string // a time stands behind it
}

// Language is the conditions over a state V.
type Language[V any] struct {
	Domain[V]
	Words   func() []Word          // what V has
	typesOf func() types.Map       // of the words
	maps    func() map[string]bool // the words that are maps: a member of one stands in brackets
	listed  func() []Word          // the lists whose elements have names
	typeOf  map[string]Thing
	badType func() *regexp.Regexp // a Go type
}

// New makes a language of conditions. V is a struct with tags.
func New[V any](d Domain[V]) *Language[V] {
	v := reflect.TypeFor[V]()
	if d.Names == nil {
		d.Names = func(lang.World) []string { return nil }
	}
	if d.Unseen == nil {
		d.Unseen = func(lang.World) map[string]string { return nil }
	}
	if d.Wrong == nil {
		d.Wrong = func(string, []string) string { return "" }
	}
	l := &Language[V]{Domain: d, typeOf: map[string]Thing{}}
	for _, t := range append(d.Things, Thing{Type: v}) {
		l.typeOf[t.Type.String()] = t
	}
	// The rest is made when it is asked for, so that a start takes no time.
	l.Words = sync.OnceValue(func() []Word { return WordsOf(v) })
	l.typesOf = sync.OnceValue(func() types.Map {
		env := types.Map{}
		for _, w := range l.Words() {
			env[w.Name] = typeOf(w.Type)
		}
		return env
	})
	l.listed = sync.OnceValue(func() []Word {
		return each.Only(l.Words(), func(w Word) bool { return w.id != nil })
	})
	l.maps = sync.OnceValue(func() map[string]bool {
		maps := map[string]bool{}
		for _, t := range l.typeOf {
			for _, w := range WordsOf(t.Type) {
				maps[w.Name] = maps[w.Name] || w.Type.Kind() == reflect.Map
			}
		}
		return maps
	})
	l.badType = sync.OnceValue(func() *regexp.Regexp { return typesIn(l.typeOf) })
	return l
}

// Cond is a compiled condition or expression over a state V. It may be evaluated
// again and again, but not by two goroutines at once: they take a Clone each.
type Cond[V any] struct {
	Source string // as it was written

	of      *Language[V]
	program *vm.Program
	roots   []string        // the names it begins from: S1, leader, messages
	words   map[string]bool // every name and member in it
	all     bool            // it may look at any member
	names   []string        // those that things had when it was compiled
	want    expr.Option

	meter *meter
	env   map[string]any
	vm    vm.VM
}

// Compile makes a condition, with names for the things that are listed. The
// column of its error is a byte of src.
func (l *Language[V]) Compile(src string, names []string) (*Cond[V], error) {
	return l.compile(src, names, expr.AsBool())
}

// CompileValue makes an expression, whose value may be anything.
func (l *Language[V]) CompileValue(src string, names []string) (*Cond[V], error) {
	return l.compile(src, names, expr.AsAny())
}

func (l *Language[V]) compile(src string, names []string, want expr.Option) (c *Cond[V], err error) {
	defer func() {
		if v := recover(); v != nil {
			c, err = nil, &lang.Error{Msg: "this cannot be understood", Col: 1, Line: src}
		}
	}()
	// now() would make a run depend on the day, and what is simplified might not ask for what is not there.
	m := &meter{}
	program, err := expr.Compile(src, expr.Env(l.types(names)), want, expr.DisableBuiltin("now"), expr.Optimize(false),
		expr.Function(figure, figureOf, new(func(map[string]int, string) int)),
		func(c *conf.Config) { m.bounds(src, c) })
	if err != nil {
		return nil, l.compileError(src, names, err)
	}
	c = &Cond[V]{Source: src, of: l, program: program, want: want, names: names, words: map[string]bool{}, meter: m,
		env: map[string]any{}}
	tree := program.Node()
	ast.Walk(&tree, c)
	c.all = c.all || composite(tree) // whoever gets a thing looks at all of it
	return c, nil
}

// types is the vocabulary as the compiler wants to know it.
func (l *Language[V]) types(names []string) types.Map {
	env := maps.Clone(l.typesOf())
	for _, w := range l.listed() {
		element := typeOf(w.Type.Elem())
		for _, name := range names {
			env[name] = element
		}
	}
	return env
}

func typeOf(t reflect.Type) types.Type { return types.TypeOf(reflect.Zero(t).Interface()) }

// figures lets S1.next["S2"] ask for what only a leader has: numbers by name that
// are nil are not there, and not 0.
type figures struct{}

const figure = innerName + "figure"

// Visit rewrites such a member to a call.
func (figures) Visit(node *ast.Node) {
	m, ok := (*node).(*ast.MemberNode)
	if !ok || m.Node.Type() != reflect.TypeFor[map[string]int]() {
		return
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: figure},
		Arguments: []ast.Node{m.Node, m.Property}})
}

func figureOf(args ...any) (any, error) {
	numbers := args[0].(map[string]int)
	if numbers == nil {
		return nil, fmt.Errorf("cannot fetch %v", args[1])
	}
	return numbers[args[1].(string)], nil
}

// Visit collects the names of the condition; the compiler's walk calls it.
func (c *Cond[V]) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.words[n.Value] = true
		if name, ours := strings.CutPrefix(n.Value, innerName); ours {
			c.all = c.all || deep(name)
		} else if !slices.Contains(c.roots, n.Value) {
			c.roots = append(c.roots, n.Value)
		}
		c.all = c.all || n.Value == "$env"
	case *ast.StringNode: // also the member in S1.kv
		c.words[n.Value] = true
	case *ast.ConstantNode:
		if s, ok := n.Value.(string); ok {
			c.words[s] = true
		}
	case *ast.BuiltinNode:
		c.all = c.all || deep(n.Name)
	case *ast.BinaryNode:
		// Things may be compared as a whole, member by member.
		c.all = c.all || slices.Contains([]string{"==", "!=", "in"}, n.Operator) && composite(n.Left) &&
			composite(n.Right)
	}
}

// deep says that a function looks at things as a whole.
func deep(name string) bool {
	return slices.Contains([]string{"toJSON", "string", "toPairs", "keys", "values", "uniq", "sort", "get",
		"among"}, name)
}

// composite says that a node's value is more than a scalar or nil.
func composite(n ast.Node) bool {
	if _, isNil := n.(*ast.NilNode); isNil {
		return false
	}
	if t := elem(n.Type()); t != nil {
		return t.Kind() == reflect.Struct || t.Kind() == reflect.Interface
	}
	return false
}

// Uses says whether the condition looks at a name or member of the
// vocabulary. Whoever fills a state in can leave out what it does not use. A nil
// Cond uses everything.
func (c *Cond[V]) Uses(word string) bool { return c == nil || c.all || c.words[word] }

// Names says whether the condition as it is written names a word of the
// vocabulary, also where the compiler has left it out: in `true || x` is no x.
func (c *Cond[V]) Names(word string) bool {
	if !strings.Contains(c.Source, word) { // most conditions, which need not be parsed again
		return false
	}
	tree, err := parser.Parse(c.Source)
	if err != nil {
		return c.Uses(word)
	}
	v := &named{word: word}
	ast.Walk(&tree.Node, v)
	return v.found
}

// named looks for a name.
type named struct {
	word  string
	found bool
}

// Visit looks at a node: a name stands alone, or is a member of $env.
func (v *named) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		v.found = v.found || n.Value == v.word
	case *ast.MemberNode:
		env, ok := n.Node.(*ast.IdentifierNode)
		name, isText := n.Property.(*ast.StringNode)
		v.found = v.found || ok && isText && env.Value == "$env" && name.Value == v.word
	}
}

// Clone is the same condition for another goroutine. Its program is its own,
// for the meter is in it.
func (c *Cond[V]) Clone() *Cond[V] {
	d, err := c.of.compile(c.Source, c.names, c.want)
	if err != nil {
		panic(err) // it compiled before
	}
	return d.Until(c.meter.stopped)
}

// For is the same condition, compiled for a world in which things have these names.
func (c *Cond[V]) For(names []string) (*Cond[V], error) {
	if slices.Equal(c.names, names) {
		return c, nil
	}
	return c.of.compile(c.Source, names, c.want)
}

// Until makes evaluations of the condition end with an error as soon as stopped returns true. It
// returns the condition.
func (c *Cond[V]) Until(stopped func() bool) *Cond[V] {
	c.meter.stopped = stopped
	return c
}

// Holds says whether the condition is true. Where it asks something of what
// is not there it is false; Why tells. The error is for a condition that has
// no answer at all, such as a division by zero.
func (c *Cond[V]) Holds(v *V) (bool, error) {
	x, err := c.run(v)
	if err != nil {
		if isAbsent(err) {
			return false, nil
		}
		return false, c.noAnswer(err)
	}
	b, ok := x.(bool)
	if !ok {
		return false, lang.Errorf("%s is %s, not true or false", prose.Cite(c.Source), c.of.Text(x))
	}
	return b, nil
}

// Value is what an expression comes to; nil where it asks something of what
// is not there.
func (c *Cond[V]) Value(v *V) (any, error) {
	x, err := c.run(v)
	if err != nil && isAbsent(err) {
		return nil, nil
	}
	if err == nil {
		_, err = c.meter.weigh(x) // whoever asks goes through all of it
	}
	if err != nil {
		return nil, c.noAnswer(err)
	}
	return plain(x), nil
}

// noAnswer is the failure of a condition that could not be evaluated.
func (c *Cond[V]) noAnswer(err error) error {
	if errors.Is(err, lang.ErrInterrupted) {
		return lang.Interrupted("while a condition was worked out")
	}
	return lang.Errorf("%s has no answer: %s", prose.Cite(c.Source), runtimeText(err))
}

// plain turns a nil pointer into nil, which is what it means to a reader.
func plain(x any) any {
	if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return x
}

// Told is an expression's value in words.
func (c *Cond[V]) Told(v *V) string {
	x, err := c.run(v)
	if err != nil {
		return absent{}.String()
	}
	return c.of.Text(plain(x))
}

// run evaluates the condition over v.
func (c *Cond[V]) run(v *V) (any, error) {
	state := reflect.ValueOf(v).Elem()
	for _, name := range c.roots {
		c.env[name] = c.of.lookup(state, name)
	}
	if c.words["$env"] {
		for _, name := range slices.Concat(namesOf(c.of.Words()), c.names) {
			if x := c.of.lookup(state, name); x != nil || !slices.Contains(c.names, name) {
				c.env[name] = x
			}
		}
	}
	c.meter.begin()
	c.vm.MemoryBudget = maxParts
	return c.vm.Run(c.program, c.env)
}

// isAbsent says that an evaluation failed for want of something that is not there.
func isAbsent(err error) bool {
	if errors.As(err, new(bound)) {
		return false
	}
	text := runtimeText(err)
	for _, sign := range []string{
		"cannot fetch", "cannot get", "cannot slice", "index out of range",
		"reflect: call of", "interface conversion: interface {} is nil", "invalid memory address", "<nil>",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// runtimeText is what the evaluation says went wrong.
func runtimeText(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		if at.Message == "memory budget exceeded" {
			return tooManyParts.Error()
		}
		return strings.TrimPrefix(at.Message, "runtime error: ")
	}
	return fmt.Sprint(err)
}
