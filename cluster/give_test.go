package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// figureStable is a server's stable storage: a log of these terms, in a cluster
// of n voters.
func figureStable(n int, logTerms string, term uint64) raft.Stable {
	s := raft.Stable{CurrentTerm: term}
	for id := 1; id <= n; id++ {
		s.Initial.Voters = s.Initial.Voters.With(raft.ID(id))
	}
	for i, word := range strings.Fields(logTerms) {
		t, data, _ := strings.Cut(word, ":")
		if data == "" {
			data = fmt.Sprintf("k%d=%s", i+1, t)
		}
		v, err := strconv.ParseUint(t, 10, 64)
		if err != nil {
			panic(err)
		}
		s.CurrentTerm = max(s.CurrentTerm, v)
		s.Log.Append(raft.Entry{Term: v, Data: data})
	}
	return s
}

// giveFigure is a cluster with these logs.
func giveFigure(t fataler, logs ...string) *World {
	t.Helper()
	w := New(len(logs), 1, setting.Defaults())
	for i, log := range logs {
		do(t, w, Give{Node: raft.ID(i + 1), Stable: figureStable(len(logs), log, 0)})
	}
	return w
}

// The state comes out as it was given, whatever was there before.
func TestGive_ComesOutAsGiven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pick := drawn(t)
		w := New(3, 1, setting.Defaults())
		for range pick(30) {
			_ = w.Apply(randomAction(w, pick))
		}
		id := raft.ID(1 + pick(3))
		do(t, w, Set{"snapshot-every", "off"}) // or it may take a snapshot of what it is given
		s := figureStable(3, "", uint64(pick(3)))
		if pick(3) == 0 {
			s.Snapshot = &raft.Snapshot{Index: uint64(1 + pick(5)), Term: uint64(1 + pick(2)), Data: "x=0 y=9", Configuration: s.Initial}
			s.Log.CompactTo(s.Snapshot.Index, s.Snapshot.Term)
			s.CurrentTerm = max(s.CurrentTerm, s.Snapshot.Term)
		}
		for range pick(6) {
			last := max(s.Log.LastTerm(), 1)
			s.Log.Append(raft.Entry{Term: last + uint64(pick(2)), Data: fmt.Sprintf("x=%d", pick(5))})
			s.CurrentTerm = max(s.CurrentTerm, s.Log.LastTerm())
		}
		if s.VotedFor = raft.ID(pick(4)); s.CurrentTerm == 0 {
			s.VotedFor = 0 // nobody votes before the first election, and a start from such a disk is refused
		}
		commit := uint64(pick(int(s.Log.LastIndex()) + 1))
		breaches := len(w.breaches)
		do(t, w, Give{Node: id, Stable: s, Commit: commit})
		n := w.State(id)
		written, synced := w.Disk(id)
		if stableText(written) != stableText(&s) || stableText(synced) != stableText(&s) {
			t.Fatalf("the disk holds %s / %s", stableText(written), stableText(synced))
		}
		want := max(commit, s.Log.FirstIndex()-1)
		if n.Role != raft.Follower || n.CurrentTerm != s.CurrentTerm || n.VotedFor != s.VotedFor || n.CommitIndex != want || n.LastApplied != want {
			t.Fatalf("term %d, vote %s, commit %d, applied %d, want commit %d", n.CurrentTerm, n.VotedFor, n.CommitIndex, n.LastApplied, want)
		}
		for _, m := range w.Flights() {
			if m.From == id || m.To == id {
				t.Fatalf("m%d is in flight still", m.ID)
			}
		}
		for _, c := range w.Clients() {
			if c.Status == clients.Pending && c.Node == id {
				t.Fatalf("%s waits for what is gone", c.Name)
			}
		}
		for _, b := range w.breaches[breaches:] {
			if len(b.Nodes) == 1 && b.Nodes[0] == id && b.Property == "Monotony" {
				t.Fatalf("a server that was given another state went back: %+v", b)
			}
		}
		if w.Frozen(id) {
			t.Fatalf("it is frozen")
		}
	})
}

// A state that no server can have written is refused.
func TestGive_Refused(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	bad := figureStable(3, "2 1", 0)
	refused(t, w, Give{Node: 1, Stable: bad}, "entry 2 has term 1")
	bad = figureStable(3, "1", 0)
	bad.CurrentTerm = 0
	refused(t, w, Give{Node: 1, Stable: bad}, "currentTerm is 0")
	bad = figureStable(3, "", 5)
	bad.Snapshot = &raft.Snapshot{Index: 2, Term: 1, Data: "no pairs", Configuration: bad.Initial}
	bad.Log.CompactTo(2, 1)
	refused(t, w, Give{Node: 1, Stable: bad}, "is not a state of the key-value store")
	refused(t, w, Give{Node: 4, Stable: figureStable(3, "", 0)}, "there is no S4")
}

// A server may be given a state while others are down.
func TestGive_OthersDown(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Kill{3}, Kill{2}, Give{Node: 2, Stable: figureStable(3, "1 1", 0)})
	same(t, "S2's log", terms(w, 2), "1 1")
	do(t, w, Restart{3})
}

// Figure 6: the leader's commands in the log, applied up to what is committed.
func TestGive_Figure6(t *testing.T) {
	const all = "1:x=3 1:y=1 1:y=9 2:x=2 3:x=0 3:y=7 3:x=5 3:x=4"
	words := strings.Fields(all)
	w := New(5, 1, setting.Defaults())
	for i, n := range []int{8, 5, 8, 2, 7} {
		do(t, w, Give{Node: raft.ID(i + 1), Stable: figureStable(5, strings.Join(words[:n], " "), 3), Commit: uint64(min(n, 7))})
	}
	same(t, "S1's data", w.Machine(1).Snapshot(), "x=5 y=7")
	same(t, "S2's data", w.Machine(2).Snapshot(), "x=0 y=9")
	same(t, "S4's data", w.Machine(4).Snapshot(), "x=3 y=1")
	elect(t, w, 1)
	beat(t, w, 1)
	for _, id := range w.IDs() {
		same(t, "data", w.Machine(id).Snapshot(), "x=4 y=7")
	}
	same(t, "breaches", len(w.Breaches()), 0)
}

var figure7 = []string{
	"1 1 1 4 4 5 5 6 6 6",
	"1 1 1 4 4 5 5 6 6",
	"1 1 1 4",
	"1 1 1 4 4 5 5 6 6 6 6",
	"1 1 1 4 4 5 5 6 6 6 7 7",
	"1 1 1 4 4 4 4",
	"1 1 1 2 2 2 3 3 3 3 3",
}

// Figure 7: a new leader of term 8 brings all six followers to its own log.
func TestGive_Figure7(t *testing.T) {
	for _, c := range [][]string{nil, {"back-off", "conflict-term"}, {"pipeline", "on"}, {"max-entries", "1"}, {"noop", "off"}} {
		w := giveFigure(t, figure7...)
		for i, log := range figure7 {
			same(t, "log as given", terms(w, raft.ID(i+1)), log)
		}
		set(t, w, c...)
		do(t, w, Give{Node: 1, Stable: figureStable(7, figure7[0], 7)})
		elect(t, w, 1)
		same(t, "term", w.State(1).CurrentTerm, 8)
		want := figure7[0] + " 8"
		if w.settings.NoOp == false {
			do(t, w, Request{Client: "C1", Data: "x=1"})
			settle(t, w)
		}
		beat(t, w, 1)
		for _, id := range w.IDs() {
			same(t, id.String(), terms(w, id), want)
			same(t, "commit", w.State(id).CommitIndex, 11)
		}
		same(t, "breaches", len(w.Breaches()), 0)
	}
}

// Figure 7: with the leader down a, c and d can be elected, b, e and f cannot.
func TestGive_Figure7_WhoMayLead(t *testing.T) {
	for id, want := range map[raft.ID]bool{2: true, 3: false, 4: true, 5: true, 6: false, 7: false} {
		w := giveFigure(t, figure7...)
		do(t, w, Kill{1}, Timeout{id}, Timeout{id}, Timeout{id}, Timeout{id}, Timeout{id}, Timeout{id}, Timeout{id})
		settle(t, w)
		same(t, id.String()+" leads", w.State(id).Role == raft.Leader, want)
	}
}

// figure8 is Figure 8 at (c): entry 2 of term 2 is on three of five, S1 leads
// term 4, and it is not committed.
func figure8(t *testing.T) *World {
	t.Helper()
	w := New(5, 1, setting.Defaults())
	set(t, w, "max-entries", "1")
	for i, log := range []string{"1 2", "1 2", "1", "1", "1 3"} {
		do(t, w, Give{Node: raft.ID(i + 1), Stable: figureStable(5, log, 3), Commit: 1})
	}
	do(t, w, Timeout{1})
	for w.State(1).Role != raft.Leader {
		do(t, w, DeliverNext{Among: raft.SetOf(1, 2, 3)})
	}
	for terms(w, 3) != "1 2" {
		do(t, w, DeliverNext{Among: raft.SetOf(1, 3)})
	}
	same(t, "S1's log", terms(w, 1), "1 2 4")
	same(t, "S3's log", terms(w, 3), "1 2")
	same(t, "S1's commit", w.State(1).CommitIndex, 1)
	for _, m := range w.Flights() {
		do(t, w, Drop{m.ID})
	}
	return w
}

// Figure 8 (d): S5 wins with the votes of S2, S3 and S4, and entry 2 is
// overwritten everywhere. Nothing is broken, since it was not committed.
func TestGive_Figure8d(t *testing.T) {
	w := figure8(t)
	do(t, w, Kill{1}, Timeout{5}, Timeout{5})
	settle(t, w)
	same(t, "S5's role", w.State(5).Role, raft.Leader)
	do(t, w, Restart{1})
	beat(t, w, 5)
	beat(t, w, 5)
	for _, id := range w.IDs() {
		same(t, id.String(), terms(w, id), "1 3 5")
	}
	same(t, "breaches", len(w.Breaches()), 0)
}

// Figure 8 (e): once an entry of S1's own term is on a majority, both are
// committed, and S5 cannot win any more.
func TestGive_Figure8e(t *testing.T) {
	w := figure8(t)
	do(t, w, Partition{[]raft.Set{raft.SetOf(1, 2, 3)}})
	beat(t, w, 1)
	beat(t, w, 1)
	same(t, "S3's log", terms(w, 3), "1 2 4")
	same(t, "S1's commit", w.State(1).CommitIndex, 3)
	do(t, w, Kill{1}, Partition{}, Timeout{5}, Timeout{5}, Timeout{5})
	settle(t, w)
	same(t, "S5's role", w.State(5).Role, raft.Candidate)
	same(t, "breaches", len(w.Breaches()), 0)
}

// Figure 12: a snapshot in the place of the first five entries.
func TestGive_Figure12(t *testing.T) {
	s := figureStable(3, "1 1 1 2 3 3:y=7 3:x=5", 3)
	s.Log.CompactTo(5, 3)
	s.Snapshot = &raft.Snapshot{Index: 5, Term: 3, Configuration: s.Initial, Data: "x=0 y=9"}
	w := New(3, 1, setting.Defaults())
	do(t, w, Give{Node: 1, Stable: s, Commit: 7})
	n := w.State(1)
	same(t, "first", n.Log.FirstIndex(), 6)
	same(t, "last", n.Log.LastIndex(), 7)
	same(t, "commit", n.CommitIndex, 7)
	same(t, "data", w.Machine(1).Snapshot(), "x=5 y=7")
	elect(t, w, 1)
	beat(t, w, 1)
	for _, id := range w.IDs() {
		same(t, "data", w.Machine(id).Snapshot(), "x=5 y=7")
		same(t, "last", w.State(id).Log.LastIndex(), 8)
	}
	same(t, "breaches", len(w.Breaches()), 0)
	do(t, w, Kill{2}, Restart{2})
	same(t, "S2's data after a crash", w.Machine(2).Snapshot(), "x=0 y=9")
}

// The invariants begin anew: what was committed elsewhere before binds nobody.
func TestGive_Rebases(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	beat(t, w, 1)
	for id := raft.ID(1); id <= 3; id++ {
		do(t, w, Give{Node: id, Stable: figureStable(3, "", 5)})
	}
	elect(t, w, 2)
	for _, id := range w.IDs() {
		same(t, "log", terms(w, id), "6")
	}
	for _, b := range w.Breaches() {
		t.Errorf("%+v", b)
	}
}

// A configuration that is taken back with its entry is told of, as is the one
// that is in force again (thesis 4.1).
func TestConfigurationTakenBackIsTold(t *testing.T) {
	w := New(3, 1, setting.Defaults())
	elect(t, w, 1)
	do(t, w, Partition{Groups: []raft.Set{raft.SetOf(1), raft.SetOf(2, 3)}}, RemoveServer{Node: 3})
	same(t, "S1's voters", w.State(1).Configuration.String(), "S1 S2")
	elect(t, w, 2)
	l := listen(w)
	do(t, w, SetLinks{Links: []network.Link{{From: 1, To: 2}, {From: 2, To: 1}, {From: 1, To: 3}, {From: 3, To: 1}}}, Heartbeat{2})
	settle(t, w)
	same(t, "S1's voters", w.State(1).Configuration.String(), "S1 S2 S3")
	for _, e := range l.Events {
		if event.Is[event.MembersChanged](&e) && e.Node == 1 && event.As[event.MembersChanged](&e) == (event.MembersChanged{Index: 0, Members: *w.State(1).Configuration}) {
			return
		}
	}
	t.Error("nothing is told")
}

// A state made by hand beside a leader is compared with that leader's books at once.
func TestGive_LeavesNothingToCompare(t *testing.T) {
	w := newWorld(t, 3, 1)
	elect(t, w, 1)
	settle(t, w)
	do(t, w, Give{Node: 3, Stable: figureStable(3, "1", 1)})
	do(t, w, Heartbeat{1})
	settle(t, w)
}
