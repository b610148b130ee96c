package lab

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/raft"
)

// Entry is one entry, by its place and term.
type Entry struct{ Index, Term uint64 }

func (e Entry) String() string { return fmt.Sprintf("entry %d of term %d", e.Index, e.Term) }

// HeldBy tells whether a server's disk has the entry, or a snapshot over it.
func (e Entry) HeldBy(w *cluster.World, id raft.ID) bool {
	l := &w.Stored(id).Log
	t, ok := l.Term(e.Index)
	return ok && t == e.Term || l.FirstIndex() > e.Index
}

func (e Entry) Holders(w *cluster.World) []raft.ID {
	return slices.DeleteFunc(w.IDs(), func(id raft.ID) bool { return !e.HeldBy(w, id) })
}

// Lost tells whether nobody has the entry, or another is committed in its place.
func (e Entry) Lost(w *cluster.World) bool {
	if _, _, term, ok := w.Memory().CommittedAt(e.Index); ok && term != e.Term {
		return true
	}
	return !slices.ContainsFunc(w.IDs(), func(id raft.ID) bool { return e.HeldBy(w, id) })
}

// Try does an action on a copy and returns the copy and what happened.
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

// LeadsNow tells whether a server leads, as it sees it.
func LeadsNow(w *cluster.World, id raft.ID) bool {
	n := w.State(id)
	return n != nil && n.Role == raft.Leader
}

// Tried is the last such decision of a server on a copy, or nil.
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
