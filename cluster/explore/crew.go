package explore

import "sync/atomic"

// awaits waits actively until something has happened, for some tenths of a millisecond. If
// that is not enough, the caller sleeps. The time between two errands is mostly shorter than
// a core takes to fall asleep and wake up.
func awaits(happened func() bool) bool {
	for range 100_000 {
		if happened() {
			return true
		}
	}
	return false
}

// own is a list that one worker writes to all the time. It has so much spare capacity that no
// other worker's list shares a cache line with it, because the two cores would then wait for
// each other.
func own[T any](n int) []T { return make([]T, n, n+128) }

// apart separates fields that all workers read from fields that some write, so that they do
// not share a cache line.
type apart [128]byte

// errand gives a worker functions to run. A goroutine that has run one waits a short time for
// the next: next is then idle. If it is nil, no goroutine waits.
type errand struct{ next atomic.Pointer[func()] }

var idle = new(func())

// run has the waiting goroutine run do, or else a new one.
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
