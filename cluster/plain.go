package cluster

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// What a guided search knows the parts of a world by: what is true of them
// whatever the servers are called. Parts that differ may be alike in it.

// Plain is a server without names.
type Plain struct {
	Hash   uint64  // of all of it, where it is called S1 itself, and every other one S2
	Log    uint64  // of its log
	Last   uint64  // the index of its last entry
	Commit uint64  // the highest index that it knows to be committed, 0 while it is down
	Voted  raft.ID // whom it voted for in its term
	Leads  uint64  // the term that it leads, or 0
}

// Plain is the server without names.
func (p ServerPart) Plain(servers int) Plain {
	s := p.s
	log, _ := s.seen.Hash(s.seen.Last())
	out := Plain{Hash: s.hash(withoutNames(servers, s.id), false), Log: log, Last: s.seen.Last()}
	if !s.up() {
		out.Voted = s.disk.synced.VotedFor
		return out
	}
	out.Commit, out.Voted = s.state.CommitIndex, s.state.VotedFor
	switch s.state.Role {
	case raft.Leader:
		out.Leads = s.state.CurrentTerm
	case raft.Candidate, raft.PreCandidate: // how many, which a set of one name does not say
		out.Hash = invariants.Mix(out.Hash, uint64(s.state.Votes.Len()))
	}
	return out
}

// PlainMessage is a hash of a message's content without the names in it.
func PlainMessage(e *raft.Envelope, servers int) uint64 {
	return raft.HashMessage(e.Message, xxhash.Sum64String, withoutNames(servers, e.From))
}

// Plain is a hash of the rest without names.
func (p *Rest) Plain(servers int) uint64 { return p.Hash(withoutNames(servers, 0), false) }

// withoutNames calls a server S1 and every other one S2.
func withoutNames(servers int, id raft.ID) raft.Renaming {
	r := make(raft.Renaming, servers+1)
	for i := range r {
		r[i] = 2
	}
	r[id] = 1
	r[0] = 0
	return r
}
