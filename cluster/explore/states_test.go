package explore

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A state that has waited in the queue is the one that was put there, and its
// way back is the one that was kept.
func TestQueueAndTreeKeepStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.OneOf(rapid.Int32Range(0, 300), rapid.Int32Range(0, math.MaxInt32))
		var q queue
		var tr tree
		var states []state
		var links []link
		tr.add(link{-1, 0})
		parent := int32(0)
		for pages := rapid.IntRange(1, 4).Draw(t, "pages"); pages > 0; pages-- {
			var packed []byte
			n := rapid.IntRange(0, 3).Draw(t, "states")
			for range n {
				s := state(append([]int32{q.at + int32(len(states)), 0, 0, 0}, rapid.SliceOfN(numbers, 1, 200).Draw(t, "parts")...))
				s[1] = numbers.Draw(t, "rest")
				s.setUsed(used(rapid.Uint64().Draw(t, "used")) & used(rapid.SampledFrom([]uint64{0, 0xff00, math.MaxUint64}).Draw(t, "mask")))
				states, packed = append(states, s), s.pack(packed)
				for range rapid.SampledFrom([]int{1, 1, 5000}).Draw(t, "links") {
					parent += rapid.Int32Range(0, 300).Draw(t, "rise")
					links = append(links, link{parent, parent % 257})
					tr.add(links[len(links)-1])
				}
			}
			q.push(bundle{packed, n})
		}
		for len(states) > 0 {
			at := q.at
			for _, p := range q.take(nil, rapid.IntRange(1, 4).Draw(t, "take")) {
				for range p.n {
					if got := unpack(p.next(), at, nil); !slices.Equal(got, states[0]) {
						t.Fatalf("%v, want %v", got, states[0])
					}
					states, at = states[1:], at+1
				}
			}
			if q.at != at {
				t.Fatalf("the next state's place is %d, want %d", q.at, at)
			}
		}
		if q.n != 0 || q.bytes() != 0 {
			t.Errorf("%d states left, %d bytes", q.n, q.bytes())
		}
		for i, want := range links {
			if i%97 == 0 || i == len(links)-1 {
				if got := tr.link(int32(i + 1)); got != want {
					t.Errorf("link %d is %v, want %v", i+1, got, want)
				}
			}
		}
	})
}

// The set of fingerprints is a set, also where many of them come together.
func TestSeenIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s seen
		s.init()
		has := map[uint64]bool{}
		step := rapid.SampledFrom([]uint64{1, 3, 1 << 45, 1 << 50, 0x9e3779b97f4a7c15}).Draw(t, "step")
		k := rapid.SampledFrom([]uint64{2, math.MaxUint64 - 500, 1<<58 - 1000, 12345 << 40}).Draw(t, "first")
		for i := range rapid.IntRange(1, 6000).Draw(t, "n") {
			if i%5 != 4 {
				k += step
			} else {
				k -= 2 * step
			}
			if s.has(k) != has[max(k, 1)] || s.add(k) == has[max(k, 1)] {
				t.Fatalf("%x: %v", k, has[max(k, 1)])
			}
			has[max(k, 1)] = true
		}
		for k := range has {
			if !s.has(k) || s.has(k^1<<20) != has[max(k^1<<20, 1)] {
				t.Fatalf("%x is lost", k)
			}
		}
	})
}

// What is remembered is found under its key alone, and is not mistaken for
// another's, also where a place is taken by a newer one.
func TestJudgementsAreThoseOfTheirKeys(t *testing.T) {
	j, last := newJudgements(), map[uint64]int32{}
	found := 0
	for i := range uint64(60_000) {
		key, rest := (i%20_000+1)*0x9e3779b97f4a7c15, int32(i%20_000%1000)-1
		if got, known := j.get(key); known && got != last[key] {
			t.Fatalf("%x: %d, want %d", key, got, last[key])
		} else if known {
			found++
		}
		j.put(key, rest)
		last[key] = rest
		if i%1000 == 0 {
			j.grow()
		}
	}
	if found < 35_000 {
		t.Errorf("of 40000 that were put before %d were found", found)
	}
}
