package raft_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/raft"
)

// §5.3 and §7: a log knows the terms from the entry on that its snapshot ends
// with, to its last entry, and of no other.
func TestLog_Term(t *testing.T) {
	var l raft.Log
	for _, e := range entries(0, 1, 1, 2, 4) {
		l.Append(e)
	}
	l.CompactTo(2, 1)
	for index, expect := range []struct {
		term  uint64
		known bool
	}{{0, false}, {0, false}, {1, true}, {2, true}, {4, true}, {0, false}, {0, false}} {
		term, known := l.Term(uint64(index))
		want(t, fmt.Sprintf("the term of entry %d", index), term, expect.term)
		want(t, fmt.Sprintf("entry %d is known", index), known, expect.known)
	}
}

// §7: a snapshot that covers no more than the last one changes nothing, and one
// beyond the log empties it.
func TestLog_CompactTo(t *testing.T) {
	for _, c := range []struct {
		index, term uint64
		log         string
	}{
		{1, 7, "(2/1) 2:command:3@2 4:command:4@4"}, {2, 7, "(2/1) 2:command:3@2 4:command:4@4"},
		{3, 2, "(3/2) 4:command:4@4"}, {4, 4, "(4/4)"}, {9, 5, "(9/5)"},
	} {
		var l raft.Log
		for _, e := range entries(0, 1, 1, 2, 4) {
			l.Append(e)
		}
		l.CompactTo(2, 1)
		l.CompactTo(c.index, c.term)
		want(t, fmt.Sprintf("the log up to %d", c.index), logText(&l), c.log)
	}
}

// Two copies of a log are known to be the same as far as they are, and no
// further, whatever was appended, removed and compacted on either since; of copies
// that nobody changed, nearly all is known.
func TestLog_SharedThrough(t *testing.T) {
	const most = 64 // entries at the end that need not be known
	r := rand.New(rand.NewPCG(1, 1))
	far := 0
	for range 300 {
		var a raft.Log
		for i := range 200 + r.IntN(200) {
			a.Append(raft.Entry{Term: 1 + uint64(i/50)})
		}
		b := a
		for _, l := range []*raft.Log{&a, &b} {
			if r.IntN(2) == 0 {
				index := l.FirstIndex() + uint64(r.IntN(150))
				term, _ := l.Term(index)
				l.CompactTo(index, term)
			}
		}
		same := a.LastIndex()
		want(t, "copies are known to be the same", a.SharedThrough(&b)+most >= same, true)
		want(t, "from either side", a.SharedThrough(&b), b.SharedThrough(&a))
		if r.IntN(2) == 0 {
			same = max(a.FirstIndex(), b.FirstIndex()) + uint64(r.IntN(60))
			a.TruncateAfter(same)
		}
		for range r.IntN(3) {
			a.Append(raft.Entry{Term: 9})
		}
		for range r.IntN(3) {
			b.Append(raft.Entry{Term: 8})
		}
		k := a.SharedThrough(&b)
		if k > same {
			t.Fatalf("logs that are the same through %d are said to be so through %d: %d to %d, %d to %d",
				same, k, a.FirstIndex(), a.LastIndex(), b.FirstIndex(), b.LastIndex())
		}
		if k > 0 {
			far++
		}
	}
	if far < 100 {
		t.Errorf("something was known in %d pairs", far)
	}
	var x, y raft.Log
	x.Append(raft.Entry{Term: 1})
	y.CompactTo(5, 1)
	want(t, "of logs of which nothing is shared", x.SharedThrough(&y)+y.SharedThrough(&x), 0)
}
