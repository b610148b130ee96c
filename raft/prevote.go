package raft

// startPreVote asks every voter whether it would vote for this server in the
// next term. Nothing persistent changes (thesis 9.6).
func (n *Node) startPreVote(o *Output) {
	n.Role, n.Leader, n.Votes = PreCandidate, 0, SetOf(n.ID)
	n.dropAsked(o)
	o.RestartElectionTimer = true
	o.check(PreVoteFirst, n, 0, true, n.CurrentTerm+1, 0, 0, 0)
	because := o.last()
	o.restsOn(because, RoleTaken(PreCandidate), Answered)
	if n.haveMajority(o) {
		n.startElection(o, false)
		return
	}
	n.askVoters(o, because, &PreVote{
		Term: n.CurrentTerm + 1, CandidateID: n.ID,
		LastLogIndex: n.Log.LastIndex(), LastLogTerm: n.Log.LastTerm(),
	})
}

// receivePreVote replies whether this server would vote so. It does not vote, and does not
// adopt the term.
func (n *Node) receivePreVote(o *Output, from ID, m *PreVote) {
	stale := o.check(StaleTerm, n, from, m.Term <= n.CurrentTerm, m.Term, n.CurrentTerm, max(m.Term, 1)-1, 1)
	if stale || n.heardRecently(o, from, m.Term) || !n.upToDate(o, from, m.LastLogTerm, m.LastLogIndex) {
		o.send(n.ID, from, &PreVoteReply{Term: n.CurrentTerm, request: m})
		return
	}
	o.send(n.ID, from, &PreVoteReply{Term: m.Term, VoteGranted: true, request: m})
}

func (n *Node) receivePreVoteReply(o *Output, from ID, m *PreVoteReply) {
	if !m.VoteGranted {
		n.observeTerm(o, from, m.Term)
		o.check(VotesOfThisElection, n, from, n.Role == PreCandidate, m.Term, n.CurrentTerm, uint64(n.Role), 1)
		return
	}
	if !o.check(VotesOfThisElection, n, from, n.Role == PreCandidate && m.Term == n.CurrentTerm+1,
		m.Term, n.CurrentTerm, uint64(n.Role), 1) {
		return
	}
	n.Votes = n.Votes.With(from)
	if n.haveMajority(o) {
		n.startElection(o, false)
	}
}

// sticky is the rule for a RequestVote with stickiness on: a server that recently heard from a
// current leader ignores it. It does so even if it has adopted the candidate's term from
// another message; otherwise that leader's lease would mean nothing.
func (n *Node) sticky(o *Output, from ID, term uint64) bool {
	return n.opts.StickyFollower && term >= n.CurrentTerm && n.heardRecently(o, from, term)
}

// heardRecently tells whether the server recently heard from a current leader. A leader counts
// as having heard from itself.
func (n *Node) heardRecently(o *Output, from ID, term uint64) bool {
	return o.check(Stickiness, n, from, n.HeardLeader || n.Role == Leader, term, n.CurrentTerm, 0, 0)
}

// hear notes that a follower has answered the leader. Once a majority has, the timeout for
// CheckQuorum begins again.
func (n *Node) hear(o *Output, from ID) {
	n.heard = n.heard.With(from)
	if n.heardMajority(o) {
		n.heard = Set{}
		o.HeardQuorum = true
	}
}

func (n *Node) heardMajority(o *Output) bool {
	c, heard := n.Configuration, n.heard.With(n.ID)
	return o.count(CheckQuorumRule, n, 0, c.Majority(heard), uint64(heard.And(c.Voters).Len()), uint64(c.Voters.Len()),
		uint64(c.Voters.Len()/2+1), func() Set { return heard })
}

// checkQuorum makes the leader step down, unless it is a majority by itself (thesis 6.2).
func (n *Node) checkQuorum(o *Output) error {
	if n.Role != Leader {
		return &NotLeader{n.ID, n.Leader}
	}
	heard := n.heardMajority(o)
	if o.rests(Answered); !heard {
		n.becomeFollower(o, n.CurrentTerm)
	}
	return nil
}
