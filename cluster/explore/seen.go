package explore

import "math/bits"

// seen is a set of fingerprints, in shards by their highest bits. Several goroutines may add to it
// at once, each to its own shards. A lot of candidates belongs to one shard.
type seen struct{ shards [lots]shard }

// shard is a table with open addressing, of eight bytes a place, in which the fingerprints are nearly
// sorted. It consists of blocks, so that it can grow in place by a little at a time: one pass
// from its end to its beginning moves each fingerprint to its new place.
type shard struct {
	blocks []*block
	places uint64
	n      int
}

const blockBits = 12

type block [1 << blockBits]uint64

func (s *seen) init() {
	for i := range s.shards {
		s.shards[i].more()
	}
}

// has tells whether k is in the set.
func (s *seen) has(k uint64) bool {
	k = max(k, 1)
	return *s.shards[lotOf(k)].place(k) == k
}

// touch fetches the place of k from memory ahead of its use. The result has no meaning, but must be
// used, so that the compiler does not leave the fetch out.
func (s *seen) touch(k uint64) uint64 {
	t := &s.shards[lotOf(k)]
	return *t.at(t.home(k))
}

// add adds k to the set, and tells whether it is new. No other goroutine may use k's shard at the same
// time.
func (s *seen) add(k uint64) bool {
	k = max(k, 1)
	return s.shards[lotOf(k)].add(k)
}

// places is how many places it has, including empty ones.
func (s *seen) places() (n int) {
	for i := range s.shards {
		n += int(s.shards[i].places)
	}
	return n
}

func (t *shard) at(i uint64) *uint64 { return &t.blocks[i>>blockBits][i%(1<<blockBits)] }

// home is where the search for k begins.
func (t *shard) home(k uint64) uint64 {
	at, _ := bits.Mul64(k<<lotBits, t.places)
	return at
}

// place is where k is, or where it would go. 0 marks an empty place, so the
// fingerprint 0 counts as 1.
func (t *shard) place(k uint64) *uint64 {
	i := t.home(k)
	for {
		at := t.at(i)
		if *at == k || *at == 0 {
			return at
		}
		if i++; i == t.places {
			i = 0
		}
	}
}

func (t *shard) add(k uint64) bool {
	at := t.place(k)
	if *at == k {
		return false
	}
	*at = k
	if t.n++; t.n > int(t.places/4*3) {
		t.grow()
	}
	return true
}

// more adds a quarter of its places to it, at least a block.
func (t *shard) more() {
	for range max(1, len(t.blocks)/4) {
		t.blocks = append(t.blocks, new(block))
	}
	t.places = uint64(len(t.blocks)) << blockBits
}

// grow makes room. The few fingerprints that cannot be moved past those that must still move are put
// back at the end.
func (t *shard) grow() {
	was := t.places
	t.more()
	var left []uint64
	for i := int(was) - 1; i >= 0; i-- {
		at := t.at(uint64(i))
		k := *at
		if k == 0 {
			continue
		}
		*at = 0
		to := t.home(k)
		if to <= uint64(i) {
			left = append(left, k)
			continue
		}
		for to < t.places && *t.at(to) != 0 {
			to++
		}
		if to == t.places {
			left = append(left, k)
			continue
		}
		*t.at(to) = k
	}
	for _, k := range left {
		*t.place(k) = k
	}
}

// lots is the number of parts of the set, by the highest bits of the fingerprints.
const (
	lotBits = 4
	lots    = 1 << lotBits
)

// lotOf is the number of the lot for k.
func lotOf(k uint64) uint8 { return uint8(k >> (64 - lotBits)) }

// recent is keys that a worker has recently generated in one search. They are in the set of states
// seen, or will be added to it before any equal one, so they need not be looked up again. Most
// states are soon reached again, by the same steps in another order.
type recent struct {
	search any // the search that they are of, a pointer
	keys   [1 << recentBits]uint64
}

const recentBits = 14

// of prepares it for a search, which empties it if it was of another.
func (c *recent) of(search any) {
	if c.search != search {
		*c = recent{search: search}
	}
}

// add adds a key, and tells whether it was not there.
func (c *recent) add(k uint64) bool {
	at := &c.keys[k%(1<<recentBits)]
	if *at == k {
		return false
	}
	*at = k
	return true
}
