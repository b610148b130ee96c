package raft

// Hash is a hash of the server's state: of everything that can make a
// difference to what it does next. logHash stands for the log's entries, so
// that a driver that keeps it need not have it computed again.
func (n *Node) Hash(logHash uint64) uint64 {
	h := mix(logHash, uint64(n.id), uint64(n.role), n.currentTerm, uint64(n.votedFor), n.commitIndex, n.lastApplied,
		uint64(n.leader), n.votes[0], n.votes[1], n.heard[0], n.heard[1], uint64(n.transferee), n.round, n.quorumRound,
		flags(n.heardLeader, n.lease, n.timeoutSent), n.log.base, n.log.baseTerm)
	for i := range n.peers {
		p := &n.peers[i]
		h = mix(h, p.nextIndex, p.matchIndex, p.round, uint64(p.inFlight), flags(p.snapshotSent))
	}
	if n.mutant(RepliesNotVoters) {
		h = mix(h, uint64(n.grants))
	}
	for _, r := range n.reads {
		h = mix(h, r.number, uint64(r.from), r.index, r.round)
	}
	for _, number := range n.asked {
		h = mix(h, number)
	}
	return n.config.initial.hash(h)
}

func (c Configuration) hash(h uint64) uint64 {
	return mix(h, c.Voters[0], c.Voters[1], c.Old[0], c.Old[1], c.Learners[0], c.Learners[1])
}

// HashMessage is a hash of a message's content; hashData hashes the data of an
// entry or snapshot.
func HashMessage(m Message, hashData func(string) uint64) uint64 {
	switch m := m.(type) {
	case *RequestVote:
		return mix(1, m.Term, uint64(m.CandidateID), m.LastLogIndex, m.LastLogTerm, flags(m.Transfer))
	case *RequestVoteReply:
		return mix(2, m.Term, flags(m.VoteGranted))
	case *AppendEntries:
		h := mix(3, m.Term, uint64(m.LeaderID), m.PrevLogIndex, m.PrevLogTerm, m.LeaderCommit, m.Round)
		for i := range m.Entries {
			e := &m.Entries[i]
			h = mix(h, e.Term, uint64(e.Kind), hashData(e.Data))
		}
		return h
	case *AppendEntriesReply:
		return mix(4, m.Term, flags(m.Success), m.MatchIndex, m.PrevLogIndex, m.ConflictTerm, m.ConflictIndex, m.Round)
	case *InstallSnapshot:
		s := m.Snapshot
		return s.Configuration.hash(mix(5, m.Term, uint64(m.LeaderID), s.Index, s.Term, hashData(s.Data)))
	case *InstallSnapshotReply:
		return mix(6, m.Term, m.MatchIndex)
	case *PreVote:
		return mix(7, m.Term, uint64(m.CandidateID), m.LastLogIndex, m.LastLogTerm)
	case *PreVoteReply:
		return mix(8, m.Term, flags(m.VoteGranted))
	case *TimeoutNow:
		return mix(9, m.Term, uint64(m.LeaderID))
	case *ReadIndex:
		return mix(10, m.Term, m.Number)
	case *ReadIndexReply:
		return mix(11, m.Term, m.Number, m.Index, flags(m.Success))
	}
	return 0
}

func flags(bits ...bool) (f uint64) {
	for i, b := range bits {
		if b {
			f |= 1 << i
		}
	}
	return f
}

// mix folds numbers into h, one after the other (the finaliser of splitmix64).
func mix(h uint64, numbers ...uint64) uint64 {
	for _, v := range numbers {
		h = (h ^ v) + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
