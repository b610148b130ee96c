// Package trace makes a picture's rows of a stretch of history: each row is one
// thing that happened with all that came of it at once, and each message knows
// where it was sent and what became of it. It is what every diagram is drawn
// from, in the terminal and in files.
package trace

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Kind is what a row is about. Its text is the kind in JSON.
type Kind string

const (
	Arrival Kind = "arrival"   // a message arrives; what its receiver did is in the same row
	Loss    Kind = "loss"      // a message is lost on arrival
	Drop    Kind = "drop"      // a message is dropped by hand
	Flight  Kind = "in-flight" // a message that is on its way at the end
	Deed    Kind = "server"    // something happens at a server: a timer, a crash, a request
	Whole   Kind = "cluster"   // it concerns the cluster: a cut, a setting, a broken invariant
)

// Fate is what became of a message. Its text is the fate in JSON.
type Fate string

const (
	Delivered Fate = "delivered"
	Lost      Fate = "lost"
	Dropped   Fate = "dropped"
	InFlight  Fate = "in flight"
)

// Message is one message, from its sending to its end.
type Message struct {
	ID       string // m12
	Type     string
	From, To raft.ID
	Body     raft.Message
	Sent     uint64 // the position at which it was sent; 0: before the first row
	Fate     Fate
	Ended    uint64 // the position of its end; 0: it is in flight
	Why      string // why it was lost or, in flight, cannot arrive now
	Waits    bool   // it is in flight, and only waits because its receiver is frozen
	CopyOf   string // the message, m12, of which it is the second one; "" if it is none
}

// Lane is what a server is, for the line that stands for it.
type Lane struct {
	Role   string // as raft.Role's text; "down" while it is down, "" before it exists
	Frozen bool
}

// Row is one thing that happened.
type Row struct {
	Position, Clock uint64
	Kind            Kind
	Node            raft.ID        // where it happened; 0: at no server
	Message         *Message       // of an Arrival, a Loss, a Drop, a Flight; else nil
	Sent            []*Message     // what was sent with it
	Events          []*event.Event // that it consists of
	Lanes           []Lane         // after it, S1's first
	Seen            any            // what Look saw after it
}

// Trace is a stretch of history as rows.
type Trace struct {
	Before []Lane // before the first row
	Rows   []*Row
	Left   int // how many earlier rows were left out, because of Builder.Newest
}

// Builder makes a Trace of what History.Walk shows it.
type Builder struct {
	// Keep says which rows belong to the picture; nil: all.
	Keep func(*Row) bool
	// Newest bounds how many rows are kept, from the end; 0: no bound. The
	// messages in flight come on top.
	Newest int
	// Oldest ends the walk when there are so many rows; 0: no bound.
	Oldest int
	// Look returns what Row.Seen must keep of the world after the row's action; nil: nothing.
	Look func(*cluster.World) any

	trace    Trace
	messages map[string]*Message
	lanes    []Lane
	world    *cluster.World
}

// Visit takes the events of an action and the world after it, as History.Walk shows them. It
// returns false when it wants no more.
func (b *Builder) Visit(w *cluster.World, events []event.Event) bool {
	b.world = w
	begun := len(b.trace.Rows)+b.trace.Left > 0
	if begun && len(events) == 0 {
		return true // clocks tick
	}
	before := b.lanes
	b.lanes = lanesOf(w)
	if !begun {
		if before == nil {
			before = b.lanes
		}
		b.trace.Before = before
	}
	had := len(b.trace.Rows)
	for len(events) > 0 {
		n := extent(events)
		if r := b.row(events[:n]); r.Kind != "" && (b.Keep == nil || b.Keep(r)) {
			b.trace.Rows = append(b.trace.Rows, r)
		}
		events = events[n:]
	}
	b.look(b.trace.Rows[had:])
	if len(b.trace.Rows) > 2*b.Newest { // now and then, so that it costs little
		b.cut()
	}
	return b.Oldest == 0 || len(b.trace.Rows) < b.Oldest
}

// look keeps what else is wanted of the world with the rows of an action.
func (b *Builder) look(rows []*Row) {
	if b.Look == nil || len(rows) == 0 {
		return
	}
	seen := b.Look(b.world)
	for _, r := range rows {
		r.Seen = seen
	}
}

// cut leaves the newest rows.
func (b *Builder) cut() {
	t := &b.trace
	if n := len(t.Rows) - b.Newest; b.Newest > 0 && n > 0 {
		t.Before, t.Left = t.Rows[n-1].Lanes, t.Left+n
		t.Rows = slices.Clone(t.Rows[n:])
	}
}

// Trace is what was built, with a row at the end for each message that is in
// flight then.
func (b *Builder) Trace() *Trace {
	b.cut()
	if b.world == nil {
		return &b.trace
	}
	flights, had := b.world.Flights(), len(b.trace.Rows)
	for i := range flights {
		f := &flights[i]
		m := b.message(event.Mail{ID: f.ID, Envelope: f.Envelope})
		m.Why, m.Waits = b.world.Obstacle(f), b.world.Waits(f)
		r := &Row{Position: m.Sent, Clock: b.world.Clock(), Kind: Flight, Message: m, Lanes: b.lanes}
		if b.Keep == nil || b.Keep(r) {
			b.trace.Rows = append(b.trace.Rows, r)
		}
	}
	b.look(b.trace.Rows[had:])
	return &b.trace
}

// opens tells whether an event of an action begins a row of its own.
func opens(e *event.Event) bool {
	switch e.What.(type) {
	case event.Delivered, event.Lost, event.Dropped, event.Duplicated, event.Delayed, event.Injected:
		return true
	}
	return whole(e)
}

// whole tells whether an event concerns the cluster, and no one server.
func whole(e *event.Event) bool {
	switch e.What.(type) {
	case event.LinksCut, event.LinksHealed, event.SettingChanged, event.BugSet, event.Breached:
		return true
	}
	return e.Node == 0
}

// extent is how many of an action's events, from the first one on, are one row:
// those at the same server, up to the next that opens a row.
func extent(events []event.Event) int {
	n := 1
	for n < len(events) && !opens(&events[n]) && !whole(&events[0]) && events[n].Node == events[0].Node {
		n++
	}
	return n
}

// row makes a row of events that belong together. It has no kind when there is
// nothing to see: only time has passed.
func (b *Builder) row(events []event.Event) *Row {
	first := &events[0]
	r := &Row{Position: first.Position, Clock: first.Clock, Kind: Deed, Node: first.Node, Lanes: b.lanes}
	switch {
	case event.Is[event.ClockTicked](first):
		r.Kind = ""
	case whole(first):
		r.Kind = Whole
	}
	for i := range events {
		e := events[i]
		r.Events = append(r.Events, &e)
		b.follow(r, &e)
	}
	return r
}

// follow notes what an event of the row says about a message.
func (b *Builder) follow(r *Row, e *event.Event) {
	switch x := e.What.(type) {
	case event.Sent:
		b.begins(r, x.Mail, e)
	case event.Injected:
		b.begins(r, x.Mail, e)
	case event.Duplicated:
		b.begins(r, x.Mail, e).CopyOf = fmt.Sprintf("m%d", x.Of)
	case event.Delivered:
		b.ends(r, Arrival, b.message(x.Mail), Delivered, e)
	case event.Lost:
		b.ends(r, Loss, b.message(x.Mail), Lost, e).Why = x.Why()
	case event.Dropped:
		b.ends(r, Drop, b.message(x.Mail), Dropped, e)
	}
}

// begins makes it a row that sends the message.
func (b *Builder) begins(r *Row, mail event.Mail, e *event.Event) *Message {
	m := b.message(mail)
	m.Sent = e.Position
	r.Sent = append(r.Sent, m)
	return m
}

// ends makes it the row of the message's end.
func (b *Builder) ends(r *Row, kind Kind, m *Message, fate Fate, e *event.Event) *Message {
	delete(b.messages, m.ID) // nothing happens to it any more
	r.Kind, r.Message = kind, m
	m.Fate, m.Ended, m.Why = fate, e.Position, ""
	return m
}

// message is the message of that number, in flight when it is new.
func (b *Builder) message(mail event.Mail) *Message {
	if b.messages == nil {
		b.messages = map[string]*Message{}
	}
	m := b.messages[mail.Name()]
	if m == nil {
		m = &Message{ID: mail.Name(), Type: mail.Type(), From: mail.From, To: mail.To, Body: mail.Message,
			Fate: InFlight}
		b.messages[m.ID] = m
	}
	return m
}

// lanesOf is every server of the world.
func lanesOf(w *cluster.World) []Lane {
	lanes := make([]Lane, w.Size())
	for i, id := range w.IDs() {
		lanes[i] = Lane{Role: "down"}
		if n := w.State(id); n != nil {
			lanes[i] = Lane{Role: n.Role.String(), Frozen: w.Frozen(id)}
		}
	}
	return lanes
}
