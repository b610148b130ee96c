// Package linear says whether what clients saw could have come from one copy of
// the state machine that does one command at a time, each at some moment
// between its call and its return (linearizability; section 8). The search is
// porcupine's. The model of what a command does is the state machine itself:
// what it computes is held by its own tests, here it is the order that counts.
package linear

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"raftlab/cluster/machine"
)

// Operation is a command as its client saw it. Call and Return are moments of
// one clock that never goes back: nanoseconds, or positions of a history.
type Operation struct {
	Client  string
	Command string // for the state machine
	Call    int64
	Return  int64
	Result  string
	Told    int64 // when it got Result, if it was sent again after its reply; else Return, or 0
	Unknown bool  // the client never learnt; the command may be done at any moment after Call, or never
}

// String is the operation in words, with its moments as positions.
func (o Operation) String() string { return o.words("got") }

// words are the same with another form of the verb.
func (o Operation) words(got string) string {
	text := fmt.Sprintf("%s's %s, sent at #%d", o.Client, o.Command, o.Call)
	switch {
	case o.Unknown:
		return text + ", got no reply"
	case o.Told > o.Return:
		return fmt.Sprintf("%s and first answered at #%d, %s %s at #%d", text, o.Return, got, o.said(), o.Told)
	}
	return fmt.Sprintf("%s, %s %s at #%d", text, got, o.said(), o.Return)
}

func (o Operation) said() string {
	if o.Result == "" {
		return "nothing"
	}
	return strconv.Quote(o.Result)
}

// ErrUnknown: the search did not end in time. That says nothing about the
// history, and counts as a failure.
var ErrUnknown = errors.New("the search did not end in time, so nothing is known; check a shorter history, or give " +
	"it longer")

// NotLinearizable is a history that no one order of its operations explains.
type NotLinearizable struct {
	Key     string     // where; "" for a state machine that is not checked key by key
	Of      int        // how many operations the key has
	First   *Operation // the first that the best order leaves unexplained, by its call; nil: not known
	Against *Operation // another that First is told with; nil: there is none
	Clash   bool       // without either of the two the history is linearizable
}

func (e *NotLinearizable) Error() string {
	where := ""
	if e.Key != "" {
		where = fmt.Sprintf(" on key %s", machine.Quote(e.Key))
	}
	if e.Of == 1 && e.First != nil {
		return fmt.Sprintf("not linearizable: the only operation%s cannot have this result: %s", where, e.First)
	}
	text := fmt.Sprintf("not linearizable: no order of the %d operations%s explains all results", e.Of, where)
	if e.First == nil {
		return text
	}
	text += ": " + e.First.String()
	switch p := e.Against; {
	case p == nil:
	case p.Unknown || p.Return > e.First.Call:
		text += ", and " + p.String()
	case e.Clash:
		text += ", although " + p.words("had got")
	default:
		text += ", after " + p.words("had got")
	}
	return text
}

// Checker checks histories of one state machine.
type Checker struct {
	empty machine.Machine
	key   func(command string) (string, bool) // nil: the state is one whole
}

// KV checks histories of the key-value store, key by key. Of a machine with
// sessions it takes the commands without them.
func KV() Checker { return Checker{machine.NewKV(), key} }

// Whole checks histories of any state machine, begun with its empty state. It
// is slower than a check key by key.
func Whole(empty machine.Machine) Checker { return Checker{empty: empty} }

// Check is nil when the history is linearizable, a *NotLinearizable when it is
// not, and ErrUnknown when that was not found out within the limit (0: no limit).
func (c Checker) Check(history []Operation, limit time.Duration) error {
	if err := valid(history); err != nil {
		return err
	}
	deadline := time.Now().Add(limit)
	for _, part := range c.parts(history) {
		left := limit
		if limit > 0 {
			left = max(time.Until(deadline), 1)
		}
		switch result := porcupine.CheckOperationsTimeout(c.model(), operations(part.ops), left); result {
		case porcupine.Ok:
		case porcupine.Unknown:
			return ErrUnknown
		default:
			return c.explain(part)
		}
	}
	return nil
}

// explain finds the two operations with which the failure is told.
func (c Checker) explain(p part) error {
	e := &NotLinearizable{Key: p.key, Of: len(p.ops)}
	result, info := porcupine.CheckOperationsVerbose(c.model(), operations(p.ops), time.Minute)
	if result != porcupine.Illegal {
		return e
	}
	var best []int
	for _, order := range info.PartialLinearizations()[0] {
		if len(order) > len(best) {
			best = order
		}
	}
	done := make([]bool, len(p.ops))
	for _, i := range best {
		done[i] = true
	}
	first := -1
	for i := range p.ops {
		if !done[i] && !p.ops[i].Unknown && (first < 0 || p.ops[i].Call < p.ops[first].Call) {
			first = i
		}
	}
	if first >= 0 {
		e.First = &p.ops[first]
		e.Against, e.Clash = c.against(p.ops, first)
	}
	return e
}

// mostTried is how many operations are left out, one after the other, to find one that clashes.
const mostTried = 16

// against is the operation with which ops[first] clashes: the history is linearizable without either.
// Where there is none, it is the last that had ended before, or else the one that began nearest.
func (c Checker) against(ops []Operation, first int) (other *Operation, clash bool) {
	order := near(ops, first)
	without := func(i int) bool {
		rest := slices.Delete(slices.Clone(ops), i, i+1)
		return porcupine.CheckOperationsTimeout(c.model(), operations(rest), time.Second) == porcupine.Ok
	}
	if len(order) == 0 {
		return nil, false
	}
	if without(first) {
		for _, i := range order[:min(len(order), mostTried)] {
			if without(i) {
				return &ops[i], true
			}
		}
	}
	return &ops[order[0]], false
}

// near is the other operations: those that had ended when ops[first] began, the last to end before the
// others, and then the rest, by when they began.
func near(ops []Operation, first int) []int {
	var before, rest []int
	for i := range ops {
		switch {
		case i == first:
		case !ops[i].Unknown && ops[i].Return <= ops[first].Call:
			before = append(before, i)
		default:
			rest = append(rest, i)
		}
	}
	slices.SortStableFunc(before, func(a, b int) int { return cmp.Compare(ops[b].Return, ops[a].Return) })
	slices.SortStableFunc(rest, func(a, b int) int { return cmp.Compare(ops[a].Call, ops[b].Call) })
	return append(before, rest...)
}

// Picture writes porcupine's picture of the history as an HTML page.
func (c Checker) Picture(history []Operation, limit time.Duration, to io.Writer) error {
	if err := valid(history); err != nil {
		return err
	}
	_, info := porcupine.CheckOperationsVerbose(c.model(), operations(history), limit)
	return porcupine.Visualize(c.model(), info, to)
}

// valid refuses what is no history.
func valid(history []Operation) error {
	for i := range history {
		if o := &history[i]; !o.Unknown && o.Return < o.Call {
			return fmt.Errorf("no history: %s", o)
		}
	}
	return nil
}

// part is the operations that can be checked by themselves.
type part struct {
	key string
	ops []Operation
}

// parts are the histories of single keys. A command that has no key is none
// that the store knows, and changes nothing.
func (c Checker) parts(history []Operation) []part {
	if c.key == nil {
		return []part{{ops: history}}
	}
	at := map[string]int{}
	var out []part
	for _, o := range history {
		key, _ := c.key(o.Command)
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, part{key: key})
		}
		out[i].ops = append(out[i].ops, o)
	}
	return out
}

// operations is the history as porcupine takes it. An outcome that is unknown
// is one that returns at the end of time: the command fits in anywhere after
// its call, and at the very end it is as if it were never done. Its client
// goes on under another number, so that a picture shows one thing at a time.
func operations(history []Operation) []porcupine.Operation {
	clients := map[string]int{}
	next := 0
	out := make([]porcupine.Operation, len(history))
	for i, o := range history {
		id, known := clients[o.Client]
		if !known {
			id = next
			next++
			clients[o.Client] = id
		}
		out[i] = porcupine.Operation{ClientId: id, Input: o.Command, Call: o.Call,
			Output: outcome{o.Result, o.Unknown}, Return: o.Return}
		if o.Unknown {
			out[i].Return = math.MaxInt64
			delete(clients, o.Client)
		}
	}
	return out
}

type outcome struct {
	result  string
	unknown bool
}

// state is a state of the machine; text is the same, to compare.
type state struct {
	machine machine.Machine
	text    string
}

// model is the state machine as porcupine takes it.
func (c Checker) model() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation { return c.partition(history) },
		Init:      func() any { return state{c.empty, c.empty.Snapshot()} },
		Step: func(s, input, output any) (bool, any) {
			was, want := s.(state), output.(outcome)
			next, result := was.machine.Apply(input.(string))
			return want.unknown || result == want.result, state{next, next.Snapshot()}
		},
		Equal:             func(a, b any) bool { return a.(state).text == b.(state).text },
		DescribeOperation: describe,
		DescribeState:     func(s any) string { return s.(state).text },
	}
}

func describe(input, output any) string {
	if o := output.(outcome); !o.unknown {
		return fmt.Sprintf("%s → %s", input, machine.Quote(o.result))
	}
	return fmt.Sprintf("%s → ?", input)
}

func (c Checker) partition(history []porcupine.Operation) [][]porcupine.Operation {
	if c.key == nil {
		return [][]porcupine.Operation{history}
	}
	at := map[string]int{}
	var out [][]porcupine.Operation
	for _, o := range history {
		key, _ := c.key(o.Input.(string))
		i, known := at[key]
		if !known {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], o)
	}
	return out
}

// key is the key that a command of the key-value store is about.
func key(command string) (key string, ok bool) {
	first, rest, ok := word(command)
	if !ok {
		return "", false
	}
	if strings.HasPrefix(rest, "=") {
		return first, first != ""
	}
	switch first {
	case "get", "delete", "incr", "cas":
		key, _, ok = word(strings.TrimPrefix(rest, " "))
		return key, ok && rest != ""
	}
	return "", false
}

// word is the first word of a command.
func word(s string) (text, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		return machine.Unquote(s)
	}
	if i := strings.IndexAny(s, " ="); i >= 0 {
		return s[:i], s[i:], true
	}
	return s, "", true
}
