package seq

import "sync/atomic"

// Run is elements in one piece. Copies share it: only the one that claims the
// slots after its own last element writes there, as in a chunk of a Seq. The zero
// value is empty.
type Run[T any] struct {
	items []T
	used  *atomic.Int64 // slots of the array that are written
}

// Len is the number of elements.
func (r *Run[T]) Len() int { return len(r.items) }

// Slice is elements i to j-1, never to be written to; it shares storage.
func (r *Run[T]) Slice(i, j int) []T { return r.items[i:j:j] }

// Grow adds k elements; at says what each is, by its place.
func (r *Run[T]) Grow(k int, at func(place int) T) {
	have := len(r.items)
	if r.used != nil && have+k <= cap(r.items) && r.used.CompareAndSwap(int64(have), int64(have+k)) {
		r.items = r.items[:have+k]
	} else {
		items := make([]T, have+k, have+k+have/2+32)
		copy(items, r.items)
		r.items, r.used = items, &atomic.Int64{}
		r.used.Store(int64(have + k))
	}
	for i := have; i < have+k; i++ {
		r.items[i] = at(i)
	}
}
