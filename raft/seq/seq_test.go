package seq

import (
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func all(s *Seq[int]) []int {
	out := []int{}
	for i := range s.Len() {
		out = append(out, *s.At(i))
	}
	return out
}

// Any number of copies, each changed at will, behave as plain slices would.
func TestCopiesNeverMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seqs := []Seq[int]{{}}
		want := [][]int{{}}
		next := 0
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			k := rapid.IntRange(0, len(seqs)-1).Draw(t, "which")
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0: // a copy
				seqs, want = append(seqs, seqs[k]), append(want, slices.Clone(want[k]))
			case 1:
				n := rapid.IntRange(0, len(want[k])+1).Draw(t, "n")
				seqs[k].Truncate(n)
				want[k] = want[k][:min(n, len(want[k]))]
			case 2:
				n := rapid.IntRange(0, len(want[k])+1).Draw(t, "n")
				seqs[k].DropFirst(n)
				want[k] = slices.Clone(want[k][min(n, len(want[k])):])
			default:
				for range rapid.IntRange(1, 300).Draw(t, "n") {
					next++
					seqs[k].Append(next)
					want[k] = append(slices.Clip(want[k]), next)
				}
			}
			for i := range seqs {
				if !slices.Equal(all(&seqs[i]), want[i]) {
					t.Fatalf("copy %d holds %v, want %v", i, all(&seqs[i]), want[i])
				}
			}
			for i := range seqs {
				if seqs[i].Is(&seqs[k]) && !slices.Equal(want[i], want[k]) {
					t.Fatalf("copies %d and %d are said to be the same", i, k)
				}
			}
			if c := seqs[k]; !c.Is(&seqs[k]) {
				t.Fatal("a copy is not said to be the same")
			}
			i := rapid.IntRange(0, len(want[k])).Draw(t, "i")
			j := rapid.IntRange(i, len(want[k])).Draw(t, "j")
			if got := seqs[k].Slice(i, j); !slices.Equal(got, want[k][i:j]) {
				t.Fatalf("Slice(%d,%d) = %v, want %v", i, j, got, want[k][i:j])
			}
		}
	})
}

// SharedThrough never claims more than is equal, and sees an append at once.
func TestSharedThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Seq[int]
		for i := range rapid.IntRange(1, 700).Draw(t, "n") {
			a.Append(i)
		}
		b := a
		b.Truncate(rapid.IntRange(0, a.Len()).Draw(t, "cut"))
		shift := rapid.IntRange(0, b.Len()).Draw(t, "drop")
		b.DropFirst(shift)
		for i := range rapid.IntRange(0, 300).Draw(t, "more") {
			b.Append(10_000 + i)
		}
		k := a.SharedThrough(&b, shift)
		for i := shift; i < k; i++ {
			if *a.At(i) != *b.At(i - shift) {
				t.Fatalf("claims shared up to %d, but element %d differs", k, i)
			}
		}
		c := b
		c.Append(1)
		if full := c.SharedThrough(&b, 0); full < b.Len()-chunkLen {
			t.Fatalf("a copy that grew shares %d of %d", full, b.Len())
		}
	})
}

// Slices that were handed out keep what they showed.
func TestSliceNeverChanges(t *testing.T) {
	var a Seq[int]
	for i := range 200 {
		a.Append(i)
	}
	view := a.Slice(130, 190)
	a.Truncate(140)
	for range 100 {
		a.Append(-1)
	}
	for i, v := range view {
		if v != 130+i {
			t.Fatalf("element %d became %d", 130+i, v)
		}
	}
}

// Copies in different goroutines may grow at once.
func TestCopiesGrowTogether(t *testing.T) {
	var a Seq[int]
	for i := range 100 {
		a.Append(i)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		c := a
		wg.Go(func() {
			for range 1000 {
				c.Append(g)
			}
			for i := 100; i < c.Len(); i++ {
				if *c.At(i) != g {
					t.Errorf("goroutine %d reads %d", g, *c.At(i))
					return
				}
			}
		})
	}
	wg.Wait()
}
