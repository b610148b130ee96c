package execute

import (
	"math/rand/v2"
	"testing"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// What a server comes to is what its machine makes of its entries, whoever else
// was there before: with other entries at the same index, from other states, and
// with the mistake that applies twice what comes twice.
func TestExecuteOnceIsExecute(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		kind := machine.Kinds[r.IntN(len(machine.Kinds))].Name
		entries := []raft.Entry{{Kind: raft.Noop}, {Kind: raft.Session, Data: "C1"}, {Kind: raft.Session, Data: "C2"}, {Kind: raft.Numbered, Data: "C1:1 x=1"},
			{Kind: raft.Numbered, Data: "C1:2 incr n"}, {Data: "x=1"}, {Data: "incr n"}, {Data: "button"}, {Data: "C1:1 x=1"}, {Term: 1, Data: "x=1"}}
		var recent Recent
		var applied [3]uint64
		machines := [3]machine.Machine{machine.New(kind), machine.New(kind), machine.New(kind)}
		errs := -1
		for range 300 {
			id := r.IntN(3)
			if r.IntN(40) == 0 {
				errs = r.IntN(3)
			}
			if r.IntN(60) == 0 {
				machines[id], applied[id] = machine.New(kind), 0
			}
			applied[id]++
			index := applied[id]
			e := entries[(index*uint64(3+seed%5)+uint64(r.IntN(40)/39))%uint64(len(entries))] // nearly always the same one there
			want, result, ok := EntryAgain(machines[id], index, e, id == errs)
			got, gotResult, gotOK := recent.Once(machines[id], index, &e, id == errs)
			machines[id] = got
			if got.Snapshot() != want.Snapshot() || got.Hash() != want.Hash() || gotResult != result || gotOK != ok {
				t.Fatalf("seed %d, S%d, entry %d %+v: %q %q %t, want %q %q %t", seed, id+1, index, e, got.Snapshot(), gotResult, gotOK, want.Snapshot(), result, ok)
			}
		}
	}
}

// A session is known by its entry's index: the same entry in the same state
// opens another one somewhere else.
func TestExecuteOnceKnowsTheIndex(t *testing.T) {
	var recent Recent
	m, opens := machine.New("kv"), raft.Entry{Kind: raft.Session, Data: "C1"}
	first, _, _ := recent.Once(m, 4, &opens, false)
	second, _, _ := recent.Once(m, 4+recentExecutions, &opens, false)
	if first.Snapshot() == second.Snapshot() {
		t.Errorf("both are %q", first.Snapshot())
	}
}
