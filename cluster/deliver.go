package cluster

import (
	"errors"
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/program"
	"raftlab/raft"
)

func (a DeliverNext) apply(w *World) error {
	w.park(^uint64(0))
	i := w.nextFlight(a.Among, ^uint64(0))
	if i < 0 {
		return fmt.Errorf("nothing deliverable is in flight")
	}
	w.arrive(i, false)
	return nil
}

// flight is the place of message id, or an error that says what to do.
func (w *World) flight(id uint64) (int, error) {
	if i := w.flights.Find(id); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("m%d is not in flight; messages lists what is", id)
}

func (a Deliver) apply(w *World) error { return w.deliver(a.ID, false) }

func (a Arrive) apply(w *World) error { return w.deliver(a.ID, true) }

func (w *World) deliver(id uint64, chance bool) error {
	i, err := w.flight(id)
	if err != nil {
		return err
	}
	if m := w.flights.At(i); w.Waits(m) {
		return fmt.Errorf("m%d waits: %s is frozen; thaw %s first", id, m.To, m.To)
	}
	w.arrive(i, chance)
	return nil
}

func (a Drop) apply(w *World) error {
	i, err := w.flight(a.ID)
	if err != nil {
		return err
	}
	m := *w.flights.At(i)
	w.flights.Remove(i)
	tell(w, m.From, event.Dropped{Mail: mailOf(&m)})
	return nil
}

func (a Duplicate) apply(w *World) error {
	i, err := w.flight(a.ID)
	if err != nil {
		return err
	}
	m := *w.flights.At(i)
	w.duplicate(&m, false)
	return nil
}

func (a Delay) apply(w *World) error {
	i, err := w.flight(a.ID)
	if err != nil {
		return err
	}
	m := *w.flights.At(i)
	w.flights.Remove(i)
	m.Due, m.Held = max(m.Due, w.clock)+uint64(a.Ticks), true
	w.flights.Add(&m)
	tell(w, m.From, event.Delayed{Mail: mailOf(&m), Due: m.Due})
	return nil
}

func (a Inject) apply(w *World) error {
	if err := w.known(a.From); err != nil {
		return err
	}
	if err := w.known(a.To); err != nil {
		return err
	}
	if a.From == a.To {
		return fmt.Errorf("%s sends no messages to itself", a.From)
	}
	if a.Message == nil {
		return fmt.Errorf("an envelope needs a message")
	}
	if m, ok := a.Message.(*raft.InstallSnapshot); ok && m.Snapshot == nil {
		return fmt.Errorf("an InstallSnapshot needs a snapshot")
	}
	if err := w.answers(a.Envelope); err != nil {
		return err
	}
	w.sent++
	m := Flight{ID: w.sent, Sent: w.clock, Due: w.clock + uint64(w.draw(w.settings.Latency)), Envelope: a.Envelope}
	w.flights.Add(&m)
	w.spoils(a.Envelope)
	if asksFirst(m) && !w.options.AskedFirst {
		o := *w.options
		o.AskedFirst, w.another().options = true, &o
		w.giveOptions()
	}
	tell(w, m.From, event.Injected{Mail: mailOf(&m)})
	return nil
}

// spoils tells the invariants of a message that was made by hand and makes a server say
// what is not true, or lose what it said. No leader can know that, so it breaks nothing.
func (w *World) spoils(e raft.Envelope) {
	id := e.To
	switch e.Message.(type) {
	case *raft.AppendEntriesReply, *raft.InstallSnapshotReply:
		id = e.From
	case *raft.AppendEntries, *raft.InstallSnapshot:
	default:
		return
	}
	w.mutable(id)
	watch := w.watch()
	watch.Lost(id, e.Message.MessageTerm(), false)
}

// asksFirst tells whether the message is a PreVote (thesis 9.6). While one is on its way it
// matters whether its receiver has heard from a leader, whatever the settings are now.
func asksFirst(m Flight) bool { _, ok := m.Message.(*raft.PreVote); return ok }

func (w *World) anyAsksFirst() bool {
	for m := range w.flights.Each {
		if asksFirst(*m) {
			return true
		}
	}
	return false
}

func (a SetLinks) apply(w *World) error {
	for _, l := range a.Links {
		if err := errors.Join(w.known(l.From), w.known(l.To)); err != nil {
			return err
		}
	}
	cuts := w.cuts
	for _, l := range a.Links {
		cuts = cuts.Set(l.From, l.To, a.Cut, len(w.servers))
	}
	w.cuts = cuts
	if a.Cut {
		tell(w, 0, event.LinksCut{Links: a.Links})
	} else {
		tell(w, 0, event.LinksHealed{Links: a.Links})
	}
	return nil
}

func (a Partition) apply(w *World) error {
	group := make([]int, len(w.servers)+1)
	for g, members := range a.Groups {
		for id := range members.All() {
			if err := w.known(id); err != nil {
				return err
			}
			if group[id] != 0 {
				return fmt.Errorf("%s is in two groups; name each server once", id)
			}
			group[id] = g + 1
		}
	}
	cuts := w.cuts
	for from := range w.servers {
		for to := range w.servers {
			apart := group[from+1] != group[to+1]
			cuts = cuts.Set(raft.ID(from+1), raft.ID(to+1), apart, len(w.servers))
		}
	}
	w.cuts = cuts
	tell(w, 0, event.LinksCut{Groups: a.Groups})
	return nil
}

// arrive takes a message out of flight and gives it to its receiver, unless the link is cut
// or the receiver is down. With chance, as when time passes by itself, it may be lost or
// doubled.
func (w *World) arrive(i int, chance bool) {
	m := *w.flights.At(i)
	unreachable := w.unreachable(&m)
	lost := !unreachable && chance && w.strikes(w.settings.Loss)
	var was before
	var err error
	if !unreachable && !lost {
		s := w.ready(m.To, &was) // as step does, but with one copy of the input less, because messages are many
		if err = s.node.Step(raft.Receive(m.Envelope), &w.out); err != nil {
			if err = w.fails(m.To, raft.Receive(m.Envelope), err); w.failure != nil {
				return
			}
		}
	}
	w.flights.Remove(i)
	w.happened++
	switch {
	case unreachable:
		tell(w, m.To, event.Lost{Mail: mailOf(&m), By: w.lostTo(&m)})
		return
	case lost:
		tell(w, m.To, event.Lost{Mail: mailOf(&m), By: event.Chance})
		return
	case chance && !m.Copy && w.strikes(w.settings.Duplication):
		w.duplicate(&m, true)
	}
	if _, withheld := err.(*program.Withheld); withheld {
		tell(w, m.To, event.Lost{Mail: mailOf(&m), By: event.NoCall})
		return
	}
	tellInput(w, m.To, event.Delivered{Mail: mailOf(&m)})
	if err != nil {
		w.tellRefused(&m, err)
		return
	}
	w.act(w.servers[m.To-1], &was)
}

// tellRefused is an event about a message that the core refused.
func (w *World) tellRefused(m *Flight, err error) {
	if e := w.event(m.To); e != nil {
		e.What = event.Refuse(mailOf(m), err)
	}
}

// duplicate puts a second copy of a message in flight. A copy that was made by chance is
// not doubled again, or the message would arrive for ever.
func (w *World) duplicate(m *Flight, chance bool) {
	w.sent++
	c := Flight{ID: w.sent, Sent: w.clock, Due: w.clock + uint64(w.draw(w.settings.Latency)), Copy: chance,
		Envelope: m.Envelope}
	w.flights.Add(&c)
	tell(w, m.From, event.Duplicated{Mail: mailOf(&c), Of: m.ID})
}
