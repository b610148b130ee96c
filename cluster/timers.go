package cluster

import (
	"raftlab/cluster/event"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

func (w *World) startTimers(s *server) {
	s.timers = timers{}
	w.startElectionTimer(s)
	if s.state.HeardLeader { // before it crashed
		s.timers.heard = w.settings.ElectionTimeout.Min
	}
}

func (w *World) startElectionTimer(s *server) {
	s.timers.drawn = w.draw(w.settings.ElectionTimeout)
	s.timers.election, s.timed = s.timers.drawn, w.began+1
}

// stopped tells whether a server's election timer does not run, by the mistake
// deposed-without-timer.
func (w *World) stopped(s *server) bool {
	return s.timers.election == 0 && w.bug(raft.DeposedWithoutTimer, s.id)
}

// restartTimers does what an Output says about timers.
func (w *World) restartTimers(s *server) {
	out, t := &w.out, &s.timers
	if s.state.Role == raft.Leader {
		t.election, t.heard = 0, 0
		if out.RestartHeartbeatTimer {
			t.heartbeat = w.settings.HeartbeatInterval
		}
		if (t.quorum == 0 || out.HeardQuorum) && w.settings.CheckQuorum {
			t.quorum = w.settings.ElectionTimeout.Min
		}
		switch s.state.Transferee {
		case 0:
			t.transfer = 0
		default:
			t.lease = 0
			if t.transfer == 0 {
				t.transfer = w.settings.ElectionTimeout.Min
			}
		}
		w.countLease(s)
		return
	}
	t.heartbeat, t.quorum, t.transfer, t.lease = 0, 0, 0, 0
	if s.waits != nil {
		s.rounds = nil
	}
	if out.RestartElectionTimer || t.election == 0 && !w.stopped(s) {
		w.startElectionTimer(s)
	}
	if out.HeardLeader {
		t.heard = w.settings.ElectionTimeout.Min
	}
}

// freshTimers restarts timers of a server that is up, because their setting has changed.
func (w *World) freshTimers(s *server, which setting.Timers) {
	t, leads := &s.timers, s.state.Role == raft.Leader
	if which.Heartbeat && leads {
		t.heartbeat = w.settings.HeartbeatInterval
	}
	if which.Quorum && leads {
		t.quorum = 0
		if w.settings.CheckQuorum {
			t.quorum = w.settings.ElectionTimeout.Min
		}
	}
	if which.Election && !leads {
		w.startElectionTimer(s)
		if t.heard > 0 {
			t.heard = w.settings.ElectionTimeout.Min
		}
	}
}

// countLease notes when the leader's rounds of heartbeats began, and renews its lease. The
// lease counts from the beginning of the last round that a majority has answered, and lasts
// for a minimum election timeout less the bound on clocks (thesis 6.4.1).
func (w *World) countLease(s *server) {
	if !w.settings.KeepsLease() {
		return
	}
	least := w.settings.ElectionTimeout.Min
	s.waiting()
	if k, n := len(s.rounds), s.state.Round; k == 0 || s.rounds[k-1].number < n {
		s.rounds = append(s.rounds[:k:k], round{n, s.ticks, k == 0})
		for s.ticks-s.rounds[0].ticks > uint64(least) { // too old to give a lease
			s.rounds = s.rounds[1:]
		}
	}
	if w.out.QuorumRound == 0 || s.state.Transferee != 0 {
		return
	}
	for len(s.rounds) > 1 && s.rounds[1].number <= w.out.QuorumRound {
		s.rounds = s.rounds[1:]
	}
	if s.rounds[0].number > w.out.QuorumRound || s.rounds[0].unknown {
		return
	}
	left := least - w.settings.ClockBound - int(s.ticks-s.rounds[0].ticks)
	if left <= s.timers.lease {
		return
	}
	if w.quietly(s, raft.LeaseGranted()); !s.state.Lease {
		return
	}
	if s.timers.lease == 0 {
		tellDone(w, s.id, event.LeaseBegun{Ticks: uint64(left)}, raft.LeaseRenewed)
	}
	s.timers.lease = left
}

// restartLease is for a leader when a setting that leases depend on has changed. The lease
// that it has ends, and rounds that began before give none.
func (w *World) restartLease(s *server) {
	if s.state.Lease {
		w.leaseOver(s.id)
	}
	s.timers.lease, s.waiting().rounds = 0, nil
	if s.state.Role == raft.Leader { // the next round is one whose beginning is known
		s.rounds = []round{{s.state.Round, s.ticks, true}}
	}
}

func (w *World) leaseOver(id raft.ID) {
	w.quietly(w.mutable(id), raft.LeaseExpired())
	tell(w, id, event.LeaseEnded{})
}

// MidTick tells whether a tick is under way, so that some clocks have ticked or some due
// messages have arrived, but not all.
func (w *World) MidTick() bool { return w.turn.under }

// NextTimer is how many ticks it takes until some timer fires, and its server. It is 0 if no
// timer runs.
func (w *World) NextTimer() (ticks int, id raft.ID) {
	for _, s := range w.servers {
		if !s.running() {
			continue
		}
		if t := s.timers.next(); t > 0 && (ticks == 0 || t < ticks) {
			ticks, id = t, s.id
		}
	}
	return ticks, id
}

// Reseed starts another sequence of random numbers, and draws the election timeouts from it
// again, so that each copy of a world has a future of its own.
func (w *World) Reseed(seed uint64) {
	w.rng = seed
	for i, s := range w.servers {
		if s.up() && s.state.Role != raft.Leader && !w.stopped(s) {
			w.startElectionTimer(w.mutable(raft.ID(i + 1)))
		}
	}
}
