package machine

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"raftlab/raft/seq"
)

// Kinds is the machines there are, by name, with what each is.
var Kinds = []struct{ Name, Says string }{
	{"kv", "a key-value store: x=3, delete x, cas x 1 2, incr x, get x"},
	{"traffic-light", "a crossing with a walk button: clock, button, get"},
	{"hasty-light", "the same crossing by somebody in a hurry, with a mistake: clock, button, get"},
	{"counter", "a number: incr, add 5, get"},
	{"log", "an append-only list of texts: get 2, and any other command is one more line"},
}

// empties is the empty machine of each kind, which all servers share: a state
// never changes.
var empties = map[string]Machine{
	"kv":            newSessions(NewKV()),
	"traffic-light": newSessions(Light{}),
	"hasty-light":   newSessions(Light{hasty: true}),
	"counter":       newSessions(Counter(0)),
	"log":           newSessions(Lines{}),
}

// New is an empty machine of that name, with sessions before it; nil when there
// is none.
func New(kind string) Machine { return empties[kind] }

// query is the answer to get NAME; ok is false for any other command.
func query(m Machine, command string) (value string, ok bool) {
	w, assign, ok := words(command)
	if !ok || assign || len(w) != 2 || w[0] != "get" {
		return "", false
	}
	value, _ = m.Get(w[1])
	return value, true
}

// Counter is a number.
type Counter int64

// Apply knows incr, add N and get; each answers with the number.
func (c Counter) Apply(command string) (Machine, string) {
	if value, ok := query(c, command); ok {
		return c, value
	}
	switch w := strings.Fields(command); {
	case command == "incr":
		c++
	case len(w) == 2 && w[0] == "add":
		n, err := strconv.ParseInt(w[1], 10, 64)
		if err != nil {
			return c, "no " + Quote(w[1]) + " is no number"
		}
		c += Counter(n)
	case command != "get":
		return c, ""
	}
	return c, c.Snapshot()
}

func (c Counter) Snapshot() string { return strconv.FormatInt(int64(c), 10) }

func (c Counter) Restore(snapshot string) (Machine, error) {
	if snapshot == "" {
		return Counter(0), nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(snapshot), 10, 64)
	if err != nil {
		return c, fmt.Errorf("%q is not a state of the counter: write a number", snapshot)
	}
	return Counter(n), nil
}

func (c Counter) All() iter.Seq2[string, string] { return pairs("count", c.Snapshot()) }
func (c Counter) Len() int                       { return 1 }

func (c Counter) Get(name string) (string, bool) {
	if name != "count" {
		return "", false
	}
	return c.Snapshot(), true
}

// pairs yields names and values given in turn.
func pairs(texts ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := 0; i+1 < len(texts); i += 2 {
			if !yield(texts[i], texts[i+1]) {
				return
			}
		}
	}
}

// Light is a crossing: a main street that is green by default, and a side
// street that gets its turn when somebody has pressed the button. A press is
// remembered until it is served.
//
// In the hasty one a press gives the side street green at once when the main
// street is not green any more: whoever wrote that forgot yellow.
type Light struct {
	hasty bool
	phase phase
	early bool // the hasty one's green beside yellow
	ticks int  // in this phase; counted as long as it matters, so that the states have an end
	walk  bool
}

// phase is what the two lights show.
type phase int

const (
	mainGreen phase = iota
	mainYellow
	sideGreen
	sideYellow
)

// How many ticks a phase lasts; the main street's green lasts at least that
// long, and until somebody wants to walk.
var phaseTicks = [...]int{mainGreen: 6, mainYellow: 2, sideGreen: 4, sideYellow: 2}

var phaseLights = [...][2]string{mainGreen: {"green", "red"}, mainYellow: {"yellow", "red"},
	sideGreen: {"red", "green"}, sideYellow: {"red", "yellow"}}

// Apply knows clock, button and get; each answers with the two lights.
func (l Light) Apply(command string) (Machine, string) {
	if value, ok := query(l, command); ok {
		return l, value
	}
	switch command {
	case "button":
		l.walk = l.walk || l.phase != sideGreen
		l.early = l.hasty && l.phase == mainYellow
	case "clock":
		l.ticks = min(l.ticks+1, phaseTicks[l.phase])
		if l.ticks >= phaseTicks[l.phase] && (l.phase != mainGreen || l.walk) {
			l.phase, l.ticks, l.early = (l.phase+1)%4, 0, false
			if l.phase == sideGreen {
				l.walk = false
			}
		}
	case "get":
	default:
		return l, ""
	}
	lights := l.lights()
	return l, "main " + lights[0] + ", side " + lights[1]
}

func (l Light) lights() [2]string {
	if l.early {
		return [2]string{"yellow", "green"}
	}
	return phaseLights[l.phase]
}

func (l Light) texts() []string {
	lights := l.lights()
	return []string{"main", lights[0], "side", lights[1], "ticks", strconv.Itoa(l.ticks), "walk",
		strconv.FormatBool(l.walk)}
}

// Snapshot is the lights, the ticks in this phase, and the remembered press.
func (l Light) Snapshot() string {
	t := l.texts()
	return fmt.Sprintf("main=%s side=%s ticks=%s walk=%s", t[1], t[3], t[5], t[7])
}

// Restore reads what Snapshot writes.
func (l Light) Restore(snapshot string) (Machine, error) {
	bad := fmt.Errorf("%q is not a state of the traffic light: write main=green side=red ticks=0 walk=false", snapshot)
	if snapshot == "" {
		return Light{hasty: l.hasty}, nil
	}
	kv, err := NewKV().Restore(snapshot)
	if err != nil {
		return l, bad
	}
	value := func(name string) string { v, _ := kv.Get(name); return v }
	ticks, err1 := strconv.Atoi(value("ticks"))
	walk, err2 := strconv.ParseBool(value("walk"))
	lights := [2]string{value("main"), value("side")}
	for p := range phase(len(phaseLights)) {
		for _, early := range []bool{false, l.hasty && p == mainYellow} {
			back := Light{l.hasty, p, early, ticks, walk}
			if back.lights() == lights && err1 == nil && err2 == nil && ticks >= 0 {
				return back, nil
			}
		}
	}
	return l, bad
}

func (l Light) All() iter.Seq2[string, string] { return pairs(l.texts()...) }
func (l Light) Len() int                       { return 4 }

func (l Light) Get(name string) (string, bool) {
	for n, v := range l.All() {
		if n == name {
			return v, true
		}
	}
	return "", false
}

// Lines is an append-only list of texts.
type Lines struct {
	lines seq.Seq[string]
	sum   uint64 // see Hash
}

// Apply appends the command, whatever it is but get and get NUMBER, and answers
// with how many lines there are.
func (l Lines) Apply(command string) (Machine, string) {
	if value, ok := query(l, command); ok {
		return l, value
	}
	if command != "get" && command != "" {
		l.add(command)
	}
	return l, strconv.Itoa(l.lines.Len())
}

// Snapshot is the lines, each quoted.
func (l Lines) Snapshot() string { return text(l) }

func (l Lines) snapshotLen() int {
	n := max(l.lines.Len()-1, 0)
	for _, line := range l.All() {
		n += quotedLen(line)
	}
	return n
}

func (l Lines) writeSnapshot(b *strings.Builder) {
	for i := range l.lines.Len() {
		if i > 0 {
			b.WriteByte(' ')
		}
		writeQuoted(b, *l.lines.At(i))
	}
}

// Restore reads what Snapshot writes.
func (l Lines) Restore(snapshot string) (Machine, error) {
	var out Lines
	for rest := strings.TrimLeft(snapshot, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		text, after, ok := word(rest)
		if !ok || after == rest {
			return l, fmt.Errorf("%q is not a state of the log machine: write texts in quotes", snapshot)
		}
		out.add(text)
		rest = after
	}
	return out, nil
}

// All yields the lines by number.
func (l Lines) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range l.lines.Len() {
			if !yield(strconv.Itoa(i+1), *l.lines.At(i)) {
				return
			}
		}
	}
}

func (l Lines) Len() int { return l.lines.Len() }

func (l Lines) Get(name string) (string, bool) {
	if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= l.lines.Len() {
		return *l.lines.At(n - 1), true
	}
	return "", false
}
