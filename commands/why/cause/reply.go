package cause

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// What follows explains the arrival of an answer by the rule that is the
// answer's own: what it told the server that had asked.

// replyArrived explains the arrival of an answer, or tells that the message is
// none.
func (t *telling) replyArrived() bool {
	var what string
	switch m := t.e.Body().(type) {
	case *raft.ReadIndexReply:
		what = t.readTold(m)
	case *raft.AppendEntriesReply, *raft.InstallSnapshotReply:
		if what = t.higherTerm(); what == "" {
			what = t.matchTold()
		}
	case *raft.RequestVoteReply, *raft.PreVoteReply:
		if what = t.higherTerm(); what == "" {
			what = t.voteTold(!tell.SaysNo(m))
		}
	default:
		return false
	}
	if what != "" {
		t.a.Add(": %s", what)
	}
	return true
}

// higherTerm is what a reply with a higher term does, whatever else it says.
func (t *telling) higherTerm() string {
	d := t.asked(raft.HigherTerm, true)
	if d == nil {
		return ""
	}
	text := fmt.Sprintf("its term %d is higher than %s's, which takes it", d.Args[0], d.Node)
	if before := t.Before(t.e).State(d.Node); before != nil && before.Role != raft.Follower {
		text += fmt.Sprintf(" and is %s no more", tell.ARole(before.Role.String()))
	}
	return text
}

// matchTold is what a leader learns of a follower's log (Figure 2, Leaders 3
// and 4).
func (t *telling) matchTold() string {
	if d := t.asked(raft.ReplyOfThisTerm, false); d != nil {
		return "it does not count, because " + tooLate(d, "an answer")
	}
	if d := t.asked(raft.ReplyOfThisMember, false); d != nil {
		return fmt.Sprintf("it does not count, because it answers what was sent before %s was added anew", d.Peer)
	}
	if d := t.asked(raft.RefusalIsCurrent, false); d != nil {
		return "the refusal does not count, because " + d.Instead()
	}
	if d := t.asked(raft.BackOff, true); d != nil {
		return fmt.Sprintf("%s refused, so nextIndex of %s goes back, %d→%d%s", d.Peer, d.Peer, d.Args[1], d.Args[2],
			t.sentOn(" and %s is sent"))
	}
	d := t.AskedEither(t.e, raft.MatchConfirmed)
	if d == nil {
		return ""
	}
	t.decided(d)
	if !d.Holds {
		return fmt.Sprintf("%s knew that already, and matchIndex of %s stays %d%s", d.Node, d.Peer, d.Args[2],
			t.alsoTold())
	}
	return fmt.Sprintf("matchIndex of %s %d→%d; %s%s%s", d.Peer, d.Args[0], d.Args[2], t.countTold(d.Args[2]),
		t.alsoTold(), t.sentOn("; %s is sent on"))
}

// countTold is whether what a follower has confirmed is on a majority now, and
// what that committed.
func (t *telling) countTold(match uint64) string {
	d := t.AskedEither(t.e, raft.MajorityHolds)
	if d == nil {
		return t.committedBefore(match)
	}
	index := max(d.Args[0], d.Args[1]+1) // of which the servers were counted
	t.a.Counted(d.Rule, d.Halves)
	where := fmt.Sprintf("entry %d is on %s", index, tell.Halves(d.Halves))
	if !d.Holds {
		return where + ": not yet on a majority"
	}
	if old := t.Asked(t.e, raft.CurrentTermOnly, false); old != nil {
		t.a.Fact("an entry of an earlier term is not committed by counting servers (%s, %s)", old.Rule.ID,
			old.Rule.Place)
		return fmt.Sprintf("%s, a majority, but it is of term %d and not of the leader's own %d, so nothing is "+
			"committed", where, old.Args[1], old.Args[2])
	}
	committed := t.ofAction(event.Is[event.Committed])
	if committed == nil {
		return where + ", a majority"
	}
	return fmt.Sprintf("%s, a majority, so %s commits %s at #%d", where, t.e.Node,
		tell.WithTerms(event.As[event.Committed](committed).Entries), committed.Position)
}

// committedBefore is for a confirmation of what is committed already.
func (t *telling) committedBefore(match uint64) string {
	n := t.After(t.e).State(t.e.Node)
	if n == nil || n.Role != raft.Leader {
		return fmt.Sprintf("entry %d is committed already", match)
	}
	halves, when := n.Configuration.Halves(inquiry.HoldersOf(n, match)), ""
	t.a.Halves = inquiry.HalvesOf(halves)
	if c := t.LastAt(t.e.Node, t.e.Position, func(o *event.Event) bool {
		return event.As[event.Committed](o).Has(match)
	}); c != nil {
		when = fmt.Sprintf(", at #%d", c.Position)
	}
	return fmt.Sprintf("entry %d is on %s, and was committed before%s", match, tell.Halves(halves), when)
}

// alsoTold is what else an answer brought about: a read, a lease, a transfer, a
// change of membership.
func (t *telling) alsoTold() string {
	text := ""
	for _, also := range []struct {
		rule *raft.Rule
		what string
	}{
		{raft.ReadConfirmed, "a majority has answered the round of a read"},
		{raft.RoundAnswered, "a majority has answered another round of heartbeats"},
		{raft.JointThenNew, "with the joint configuration committed, the new one follows"},
		{raft.RemovedLeaderStepsDown, "it is not in the configuration that is committed now, and steps down"},
		{raft.TransferUpToDate, t.e.Peer().String() + " has the whole log now, and is told to take over"},
	} {
		if t.Asked(t.e, also.rule, true) != nil {
			text += "; " + also.what
		}
	}
	return text
}

// sentOn is the message that the server then sent to the one that had answered.
func (t *telling) sentOn(format string) string {
	o := t.ofAction(func(o *event.Event) bool { return event.Is[event.Sent](o) && o.Peer() == t.e.Peer() })
	if o == nil {
		return ""
	}
	what := "an empty append"
	switch m := o.Body().(type) {
	case *raft.AppendEntries:
		if n := uint64(len(m.Entries)); n > 0 {
			what = tell.Entries(m.PrevLogIndex+1, m.PrevLogIndex+n)
		}
	case *raft.InstallSnapshot:
		what = "the snapshot"
	default:
		return ""
	}
	return fmt.Sprintf(format, what+" ("+tell.NameOf(o)+")")
}

// voteTold is what a candidate, or a server that asks beforehand, makes of an answer.
func (t *telling) voteTold(granted bool) string {
	if d := t.asked(raft.VotesOfThisElection, false); d != nil {
		return "it does not count, because " + tooLate(d, prose.Either(granted, "a vote", "a refusal"))
	}
	if d := t.AskedEither(t.e, raft.Majority); granted && d != nil {
		t.decided(d)
		what := fmt.Sprintf("%s has the votes of %s", d.Node, tell.Halves(d.Halves))
		if before := t.Before(t.e).State(d.Node); before != nil && before.Votes.Has(t.e.Peer()) {
			what = "it had this vote already; " + what
		}
		return what + prose.Either(d.Holds, ", a majority", ", no majority yet")
	}
	d := t.Asked(t.e, raft.VotesOfThisElection, true)
	if d == nil {
		return ""
	}
	n := t.After(t.e).State(d.Node)
	if n == nil {
		return ""
	}
	t.a.By(raft.Majority)
	t.a.Numbers(inquiry.CountOf(n))
	return fmt.Sprintf("it is a refusal, and changes nothing: %s is %s with the votes of %s", d.Node,
		tell.ARole(n.Role.String()), tell.Halves(n.Configuration.Halves(n.Votes)))
}

// tooLate is why an answer does not count.
func tooLate(d *raft.Decision, what string) string {
	if text := d.Instead(); text != "" {
		return text
	}
	return fmt.Sprintf("it is %s of term %d, and %s is in term %d", what, d.Args[0], d.Node, d.Args[1])
}

// readTold is what a server that had asked the leader for a read index learns.
func (t *telling) readTold(m *raft.ReadIndexReply) string {
	d := t.AskedEither(t.e, raft.ReadAwaited)
	if d == nil {
		return ""
	}
	t.decided(d)
	n := t.After(t.e).State(d.Node)
	switch {
	case !d.Holds:
		t.a.Since(t.LastAt(t.e.Node, t.e.Position, event.Is[event.Restarted], func(o *event.Event) bool {
			return event.Is[event.Delivered](o) && o.Body().Type() == m.Type()
		}))
		return fmt.Sprintf("no read at %s waits for it any more", d.Node)
	case !m.Success:
		return fmt.Sprintf("%s does not lead, so the read fails", d.Peer)
	case n != nil && n.LastApplied < m.Index:
		return fmt.Sprintf("the read waits until %s has applied entry %d; it has applied %d", d.Node, m.Index,
			n.LastApplied)
	}
	return fmt.Sprintf("the read needs entry %d, which %s has applied", m.Index, d.Node)
}

// ofAction is the first event of the same action at the server, after the one that is explained, that is wanted.
func (t *telling) ofAction(wanted func(*event.Event) bool) *event.Event {
	for o := t.At(t.e.Position + 1); o != nil && o.Began == t.e.Began; o = t.At(o.Position + 1) {
		if o.Node == t.e.Node && wanted(o) {
			return o
		}
		if event.Is[event.Delivered](o) {
			break // another input
		}
	}
	return nil
}
