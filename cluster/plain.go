package cluster

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// A guided search tells parts of a world apart by what is true of them whatever the servers
// are called. Parts that differ may be alike in that.

// Plain is a server without names.
type Plain struct {
	Hash  uint64 // of all of it, where it is called S1 itself, and every other one S2
	Log   uint64 // of its log, in which the servers have names
	Story uint64 // of its log, with the sizes of configurations in place of their members
	// Roles is what each server is in the configurations of that log; nil: there are none.
	Roles  []uint64
	Config raft.Configuration // in force, if the server is up
	Last   uint64             // the index of its last entry
	Commit uint64             // the highest index that it knows to be committed, 0 while it is down
	Voted  raft.ID            // the server that it voted for in its term
	Leads  uint64             // the term that it leads, or 0
	Stored uint64             // a leader's: a hash of how many others it knows to store how much of its log
}

// Plain is the server without names.
func (p ServerPart) Plain(servers int) Plain {
	s := p.s
	log, _ := s.seen.Hash(s.seen.Last())
	out := Plain{Hash: s.hash(raft.WithoutNames(servers, s.id), false), Log: log, Last: s.seen.Last()}
	out.Story, out.Roles = s.story(log, servers)
	if out.Roles != nil {
		out.Hash = invariants.Mix(out.Hash, out.Story)
	}
	if !s.up() {
		out.Voted = s.disk.Synced().VotedFor
		return out
	}
	out.Commit, out.Voted, out.Config = s.state.CommitIndex, s.state.VotedFor, *s.state.Configuration
	switch s.state.Role {
	case raft.Leader:
		out.Leads = s.state.CurrentTerm
		members := s.state.Configuration.Members().Without(s.id)
		for id := members.Next(0); id != 0; id = members.Next(id) {
			out.Stored += invariants.Mix(1, s.state.MatchIndex(id))
		}
	case raft.Candidate, raft.PreCandidate: // how many, which a set of one name does not say
		out.Hash = invariants.Mix(out.Hash, uint64(s.state.Votes.Len()))
	}
	return out
}

// story is a hash of the server's log without names, and what each server is in the
// configurations there. A log without configurations has no names.
func (s *server) story(log uint64, servers int) (story uint64, roles []uint64) {
	entries := &s.disk.Synced().Log
	if s.up() {
		entries = &s.state.Log
	}
	story = s.seen.BaseHash()
	for i := entries.FirstIndex(); i <= entries.LastIndex(); i++ {
		e := entries.At(i)
		story = invariants.Mix(story, e.Term<<2|uint64(e.Kind))
		c, err := raft.ParseConfiguration(e.Data)
		if e.Kind != raft.Config || err != nil {
			story = invariants.Mix(story, xxhash.Sum64String(e.Data))
			continue
		}
		story = mixSizes(story, c)
		if roles == nil {
			roles = make([]uint64, servers)
		}
		for id := range roles {
			is := i
			for _, set := range [...]raft.Set{c.Voters, c.Old, c.Learners} {
				is <<= 1
				if set.Has(raft.ID(id + 1)) {
					is |= 1
				}
			}
			roles[id] = invariants.Mix(roles[id], is)
		}
	}
	if roles == nil {
		story = log
	}
	return story, roles
}

// mixSizes folds how many servers a configuration names into a hash.
func mixSizes(h uint64, c raft.Configuration) uint64 {
	return invariants.Mix(h, uint64(c.Voters.Len())<<16|uint64(c.Old.Len())<<8|uint64(c.Learners.Len()))
}

// PlainMessage is a hash of a message's content without the names in it.
func PlainMessage(e *raft.Envelope, servers int) uint64 {
	h := raft.HashMessage(e.Message, xxhash.Sum64String, raft.WithoutNames(servers, e.From))
	if m, ok := e.Message.(*raft.AppendEntries); ok {
		for i := range m.Entries {
			if c, err := raft.ParseConfiguration(m.Entries[i].Data); m.Entries[i].Kind == raft.Config && err == nil {
				h = mixSizes(h, c)
			}
		}
	}
	return h
}

// Plain is a hash of the rest without names.
func (p *Rest) Plain(servers int) uint64 { return p.Hash(raft.WithoutNames(servers, 0), false) }
