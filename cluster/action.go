package cluster

import (
	"errors"
	"fmt"

	"raftlab/raft"
)

// Action is something that can be done to a World: the one vocabulary of
// commands, history, scripts and search. The set is closed. String is the
// action as a command of the console. Every Action that succeeds makes at
// least one Event, so that a position names one state.
type Action interface {
	fmt.Stringer
	apply(w *World) error
}

// Actions that time and the network do by themselves; History stores runs of
// them as one.
type (
	// Advance is the next thing that happens while time passes (run).
	Advance struct{}
	// DeliverNext delivers what is due first, no time passes (settle). Among,
	// when not empty, restricts it to messages between its members.
	DeliverNext struct{ Among raft.Set }
)

// Actions on clocks and timers.
type (
	// Tick advances one server's clock by a tick.
	Tick struct{ Node raft.ID }
	// ClockTick counts a tick of the whole cluster; its servers' Ticks follow.
	ClockTick struct{}
	// Timeout fires a server's election timer.
	Timeout struct{ Node raft.ID }
	// Heartbeat fires a leader's heartbeat timer.
	Heartbeat struct{ Node raft.ID }
)

// Actions on messages in flight, by number, and on links.
type (
	Deliver   struct{ ID uint64 }
	Drop      struct{ ID uint64 }
	Duplicate struct{ ID uint64 }
	Delay     struct {
		ID    uint64
		Ticks int
	}
	// Arrive delivers as time would: loss and duplication may strike (step).
	Arrive struct{ ID uint64 }
	// Inject puts a hand-made message in flight.
	Inject struct{ raft.Envelope }
	// SetLinks cuts or mends links, one direction each.
	SetLinks struct {
		Cut   bool
		Links []Link
	}
	// Partition makes the groups the only ones whose members reach each other.
	Partition struct{ Groups []raft.Set }
)

// Link is one direction between two servers.
type Link struct{ From, To raft.ID }

func (l Link) String() string { return l.From.String() + "->" + l.To.String() }

// Actions on servers.
type (
	Kill    struct{ Node raft.ID }
	Restart struct{ Node raft.ID }
	Freeze  struct{ Node raft.ID }
	Thaw    struct{ Node raft.ID }
	Sync    struct{ Node raft.ID }
	Wipe    struct{ Node raft.ID }
	// Snapshot compacts a server's log up to what it has applied (§7).
	Snapshot struct{ Node raft.ID }
	// Give writes a server's stable storage and starts it from there.
	Give struct {
		Node   raft.ID
		Stable raft.Stable
		Commit uint64
	}
)

// Actions of clients, and on settings.
type (
	// Request is a client's command, to the server Via or, when that is 0, to
	// the leader that the client knows.
	Request struct {
		Client string
		Data   string
		Via    raft.ID
	}
	// Retry sends a client's last request again.
	Retry struct{ Client string }
	// Set changes a setting.
	Set struct{ Name, Value string }
)

func (Advance) apply(w *World) error { w.advance(); return nil }

func (a DeliverNext) apply(w *World) error {
	w.park(^uint64(0))
	i := w.nextFlight(a.Among, ^uint64(0))
	if i < 0 {
		return fmt.Errorf("nothing deliverable is in flight")
	}
	w.arrive(i, false)
	return nil
}

func (a Tick) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	w.tickServer(a.Node)
	return nil
}

func (ClockTick) apply(w *World) error { w.newTick(); tell(w, 0, ClockTicked{}); return nil }

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
		return &Refused{Why: fmt.Sprintf("%s has no vote in its configuration (%s), so it holds no elections", a.Node,
			*n.Configuration), About: raft.NoVote}
	}
	w.electionTimeout(a.Node)
	return nil
}

func (a Heartbeat) apply(w *World) error {
	if err := w.running(a.Node); err != nil {
		return err
	}
	if n := w.servers[a.Node-1].state; n.Role != raft.Leader {
		return fmt.Errorf("%s is a %s; only a leader sends heartbeats", a.Node, n.Role)
	}
	w.heartbeat(a.Node)
	return nil
}

// flight is the place of message id, or an error that says what to do.
func (w *World) flight(id uint64) (int, error) {
	if i := w.flights.find(id); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("m%d is not in flight; messages lists what is", id)
}

func (a Deliver) apply(w *World) error { return w.deliver(a.ID, false) }
func (a Arrive) apply(w *World) error  { return w.deliver(a.ID, true) }

func (w *World) deliver(id uint64, chance bool) error {
	i, err := w.flight(id)
	if err != nil {
		return err
	}
	if m := w.flights.at(i); w.Waits(m) {
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
	m := *w.flights.at(i)
	w.flights.remove(i)
	tell(w, m.From, Dropped{m.mail()})
	return nil
}

func (a Duplicate) apply(w *World) error {
	i, err := w.flight(a.ID)
	if err != nil {
		return err
	}
	m := *w.flights.at(i)
	w.duplicate(&m, false)
	return nil
}

func (a Delay) apply(w *World) error {
	i, err := w.flight(a.ID)
	if err != nil {
		return err
	}
	m := *w.flights.at(i)
	w.flights.remove(i)
	m.Due, m.Held = max(m.Due, w.clock)+uint64(a.Ticks), true
	w.flights.add(&m)
	tell(w, m.From, Delayed{m.mail(), m.Due})
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
	w.flights.add(&m)
	w.spoils(a.Envelope)
	if asksFirst(m) && !w.options.AskedFirst {
		o := *w.options
		o.AskedFirst, w.options = true, &o
		w.giveOptions()
	}
	tell(w, m.From, Injected{m.mail()})
	return nil
}

// spoils tells the invariants of a hand-made message that makes a server say what
// is not so, or lose what it said: that is the hand's fault, and no leader's.
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

// asksFirst tells whether the message is a PreVote: where one is on its way,
// whether its receiver has heard a leader matters, whatever is set now.
func asksFirst(m Flight) bool { _, ok := m.Message.(*raft.PreVote); return ok }

func (w *World) anyAsksFirst() bool {
	for _, m := range w.flights.all() {
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
	for _, l := range a.Links {
		w.setCut(l.From, l.To, a.Cut)
	}
	if a.Cut {
		tell(w, 0, LinksCut{Links: a.Links})
	} else {
		tell(w, 0, LinksHealed{a.Links})
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
	for from := range w.servers {
		for to := range w.servers {
			w.setCut(raft.ID(from+1), raft.ID(to+1), group[from+1] != group[to+1])
		}
	}
	if e := w.event(0); e != nil {
		groups := a
		e.What = LinksCut{Groups: &groups}
	}
	return nil
}

// canHave says why the servers cannot have settings, where some run a program that
// lacks what these need.
func (w *World) canHave(next *Settings) error {
	for _, s := range w.servers {
		if next.SnapshotEvery > 0 && w.programs(s.id).Known().NoSnapshots {
			return fmt.Errorf("%s runs a program that takes no snapshots", s.id)
		}
		if n, ok := s.node.(interface{ Refuses(*raft.Options) error }); ok {
			if err := n.Refuses(next.RaftOptions()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a Set) apply(w *World) error {
	d := FindSetting(a.Name)
	if d == nil {
		return fmt.Errorf("there is no setting %q; settings lists them", a.Name)
	}
	next := w.settings
	if err := d.set(&next, a.Value); err != nil {
		return err
	}
	if err := w.canHave(&next); err != nil {
		return err
	}
	was, lease := d.get(&w.settings), w.settings.lease()
	syncs := next.Fsync && !w.settings.Fsync
	w.settings, w.options = next, next.RaftOptions()
	w.options.AskedFirst = w.options.AskedFirst || w.anyAsksFirst()
	for i := range w.servers {
		if !w.servers[i].up() {
			continue
		}
		s := w.mutable(raft.ID(i + 1))
		s.node.SetOptions(w.optionsOf(s.id))
		w.freshTimers(s, d.timers)
		if lease != next.lease() {
			w.restartLease(s)
		}
	}
	tellInput(w, 0, SettingChanged{a.Name, was, d.get(&next)})
	for _, s := range w.servers {
		if syncs && s.up() && s.disk.unsynced() { // what waits is written out, or a crash would lose it still
			w.sync(s.id)
		}
	}
	return nil
}
