package why

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// What follows explains the arrival of an answer by the rule that is the
// answer's own: what it told the server that had asked.

// replyArrived explains the arrival of an answer, or tells that the message is
// none.
func (q *Inquiry) replyArrived(e *cluster.Event, a *Answer) bool {
	var what string
	switch m := e.Body().(type) {
	case *raft.AppendEntriesReply, *raft.InstallSnapshotReply:
		what = q.matchTold(e, a)
	case *raft.RequestVoteReply:
		what = q.voteTold(e, a, m.VoteGranted)
	case *raft.PreVoteReply:
		what = q.voteTold(e, a, m.VoteGranted)
	case *raft.ReadIndexReply:
		what = q.readTold(e, a, m)
	default:
		return false
	}
	if what != "" {
		a.Answer = strings.TrimSuffix(a.Answer, ".") + ": " + what + "."
	}
	return true
}

// higherTerm is what a reply with a higher term does, whatever else it says.
func (q *Inquiry) higherTerm(e *cluster.Event, a *Answer) string {
	d := q.asked(e, raft.HigherTerm, true)
	if d == nil {
		return ""
	}
	q.decided(a, d, e)
	before := q.Record.Before(e).State(d.Node)
	if before == nil || before.Role == raft.Follower {
		return fmt.Sprintf("its term %d is higher than %s's, which takes it", d.Args[0], d.Node)
	}
	return fmt.Sprintf("its term %d is higher than %s's, which takes it and is %s no more", d.Args[0], d.Node,
		roleText(before.Role.String()))
}

// matchTold is what a leader learns of a follower's log (Figure 2, Leaders 3
// and 4).
func (q *Inquiry) matchTold(e *cluster.Event, a *Answer) string {
	if what := q.higherTerm(e, a); what != "" {
		return what
	}
	if d := q.asked(e, raft.ReplyOfThisTerm, false); d != nil {
		q.decided(a, d, e)
		return "it does not count, because " + tooLate(d, "an answer")
	}
	if d := q.asked(e, raft.ReplyOfThisMember, false); d != nil {
		q.decided(a, d, e)
		return fmt.Sprintf("it does not count, because it answers what was sent before %s was added anew", d.Peer)
	}
	if d := q.asked(e, raft.RefusalIsCurrent, false); d != nil {
		q.decided(a, d, e)
		return "the refusal does not count, because " + notCurrent(d)
	}
	if d := q.asked(e, raft.BackOff, true); d != nil {
		q.decided(a, d, e)
		return fmt.Sprintf("%s refused, so nextIndex of %s goes back, %d→%d%s", d.Peer, d.Peer, d.Args[1], d.Args[2],
			q.sentOn(e, " and %s is sent"))
	}
	d := q.AskedEither(e, raft.MatchConfirmed)
	if d == nil {
		return ""
	}
	q.decided(a, d, e)
	if !d.Holds {
		return fmt.Sprintf("%s knew that already, and matchIndex of %s stays %d%s", d.Node, d.Peer, d.Args[2],
			q.alsoTold(e))
	}
	what := fmt.Sprintf("matchIndex of %s %d→%d; %s%s", d.Peer, d.Args[0], d.Args[2], q.countTold(e, a, d.Args[2]),
		q.alsoTold(e))
	return what + q.sentOn(e, "; %s is sent on")
}

// countTold is whether what a follower has confirmed is on a majority now, and
// what that committed.
func (q *Inquiry) countTold(e *cluster.Event, a *Answer, match uint64) string {
	d := q.AskedEither(e, raft.MajorityHolds)
	if d == nil {
		return q.committedBefore(e, a, match)
	}
	index := max(d.Args[0], d.Args[1]+1) // of which the servers were counted
	a.Halves = halvesOf(d.Halves)
	a.compareHalves(d)
	where := fmt.Sprintf("entry %d is on %s", index, HalvesText(d.Halves))
	if !d.Holds {
		return where + ": not yet on a majority"
	}
	if old := q.asked(e, raft.CurrentTermOnly, false); old != nil {
		a.cause(Because{Text: fmt.Sprintf("an entry of an earlier term is not committed by counting servers (%s, %s)",
			old.Rule.ID, old.Rule.Place)})
		return fmt.Sprintf("%s, a majority, but it is of term %d and not of the leader's own %d, so nothing is "+
			"committed", where, old.Args[1], old.Args[2])
	}
	committed := q.ofAction(e, func(o *cluster.Event) bool {
		return cluster.Is[cluster.Committed](o) && o.Node == e.Node
	})
	if committed == nil {
		return where + ", a majority"
	}
	return fmt.Sprintf("%s, a majority, so %s commits %s at #%d", where, e.Node,
		tell.WithTerms(cluster.As[cluster.Committed](committed).Entries), committed.Position)
}

// committedBefore is for a confirmation of what is committed already.
func (q *Inquiry) committedBefore(e *cluster.Event, a *Answer, match uint64) string {
	what := fmt.Sprintf("entry %d is committed already", match)
	n := q.Record.After(e).State(e.Node)
	if n == nil || n.Role != raft.Leader {
		return what
	}
	halves := n.Configuration.Halves(holdersOf(n, match))
	a.Halves = halvesOf(halves)
	what = fmt.Sprintf("entry %d is on %s, and was committed before", match, HalvesText(halves))
	if c := q.last(e.Position, func(o *cluster.Event) bool {
		return o.Node == e.Node && cluster.As[cluster.Committed](o).Has(match)
	}); c != nil {
		what += fmt.Sprintf(", at #%d", c.Position)
	}
	return what
}

// alsoTold is what else an answer brought about: a read, a lease, a transfer, a
// change of membership.
func (q *Inquiry) alsoTold(e *cluster.Event) string {
	text := ""
	if q.asked(e, raft.ReadConfirmed, true) != nil {
		text += "; a majority has answered the round of a read"
	}
	if q.asked(e, raft.RoundAnswered, true) != nil {
		text += "; a majority has answered another round of heartbeats"
	}
	if q.asked(e, raft.JointThenNew, true) != nil {
		text += "; with the joint configuration committed, the new one follows"
	}
	if q.asked(e, raft.RemovedLeaderStepsDown, true) != nil {
		text += "; it is not in the configuration that is committed now, and steps down"
	}
	if q.asked(e, raft.TransferUpToDate, true) != nil {
		text += fmt.Sprintf("; %s has the whole log now, and is told to take over", e.Peer())
	}
	return text
}

// sentOn is the message that the server then sent to the one that had answered.
func (q *Inquiry) sentOn(e *cluster.Event, format string) string {
	o := q.ofAction(e, func(o *cluster.Event) bool {
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
func (q *Inquiry) voteTold(e *cluster.Event, a *Answer, granted bool) string {
	if what := q.higherTerm(e, a); what != "" {
		return what
	}
	if d := q.asked(e, raft.VotesOfThisElection, false); d != nil {
		q.decided(a, d, e)
		return "it does not count, because " + tooLate(d, map[bool]string{true: "a vote", false: "a refusal"}[granted])
	}
	d := q.AskedEither(e, raft.Majority)
	if granted && d != nil {
		q.decided(a, d, e)
		what := fmt.Sprintf("%s has the votes of %s", d.Node, HalvesText(d.Halves))
		if before := q.Record.Before(e).State(d.Node); before != nil && before.Votes.Has(e.Peer()) {
			what = "it had this vote already; " + what
		}
		return what + map[bool]string{true: ", a majority", false: ", no majority yet"}[d.Holds]
	}
	d = q.asked(e, raft.VotesOfThisElection, true)
	if d == nil {
		return ""
	}
	n := q.Record.After(e).State(d.Node)
	if n == nil {
		return ""
	}
	a.by(raft.Majority)
	q.numbers(a, countOf(n))
	return fmt.Sprintf("it is a refusal, and changes nothing: %s is %s with the votes of %s", d.Node,
		roleText(n.Role.String()), HalvesText(n.Configuration.Halves(n.Votes)))
}

// tooLate is why an answer does not count.
func tooLate(d *raft.Decision, what string) string {
	if text := notCurrent(d); text != "" {
		return text
	}
	return fmt.Sprintf("it is %s of term %d, and %s is in term %d", what, d.Args[0], d.Node, d.Args[1])
}

// readTold is what a server that had asked the leader for a read index learns.
func (q *Inquiry) readTold(e *cluster.Event, a *Answer, m *raft.ReadIndexReply) string {
	d := q.AskedEither(e, raft.ReadAwaited)
	if d == nil {
		return ""
	}
	q.decided(a, d, e)
	n := q.Record.After(e).State(d.Node)
	switch {
	case !d.Holds:
		a.cause(q.because(q.last(e.Position, func(o *cluster.Event) bool {
			return o.Node == e.Node && (cluster.Is[cluster.Restarted](o) ||
				cluster.Is[cluster.Delivered](o) && o.Body().Type() == m.Type())
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
func (q *Inquiry) ofAction(e *cluster.Event, wanted func(*cluster.Event) bool) *cluster.Event {
	for o := q.Record.At(e.Position + 1); o != nil && o.Began == e.Began; o = q.Record.At(o.Position + 1) {
		if wanted(o) {
			return o
		}
		if cluster.Is[cluster.Delivered](o) {
			break // another input
		}
	}
	return nil
}
