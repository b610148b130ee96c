package cluster

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

func (Advance) apply(w *World) error { w.advance(); return nil }

func (a Tick) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	w.tickServer(a.Node)
	return nil
}

func (ClockTick) apply(w *World) error { w.newTick(); tell(w, 0, event.ClockTicked{}); return nil }

func (a Timeout) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	n := w.servers[a.Node-1].state
	if n.Role == raft.Leader {
		return fmt.Errorf("%s leads term %d, and a leader has no election timer; kill it, cut it off, or time "+
			"another server out", a.Node, n.CurrentTerm)
	}
	if !n.MayCampaign() {
		return &event.Refused{Why: fmt.Sprintf("%s has no vote in its configuration (%s), so it holds no elections",
			a.Node, *n.Configuration), About: raft.NoVote}
	}
	w.electionTimeout(a.Node)
	return nil
}

func (a Heartbeat) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	if n := w.servers[a.Node-1].state; n.Role != raft.Leader {
		return event.NotLeading(a.Node, n.Role, "sends heartbeats")
	}
	w.heartbeat(a.Node)
	return nil
}

// tickServer advances one server's clock by a tick, and fires the timers that expire.
func (w *World) tickServer(id raft.ID) {
	s := w.mutable(id)
	w.ticked(id)
	t := &s.timers
	s.ticks++
	slow := w.bug(rules.LeaseAndClock, id) && s.ticks%2 == 0
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

// passFrozen is a tick of a stopped process's clock, which goes on without the process. No
// timer fires: what has expired fires at the first tick after the process resumes. A lease
// does end meanwhile, and the process finds that out when it resumes (thesis 6.4.1).
func (w *World) passFrozen(id raft.ID) {
	s := w.mutable(id)
	t := &s.timers
	s.ticks++
	for _, left := range []*int{&t.election, &t.heartbeat, &t.heard, &t.quorum, &t.transfer} {
		if *left > 1 {
			*left--
		}
	}
	if slow := w.bug(rules.LeaseAndClock, id) && s.ticks%2 == 0; t.lease > 0 && !slow {
		t.lease--
	}
}

// newTick begins a tick of the whole cluster. The clocks of stopped processes advance with
// it at once.
func (w *World) newTick() {
	w.clock++
	for _, s := range w.servers {
		if s.up() && s.frozen {
			w.passFrozen(s.id)
		}
	}
}

func (w *World) electionTimeout(id raft.ID) {
	was, err := w.step(id, raft.ElectionTimeout())
	if w.failure != nil {
		return
	}
	w.happened++
	tellInput(w, id, event.ElectionTimeout{})
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
	tellInput(w, id, event.HeartbeatDue{})
	if err == nil { // only a leader has this timer
		w.act(w.servers[id-1], &was)
	}
}

func (w *World) transferOver(id raft.ID) {
	s := w.mutable(id)
	to := s.state.Transferee
	w.quietly(s, raft.TransferTimeout())
	tellInput(w, id, event.TransferOver{To: to})
}

func (w *World) checkQuorum(id raft.ID) {
	if w.bug(rules.PartialPartition, id) {
		tellInput(w, id, event.QuorumChecked{})
		return
	}
	was, err := w.step(id, raft.CheckQuorum())
	tellInput(w, id, event.QuorumChecked{})
	if err == nil { // only a leader has this timer
		w.act(w.servers[id-1], &was)
	}
}

// advance does the next thing that happens as time passes: the next server's clock ticks,
// or the next message that is due arrives. The last of these ends the tick.
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
		tell(w, 0, event.ClockTicked{}) // no server is running, so only time passes
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

// timeReads gives up the reads that have waited at a follower for an election timeout. The
// question or the answer was lost, or the follower is cut off.
func (w *World) timeReads(s *server) {
	if s.waits == nil {
		return
	}
	late := func(list []read) bool {
		return len(list) > 0 && s.ticks-list[0].since >= uint64(w.settings.ElectionTimeout.Max)
	}
	for late(s.reads) {
		r := s.reads[0]
		s.reads = s.reads[1:]
		w.quietly(s, raft.ReadTimeout(r.number))
		w.abandonRead(s, r, fmt.Sprintf("%%s heard nothing from its leader about the read for %d ticks",
			w.settings.ElectionTimeout.Max))
	}
	for late(s.ready) {
		r := s.ready[0]
		s.ready = s.ready[1:]
		w.abandonRead(s, r, fmt.Sprintf("%%s has not applied entry %d in %d ticks", r.index,
			w.settings.ElectionTimeout.Max))
	}
}
