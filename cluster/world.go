package cluster

import (
	"fmt"
	"slices"
	"sync/atomic"

	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// MaxServers is the largest cluster.
const MaxServers = 99

// World is the whole state of a cluster. Only Apply changes it.
type World struct {
	seed     uint64
	kind     string // of state machine
	settings Settings
	options  *raft.Options
	programs Programs
	rng      uint64
	clock    uint64 // ticks of the whole cluster
	position uint64 // events so far
	sent     uint64 // messages so far; the number of the last one
	reads    uint64 // reads that do not go through the log so far

	servers []*server // server i is S(i+1)
	flights flights
	bugs    []raft.Mutants // the mistakes that each server makes; nil: none
	riddle  *riddle        // one of them is to be guessed; nil: none
	cuts    []raft.Set     // cuts[from]: to whom the link is cut; nil: none
	clients []*Client      // in the order of their first request
	turn    turn

	operations operations // of the clients
	follow     []string   // clients that go on by themselves when the action is done
	alone      raft.ID    // only this server is asked by clients that go on by themselves; 0: every one

	memory   invariants.Memory
	breaches []invariants.Breach
	began    uint64              // the position before the present action
	touched  raft.Set            // servers that the present action may have changed
	matched  raft.Set            // of whom it may have raised a leader's matchIndex
	handed   []invariants.Handed // to state machines by the present action, not looked at yet
	notable  uint64              // changes of role or commit so far
	happened uint64              // arrivals and timers that fired so far

	failure  *Failure // that of the last action; nil: every server had an answer
	careful  bool     // some server may have none, so that an action keeps a copy to go back to
	judges   bool     // some server is judged
	recorded bool     // see NewRecorded

	steps []step // of state machines, lately

	epoch    uint64 // servers of another epoch are shared and copied before a change
	listener *Listener
	harmful  func(*invariants.Breach) bool // see Seek; nil: every breach is
	out      *raft.Output
}

var epochs atomic.Uint64

// New is a world of n servers that replicate the key-value store, all of them
// followers of term 0 with empty logs.
func New(n int, seed uint64, settings Settings) *World {
	return NewWithMachine(n, seed, settings, "kv")
}

// NewWithMachine is New with another state machine, one of machine.Kinds.
func NewWithMachine(n int, seed uint64, settings Settings, kind string) *World {
	w, err := NewOf(Own, n, seed, settings, kind)
	if err != nil {
		panic(err) // an empty disk is a good one
	}
	return w
}

// NewOf is NewWithMachine with servers that run other programs. An error says
// which one does not start, and why.
func NewOf(programs Programs, n int, seed uint64, settings Settings, kind string) (*World, error) {
	w := &World{
		seed: seed, rng: seed, kind: kind, settings: settings, options: settings.RaftOptions(), programs: programs,
		epoch: epochs.Add(1), out: &raft.Output{},
	}
	var all raft.Configuration
	for i := range n {
		all.Voters = all.Voters.With(raft.ID(i + 1))
	}
	for range n {
		if err := w.addServer(all); err != nil {
			return nil, err
		}
	}
	for _, s := range w.servers {
		s.timed = 0
	}
	w.checkInvariants()
	return w, nil
}

// addServer is one more server, with an empty disk, that begins with a
// configuration.
func (w *World) addServer(initial raft.Configuration) error {
	s := &server{epoch: w.epoch, id: raft.ID(len(w.servers) + 1), machine: machine.New(w.kind)}
	s.first, s.disk.written.Initial = initial, initial
	s.disk.synced = s.disk.written
	if err := w.boot(s); err != nil {
		return fmt.Errorf("%s does not start: %w", s.id, err)
	}
	w.careful = w.careful || !w.programs(s.id).Known().Answers
	if _, ok := s.node.(judged); ok && !w.judges {
		w.judges = true
		w.depart(s)
	}
	w.servers = append(w.servers[:len(w.servers):len(w.servers)], s)
	w.touch(s.id)
	for _, e := range s.begun() { // before anything has happened: no event tells it
		w.sent++
		w.flights.add(&Flight{ID: w.sent, Envelope: e})
	}
	return nil
}

// Clone is an independent copy; nobody listens to it. It marks what the two
// share from now on, so that only one goroutine may clone a World at a time.
func (w *World) Clone() *World {
	c := *w
	w.epoch, c.epoch = epochs.Add(1), epochs.Add(1)
	w.flights.share(w.epoch)
	c.flights.share(c.epoch)
	c.servers = slices.Clone(w.servers)
	w.breaches, c.breaches = slices.Clip(w.breaches), slices.Clip(w.breaches)
	w.clients, c.clients = slices.Clip(w.clients), slices.Clone(w.clients)
	c.listener, c.out, c.handed, c.steps = nil, &raft.Output{}, nil, nil
	return &c
}

// Listen attaches a listener, or none.
func (w *World) Listen(l *Listener) {
	w.listener = l
	w.out.Record = l != nil && l.Decide
}

// Apply does what the action says, then looks whether every invariant still
// holds. An error says why nothing was done; nothing has changed then. It is a
// *Failure where a server had no answer.
func (w *World) Apply(a Action) error {
	if w.careful {
		return w.carefully(a)
	}
	if w.failure != nil {
		w.failure = nil
	}
	under := w.turn
	w.began = w.position
	if w.listener != nil {
		w.listener.begin(w, a)
	}
	_, time := a.(Advance)
	_, delivery := a.(DeliverNext)
	if !time && !delivery {
		w.flights.unpark()
	}
	err := a.apply(w)
	if err == nil && w.failure == nil {
		w.followUp()
	}
	if w.failure != nil {
		err = w.failure
	}
	if err != nil {
		w.follow = nil
		w.takeBackEvents(w.began)
		if w.listener != nil {
			w.listener.Refused, w.listener.RefusedAction = slices.Clone(w.out.Decided), a
		}
		return err
	}
	if !time && under.under {
		w.turn = turn{} // whoever intervenes ends the tick that was under way
	}
	w.checkInvariants()
	return nil
}

// carefully is Apply where a server may have no answer: then the world becomes what
// a copy from before is, but for who listens.
func (w *World) carefully(a Action) error {
	before := w.Clone()
	w.careful = false
	err := w.Apply(a)
	if w.careful = true; w.failure != nil {
		before.listener, before.out, before.failure = w.listener, w.out, w.failure
		*w = *before
	}
	return err
}

// checkInvariants looks at every server that the action may have changed.
func (w *World) checkInvariants() {
	if w.touched.Empty() && w.memory.Quiet() {
		return
	}
	watch := w.watch()
	for id := w.touched.Next(0); id != 0; id = w.touched.Next(id) {
		w.checkServer(&watch, w.servers[id-1])
	}
	w.touched, w.matched, w.handed = raft.Set{}, raft.Set{}, w.handed[:0] // who was handed something was touched
	if !w.memory.Quiet() {
		watch.CheckMatches()
	}
}

// checkServer looks at a server. Nearly always nothing has changed that is looked
// at: a heartbeat came, or an answer.
func (w *World) checkServer(watch *invariants.Watch, s *server) {
	n := s.state
	if n == nil || len(w.handed) > 0 ||
		!s.seen.Still(n.Role, n.CurrentTerm, n.CommitIndex, n.LastApplied, &n.Log, w.stateHash(s), n.Configuration) {
		var now invariants.State
		now.Handed = w.handed
		w.observe(s, &now)
		watch.Check(&s.seen, &now)
	}
	if !w.matched.Empty() && n != nil && n.Role == raft.Leader {
		watch.Raised(s.id, &s.seen, w.matched, w.touched.Without(s.id).Empty())
	}
}

// dropHanded forgets what the server's state machine was given: it was looked at,
// or the state machine has begun anew since.
func (w *World) dropHanded(id raft.ID) {
	if len(w.handed) > 0 {
		w.handed = slices.DeleteFunc(w.handed, func(h invariants.Handed) bool { return h.To == id })
	}
}

func (w *World) watch() invariants.Watch {
	return invariants.Watch{Memory: &w.memory, Cluster: (*watched)(w), Position: w.position}
}

// watched is the World as the invariants see it.
type watched World

func (w *watched) Servers() int                     { return len(w.servers) }
func (w *watched) Seen(id raft.ID) *invariants.Seen { return &w.servers[id-1].seen }
func (w *watched) Disk(id raft.ID) *raft.Log        { return &w.servers[id-1].disk.written.Log }
func (w *watched) Match(leader, id raft.ID) uint64 {
	return w.servers[leader-1].state.MatchIndex(id)
}
func (w *watched) Breached(b invariants.Breach) { (*World)(w).noteBreach(b) }

// maxBreaches bounds what is remembered of a world that is broken for good.
const maxBreaches = 100

// noteBreach remembers a breach, each once.
func (w *World) noteBreach(b invariants.Breach) {
	if w.recorded && (b.Property == invariants.Monotony || invariants.Bookkeeping(b.Property)) {
		return // the judge tells what goes back; steps of nearly the same moment may stand in either order
	}
	for i := range w.breaches {
		o := &w.breaches[i]
		// what is built on it goes wrong again and again
		same := o.Index == b.Index || invariants.Bookkeeping(b.Property)
		nodes := slices.Equal(o.Nodes, b.Nodes) || w.recorded && raft.SetOf(o.Nodes...) == raft.SetOf(b.Nodes...)
		if o.Property == b.Property && same && o.Term == b.Term && nodes {
			return
		}
	}
	if len(w.breaches) >= maxBreaches {
		return
	}
	b.Position = w.position + 1 // its own event
	b.OnPurpose = w.erring() && invariants.Bookkeeping(b.Property)
	w.breaches = append(w.breaches, b)
	tell(w, 0, Breached{b})
}

// mutable is the server, to be changed: its own copy where it was shared.
func (w *World) mutable(id raft.ID) *server {
	s := w.servers[id-1]
	if s.epoch != w.epoch {
		c := *s
		c.epoch = w.epoch
		c.reads, c.ready = slices.Clip(c.reads), slices.Clip(c.ready)
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
func (w *World) draw(s Span) int {
	if s.Min == s.Max {
		return s.Min
	}
	return s.Min + int(w.random()%uint64(s.Max-s.Min+1))
}

// strikes tells whether something of this chance happens now.
func (w *World) strikes(chance float64) bool {
	return chance > 0 && float64(w.random()>>11)/(1<<53) < chance
}

// What can be read of a world.
func (w *World) MachineKind() string           { return w.kind }
func (w *World) Size() int                     { return len(w.servers) }
func (w *World) Seed() uint64                  { return w.seed }
func (w *World) Settings() *Settings           { return &w.settings } // to be read only
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
func (w *World) Seek(harmful func(*invariants.Breach) bool) { w.harmful = harmful }

func (w *World) Memory() *invariants.Memory { return &w.memory }

// Known tells whether there is such a server, as an error that says which there are.
func (w *World) known(id raft.ID) error {
	if id == 0 || int(id) > len(w.servers) {
		return fmt.Errorf("there is no %s; the servers are S1 to S%d", id, len(w.servers))
	}
	return nil
}
