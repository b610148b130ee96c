package live

import "raftlab/raft"

// Message is a message on its way. Number tells messages of a run apart; a
// Transport carries it along, for the record.
type Message struct {
	Number uint64
	raft.Envelope
}

// Transport carries messages between the servers. It may lose, delay, reorder
// and duplicate them, as any network may (§5.5), and must not change them.
// Where they leave the process, encoding/gob can write them: all fields are
// exported.
type Transport interface {
	// Start is called once, before anything is sent. deliver gives messages
	// that have arrived, all for the same server, to that server; it may be
	// called from any goroutine, returns at once, and keeps nothing of the slice.
	Start(deliver func(to raft.ID, batch []Message)) error
	// Send takes messages for one server, the oldest first. It is called from
	// the servers' goroutines and must not wait; the slice is the caller's again
	// when it returns.
	Send(to raft.ID, batch []Message)
	// Close is called once, at the end. Nothing may be delivered after it.
	Close() error
}

// memory is the transport between goroutines of one process: what is sent has
// arrived.
type memory struct {
	deliver func(to raft.ID, batch []Message)
}

func (m *memory) Start(deliver func(to raft.ID, batch []Message)) error {
	m.deliver = deliver
	return nil
}

func (m *memory) Send(to raft.ID, batch []Message) { m.deliver(to, batch) }
func (m *memory) Close() error                     { return nil }
