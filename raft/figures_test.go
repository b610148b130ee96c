package raft_test

import (
	"slices"
	"testing"

	"raftlab/raft"
)

// The paper's figures, lived through.

var figure7 = [][]uint64{ // S1 is to lead term 8; S2 to S7 are (a) to (f)
	{1, 1, 1, 4, 4, 5, 5, 6, 6, 6},
	{1, 1, 1, 4, 4, 5, 5, 6, 6},
	{1, 1, 1, 4},
	{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
	{1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
	{1, 1, 1, 4, 4, 4, 4},
	{1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3},
}

func newFigure7(t *testing.T, opts raft.Options) *world {
	w := newWorld(t, 7, opts)
	for i, log := range figure7 {
		w.given(raft.ID(i+1), stable(7, 7, 0, log...))
	}
	return w
}

// Figure 7, §5.3: all six followers end up with the leader's log, whatever the
// way back and the size of messages.
func TestP23_LeaderSyncsFollowerLog(t *testing.T) {
	for _, opts := range []raft.Options{
		{}, {ConflictTerm: true}, {Pipeline: true}, {Pipeline: true, ConflictTerm: true}, {Pipeline: true, Window: 1, MaxEntries: 1},
		{MaxEntries: 1}, {MaxEntries: 2, ConflictTerm: true}, {MaxBytes: 1}, {MaxBytes: 7, Pipeline: true},
	} {
		for _, own := range []bool{true, false} {
			opts.NoOp = own
			w := newFigure7(t, opts)
			w.timeout(1)
			want(t, "S1's role", w.s[1].Role, raft.Leader)
			if !own {
				w.propose(1, "x")
			}
			w.beat(1)
			for _, s := range w.s {
				wantTerms(t, s, 1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8)
				want(t, s.ID.String()+"'s commitIndex", s.CommitIndex, 11)
			}
		}
	}
}

// Figure 7, §5.3: how often each follower refuses, and where its log is found
// to match: one index back each time, and by the conflicting term.
func TestFigure7_Refusals(t *testing.T) {
	for _, c := range []struct {
		opts     raft.Options
		refusals []int    // a to f
		matching []uint64 // prevLogIndex of the first append taken
	}{
		{raft.Options{NoOp: true}, []int{1, 6, 0, 0, 5, 7}, []uint64{9, 4, 10, 10, 5, 3}},
		{raft.Options{NoOp: true, ConflictTerm: true}, []int{1, 1, 0, 0, 2, 2}, []uint64{9, 4, 10, 10, 3, 3}},
	} {
		w := newFigure7(t, c.opts)
		refusals, matching := make([]int, 6), make([]uint64, 6)
		w.post(w.s[1].timeout())
		for len(w.mail) > 0 {
			e := w.mail[0]
			if r, ok := e.Message.(*raft.AppendEntriesReply); ok && !r.Success {
				refusals[e.From-2]++
			}
			w.deliver(0)
			if m, ok := e.Message.(*raft.AppendEntries); ok && matching[e.To-2] == 0 {
				if last := w.mail[len(w.mail)-1].Message.(*raft.AppendEntriesReply); last.Success {
					matching[e.To-2] = m.PrevLogIndex
				}
			}
		}
		if !slices.Equal(refusals, c.refusals) || !slices.Equal(matching, c.matching) {
			t.Errorf("conflict-term %v: refusals %v, matching at %v; want %v, %v", c.opts.ConflictTerm, refusals, matching, c.refusals, c.matching)
		}
		each(t, w.s[1].beat(), ids(7)[1:], func(m *raft.AppendEntries) { want(t, "entries still missing", len(m.Entries), 0) })
	}
}

// Figure 7: with the leader down, (a), (c) and (d) can be elected by 4 of 7;
// (b), (e) and (f) cannot.
func TestFigure7_Electable(t *testing.T) {
	for id, leads := range map[raft.ID]bool{2: true, 3: false, 4: true, 5: true, 6: false, 7: false} {
		w := newFigure7(t, raft.Options{})
		w.crash(1)
		w.timeout(id)
		want(t, id.String()+" leads", w.s[id].Role == raft.Leader, leads)
	}
}

// figure8c is Figure 8 (c): S1 leads term 4 with an entry of its own; entry 2,
// of term 2, is on three of five.
func figure8c(t *testing.T) *world {
	w := newWorld(t, 5, raft.Options{MaxEntries: 1})
	w.given(1, stable(5, 3, 0, 1, 2))
	w.given(2, stable(5, 2, 1, 1, 2))
	w.given(3, stable(5, 3, 5, 1))
	w.given(4, stable(5, 3, 5, 1))
	w.given(5, stable(5, 3, 5, 1, 3))
	w.cut(5)
	w.timeout(1)
	want(t, "S1's role", w.s[1].Role, raft.Leader)
	want(t, "S1's term", w.s[1].CurrentTerm, 4)
	w.given(4, stable(5, 4, 1, 1)) // S4 voted; what S1 has sent it since is lost
	w.cut(4, 5)
	w.s[1].propose("4") // not sent
	wantTerms(t, w.s[1], 1, 2, 4)
	wantTerms(t, w.s[2], 1, 2)
	wantTerms(t, w.s[3], 1, 2)
	want(t, "S1's matchIndex for S2", w.s[1].MatchIndex(2), 2)
	want(t, "S1's matchIndex for S3", w.s[1].MatchIndex(3), 2)
	return w
}

// Figure 8 (c), §5.4.2: entry 2 is on a majority, and not committed.
func TestFigure8_cOldEntryIsNotCommitted(t *testing.T) {
	w := figure8c(t)
	w.s[1].ack(2, 2)
	w.s[1].ack(3, 2)
	want(t, "S1's commitIndex", w.s[1].CommitIndex, 0)
}

// Figure 8 (d): S5 leads again with the votes of S2, S3 and S4, and entry 2 is
// overwritten everywhere.
func TestFigure8_dOldEntryIsOverwritten(t *testing.T) {
	w := figure8c(t)
	w.heal()
	w.crash(1)
	w.timeout(5) // of term 4, where S2 to S4 are
	want(t, "S5's votes in term 4", w.s[5].Votes, raft.SetOf(5))
	w.timeout(5)
	want(t, "S5's role in term 5", w.s[5].Role, raft.Leader)
	w.restart(1)
	w.beat(5)
	for _, s := range w.s {
		wantTerms(t, s, 1, 3)
		want(t, "commitIndex, with nothing of term 5", s.CommitIndex, 0)
	}
	w.propose(5, "5")
	want(t, "S5's commitIndex with an entry of its term", w.s[5].CommitIndex, 3)
}

// Figure 8 (e): with an entry of term 4 on a majority, entry 2 is committed
// with it, and S5 cannot win any more.
func TestFigure8_eOwnEntryCommitsOldOnes(t *testing.T) {
	w := figure8c(t)
	w.beat(1)
	want(t, "S1's commitIndex", w.s[1].CommitIndex, 3)
	wantTerms(t, w.s[2], 1, 2, 4)
	wantTerms(t, w.s[3], 1, 2, 4)
	wantTerms(t, w.s[4], 1)
	w.heal()
	w.crash(1)
	w.timeout(5)
	w.timeout(5)
	want(t, "S5's role", w.s[5].Role, raft.Candidate)
	want(t, "S5's votes", w.s[5].Votes, raft.SetOf(4, 5))
}
