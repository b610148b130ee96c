package explore

import "sync/atomic"

// awaits looks so many times whether something has happened, which takes some tenth of
// a millisecond: what takes longer to come is worth sleeping for. Between two errands
// there is less than a core takes to fall asleep and to be woken.
func awaits(happened func() bool) bool {
	for range 100_000 {
		if happened() {
			return true
		}
	}
	return false
}

// own is a list that one worker writes to all the time, with so much room that no
// other worker's can be in the same cache line: the two would wait for each other.
func own[T any](n int) []T { return make([]T, n, n+128) }

// apart stands between what all workers read and what some write now and then, so that
// the two are in no cache line together.
type apart [128]byte

// errand is what a worker is sent for. Whoever has run one waits for the next for a
// short time; idle stands for that it waits, and nil for that nobody does.
type errand struct{ next atomic.Pointer[func()] }

var idle = new(func())

// run has it run by who waits for it, or else by a goroutine of its own.
func (e *errand) run(spins bool, do func()) {
	if !e.next.CompareAndSwap(idle, &do) {
		go e.work(spins, do)
	}
}

func (e *errand) work(spins bool, do func()) {
	for {
		do()
		if !spins || !e.next.CompareAndSwap(nil, idle) {
			return
		}
		if !awaits(func() bool { return e.next.Load() != idle }) && e.next.CompareAndSwap(idle, nil) {
			return
		}
		do = *e.next.Swap(nil)
	}
}
