package lab

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/raft"
)

// Entry is one log entry, by its index and term.
type Entry struct{ Index, Term uint64 }

func (e Entry) String() string { return fmt.Sprintf("entry %d of term %d", e.Index, e.Term) }

// HeldBy tells whether a server's disk has the entry, or a snapshot that covers its index.
func (e Entry) HeldBy(w *cluster.World, id raft.ID) bool {
	l := &w.Stored(id).Log
	t, ok := l.Term(e.Index)
	return ok && t == e.Term || l.FirstIndex() > e.Index
}

// Holders is the servers of which HeldBy is true.
func (e Entry) Holders(w *cluster.World) []raft.ID {
	return slices.DeleteFunc(w.IDs(), func(id raft.ID) bool { return !e.HeldBy(w, id) })
}

// Lost tells whether no server has the entry, or another one is committed at its index.
func (e Entry) Lost(w *cluster.World) bool {
	if _, _, term, ok := w.Memory().CommittedAt(e.Index); ok && term != e.Term {
		return true
	}
	return !slices.ContainsFunc(w.IDs(), func(id raft.ID) bool { return e.HeldBy(w, id) })
}

// Try does actions on a copy, up to the first that cannot be done. It returns the copy and the events,
// with the decisions behind them.
func Try(w *cluster.World, actions ...cluster.Action) (*cluster.World, []event.Event) {
	t := w.Clone()
	l := &cluster.Listener{Decide: true}
	t.Listen(l)
	for _, a := range actions {
		if t.Apply(a) != nil {
			break
		}
	}
	return t, l.Events
}

// LeadsNow tells whether a server is up and believes that it leads.
func LeadsNow(w *cluster.World, id raft.ID) bool {
	n := w.State(id)
	return n != nil && n.Role == raft.Leader
}

// Tried is the last decision of a server by a rule among the events, of those that came out as holds
// says; or nil.
func Tried(events []event.Event, rule *raft.Rule, holds bool, id raft.ID) *raft.Decision {
	var found *raft.Decision
	for i := range events {
		for d := range each.Of(events[i].Decisions) {
			if d.Rule == rule && d.Holds == holds && (id == 0 || d.Node == id) {
				found = d
			}
		}
	}
	return found
}
