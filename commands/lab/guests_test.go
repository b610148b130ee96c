package lab

import (
	"context"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// TestOldVersionsEnd: of a program that was started anew many times the newest versions run,
// and an older one says that it does not.
func TestOldVersionsEnd(t *testing.T) {
	var g Guests
	var first *cluster.World
	for i := range 3 + mostReplaced {
		p, err := g.Start(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		w, err := Who{Program: p}.World(3, 1, setting.Defaults(), UsualMachine)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = w
		}
	}
	if err := first.Apply(cluster.Timeout{Node: 1}); err == nil {
		t.Error("the first of six versions still answers")
	}
	for i, p := range g.Programs()[2:] {
		w, err := Who{Program: p}.World(3, 1, setting.Defaults(), UsualMachine)
		if err == nil {
			err = w.Apply(cluster.Timeout{Node: raft.ID(1)})
		}
		if err != nil {
			t.Errorf("version %d: %v", i+3, err)
		}
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
}

// The greeting says which program --guest runs, and where.
func TestTheGreetingNamesTheProgram(t *testing.T) {
	for _, c := range []struct {
		g    Guests
		want string
	}{
		{Guests{}, ""},
		{Guests{GuestOptions: GuestOptions{Command: "python3 my_raft.py"}}, `The servers run "python3 my_raft.py".`},
		{Guests{GuestOptions: GuestOptions{Command: "mine", Nodes: "S2"}}, `S2 runs "mine"; the others are raftlab's own.`},
		{Guests{GuestOptions: GuestOptions{Command: "mine", Nodes: "S2,S4"}}, `S2 S4 run "mine"; the others are raftlab's own.`},
		{Guests{GuestOptions: GuestOptions{Command: "mine"}, Aside: true}, ""},
	} {
		if got := c.g.runs(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
