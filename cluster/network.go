package cluster

import (
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/raft"
)

// Flight is a message on its way.
type Flight = network.Flight

// send puts a message in flight, which is an effect of the input under way.
func (w *World) send(e raft.Envelope, effect raft.Effect) {
	if why := w.deaf(&e); why != "" {
		tellDone(w, e.From, event.Unsent{To: e.To, Type: e.Message.Type(), Why: why}, effect)
		return
	}
	w.sent++
	var m Flight
	m.ID, m.Sent, m.Due, m.Envelope = w.sent, w.clock, w.clock+uint64(w.draw(w.settings.Latency)), e
	w.flights.Add(&m)
	tellDone(w, m.From, event.Sent{Mail: mailOf(&m)}, effect)
}

// deaf says why a message is not sent at all, because its receiver's program cannot use it.
func (w *World) deaf(e *raft.Envelope) string {
	switch e.Message.(type) {
	case *raft.InstallSnapshot:
		if w.programs(e.To).Known().NoSnapshots {
			return "its program takes no snapshots"
		}
	case *raft.PreVote:
		if w.programs(e.To).Known().NoPreVotes {
			return "its program answers no PreVotes"
		}
	case *raft.TimeoutNow:
		if w.programs(e.To).Known().NoTransfers {
			return "its program is handed no leadership"
		}
	}
	return ""
}

// mailOf is the message, as an event is about it.
func mailOf(m *Flight) event.Mail { return event.Mail{ID: m.ID, Envelope: m.Envelope} }

// InFlight is how many messages are in flight.
func (w *World) InFlight() int { return w.flights.Parked() + w.flights.Len() }

// Flights is what is in flight, by number.
func (w *World) Flights() []Flight { return w.FlightsAfter(0) }

// FlightsAfter is what is in flight with a number beyond id, by number. It costs little if
// there is little of that, however much else is in flight.
func (w *World) FlightsAfter(id uint64) []Flight { return w.flights.After(id) }

// LastSent is the number of the message that was sent last, or 0.
func (w *World) LastSent() uint64 { return w.sent }

// CutTo is the servers to which messages from one are lost.
func (w *World) CutTo(from raft.ID) raft.Set { return w.cuts.CutFrom(from) }

// IsCut tells whether messages from one server to another are lost.
func (w *World) IsCut(from, to raft.ID) bool { return w.cuts.IsCut(from, to) }

// Waits tells whether the message cannot be delivered yet because its receiver is frozen.
func (w *World) Waits(m *Flight) bool { return w.servers[m.To-1].up() && w.servers[m.To-1].frozen }

// Arrives tells whether a message that came due now would arrive.
func (w *World) Arrives(m *Flight) bool { return !w.unreachable(m) && !w.Waits(m) }

// unreachable tells whether a message would be lost on arrival.
func (w *World) unreachable(m *Flight) bool { return w.IsCut(m.From, m.To) || !w.servers[m.To-1].up() }

// lostTo says how a message would be lost on arrival. It is Chance if it would arrive.
func (w *World) lostTo(m *Flight) event.LostTo {
	switch {
	case w.IsCut(m.From, m.To):
		return event.CutLink
	case !w.servers[m.To-1].up():
		return event.DownServer
	}
	return event.Chance
}

// Fate says why a message would be lost on arrival, or "" when it would arrive.
func (w *World) Fate(m *Flight) string {
	if by := w.lostTo(m); by != event.Chance {
		return by.Why(&m.Envelope)
	}
	return ""
}

// Obstacle says why a message cannot arrive now, because it would be lost or its receiver
// is frozen. It is "" if the message can arrive.
func (w *World) Obstacle(m *Flight) string {
	if fate := w.Fate(m); fate != "" || !w.Waits(m) {
		return fate
	}
	return m.To.String() + " is frozen"
}

// nextFlight is the place of the message that arrives first of those that can arrive and
// are due by the deadline, or -1. A set that is not empty restricts it to messages between
// its members.
func (w *World) nextFlight(among raft.Set, deadline uint64) int {
	if f := &w.flights; f.Len() == 0 || f.At(0).Due > deadline {
		return -1
	}
	for i, m := range w.flights.All() {
		if m.Due > deadline {
			return -1
		}
		if !w.Waits(m) && (among.Empty() || among.Has(m.From) && among.Has(m.To)) {
			return i
		}
	}
	return -1
}

// Deliverable tells whether something in flight can be delivered (among the
// members of a set that is not empty).
func (w *World) Deliverable(among raft.Set) bool { return w.nextFlight(among, ^uint64(0)) >= 0 }

// NextDue is the message that the command step delivers, or nil. It is the one that is due
// first, and the older of two. Messages that were delayed by hand wait until they are due.
func (w *World) NextDue() *Flight {
	for _, m := range w.flights.All() {
		if !w.Waits(m) && (!m.Held || m.Due <= w.clock) {
			return m
		}
	}
	return nil
}

// Flight is the message of that number, or nil when it is not in flight.
func (w *World) Flight(id uint64) *Flight {
	if m := w.flights.Get(id); m != nil {
		m := *m
		return &m
	}
	return nil
}

// park takes the messages in front that wait for a frozen server out of the way, so that a
// long run does not look at them again and again.
func (w *World) park(deadline uint64) {
	w.flights.Park(func(m *Flight) bool { return m.Due <= deadline && w.Waits(m) })
}

// Mail is how many messages are in flight, and MailAt is one of them; the one that is due
// first comes first. Neither copies, because a search asks often. A message may be read
// until the next action.
func (w *World) Mail() int            { w.flights.Unpark(); return w.flights.Len() }
func (w *World) MailAt(i int) *Flight { return w.flights.At(i) }
