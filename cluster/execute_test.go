package cluster

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// What a server comes to is what its machine makes of its entries, whoever else
// was there before: with other entries at the same index, from other states, and
// with the mistake that applies twice what comes twice. Worlds that were copied go
// on apart.
func TestExecuteOnceIsExecute(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := NewWithMachine(3, seed, Defaults(), machine.Kinds[r.IntN(len(machine.Kinds))].Name)
		entries := []raft.Entry{{Kind: raft.Noop}, {Kind: raft.Session, Data: "C1"}, {Kind: raft.Session, Data: "C2"}, {Kind: raft.Numbered, Data: "C1:1 x=1"},
			{Kind: raft.Numbered, Data: "C1:2 incr n"}, {Data: "x=1"}, {Data: "incr n"}, {Data: "button"}, {Data: "C1:1 x=1"}, {Term: 1, Data: "x=1"}}
		var applied [3]uint64
		for range 300 {
			id := raft.ID(1 + r.IntN(3))
			if r.IntN(40) == 0 {
				w.bugs = []raft.Mutants{0, 0, 0}
				w.bugs[r.IntN(3)] = NoSessions
			}
			if r.IntN(40) == 0 {
				w = w.Clone()
			}
			s := w.mutable(id)
			if r.IntN(60) == 0 {
				s.machine, applied[id-1] = machine.New(w.kind), 0
			}
			applied[id-1]++
			index := applied[id-1]
			e := entries[(index*uint64(3+seed%5)+uint64(r.IntN(40)/39))%uint64(len(entries))] // nearly always the same one there
			want, result, ok := w.execute(s, s.machine, index, e)
			got, gotResult, gotOK := w.executeOnce(s, index, &e)
			s.machine = got
			if got.Snapshot() != want.Snapshot() || got.Hash() != want.Hash() || gotResult != result || gotOK != ok {
				t.Fatalf("seed %d, %s, entry %d %+v: %q %q %t, want %q %q %t", seed, id, index, e, got.Snapshot(), gotResult, gotOK, want.Snapshot(), result, ok)
			}
		}
	}
}

// A session is known by its entry's index: the same entry in the same state
// opens another one somewhere else.
func TestExecuteOnceKnowsTheIndex(t *testing.T) {
	w, opens := New(1, 1, Defaults()), raft.Entry{Kind: raft.Session, Data: "C1"}
	first, _, _ := w.executeOnce(w.servers[0], 4, &opens)
	second, _, _ := w.executeOnce(w.servers[0], 4+recentSteps, &opens)
	if first.Snapshot() == second.Snapshot() {
		t.Errorf("both are %q", first.Snapshot())
	}
}

// Servers that apply the same entries hold the same states in one place, and do
// so again some time after one of them had to begin anew.
func TestStatesAreShared(t *testing.T) {
	w := newWorld(t, 3, 1)
	elect(t, w, 1)
	put := func(n int) {
		for i := range n {
			do(t, w, Request{Client: "C1", Data: fmt.Sprintf("x%d=%d", i%5, i)})
			settle(t, w)
		}
		beat(t, w, 1)
	}
	shared := func() bool {
		return w.servers[0].machine == w.servers[1].machine && w.servers[1].machine == w.servers[2].machine
	}
	if put(2 * recentSteps); !shared() {
		t.Error("each server has a state of its own")
	}
	do(t, w, Kill{3}, Restart{3})
	if put(3); shared() {
		t.Fatal("a server that began anew has come by the same states at once; how would it?")
	}
	if put(64); !shared() {
		t.Error("it has states of its own still")
	}
}
