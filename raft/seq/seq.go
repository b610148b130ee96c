// Package seq holds a sequence whose copies share storage.
//
// A Seq is a value: copying the struct copies the sequence, in constant time.
// Both copies may then grow. Elements live in chunks that are written once:
// a slot is claimed before it is written, and only the copy that has claimed
// the slot after its own last element writes there. A copy that finds the slot
// taken (another branch of history was there first) copies the last chunk and
// goes its own way. So two branches never meet in one array, and an element
// that was once handed out never changes.
//
// Different goroutines may use different copies, but not the same Seq variable.
package seq

import "sync/atomic"

// chunkLen is the number of elements in a full chunk.
const chunkLen = 128

// chunk is a run of slots. Those below used are written and never change.
type chunk[T any] struct {
	used  atomic.Int32
	items []T // len is the capacity, at most chunkLen
}

// spine is the list of chunks; its slots are claimed as a chunk's are.
type spine[T any] struct {
	used atomic.Int32
	ptrs []*chunk[T]
}

// Seq is a sequence of T. The zero value is empty.
type Seq[T any] struct {
	spine  *spine[T]
	lo, hi uint32 // the chunks spine.ptrs[lo:hi] belong to this copy
	start  uint32 // where in the first chunk the first element is
	n      uint32 // small, since states are copied a lot and have many a Seq
}

// Len is the number of elements.
func (s *Seq[T]) Len() int { return int(s.n) }

// Is tells whether two sequences are copies of one, and neither has changed since.
func (s *Seq[T]) Is(t *Seq[T]) bool {
	return s.n == t.n && s.spine == t.spine && s.start == t.start && s.lo == t.lo && s.hi == t.hi
}

// At is element i, counted from 0. It panics if there is none.
func (s *Seq[T]) At(i int) *T {
	if uint(i) >= uint(s.n) {
		panic("seq: index out of range")
	}
	p := uint(s.start) + uint(i) // unsigned divisions are shifts
	return &s.spine.ptrs[uint(s.lo)+p/chunkLen].items[p%chunkLen]
}

// Append adds v at the end.
func (s *Seq[T]) Append(v T) {
	at := int((s.start + s.n) % chunkLen)
	if at != 0 {
		c := s.spine.ptrs[s.hi-1]
		if at < len(c.items) && c.used.CompareAndSwap(int32(at), int32(at+1)) {
			c.items[at] = v
			s.n++
			return
		}
		c = c.grown(at)
		s.replaceLast(c)
		c.items[at] = v
		s.n++
		return
	}
	size := chunkLen
	if s.n == 0 {
		size, s.start = 4, 0
	}
	c := &chunk[T]{items: make([]T, size)}
	c.used.Store(1)
	c.items[0] = v
	s.push(c)
	s.n++
}

// grown is a copy of the first at elements with room for one more, claimed.
func (c *chunk[T]) grown(at int) *chunk[T] {
	size := len(c.items)
	for size <= at {
		size = min(size*4, chunkLen)
	}
	d := &chunk[T]{items: make([]T, size)}
	copy(d.items, c.items[:at])
	d.used.Store(int32(at + 1))
	return d
}

// push claims the spine's next slot for c, or copies the spine.
func (s *Seq[T]) push(c *chunk[T]) {
	if s.spine != nil && int(s.hi) < len(s.spine.ptrs) &&
		s.spine.used.CompareAndSwap(int32(s.hi), int32(s.hi+1)) {
		s.spine.ptrs[s.hi] = c
		s.hi++
		return
	}
	s.ownSpine(s.hi-s.lo, 1)
	s.spine.ptrs[s.hi] = c
	s.spine.used.Add(1)
	s.hi++
}

// replaceLast replaces the last chunk by c, on a new spine.
func (s *Seq[T]) replaceLast(c *chunk[T]) {
	s.ownSpine(s.hi-s.lo-1, 1)
	s.spine.ptrs[s.hi] = c
	s.spine.used.Add(1)
	s.hi++
}

// ownSpine moves the first keep chunks to a new spine with room to grow.
func (s *Seq[T]) ownSpine(keep, room uint32) {
	sp := &spine[T]{ptrs: make([]*chunk[T], keep+room+keep/4)}
	if keep > 0 {
		copy(sp.ptrs, s.spine.ptrs[s.lo:s.lo+keep])
	}
	sp.used.Store(int32(keep))
	s.spine, s.lo, s.hi = sp, 0, keep
}

// Truncate keeps the first n elements.
func (s *Seq[T]) Truncate(n int) {
	if n >= s.Len() {
		return
	}
	if n <= 0 {
		*s = Seq[T]{}
		return
	}
	s.n = uint32(n)
	s.hi = s.lo + (s.start+s.n+chunkLen-1)/chunkLen
}

// DropFirst removes the first k elements and frees their chunks.
func (s *Seq[T]) DropFirst(k int) {
	if k >= s.Len() {
		*s = Seq[T]{}
		return
	}
	if k <= 0 {
		return
	}
	s.start += uint32(k)
	s.n -= uint32(k)
	if gone := s.start / chunkLen; gone > 0 {
		s.lo += gone
		s.start %= chunkLen
		s.ownSpine(s.hi-s.lo, 0)
	}
}

// InOnePiece tells whether elements i to j-1 are in one chunk, so that Slice shares them.
func (s *Seq[T]) InOnePiece(i, j int) bool {
	return (int(s.start)+i)/chunkLen == (int(s.start)+j-1)/chunkLen
}

// Slice is elements i to j-1, which must not be written to. It shares storage if they are in
// one chunk, and is a copy otherwise.
func (s *Seq[T]) Slice(i, j int) []T {
	if i >= j {
		return nil
	}
	_ = s.At(i)
	_ = s.At(j - 1)
	a, b := int(s.start)+i, int(s.start)+j
	first, last := a/chunkLen, (b-1)/chunkLen
	if first == last {
		o := first * chunkLen
		return s.spine.ptrs[int(s.lo)+first].items[a-o : b-o : b-o]
	}
	out := make([]T, 0, j-i)
	for c := first; c <= last; c++ {
		o := c * chunkLen
		items := s.spine.ptrs[int(s.lo)+c].items
		out = append(out, items[max(a-o, 0):min(b-o, len(items))]...)
	}
	return out
}

// SharedThrough is a number k such that the elements of s below k that t also has are the same
// because they are the same memory. Element i of t corresponds to element i+shift of s. k may
// be less than the true common part (by up to a chunk, or more if s and t are not copies of
// one sequence), but never more. It looks at the last chunks first, so it costs little if
// little has changed: if both hold the same chunk at one place, neither that chunk nor any
// before it was cut.
func (s *Seq[T]) SharedThrough(t *Seq[T], shift int) int {
	slots := int(s.start) + shift - int(t.start) // from a slot of t to the same slot of s
	if slots%chunkLen != 0 || s.n == 0 || t.n == 0 {
		return 0
	}
	d := slots / chunkLen
	for c := min(int(s.hi-s.lo)-1, int(t.hi-t.lo)-1+d); c >= max(0, d); c-- {
		if s.spine.ptrs[int(s.lo)+c] == t.spine.ptrs[int(t.lo)+c-d] {
			return max(0, min((c+1)*chunkLen-int(s.start), s.Len(), t.Len()+shift))
		}
	}
	return 0
}
