package commands

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// picture is a cluster to look at: the step-by-step world, or a moment of the
// live one. What looks at clusters needs no more than this.
type picture interface {
	Size() int
	IDs() []raft.ID
	Node(raft.ID) *raft.Node // nil while it is down
	Up(raft.ID) bool
	Machine(raft.ID) machine.Machine // nil while it is down
	Stored(raft.ID) *raft.Stable
	IsCut(from, to raft.ID) bool
	Timer(raft.ID) (left, of int)
	Leaders() []raft.ID
	Leader() raft.ID
	Clock() uint64
}

var _ picture = (*cluster.World)(nil)

// What only the step-by-step world knows; nothing, elsewhere.

func frozen(p picture, id raft.ID) bool {
	w, ok := p.(*cluster.World)
	return ok && w.Frozen(id)
}

func unsynced(p picture, id raft.ID) bool {
	w, ok := p.(*cluster.World)
	return ok && w.Up(id) && w.Unsynced(id)
}

func breaches(p picture) []invariants.Breach {
	if w, ok := p.(*cluster.World); ok {
		return w.Breaches()
	}
	return nil
}

// bugsOn is the bugs that are on, and in whom, where not in all.
func bugsOn(p picture) string {
	w, ok := p.(*cluster.World)
	if !ok {
		return ""
	}
	if riddle, _ := w.Riddle(); riddle {
		return cluster.UnknownBug + " (a hidden bug is on)"
	}
	names := w.Bugs()
	for i, name := range names {
		if in := bugIn(w, name); in != "" {
			names[i] += " in " + in
		}
	}
	return strings.Join(names, ", ")
}

// bugIn is the servers that make a mistake, where not all do.
func bugIn(w *cluster.World, name string) string {
	in := w.BugIn(name)
	if len(in) == w.Size() {
		return ""
	}
	return raft.SetOf(in...).String()
}

// moment is when a picture was taken, in words.
func moment(p picture) string {
	if w, ok := p.(*cluster.World); ok {
		return fmt.Sprintf("tick %d, event #%d, %s in flight", w.Clock(), w.Position(), prose.Plural(len(w.Flights()), "message"))
	}
	return fmt.Sprintf("tick %d", p.Clock())
}
