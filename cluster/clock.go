package cluster

import "raftlab/raft"

// timers is a server's countdowns, in ticks. They are the driver's, not
// Raft's: what runs out becomes an input.
type timers struct {
	election  int // until the election timer fires; 0: not running
	drawn     int // what it was set to
	heartbeat int // until a leader's heartbeat; 0: not running
	heard     int // until the minimum election timeout since a leader was heard; 0: not running
	quorum    int // until a leader has heard no majority for too long; 0: not running
	transfer  int // until a transfer of leadership is given up; 0: not running
	lease     int // until a leader's lease is over; 0: it has none
}

// turn is where in a tick the world is, while time passes by itself: first
// every clock ticks, S1's first, then what is due arrives.
type turn struct {
	under bool    // a tick is under way
	last  raft.ID // the server whose clock has ticked last
}

func (w *World) startTimers(s *server) {
	s.timers = timers{}
	w.startElectionTimer(s)
	if s.state.HeardLeader { // it may have, before it crashed
		s.timers.heard = w.settings.ElectionTimeout.Min
	}
}

func (w *World) startElectionTimer(s *server) {
	s.timers.drawn = w.draw(w.settings.ElectionTimeout)
	s.timers.election, s.timed = s.timers.drawn, w.began+1
}

// restartTimers does what an Output says about timers.
func (w *World) restartTimers(s *server) {
	out, t := w.out, &s.timers
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
	s.rounds = nil
	if out.RestartElectionTimer || t.election == 0 {
		w.startElectionTimer(s)
	}
	if out.HeardLeader {
		t.heard = w.settings.ElectionTimeout.Min
	}
}

// concerned is the timers that a setting concerns.
type concerned struct{ election, heartbeat, quorum bool }

// freshTimers starts those timers of a server that is up afresh, after the
// setting has changed.
func (w *World) freshTimers(s *server, which concerned) {
	t, leads := &s.timers, s.state.Role == raft.Leader
	if which.heartbeat && leads {
		t.heartbeat = w.settings.HeartbeatInterval
	}
	if which.quorum && leads {
		t.quorum = 0
		if w.settings.CheckQuorum {
			t.quorum = w.settings.ElectionTimeout.Min
		}
	}
	if which.election && !leads {
		w.startElectionTimer(s)
		if t.heard > 0 {
			t.heard = w.settings.ElectionTimeout.Min
		}
	}
}

// tickServer advances one server's clock by a tick; a timer that runs out fires.
func (w *World) tickServer(id raft.ID) {
	s := w.mutable(id)
	w.ticked(id)
	t := &s.timers
	s.ticks++
	slow := w.bug(LeaseAndClock, id) && s.ticks%2 == 0
	if !slow && ranOut(&t.lease) {
		w.leaseOver(id)
	}
	if ranOut(&t.transfer) {
		w.transferOver(id)
	}
	if s.state.Role == raft.Leader {
		if ranOut(&t.quorum) {
			t.quorum = w.settings.ElectionTimeout.Min
			w.checkQuorum(id)
		}
		if ranOut(&t.heartbeat) { // none runs when it has just stepped down
			w.heartbeat(id)
		}
		return
	}
	w.timeReads(s)
	if ranOut(&t.heard) {
		w.quietly(s, raft.MinimumElectionTimeout())
	}
	if ranOut(&t.election) {
		w.electionTimeout(id)
	}
}

// passFrozen is a tick of a stopped process's clock, which goes on without it.
// No timer fires: those that have run out do at its next tick. Its lease is over
// when that time has come, as it finds when it wakes (thesis 6.4.1).
func (w *World) passFrozen(id raft.ID) {
	s := w.mutable(id)
	t := &s.timers
	s.ticks++
	for _, left := range []*int{&t.election, &t.heartbeat, &t.heard, &t.quorum, &t.transfer} {
		if *left > 1 {
			*left--
		}
	}
	if slow := w.bug(LeaseAndClock, id) && s.ticks%2 == 0; t.lease > 0 && !slow {
		t.lease--
	}
}

// newTick begins a tick of the whole cluster: the clocks of stopped processes
// go on with it.
func (w *World) newTick() {
	w.clock++
	for _, s := range w.servers {
		if s.up() && s.frozen {
			w.passFrozen(s.id)
		}
	}
}

func ranOut(countdown *int) bool {
	if *countdown == 0 {
		return false
	}
	*countdown--
	return *countdown == 0
}

func (w *World) electionTimeout(id raft.ID) {
	was, err := w.step(id, raft.ElectionTimeout())
	if w.failure != nil {
		return
	}
	w.happened++
	tellInput(w, id, ElectionTimeout{})
	if err != nil {
		w.startElectionTimer(w.mutable(id)) // without a vote: nothing happens
		return
	}
	w.act(w.servers[id-1], &was)
}

func (w *World) heartbeat(id raft.ID) {
	was, err := w.step(id, raft.HeartbeatTimeout())
	if w.failure != nil {
		return
	}
	w.happened++
	tellInput(w, id, HeartbeatDue{})
	if err == nil { // only a leader has this timer
		w.act(w.servers[id-1], &was)
	}
}

// round is when a leader began a round of heartbeats, by its own clock. Of one
// that was under way already when counting began, that is not known.
type round struct {
	number, ticks uint64
	unknown       bool
}

// countLease notes when the leader's rounds of heartbeats began, and starts the
// lease anew from the beginning of the last one that a majority has answered:
// for a minimum election timeout, less the bound on clocks (thesis 6.4.1).
func (w *World) countLease(s *server) {
	if !w.settings.keepsLease() {
		return
	}
	least := w.settings.ElectionTimeout.Min
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
		tellDone(w, s.id, LeaseBegun{uint64(left)}, raft.LeaseRenewed)
	}
	s.timers.lease = left
}

// restartLease is for a leader when what leases stand on has changed: the one
// it has ends, and what it did before gives none.
func (w *World) restartLease(s *server) {
	if s.state.Lease {
		w.leaseOver(s.id)
	}
	s.timers.lease, s.rounds = 0, nil
	if s.state.Role == raft.Leader { // the next round is one whose beginning is known
		s.rounds = []round{{s.state.Round, s.ticks, true}}
	}
}

func (w *World) leaseOver(id raft.ID) {
	w.quietly(w.mutable(id), raft.LeaseExpired())
	tell(w, id, LeaseEnded{})
}

func (w *World) transferOver(id raft.ID) {
	s := w.mutable(id)
	to := s.state.Transferee
	w.quietly(s, raft.TransferTimeout())
	tellInput(w, id, TransferOver{to})
}

func (w *World) checkQuorum(id raft.ID) {
	if w.bug(PartialPartition, id) {
		tellInput(w, id, QuorumChecked{})
		return
	}
	was, err := w.step(id, raft.CheckQuorum())
	tellInput(w, id, QuorumChecked{})
	if err == nil { // only a leader has this timer
		w.act(w.servers[id-1], &was)
	}
}

// advance does the next thing that the passing of time does: a tick of the
// next server's clock, or the arrival of the next message that is due. The
// last one of a tick ends it.
func (w *World) advance() {
	if !w.turn.under {
		w.turn = turn{under: true}
		w.newTick()
	}
	if id := w.nextClock(); id != 0 {
		w.turn.last = id
		w.tickServer(id)
	} else {
		w.park(w.clock)
		w.arriveNext()
	}
	if w.nextClock() == 0 && w.nextFlight(raft.Set{}, w.clock) < 0 {
		w.turn = turn{}
	}
}

// arriveNext is the arrival of the next message that is due.
func (w *World) arriveNext() {
	if i := w.nextFlight(raft.Set{}, w.clock); i >= 0 {
		w.arrive(i, true)
	} else {
		tell(w, 0, ClockTicked{}) // nobody is running: only time passes
	}
}

// nextClock is the server whose clock ticks next in this tick, or 0.
func (w *World) nextClock() raft.ID {
	for id := w.turn.last + 1; int(id) <= len(w.servers); id++ {
		if w.servers[id-1].running() {
			return id
		}
	}
	return 0
}

// MidTick tells whether a tick is under way: some clocks have ticked, or some
// messages that are due have arrived, and not all.
func (w *World) MidTick() bool { return w.turn.under }

// NextTimer is how many ticks it takes until some timer fires, and the server
// whose it is; 0 when none runs.
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

func (t *timers) next() int {
	if t.heartbeat > 0 && (t.election == 0 || t.heartbeat < t.election) {
		return t.heartbeat
	}
	return t.election
}
