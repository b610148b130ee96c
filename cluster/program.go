package cluster

import (
	"fmt"

	"raftlab/raft"
)

// Node is a Raft server as the world needs it: a state, and what an input makes
// of it and has its driver do. A *raft.Node is one; another program's server may
// stand in its place, behind the same methods.
type Node interface {
	// Step gives it an input, as raft.Node.Step does. *raft.NotLeader, *raft.Refused
	// and *raft.Corrupt are its answers: it does not take the input. Any other error
	// says that there is no answer, and is told as a Failure. With an error it is as
	// it was.
	Step(in raft.Input, o *raft.Output) error
	// State is Figure 2's, to be read only: the same variable as long as the Node
	// lives, so that it says after a Step what that has made of it.
	State() *raft.State
	// Stable is what its disk must hold for it to restart in this state.
	Stable() raft.Stable
	// Hash is of all that can make a difference to what it does next, as
	// raft.Node.Hash: under a renaming where the program is Symmetric.
	Hash(log uint64, r raft.Renaming, hints bool) uint64
	// SetOptions puts other options in force from the next input on, or says why not.
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

// Known is what searches may build upon. Of a program that nobody has proved
// anything of, all is false, and nothing is left out on its account.
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

// Failure is that a server has no answer to an input: what it runs is at fault.
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

// Withheld is that a reply is not given to a server, whose calls return once: none
// waits for this one.
type Withheld struct{}

func (*Withheld) Error() string { return "no call waits for it" }

// FailureOf is the failure that an error of Node.Step or of Program.Start says; nil
// where that is Raft's answer, or none.
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
