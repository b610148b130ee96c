package cause

import (
	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lab"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// rests explains an event by the decision that it rests on. Where no decision made
// it, it is told with a rule that it should have kept.
func (t *telling) rests(otherwise *raft.Rule) {
	t.ruled(otherwise)
	t.bySource()
}

// ruled is rests without what the event came of. No decision explains a state by hand,
// or a mistake on purpose, which goes past the rules.
func (t *telling) ruled(otherwise *raft.Rule) {
	if d := inquiry.CauseOf(t.e); d != nil {
		t.decided(d)
		return
	}
	t.a.Unruled = true
	if came := t.Trigger(t.e); came != nil && event.Is[event.Given](came) {
		t.a.By(rules.AsGiven)
		return
	}
	w := t.After(t.e)
	t.a.By(otherwise)
	for _, r := range lab.AllRules() {
		if len(w.BugsAgainst(r, t.e.Node)) > 0 {
			t.a.By(r)
			t.a.NoteBugs(w, t.e.Node, r)
		}
	}
	if on, _ := w.Riddle(); on {
		t.a.Bug = "no rule says so: this is the doing of the hidden bug, which you are to guess"
	}
}

// Decided tells a decision, which was made at an event: its rule, its numbers, and what made them so.
func Decided(q *inquiry.Inquiry, a *inquiry.Answer, d *raft.Decision, at *event.Event) {
	(&telling{q, at, a}).decided(d)
}

func (t *telling) decided(d *raft.Decision) {
	t.a.By(d.Rule)
	t.a.Numbers(d)
	if d.Rule == raft.Stickiness && d.Holds {
		compareHeard(t.a, t.Before(t.e), d.Node)
	}
	if find := reasons[d.Rule]; find != nil {
		t.a.Cause(find(t.Inquiry, d, t.e)...)
	}
	t.a.NoteBugs(t.After(t.e), d.Node, d.Rule)
}

// asked tells the decision about a rule with this outcome for the input that the event came of, if there is one.
func (t *telling) asked(rule *raft.Rule, holds bool) *raft.Decision {
	d := t.Asked(t.e, rule, holds)
	if d != nil {
		t.decided(d)
	}
	return d
}

// compareHeard adds how long ago a server heard from a leader, which is what
// stickiness looks at.
func compareHeard(a *inquiry.Answer, w *cluster.World, id raft.ID) {
	least := w.Settings().ElectionTimeout.Min
	if ticks, ok := w.SinceHeard(id); ok {
		a.Compare("ticks since "+id.String()+" heard from a leader", ticks)
		a.Compare("minimum election timeout", least)
		a.Verdict = raft.Relation(uint64(ticks), uint64(least))
	} else if n := w.State(id); n != nil && n.Role == raft.Leader {
		a.Compare(id.String()+"'s role", n.Role.String())
		a.Verdict = "a leader counts as having heard from itself"
	}
}
