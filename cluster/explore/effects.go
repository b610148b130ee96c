package explore

import (
	"sync/atomic"

	"raftlab/cluster/invariants"
)

// effect is what an action at a server has done, in numbers of parts.
type effect struct {
	key    uint64
	server int32
	rest   int32 // -1: as before
	sent   []int32
	done   bool // false: the action could not be taken
	alone  bool // the same would happen whatever the other parts are
	breach *invariants.Breach
}

// effects remembers what actions did, so that the same thing need not happen
// twice: a place for each key, where the newer takes the place of the older.
// All goroutines use it at once.
type effects struct {
	table []atomic.Pointer[effect]
	n     atomic.Int64
}

const mostEffects = 1 << 21

func newEffects() *effects { return &effects{table: make([]atomic.Pointer[effect], 1<<12)} }

func (c *effects) place(key uint64) *atomic.Pointer[effect] {
	return &c.table[invariants.Mix(0, key)&uint64(len(c.table)-1)]
}

func (c *effects) get(key uint64) *effect {
	if e := c.place(key).Load(); e != nil && e.key == key {
		return e
	}
	return nil
}

func (c *effects) put(e *effect) {
	if c.place(e.key).Swap(e) == nil {
		c.n.Add(1)
	}
}

// grow makes room where it is needed, while no other goroutine looks.
func (c *effects) grow() {
	for int(c.n.Load()) > len(c.table)/2 && len(c.table) < mostEffects {
		old := c.table
		c.table = make([]atomic.Pointer[effect], 4*len(old))
		c.n.Store(0)
		for i := range old {
			if e := old[i].Load(); e != nil {
				c.put(e)
			}
		}
	}
}
