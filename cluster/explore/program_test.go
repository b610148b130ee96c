package explore

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// faulty is a program that does what raftlab's own does, until it is asked for a
// vote in a term; where one of its servers alone is at fault, until that one has voted
// before.
type faulty struct {
	term  uint64
	known program.Known
	only  raft.ID // 0: all of them are
}

type faultyNode struct {
	*raft.Node
	*faulty
}

var errFaulty = errors.New("KeyError: 'votedFor'")

func (p *faulty) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return &faultyNode{n, p}, err
}

func (p *faulty) Clone(n program.Node) program.Node {
	return &faultyNode{n.(*faultyNode).Node.Clone(), p}
}

func (p *faulty) Known() program.Known { return p.known }

func (n *faultyNode) Step(in raft.Input, o *raft.Output) error {
	m, ok := in.Envelope.Message.(*raft.RequestVote)
	if ok && m.Term == n.term && (n.only == 0 || n.only == n.ID && n.VotedFor != 0) {
		return errFaulty
	}
	return n.Node.Step(in, o)
}

func faultyWorld(t *testing.T, p program.Program) *cluster.World {
	t.Helper()
	w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, 3, 1, setting.Defaults(), "kv")
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
		only  raft.ID
		steps int
	}{{1, 0, 2}, {2, 0, 3}, {3, 0, 4}, {2, 1, 4}, {2, 2, 4}, {2, 3, 4}} {
		// that servers do the same under other names is supposed: here one does not
		for _, known := range []program.Known{{}, {Renamed: true}, {Symmetric: true, OldAnswers: true}} {
			for _, workers := range []int{1, 3} {
				if c.only != 0 && (workers > 1 || !known.Renamed) {
					continue
				}
				w := faultyWorld(t, &faulty{c.term, known, c.only})
				before, position := w.Fingerprint(), w.Position()
				s := Search{Grow: true, Workers: workers}
				r := s.Run(context.Background(), w)
				name := fmt.Sprintf("term %d, only %s, known %+v, %d workers", c.term, c.only, known, workers)
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

// mute is a program that does what raftlab's own does, but gives no answer to a leader's follower.
type mute struct {
	missed atomic.Int64
	why    func() error
}

type muteNode struct {
	*raft.Node
	*mute
}

// late is the error that no answer came in time.
type late struct{}

func (late) Error() string { return "no answer in 5s" }
func (late) Timeout() bool { return true }

func (p *mute) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return &muteNode{n, p}, err
}

func (p *mute) Clone(n program.Node) program.Node { return &muteNode{n.(*muteNode).Node.Clone(), p} }

func (p *mute) Known() program.Known { return program.Known{} }

func (n *muteNode) Step(in raft.Input, o *raft.Output) error {
	if _, ok := in.Envelope.Message.(*raft.AppendEntries); ok {
		n.missed.Add(1)
		return n.why()
	}
	return n.Node.Step(in, o)
}

// Each answer that does not come costs seconds, so a search ends after few of them, and says so.
func TestFewAnswersAreMissed(t *testing.T) {
	for _, workers := range []int{1, 2} {
		p := &mute{why: func() error { return late{} }}
		s := Search{Grow: true, Workers: workers}
		r := s.Run(context.Background(), faultyWorld(t, p))
		if r.Outcome != Failed || !program.Silent(r.Failure) || len(r.Path) != 4 {
			t.Errorf("%s, %v after %v", r.Outcome, r.Failure, r.Path)
		}
		if n := p.missed.Load(); n > 8 {
			t.Errorf("%d workers: %d answers were missed", workers, n)
		}
	}
}

// A program that is not waited for any more is at no fault.
func TestInterruptedIsNoFailure(t *testing.T) {
	for _, grow := range []bool{false, true} {
		ctx, cancel := context.WithCancel(context.Background())
		p := &mute{why: func() error { cancel(); return context.Canceled }}
		s := Search{Grow: grow, Bounds: Bounds{Timeouts: 2, Terms: 2, Submits: 1}, Workers: 2}
		if r := s.Run(ctx, faultyWorld(t, p)); r.Outcome != Bound || p.missed.Load() == 0 {
			t.Errorf("%s: %v", r.Outcome, r.Failure)
		}
	}
}

// moody is a program that does what raftlab's own does, but for some of the votes that it
// is asked for, whatever it did with the same request before.
type moody struct {
	asked, from, to int
}

type moodyNode struct {
	*raft.Node
	*moody
}

func (p *moody) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return &moodyNode{n, p}, err
}

func (p *moody) Clone(n program.Node) program.Node {
	return &moodyNode{n.(*moodyNode).Node.Clone(), p}
}

func (p *moody) Known() program.Known { return program.Known{} }

func (n *moodyNode) Step(in raft.Input, o *raft.Output) error {
	if _, ok := in.Envelope.Message.(*raft.RequestVote); ok {
		if n.asked++; n.asked >= n.from && n.asked < n.to {
			return errFaulty
		}
	}
	return n.Node.Step(in, o)
}

// A program that fails once, and has an answer when the way there is gone again, or
// fails earlier then, ends a search with what it did.
func TestAFailureThatDoesNotComeAgain(t *testing.T) {
	for from := 1; from <= 12; from++ {
		for _, to := range []int{from + 1, 1000} {
			s := Search{Bounds: Bounds{Timeouts: 2, Terms: 2, Depth: 5}, Workers: 1, Plain: true} // nobody else asks
			r := s.Run(context.Background(), faultyWorld(t, &moody{from: from, to: to}))
			if r.Outcome != Failed || !errors.Is(r.Failure, errFaulty) || len(r.Path) == 0 {
				t.Errorf("requests %d to %d fail: %s, %v after %v", from, to-1, r.Outcome, r.Failure, r.Path)
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
		r := s.Run(context.Background(), faultyWorld(t, &faulty{99, program.Known{Symmetric: all, OldAnswers: all, Answers: all}, 0}))
		if r.Outcome != Complete {
			t.Fatalf("%s", r.Outcome)
		}
		states[all] = r.States
	}
	s := Search{Bounds: bounds, Workers: 1}
	supposed := s.Run(context.Background(), faultyWorld(t, &faulty{99, program.Known{Renamed: true}, 0}))
	if supposed.Outcome != Complete || supposed.Proven != bounds.Depth+1 || supposed.States >= states[false] {
		t.Errorf("%s, %d states where it is supposed that names make no difference", supposed.Outcome, supposed.States)
	}
	if states[false] < 2*states[true] {
		t.Errorf("%d states where nothing is known, and %d where all is", states[false], states[true])
	}
}
