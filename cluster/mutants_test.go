package cluster

import (
	"slices"
	"testing"

	"raftlab/cluster/network"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// The one catalogue is in order: a bit and a name each, a rule of one of the
// rulebooks, and settings that there are.
func TestBugsAreCatalogued(t *testing.T) {
	known := append(slices.Clone(raft.Rules()), rules.Driver()...)
	var bits raft.Mutants
	names := map[string]bool{}
	for _, m := range rules.AllBugs() {
		if m.Bit&(m.Bit-1) != 0 || m.Bit == 0 || bits&m.Bit != 0 || names[m.Name] || m.Nodes < 3 || m.Says == "" || m.Story == "" || m.Seen == "" || m.Breaks == "" {
			t.Errorf("%+v", m)
		}
		bits, names[m.Name] = bits|m.Bit, true
		if !slices.Contains(known, m.Violates) {
			t.Errorf("%s violates a rule of no rulebook", m.Name)
		}
		for _, need := range m.Needs {
			if err := New(3, 1, setting.Defaults()).Apply(Set{need.Setting, need.Value}); err != nil {
				t.Errorf("%s: %v", m.Name, err)
			}
		}
	}
	for _, r := range rules.Driver() {
		if r.ID == "" || r.Place == "" || r.Says == "" {
			t.Errorf("%+v", r)
		}
	}
}

// A bug is part of what a world is. Switched off, the world is as it was.
func TestBugsShow(t *testing.T) {
	right := New(4, 1, setting.Defaults()).Fingerprint()
	seen := map[uint64]string{right: "none"}
	for _, m := range rules.AllBugs() {
		for _, node := range []raft.ID{0, 2} {
			w := New(4, 1, setting.Defaults())
			on := SetBug{m.Name, true, node}
			do(t, w, on)
			if other, known := seen[w.Fingerprint()]; known {
				t.Errorf("%s shows no difference from %s", on, other)
			}
			seen[w.Fingerprint()] = on.String()
			if got := w.Bugs(); !slices.Equal(got, []string{m.Name}) {
				t.Errorf("%s: %v are on", on, got)
			}
			do(t, w, SetBug{Name: m.Name})
			if w.Fingerprint() != right || len(w.Bugs()) > 0 {
				t.Errorf("%s: switched off, it still shows", on)
			}
		}
	}
}

// What every server does wrong, one that is created later does wrong as well;
// what one does wrong, it does not.
func TestLaterServersShareTheBugs(t *testing.T) {
	w := newWorld(t, 3, 1)
	do(t, w, SetBug{"vote-any", true, 0}, SetBug{"local-read", true, 2}, Timeout{1})
	settle(t, w)
	do(t, w, AddServer{Node: 4})
	if !w.bug(raft.VoteAny, 4) || w.bug(rules.LocalRead, 4) || w.optionsOf(4).Mutants&raft.VoteAny == 0 {
		t.Errorf("S4 makes mistakes %b", w.bugs.Of(4))
	}
	do(t, w, SetBug{"vote-any", false, 4})
	if w.bug(raft.VoteAny, 4) || !w.bug(raft.VoteAny, 3) {
		t.Error("one server's bug cannot be switched off")
	}
}

// The protections that two of the bugs leave out are left out in that server
// alone, whatever is set.
func TestProtectionsAreLeftOut(t *testing.T) {
	w := newWorld(t, 3, 1, "stickiness", "on", "prevote", "on", "check-quorum", "on")
	do(t, w, SetBug{"removed-disrupts", true, 2}, SetBug{"partial-partition", true, 3})
	for id, want := range map[raft.ID][2]bool{1: {true, true}, 2: {false, true}, 3: {true, false}} {
		if o := w.optionsOf(id); o.StickyFollower != want[0] || o.PreVote != want[1] {
			t.Errorf("%s: sticky %t, prevote %t", id, o.StickyFollower, o.PreVote)
		}
	}
	do(t, w, Timeout{3})
	if w.State(3).Role != raft.Candidate || w.State(3).CurrentTerm != 1 {
		t.Errorf("S3 is a %s of term %d", w.State(3).Role, w.State(3).CurrentTerm)
	}
	settle(t, w)
	do(t, w, SetLinks{true, []network.Link{{From: 1, To: 3}, {From: 2, To: 3}}})
	for range 200 {
		do(t, w, Tick{3})
	}
	if w.State(3).Role != raft.Leader {
		t.Error("S3 steps down, which CheckQuorum would do")
	}
	do(t, w, SetBug{Name: "partial-partition"})
	for range 200 {
		do(t, w, Tick{3})
	}
	if w.State(3).Role == raft.Leader {
		t.Error("S3 leads on without a majority")
	}
}
