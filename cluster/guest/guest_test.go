package guest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// world is a cluster of servers that all run a program.
func world(t *testing.T, n int, p *Program) *cluster.World {
	t.Helper()
	w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, n, 1, setting.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func inProcess(t *testing.T, o raft.Options, can ...Ability) *Program {
	t.Helper()
	p, err := OpenFunc(func() func([]byte) []byte { return Reference(&o, can...) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// elect has S1 win an election.
func elect(t *testing.T, w *cluster.World) {
	t.Helper()
	do(t, w, cluster.Timeout{Node: 1})
	settle(t, w)
	if w.Leader() != 1 {
		t.Fatalf("%s leads", w.Leader())
	}
}

func do(t *testing.T, w *cluster.World, a cluster.Action) {
	t.Helper()
	if err := w.Apply(a); err != nil {
		t.Fatalf("%s: %v", a, err)
	}
}

func settle(t *testing.T, w *cluster.World) {
	t.Helper()
	for len(w.Flights()) > 0 {
		do(t, w, cluster.Deliver{ID: w.Flights()[0].ID})
	}
}

// TestGuestsReplicate: servers that run the reference behind the protocol elect,
// replicate, and come back from a crash with what they had saved.
func TestGuestsReplicate(t *testing.T) {
	w := world(t, 3, inProcess(t, raft.Options{}))
	elect(t, w)
	for i := range 3 {
		do(t, w, cluster.Request{Client: "C1", Data: fmt.Sprintf("x=%d", i)})
		settle(t, w)
	}
	do(t, w, cluster.Heartbeat{Node: 1})
	settle(t, w)
	for _, id := range w.IDs() {
		if s := w.State(id); s.CommitIndex != 3 || s.LastApplied != 3 {
			t.Errorf("%s: commitIndex %d, lastApplied %d", id, s.CommitIndex, s.LastApplied)
		}
	}
	do(t, w, cluster.Kill{Node: 2})
	do(t, w, cluster.Restart{Node: 2})
	if s := w.State(2); s.Log.LastIndex() != 3 || s.CurrentTerm != 1 || s.VotedFor != 1 {
		t.Errorf("S2 starts again with %d entries, term %d, vote %s", s.Log.LastIndex(), s.CurrentTerm, s.VotedFor)
	}
	if len(w.Breaches()) > 0 {
		t.Error(w.Breaches())
	}
}

func TestProcess(t *testing.T) {
	t.Setenv("PYTHONPATH", "../../docs/guests/python")
	p, err := Open(context.Background(), "python3 testdata/python/finished.py")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	w := world(t, 3, p)
	elect(t, w)
	do(t, w, cluster.Request{Client: "C1", Data: "x=1"})
	settle(t, w)
	if s := w.State(1); s.CommitIndex == 0 {
		t.Errorf("%+v", s)
	}
	t.Log(p.Calls.Load(), p.Spared.Load(), p.Time())
}

// A program may keep its commitIndex on the disk, and know it again at once; it may
// not begin with one that it has not saved.
func TestCommitIndexOnTheDisk(t *testing.T) {
	for _, saves := range []bool{true, false} {
		p, err := OpenFunc(func() func([]byte) []byte {
			reference := Reference(&raft.Options{})
			return func(line []byte) []byte { return keepsCommit(reference, line, saves) }
		})
		if err != nil {
			t.Fatal(err)
		}
		w := world(t, 1, p)
		do(t, w, cluster.Timeout{Node: 1})
		for range 3 {
			do(t, w, cluster.Request{Client: "C1", Data: "x=1"})
		}
		do(t, w, cluster.Kill{Node: 1})
		do(t, w, cluster.Restart{Node: 1})
		if s := w.State(1); s.CommitIndex == 0 {
			t.Errorf("saves %t: it starts with commitIndex 0", saves)
		}
		if got := len(w.Departures()); (got > 0) == saves {
			t.Errorf("saves %t: departures %+v", saves, w.Departures())
		}
		p.Close()
	}
}

// keepsCommit has a program begin with the commitIndex that it knew, whether it saves
// it with its log or keeps it by other ways.
func keepsCommit(program func([]byte) []byte, line []byte, saves bool) []byte {
	var question, answer map[string]any
	if json.Unmarshal(line, &question) != nil || json.Unmarshal(program(line), &answer) != nil {
		panic(string(line))
	}
	commit := any(0)
	if stable, _ := question["stable"].(map[string]any); stable != nil {
		if commit = any(1); saves {
			commit = stable["commitIndex"]
		}
	}
	view, _ := answer["view"].(map[string]any)
	if view != nil && question["state"] == nil {
		view["commitIndex"] = commit
		answer["state"] = view
	}
	if save, _ := answer["save"].(map[string]any); save != nil && saves {
		save["commitIndex"] = view["commitIndex"]
	}
	out, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return out
}
