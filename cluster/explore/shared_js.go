package explore

// In a browser one thread runs all goroutines, and one never stops another between two reads. There Go's
// atomic operations are two calls each, a twentieth of a search.

// sharedWord is an atomic.Uint64.
type sharedWord = plain[uint64]

// sharedNumber is an atomic.Int32.
type sharedNumber = plain[int32]

// sharedPointer is an atomic.Pointer.
type sharedPointer[T any] struct{ plain[*T] }

type plain[T comparable] struct{ v T }

func (p *plain[T]) Load() T   { return p.v }
func (p *plain[T]) Store(v T) { p.v = v }

func (p *plain[T]) CompareAndSwap(old, v T) bool {
	if p.v != old {
		return false
	}
	p.v = v
	return true
}
