package cluster

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/setting"
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
	if a.Ticks < 1 || a.Ticks > setting.MaxTicks {
		return fmt.Errorf("a timer fires in 1 to %d ticks, not in %d", setting.MaxTicks, a.Ticks)
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
	tellInput(w, a.Node, event.TimerSet{Timer: which, Ticks: uint64(a.Ticks)})
	return nil
}

// Fire lets one of a server's other timers run out now.
type Fire struct {
	Timer string // one of FireTimers
	Node  raft.ID
}

// FireTimers is the timers that Fire knows, with what each is for.
var FireTimers = []struct{ Name, Says string }{
	{"minimum", "the minimum election timeout since a leader was heard (thesis 4.2.3)"},
	{"quorum", "an election timeout has passed on a leader without answers from a majority (thesis 6.2)"},
	{"transfer", "a transfer of leadership is given up (thesis 3.10)"},
	{"lease", "a leader's lease is over (thesis 6.4.1)"},
}

func (a Fire) String() string { return "fire " + a.Timer + " " + a.Node.String() }

func (a Fire) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	s := w.mutable(a.Node)
	leads := s.state.Role == raft.Leader
	switch {
	case a.Timer == "minimum":
		w.quietly(s, raft.MinimumElectionTimeout())
		s.timers.heard = 0
		tell(w, a.Node, event.MinimumPassed{})
		return nil
	case !leads:
		return event.NotLeading(a.Node, s.state.Role, "has that timer")
	case a.Timer == "quorum":
		w.checkQuorum(a.Node)
	case a.Timer == "transfer" && s.state.Transferee == 0:
		return fmt.Errorf("%s is not transferring leadership; transfer NODE starts that", a.Node)
	case a.Timer == "transfer":
		s.timers.transfer = 0
		w.transferOver(a.Node)
	case a.Timer == "lease" && !s.state.Lease:
		return fmt.Errorf("%s has no lease; set reads lease gives leaders one", a.Node)
	case a.Timer == "lease":
		s.timers.lease = 0
		w.leaseOver(a.Node)
	default:
		return fmt.Errorf("there is no timer %q", a.Timer)
	}
	return nil
}
