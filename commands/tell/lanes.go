package tell

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/picture"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Lane is a world that takes the steps of another one, in which a bug is on. Here that bug is
// off.
type Lane struct {
	bug    *raft.Mutant
	World  *cluster.World
	Events []event.Event // of the last step
	Err    error         // why the last step could not be taken here; nil: it was taken
	parted bool          // the last step did not come to the same in both worlds
}

// NewLane is the lane in which the bug is off.
func NewLane(broken *cluster.World, bug *raft.Mutant) *Lane {
	l := &Lane{bug: bug, World: broken.Clone()}
	if slices.Contains(broken.Bugs(), bug.Name) {
		_ = l.World.Apply(cluster.SetBug{Name: bug.Name}) // it exists, and switching it off is always possible
	}
	return l
}

// Step takes the step that the other world has taken, with these events. same says whether it came
// to the same here: the same events and verdicts, and the same on disk.
func (l *Lane) Step(broken *cluster.World, a cluster.Action, events []event.Event) (same bool) {
	if set, ok := a.(cluster.SetBug); ok && set.Name == l.bug.Name {
		return true // here it stays off
	}
	listener := &cluster.Listener{Decide: true, NoTicks: true}
	l.World.Listen(listener)
	l.Err = l.World.Apply(a)
	l.Events = listener.Events
	l.parted = l.Err != nil || !sameEvents(events, l.Events) || !sameDisks(broken, l.World)
	return !l.parted
}

// sameEvents tells whether two steps came to the same: what happened, and what
// the rules said that were asked in both. Positions do not count, nor numbers
// that made no difference.
func sameEvents(a, b []event.Event) bool {
	return slices.EqualFunc(a, b, func(x, y event.Event) bool {
		return eventText(&x) == eventText(&y) && sameVerdicts(x.Decisions, y.Decisions)
	})
}

// sameVerdicts compares decisions where the same rules were asked.
func sameVerdicts(a, b []raft.Decision) bool {
	same := func(d, e raft.Decision) bool { return d.Rule == e.Rule && d.Node == e.Node && d.Peer == e.Peer }
	if !slices.EqualFunc(a, b, same) {
		return true // one lane did not ask, and nothing came of it
	}
	return slices.EqualFunc(a, b, func(d, e raft.Decision) bool { return d.Holds == e.Holds })
}

// eventText is all of an event but its position.
func eventText(e *event.Event) string {
	v := e.View()
	text := fmt.Sprint(v.Kind, v.Node, v.Peer, v.Message, v.Type, v.Term, v.First, v.Last, v.From, v.To, v.Client,
		v.Text)
	if m := e.Body(); m != nil {
		text += event.FieldsText(m)
	}
	return text
}

// sameDisks tells whether the servers have stored the same term, vote and log,
// and synced it.
func sameDisks(a, b *cluster.World) bool {
	for _, id := range a.IDs() {
		if !picture.SameDisk(a.Stored(id), b.Stored(id)) || a.Unsynced(id) != b.Unsynced(id) {
			return false
		}
	}
	return true
}

// VoteOf is the vote that a disk holds, in words.
func VoteOf(s *raft.Stable) string {
	return prose.Either(s.VotedFor == 0, "no vote", "vote for "+s.VotedFor.String())
}

// Mutants is the bugs that are on; none while they must be guessed.
func Mutants(w *cluster.World) []*raft.Mutant {
	return each.Only(each.As(w.Bugs(), rules.FindBug), func(m *raft.Mutant) bool { return m != nil })
}
