package cause

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

func (t *telling) voted() {
	switch x := event.As[event.Voted](t.e); {
	case t.votedTwice(x):
	case x.For == t.e.Node:
		t.rests(raft.ElectionTimeoutRule)
	default:
		t.granted()
	}
}

// granted explains a vote, which two rules allow: it was still to give, and the
// candidate's log is no older.
func (t *telling) granted() {
	t.rests(raft.CandidateUpToDate)
	if once := t.Asked(t.e, raft.VoteOnce, true); once != nil {
		t.a.NoteBugs(t.After(t.e), once.Node, raft.VoteOnce)
	}
}

// votedTwice explains a vote by a server that had given this term's to another
// already: what made it forget, or which rule it breaks. It tells whether that
// is so: without a bug or a lost disk it is not.
func (t *telling) votedTwice(vote event.Voted) bool {
	first := t.LastAt(t.e.Node, t.e.Position, func(o *event.Event) bool {
		x, ok := o.What.(event.Voted)
		return ok && x.Term == vote.Term && x.For != vote.For
	})
	if first == nil {
		return false
	}
	to, whom := event.As[event.Voted](first).For, "itself"
	if to != first.Node {
		whom = to.String()
	}
	t.a.By(raft.VoteOnce)
	t.a.Compare(fmt.Sprintf("the vote that it gave in term %d at #%d", vote.Term, first.Position), to.String())
	known := "none"
	if d := t.Asked(t.e, raft.VoteOnce, true); d != nil && d.Args[0] != 0 {
		known = raft.ID(d.Args[0]).String()
	}
	t.a.Compare("the vote that it knew of", known)
	t.a.Compare("the candidate", vote.For.String())
	t.a.Since(first)
	but := ", and its own rule should have stopped it"
	if known == "none" {
		but = ", but " + t.forgot(first)
	} else {
		t.a.NoteSome(t.After(t.e), t.e.Node, raft.VoteAny, raft.VoteOnce, raft.HigherTerm)
	}
	t.a.Add(": it gave this term's vote to %s at #%d%s", whom, first.Position, but)
	t.bySource()
	return true
}

// forgot is what made a server forget a vote before it gave the next, in a clause;
// it adds that to the causes.
func (t *telling) forgot(vote *event.Event) string {
	loss := lossOfVote(t.Inquiry, vote)
	if loss == nil || loss.Position >= t.e.Position {
		return "did not remember it"
	}
	at, forgetful := fmt.Sprintf("#%d", loss.Position), []*raft.Rule{raft.VoteOnce, raft.HigherTerm}
	t.a.Since(loss)
	switch loss.What.(type) {
	case event.Wiped:
		return "that was lost when its disk was wiped at " + at
	case event.Given:
		return "the state that it was given at " + at + " does not hold it"
	case event.Crashed:
		w := t.After(vote)
		t.a.NoteSome(w, vote.Node, raft.VoteNotStored|raft.TermNotStored, forgetful...)
		if !w.Settings().Fsync {
			t.a.Since(t.Setting("fsync", vote.Position))
		}
		return "that was not on disk, and the crash at " + at + " lost it"
	}
	t.a.NoteSome(t.Before(loss), vote.Node, raft.AppendClearsVote|raft.WinnerClearsVote, forgetful...)
	return "forgot it at " + at
}

// noteForgotten says of a vote that the server's disk does not hold any more
// what lost it, where the server's term would still be that of the vote.
func noteForgotten(q *inquiry.Inquiry, a *inquiry.Answer, vote *event.Event) {
	if !event.Is[event.Voted](vote) {
		return
	}
	now, d := "none", q.W.Stored(vote.Node)
	if d.VotedFor != 0 {
		now = d.VotedFor.String()
	}
	a.Cause(q.BecauseThat(fmt.Sprintf("%s no longer knows of that vote (its vote now: %s, in term %d): ", vote.Node,
		now, d.CurrentTerm), lossOfVote(q, vote))...)
}

// lossOfVote is the first event that took a vote back from the server that gave it, or nil.
func lossOfVote(q *inquiry.Inquiry, vote *event.Event) *event.Event {
	return q.Next(vote.Position, func(e *event.Event) bool { return e.Node == vote.Node && losesVote(q, e, vote) })
}

// losesVote tells whether an event of a server took a vote back.
func losesVote(q *inquiry.Inquiry, e, vote *event.Event) bool {
	v := event.As[event.Voted](vote)
	switch x := e.What.(type) {
	case event.Crashed, event.Wiped, event.Given:
	case event.Delivered:
		if m, ok := x.Message.(*raft.AppendEntries); !ok || m.Term != v.Term {
			return false
		}
	case event.RoleChanged:
		if x.To != raft.Leader || x.Term != v.Term {
			return false
		}
	default:
		return false
	}
	w, id := q.After(e), vote.Node
	if n := w.State(id); n != nil && !event.Is[event.Given](e) {
		return n.CurrentTerm == v.Term && n.VotedFor != v.For
	}
	disk := w.Stored(id)
	return disk.CurrentTerm < v.Term || disk.CurrentTerm == v.Term && disk.VotedFor != v.For
}
