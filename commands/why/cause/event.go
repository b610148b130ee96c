// Package cause says why an event happened: the decision that it rests on, the numbers
// of that, and the events that made them so; else the command, or the time, that it
// came of.
package cause

import (
	"cmp"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// Of says why an event happened.
func Of(q *inquiry.Inquiry, e *cluster.Event) *inquiry.Answer {
	a := &inquiry.Answer{Answer: q.Past(e) + ".", Position: e.Position}
	if !ofClock(q, e, a) && !ofMail(q, e, a) && !ofClient(q, e, a) && !ofServer(q, e, a) {
		ofDeed(q, e, a)
	}
	return a
}

// ofServer explains what servers do.
func ofServer(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) bool {
	switch x := e.What.(type) {
	case cluster.Voted:
		whyVotedFor(q, e, a, x)
	case cluster.Truncated:
		rests(q, e, a, raft.DeleteConflict)
	case cluster.SnapshotTaken:
		whySnapshot(q, e, a, x.Last)
	case cluster.Committed:
		whyCommitted(q, e, a)
	case cluster.Crashed:
		whyCrashed(q, e, a, x)
	case cluster.Departed:
		whyDeparted(q, e, a, x)
	case cluster.Breached:
		whyBreached(q, e, a, x.Property)
	default:
		return false
	}
	return true
}

// byCommand is the rules of what only a command brings about.
var byCommand = map[cluster.EventKind]*raft.Rule{
	cluster.Restarted{}.Kind():     cluster.RestartFromDisk,
	cluster.Given{}.Kind():         cluster.AsGiven,
	cluster.Requested{}.Kind():     cluster.ClientsAsk,
	cluster.MinimumPassed{}.Kind(): raft.Stickiness,
	cluster.ServerAdded{}.Kind():   cluster.YourDeed,
}

// ofDeed is for what a command brings about, and for what a server does by a decision
// of which no more is to be said.
func ofDeed(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	rule := byCommand[e.Kind()]
	if rule == nil && (len(e.Cause) > 0 || len(q.Decisions(e)) > 0) {
		rests(q, e, a, cluster.MustAlwaysHold)
		return
	}
	a.By(cmp.Or(rule, cluster.YourDeed))
	a.Cause(q.Deed(e))
}

func whyCrashed(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, x cluster.Crashed) {
	a.Compare("kept", x.Kept)
	a.NoteBugs(q.Before(e), cluster.StableFirst, e.Node)
	a.Compare("lost", x.Forgets())
	a.By(cluster.CrashForgets)
	a.Cause(q.Deed(e))
}

func whyBreached(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, property string) {
	a.By(cluster.MustAlwaysHold)
	for _, p := range invariants.Properties {
		if p.Name == property {
			a.Says, a.Brief = property+", "+p.InFull(), property+", "+p.Says
		}
	}
	after := q.After(e)
	for _, name := range after.Bugs() {
		a.Bug = name + " is on"
		if m := cluster.FindBug(name); m != nil {
			a.Bug += ": " + m.Says
		}
	}
	for _, b := range after.Breaches() {
		if b.Position != e.Position {
			continue
		}
		for _, p := range b.Causes {
			a.Cause(q.Because(turning(q, p))...)
		}
	}
	a.Cause(q.Source(e)...)
}

// whyDeparted says what the paper demands of that step, beside what the server did.
func whyDeparted(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, x cluster.Departed) {
	d := &x.All[0]
	a.Answer = d.Sentence(e.Position)
	a.By(d.Rule)
	for _, c := range d.Compared {
		a.Compare(c.What, c.Value)
	}
	if d.Paper != "" {
		a.Verdict = d.Verdict()
	}
	a.Cause(q.Source(e)...)
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

func whySnapshot(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, index uint64) {
	if _, byHand := e.Action.(cluster.Snapshot); byHand {
		if d := inquiry.CauseOf(e); d != nil {
			Decided(q, a, d, e)
		}
		a.Cause(q.Deed(e))
		return
	}
	w := q.Before(e)
	a.By(cluster.SnapshotsByThemselves)
	if n := w.State(e.Node); n != nil {
		a.Compare("entries applied since the last one", index-(n.Log.FirstIndex()-1))
	}
	a.Compare("snapshot-every", w.Settings().SnapshotEvery)
	a.Cause(q.Setting("snapshot-every", e.Position)...)
	a.Cause(q.Because(q.Last(e.Position, inquiry.Did[cluster.Applied](e.Node)))...)
}

// whyCommitted is two rules for a leader: a majority holds the entry, and it is
// of its own term.
func whyCommitted(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	if len(e.Cause) < 2 {
		rests(q, e, a, raft.FollowerCommit)
		return
	}
	majority, d := e.Cause[0], e.Cause[1]
	Decided(q, a, majority, e)
	a.Compare("its term", d.Args[1])
	a.Compare("currentTerm", d.Args[2])
	if a.Bug == "" {
		other := &inquiry.Answer{}
		Decided(q, other, d, e)
		a.Bug = other.Bug
	}
	a.Cause(q.Source(e)...)
}
