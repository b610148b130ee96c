package live_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"raftlab/cluster/live"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// stranger is a program whose servers are raft.Nodes that nobody may know to be
// any, and that have no answer to a command they find faulty.
type stranger struct{ steps *atomic.Int64 }

type strangerNode struct {
	*raft.Node
	of *stranger
}

var errFaulty = errors.New("KeyError: 'votedFor'")

func (p *stranger) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return &strangerNode{n, p}, err
}

func (p *stranger) Clone(n program.Node) program.Node {
	return &strangerNode{n.(*strangerNode).Node.Clone(), p}
}

func (p *stranger) Known() program.Known { return program.Known{} }

func (n *strangerNode) Step(in raft.Input, o *raft.Output) error {
	n.of.steps.Add(1)
	if in.Kind == raft.OnProposal && strings.Contains(in.Data, "faulty") {
		return errFaulty
	}
	return n.Node.Step(in, o)
}

// Servers of another program live as raftlab's own do; one that has no answer fails,
// its client learns nothing but that, and the others go on without it.
func TestOtherPrograms(t *testing.T) {
	p := &stranger{new(atomic.Int64)}
	c := quick(t, live.Config{Programs: func(raft.ID) program.Program { return p }})
	ctx := within(t, patience)
	if err := c.Put(ctx, "C1", "x", "1"); err != nil {
		t.Fatal(err)
	}
	if p.steps.Load() == 0 {
		t.Error("it was not asked")
	}
	if _, err := c.Script(); !errors.Is(err, live.ErrNoScript) || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a script of it: %v", err)
	}
	leader := leaderOf(t, c)
	if _, err := c.Do(ctx, live.Request{Client: "C2", Command: "faulty=1", Via: leader}); err == nil {
		t.Error("the faulty command was done")
	}
	eventually(t, "the leader fails", func() bool { return !c.View().Up(leader) })
	var failure *program.Failure
	if err := c.View().Fault(leader); !errors.As(err, &failure) || failure.Server != leader || !errors.Is(err, errFaulty) {
		t.Errorf("it failed by %v", err)
	}
	if err := c.Put(ctx, "C1", "x", "2"); err != nil {
		t.Error(err)
	}
	if err := c.Restart(leader); err != nil {
		t.Error(err)
	}
	eventually(t, "it has caught up", func() bool {
		v := c.View()
		return v.Up(leader) && v.State(leader).CommitIndex >= v.State(leaderOf(t, c)).CommitIndex
	})
}
