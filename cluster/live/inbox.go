package live

import (
	"sync"

	"raftlab/raft"
)

// maxInbox is how many inputs may wait for a server. Any more are lost, as on a network.
const maxInbox = 1 << 17

// inbox is the inputs that wait for a server's goroutine. Adding one never blocks, so two
// servers cannot wait for each other.
type inbox struct {
	mu     sync.Mutex
	items  []input
	closed bool
	wake   chan struct{} // holds a token while something may be waiting
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// put adds an input and tells whether it was taken.
func (b *inbox) put(one input) bool {
	b.mu.Lock()
	if b.closed || len(b.items) >= maxInbox && one.kind == received {
		b.mu.Unlock()
		return false
	}
	b.items = append(b.items, one)
	first := len(b.items) == 1
	b.mu.Unlock()
	if first {
		b.ring()
	}
	return true
}

// putMail adds messages, and returns how many of them fitted, counted from the first.
func (b *inbox) putMail(mail []Message) int {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return 0
	}
	first := len(b.items) == 0
	n := max(0, min(len(mail), maxInbox-len(b.items)))
	for _, m := range mail[:n] {
		b.items = append(b.items, input{kind: received, message: m})
	}
	b.mu.Unlock()
	if first && n > 0 {
		b.ring()
	}
	return n
}

func (b *inbox) ring() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// take returns the inputs that wait. spare is memory for the ones that come next.
func (b *inbox) take(spare []input) []input {
	b.mu.Lock()
	items := b.items
	b.items = spare[:0]
	b.mu.Unlock()
	return items
}

// close refuses all later inputs, and returns those that waited.
func (b *inbox) close() []input {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	items := b.items
	b.items = nil
	return items
}

// arrive takes messages from the transport. A message over a cut link, or for a server that
// is down, is lost.
func (c *Cluster) arrive(to raft.ID, batch []Message) {
	s := c.server(to)
	if s == nil {
		return
	}
	if c.links.cuts.Load() != nil {
		batch = c.withoutCut(to, batch)
	}
	taken := 0
	if p := s.process.Load(); p != nil {
		taken = p.inbox.putMail(batch)
	}
	c.recorder.lost(batch[taken:])
}

// withoutCut is the messages that no cut link stops.
func (c *Cluster) withoutCut(to raft.ID, batch []Message) []Message {
	var kept, lost []Message
	for _, m := range batch {
		if c.links.cut(m.From, to) {
			lost = append(lost, m)
		} else {
			kept = append(kept, m)
		}
	}
	c.recorder.lost(lost)
	return kept
}
