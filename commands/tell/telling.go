package tell

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/invariants"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// A schedule is told step by step: each action in a few words with what came
// of it, so that a room can follow it without looking at messages by number.

// Told is one action of a schedule.
type Told struct {
	Number   int           `json:"number"`           // from 1
	Command  string        `json:"command"`          // the action as a command
	Position uint64        `json:"position"`         // after it
	Says     string        `json:"says"`             // what it does, in words
	Broken   []string      `json:"broken,omitempty"` // rules that a bug breaks here for the first time
	Breach   string        `json:"breach,omitempty"` // the invariant that falls here
	Events   []event.Event `json:"-"`
	turning  bool          // a milestone: what a long story keeps
	pivotal  bool          // a leader is elected, an entry committed or removed: what a very long one keeps
}

// Schedule does the actions on a copy of the world and tells them.
func Schedule(w *cluster.World, actions []cluster.Action) ([]Told, error) {
	w = w.Clone()
	lanes := each.As(Mutants(w), func(m *raft.Mutant) *Lane { return NewLane(w, m) })
	out := make([]Told, 0, len(actions))
	for i, a := range actions {
		l := &cluster.Listener{Decide: true, NoTicks: true}
		w.Listen(l)
		if err := w.Apply(a); err != nil {
			return nil, fmt.Errorf("%s: %w", a, err)
		}
		t := Told{Number: i + 1, Command: a.String(), Position: w.Position(), Events: l.Events}
		for _, lane := range lanes {
			if !lane.parted && !lane.Step(w, a, l.Events) {
				t.Broken = append(t.Broken, lane.bug.Violates.ID)
			}
		}
		t.tell()
		out = append(out, t)
	}
	return out, nil
}

// tell fills in what the events of the step say.
func (t *Told) tell() {
	var says []string
	votes := happens(t.Events, func(e *event.Event) bool { // which says already that it was asked for
		x, ok := e.What.(event.Voted)
		return ok && x.For != e.Node
	})
	again := happens(t.Events, event.Is[event.ElectionTimeout]) &&
		!happens(t.Events, event.Is[event.RoleChanged])
	for e := range each.Of(t.Events) {
		switch x := e.What.(type) {
		case event.Delivered, event.Sent:
			if votes {
				continue
			}
		case event.TermChanged:
			if again { // a candidate stays one, so no change of role tells it
				says = append(says, fmt.Sprintf("%s is a candidate of term %d", e.Node, x.Term))
				t.turning = true
			}
		case event.RoleChanged:
			t.pivotal = t.pivotal || x.To == raft.Leader
		case event.Committed, event.Truncated:
			t.pivotal = true
		case event.Breached:
			t.Breach = x.Property
		}
		p := Of(e)
		if text := p.Scheduled(); text != "" {
			says = append(says, text)
		}
		t.turning = t.turning || p.Milestone
	}
	t.turning = t.turning || t.Breach != "" || len(t.Broken) > 0
	t.Says = strings.Join(says, "; ")
}

// happens tells whether an event of this sort is among them.
func happens(events []event.Event, sort func(*event.Event) bool) bool {
	return slices.ContainsFunc(events, func(e event.Event) bool { return sort(&e) })
}

// PropertySays is what an invariant says, with where the paper has it.
func PropertySays(name string) string {
	for _, p := range invariants.Properties {
		if p.Name == name {
			return p.InFull()
		}
	}
	return beyondInvariants[name]
}

// Figure3 is the properties that the paper's Figure 3 lists.
func Figure3(name string) bool {
	return name != invariants.Durability && name != invariants.Monotony && beyondInvariants[name] == ""
}

// How many lines a schedule may take, so that it stands with what is said
// about it on a screen of 24 lines, and how wide its last column is there.
const (
	scheduleLines = 13
	scheduleWidth = 54
)

// ScheduleTable is a schedule to read: whole when it is short, else its
// milestones and what lies between in a line.
func ScheduleTable(steps []Told) view.Table {
	t := view.Table{Fixed: 1, Right: []bool{true}}
	shown := pickSteps(steps)
	var between []string
	flush := func() {
		if n := len(between); n > 0 {
			text := prose.Shorten(strings.Join(between, ", "), scheduleWidth-12)
			t.Add(view.LS(view.Quiet, "…"), nil,
				view.LS(view.Quiet, fmt.Sprintf("(%s: %s)", prose.Plural(n, "step"), text)))
		}
		between = nil
	}
	for i := range steps {
		if !shown[i] {
			between = append(between, prose.Visible(steps[i].Command))
			continue
		}
		flush()
		t.Rows = append(t.Rows, steps[i].row())
	}
	flush()
	return t
}

func (t *Told) row() []view.Line {
	style := view.Plain
	if t.Breach != "" {
		style = view.Bad
	}
	says := view.LS(style, prose.Visible(t.Says))
	if len(t.Broken) > 0 {
		says = append(says, view.S(view.Bad, "  <- breaks "+strings.Join(t.Broken, ", ")))
	}
	return []view.Line{view.LS(view.Quiet, fmt.Sprint(t.Number)),
		view.LS(view.Code, prose.Shorten(prose.Visible(t.Command), 24)), says}
}

// height is about how many lines the step takes.
func (t *Told) height() int {
	n := len([]rune(t.Says))
	if len(t.Broken) > 0 {
		n += len("  <- breaks ") + len(strings.Join(t.Broken, ", "))
	}
	return 1 + max(0, n-1)/scheduleWidth
}

// pickSteps is which steps are shown: all, or else what fits of the milestones,
// the first ones and the last; always those in which something breaks.
func pickSteps(steps []Told) []bool {
	shown := slices.Repeat([]bool{true}, len(steps))
	drop := func(from, to int, spare func(*Told) bool) {
		for i := from; i < to && tall(steps, shown) > scheduleLines; i++ {
			shown[i] = shown[i] && spare(&steps[i])
		}
	}
	breaks := func(t *Told) bool { return t.Breach != "" || len(t.Broken) > 0 }
	drop(0, len(steps), func(t *Told) bool { return t.turning })                // first what only travels
	drop(3, len(steps)-2, func(t *Told) bool { return breaks(t) || t.pivotal }) // then the middle
	drop(3, len(steps)-2, breaks)
	return shown
}

// tall is about how many lines the steps take, and those that stand for the
// steps left out.
func tall(steps []Told, shown []bool) int {
	n := 0
	for i := range steps {
		switch {
		case shown[i]:
			n += steps[i].height()
		case i == 0 || shown[i-1]:
			n++
		}
	}
	return n
}

// beyondInvariants is the properties that no one state shows, with what each says.
var beyondInvariants = map[string]string{
	fuzz.Linearizability: "clients see one copy of the data, on which each request is done once, between its sending " +
		"and its answer (§8)",
	fuzz.Liveness: "a majority in contact elects a leader, keeps it, and commits what clients ask (§5.6)",
}
