package cluster

import (
	"fmt"

	"raftlab/raft"
)

// SetTimer makes a server's timer fire in so many ticks: a leader's heartbeat
// timer, any other server's election timer.
type SetTimer struct {
	Node  raft.ID
	Ticks int
}

func (a SetTimer) String() string { return fmt.Sprintf("timers %s %d", a.Node, a.Ticks) }

func (a SetTimer) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	if a.Ticks < 1 || a.Ticks > maxTicks {
		return fmt.Errorf("a timer fires in 1 to %d ticks, not in %d", maxTicks, a.Ticks)
	}
	s := w.mutable(a.Node)
	t := &s.timers
	which := "election"
	if w.servers[a.Node-1].state.Role == raft.Leader {
		which, t.heartbeat = "heartbeat", a.Ticks
	} else {
		t.election, t.drawn = a.Ticks, max(t.drawn, a.Ticks)
	}
	s.timed = w.began + 1
	tellInput(w, a.Node, TimerSet{which, uint64(a.Ticks)})
	return nil
}
