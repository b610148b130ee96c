package raft_test

import (
	"math/rand/v2"
	"testing"

	"raftlab/raft"
)

// A Node made of what a server reports is in that server's state, with the same
// configurations, whether all of its log is read or only what is new of it.
func TestRestored(t *testing.T) {
	compared, leaders, snapshots := 0, 0, 0
	for seed := range uint64(12) {
		r := seeded{rand.New(rand.NewPCG(seed, 3))}
		w := newWorldAndSpare(t, 3, 2, raft.Options{NoOp: seed%2 == 0, Pipeline: seed%3 == 0})
		c := newChecker(w)
		mirrors := map[raft.ID]*raft.Node{}
		for step := range 400 {
			c.random(r, step, true)
			for id, s := range w.s {
				if w.down.Has(id) {
					delete(mirrors, id)
					continue
				}
				whole := raft.Restored(*s.State(), s.disk.Initial, s.opts)
				if mirrors[id] == nil {
					mirrors[id] = whole
				}
				mirrors[id] = mirrors[id].Reported(*s.State(), s.opts)
				wantSame(t, s, whole)
				wantSame(t, s, mirrors[id])
				compared++
				leaders += btoi(s.Role == raft.Leader && s.ConfigurationIndex > 0)
				snapshots += btoi(s.Snapshot != nil)
			}
		}
	}
	if compared < 10_000 || leaders < 100 || snapshots < 100 {
		t.Errorf("%d servers were compared, %d leaders in a configuration of the log, %d with a snapshot", compared, leaders, snapshots)
	}
}

// wantSame wants a Node to be as a server is.
func wantSame(t *testing.T, s *server, n *raft.Node) {
	t.Helper()
	a, b := s.State(), n.State()
	if fingerprint(s.Node) != fingerprint(n) || a.ConfigurationIndex != b.ConfigurationIndex || *a.Committed != *b.Committed {
		t.Fatalf("the server is\n%s\nand restored\n%s", fingerprint(s.Node), fingerprint(n))
	}
	if x, y := s.Stable(), n.Stable(); x.CurrentTerm != y.CurrentTerm || x.VotedFor != y.VotedFor || !x.Log.Is(&y.Log) || x.Initial != y.Initial {
		t.Fatalf("its disk holds %+v, restored %+v", x, y)
	}
}

// A Node made of what no correct server can be in takes inputs all the same.
func TestRestoredOfNonsense(t *testing.T) {
	var log raft.Log
	for _, e := range entries(1, 1) {
		log.Append(e)
	}
	peers := []raft.Peer{{}, {}, {NextIndex: 0, MatchIndex: 9}, {NextIndex: 9}, {NextIndex: 4}, {}}
	n := raft.Restored(raft.State{ID: 1, CurrentTerm: 1, Role: raft.Leader, Log: log, Peers: peers, CommitIndex: 7, LastApplied: 8},
		raft.Configuration{Voters: raft.SetOf(1, 2, 3)}, &raft.Options{})
	want(t, "nextIndex of S2", n.NextIndex(2), 2)
	want(t, "nextIndex of S3", n.NextIndex(3), 2)
	for _, in := range []raft.Input{raft.HeartbeatTimeout(), raft.Propose("x"), raft.Receive(raft.Envelope{From: 2, To: 1,
		Message: &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1}})} {
		if err := n.Step(in, &raft.Output{}); err != nil {
			t.Error(err)
		}
	}
}
