package commands

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"raftlab/commands/prose"
	"raftlab/raft"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Cond is a compiled condition or expression. It may be evaluated again and
// again, but not by two goroutines at once: they take a Clone each.
type Cond struct {
	Source string

	program *vm.Program
	roots   []string        // the names it begins from: S1, leader, messages
	words   map[string]bool // every name and member in it
	all     bool            // it may look at any member
	nodes   []raft.ID       // those that it was compiled for
	want    expr.Option

	meter *meter
	env   map[string]any
	vm    vm.VM
}

// Compile makes a condition over a cluster of these nodes. The column of its
// error is a byte of src.
func Compile(src string, nodes []raft.ID) (*Cond, error) {
	return compile(src, nodes, expr.AsBool())
}

// CompileValue makes an expression, whose value may be anything.
func CompileValue(src string, nodes []raft.ID) (*Cond, error) {
	return compile(src, nodes, expr.AsAny())
}

func compile(src string, nodes []raft.ID, want expr.Option) (c *Cond, err error) {
	defer func() {
		if v := recover(); v != nil {
			c, err = nil, &Error{Msg: "this cannot be understood", Col: 1, Line: src}
		}
	}()
	// now() would make a run depend on the day.
	m := &meter{}
	program, err := expr.Compile(src, expr.Env(vocabularyTypes(nodes)), want, expr.DisableBuiltin("now"),
		expr.Function(leaderFigure, figureOf, new(func(map[string]int, string) int)), m.bounds)
	if err != nil {
		return nil, compileError(src, nodes, err)
	}
	c = &Cond{Source: src, program: program, want: want, nodes: nodes, words: map[string]bool{}, meter: m, env: map[string]any{}}
	tree := program.Node()
	ast.Walk(&tree, c)
	c.all = c.all || composite(tree) // whoever gets a node looks at all of it
	return c, nil
}

// vocabularyTypes is the vocabulary as the compiler wants to know it.
func vocabularyTypes(nodes []raft.ID) types.Map {
	env := types.Map{}
	t := reflect.TypeFor[Vocabulary]()
	for i := range t.NumField() {
		f := t.Field(i)
		env[f.Tag.Get("expr")] = types.TypeOf(reflect.Zero(f.Type).Interface())
	}
	for _, id := range nodes {
		env[id.String()] = types.TypeOf(&NodeView{})
	}
	return env
}

// leaderFigures lets S1.next["S2"] ask for what only a leader has: elsewhere it
// is not there, and not 0.
type leaderFigures struct{}

const leaderFigure = "leaderFigure"

// Visit rewrites such a member to a call.
func (leaderFigures) Visit(node *ast.Node) {
	m, ok := (*node).(*ast.MemberNode)
	if !ok || m.Node.Type() != reflect.TypeFor[map[string]int]() {
		return
	}
	ast.Patch(node, &ast.CallNode{Callee: &ast.IdentifierNode{Value: leaderFigure}, Arguments: []ast.Node{m.Node, m.Property}})
}

func figureOf(args ...any) (any, error) {
	figures := args[0].(map[string]int)
	if figures == nil {
		return nil, fmt.Errorf("cannot fetch %v", args[1])
	}
	return figures[args[1].(string)], nil
}

// Visit collects the names of the condition; the compiler's walk calls it.
func (c *Cond) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		c.words[n.Value] = true
		if name, ours := strings.CutPrefix(n.Value, innerName); ours {
			c.all = c.all || deep(name)
		} else if !slices.Contains(c.roots, n.Value) && n.Value != leaderFigure {
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
		// Whole nodes or messages may be compared, member by member.
		c.all = c.all || slices.Contains([]string{"==", "!=", "in"}, n.Operator) && composite(n.Left) && composite(n.Right)
	}
}

// deep says that a function looks at whole nodes or messages.
func deep(name string) bool {
	return slices.Contains([]string{"toJSON", "string", "toPairs", "keys", "values", "uniq", "sort", "get"}, name)
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
// vocabulary. Whoever fills a Vocabulary can leave out what it does not use.
// A nil Cond uses everything.
func (c *Cond) Uses(word string) bool { return c == nil || c.all || c.words[word] }

// Names says whether the condition as it is written names a word of the
// vocabulary, also where the compiler has left it out: in `true || x` is no x.
func (c *Cond) Names(word string) bool {
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
func (c *Cond) Clone() *Cond {
	d, err := compile(c.Source, c.nodes, c.want)
	if err != nil {
		panic(err) // it compiled before
	}
	d.meter.stopped = c.meter.stopped
	return d
}

// Until lets a condition that is worked out end when stopped says so.
func (c *Cond) Until(stopped func() bool) *Cond {
	c.meter.stopped = stopped
	return c
}

// Holds says whether the condition is true. Where it asks something of what
// is not there it is false; Why tells. The error is for a condition that has
// no answer at all, such as a division by zero.
func (c *Cond) Holds(v *Vocabulary) (bool, error) {
	x, err := c.run(v)
	if err != nil {
		if isAbsent(err) {
			return false, nil
		}
		return false, noAnswer(c, err)
	}
	b, ok := x.(bool)
	if !ok {
		return false, Errorf("%s is %s, not true or false", prose.Cite(c.Source), describe(x))
	}
	return b, nil
}

// Value is what an expression comes to; nil where it asks something of what
// is not there.
func (c *Cond) Value(v *Vocabulary) (any, error) {
	x, err := c.run(v)
	if err != nil && isAbsent(err) {
		return nil, nil
	}
	if err == nil {
		_, err = c.meter.weigh(x) // whoever asks goes through all of it
	}
	if err != nil {
		return nil, noAnswer(c, err)
	}
	return plain(x), nil
}

// noAnswer is the failure of a condition that could not be worked out.
func noAnswer(c *Cond, err error) error {
	if errors.Is(err, ErrInterrupted) {
		return Interrupted("while a condition was worked out")
	}
	return Errorf("%s has no answer: %s", prose.Cite(c.Source), runtimeText(err))
}

// plain turns a nil pointer into nil, which is what it means to a reader.
func plain(x any) any {
	if v := reflect.ValueOf(x); v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	return x
}

// run evaluates the condition over v.
func (c *Cond) run(v *Vocabulary) (any, error) {
	for _, name := range c.roots {
		c.env[name] = v.lookup(name)
	}
	if c.words["$env"] {
		for _, name := range vocabularyNames {
			c.env[name] = v.lookup(name)
		}
		for _, n := range v.Nodes {
			c.env[n.ID] = n
		}
	}
	c.meter.begin()
	c.vm.MemoryBudget = maxParts
	return c.vm.Run(c.program, c.env)
}

// lookup is the value of a name. It is an untyped nil where there is nothing,
// for a nil pointer inside an interface would not equal nil.
func (v *Vocabulary) lookup(name string) any {
	switch name {
	case "nodes":
		return v.Nodes
	case "leaders":
		return v.Leaders
	case "leader":
		return plain(v.Leader)
	case "messages":
		return v.Messages
	case "clock":
		return v.Clock
	case "position":
		return v.Position
	case "violations":
		return v.Violations
	case "clients":
		return v.Clients
	case "explored":
		return plain(v.Explored)
	case "bugs":
		return v.Bugs
	}
	for _, n := range v.Nodes {
		if n.ID == name {
			return n
		}
	}
	return nil
}

// isAbsent says that an evaluation failed for want of a leader, an entry, a
// client or the like.
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
