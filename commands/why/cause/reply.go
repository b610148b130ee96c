package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// What follows explains the arrival of an answer by the rule that is the
// answer's own: what it told the server that had asked.

// replyArrived explains the arrival of an answer, or tells that the message is
// none.
func replyArrived(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) bool {
	var what string
	switch m := e.Body().(type) {
	case *raft.AppendEntriesReply, *raft.InstallSnapshotReply:
		what = matchTold(q, e, a)
	case *raft.RequestVoteReply:
		what = voteTold(q, e, a, m.VoteGranted)
	case *raft.PreVoteReply:
		what = voteTold(q, e, a, m.VoteGranted)
	case *raft.ReadIndexReply:
		what = readTold(q, e, a, m)
	default:
		return false
	}
	if what != "" {
		a.Add(": %s", what)
	}
	return true
}

// higherTerm is what a reply with a higher term does, whatever else it says.
func higherTerm(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) string {
	d := q.Asked(e, raft.HigherTerm, true)
	if d == nil {
		return ""
	}
	Decided(q, a, d, e)
	before := q.Before(e).State(d.Node)
	if before == nil || before.Role == raft.Follower {
		return fmt.Sprintf("its term %d is higher than %s's, which takes it", d.Args[0], d.Node)
	}
	return fmt.Sprintf("its term %d is higher than %s's, which takes it and is %s no more", d.Args[0], d.Node,
		tell.ARole(before.Role.String()))
}

// matchTold is what a leader learns of a follower's log (Figure 2, Leaders 3
// and 4).
func matchTold(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) string {
	if what := higherTerm(q, e, a); what != "" {
		return what
	}
	if d := q.Asked(e, raft.ReplyOfThisTerm, false); d != nil {
		Decided(q, a, d, e)
		return "it does not count, because " + tooLate(d, "an answer")
	}
	if d := q.Asked(e, raft.ReplyOfThisMember, false); d != nil {
		Decided(q, a, d, e)
		return fmt.Sprintf("it does not count, because it answers what was sent before %s was added anew", d.Peer)
	}
	if d := q.Asked(e, raft.RefusalIsCurrent, false); d != nil {
		Decided(q, a, d, e)
		return "the refusal does not count, because " + tell.NotCurrent(d)
	}
	if d := q.Asked(e, raft.BackOff, true); d != nil {
		Decided(q, a, d, e)
		return fmt.Sprintf("%s refused, so nextIndex of %s goes back, %d→%d%s", d.Peer, d.Peer, d.Args[1], d.Args[2],
			sentOn(q, e, " and %s is sent"))
	}
	d := q.AskedEither(e, raft.MatchConfirmed)
	if d == nil {
		return ""
	}
	Decided(q, a, d, e)
	if !d.Holds {
		return fmt.Sprintf("%s knew that already, and matchIndex of %s stays %d%s", d.Node, d.Peer, d.Args[2],
			alsoTold(q, e))
	}
	what := fmt.Sprintf("matchIndex of %s %d→%d; %s%s", d.Peer, d.Args[0], d.Args[2], countTold(q, e, a, d.Args[2]),
		alsoTold(q, e))
	return what + sentOn(q, e, "; %s is sent on")
}

// countTold is whether what a follower has confirmed is on a majority now, and
// what that committed.
func countTold(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, match uint64) string {
	d := q.AskedEither(e, raft.MajorityHolds)
	if d == nil {
		return committedBefore(q, e, a, match)
	}
	index := max(d.Args[0], d.Args[1]+1) // of which the servers were counted
	a.Halves = inquiry.HalvesOf(d.Halves)
	a.CompareHalves(d)
	where := fmt.Sprintf("entry %d is on %s", index, tell.Halves(d.Halves))
	if !d.Holds {
		return where + ": not yet on a majority"
	}
	if old := q.Asked(e, raft.CurrentTermOnly, false); old != nil {
		a.Fact("an entry of an earlier term is not committed by counting servers (%s, %s)",
			old.Rule.ID, old.Rule.Place)
		return fmt.Sprintf("%s, a majority, but it is of term %d and not of the leader's own %d, so nothing is "+
			"committed",
			where, old.Args[1], old.Args[2])
	}
	committed := ofAction(q, e, inquiry.Did[cluster.Committed](e.Node))
	if committed == nil {
		return where + ", a majority"
	}
	return fmt.Sprintf("%s, a majority, so %s commits %s at #%d", where, e.Node,
		tell.WithTerms(cluster.As[cluster.Committed](committed).Entries),
		committed.Position)
}

// committedBefore is for a confirmation of what is committed already.
func committedBefore(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, match uint64) string {
	what := fmt.Sprintf("entry %d is committed already", match)
	n := q.After(e).State(e.Node)
	if n == nil || n.Role != raft.Leader {
		return what
	}
	halves := n.Configuration.Halves(inquiry.HoldersOf(n, match))
	a.Halves = inquiry.HalvesOf(halves)
	what = fmt.Sprintf("entry %d is on %s, and was committed before", match, tell.Halves(halves))
	if c := q.Last(e.Position, func(o *cluster.Event) bool {
		return o.Node == e.Node && cluster.As[cluster.Committed](o).Has(match)
	}); c != nil {
		what += fmt.Sprintf(", at #%d", c.Position)
	}
	return what
}

// alsoTold is what else an answer brought about: a read, a lease, a transfer, a
// change of membership.
func alsoTold(q *inquiry.Inquiry, e *cluster.Event) string {
	text := ""
	if q.Asked(e, raft.ReadConfirmed, true) != nil {
		text += "; a majority has answered the round of a read"
	}
	if q.Asked(e, raft.RoundAnswered, true) != nil {
		text += "; a majority has answered another round of heartbeats"
	}
	if q.Asked(e, raft.JointThenNew, true) != nil {
		text += "; with the joint configuration committed, the new one follows"
	}
	if q.Asked(e, raft.RemovedLeaderStepsDown, true) != nil {
		text += "; it is not in the configuration that is committed now, and steps down"
	}
	if q.Asked(e, raft.TransferUpToDate, true) != nil {
		text += fmt.Sprintf("; %s has the whole log now, and is told to take over", e.Peer())
	}
	return text
}

// sentOn is the message that the server then sent to the one that had answered.
func sentOn(q *inquiry.Inquiry, e *cluster.Event, format string) string {
	o := ofAction(q, e, func(o *cluster.Event) bool {
		return cluster.Is[cluster.Sent](o) && o.Node == e.Node && o.Peer() == e.Peer()
	})
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
func voteTold(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, granted bool) string {
	if what := higherTerm(q, e, a); what != "" {
		return what
	}
	if d := q.Asked(e, raft.VotesOfThisElection, false); d != nil {
		Decided(q, a, d, e)
		return "it does not count, because " + tooLate(d, prose.Either(granted, "a vote", "a refusal"))
	}
	d := q.AskedEither(e, raft.Majority)
	if granted && d != nil {
		Decided(q, a, d, e)
		what := fmt.Sprintf("%s has the votes of %s", d.Node, tell.Halves(d.Halves))
		if before := q.Before(e).State(d.Node); before != nil && before.Votes.Has(e.Peer()) {
			what = "it had this vote already; " + what
		}
		return what + prose.Either(d.Holds, ", a majority", ", no majority yet")
	}
	d = q.Asked(e, raft.VotesOfThisElection, true)
	if d == nil {
		return ""
	}
	n := q.After(e).State(d.Node)
	if n == nil {
		return ""
	}
	a.By(raft.Majority)
	a.Numbers(inquiry.CountOf(n))
	return fmt.Sprintf("it is a refusal, and changes nothing: %s is %s with the votes of %s", d.Node,
		tell.ARole(n.Role.String()), tell.Halves(n.Configuration.Halves(n.Votes)))
}

// tooLate is why an answer does not count.
func tooLate(d *raft.Decision, what string) string {
	if text := tell.NotCurrent(d); text != "" {
		return text
	}
	return fmt.Sprintf("it is %s of term %d, and %s is in term %d", what, d.Args[0], d.Node, d.Args[1])
}

// readTold is what a server that had asked the leader for a read index learns.
func readTold(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, m *raft.ReadIndexReply) string {
	d := q.AskedEither(e, raft.ReadAwaited)
	if d == nil {
		return ""
	}
	Decided(q, a, d, e)
	n := q.After(e).State(d.Node)
	switch {
	case !d.Holds:
		a.Cause(q.Because(q.Last(e.Position, func(o *cluster.Event) bool {
			return o.Node == e.Node && (cluster.Is[cluster.Restarted](o) || cluster.Is[cluster.Delivered](o) &&
				o.Body().Type() == m.Type())
		}))...)
		return fmt.Sprintf("no read at %s waits for it any more", d.Node)
	case !m.Success:
		return fmt.Sprintf("%s does not lead, so the read fails", d.Peer)
	case n != nil && n.LastApplied < m.Index:
		return fmt.Sprintf("the read waits until %s has applied entry %d; it has applied %d", d.Node, m.Index,
			n.LastApplied)
	}
	return fmt.Sprintf("the read needs entry %d, which %s has applied", m.Index, d.Node)
}

// ofAction is the first event of the same action after e that is wanted.
func ofAction(q *inquiry.Inquiry, e *cluster.Event, wanted func(*cluster.Event) bool) *cluster.Event {
	for o := q.At(e.Position + 1); o != nil && o.Began == e.Began; o = q.At(o.Position + 1) {
		if wanted(o) {
			return o
		}
		if cluster.Is[cluster.Delivered](o) {
			break // another input
		}
	}
	return nil
}
