package explore

import "math/bits"

// seen is a set of fingerprints, in shards by their highest bits, so that several
// goroutines may add to it at once, each to shards of its own.
type seen struct{ shards [shards]shard }

const (
	shardBits = 6
	shards    = 1 << shardBits
)

// shard is open addressing, eight bytes a place, with the fingerprints nearly in
// their order: when it grows, which it does by little, one walk from end to end
// fills the larger table from end to end.
type shard struct {
	table []uint64
	n     int
}

func (s *seen) init() {
	for i := range s.shards {
		s.shards[i].table = make([]uint64, 1<<10)
	}
}

// shardOf is the number of the shard for k.
func shardOf(k uint64) int { return int(k >> (64 - shardBits)) }

// has tells whether k is in the set.
func (s *seen) has(k uint64) bool {
	t := &s.shards[shardOf(k)]
	k = max(k, 1)
	return t.table[t.place(k)] == k
}

// touch begins to fetch the place of k from memory; what it returns means
// nothing, but has to be used for the fetch not to be left out.
func (s *seen) touch(k uint64) uint64 {
	t := &s.shards[shardOf(k)]
	return t.table[t.home(k)]
}

// add puts k in the set, and tells whether it is new. While it is at work no
// other goroutine may look at k's shard.
func (s *seen) add(k uint64) bool { return s.shards[shardOf(k)].add(max(k, 1)) }

// places is how many it has, those that are empty included.
func (s *seen) places() (n int) {
	for i := range s.shards {
		n += len(s.shards[i].table)
	}
	return n
}

// home is where the search for k begins.
func (t *shard) home(k uint64) uint64 {
	at, _ := bits.Mul64(k<<shardBits, uint64(len(t.table)))
	return at
}

// place is where k is, or where it would go. 0 marks an empty place, so the
// fingerprint 0 counts as 1.
func (t *shard) place(k uint64) uint64 {
	at := t.home(k)
	for t.table[at] != k && t.table[at] != 0 {
		if at++; at == uint64(len(t.table)) {
			at = 0
		}
	}
	return at
}

func (t *shard) add(k uint64) bool {
	at := t.place(k)
	if t.table[at] == k {
		return false
	}
	t.table[at] = k
	if t.n++; t.n > len(t.table)/4*3 {
		old := t.table
		t.table = make([]uint64, len(old)/4*5)
		for _, k := range old {
			if k != 0 {
				t.table[t.place(k)] = k
			}
		}
	}
	return true
}

// recent is keys that a worker has generated of late in one search: what is here is
// in the set of states seen, or waits to be put there before any other that has its
// key, and need not be looked up again. Most states are reached again at once, by
// the same steps in another order.
type recent struct {
	run  *run
	keys [1 << recentBits]uint64
}

const recentBits = 14

// of makes it that of a search.
func (c *recent) of(r *run) {
	if c.run != r {
		*c = recent{run: r}
	}
}

// add puts a key there, and tells whether it was not.
func (c *recent) add(k uint64) bool {
	at := &c.keys[k%(1<<recentBits)]
	if *at == k {
		return false
	}
	*at = k
	return true
}
