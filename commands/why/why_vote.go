package why

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/raft"
)

// otherVote is the last vote of the same term that a server gave to another
// before e, which is a vote: without a bug or a lost disk there is none.
func (q *Inquiry) otherVote(e *cluster.Event, vote cluster.Voted) *cluster.Event {
	return q.last(e.Position, func(o *cluster.Event) bool {
		x, ok := o.What.(cluster.Voted)
		return ok && o.Node == e.Node && x.Term == vote.Term && x.For != vote.For
	})
}

// votedTwice explains a vote by a server that had given this term's to another
// already: what made it forget, or which rule it breaks. It tells whether that
// is so.
func (q *Inquiry) votedTwice(e *cluster.Event, vote cluster.Voted, a *Answer) bool {
	first := q.otherVote(e, vote)
	if first == nil {
		return false
	}
	id, given := e.Node, cluster.As[cluster.Voted](first)
	a.by(raft.VoteOnce)
	a.compare(fmt.Sprintf("the vote that it gave in term %d at #%d", vote.Term, first.Position), given.For.String())
	known := "none"
	if d := q.asked(e, raft.VoteOnce, true); d != nil && d.Args[0] != 0 {
		known = raft.ID(d.Args[0]).String()
	}
	a.compare("the vote that it knew of", known)
	a.compare("the candidate", vote.For.String())
	but := ", and its own rule should have stopped it"
	because := q.because(first)
	if known != "none" {
		a.noteVoteBugs(q.Record.After(e), id, raft.VoteAny)
	} else {
		what, causes := q.forgot(a, first, e)
		but, because = ", but "+what, append(because, causes...)
	}
	a.Answer = fmt.Sprintf("%s: it gave this term's vote to %s at #%d%s.", strings.TrimSuffix(a.Answer, "."),
		nameOrItself(first), first.Position, but)
	a.cause(because...)
	a.cause(q.source(e)...)
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
func (q *Inquiry) forgot(a *Answer, vote, next *cluster.Event) (string, []Because) {
	id := vote.Node
	loss := q.Record.Next(vote.Position, func(e *cluster.Event) bool {
		return e.Position >= next.Position || e.Node == vote.Node && q.losesVote(e, vote)
	})
	if loss == nil || loss.Position >= next.Position {
		return "did not remember it", nil
	}
	at, causes := loss.Position, q.because(loss)
	switch loss.What.(type) {
	case cluster.Wiped:
		return fmt.Sprintf("that was lost when its disk was wiped at #%d", at), causes
	case cluster.Given:
		return fmt.Sprintf("the state that it was given at #%d does not hold it", at), causes
	case cluster.Crashed:
		a.noteVoteBugs(q.Record.After(vote), id, raft.VoteNotStored|raft.TermNotStored)
		if !q.Record.After(vote).Settings().Fsync {
			causes = append(causes, q.setting("fsync", vote.Position)...)
		}
		return fmt.Sprintf("that was not on disk, and the crash at #%d lost it", at), causes
	}
	a.noteVoteBugs(q.Record.Before(loss), id, raft.AppendClearsVote|raft.WinnerClearsVote)
	return fmt.Sprintf("forgot it at #%d", at), causes
}

// noteForgotten says of a vote that the server's disk does not hold any more
// what lost it, where the server's term would still be that of the vote.
func (q *Inquiry) noteForgotten(a *Answer, vote *cluster.Event) {
	id := vote.Node
	if !cluster.Is[cluster.Voted](vote) {
		return
	}
	loss := q.Record.Next(vote.Position, func(e *cluster.Event) bool {
		return e.Node == vote.Node &&
			q.losesVote(e, vote)
	})
	if loss == nil {
		return
	}
	now := "none"
	if d := q.W.Stored(id); d.VotedFor != 0 {
		now = d.VotedFor.String()
	}
	a.cause(q.becauseThat(fmt.Sprintf("%s no longer knows of that vote (its vote now: %s, in term %d): ", id, now,
		q.W.Stored(id).CurrentTerm), loss)...)
}

// losesVote tells whether an event of a server took a vote back.
func (q *Inquiry) losesVote(e, vote *cluster.Event) bool {
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
	w, id := q.Record.After(e), vote.Node
	if n := w.State(id); n != nil && !cluster.Is[cluster.Given](e) {
		return n.CurrentTerm == v.Term && n.VotedFor != v.For
	}
	disk := w.Stored(id)
	return disk.CurrentTerm < v.Term || disk.CurrentTerm == v.Term && disk.VotedFor != v.For
}

// noteVoteBugs names those of some bugs that are on in a server.
func (a *Answer) noteVoteBugs(w *cluster.World, id raft.ID, which raft.Mutants) {
	for _, r := range []*raft.Rule{raft.VoteOnce, raft.HigherTerm} {
		for _, m := range w.BugsAgainst(r, id) {
			if m.Bit&which != 0 {
				a.noteBug(m, id)
			}
		}
	}
}
