package cluster

import (
	"fmt"
	"testing"
)

// Events a second through the cluster, every invariant looked at after each
// action. Run it with -cpu 1.
func BenchmarkEvents(b *testing.B) {
	for _, servers := range []int{3, 5, 99} {
		for _, load := range []bool{false, true} {
			name := "idle"
			if load {
				name = "a request each tick"
			}
			var writes [10]string // none of what is there already
			for i := range writes {
				writes[i] = fmt.Sprintf("x=%d", i)
			}
			b.Run(fmt.Sprintf("%d servers, %s", servers, name), func(b *testing.B) {
				w := led(b, servers)
				b.ReportAllocs()
				start := w.position
				for b.Loop() {
					if load && !w.MidTick() {
						do(b, w, Request{Client: "C1", Data: writes[w.clock%10]})
						if w.clock%10_000 == 0 {
							compact(b, w)
						}
					}
					_ = w.Apply(Advance{})
				}
				b.ReportMetric(float64(w.position-start)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// led is a world with a leader that stays. With requests that come faster than
// answers, appends do not pile up with pipeline on.
func led(b *testing.B, servers int) *World {
	w := newWorld(b, servers, 1, "pipeline", "on")
	elect(b, w, 1)
	return w
}

// compact keeps the logs short.
func compact(b *testing.B, w *World) {
	for _, id := range w.IDs() {
		if w.State(id).LastApplied >= w.State(id).Log.FirstIndex() {
			do(b, w, Snapshot{id})
		}
	}
}

// A copy, and the first change after it, in a world with entries and mail.
func BenchmarkClone(b *testing.B) {
	for _, servers := range []int{3, 5, 99} {
		w := led(b, servers)
		for i := range 1000 {
			do(b, w, Request{Client: fmt.Sprintf("C%d", i%5), Data: fmt.Sprintf("x=%d", i)})
			ticks(b, w, 1)
		}
		b.Run(fmt.Sprintf("%d servers", servers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Clone()
			}
		})
		for _, c := range []struct {
			name string
			a    Action
		}{{"tick", Tick{2}}, {"timeout", Timeout{2}}, {"request", Request{Client: "C1", Data: "y=1"}}} {
			b.Run(fmt.Sprintf("%d servers, and a %s", servers, c.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := w.Clone().Apply(c.a); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
