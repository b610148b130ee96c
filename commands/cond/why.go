package cond

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"raftlab/commands/lang"
	"raftlab/commands/prose"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Why says in words what a condition that does not hold looked at: the
// values of the names in it, and what it asked for that is not there.
func (c *Cond[V]) Why(v *V) []string {
	tree, err := parser.Parse(c.Source)
	if err != nil {
		return nil
	}
	w := &whys[V]{cond: c, v: v}
	w.walk(tree.Node, "")
	return w.lines
}

// Met is nil where the condition holds; else Unmet, or the error of an evaluation without an answer.
func (c *Cond[V]) Met(v *V) error {
	holds, err := c.Holds(v)
	if err == nil && !holds {
		err = c.Unmet(v)
	}
	return err
}

// Unmet is the failure of a condition that had to hold: what it looked at.
func (c *Cond[V]) Unmet(v *V) *lang.Error {
	const most = 80 // characters of reasons that stand on one line
	e, why := lang.Errorf("does not hold"), c.Why(v)
	if len(why) == 0 {
		return e
	}
	e.Msg += ": " + strings.Join(why, "; ")
	if utf8.RuneCountInString(e.Msg) > most && len(why) > 1 {
		e.Msg = "does not hold: " + strings.Join(why, "\n    ")
	}
	return e
}

// whys collects what is to be said of a condition's names, each once.
type whys[V any] struct {
	cond  *Cond[V]
	v     *V
	lines []string
}

// walk visits a condition. over is the collection that a predicate runs over,
// "" outside of one and "-" where that collection is itself part of another.
func (w *whys[V]) walk(n ast.Node, over string) {
	switch n := n.(type) {
	case *ast.UnaryNode:
		w.walk(n.Node, over)
	case *ast.BinaryNode:
		w.walk(n.Left, over)
		w.walk(n.Right, over)
	case *ast.ChainNode:
		w.walk(n.Node, over)
	case *ast.ConditionalNode:
		w.walk(n.Cond, over)
		w.walk(n.Exp1, over)
		w.walk(n.Exp2, over)
	case *ast.CallNode:
		w.each(n.Arguments, over)
	case *ast.ArrayNode:
		w.each(n.Nodes, over)
	case *ast.SliceNode:
		w.walk(n.Node, over)
	case *ast.BuiltinNode:
		w.builtin(n, over)
	case *ast.PredicateNode:
		w.walk(n.Node, over)
	case *ast.MemberNode:
		w.path(n, n.Node, over)
	case *ast.IdentifierNode:
		w.path(n, nil, over)
	}
}

func (w *whys[V]) each(nodes []ast.Node, over string) {
	for _, n := range nodes {
		w.walk(n, over)
	}
}

// builtin visits a call like len(x), or all(nodes, .up), whose predicate is
// told as the values that each node has.
func (w *whys[V]) builtin(n *ast.BuiltinNode, over string) {
	if len(n.Arguments) < 2 {
		w.each(n.Arguments, over)
		return
	}
	if _, ok := n.Arguments[1].(*ast.PredicateNode); !ok {
		w.each(n.Arguments, over)
		return
	}
	collection := w.cond.of.sourceOf(n.Arguments[0])
	if pointsOutside(n.Arguments[0]) {
		collection = "-"
	}
	before := len(w.lines)
	w.each(n.Arguments[1:], collection)
	if len(w.lines) == before {
		w.walk(n.Arguments[0], over)
	}
}

// pointsOutside says that the value depends on an element of a collection that a predicate around it
// runs over; one inside of it is its own.
func pointsOutside(n ast.Node) bool { return outward(n) > 0 }

// outward is how many elements of collections around it a part of a condition names.
func outward(n ast.Node) int {
	p := pointers(0)
	ast.Walk(&n, &p)
	return int(p)
}

type pointers int

// Visit comes to a node after what is in it.
func (p *pointers) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.PointerNode:
		*p++
	case *ast.PredicateNode:
		*p -= pointers(outward(n.Node))
	}
}

// path tells the value of a name or member; base is what it is a member of.
func (w *whys[V]) path(n ast.Node, base ast.Node, over string) {
	src := w.cond.of.sourceOf(n)
	if pointsOutside(n) {
		if over != "" && over != "-" {
			w.members(over, src)
		}
		return
	}
	x, err := w.value(src)
	switch numbers, ok := x.(map[string]int); {
	case ok && numbers == nil:
		w.lacks(src, w.missing(src, x))
	case err == nil:
		w.say(src + " is " + w.cond.of.Text(x) + w.unset(n))
	case isAbsent(err) && base != nil:
		w.absent(src, base)
	}
}

// unset says that a text is empty because its key is not there; "" where that is not so.
func (w *whys[V]) unset(n ast.Node) string {
	m, ok := n.(*ast.MemberNode)
	if !ok {
		return ""
	}
	key, ok := m.Property.(*ast.StringNode)
	base := w.cond.of.sourceOf(m.Node)
	if !ok {
		return ""
	}
	x, err := w.value(base)
	texts, ok := x.(map[string]string)
	if _, there := texts[key.Value]; err != nil || !ok || there {
		return ""
	}
	return ", because " + base + " has no " + strconv.Quote(key.Value)
}

// say adds a line, unless it is there.
func (w *whys[V]) say(line string) {
	if !slices.Contains(w.lines, line) {
		w.lines = append(w.lines, line)
	}
}

// lacks says why a part of the condition has no value, unless the reason is a line that is there.
func (w *whys[V]) lacks(part, reason string) {
	if !slices.Contains(w.lines, reason) {
		w.say(part + " has no value: " + reason)
	}
}

// sourceOf writes a part of a condition as its author would: S1.kv["x"], not
// S1.kv.x.
func (l *Language[V]) sourceOf(n ast.Node) string {
	m, ok := n.(*ast.MemberNode)
	if !ok || m.Optional {
		return n.String()
	}
	base := l.sourceOf(m.Node)
	key, isText := m.Property.(*ast.StringNode)
	switch _, inPredicate := m.Node.(*ast.PointerNode); {
	case inPredicate && isText:
		return "." + key.Value
	case !isText, l.maps()[base[1+strings.LastIndexByte(base, '.'):]]:
		return base + "[" + m.Property.String() + "]"
	}
	return base + "." + key.Value
}

// value evaluates a part of the condition.
func (w *whys[V]) value(src string) (any, error) {
	c, err := w.cond.of.CompileValue(src, w.cond.names)
	if err != nil {
		return nil, err
	}
	x, err := c.run(w.v)
	return plain(x), err
}

// absent says why src, a member of base, has no value.
func (w *whys[V]) absent(src string, base ast.Node) {
	text := w.cond.of.sourceOf(base)
	x, err := w.value(text)
	if err != nil {
		if m, ok := base.(*ast.MemberNode); ok && isAbsent(err) {
			w.absent(src, m.Node)
		}
		return
	}
	w.lacks(src, w.missing(text, x))
}

// missing is why a part of the condition, whose value is x, has not what is asked
// of it.
func (w *whys[V]) missing(part string, x any) string {
	if say := w.cond.of.Missing; say != nil {
		if reason := say(part, x); reason != "" {
			return reason
		}
	}
	if v := reflect.ValueOf(x); v.Kind() == reflect.Slice && v.Len() > 0 {
		return fmt.Sprintf("%s has %d, numbered from 0", part, v.Len())
	} else if v.Kind() == reflect.Slice {
		return part + " is empty"
	}
	return part + " is not there"
}

// members tells a member of each element of a collection: S1 3, S2 2, …
func (w *whys[V]) members(over, src string) {
	const most = 9
	told := func(line string) bool { return strings.HasPrefix(line, over+" .") }
	if src == ".id" && slices.ContainsFunc(w.lines, told) { // it labels what is told of them
		return
	}
	labels, _ := w.value("map(" + over + ", .id)")
	x, err := w.value("map(" + over + ", " + src + ")")
	if err != nil && isAbsent(err) && strings.HasPrefix(src, ".") {
		x, err = w.eachOf(over, src)
	}
	list := reflect.ValueOf(x)
	if err != nil || list.Kind() != reflect.Slice {
		return
	}
	names := reflect.ValueOf(labels)
	var parts []string
	for i := range min(list.Len(), most) {
		label := strconv.Itoa(i)
		if names.Kind() == reflect.Slice && names.Len() == list.Len() {
			label = fmt.Sprint(names.Index(i).Interface())
		}
		parts = append(parts, label+" "+w.cond.of.Text(list.Index(i).Interface()))
	}
	if list.Len() > most {
		parts = append(parts, "…")
	}
	if len(parts) == 0 {
		w.say(over + " is empty")
		return
	}
	w.say(over + " " + src + ": " + strings.Join(parts, ", "))
}

// absent is the value of a member that is not there.
type absent struct{}

func (absent) String() string { return "not there" }

// eachOf is a member of each element of a collection, some of which lack it.
func (w *whys[V]) eachOf(over, src string) (any, error) {
	n, err := w.value("len(" + over + ")")
	if err != nil {
		return nil, err
	}
	out := []any{}
	for i := range n.(int) {
		x, err := w.value(fmt.Sprintf("(%s)[%d]%s", over, i, src))
		if err != nil {
			x = absent{}
		}
		out = append(out, x)
	}
	return out, nil
}

// Text is a value in a few words.
func (l *Language[V]) Text(x any) string { return l.textTo(x, 4) }

// textTo goes so deep into what holds other values.
func (l *Language[V]) textTo(x any, depth int) string {
	switch x := x.(type) {
	case nil:
		return "nil"
	case string:
		return strconv.Quote(x)
	}
	if l.Describe != nil {
		if text := l.Describe(x); text != "" {
			return text
		}
	}
	v := reflect.ValueOf(x)
	if depth == 0 && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array || v.Kind() == reflect.Map) {
		return "…"
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		return textOfAll(v.Len(), func(i int) string { return l.textTo(v.Index(i).Interface(), depth-1) })
	case reflect.Map:
		keys := sortedKeys(v)
		return textOfAll(len(keys), func(i int) string {
			return lang.Quote(fmt.Sprint(keys[i].Interface())) + "=" +
				l.textTo(v.MapIndex(keys[i]).Interface(), depth-1)
		})
	}
	return prose.Visible(fmt.Sprint(x))
}

func textOfAll(n int, item func(int) string) string {
	const most = 9
	if n == 0 {
		return "empty"
	}
	var parts []string
	for i := range min(n, most) {
		parts = append(parts, item(i))
	}
	if n > most {
		parts = append(parts, fmt.Sprintf("and %d more", n-most))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
