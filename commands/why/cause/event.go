// Package cause says why an event happened: the decision that it rests on, the numbers
// of that, and the events that made them so; else the command, or the time, that it
// came of.
package cause

import (
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// telling is an event that is explained, and the answer so far.
type telling struct {
	*inquiry.Inquiry
	e *cluster.Event
	a *inquiry.Answer
}

// Of says why an event happened.
func Of(q *inquiry.Inquiry, e *cluster.Event) *inquiry.Answer {
	t := &telling{q, e, q.Explain(e)}
	explain, rule := explained[e.Kind()], byCommand[e.Kind()]
	switch {
	case explain != nil:
		explain(t)
	case rule != nil:
		t.commanded(rule)
	case len(e.Cause) > 0 || len(q.Decisions(e)) > 0: // a decision, of which no more is to be said
		t.rests(cluster.MustAlwaysHold)
	default:
		t.commanded(cluster.YourDeed)
	}
	return t.a
}

// explained is how events are explained of which more is to be said than what they came of.
var explained = map[cluster.EventKind]func(*telling){
	cluster.ElectionTimeout{}.Kind(): (*telling).timeout,
	cluster.HeartbeatDue{}.Kind():    (*telling).heartbeat,
	cluster.QuorumChecked{}.Kind():   (*telling).quorum,
	cluster.TransferOver{}.Kind():    (*telling).transferOver,
	cluster.LeaseBegun{}.Kind():      (*telling).lease,
	cluster.LeaseEnded{}.Kind():      (*telling).leaseOver,
	cluster.Sent{}.Kind():            (*telling).sent,
	cluster.Delivered{}.Kind():       (*telling).delivered,
	cluster.Lost{}.Kind():            (*telling).lost,
	cluster.Duplicated{}.Kind():      (*telling).duplicated,
	cluster.Corrupted{}.Kind():       (*telling).corrupted,
	cluster.ReadBegun{}.Kind():       (*telling).read,
	cluster.Redirected{}.Kind():      (*telling).redirected,
	cluster.Unanswered{}.Kind():      (*telling).redirected,
	cluster.Answered{}.Kind():        (*telling).answered,
	cluster.SessionTold{}.Kind():     (*telling).answered,
	cluster.Abandoned{}.Kind():       (*telling).abandoned,
	cluster.Voted{}.Kind():           (*telling).voted,
	cluster.Truncated{}.Kind():       func(t *telling) { t.rests(raft.DeleteConflict) },
	cluster.SnapshotTaken{}.Kind():   (*telling).snapshot,
	cluster.Committed{}.Kind():       (*telling).committed,
	cluster.Crashed{}.Kind():         (*telling).crashed,
	cluster.Departed{}.Kind():        (*telling).departed,
	cluster.Breached{}.Kind():        (*telling).breached,
}

// byCommand is the rules of what only a command brings about.
var byCommand = map[cluster.EventKind]*raft.Rule{
	cluster.Restarted{}.Kind():     cluster.RestartFromDisk,
	cluster.Given{}.Kind():         cluster.AsGiven,
	cluster.Requested{}.Kind():     cluster.ClientsAsk,
	cluster.MinimumPassed{}.Kind(): raft.Stickiness,
	cluster.ServerAdded{}.Kind():   cluster.YourDeed,
}

// commanded is for what a command brings about.
func (t *telling) commanded(rule *raft.Rule) {
	t.a.By(rule)
	t.byDeed()
}

// byDeed adds the command that the event came of, and bySource the event or else the command.
func (t *telling) byDeed()   { t.a.Cause(t.Deed(t.e)) }
func (t *telling) bySource() { t.a.Cause(t.Source(t.e)...) }

func (t *telling) crashed() {
	x := cluster.As[cluster.Crashed](t.e)
	t.a.Compare("kept", x.Kept)
	t.a.NoteBugs(t.Before(t.e), t.e.Node, cluster.StableFirst)
	t.a.Compare("lost", x.Forgets())
	t.commanded(cluster.CrashForgets)
}

func (t *telling) breached() {
	a, property := t.a, cluster.As[cluster.Breached](t.e).Property
	a.By(cluster.MustAlwaysHold)
	for _, p := range invariants.Properties {
		if p.Name == property {
			a.Says, a.Brief = property+", "+p.InFull(), property+", "+p.Says
		}
	}
	after := t.After(t.e)
	for _, name := range after.Bugs() {
		a.Bug = name + " is on"
		if m := cluster.FindBug(name); m != nil {
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
	all := cluster.As[cluster.Departed](t.e).All
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
type ranking []func(*cluster.Event) bool

// of is an event's place, behind all others where it is not listed.
func (r ranking) of(e *cluster.Event) int {
	if i := slices.IndexFunc(r, func(is func(*cluster.Event) bool) bool { return is(e) }); i >= 0 {
		return i
	}
	return len(r)
}

// turnings is what an action may do, by how much it says of the action.
var turnings = ranking{
	cluster.Is[cluster.RoleChanged], cluster.Is[cluster.Truncated], cluster.Is[cluster.SnapshotLoaded],
	cluster.Is[cluster.Committed], cluster.Is[cluster.Answered], cluster.Is[cluster.Crashed], cluster.Is[cluster.Wiped],
	cluster.Is[cluster.Given], cluster.Is[cluster.Voted], cluster.Is[cluster.Appended], cluster.Is[cluster.TermChanged],
}

// turning is the event that says most of the action that one is a part of.
func turning(q *inquiry.Inquiry, position uint64) *cluster.Event {
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
	t.a.By(cluster.SnapshotsByThemselves)
	if n := w.State(t.e.Node); n != nil {
		last := cluster.As[cluster.SnapshotTaken](t.e).Last
		t.a.Compare("entries applied since the last one", last-(n.Log.FirstIndex()-1))
	}
	t.a.Compare("snapshot-every", w.Settings().SnapshotEvery)
	t.a.Since(t.Setting("snapshot-every", t.e.Position), t.LastAt(t.e.Node, t.e.Position, cluster.Is[cluster.Applied]))
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
