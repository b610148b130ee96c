package inquiry

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Became is the event that gave a server its present role, or nil when it has
// had it from the beginning.
func (q *Inquiry) Became(id raft.ID, role string) *event.Event {
	return q.LastAt(id, Now, func(e *event.Event) bool {
		switch x := e.What.(type) {
		case event.RoleChanged:
			return x.To.String() == role
		case event.Crashed:
			return role == "down"
		case event.Restarted, event.Given, event.ServerAdded:
			return role == "follower"
		}
		return false
	})
}

// HoldersOf is the voters that a leader knows to hold an entry.
func HoldersOf(n *raft.State, index uint64) raft.Set {
	var s raft.Set
	for id := range n.Configuration.AllVoters().All() {
		if n.MatchIndex(id) >= index {
			s = s.With(id)
		}
	}
	return s
}

// TimerBegan is why a server's election timer last began anew.
func (q *Inquiry) TimerBegan(w *cluster.World, id raft.ID) []Because {
	first := q.At(w.TimerBegan(id))
	if first == nil {
		return Fact("%s's timer has run since the beginning", id)
	}
	start := first
	for e := first; e != nil && e.Began == first.Began; e = q.At(e.Position + 1) {
		next := q.At(e.Position + 1)
		if next != nil && next.Of == e.Position && (e.Node == id || e.Node == 0) { // it told of an input
			start = e
			break
		}
	}
	return q.BecauseThat("the timer last restarted when ", start)
}

func (q *Inquiry) DownSince(id raft.ID, before uint64) *event.Event {
	return q.LastAt(id, before, event.Is[event.Crashed])
}

func (q *Inquiry) FrozenSince(id raft.ID, before uint64) *event.Event {
	return q.LastAt(id, before, event.Is[event.Frozen])
}

// CutSince is what cut a link.
func (q *Inquiry) CutSince(from, to raft.ID, before uint64) *event.Event {
	return q.Last(before, func(e *event.Event) bool {
		return event.Is[event.LinksCut](e) && q.After(e).IsCut(from, to) && !q.Before(e).IsCut(from, to)
	})
}

// Sending is the event that put an event's message in flight.
func (q *Inquiry) Sending(e *event.Event) *event.Event {
	m, ok := e.Mail()
	if !ok {
		return nil
	}
	return q.Last(e.Position, func(o *event.Event) bool { return o.IsOf(m.ID) && o.SetsOff() })
}

// AsksFor tells whether an event is a client's question to a server.
func AsksFor(e *event.Event, client string) bool {
	asks := event.Is[event.Requested](e) || event.Is[event.ReadBegun](e)
	return asks && e.View().Client == client
}

// Wrote tells whether an event may have put an entry into a server's log.
func Wrote(e *event.Event, index uint64) bool {
	return event.As[event.Appended](e).Has(index) || event.As[event.Given](e).Last >= index
}

// ArrivesNoMore tells whether an event is the end of a message.
func ArrivesNoMore(e *event.Event) bool {
	return event.Is[event.Delivered](e) || event.Is[event.Lost](e) || event.Is[event.Dropped](e)
}

// Awaits is the present state of a message in flight, in words.
func (q *Inquiry) Awaits(f *cluster.Flight) string {
	switch fate := q.W.Fate(f); {
	case q.W.Waits(f):
		return fmt.Sprintf("is waiting: %s is frozen", f.To)
	case fate != "":
		return "is in flight, and will be lost: " + fate
	case f.Due <= q.W.Clock():
		return "is in flight, due now"
	}
	return fmt.Sprintf("is in flight, due at tick %d", f.Due)
}

// Obstacle is what keeps a message from one server from reaching another: one of the two, at, is down or frozen, or
// the link is cut; nil where nothing does.
func (q *Inquiry) Obstacle(w *cluster.World, at, from, to raft.ID, before uint64) *event.Event {
	switch {
	case !w.Up(at):
		return q.DownSince(at, before)
	case w.Frozen(at):
		return q.FrozenSince(at, before)
	case w.IsCut(from, to):
		return q.CutSince(from, to, before)
	}
	return nil
}

// longAgo is how many events back an event no longer counts as recent.
const longAgo = 1 << 16

// Deposed is when a server last led no more, unless that was long ago.
func (q *Inquiry) Deposed(id raft.ID) *event.Event {
	end := q.End()
	e := q.Latest(func(e *event.Event) bool {
		return e.Node == id && event.As[event.RoleChanged](e).From == raft.Leader || e.Position+longAgo < end
	})
	if e != nil && e.Position+longAgo < end {
		return nil
	}
	return e
}

// CountOf is the count of a candidate's votes as it stands.
func CountOf(n *raft.State) *raft.Decision {
	halves := n.Configuration.Halves(n.Votes)
	h := halves[0]
	return &raft.Decision{Rule: raft.Majority, Node: n.ID, Holds: n.Configuration.Majority(n.Votes), Halves: halves,
		Args: [4]uint64{uint64(h.Have.Len()), uint64(h.Of.Len()), uint64(h.Needed())}}
}

// Took is when a server came to hold the entry at index that it held at the
// time.
func (q *Inquiry) Took(id raft.ID, index, before uint64) *event.Event {
	if index == 0 {
		return nil
	}
	return q.LastAt(id, before, func(e *event.Event) bool {
		return Wrote(e, index) || event.As[event.SnapshotLoaded](e).Last >= index
	})
}

// Setting is when a setting was last changed.
func (q *Inquiry) Setting(name string, before uint64) *event.Event {
	return q.Last(before, func(e *event.Event) bool { return event.As[event.SettingChanged](e).Name == name })
}

func (q *Inquiry) Elected(id raft.ID, before uint64) *event.Event {
	return q.LastAt(id, before, Wins)
}

// Wins tells whether an event makes its server leader.
func Wins(e *event.Event) bool { return event.As[event.RoleChanged](e).To == raft.Leader }

// HeardFrom is the leader from which a message arrives by which it is heard, or 0.
func HeardFrom(e *event.Event) raft.ID {
	x := event.As[event.Delivered](e)
	switch x.Message.(type) {
	case *raft.AppendEntries, *raft.InstallSnapshot:
		return x.From
	}
	return 0
}
