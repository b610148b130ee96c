package judge

import "raftlab/raft"

// Kept is what must be known of a server at its next step and is not in its report: what the
// reference knows of votes and of other logs, what the server is late with, and what was told
// already. It is a plain value, and what it points to is never changed.
type Kept struct {
	votes      raft.Set // of a candidate: votes that it was given and does not report
	match      []uint64 // of a leader, by server: matchIndex, where it is above the reported one
	blind      bool     // it may know votes or matchIndexes that the reference does not
	heard      bool     // it has heard a leader within the minimum election timeout
	led        bool     // it has heard the leader of its term, and given no vote in it
	transferee raft.ID  // the server to which it must hand leadership in this term
	owed       uint64   // the commitIndex that it is late with; 0: none
	missed     uint64   // the commitIndex that was told to be missing; 0: none
	unsaved    unsaved
}

// Taken is what is known of a server whose earlier steps were not seen.
func Taken(r *Report) Kept {
	role := r.State.Role
	return Kept{heard: true, blind: role == raft.Leader && !r.TellsMatch || role == raft.Candidate && !r.TellsVotes ||
		role == raft.PreCandidate}
}

// unsaved is what was told to be missing on a server's disk.
type unsaved struct {
	term, vote bool
	log        uint64 // the log from this index on; 0: none of it
}

// Hash is a hash of all of it under a renaming.
func (k *Kept) Hash(r raft.Renaming) uint64 {
	low, high := r.Set(k.votes).Words()
	h := mix(mix(mix(mix(low, high), k.owed), k.missed), k.unsaved.log)
	h = mix(h, uint64(r.Of(k.transferee)))
	for i, b := range []bool{k.blind, k.heard, k.unsaved.term, k.unsaved.vote, k.led} {
		if b {
			h = mix(h, uint64(i+1))
		}
	}
	sum := uint64(0) // the order of the servers does not count
	for id, m := range k.match {
		if m > 0 {
			sum += mix(mix(3, uint64(r.Of(raft.ID(id)))), m)
		}
	}
	return mix(h, sum)
}

// mix folds a number into h with the finaliser of splitmix64.
func mix(h, v uint64) uint64 {
	h = h*0xd6e8feb86659fd93 + v + 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// complete adds to a reported state what the reference knows and the server does not report.
func (k *Kept) complete(s *raft.State) {
	s.HeardLeader, s.Transferee = k.heard, k.transferee
	if s.Votes = s.Votes.Or(k.votes); s.VotedFor == s.ID {
		s.Votes = s.Votes.With(s.ID)
	}
	if len(k.match) == 0 || s.Role != raft.Leader {
		return
	}
	peers := make([]raft.Peer, max(len(s.Peers), len(k.match)))
	copy(peers, s.Peers)
	for id, m := range k.match {
		peers[id].MatchIndex = max(peers[id].MatchIndex, m)
	}
	s.Peers = peers
}
