package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

// The chunks are a list: whatever is added, found and removed, in a world and in
// copies of it that go on apart, is as in a plain slice.
func TestFlights_AreAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pair struct {
			real  *flights
			naive []Flight
		}
		pairs, id, epoch := []pair{{real: &flights{}}}, uint64(0), uint64(0)
		for range rapid.IntRange(1, 1500).Draw(t, "steps") {
			p := &pairs[rapid.IntRange(0, len(pairs)-1).Draw(t, "which")]
			switch k := rapid.IntRange(0, 99).Draw(t, "what"); {
			case k < 60:
				for range rapid.IntRange(1, 40).Draw(t, "many") {
					id++
					m := Flight{ID: id, Due: id/16 + uint64(rapid.SampledFrom([]int{0, 0, 0, 5, 900}).Draw(t, "due"))}
					p.real.add(&m)
					p.naive = append(p.naive, m)
				}
				slices.SortFunc(p.naive, func(a, b Flight) int { return oneAfterAnother(&a, &b) })
			case k < 97 && len(p.naive) > 0:
				for range min(rapid.IntRange(1, 60).Draw(t, "out"), len(p.naive)) {
					i := rapid.SampledFrom([]int{0, 0, len(p.naive) - 1, len(p.naive) / 2}).Draw(t, "place")
					if got := p.real.find(p.naive[i].ID); got != i || p.real.at(i).ID != p.naive[i].ID {
						t.Fatalf("m%d is found at %d, not %d", p.naive[i].ID, got, i)
					}
					p.real.remove(i)
					p.naive = slices.Delete(p.naive, i, i+1)
				}
			case len(pairs) < 4:
				epoch += 2
				c := *p.real
				p.real.share(epoch - 1)
				c.share(epoch)
				pairs = append(pairs, pair{&c, slices.Clone(p.naive)})
			}
		}
		for n, p := range pairs {
			var got []Flight
			for i, m := range p.real.all() {
				if i != len(got) {
					t.Fatalf("place %d is said to be %d", len(got), i)
				}
				got = append(got, *m)
			}
			if !slices.Equal(got, p.naive) || p.real.n != len(got) || p.real.find(id+1) >= 0 {
				t.Fatalf("copy %d: %d messages, want %d", n, len(got), len(p.naive))
			}
		}
	})
}

// A copy of a world with much mail copies next to none of it: what the two
// allocate when they go on is counted.
func TestFlights_CopiesShare(t *testing.T) {
	allocated := func(messages int) float64 {
		w := New(3, 1, Defaults())
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
				w := New(3, 1, Defaults())
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
		w, r := New(5, seed, Defaults()), rand.New(rand.NewPCG(seed, 1))
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
