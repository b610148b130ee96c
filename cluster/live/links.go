package live

import (
	"sync"
	"sync/atomic"

	"raftlab/raft"
)

// links is which links are cut: cuts[from] is to whom. It is replaced as a
// whole, so that looking costs nothing; nil: none is cut.
type links struct {
	mu   sync.Mutex
	cuts atomic.Pointer[[]raft.Set]
}

func (l *links) cut(from, to raft.ID) bool {
	cuts := l.cuts.Load()
	return cuts != nil && (*cuts)[from].Has(to)
}
