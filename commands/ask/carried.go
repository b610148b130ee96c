package ask

import (
	"context"
	"errors"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/network"
)

// A situation may have come of one that was made by hand, by Raft alone. Then a
// plan makes the one by hand, and a twin of this session's world takes the same
// steps from there: timers fire, messages arrive and are lost, servers crash
// where they did. What the twin comes to is compared, so that no answer rests on
// the two being alike.

// Carried is a history that leads to the situation the way this session went since the last thing
// that was made by hand, with the fresh world that it begins in; nil when none is found.
func (s *situation) Carried(ctx context.Context, h *history.History) ([]cluster.Action, *cluster.World) {
	from := lastByHand(ctx, h)
	if from == nil || len(from.Bugs()) > 0 || !from.Settings().Fsync || !from.Settings().OwnTermFirst {
		return nil, nil
	}
	begin, beyond := situationOf(from)
	if beyond != "" {
		return nil, nil
	}
	if property, _ := begin.Impossible(); property != "" {
		return nil, nil
	}
	fresh := cluster.NewWithMachine(from.Size(), from.Seed(), *from.Settings(), from.MachineKind())
	t := &twin{director: newDirector(ctx, fresh)}
	for _, a := range begin.Plan(ctx, fresh) {
		t.do(a)
	}
	if t.stuck || !begin.Matches(t.w) {
		return nil, nil
	}
	t.calm(&begin, from)
	t.follow(ctx, h, from)
	if t.stuck || !s.Matches(t.w) || len(t.w.Breaches()) > 0 {
		return nil, nil
	}
	return t.path, fresh
}

// lastByHand is the world after the last deed on this branch that Raft does not
// do by itself; nil where there is none, or where nothing has happened since.
func lastByHand(ctx context.Context, h *history.History) *cluster.World {
	var from *cluster.World
	byHand := false
	err := h.Retrace(h.Place(), func(w *cluster.World, a cluster.Action) error {
		if byHand {
			from = w.Clone()
		}
		byHand = leavesRaft(a) != ""
		return errors.Join(ctx.Err(), w.Apply(a))
	})
	if err != nil || byHand {
		return nil
	}
	return from
}

// twin is a world that takes the steps that another one took.
type twin struct {
	*director
	offset uint64 // its messages have numbers that are so much higher
}

// calm gives the twin what a state made by hand begins with: servers that have
// just been started, and the links and frozen servers as they were.
func (t *twin) calm(begin *situation, from *cluster.World) {
	for _, x := range begin.servers {
		if x.up && x.commit == 0 { // else it would forget its commitIndex
			t.crash(x.id)
		}
		for _, to := range from.IDs() {
			if from.IsCut(x.id, to) {
				t.do(cluster.SetLinks{Cut: true, Links: []network.Link{{From: x.id, To: to}}})
			}
		}
		if from.Frozen(x.id) {
			t.do(cluster.Freeze{Node: x.id})
		}
	}
	t.offset = t.w.LastSent() - from.LastSent()
}

// follow takes the steps that the session took from a world on.
func (t *twin) follow(ctx context.Context, h *history.History, from *cluster.World) {
	heard := &cluster.Listener{NoTicks: true}
	_ = h.Retrace(h.Place(), func(w *cluster.World, a cluster.Action) error {
		if w.Position() < from.Position() {
			return errors.Join(ctx.Err(), w.Apply(a))
		}
		w.Listen(heard)
		if err := w.Apply(a); err != nil {
			return err
		}
		events, _ := heard.Take()
		t.take(w, a, events)
		if t.stuck = t.stuck || !t.alike(w); t.stuck {
			return errors.New("it takes another way")
		}
		return nil
	})
}

// take does what an action did in the session's world, which is now as the
// action left it.
func (t *twin) take(w *cluster.World, a cluster.Action, events []event.Event) {
	switch a := a.(type) {
	case cluster.Advance, cluster.DeliverNext, cluster.Tick, cluster.ClockTick, cluster.Deliver, cluster.Drop,
		cluster.Arrive, cluster.Delay:
		t.minimum(w)
		for i := range events {
			t.happens(events[i:])
		}
	case cluster.Duplicate:
		t.do(cluster.Duplicate{ID: a.ID + t.offset})
	case cluster.Request:
		i := slices.IndexFunc(events, func(e event.Event) bool { return event.Is[event.Accepted](&e) })
		if i >= 0 { // what nobody took changed no server
			a.Via = events[i].Node
			t.do(a)
		}
	case cluster.SetTimer: // clocks do not count here
	default:
		t.do(a)
	}
}

// minimum has the minimum election timeout pass where it has passed there.
func (t *twin) minimum(w *cluster.World) {
	for _, id := range w.IDs() {
		n, m := w.State(id), t.w.State(id)
		if t.sticky() && n != nil && m != nil && m.HeardLeader && !n.HeardLeader {
			t.do(cluster.Fire{Timer: "minimum", Node: id})
		}
	}
}

// happens does the first of some events, where a clock or the network made it.
func (t *twin) happens(events []event.Event) {
	e := &events[0]
	switch id := e.Node; e.What.(type) {
	case event.ElectionTimeout:
		t.do(cluster.Timeout{Node: id})
	case event.HeartbeatDue:
		t.do(cluster.Heartbeat{Node: id})
	case event.QuorumChecked:
		t.do(cluster.Fire{Timer: "quorum", Node: id})
	case event.TransferOver:
		t.do(cluster.Fire{Timer: "transfer", Node: id})
	case event.Delivered, event.Lost, event.Dropped:
		switch m := t.flight(e); {
		case m == nil:
			t.stuck = true
		case event.Is[event.Delivered](e) || t.w.Fate(m) != "":
			t.do(cluster.Deliver{ID: m.ID})
		default:
			t.do(cluster.Drop{ID: m.ID})
		}
	case event.Duplicated: // by chance: the message that is copied arrives next
		i := slices.IndexFunc(events, func(e event.Event) bool { return event.Is[event.Delivered](&e) })
		if m := t.flight(&events[max(i, 0)]); m != nil {
			t.do(cluster.Duplicate{ID: m.ID})
		}
	}
}

// flight is the message of an event as it is here, or nil.
func (t *twin) flight(e *event.Event) *cluster.Flight {
	m, _ := e.Mail()
	return t.w.Flight(m.ID + t.offset)
}

// alike tells whether the twin's servers have come as far as the session's.
func (t *twin) alike(w *cluster.World) bool {
	if t.w.LastSent() != w.LastSent()+t.offset {
		return false
	}
	for _, id := range w.IDs() {
		a, b := w.Stored(id), t.w.Stored(id)
		if w.Up(id) != t.w.Up(id) || a.CurrentTerm != b.CurrentTerm || a.Log.LastIndex() != b.Log.LastIndex() ||
			a.Log.LastTerm() != b.Log.LastTerm() {
			return false
		}
	}
	return true
}
