package cause

import (
	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// rests explains an event by the decision that it rests on. Where no decision made
// it, it is told with a rule that it should have kept.
func rests(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, otherwise *raft.Rule) {
	if d := inquiry.CauseOf(e); d != nil {
		Decided(q, a, d, e)
	} else {
		unruled(q, e, a, otherwise)
	}
	a.Cause(q.Source(e)...)
}

// unruled is for what no decision explains: a state by hand, or a mistake on
// purpose, which goes past the rules.
func unruled(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, rule *raft.Rule) {
	a.Unruled = true
	if t := q.Trigger(e); t != nil && cluster.Is[cluster.Given](t) {
		a.By(cluster.AsGiven)
		return
	}
	w, id := q.After(e), e.Node
	a.By(rule)
	for _, r := range lab.AllRules() {
		if len(w.BugsAgainst(r, id)) > 0 {
			a.By(r)
			a.NoteBugs(w, r, id)
		}
	}
	if on, _ := w.Riddle(); on {
		a.Bug = "no rule says so: this is the doing of the hidden bug, which you are to guess"
	}
}

// Decided tells a decision: its rule, its numbers, and what made them so.
func Decided(q *inquiry.Inquiry, a *inquiry.Answer, d *raft.Decision, at *cluster.Event) {
	a.By(d.Rule)
	a.Numbers(d)
	if d.Rule == raft.Stickiness && d.Holds {
		compareHeard(a, q.Before(at), d.Node)
	}
	if f := reasons[d.Rule]; f != nil {
		a.Cause(f(q, d, at)...)
	}
	a.NoteBugs(q.After(at), d.Rule, d.Node)
}

// compareHeard adds how long ago a server heard from a leader, which is what
// stickiness looks at.
func compareHeard(a *inquiry.Answer, w *cluster.World, id raft.ID) {
	least := w.Settings().ElectionTimeout.Min
	if ticks, ok := w.SinceHeard(id); ok {
		a.Compare("ticks since "+id.String()+" heard from a leader", ticks)
		a.Compare("minimum election timeout", least)
		a.Verdict = tell.Relation(uint64(ticks), uint64(least))
	} else if n := w.State(id); n != nil && n.Role == raft.Leader {
		a.Compare(id.String()+"'s role", n.Role.String())
		a.Verdict = "a leader counts as having heard from itself"
	}
}
