package explore

import (
	"testing"
	"time"
)

// Every worker is sent for what is to be done, once, and has done it when each
// returns: also where the one before has waited for too long, and where there are
// more workers than cores.
func TestEachWorkerDoesItOnce(t *testing.T) {
	for _, n := range []int{1, 2, 3, 9} {
		workers := make([]*worker, n)
		for i := range workers {
			workers[i] = &worker{id: i}
		}
		for round := range 300 {
			some := workers[:1+round%n]
			done := make([]int, n) // each writes to its own; the race detector sees where one is late
			each(some, func(w *worker) { done[w.id]++ })
			for i, times := range done {
				if want := min(1, max(0, len(some)-i)); times != want {
					t.Fatalf("%d workers, round %d: number %d has done it %d times, want %d", len(some), round, i, times, want)
				}
			}
			if round%50 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}
}
