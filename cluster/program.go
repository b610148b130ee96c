package cluster

import "raftlab/raft"

// Node is a Raft server as the world needs it: a state, and what an input makes
// of it and has its driver do. raft.Node is one; another program's server may
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
	// Clone is an independent copy.
	Clone() Node
}

// Program is what servers run. Programs are compared: equal ones are the same.
type Program interface {
	// Start is a server that begins from what its disk holds, as raft.New.
	Start(id raft.ID, stable raft.Stable, o *raft.Options) (Node, error)
	// Known is what is known of what such a server does, whatever state it is in.
	Known() Known
}

// Known is what searches may build upon. Of a program that nobody has proved
// anything of, all is false, and nothing is left out on its account.
type Known struct {
	// Symmetric: it does the same whatever the servers are called, and its Hash
	// under a renaming is that of the state in which they had changed places.
	Symmetric bool
	// OldAnswers: an answer makes no difference to it that Figure 2 makes nothing of,
	// because of its term (see Bench.Outlived).
	OldAnswers bool
}

// Programs says what each server runs.
type Programs func(raft.ID) Program

// Own is raftlab's own program on every server.
func Own(raft.ID) Program { return own{} }

// own is a raft.Node, which needs no more than the right type for its copies.
type own struct{ *raft.Node }

func (own) Start(id raft.ID, stable raft.Stable, o *raft.Options) (Node, error) {
	n, err := raft.New(id, stable, o)
	if err != nil {
		return nil, err
	}
	return own{n}, nil
}

func (own) Known() Known { return Known{Symmetric: true, OldAnswers: true} }

func (n own) Clone() Node { return own{n.Node.Clone()} }
