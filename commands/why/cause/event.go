// Package cause says why an event happened: the decision that it rests on, the numbers
// of that, and the events that made them so; else the command, or the time, that it
// came of.
package cause

import (
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// telling is an event that is explained, and the answer so far.
type telling struct {
	*inquiry.Inquiry
	e *event.Event
	a *inquiry.Answer
}

// Of says why an event happened.
func Of(q *inquiry.Inquiry, e *event.Event) *inquiry.Answer {
	t := &telling{q, e, q.Explain(e)}
	explain, rule := explained[e.Kind()], byCommand[e.Kind()]
	switch {
	case explain != nil:
		explain(t)
	case rule != nil:
		t.commanded(rule)
	case len(e.Cause) > 0 || len(q.Decisions(e)) > 0: // a decision, of which no more is to be said
		t.rests(rules.MustAlwaysHold)
	default:
		t.commanded(rules.YourDeed)
	}
	return t.a
}

// explained is how events are explained of which more is to be said than what they came of.
var explained = map[event.Kind]func(*telling){
	event.ElectionTimeout{}.Kind(): (*telling).timeout,
	event.HeartbeatDue{}.Kind():    (*telling).heartbeat,
	event.QuorumChecked{}.Kind():   (*telling).quorum,
	event.TransferOver{}.Kind():    (*telling).transferOver,
	event.LeaseBegun{}.Kind():      (*telling).lease,
	event.LeaseEnded{}.Kind():      (*telling).leaseOver,
	event.Sent{}.Kind():            (*telling).sent,
	event.Delivered{}.Kind():       (*telling).delivered,
	event.Lost{}.Kind():            (*telling).lost,
	event.Duplicated{}.Kind():      (*telling).duplicated,
	event.Corrupted{}.Kind():       (*telling).corrupted,
	event.ReadBegun{}.Kind():       (*telling).read,
	event.Redirected{}.Kind():      (*telling).redirected,
	event.Unanswered{}.Kind():      (*telling).redirected,
	event.Answered{}.Kind():        (*telling).answered,
	event.SessionTold{}.Kind():     (*telling).answered,
	event.Abandoned{}.Kind():       (*telling).abandoned,
	event.Voted{}.Kind():           (*telling).voted,
	event.Truncated{}.Kind():       func(t *telling) { t.rests(raft.DeleteConflict) },
	event.SnapshotTaken{}.Kind():   (*telling).snapshot,
	event.Committed{}.Kind():       (*telling).committed,
	event.Crashed{}.Kind():         (*telling).crashed,
	event.Restarted{}.Kind():       (*telling).restarted,
	event.Departed{}.Kind():        (*telling).departed,
	event.Breached{}.Kind():        (*telling).breached,
}

// byCommand is the rules of what only a command brings about.
var byCommand = map[event.Kind]*raft.Rule{
	event.Given{}.Kind():         rules.AsGiven,
	event.Requested{}.Kind():     rules.ClientsAsk,
	event.MinimumPassed{}.Kind(): raft.Stickiness,
	event.ServerAdded{}.Kind():   rules.YourDeed,
}

// commanded is for what a command brings about.
func (t *telling) commanded(rule *raft.Rule) {
	t.a.By(rule)
	t.byDeed()
}

// byDeed adds the command that the event came of, and bySource the event that it came of or, without one,
// that command.
func (t *telling) byDeed()   { t.a.Cause(t.Deed(t.e)) }
func (t *telling) bySource() { t.a.Cause(t.Source(t.e)...) }

func (t *telling) crashed() {
	x := event.As[event.Crashed](t.e)
	t.a.Compare("kept", x.Kept)
	t.a.NoteBugs(t.Before(t.e), t.e.Node, rules.StableFirst)
	t.a.Compare("lost", x.Forgets())
	t.commanded(rules.CrashForgets)
}

// restarted is for a server that runs again, or whose record begins in the midst of its run.
func (t *telling) restarted() {
	if event.As[event.Restarted](t.e).Shown {
		t.a.By(rules.AsGiven)
		t.a.Fact("the record of its run begins in this state")
		return
	}
	t.commanded(rules.RestartFromDisk)
}

func (t *telling) breached() {
	a, property := t.a, event.As[event.Breached](t.e).Property
	a.By(rules.MustAlwaysHold)
	for _, p := range invariants.Properties {
		if p.Name == property {
			a.Says, a.Brief = property+", "+p.InFull(), property+", "+p.Says
		}
	}
	after := t.After(t.e)
	for _, name := range after.Bugs() {
		a.Bug = name + " is on"
		if m := rules.FindBug(name); m != nil {
			a.Bug += ": " + m.Says
		}
	}
	for _, b := range after.Breaches() {
		if b.Position != t.e.Position {
			continue
		}
		for _, p := range b.Causes {
			a.Since(turning(t.Inquiry, p))
		}
	}
	t.bySource()
}

// departed says what the paper demands of that step, beside what the server did.
func (t *telling) departed() {
	t.departs()
	t.bySource()
}

func (t *telling) departs() {
	all := event.As[event.Departed](t.e).All
	d := &all[0]
	t.a.Answer = d.Sentence(t.e.Position)
	t.a.By(d.Rule)
	for _, c := range d.Compared {
		t.a.Compare(c.What, c.Value)
	}
	if d.Paper != "" {
		t.a.Verdict = d.Verdict()
	}
	for _, d := range all[1:] {
		t.a.Also = append(t.a.Also, d.Rule.ID+": "+d.Did)
	}
}

// ranking is kinds of events, the one that says most first.
type ranking []func(*event.Event) bool

// of is an event's place, behind all others where it is not listed.
func (r ranking) of(e *event.Event) int {
	if i := slices.IndexFunc(r, func(is func(*event.Event) bool) bool { return is(e) }); i >= 0 {
		return i
	}
	return len(r)
}

// turnings is what an action may do, by how much it says of the action.
var turnings = ranking{
	event.Is[event.RoleChanged], event.Is[event.Truncated], event.Is[event.SnapshotLoaded],
	event.Is[event.Committed], event.Is[event.Answered], event.Is[event.Crashed], event.Is[event.Wiped],
	event.Is[event.Given], event.Is[event.Voted], event.Is[event.Appended], event.Is[event.TermChanged],
}

// turning is the event that says most of the action that one is a part of.
func turning(q *inquiry.Inquiry, position uint64) *event.Event {
	best, rank := q.At(position), len(turnings)
	if best == nil {
		return nil
	}
	for e := q.At(best.Began); e != nil && e.Began == best.Began; e = q.At(e.Position + 1) {
		if r := turnings.of(e); r < rank {
			best, rank = e, r
		}
	}
	return best
}

func (t *telling) snapshot() {
	if _, byHand := t.e.Action.(cluster.Snapshot); byHand {
		if d := inquiry.CauseOf(t.e); d != nil {
			t.decided(d)
		}
		t.byDeed()
		return
	}
	w := t.Before(t.e)
	t.a.By(rules.SnapshotsByThemselves)
	if n := w.State(t.e.Node); n != nil {
		last := event.As[event.SnapshotTaken](t.e).Last
		t.a.Compare("entries applied since the last one", last-(n.Log.FirstIndex()-1))
	}
	t.a.Compare("snapshot-every", w.Settings().SnapshotEvery)
	t.a.Since(t.Setting("snapshot-every", t.e.Position), t.LastAt(t.e.Node, t.e.Position, event.Is[event.Applied]))
}

// committed is two rules for a leader: a majority holds the entry, and it is
// of its own term.
func (t *telling) committed() {
	if len(t.e.Cause) < 2 {
		t.rests(raft.FollowerCommit)
		return
	}
	majority, d := t.e.Cause[0], t.e.Cause[1]
	t.decided(majority)
	t.a.Compare("its term", d.Args[1])
	t.a.Compare("currentTerm", d.Args[2])
	if t.a.Bug == "" {
		t.a.NoteBugs(t.After(t.e), d.Node, d.Rule)
	}
	t.bySource()
}
