// Package execute is what an entry of the log makes of a state machine.
package execute

import (
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// Entry is the state machine's state after the entry at index, and the result of the entry's
// command. ok is false if the machine refused the command (thesis 6.3).
func Entry(m machine.Machine, index uint64, e raft.Entry) (next machine.Machine, result string, ok bool) {
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

// EntryAgain is Entry. With again, which is the bug NoSessions, it ignores the command's number.
func EntryAgain(m machine.Machine, index uint64, e raft.Entry, again bool) (machine.Machine, string, bool) {
	if e.Kind == raft.Numbered && again {
		return machine.ApplyAgain(m, e.Data)
	}
	return Entry(m, index, e)
}

// execution is what an entry made of a state.
type execution struct {
	index         uint64
	entry         raft.Entry
	before, after *machine.Sessions
	again         bool // with the bug NoSessions
	result        string
	ok            bool
}

// Recent remembers the latest executions of all servers. States never change, and a
// machine is deterministic. So the next server that applies the same entry to the same state
// takes, and shares, the state that the first one computed.
type Recent []execution

// recentExecutions is how many entries one server may be ahead of another that shares
// its states.
const recentExecutions = 16

// Once is EntryAgain, computed only if none of the remembered executions is the same.
func (x *Recent) Once(m machine.Machine, index uint64, e *raft.Entry, again bool) (machine.Machine, string, bool) {
	before, shared := m.(*machine.Sessions)
	if !shared {
		return EntryAgain(m, index, *e, again)
	}
	if *x == nil {
		*x = make([]execution, recentExecutions)
	}
	was := &(*x)[index%recentExecutions]
	known := was.index == index && was.again == again && was.entry == *e
	if known && was.before == before {
		return was.after, was.result, was.ok
	}
	next, result, ok := EntryAgain(before, index, *e, again)
	after := next.(*machine.Sessions)
	if known && index%uint64(max(64, after.Len())) == 0 && after.Hash() == was.after.Hash() &&
		after.Snapshot() == was.after.Snapshot() {
		return was.after, result, ok // from now on it shares states with the others again
	}
	if !known {
		*was = execution{index, *e, before, after, again, result, ok}
	}
	return after, result, ok
}
