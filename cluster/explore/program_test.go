package explore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"raftlab/cluster"
	"raftlab/raft"
)

// faulty is a program that does what raftlab's own does, until it is asked for a
// vote in a term.
type faulty struct {
	term  uint64
	known cluster.Known
}

type faultyNode struct {
	*raft.Node
	term uint64
}

var errFaulty = errors.New("KeyError: 'votedFor'")

func (p *faulty) Start(id raft.ID, stable raft.Stable, o *raft.Options) (cluster.Node, error) {
	n, err := raft.New(id, stable, o)
	return &faultyNode{n, p.term}, err
}

func (p *faulty) Clone(n cluster.Node) cluster.Node {
	return &faultyNode{n.(*faultyNode).Node.Clone(), p.term}
}

func (p *faulty) Known() cluster.Known { return p.known }

func (n *faultyNode) Step(in raft.Input, o *raft.Output) error {
	if m, ok := in.Envelope.Message.(*raft.RequestVote); ok && m.Term == n.term {
		return errFaulty
	}
	return n.Node.Step(in, o)
}

func faultyWorld(t *testing.T, p cluster.Program) *cluster.World {
	t.Helper()
	w, err := cluster.NewOf(func(raft.ID) cluster.Program { return p }, 3, 1, cluster.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A program that has no answer is found, with the shortest schedule that leads
// there, whatever is left out and however many search; and the world that the
// search began from is as it was.
func TestFailureIsFound(t *testing.T) {
	for _, c := range []struct {
		term  uint64
		steps int
	}{{1, 2}, {2, 3}, {3, 4}} {
		for _, known := range []cluster.Known{{}, {Symmetric: true, OldAnswers: true}} {
			for _, workers := range []int{1, 3} {
				w := faultyWorld(t, &faulty{c.term, known})
				before, position := w.Fingerprint(), w.Position()
				s := Search{Grow: true, Workers: workers}
				r := s.Run(context.Background(), w)
				name := fmt.Sprintf("term %d, known %+v, %d workers", c.term, known, workers)
				if r.Outcome != Failed || len(r.Path) != c.steps || r.Proven < c.steps || !errors.Is(r.Failure, errFaulty) {
					t.Fatalf("%s: %s, %v after %v (proven %d)", name, r.Outcome, r.Failure, r.Path, r.Proven)
				}
				if w.Fingerprint() != before || w.Position() != position {
					t.Errorf("%s: the world has changed", name)
				}
				again := w.Clone()
				for i, a := range r.Path {
					err := again.Apply(a)
					if last := i == len(r.Path)-1; last != errors.Is(err, errFaulty) || !last && err != nil {
						t.Errorf("%s: step %d, %s: %v", name, i+1, a, err)
					}
				}
			}
		}
	}
}

// Where nothing is known of a program, a search leaves nothing out on its account,
// and comes to the same end.
func TestNothingIsAssumedOfAProgram(t *testing.T) {
	bounds := Bounds{Depth: 6, Timeouts: 2, Beats: 1, Crashes: 1, Terms: 2}
	states := map[bool]int{}
	for _, all := range []bool{false, true} {
		s := Search{Bounds: bounds, Workers: 1}
		r := s.Run(context.Background(), faultyWorld(t, &faulty{99, cluster.Known{Symmetric: all, OldAnswers: all, Answers: all}}))
		if r.Outcome != Complete {
			t.Fatalf("%s", r.Outcome)
		}
		states[all] = r.States
	}
	if states[false] < 2*states[true] {
		t.Errorf("%d states where nothing is known, and %d where all is", states[false], states[true])
	}
}
