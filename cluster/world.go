package cluster

import (
	"fmt"
	"slices"
	"sync/atomic"

	"raftlab/cluster/clients"
	"raftlab/cluster/execute"
	"raftlab/cluster/invariants"
	"raftlab/cluster/network"
	"raftlab/cluster/program"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// World is the whole state of a cluster. Only Apply changes it.
type World struct {
	*setup
	rng      uint64
	clock    uint64 // ticks of the whole cluster
	position uint64 // events so far
	sent     uint64 // messages so far; the number of the last one
	reads    uint64 // reads that do not go through the log so far

	servers []*server // server i is S(i+1)
	flights network.Flights
	cuts    network.Links     // from whom to whom the link is cut; never changed in place; nil: none
	clients []*clients.Client // in the order of their first request

	turn     turn
	alone    raft.ID // only this server is asked by clients that go on by themselves; 0: every one
	careful  bool    // some server may have no answer, so that an action keeps a copy to go back to
	judges   bool    // some server is judged
	recorded bool    // see NewRecorded

	operations clients.Ledger // of the clients
	memory     invariants.Memory
	breaches   []invariants.Breach
	began      uint64           // the position before the present action
	touched    raft.Set         // servers that the present action may have changed
	matched    raft.Set         // of whom it may have raised a leader's matchIndex
	notable    uint64           // changes of role or commit so far
	happened   uint64           // arrivals and timers that fired so far
	failure    *program.Failure // that of the last action; nil: every server had an answer

	epoch    uint64 // servers of another epoch are shared and copied before a change
	listener *Listener
	*work    // nil in a copy, until a server is given an input
}

// setup is what seldom changes. Copies of a world share it, so that it is never changed
// in place, see another.
type setup struct {
	seed     uint64
	kind     string // of state machine
	settings setting.Settings
	options  *raft.Options
	programs program.Programs
	bugs     rules.Mistakes
	riddle   *riddle                       // one of them is to be guessed; nil: none
	harmful  func(*invariants.Breach) bool // see Seek; nil: every breach is
}

// another is the setup to be changed, which the world has from now on.
func (w *World) another() *setup {
	s := *w.setup
	w.setup = &s
	return &s
}

// work is what an action needs beside, and leaves lying.
type work struct {
	out      raft.Output
	few      [4]raft.Envelope    // room for what an input of most has sent
	follow   []string            // clients that go on by themselves when the action is done
	handed   []invariants.Handed // to state machines, not looked at yet
	executed execute.Recent      // of entries, lately
}

// atWork is the world's own work.
func (w *World) atWork() *work {
	if w.work == nil {
		w.work = &work{}
		w.out.Send = w.few[:0]
	}
	return w.work
}

// toLookAt is what was handed to state machines and not looked at yet.
func (w *World) toLookAt() []invariants.Handed {
	if w.work == nil {
		return nil
	}
	return w.handed
}

// lookedAt forgets it, and whom the action has touched.
func (w *World) lookedAt() {
	w.touched, w.matched = raft.Set{}, raft.Set{}
	if w.work != nil {
		w.handed = w.handed[:0]
	}
}

var epochs atomic.Uint64

// Clone is an independent copy; nobody listens to it. It marks what the two
// share from now on, so that only one goroutine may clone a World at a time.
func (w *World) Clone() *World {
	c := *w
	w.epoch, c.epoch = epochs.Add(1), epochs.Add(1)
	w.flights.Share(w.epoch)
	c.flights.Share(c.epoch)
	c.servers = slices.Clone(w.servers)
	w.breaches, c.breaches = slices.Clip(w.breaches), slices.Clip(w.breaches)
	w.clients, c.clients = slices.Clip(w.clients), slices.Clone(w.clients)
	c.listener, c.work = nil, nil
	return &c
}

// Listener is who listens, or nil.
func (w *World) Listener() *Listener { return w.listener }

// Listen attaches a listener, or none.
func (w *World) Listen(l *Listener) {
	if w.listener = l; l != nil || w.work != nil {
		w.atWork().out.Record = l != nil && l.Decide
	}
}

// mutable is the server, to be changed: its own copy where it was shared.
func (w *World) mutable(id raft.ID) *server {
	s := w.servers[id-1]
	if s.epoch != w.epoch {
		c := *s
		c.epoch = w.epoch
		if s.waits != nil {
			c.waits = &waits{slices.Clip(s.reads), slices.Clip(s.ready), s.rounds, s.asked}
		}
		if c.node != nil {
			c.run(w.programs(id).Clone(c.node))
		}
		s = &c
		w.servers[id-1] = s
	}
	return s
}

func (w *World) touch(id raft.ID) { w.touched = w.touched.With(id) }

// random is the next number of the seed's sequence (splitmix64).
func (w *World) random() uint64 {
	w.rng += 0x9e3779b97f4a7c15
	z := w.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// draw is a number of the span, each as likely.
func (w *World) draw(s setting.Span) int {
	if s.Min == s.Max {
		return s.Min
	}
	return s.Min + int(w.random()%uint64(s.Max-s.Min+1))
}

// strikes tells whether something of this probability happens now.
func (w *World) strikes(p float64) bool { return p > 0 && float64(w.random()>>11)/(1<<53) < p }

// What can be read of a world.
func (w *World) MachineKind() string           { return w.kind }
func (w *World) Size() int                     { return len(w.servers) }
func (w *World) Seed() uint64                  { return w.seed }
func (w *World) Settings() *setting.Settings   { return &w.settings } // to be read only
func (w *World) Clock() uint64                 { return w.clock }
func (w *World) Position() uint64              { return w.position }
func (w *World) Notable() uint64               { return w.notable }
func (w *World) Happened() uint64              { return w.happened }
func (w *World) Breaches() []invariants.Breach { return w.breaches }

// Harm is the first breach after so many that a search looks for; nil when there
// is none. Where a rule is broken on purpose, wrong books alone are no harm.
func (w *World) Harm(after int) *invariants.Breach {
	for i := after; i < len(w.breaches); i++ {
		if b := w.breaches[i]; !b.OnPurpose && (w.harmful == nil || w.harmful(&b)) {
			return &b
		}
	}
	return nil
}

// Seek says which breaches Harm is to see, here and in copies: a search for
// something else goes on past the others.
func (w *World) Seek(harmful func(*invariants.Breach) bool) { w.another().harmful = harmful }

func (w *World) Memory() *invariants.Memory { return &w.memory }

// Action is something that can be done to a World: the one vocabulary of
// commands, history, scripts and search. The set is closed. String is the
// action as a command of the console. Every Action that succeeds makes at
// least one Event, so that a position names one state.
type Action interface {
	fmt.Stringer
	apply(w *World) error
}
