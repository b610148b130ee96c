package cluster

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// MaxServers is the largest cluster.
const MaxServers = 99

// New is a world of n servers that replicate the key-value store, all of them
// followers of term 0 with empty logs.
func New(n int, seed uint64, s setting.Settings) *World { return NewWithMachine(n, seed, s, "kv") }

// NewWithMachine is New with another state machine, one of machine.Kinds.
func NewWithMachine(n int, seed uint64, settings setting.Settings, kind string) *World {
	w, err := NewOf(program.Own, n, seed, settings, kind)
	if err != nil {
		panic(err) // raftlab's own program starts from every empty disk
	}
	return w
}

// NewOf is NewWithMachine with servers that run other programs. An error says
// which one does not start, and why.
func NewOf(programs program.Programs, n int, seed uint64, settings setting.Settings, kind string) (*World, error) {
	w := &World{rng: seed, epoch: epochs.Add(1), setup: &setup{
		seed: seed, kind: kind, settings: settings, options: settings.RaftOptions(), programs: programs,
	}}
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
	w.position = 0 // a history begins here, so what a start departs from is before its first event
	for i := range w.breaches {
		w.breaches[i].Position = 0
	}
	return w, nil
}

// addServer adds a server with an empty disk and an initial configuration.
func (w *World) addServer(initial raft.Configuration) error {
	s := &server{epoch: w.epoch, id: raft.ID(len(w.servers) + 1), machine: machine.New(w.kind)}
	s.first, s.disk.Written.Initial = &initial, initial
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
	for _, e := range s.begun() { // no event tells of this, because nothing has happened yet
		w.sent++
		w.flights.Add(&Flight{ID: w.sent, Envelope: e})
	}
	return nil
}

// boot starts the server from its disk. The state machine starts empty, or from the
// snapshot if there is one (section 7).
func (w *World) boot(s *server) error {
	node, err := w.start(s.id, *s.disk.Synced())
	if err != nil {
		return err
	}
	empty := machine.New(w.kind)
	if snap := node.State().Snapshot; snap != nil {
		restored, err := empty.Restore(snap.Data)
		if err != nil && !w.recorded { // a real run may have had another state machine
			return err
		}
		if err == nil {
			empty = restored
		}
	}
	s.run(node)
	s.frozen, s.machine = false, empty
	w.dropHanded(s.id)
	s.ticks = 0
	s.disk.Crash()
	s.forget()
	if _, ok := node.(judged); ok { // another program may save when it starts
		s.disk.Write(node.Stable(), w.settings.Fsync)
	}
	w.startTimers(s)
	if w.judges {
		w.depart(s)
	}
	return nil
}

// sendBegun does what the server did when it started: it applied what its disk says is
// committed, which no server of raftlab's own does, and sent messages. The start is told before.
func (w *World) sendBegun(s *server) {
	w.atWork().out.Reset()
	first, last := s.state.Log.FirstIndex(), min(s.state.LastApplied, s.state.Log.LastIndex())
	if first <= last {
		tell(w, s.id, event.Applied{First: first, Last: last})
	}
	for i := first; i <= last; i++ {
		w.applyOne(s, i)
	}
	for k, e := range s.begun() {
		w.send(e, raft.Sent(k))
	}
	if w.judges {
		s.remember(s.begun())
	}
}

// start starts a server from what its disk holds.
func (w *World) start(id raft.ID, stable raft.Stable) (program.Node, error) {
	n, err := w.programs(id).Start(id, stable, w.optionsOf(id))
	return n, w.fails(id, starting{}, err)
}
