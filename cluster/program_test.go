package cluster

import (
	"math/rand/v2"
	"testing"

	"raftlab/raft"
)

// strangers is a program that nothing is known of. It does what raftlab's own does.
type strangers struct{ known Known }

func (p *strangers) Start(id raft.ID, stable raft.Stable, o *raft.Options) (Node, error) {
	n, err := raft.New(id, stable, o)
	if err != nil {
		return nil, err
	}
	return &stranger{n, p}, nil
}

func (p *strangers) Known() Known { return p.known }

// stranger is a server of that program.
type stranger struct {
	*raft.Node
	program *strangers
}

func (n *stranger) Clone() Node { return &stranger{n.Node.Clone(), n.program} }

// strange is a world like newWorld's whose servers another program runs.
func strange(t *testing.T, p Program, n int, seed uint64, set ...string) *World {
	t.Helper()
	like := newWorld(t, n, seed, set...)
	w, err := NewOf(func(raft.ID) Program { return p }, n, seed, *like.Settings(), like.MachineKind())
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A world whose servers are another program's does all that one of raftlab's own
// does: nothing asks what is behind the interface.
func TestAnotherProgram(t *testing.T) {
	for seed := range uint64(20) {
		ours := newWorld(t, 3, seed)
		theirs := strange(t, &strangers{}, 3, seed)
		pick := rand.New(rand.NewPCG(seed, 7)).IntN
		for range 300 {
			a := randomAction(ours, pick)
			first, second := ours.Apply(a), theirs.Apply(a)
			if (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
				t.Fatalf("seed %d: %s: %v, and theirs: %v", seed, a, first, second)
			}
			if ours.Fingerprint() != theirs.Fingerprint() || ours.Position() != theirs.Position() {
				t.Fatalf("seed %d: after %s the worlds differ", seed, a)
			}
		}
	}
}

// What is left out because of what Raft's servers are known to do is left out of
// no program of which it is not known.
func TestReductionsAreAsked(t *testing.T) {
	for _, c := range []struct {
		known      Known
		symmetries int
		outlived   uint64
	}{{Known{}, 1, 0}, {Known{Symmetric: true}, 6, 0}, {Known{OldAnswers: true}, 1, 1}, {Known{true, true}, 6, 1}} {
		w := strange(t, &strangers{c.known}, 3, 1)
		same(t, "symmetries", len(w.Symmetries()), c.symmetries)
		servers, _ := w.Parts()
		votes, _, _ := NewBench(w).Outlived(servers[0])
		same(t, "the first term whose votes count", votes, c.outlived)
	}
	mine := &strangers{Known{true, true}}
	w, err := NewOf(func(id raft.ID) Program {
		if id == 3 {
			return mine
		}
		return own{}
	}, 3, 1, *newWorld(t, 3, 1).Settings(), "kv")
	same(t, "the error", err, nil)
	same(t, "symmetries with one of another program", len(w.Symmetries()), 2)
}
