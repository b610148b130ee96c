package explore

import (
	"sync/atomic"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
)

// effect is what an action at a server has done, in numbers of parts.
type effect struct {
	key    uint64
	server int32
	rest   int32 // -1: as before
	sent   []int32
	done   bool          // false: the action could not be taken
	alone  bool          // the same would happen whatever the other parts are
	deed   *cluster.Deed // what has happened at the server, of which more comes than at first; nil: not known
	breach *invariants.Breach
}

// effects remembers what actions did, so that the same thing need not happen
// twice: a few places for each key, where a newer takes the place of an older
// one when all are taken. All goroutines use it at once.
type effects struct {
	table []atomic.Pointer[effect]
	n     atomic.Int64
}

const (
	mostEffects = 1 << 23
	ways        = 8 // places of a key, one cache line
)

func newEffects() *effects { return &effects{table: make([]atomic.Pointer[effect], 1<<12)} }

func (c *effects) places(key uint64) []atomic.Pointer[effect] {
	at := invariants.Mix(0, key) & uint64(len(c.table)-1) &^ (ways - 1)
	return c.table[at : at+ways : at+ways]
}

func (c *effects) get(key uint64) *effect {
	places := c.places(key)
	for i := range places {
		e := places[i].Load()
		if e == nil {
			return nil
		}
		if e.key == key {
			return e
		}
	}
	return nil
}

func (c *effects) put(e *effect) {
	places := c.places(e.key)
	for i := range places {
		old := places[i].Load()
		if old == nil && places[i].CompareAndSwap(nil, e) {
			c.n.Add(1)
			return
		}
		if old != nil && old.key == e.key {
			places[i].Store(e)
			return
		}
	}
	places[invariants.Mix(1, e.key)%ways].Store(e)
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
