package live

import "raftlab/raft"

// Message is a message in flight. Number is its number in this run, which a Transport must
// keep with it for the recording.
type Message struct {
	Number uint64
	raft.Envelope
}

// Transport carries messages between the servers. It may lose, delay, reorder and
// duplicate them, as any network may (§5.5), but must not change them. A Transport that
// leaves the process can write them with encoding/gob, because all fields are exported.
type Transport interface {
	// Start is called once, before the first Send. The Transport calls deliver with
	// messages that have arrived for one server. deliver may be called from any
	// goroutine, returns at once, and does not keep the slice.
	Start(deliver func(to raft.ID, batch []Message)) error
	// Send takes messages for one server, the oldest first. It is called from the
	// servers' goroutines and must not block, nor keep the slice after it returns.
	Send(to raft.ID, batch []Message)
	// Close is called once, at the end. The Transport must not call deliver after it.
	Close() error
}

// memory is the transport within one process. Send delivers at once.
type memory struct {
	deliver func(to raft.ID, batch []Message)
}

func (m *memory) Start(deliver func(to raft.ID, batch []Message)) error {
	m.deliver = deliver
	return nil
}

func (m *memory) Send(to raft.ID, batch []Message) { m.deliver(to, batch) }
func (m *memory) Close() error                     { return nil }
