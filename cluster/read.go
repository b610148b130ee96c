package cluster

import (
	"fmt"
	"runtime"
	"slices"

	"raftlab/cluster/clients"
	"raftlab/cluster/machine"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// What can be read of the servers of a world. None of it may be changed.

// IDs is every server, in order.
func (w *World) IDs() []raft.ID {
	ids := make([]raft.ID, len(w.servers))
	for i := range ids {
		ids[i] = raft.ID(i + 1)
	}
	return ids
}

// Has tells whether there is such a server.
func (w *World) Has(id raft.ID) bool { return id > 0 && int(id) <= len(w.servers) }

// State is Figure 2 of the server that runs there. It is nil while the server is down.
func (w *World) State(id raft.ID) *raft.State { return w.servers[id-1].state }

// Up tells whether the server runs, Frozen whether it is stalled.
func (w *World) Up(id raft.ID) bool     { return w.servers[id-1].up() }
func (w *World) Frozen(id raft.ID) bool { return w.servers[id-1].frozen }

// Machine is the server's replica of the state machine, nil while it is down.
func (w *World) Machine(id raft.ID) machine.Machine {
	if s := w.servers[id-1]; s.up() {
		return s.machine
	}
	return nil
}

// Disk is what was written to stable storage, and what of it is synced.
func (w *World) Disk(id raft.ID) (written, synced *raft.Stable) {
	d := &w.servers[id-1].disk
	return &d.Written, d.Synced()
}

// Unsynced tells whether a crash would lose something that was written.
func (w *World) Unsynced(id raft.ID) bool { return w.servers[id-1].disk.Unsynced() }

// LeaseLeft is how many ticks of its clock a leader's lease still lasts (thesis
// 6.4.1); 0: it has none.
func (w *World) LeaseLeft(id raft.ID) int { return w.servers[id-1].timers.lease }

// Timer is how many ticks it takes until the server's timer fires (a leader's
// heartbeat, otherwise the election timer), and what it was set to. Both are 0
// while it is down.
func (w *World) Timer(id raft.ID) (left, of int) {
	s := w.servers[id-1]
	switch {
	case !s.up():
		return 0, 0
	case s.state.Role == raft.Leader:
		return s.timers.heartbeat, w.settings.HeartbeatInterval
	}
	return s.timers.election, s.timers.drawn
}

// SinceHeard is how many ticks of its own clock ago a server heard from a leader
// that it still counts as recent (thesis 4.2.3); ok is false where there is none.
func (w *World) SinceHeard(id raft.ID) (ticks int, ok bool) {
	s := w.servers[id-1]
	if !s.up() || !s.state.HeardLeader || s.timers.heard == 0 {
		return 0, false
	}
	return w.settings.ElectionTimeout.Min - s.timers.heard, true
}

// Leaders is the servers that are up and believe they lead.
func (w *World) Leaders() []raft.ID {
	var out []raft.ID
	for _, s := range w.servers {
		if s.up() && s.state.Role == raft.Leader {
			out = append(out, s.id)
		}
	}
	return out
}

// Leader is the leader of the highest term, or 0.
func (w *World) Leader() raft.ID {
	var best raft.ID
	for _, id := range w.Leaders() {
		if best == 0 || w.State(id).CurrentTerm > w.State(best).CurrentTerm {
			best = id
		}
	}
	return best
}

// Stored is what was written to a server's stable storage, synced or not.
func (w *World) Stored(id raft.ID) *raft.Stable { return &w.servers[id-1].disk.Written }

// Guests is the servers that run another program, and the name of their program. They are none
// and "" if all are raftlab's own.
func (w *World) Guests() (on raft.Set, name string) {
	for _, s := range w.servers {
		if p := w.programs(s.id); p != program.Own(s.id) {
			on, name = on.With(s.id), fmt.Sprint(p)
		}
	}
	return on, name
}

// Workers is how many goroutines search best from here: one for each core, and twice as
// many where servers wait for another process.
func (w *World) Workers() int {
	n := runtime.GOMAXPROCS(0)
	for _, s := range w.servers {
		if w.programs(s.id).Known().Waits {
			return 2 * n
		}
	}
	return n
}

// Running is the servers that run a program.
func (w *World) Running(p program.Program) (on raft.Set) {
	for _, s := range w.servers {
		if w.programs(s.id) == p {
			on = on.With(s.id)
		}
	}
	return on
}

// Clients is every client, in the order of their first request.
func (w *World) Clients() []*clients.Client { return w.clients }

// Client is the client of that name, or nil.
func (w *World) Client(name string) *clients.Client {
	if i := w.clientAt(name); i >= 0 {
		return w.clients[i]
	}
	return nil
}

func (w *World) clientAt(name string) int {
	return slices.IndexFunc(w.clients, func(c *clients.Client) bool { return c.Name == name })
}

// Moments is how often a client has begun or ended an operation so far.
func (w *World) Moments() int { return w.operations.Moments() }

// Operations is every request of the clients so far, in the order in which they
// were sent, and the state machine's state before the first.
func (w *World) Operations() (start string, list []clients.Operation) {
	return w.operations.Start, w.operations.List()
}

// TimerBegan is the position of the first event of the action that last restarted a
// server's election timer. It is 0 if the timer runs since the world began.
func (w *World) TimerBegan(id raft.ID) uint64 { return w.servers[id-1].timed }
