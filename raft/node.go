package raft

import "fmt"

// New starts, or restarts, a server from what its stable storage holds. It is a follower
// (§5.2), and knows that what its snapshot covers is committed, and no more. New returns a
// *Refused error for an id that names no server, or for options that contradict each other,
// and a *Corrupt error, with its Reason, for a state that Raft cannot have written. A new
// server that waits to be added to a cluster starts with an empty Configuration.
func New(id ID, stable Stable, opts *Options) (*Node, error) {
	if !id.valid() {
		return nil, &Refused{Node: id, Why: fmt.Sprintf("%d is not a server; servers are 1 to %d", uint8(id), MaxID)}
	}
	if err := opts.check(id); err != nil {
		return nil, err
	}
	n := &Node{opts: opts, figure2: State{
		ID: id, CurrentTerm: stable.CurrentTerm, VotedFor: stable.VotedFor, Log: stable.Log, Snapshot: stable.Snapshot,
	}}
	if s := stable.Snapshot; s != nil {
		n.CommitIndex, n.LastApplied = s.Index, s.Index
		n.config.initial = &s.Configuration
	} else {
		n.config.initial = new(stable.Initial)
	}
	if err := n.checkStable(); err != nil {
		return nil, err
	}
	for i := n.Log.FirstIndex(); i <= n.Log.LastIndex(); i++ {
		n.config.appended(i, n.Log.Entry(i))
	}
	n.configured()
	// A leader's lease relies on its voters, also on one that has restarted and lost
	// HeardLeader (thesis 6.4.1).
	n.HeardLeader = opts.Lease && n.CurrentTerm > 0
	return n, nil
}

// Clone is an independent copy.
func (n *Node) Clone() *Node {
	c := *n
	c.Peers = append([]Peer(nil), n.Peers...)
	if c.waiting != nil {
		c.waiting = c.waiting.copied()
	}
	return &c
}

// Stable is what the server's stable storage must hold for it to restart in
// its present state.
func (n *Node) Stable() Stable {
	s := Stable{
		CurrentTerm: n.CurrentTerm, VotedFor: n.VotedFor,
		Log: n.Log, Snapshot: n.Snapshot, Initial: *n.config.initial,
	}
	if n.mutant(VoteNotStored) {
		s.VotedFor = 0
	}
	if n.mutant(TermNotStored) {
		s.CurrentTerm, s.VotedFor = n.Log.LastTerm(), 0
	}
	return s
}

// SetOptions replaces the options from the next input on. It returns a *Refused error, and
// changes nothing, if they contradict each other.
func (n *Node) SetOptions(opts *Options) error {
	if err := opts.check(n.ID); err != nil {
		return err
	}
	n.opts = opts
	return nil
}
