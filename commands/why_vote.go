package commands

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/raft"
)

// otherVote is the last vote of the same term that a server gave to another
// before e, which is a vote: without a bug or a lost disk there is none.
func (q *inquiry) otherVote(e *cluster.Event) *cluster.Event {
	return q.last(e.Position, func(o *cluster.Event) bool {
		return o.Kind == cluster.Voted && o.Node == e.Node && o.Term == e.Term && o.Peer != e.Peer
	})
}

// votedTwice explains a vote by a server that had given this term's to another
// already: what made it forget, or which rule it breaks. It tells whether that
// is so.
func (q *inquiry) votedTwice(e *cluster.Event, a *Answer) bool {
	first := q.otherVote(e)
	if first == nil {
		return false
	}
	id := nodeNamed(e.Node)
	a.by(raft.VoteOnce)
	a.compare(fmt.Sprintf("the vote that it gave in term %d at #%d", first.Term, first.Position), first.Peer)
	known := "none"
	if d := q.decision(e, held(raft.VoteOnce)); d != nil && d.Args[0] != 0 {
		known = raft.ID(d.Args[0]).String()
	}
	a.compare("the vote that it knew of", known)
	a.compare("the candidate", e.Peer)
	but := ", and its own rule should have stopped it"
	because := q.because(first)
	if known != "none" {
		a.noteVoteBugs(q.record.After(e), id, raft.VoteAny)
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
	if vote.Peer == vote.Node {
		return "itself"
	}
	return vote.Peer
}

// forgot is what made a server forget a vote before it gave the next, in a
// clause and as causes.
func (q *inquiry) forgot(a *Answer, vote, next *cluster.Event) (string, []Because) {
	id := nodeNamed(vote.Node)
	loss := q.record.Next(vote.Position, func(e *cluster.Event) bool {
		return e.Position >= next.Position || e.Node == vote.Node && q.losesVote(e, vote)
	})
	if loss == nil || loss.Position >= next.Position {
		return "did not remember it", nil
	}
	at, causes := loss.Position, q.because(loss)
	switch loss.Kind {
	case cluster.Wiped:
		return fmt.Sprintf("that was lost when its disk was wiped at #%d", at), causes
	case cluster.Given:
		return fmt.Sprintf("the state that it was given at #%d does not hold it", at), causes
	case cluster.Crashed:
		a.noteVoteBugs(q.record.After(vote), id, raft.VoteNotStored|raft.TermNotStored)
		if !q.record.After(vote).Settings().Fsync {
			causes = append(causes, q.setting("fsync", vote.Position)...)
		}
		return fmt.Sprintf("that was not on disk, and the crash at #%d lost it", at), causes
	}
	a.noteVoteBugs(q.record.Before(loss), id, raft.AppendClearsVote|raft.WinnerClearsVote)
	return fmt.Sprintf("forgot it at #%d", at), causes
}

// noteForgotten says of a vote that the server's disk does not hold any more
// what lost it, where the server's term would still be that of the vote.
func (q *inquiry) noteForgotten(a *Answer, vote *cluster.Event) {
	id := nodeNamed(vote.Node)
	if vote.Kind != cluster.Voted {
		return
	}
	loss := q.record.Next(vote.Position, func(e *cluster.Event) bool {
		return e.Node == vote.Node &&
			q.losesVote(e, vote)
	})
	if loss == nil {
		return
	}
	now := "none"
	if d := q.w.Stored(id); d.VotedFor != 0 {
		now = d.VotedFor.String()
	}
	a.cause(q.becauseThat(fmt.Sprintf("%s no longer knows of that vote (its vote now: %s, in term %d): ", id, now,
		q.w.Stored(id).CurrentTerm), loss)...)
}

// losesVote tells whether an event of a server took a vote back.
func (q *inquiry) losesVote(e, vote *cluster.Event) bool {
	switch {
	case e.Kind == cluster.Crashed || e.Kind == cluster.Wiped || e.Kind == cluster.Given:
	case e.Kind == cluster.Delivered && e.Type == "AppendEntries" && e.Term == vote.Term:
	case e.Kind == cluster.RoleChanged && e.To == "leader" && e.Term == vote.Term:
	default:
		return false
	}
	w, id := q.record.After(e), nodeNamed(vote.Node)
	if n := w.State(id); n != nil && e.Kind != cluster.Given {
		return n.CurrentTerm == vote.Term && n.VotedFor.String() != vote.Peer
	}
	disk := w.Stored(id)
	return disk.CurrentTerm < vote.Term || disk.CurrentTerm == vote.Term && disk.VotedFor.String() != vote.Peer
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
