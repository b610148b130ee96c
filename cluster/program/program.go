// Package program is what a server of a cluster runs: raftlab's own core, or another program behind the
// same few methods.
package program

import (
	"context"
	"errors"
	"fmt"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// Node is a Raft server as the world needs it. It has a state, and an input changes that
// state and asks things of the driver. A *raft.Node is one. Another program's server can
// take its place.
type Node interface {
	// Step gives it an input, as raft.Node.Step does. It refuses the input with
	// *raft.NotLeader, *raft.Refused or *raft.Corrupt. Any other error means that the
	// server has no answer, and is told as a Failure. An error leaves the server as it was.
	Step(in raft.Input, o *raft.Output) error
	// State is Figure 2's state. It is the same variable as long as the Node exists, so it
	// has the new state after a Step. Do not change it.
	State() *raft.State
	// Stable is what its disk must hold for it to restart in this state.
	Stable() raft.Stable
	// Hash covers all that can make a difference to what the server does next, as
	// raft.Node.Hash does, and takes a renaming if the program is Symmetric.
	Hash(log uint64, r raft.Renaming, hints bool) uint64
	// SetOptions makes other options apply from the next input on, or says why it cannot.
	SetOptions(*raft.Options) error
}

// Program is what servers run. Programs are compared: equal ones are the same.
type Program interface {
	// Start is a server that begins from what its disk holds, as raft.New.
	Start(id raft.ID, stable raft.Stable, o *raft.Options) (Node, error)
	// Clone is an independent copy of a server that it has started.
	Clone(Node) Node
	// Known is what is known of what such a server does, whatever state it is in.
	Known() Known
}

// Known is what a search may rely on. For a program of which nothing is proved all fields
// are false, and a search omits nothing on its account.
type Known struct {
	// Symmetric: it does the same whatever the servers are called, and its Hash
	// under a renaming is that of the state in which they had changed places.
	Symmetric bool
	// Renamed: its Hash is that, too, as far as its state says which words in it are
	// names. That it does the same under other names is supposed: what looks for
	// something may build upon it, and what says that there is nothing may not.
	Renamed bool
	// Unpaired: an answer says all that it takes notice of, and which request it
	// answers (raft.RequestOf) makes no difference.
	Unpaired bool
	// Answers: it answers every input and starts from every disk, with no other
	// errors than Raft's. Else each action keeps a copy of the world, to go back to.
	Answers bool
	// OldAnswers: an answer makes no difference to it that Figure 2 makes nothing of,
	// because of its term (see Bench.Outlived).
	OldAnswers bool
	// NoSnapshots: it takes none, also when told to. NoPreVotes, NoTransfers: it can make nothing of
	// a PreVote, of a TimeoutNow. It is sent no such message.
	NoSnapshots, NoPreVotes, NoTransfers bool
	// MembersOnly: of a configuration it is told the members, and not which of them are
	// learners, or belong to the old or the new voters.
	MembersOnly bool
	// Errs: it makes the mistakes that its Options name.
	Errs bool
	// Waits: another process answers, and a core is free while it does.
	Waits bool
}

// Failure means that a server has no answer to an input, because of a fault in its program.
// The action is not done, and the world is as it was.
type Failure struct {
	Server raft.ID
	Doing  string // the input, or "start"
	Err    error
}

func (f *Failure) Error() string {
	return fmt.Sprintf("%s has no answer to %s: %v", f.Server, f.Doing, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

// Silent tells that an answer did not come in time.
func Silent(err error) bool {
	var late interface{ Timeout() bool }
	return errors.As(err, &late) && late.Timeout()
}

// Interrupted tells that an answer was not waited for, because whoever asked has no more time: the program
// is not at fault.
func Interrupted(err error) bool { return errors.Is(err, context.Canceled) }

// Withheld is the error of a Step with a reply that a server is not given, because each call
// of the server's program returns only once and no call waits for this reply.
type Withheld struct{}

func (*Withheld) Error() string { return event.NoCall.Why(nil) }

// FailureOf is the failure in an error of Node.Step or of Program.Start. It is nil if the
// error is nil or one of Raft's answers.
func FailureOf(id raft.ID, doing fmt.Stringer, err error) *Failure {
	switch err.(type) {
	case nil, *raft.NotLeader, *raft.Refused, *raft.Corrupt, *Withheld:
		return nil
	}
	return &Failure{id, doing.String(), err}
}

// Programs says what each server runs.
type Programs func(raft.ID) Program

// Own is raftlab's own program on every server.
func Own(raft.ID) Program { return own{} }

// own is that program: its servers are raft.Nodes.
type own struct{}

func (own) Start(id raft.ID, stable raft.Stable, o *raft.Options) (Node, error) {
	n, err := raft.New(id, stable, o)
	if err != nil {
		return nil, err
	}
	return n, nil
}

func (own) Clone(n Node) Node { return n.(*raft.Node).Clone() }

func (own) Known() Known {
	return Known{Symmetric: true, Unpaired: true, Answers: true, OldAnswers: true, Errs: true}
}
