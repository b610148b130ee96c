package fuzz

import (
	"context"
	"errors"
	"testing"

	"raftlab/cluster"
	"raftlab/raft"
)

// faulty is a program that does what raftlab's own does, until it leads a term.
type faulty struct{ term uint64 }

type faultyNode struct {
	*raft.Node
	term uint64
}

var errFaulty = errors.New("IndexError: list index out of range")

func (p faulty) Start(id raft.ID, stable raft.Stable, o *raft.Options) (cluster.Node, error) {
	n, err := raft.New(id, stable, o)
	return &faultyNode{n, p.term}, err
}

func (p faulty) Clone(n cluster.Node) cluster.Node {
	return &faultyNode{n.(*faultyNode).Node.Clone(), p.term}
}

func (faulty) Known() cluster.Known { return cluster.Known{} }

func (n *faultyNode) Step(in raft.Input, o *raft.Output) error {
	if s := n.State(); s.CurrentTerm == n.term && s.Role == raft.Leader {
		return errFaulty
	}
	return n.Node.Step(in, o)
}

// A program that has no answer ends its run, and the campaign says which: the
// lowest seed, its schedule up to the action that fails, and the error. The world
// is as it was.
func TestFailureIsFound(t *testing.T) {
	w, err := cluster.NewOf(func(raft.ID) cluster.Program { return faulty{2} }, 3, 1, cluster.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	before, position := w.Fingerprint(), w.Position()
	var found []Result
	for _, workers := range []int{1, 3} {
		s := Search{First: 1, Last: 200, Workers: workers}
		r := s.Run(context.Background(), w)
		if r.Outcome != Failed || !errors.Is(r.Failure, errFaulty) || len(r.Path) == 0 {
			t.Fatalf("%s after %d runs: %v", r.Outcome, r.Runs, r.Failure)
		}
		found = append(found, r)
	}
	if found[0].Seed != found[1].Seed || len(found[0].Path) != len(found[1].Path) {
		t.Errorf("one worker finds seed %d, three find seed %d", found[0].Seed, found[1].Seed)
	}
	if w.Fingerprint() != before || w.Position() != position {
		t.Error("the world has changed")
	}
	again := w.Clone()
	for i, a := range found[0].Path {
		err := again.Apply(a)
		if last := i == len(found[0].Path)-1; last != errors.Is(err, errFaulty) || !last && err != nil {
			t.Fatalf("step %d, %s: %v", i+1, a, err)
		}
	}
}
