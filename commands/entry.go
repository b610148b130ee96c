package commands

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/raft"
)

// entryAt is one entry, by its place and term.
type entryAt struct{ index, term uint64 }

func (e entryAt) String() string { return fmt.Sprintf("entry %d of term %d", e.index, e.term) }

// heldBy tells whether a server's disk has the entry, or a snapshot over it.
func (e entryAt) heldBy(w *cluster.World, id raft.ID) bool {
	l := &w.Stored(id).Log
	t, ok := l.Term(e.index)
	return ok && t == e.term || l.FirstIndex() > e.index
}

func (e entryAt) holders(w *cluster.World) []raft.ID {
	return slices.DeleteFunc(w.IDs(), func(id raft.ID) bool { return !e.heldBy(w, id) })
}

// lost tells whether nobody has the entry, or another is committed in its place.
func (e entryAt) lost(w *cluster.World) bool {
	if _, _, term, ok := w.Memory().CommittedAt(e.index); ok && term != e.term {
		return true
	}
	return !slices.ContainsFunc(w.IDs(), func(id raft.ID) bool { return e.heldBy(w, id) })
}

// try does an action on a copy and returns the copy and what happened.
func try(w *cluster.World, actions ...cluster.Action) (*cluster.World, []cluster.Event) {
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

// leadsNow tells whether a server leads, as it sees it.
func leadsNow(w *cluster.World, id raft.ID) bool {
	n := w.State(id)
	return n != nil && n.Role == raft.Leader
}
