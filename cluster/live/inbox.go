package live

import (
	"sync"

	"raftlab/raft"
)

// maxInbox bounds what waits for a server; what comes beyond it is lost, as on
// any network.
const maxInbox = 1 << 17

// inbox is what waits for a server's goroutine. Nobody who puts something in
// ever waits, so that no two servers can wait for one another.
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

// putMail adds messages, and tells how many of them, from the first on, there
// was room for.
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

// take returns what waits; spare is memory for what comes next.
func (b *inbox) take(spare []input) []input {
	b.mu.Lock()
	items := b.items
	b.items = spare[:0]
	b.mu.Unlock()
	return items
}

// close refuses what comes from now on, and returns what waited.
func (b *inbox) close() []input {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	items := b.items
	b.items = nil
	return items
}

// arrive is where messages come out of the transport: a message that comes
// over a cut link, or to a dead server, is lost.
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
