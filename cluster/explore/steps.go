package explore

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/raft"
)

// step is an action and what has been used of the bounds after it.
type step struct {
	cluster.Action
	used used
}

// steps is what the bounds let happen next, in an order that depends on the
// state alone.
func (b *Bounds) steps(w *cluster.World, u used) []step {
	var room [64]cluster.Action
	var out []step
	for _, a := range w.Possible(room[:0]) {
		if next, ok := b.allow(w, a, u); ok {
			out = append(out, step{a, next})
		}
	}
	if int(u.submits) < b.Submits {
		next := u
		next.submits++
		for _, id := range w.Leaders() {
			out = append(out, step{cluster.Request{Client: fmt.Sprintf("C%d", next.submits), Data: fmt.Sprintf("x=%d", next.submits), Via: id}, next})
		}
	}
	return out
}

// allow counts an action against the bounds.
func (b *Bounds) allow(w *cluster.World, a cluster.Action, u used) (used, bool) {
	count := func(n *uint8, most int) bool {
		*n++
		return int(*n) <= most
	}
	ok := true
	switch a := a.(type) {
	case cluster.Timeout:
		ok = count(&u.timeouts, b.Timeouts) && (b.Terms == 0 || w.Node(a.Node).CurrentTerm() < b.Terms)
	case cluster.Heartbeat:
		ok = count(&u.beats, b.Beats)
	case cluster.Kill:
		ok = count(&u.crashes, b.Crashes)
	case cluster.Drop:
		ok = count(&u.drops, b.Drops)
	case cluster.Deliver:
		ok = reaches(w, a.ID)
	}
	return u, ok
}

// reaches tells whether a delivery would give the message to anyone; where it
// would be lost, dropping it is the same.
func reaches(w *cluster.World, id uint64) bool {
	m := w.Flight(id)
	return m != nil && !w.IsCut(m.From, m.To) && w.Up(raft.ID(m.To))
}
