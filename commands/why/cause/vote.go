package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

func whyVotedFor(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, x cluster.Voted) {
	switch {
	case votedTwice(q, e, x, a):
	case x.For == e.Node:
		rests(q, e, a, raft.ElectionTimeoutRule)
	default:
		granted(q, e, a)
	}
}

// granted explains a vote, which two rules allow: it was still to give, and the
// candidate's log is no older.
func granted(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	once := q.Asked(e, raft.VoteOnce, true)
	rests(q, e, a, raft.CandidateUpToDate)
	if once != nil {
		a.NoteBugs(q.After(e), raft.VoteOnce, once.Node)
	}
}

// otherVote is the last vote of the same term that a server gave to another
// before e, which is a vote: without a bug or a lost disk there is none.
func otherVote(q *inquiry.Inquiry, e *cluster.Event, vote cluster.Voted) *cluster.Event {
	return q.Last(e.Position, func(o *cluster.Event) bool {
		x, ok := o.What.(cluster.Voted)
		return ok && o.Node == e.Node && x.Term == vote.Term && x.For != vote.For
	})
}

// votedTwice explains a vote by a server that had given this term's to another
// already: what made it forget, or which rule it breaks. It tells whether that
// is so.
func votedTwice(q *inquiry.Inquiry, e *cluster.Event, vote cluster.Voted, a *inquiry.Answer) bool {
	first := otherVote(q, e, vote)
	if first == nil {
		return false
	}
	id, given := e.Node, cluster.As[cluster.Voted](first)
	a.By(raft.VoteOnce)
	a.Compare(fmt.Sprintf("the vote that it gave in term %d at #%d", vote.Term, first.Position), given.For.String())
	known := "none"
	if d := q.Asked(e, raft.VoteOnce, true); d != nil && d.Args[0] != 0 {
		known = raft.ID(d.Args[0]).String()
	}
	a.Compare("the vote that it knew of", known)
	a.Compare("the candidate", vote.For.String())
	but := ", and its own rule should have stopped it"
	because := q.Because(first)
	if known != "none" {
		noteVoteBugs(a, q.After(e), id, raft.VoteAny)
	} else {
		what, causes := forgot(q, a, first, e)
		but, because = ", but "+what, append(because, causes...)
	}
	a.Add(": it gave this term's vote to %s at #%d%s", nameOrItself(first), first.Position, but)
	a.Cause(because...)
	a.Cause(q.Source(e)...)
	return true
}

// nameOrItself is whom a vote was given to.
func nameOrItself(vote *cluster.Event) string {
	if to := cluster.As[cluster.Voted](vote).For; to != vote.Node {
		return to.String()
	}
	return "itself"
}

// forgot is what made a server forget a vote before it gave the next, in a
// clause and as causes.
func forgot(q *inquiry.Inquiry, a *inquiry.Answer, vote, next *cluster.Event) (string, []inquiry.Because) {
	id := vote.Node
	loss := q.Next(vote.Position, func(e *cluster.Event) bool {
		return e.Position >= next.Position || e.Node == vote.Node && losesVote(q, e, vote)
	})
	if loss == nil || loss.Position >= next.Position {
		return "did not remember it", nil
	}
	at, causes := loss.Position, q.Because(loss)
	switch loss.What.(type) {
	case cluster.Wiped:
		return fmt.Sprintf("that was lost when its disk was wiped at #%d", at), causes
	case cluster.Given:
		return fmt.Sprintf("the state that it was given at #%d does not hold it", at), causes
	case cluster.Crashed:
		noteVoteBugs(a, q.After(vote), id, raft.VoteNotStored|raft.TermNotStored)
		if !q.After(vote).Settings().Fsync {
			causes = append(causes, q.Setting("fsync", vote.Position)...)
		}
		return fmt.Sprintf("that was not on disk, and the crash at #%d lost it", at), causes
	}
	noteVoteBugs(a, q.Before(loss), id, raft.AppendClearsVote|raft.WinnerClearsVote)
	return fmt.Sprintf("forgot it at #%d", at), causes
}

// noteForgotten says of a vote that the server's disk does not hold any more
// what lost it, where the server's term would still be that of the vote.
func noteForgotten(q *inquiry.Inquiry, a *inquiry.Answer, vote *cluster.Event) {
	id := vote.Node
	if !cluster.Is[cluster.Voted](vote) {
		return
	}
	loss := q.Next(vote.Position, func(e *cluster.Event) bool { return e.Node == id && losesVote(q, e, vote) })
	if loss == nil {
		return
	}
	now := "none"
	if d := q.W.Stored(id); d.VotedFor != 0 {
		now = d.VotedFor.String()
	}
	a.Cause(q.BecauseThat(fmt.Sprintf("%s no longer knows of that vote (its vote now: %s, in term %d): ", id, now,
		q.W.Stored(id).CurrentTerm), loss)...)
}

// losesVote tells whether an event of a server took a vote back.
func losesVote(q *inquiry.Inquiry, e, vote *cluster.Event) bool {
	v := cluster.As[cluster.Voted](vote)
	switch x := e.What.(type) {
	case cluster.Crashed, cluster.Wiped, cluster.Given:
	case cluster.Delivered:
		if m, ok := x.Message.(*raft.AppendEntries); !ok || m.Term != v.Term {
			return false
		}
	case cluster.RoleChanged:
		if x.To != raft.Leader || x.Term != v.Term {
			return false
		}
	default:
		return false
	}
	w, id := q.After(e), vote.Node
	if n := w.State(id); n != nil && !cluster.Is[cluster.Given](e) {
		return n.CurrentTerm == v.Term && n.VotedFor != v.For
	}
	disk := w.Stored(id)
	return disk.CurrentTerm < v.Term || disk.CurrentTerm == v.Term && disk.VotedFor != v.For
}

// noteVoteBugs names those of some bugs that are on in a server.
func noteVoteBugs(a *inquiry.Answer, w *cluster.World, id raft.ID, which raft.Mutants) {
	for _, r := range []*raft.Rule{raft.VoteOnce, raft.HigherTerm} {
		for _, m := range w.BugsAgainst(r, id) {
			if m.Bit&which != 0 {
				a.NoteBug(m, id)
			}
		}
	}
}
