package cluster

import (
	"slices"

	"raftlab/cluster/event"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// checkInvariants checks every server that the action may have changed (Figure 3, and more).
func (w *World) checkInvariants() {
	if w.touched.Empty() && w.memory.Quiet() {
		return
	}
	watch := w.watch()
	for id := w.touched.Next(0); id != 0; id = w.touched.Next(id) {
		w.checkServer(&watch, w.servers[id-1])
	}
	w.lookedAt() // a server that was handed something was touched
	if !w.memory.Quiet() {
		watch.CheckMatches()
	}
}

// checkServer checks one server. Nearly always nothing that matters has changed, because
// only a heartbeat or an answer came. That case must cost little.
func (w *World) checkServer(watch *invariants.Watch, s *server) {
	n, handed := s.state, w.toLookAt()
	if n == nil || len(handed) > 0 ||
		!s.seen.Still(n.Role, n.CurrentTerm, n.CommitIndex, n.LastApplied, &n.Log, w.stateHash(s), n.Configuration) {
		var now invariants.State
		now.Handed = handed
		w.observe(s, &now)
		watch.Check(&s.seen, &now)
	}
	if !w.matched.Empty() && n != nil && n.Role == raft.Leader {
		watch.Raised(s.id, &s.seen, w.matched, w.touched.Without(s.id).Empty())
	}
}

// dropHanded forgets what the server's state machine was given. It was checked already, or
// the state machine has started again since.
func (w *World) dropHanded(id raft.ID) {
	if len(w.toLookAt()) > 0 {
		w.handed = slices.DeleteFunc(w.handed, func(h invariants.Handed) bool { return h.To == id })
	}
}

func (w *World) watch() invariants.Watch {
	return invariants.Watch{Memory: &w.memory, Cluster: (*watched)(w), Position: w.position}
}

// watched is the World as the invariants see it.
type watched World

func (w *watched) Servers() int { return len(w.servers) }

func (w *watched) Seen(id raft.ID) *invariants.Seen { return &w.servers[id-1].seen }

func (w *watched) Disk(id raft.ID) *raft.Log { return &w.servers[id-1].disk.Written.Log }

func (w *watched) Match(leader, id raft.ID) uint64 { return w.servers[leader-1].state.MatchIndex(id) }

func (w *watched) Breached(b invariants.Breach) { (*World)(w).noteBreach(b) }

// maxBreaches bounds how much is remembered of a world that stays broken.
const maxBreaches = 100

// noteBreach remembers a breach. Each is remembered once.
func (w *World) noteBreach(b invariants.Breach) {
	if w.recorded && (b.Property == invariants.Monotony || invariants.Bookkeeping(b.Property)) {
		return // the judge tells what goes back; the record may have two close steps in either order
	}
	for i := range w.breaches {
		o := &w.breaches[i]
		// what builds on it goes wrong again and again
		same := o.Index == b.Index || invariants.Bookkeeping(b.Property)
		nodes := slices.Equal(o.Nodes, b.Nodes) || w.recorded && raft.SetOf(o.Nodes...) == raft.SetOf(b.Nodes...)
		if o.Property == b.Property && same && o.Term == b.Term && nodes {
			return
		}
	}
	if len(w.breaches) >= maxBreaches {
		return
	}
	b.Position = w.position + 1 // its own event
	b.OnPurpose = w.bugs.Any() && invariants.Bookkeeping(b.Property)
	w.breaches = append(w.breaches, b)
	tell(w, 0, event.Breached{Breach: b})
}

// observe fills in the server as the invariants look at it.
func (w *World) observe(s *server, now *invariants.State) {
	now.ID = s.id
	if !s.up() {
		return
	}
	n := s.state
	now.Up, now.Role, now.Term, now.Commit, now.Applied = true, n.Role, n.CurrentTerm, n.CommitIndex, n.LastApplied
	now.Log, now.Machine = &n.Log, w.stateHash(s)
	now.Config, now.First = n.Configuration, &s.disk.Written.Initial
	if snap := n.Snapshot; snap != nil {
		now.Covered = &snap.Configuration
	}
}

// hand tells the invariants what the server's state machine was given last.
func (w *World) hand(s *server, index uint64) {
	w.handed = append(w.handed, invariants.Handed{To: s.id, Index: index, Entry: s.state.Log.At(index),
		Machine: w.stateHash(s)})
}

// stateHash is the hash of the state machine's state, for the invariants. It is 0 in a
// recorded run, whose commands may be those of another state machine.
func (w *World) stateHash(s *server) uint64 {
	if w.recorded {
		return 0
	}
	return s.machine.Hash()
}

// lost tells the invariants that a disk loses some of its log or, with empty, all of it.
func (w *World) lost(s *server, empty bool) {
	watch := w.watch()
	watch.Lost(s.id, s.disk.Written.CurrentTerm, empty)
}

func (w *World) checkDisks() {
	watch := w.watch()
	watch.CheckDisks()
}

func (w *World) rebase() {
	states := make([]invariants.State, len(w.servers))
	for i := range w.servers {
		w.mutable(raft.ID(i + 1))
		w.observe(w.servers[i], &states[i])
	}
	watch := w.watch()
	watch.Rebase(states)
	watch.CheckMatches() // here, where no server is shared
	w.lookedAt()
}
