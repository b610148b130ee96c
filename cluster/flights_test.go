package cluster

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/cluster/setting"
	"raftlab/raft"
)

// A copy of a world with much mail copies next to none of it: what the two
// allocate when they go on is counted.
func TestFlights_CopiesShare(t *testing.T) {
	allocated := func(messages int) float64 {
		w := New(3, 1, setting.Defaults())
		elect(t, w, 1)
		for range messages / 2 {
			do(t, w, Heartbeat{1})
		}
		return testing.AllocsPerRun(20, func() {
			c := w.Clone()
			do(t, c, Heartbeat{1}, Drop{c.Flights()[0].ID})
		})
	}
	if few, many := allocated(1000), allocated(20000); many > few+8 {
		t.Errorf("%v allocations with 1000 messages in flight, %v with 20000", few, many)
	}
}

func BenchmarkMail(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				w := New(3, 1, setting.Defaults())
				_ = w.Apply(Timeout{1})
				for w.Apply(DeliverNext{}) == nil {
				}
				for i := range n / 2 {
					_ = w.Apply(Heartbeat{1})
					if i%256 == 0 {
						_ = w.Clone()
					}
				}
				for w.Apply(DeliverNext{}) == nil {
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/message")
		})
	}
}

// What is in flight beyond a number is the end of all that is, whatever was
// delayed, doubled, lost or waits for a frozen server.
func TestFlightsAfterIsTheEndOfAll(t *testing.T) {
	for seed := range uint64(20) {
		w, r := New(5, seed, setting.Defaults()), rand.New(rand.NewPCG(seed, 1))
		some := 0
		for range 300 {
			_ = w.Apply(Timeout{Node: raft.ID(1 + r.IntN(5))})
			all := w.Flights()
			if len(all) > 0 {
				f := all[r.IntN(len(all))]
				_ = w.Apply([]Action{Deliver{ID: f.ID}, Drop{ID: f.ID}, Duplicate{ID: f.ID}, Delay{ID: f.ID, Ticks: 1 + r.IntN(9)}, Freeze{Node: f.To}, Thaw{Node: f.To}}[r.IntN(6)])
			}
			all = w.Flights()
			if len(all) == 0 {
				continue
			}
			from := r.IntN(len(all))
			got := w.FlightsAfter(all[from].ID)
			if some += len(got); len(got) != len(all)-from-1 || len(got) > 0 && got[0].ID != all[from+1].ID || all[len(all)-1].ID > w.LastSent() {
				t.Fatalf("seed %d: %d of %d beyond m%d", seed, len(got), len(all), all[from].ID)
			}
		}
		if some == 0 {
			t.Errorf("seed %d: nothing was ever in flight", seed)
		}
	}
}
