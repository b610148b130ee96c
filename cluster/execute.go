package cluster

import (
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// execute is an entry applied to the server's state machine, or a copy.
func (w *World) execute(s *server, m machine.Machine, index uint64, e raft.Entry) (machine.Machine, string, bool) {
	if e.Kind == raft.Numbered && w.bug(NoSessions, s.id) {
		return machine.ApplyAgain(m, e.Data)
	}
	return Execute(m, index, e)
}

// Execute is the state machine's state after the entry at index, and the result
// of the entry's command; ok is false where the machine refused it (thesis 6.3).
func Execute(m machine.Machine, index uint64, e raft.Entry) (next machine.Machine, result string, ok bool) {
	switch e.Kind {
	case raft.Command:
		next, result = m.Apply(e.Data)
		return next, result, true
	case raft.Session:
		return machine.Register(m, index, e.Data), "", true
	case raft.Numbered:
		return machine.ApplyNumbered(m, e.Data)
	}
	return m, "", true
}

// step is what an entry made of a state. States never change, and a machine is
// deterministic: the next server that comes from the same state to the same
// entry needs not compute it again, and shares what the first one has.
type step struct {
	index         uint64
	entry         raft.Entry
	before, after *machine.Sessions
	again         bool // as the mistake NoSessions applies it
	result        string
	ok            bool
}

// recentSteps is how many entries one server may be ahead of another that shares
// its states.
const recentSteps = 16

// executeOnce is execute for the entry that a server applies next.
func (w *World) executeOnce(s *server, index uint64, e *raft.Entry) (machine.Machine, string, bool) {
	before, shared := s.machine.(*machine.Sessions)
	if !shared {
		return w.execute(s, s.machine, index, *e)
	}
	if w.steps == nil {
		w.steps = make([]step, recentSteps)
	}
	again := w.bug(NoSessions, s.id)
	was := &w.steps[index%recentSteps]
	known := was.index == index && was.again == again && was.entry == *e
	if known && was.before == before {
		return was.after, was.result, was.ok
	}
	next, result, ok := w.execute(s, before, index, *e)
	after := next.(*machine.Sessions)
	if known && index%uint64(max(64, after.Len())) == 0 && after.Hash() == was.after.Hash() &&
		after.Snapshot() == was.after.Snapshot() {
		return was.after, result, ok // from here on it shares states with the others again
	}
	if !known {
		*was = step{index, *e, before, after, again, result, ok}
	}
	return after, result, ok
}
