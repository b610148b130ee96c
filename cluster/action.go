package cluster

import (
	"raftlab/cluster/network"
	"raftlab/raft"
)

// Actions that time and the network do by themselves; History stores runs of
// them as one.
type (
	// Advance is the next thing that happens while time passes (run).
	Advance struct{}
	// DeliverNext delivers what is due first, and no time passes (settle). Among
	// restricts it to messages between its members, unless it is empty.
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
	// Arrive delivers as time does, so the message may be lost or doubled (step).
	Arrive struct{ ID uint64 }
	// Inject puts a hand-made message in flight.
	Inject struct{ raft.Envelope }
	// SetLinks cuts or mends links, one direction each.
	SetLinks struct {
		Cut   bool
		Links []network.Link
	}
	// Partition makes the groups the only ones whose members reach each other.
	Partition struct{ Groups []raft.Set }
)

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
