// Package clients is what is known of clients: each with its last request, and a ledger of all requests.
// It knows no servers: who asks whom, and when, is up to its caller.
package clients

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// The values of Client.Status.
const (
	Pending = "pending" // the entry, or that of its session, is in a leader's log and not yet applied
	Done    = "done"    // committed, applied, and answered with a result
	Unknown = "unknown" // the client cannot know whether it was done
)

// Client is one client and its last request. It is outside the network, and reaches every
// server that is up. A Client is never changed; a new one takes its place.
type Client struct {
	Name    string
	Leader  raft.ID // the server that it takes for the leader, or 0
	Session uint64  // the number of its last request, from 1 (a session of the thesis is Opened and Serial)
	Again   uint64  // how often it has asked that one anew, after it had the answer of a read
	Command string  // what it asked
	Data    string  // the same as it is in the log, with its number if it is in a session
	Status  string  // Pending, Done or Unknown
	Result  string  // what the state machine answered, once Done
	Why     string  // for Unknown: what happened
	Node    raft.ID // the server that accepted it, or 0
	Index   uint64  // the entry that it became there or, of a read, up to which the answer had applied; 0: none yet
	Term    uint64  // of that entry; of a read, the term in which it was asked
	Tries   int     // how often it was sent
	Opened  uint64  // the index of the entry that opened its session (thesis 6.3); 0: it has none
	Opens   uint64  // while it waits for a session: the index of the entry that will open it, and its term
	OpensIn uint64
	Serial  uint64 // of its last command in the session
	InOrder bool   // its request belongs to a session, and so has a number
	Began   bool   // the Ledger has the beginning of the request
	Read    uint64 // the number of its read, while one is under way
	Mode    string // how its read is answered; "" for what goes through the log
}

// Next is what the client's next request begins with.
func (c *Client) Next() Client {
	return Client{Name: c.Name, Leader: c.Leader, Session: c.Session, Opened: c.Opened, Serial: c.Serial}
}

// Number gives the command the next number of the client's session, if there is one.
func (c *Client) Number() {
	if c.InOrder && c.Opened != 0 {
		c.Serial++
		c.Data = machine.InSession(c.Name, c.Serial, c.Command)
	}
}

// Entry is what the leader must append for the client: its command, or the entry that
// opens its session (thesis 6.3, RegisterClient).
func (c *Client) Entry() (raft.Kind, string) {
	switch {
	case !c.InOrder:
		return raft.Command, c.Data
	case c.Opened == 0:
		return raft.Session, machine.SessionName(c.Name)
	}
	return raft.Numbered, c.Data
}

// WaitsFor is the entry that a client waits for, and its term.
func (c *Client) WaitsFor() (index, term uint64) {
	if c.Opens != 0 {
		return c.Opens, c.OpensIn
	}
	return c.Index, c.Term
}

// Hash is the hash of what a client waits for or knows.
func (c *Client) Hash(r raft.Renaming) uint64 {
	h := xxhash.Sum64String(c.Name)
	for _, text := range []string{c.Data, c.Status, c.Result, c.Mode} {
		h = invariants.Mix(h, xxhash.Sum64String(text))
	}
	for _, v := range []uint64{uint64(r.Of(c.Leader)), uint64(r.Of(c.Node)), c.Index, c.Term, c.Session, c.Serial,
		c.Opened, c.Opens, c.OpensIn, uint64(c.Tries), c.Again, c.Read} {
		h = invariants.Mix(h, v)
	}
	if c.InOrder {
		h = invariants.Mix(h, 1)
	}
	if c.Began {
		h = invariants.Mix(h, 2)
	}
	return h
}
