package network

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The chunks are a list: whatever is added, found and removed, in a list and in
// copies of it that go on apart, is as in a plain slice.
func TestFlightsAreAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type pair struct {
			real  *Flights
			naive []Flight
		}
		pairs, id, epoch := []pair{{real: &Flights{}}}, uint64(0), uint64(0)
		for range rapid.IntRange(1, 1500).Draw(t, "steps") {
			p := &pairs[rapid.IntRange(0, len(pairs)-1).Draw(t, "which")]
			switch k := rapid.IntRange(0, 99).Draw(t, "what"); {
			case k < 60:
				for range rapid.IntRange(1, 40).Draw(t, "many") {
					id++
					m := Flight{ID: id, Due: id/16 + uint64(rapid.SampledFrom([]int{0, 0, 0, 5, 900}).Draw(t, "due"))}
					p.real.Add(&m)
					p.naive = append(p.naive, m)
				}
				slices.SortFunc(p.naive, func(a, b Flight) int { return oneAfterAnother(&a, &b) })
			case k < 97 && len(p.naive) > 0:
				for range min(rapid.IntRange(1, 60).Draw(t, "out"), len(p.naive)) {
					i := rapid.SampledFrom([]int{0, 0, len(p.naive) - 1, len(p.naive) / 2}).Draw(t, "place")
					if got := p.real.Find(p.naive[i].ID); got != i || p.real.At(i).ID != p.naive[i].ID {
						t.Fatalf("m%d is found at %d, not %d", p.naive[i].ID, got, i)
					}
					p.real.Remove(i)
					p.naive = slices.Delete(p.naive, i, i+1)
				}
			case len(pairs) < 4:
				epoch += 2
				c := *p.real
				p.real.Share(epoch - 1)
				c.Share(epoch)
				pairs = append(pairs, pair{&c, slices.Clone(p.naive)})
			}
		}
		for n, p := range pairs {
			var got []Flight
			for i, m := range p.real.All() {
				if i != len(got) {
					t.Fatalf("place %d is said to be %d", len(got), i)
				}
				got = append(got, *m)
			}
			if !slices.Equal(got, p.naive) || p.real.Len() != len(got) || p.real.Find(id+1) >= 0 {
				t.Fatalf("copy %d: %d messages, want %d", n, len(got), len(p.naive))
			}
		}
	})
}
