package live

import (
	"sync"
	"sync/atomic"

	"raftlab/raft"
)

// links is the links that are cut: cuts[from] is the servers that from cannot reach, and nil
// means that no link is cut. A change replaces the whole value, so readers need no lock.
type links struct {
	mu   sync.Mutex
	cuts atomic.Pointer[[]raft.Set]
}

func (l *links) cut(from, to raft.ID) bool {
	cuts := l.cuts.Load()
	return cuts != nil && (*cuts)[from].Has(to)
}
