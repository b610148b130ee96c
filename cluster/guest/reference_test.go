package guest

import (
	"encoding/json"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// TestReferenceDoesNotDepart: raftlab's own core behind the protocol departs from the
// paper in no random step, whatever Figure 2 leaves free, in clusters of one to seven,
// alone and beside raftlab's own servers, with snapshots and without.
func TestReferenceDoesNotDepart(t *testing.T) {
	for bits := range 64 {
		o := raft.Options{NoOp: bits&1 == 0, ConflictTerm: bits&2 == 0, Pipeline: bits&4 != 0}
		if bits&8 != 0 {
			o.MaxEntries = 1
		}
		if bits&16 != 0 && o.Pipeline {
			o.Window = 2
		}
		var can []Ability
		settings := setting.Defaults()
		if bits&32 != 0 {
			can, settings.SnapshotEvery = []Ability{Snapshot}, 2
		}
		settings.Sessions = bits%3 == 2 // that raftlab's own servers open
		p, n := inProcess(t, o, can...), 1+bits%7
		w, err := cluster.NewOf(func(id raft.ID) program.Program {
			if bits%3 == 2 && id > 1 {
				return program.Own(id)
			}
			return p
		}, n, uint64(bits), settings, "kv")
		if err != nil {
			t.Fatal(err)
		}
		if d, at := departs(t, w, p, steps(250)); d != nil {
			t.Errorf("%+v, %d servers, after %d steps: %s %s: %s %v", o, n, at, d.Kind, d.Rule.ID, d.Did, d.Compared)
		}
		p.Close()
	}
}

// TestVotesThatAreNotTold: who elected a leader is known also if the program does not report votes, and asks before
// it begins a term.
func TestVotesThatAreNotTold(t *testing.T) {
	for _, can := range [][]Ability{nil, {PreVote}} {
		p, err := OpenFunc(func() func([]byte) []byte {
			server := Reference(&raft.Options{PreVote: len(can) > 0}, can...)
			return func(line []byte) []byte {
				answer := map[string]any{}
				if err := json.Unmarshal(server(line), &answer); err != nil {
					t.Error(err)
				}
				if view, is := answer["view"].(map[string]any); is {
					delete(view, "votes")
				}
				out, _ := json.Marshal(answer)
				return out
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, 3, 1, setting.Defaults(), "kv")
		if err != nil {
			t.Fatal(err)
		}
		elect(t, w)
		if votes := w.State(1).Votes; votes.Len() != 2 {
			t.Errorf("can %v: the votes of %v elected it", can, votes)
		}
	}
}
