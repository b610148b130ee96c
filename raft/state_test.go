package raft_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"raftlab/raft"
)

// A server does not start from what no server can have written.
func TestNewRefusesCorruptStorage(t *testing.T) {
	compacted := func(index, term uint64, rest ...uint64) raft.Log {
		var l raft.Log
		l.CompactTo(index, term)
		for _, e := range entries(index, rest...) {
			l.Append(e)
		}
		return l
	}
	of3 := raft.Configuration{Voters: raft.SetOf(ids(3)...)}
	snap := func(index, term uint64) *raft.Snapshot {
		return &raft.Snapshot{Index: index, Term: term, Configuration: of3}
	}
	const max, most = raft.MaxIndex, raft.MaxTerm
	for what, c := range map[string]struct {
		disk   raft.Stable
		reason raft.Reason
	}{
		"terms that go down":                      {stable(3, 5, 0, 1, 3, 2), raft.BadStorage},
		"an entry of term 0":                      {stable(3, 5, 0, 0, 1), raft.BadStorage},
		"an entry of a term to come":              {stable(3, 2, 0, 1, 3), raft.BadStorage},
		"a log without its beginning":             {raft.Stable{CurrentTerm: 3, Log: compacted(2, 1, 3)}, raft.BadStorage},
		"a snapshot that ends elsewhere":          {raft.Stable{CurrentTerm: 3, Log: compacted(2, 1, 3), Snapshot: snap(1, 1)}, raft.BadStorage},
		"a snapshot of another term":              {raft.Stable{CurrentTerm: 3, Log: compacted(2, 1, 3), Snapshot: snap(2, 2)}, raft.BadStorage},
		"a snapshot beside a whole log":           {raft.Stable{CurrentTerm: 3, Log: stable(3, 3, 0, 1, 1, 3).Log, Snapshot: snap(2, 1)}, raft.BadStorage},
		"a snapshot of a term to come":            {raft.Stable{CurrentTerm: 3, Log: compacted(2, 4), Snapshot: snap(2, 4)}, raft.BadStorage},
		"an entry of an older term than snapshot": {raft.Stable{CurrentTerm: 3, Log: compacted(2, 2, 1), Snapshot: snap(2, 2)}, raft.BadStorage},
		"a snapshot of nothing":                   {raft.Stable{CurrentTerm: 3, Snapshot: snap(0, 0)}, raft.BadSnapshot},
		"a snapshot of term 0":                    {raft.Stable{CurrentTerm: 3, Log: compacted(2, 0), Snapshot: snap(2, 0)}, raft.BadSnapshot},
		"a snapshot without a configuration":      {raft.Stable{CurrentTerm: 3, Log: compacted(2, 1), Snapshot: &raft.Snapshot{Index: 2, Term: 1}}, raft.BadConfiguration},
		"a snapshot that ends too high":           {raft.Stable{CurrentTerm: 3, Log: compacted(max+1, 1), Snapshot: snap(max+1, 1)}, raft.OutOfRange},
		"an entry that is too high":               {raft.Stable{CurrentTerm: 3, Log: compacted(max, 1, 1), Snapshot: snap(max, 1)}, raft.OutOfRange},
		"a term that is too high":                 {stable(3, most+1, 0), raft.OutOfRange},
		"a vote in term 0":                        {stable(3, 0, 2), raft.BadStorage},
		"a vote for a server that cannot be":      {stable(3, 1, 200), raft.BadStorage},
	} {
		n, err := raft.New(1, c.disk, &raft.Options{})
		var corrupt *raft.Corrupt
		if n != nil || !errors.As(err, &corrupt) || corrupt.Node != 1 || corrupt.Reason != c.reason {
			t.Errorf("%s: started, error %v; want %q", what, err, c.reason)
		}
	}
	for what, disk := range map[string]raft.Stable{
		"nothing":              {},
		"a log":                stable(3, 3, 2, 1, 1, 3),
		"a snapshot":           {CurrentTerm: 3, Log: compacted(2, 1), Snapshot: &raft.Snapshot{Index: 2, Term: 1, Configuration: of3}},
		"a snapshot and a log": {CurrentTerm: 3, Log: compacted(2, 1, 1, 3), Snapshot: &raft.Snapshot{Index: 2, Term: 1, Configuration: of3}},
	} {
		if _, err := raft.New(1, disk, &raft.Options{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Figure 2: a restart keeps term, vote, log and snapshot, and knows nothing to
// be committed but what the snapshot covers.
func TestRestart(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 2))
	s.appended(2, 1, 0, 0, 3, 1, 1, 1, 1)
	s.compact(2)
	before := s.Stable()
	s.restart(1)
	want(t, "term and vote", fmt.Sprint(s.CurrentTerm, s.VotedFor), fmt.Sprint(1, raft.ID(2)))
	want(t, "the log", logText(&s.Log), logText(&before.Log))
	want(t, "commitIndex", s.CommitIndex, 2)
	want(t, "lastApplied", s.LastApplied, 2)
	want(t, "the leader it knows", s.Leader, 0)
	want(t, "a leader was heard", s.HeardLeader, false)
}

// A leader has no election timer.
func TestTimeoutOfLeaderIsRefused(t *testing.T) {
	s := leader(t, 3, 1)
	before := fingerprint(s.Node)
	var refused *raft.Refused
	if _, err := s.input(raft.ElectionTimeout()); !errors.As(err, &refused) {
		t.Errorf("error %v", err)
	}
	want(t, "the state", fingerprint(s.Node), before)
}

// The commit index that is set by hand goes no further than the log, and never
// back.
func TestSetCommitIndex(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0, 1, 1))
	for _, c := range [][2]uint64{{1, 1}, {9, 2}, {0, 2}} {
		s.must(raft.SetCommitIndex(c[0]))
		want(t, "commitIndex", s.CommitIndex, c[1])
		want(t, "the number applied", uint64(len(s.applied)), c[1])
	}
}

// busy is a few servers' worth of inputs: elections, entries, conflicts, a
// snapshot. It calls f after each.
func busy(w *world, f func()) {
	step := func(g func()) {
		for _, s := range w.s {
			s.must(raft.MinimumElectionTimeout()) // time passes
		}
		g()
		f()
	}
	step(func() { w.timeout(1) })
	step(func() { w.propose(1, "a", "b") })
	step(func() { w.cut(1) })
	step(func() { w.propose(1, "lost", "lost too") })
	step(func() { w.timeout(2) })
	step(func() { w.propose(2, "c") })
	step(func() { w.s[2].compact(3) })
	step(func() { w.heal(); w.beat(2) })
	step(func() { w.beat(2) })
	step(func() { w.crash(3); w.propose(2, "d"); w.restart(3); w.beat(2) })
	step(func() { w.timeout(3); w.propose(3, "e"); w.beat(3) })
}

// A copy goes its own way: what happens to either does not show in the other.
func TestCloneIsIndependent(t *testing.T) {
	for _, opts := range []raft.Options{{NoOp: true}, {NoOp: true, Pipeline: true, Window: 1, PreVote: true}} {
		w := newWorld(t, 3, opts)
		type copied struct {
			n    *raft.Node
			text string
		}
		var copies []copied
		busy(w, func() {
			for _, id := range w.ids {
				copies = append(copies, copied{w.s[id].Clone(), fingerprint(w.s[id].Node)})
				want(t, "the copy", fingerprint(copies[len(copies)-1].n), fingerprint(w.s[id].Node))
			}
		})
		for _, c := range copies {
			want(t, "the copy, later", fingerprint(c.n), c.text)
		}
		now := fingerprint(w.s[3].Node)
		for i, c := range copies { // and the other way round
			var o raft.Output
			if c.n.Role == raft.Leader {
				c.n.Step(raft.Propose(fmt.Sprint("of copy ", i)), &o)
				for _, id := range ids(3) {
					c.n.Step(raft.Receive(raft.Envelope{From: id, To: c.n.ID, Message: &raft.AppendEntriesReply{Term: c.n.CurrentTerm, Success: true, MatchIndex: c.n.Log.LastIndex()}}), &o)
				}
			}
			c.n.Step(raft.ElectionTimeout(), &o)
			c.n.Step(raft.Receive(raft.Envelope{From: 2, To: c.n.ID, Message: &raft.AppendEntries{Term: 99, LeaderID: 2, PrevLogIndex: c.n.CommitIndex, PrevLogTerm: term(c.n, c.n.CommitIndex), Entries: entries(0, 99, 99)}}), &o)
			want(t, "the original", fingerprint(w.s[3].Node), now)
		}
	}
}

func term(n *raft.Node, index uint64) uint64 { t, _ := n.Log.Term(index); return t }

// Equal inputs make equal servers and equal outputs; a copy, or recording what
// is decided, makes no difference.
func TestDeterminism(t *testing.T) {
	run := func(clone bool) (states []string) {
		w := newWorld(t, 3, raft.Options{NoOp: true, MaxEntries: 1})
		busy(w, func() {
			for _, id := range w.ids {
				states = append(states, fingerprint(w.s[id].Node), fmt.Sprint(len(w.s[id].o.Send)))
				if clone {
					w.s[id].Node = w.s[id].Clone()
				}
			}
		})
		return states
	}
	if a, b := run(false), run(true); !slices.Equal(a, b) {
		t.Error("two runs of the same inputs differ")
	}
	// The same node, with and without a listener.
	a := leaderOf(t, raft.Options{}, 1, 1)
	b := a.Clone()
	var loud, silent raft.Output
	loud.Record = true
	for _, m := range everyType(2) {
		e := raft.Envelope{From: 3, To: 1, Message: m}
		errA, errB := a.Step(raft.Receive(e), &loud), b.Step(raft.Receive(e), &silent)
		want(t, "the error", fmt.Sprint(errA), fmt.Sprint(errB))
		want(t, "the state", fingerprint(a.Node), fingerprint(b))
		if !reflect.DeepEqual(loud.Send, silent.Send) || loud.Save != silent.Save || loud.Apply != silent.Apply {
			t.Errorf("%s: the outputs differ", m.Type())
		}
	}
	want(t, "decisions without a listener", len(silent.Decided), 0)
}

// A message that has no rule is refused.
func TestUnknownMessage(t *testing.T) {
	refused[*raft.Corrupt](follower(t, 3, 1), 2, stranger{})
}

type stranger struct{}

func (stranger) MessageTerm() uint64 { return 1 }
func (stranger) Type() string        { return "stranger" }

// Each rule has a name of its own, a place in the paper and a sentence.
func TestRulebook(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range raft.Rules() {
		if r.ID == "" || r.Place == "" || r.Says == "" || r.Args[0].Name == "" || len(r.Code) == 0 {
			t.Errorf("rule %+v is not complete", r)
		}
		if seen[r.ID] {
			t.Errorf("two rules are called %s", r.ID)
		}
		seen[r.ID] = true
	}
}

// A copy shares what it can and nothing that either changes: reads that come to
// one of them are not the other's.
func TestClone_Reads(t *testing.T) {
	l, f := leaderOf(t, raft.Options{NoOp: true}), follower(t, 3, 2)
	numbers := func(reads []raft.ReadReady) (out []uint64) {
		for _, r := range reads {
			out = append(out, r.Number)
		}
		return out
	}
	for number := range uint64(3) { // there is room for a fourth
		l.read(number+1, false)
		f.read(number+1, false)
	}
	for what, n := range map[string]*raft.Node{"a leader's": l.Node, "a follower's": f.Node} {
		c := n.Clone()
		for number, n := range map[uint64]*raft.Node{4: n, 5: c} {
			if err := n.Step(raft.Read(number, false), &raft.Output{}); err != nil {
				t.Fatal(err)
			}
		}
		for number, n := range map[uint64]*raft.Node{4: n, 5: c} {
			var o raft.Output
			if err := n.Step(raft.Receive(raft.Envelope{From: 3, To: 1, Message: &raft.RequestVoteReply{Term: 9}}), &o); err != nil {
				t.Fatal(err)
			}
			want(t, what+" reads that fail", fmt.Sprint(numbers(o.Reads)), fmt.Sprint([]uint64{1, 2, 3, number}))
		}
	}
}

// Options that are put in the place of others count from the next input on; wrong
// ones change nothing.
func TestSetOptions(t *testing.T) {
	s := candidate(t, 3, 2)
	want(t, "the error", s.SetOptions(&raft.Options{NoOp: true}), nil)
	if err := s.SetOptions(&raft.Options{Window: 1}); err == nil {
		t.Error("options that contradict each other were taken")
	}
	s.receive(2, &raft.RequestVoteReply{Term: 2, VoteGranted: true})
	want(t, "the last index of a leader with a no-op", s.Log.LastIndex(), 1)
}

// How many indexes a range has, and how many servers of a half are needed.
func TestOutputCounts(t *testing.T) {
	for r, expect := range map[raft.Range]int{{}: 0, {First: 3, Last: 5}: 3, {First: 3, Last: 3}: 1, {First: 4, Last: 3}: 0, {First: 9, Last: 3}: 0} {
		want(t, fmt.Sprint(r), r.Len(), expect)
	}
	for n, expect := range []int{1, 1, 2, 2, 3, 3, 4} {
		want(t, fmt.Sprintf("needed of %d", n), raft.Half{Of: raft.SetOf(ids(n)...)}.Needed(), expect)
	}
}

// Servers have the names S1 to S127; nobody has none. A set knows its members in
// order, the highest included.
func TestNames(t *testing.T) {
	for id, name := range map[raft.ID]string{0: "", 1: "S1", raft.MaxID: "S127"} {
		want(t, "the name", id.String(), name)
	}
	s := raft.SetOf(1, 62, 63, 64, 126, raft.MaxID)
	got := []raft.ID{}
	for id := s.Next(0); id != 0; id = s.Next(id) {
		got = append(got, id)
	}
	want(t, "the members", fmt.Sprint(got), "[S1 S62 S63 S64 S126 S127]")
	want(t, "the first of those without S1", raft.SetOf(63, 64).Next(0), 63)
	want(t, "the one after the highest", s.Next(raft.MaxID), 0)
	want(t, "a refusal that knows of no leader", (&raft.NotLeader{Node: 1}).Error(), "S1 is not the leader and knows of none")
	want(t, "a refusal names the leader", strings.Contains((&raft.NotLeader{Node: 1, Leader: 2}).Error(), "S2"), true)
	want(t, "there are rules", len(raft.Rules()) > 30, true)
}
