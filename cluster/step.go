package cluster

import (
	"fmt"

	"raftlab/cluster/program"
	"raftlab/raft"
)

// before is how a server was before an input, to tell what the input changed.
type before struct {
	role         raft.Role
	term         uint64
	vote         raft.ID
	last, commit uint64
	config       uint64 // the index of the configuration in force
	conflict     bool   // the first entry that was deleted differs from the one that is there now
	removed      string // the terms of the entries that were deleted
}

func (b *before) note(n *raft.State) {
	b.role, b.term, b.vote = n.Role, n.CurrentTerm, n.VotedFor
	b.last, b.commit, b.config = n.Log.LastIndex(), n.CommitIndex, n.ConfigurationIndex
}

// step gives the server one input. It comes before everything else in an action, so that
// nothing must be taken back if the server has no answer. After it the caller tells of the
// input, and act does what the Output asks for.
func (w *World) step(id raft.ID, in raft.Input) (was before, err error) {
	if w.failure != nil { // the action is not done
		return was, w.failure
	}
	s := w.ready(id, &was)
	if err := s.node.Step(in, &w.out); err != nil {
		return was, w.fails(id, in, err)
	}
	return was, nil
}

// ready prepares the server and the Output for an input.
func (w *World) ready(id raft.ID, was *before) *server {
	s := w.mutable(id)
	was.note(s.state)
	w.atWork().out.Reset()
	return s
}

// quietly gives a server an input that asks nothing of its driver, such as that time has
// passed. It leaves the Output of the present action alone. The server must be mutable.
func (w *World) quietly(s *server, in raft.Input) {
	if w.failure != nil {
		return
	}
	if err := s.node.Step(in, &raft.Output{}); err != nil {
		_ = w.fails(s.id, in, err) // Raft refuses no such input
	}
}

// fails notes a failure if err is one, and returns the error of the action.
func (w *World) fails(id raft.ID, doing fmt.Stringer, err error) error {
	f := program.FailureOf(id, doing, err)
	if f == nil {
		return err
	}
	if w.failure == nil {
		w.failure = f
	}
	return w.failure
}

// starting is what a server does when it starts, for a Failure.
type starting struct{}

func (starting) String() string { return "start" }
