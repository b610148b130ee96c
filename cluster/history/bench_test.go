package history

import (
	"fmt"
	"runtime"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// led is a cluster of five in which S1 leads.
func led(b *testing.B) *cluster.World {
	b.Helper()
	w := cluster.New(5, 1, setting.Defaults())
	do := func(a cluster.Action) {
		if err := w.Apply(a); err != nil {
			b.Fatal(err)
		}
	}
	do(cluster.Set{Name: "pipeline", Value: "on"})
	for _, a := range []cluster.Action{cluster.Timeout{Node: 1}, cluster.Heartbeat{Node: 1}} {
		for do(a); w.Deliverable(raft.Set{}); {
			do(cluster.DeliverNext{})
		}
	}
	return w
}

// Going back and forth in a history of a million events, and what it takes to
// keep them.
func BenchmarkHistory(b *testing.B) {
	const events = 1_000_000
	for _, load := range []bool{false, true} {
		before := heap()
		h := New(led(b))
		for n := 0; h.World().Position() < events; n++ {
			h.NextUnit()
			h.Begin("run 20")
			for range 20 {
				if load {
					_ = h.Do(cluster.Request{Client: "C1", Data: fmt.Sprintf("x=%d", n)})
				}
				for end := h.World().Clock() + 1; h.World().Clock() < end || h.World().MidTick(); {
					_ = h.Do(cluster.Advance{})
				}
			}
			h.End("")
		}
		kept := heap() - before
		end := h.Place()
		name := "idle, "
		if load {
			name = "a request each tick, "
		}
		b.Run(name+"undo and redo", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err := h.Undo(1)
				if err == nil {
					_, err = h.Redo(1)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(kept), "B/Mevents")
		})
		b.Run(name+"back 1", func(b *testing.B) {
			b.ReportAllocs()
			h.Goto(end)
			for n := 0; b.Loop(); n++ {
				if h.Back(1) != 1 || n%1000 == 999 {
					h.Goto(end)
				}
			}
		})
		b.Run(name+"goto anywhere", func(b *testing.B) {
			b.ReportAllocs()
			at := uint64(1)
			for b.Loop() {
				at = (at*6364136223846793005 + 1442695040888963407) % events
				h.Goto(Place{end.Branch, at})
			}
		})
		runtime.KeepAlive(h)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
