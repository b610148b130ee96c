package stream

import (
	"context"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/commands/each"
	"raftlab/raft"
)

// A candidate keeps who granted it a vote, and not who refused (Figure 2 needs only the former).
// So the refusals that have reached it are gathered from what happened.

// refusals is whose refusals have reached a server in its election.
type refusals map[raft.ID]raft.Set

// hear counts the refusals among events.
func (all refusals) hear(events []event.Event, w *cluster.World) {
	for e := range each.Of(events) {
		all.count(e, w)
	}
}

// count is a refusal that arrives, or the beginning of another election. A reply of another term is
// not for this election.
func (all refusals) count(e *event.Event, w *cluster.World) {
	switch x := e.What.(type) {
	case event.ElectionTimeout, event.RoleChanged, event.TermChanged, event.Crashed, event.Restarted:
		delete(all, e.Node)
	case event.Delivered:
		no, n := false, w.State(e.Node)
		switch m := x.Message.(type) {
		case *raft.RequestVoteReply:
			no = n != nil && n.Role == raft.Candidate && n.CurrentTerm == m.Term && !m.VoteGranted
		case *raft.PreVoteReply:
			no = n != nil && n.Role == raft.PreCandidate && !m.VoteGranted
		}
		if no {
			all[e.Node] = all[e.Node].With(x.From)
		}
	}
}

// recallRefusals finds the refusals of the elections under way in the history.
func (s *Stream) recallRefusals() {
	s.refusals = refusals{}
	w, record := s.lab.World(), s.lab.History.Record(context.Background())
	for _, id := range w.IDs() {
		if n := w.State(id); n != nil && (n.Role == raft.Candidate || n.Role == raft.PreCandidate) {
			s.recall(w, record, id)
		}
	}
}

// recall goes back to where a candidate's election began, and counts from there.
func (s *Stream) recall(w *cluster.World, record *history.Record, id raft.ID) {
	from := uint64(0)
	if begun := record.Last(record.End()+1, func(e *event.Event) bool {
		return e.Node == id && (event.Is[event.RoleChanged](e) || event.Is[event.ElectionTimeout](e))
	}); begun != nil {
		from = begun.Position - 1
	}
	record.Next(from, func(e *event.Event) bool {
		if e.Node == id {
			s.refusals.count(e, w)
		}
		return false
	})
}
