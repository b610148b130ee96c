package fuzz

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// faulty is a program that does what raftlab's own does, unless this has an error for a leader's state.
type faulty func(*raft.State) error

type faultyNode struct {
	*raft.Node
	fails faulty
}

var errFaulty = errors.New("IndexError: list index out of range")

func (p faulty) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return &faultyNode{n, p}, err
}

func (p faulty) Clone(n program.Node) program.Node {
	return &faultyNode{n.(*faultyNode).Node.Clone(), p}
}

func (faulty) Known() program.Known { return program.Known{} }

func (n *faultyNode) Step(in raft.Input, o *raft.Output) error {
	if s := n.State(); s.Role == raft.Leader {
		if err := n.fails(s); err != nil {
			return err
		}
	}
	return n.Node.Step(in, o)
}

// faultyWorld is three servers that run such a program.
func faultyWorld(t *testing.T, fails faulty) *cluster.World {
	t.Helper()
	w, err := cluster.NewOf(func(raft.ID) program.Program { return fails }, 3, 1, setting.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A program that has no answer ends its run, and the campaign says which: the
// lowest seed, its schedule up to the action that fails, and the error. The world
// is as it was.
func TestFailureIsFound(t *testing.T) {
	w := faultyWorld(t, func(s *raft.State) error {
		if s.CurrentTerm == 2 {
			return errFaulty
		}
		return nil
	})
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

// A campaign that goes on past what it finds has one fault for the errors of a program that
// differ in numbers alone, with the text of the schedule that it shows.
func TestErrorsOfOneKindAreOneFault(t *testing.T) {
	w := faultyWorld(t, func(s *raft.State) error {
		if s.CurrentTerm%2 == 1 {
			return fmt.Errorf("%s cannot lead term %d", s.ID, s.CurrentTerm)
		}
		return errFaulty
	})
	for _, workers := range []int{1, 3} {
		s := Search{First: 1, Last: 100, Workers: workers}
		c := s.Each(context.Background(), w)
		if len(c.Faults) != 2 || c.Runs != 100 || c.Silent {
			t.Fatalf("%d faults in %d runs", len(c.Faults), c.Runs)
		}
		for _, f := range c.Faults {
			again, last := w.Clone(), len(f.Path)-1
			for _, a := range f.Path[:last] {
				if err := again.Apply(a); err != nil {
					t.Fatalf("%s: %s: %v", f.Name, a, err)
				}
			}
			var failure *program.Failure
			if !errors.As(again.Apply(f.Path[last]), &failure) || failure.Error() != f.Failure.Error() {
				t.Errorf("%s says %v, its schedule ends in %v", f.Name, f.Failure, failure)
			}
		}
	}
}

// A program that fails only so often is told with what it did: that it has an answer when it is asked again
// is no breach, and a schedule is only shortened where it fails again.
func TestAFailureThatDoesNotComeAgain(t *testing.T) {
	left := 0
	w := faultyWorld(t, func(*raft.State) error {
		if left--; left >= 0 {
			return errFaulty
		}
		return nil
	})
	for n := range 40 {
		left = n + 1
		r := (&Search{First: 1, Last: 200, Workers: 1}).Run(context.Background(), w)
		if r.Outcome != Failed || r.Breach != nil || !errors.Is(r.Failure, errFaulty) || len(r.Path) == 0 {
			t.Fatalf("%s after %d steps: %v", r.Outcome, len(r.Path), r.Failure)
		}
		left = n
		path, f := ShrinkFailure(context.Background(), w, r.Path, r.Failure)
		if f == nil || len(path) == 0 || path[len(path)-1] == nil {
			t.Errorf("it fails %d times more: %v after %v", n, f, path)
		}
	}
}

// A program that is not waited for any more is at no fault.
func TestInterruptedIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := faultyWorld(t, func(*raft.State) error {
		cancel()
		return context.Canceled
	})
	for _, workers := range []int{1, 2} {
		s := Search{First: 1, Last: 1000, Workers: workers}
		if r := s.Run(ctx, w); r.Outcome != Bound || !r.Cut {
			t.Errorf("%s: %v", r.Outcome, r.Failure)
		}
		if c := s.Each(ctx, w); len(c.Faults) > 0 {
			t.Errorf("%d faults", len(c.Faults))
		}
	}
}

// tardy is the error of an answer that did not come in time.
type tardy struct{}

func (tardy) Error() string { return "no answer in 5s" }
func (tardy) Timeout() bool { return true }

// A campaign about a program that is silent ends after a few runs, since each takes its time.
func TestASilentProgramEndsACampaign(t *testing.T) {
	w := faultyWorld(t, func(*raft.State) error { return tardy{} })
	s := Search{First: 1, Last: 100, Workers: 1}
	c := s.Each(context.Background(), w)
	if len(c.Faults) != 1 || c.Faults[0].Runs != Silences || !c.Silent || c.Runs > 50 {
		t.Errorf("%d faults in %d runs; ended early: %t", len(c.Faults), c.Runs, c.Silent)
	}
}
