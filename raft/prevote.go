package raft

// startPreVote asks every voter whether it would vote for this server in the
// next term. Nothing persistent changes (thesis 9.6).
func (n *Node) startPreVote(o *Output) {
	n.role, n.leader, n.votes = PreCandidate, 0, SetOf(n.id)
	n.dropAsked(o)
	o.RestartElectionTimer = true
	o.check(PreVoteFirst, n, 0, true, n.currentTerm+1, 0, 0, 0)
	if n.haveMajority(o) {
		n.startElection(o, false)
		return
	}
	n.askVoters(o, &PreVote{
		Term: n.currentTerm + 1, CandidateID: n.id,
		LastLogIndex: n.log.LastIndex(), LastLogTerm: n.log.LastTerm(),
	})
}

// receivePreVote says whether this server would vote so; it does not vote, and
// takes no term.
func (n *Node) receivePreVote(o *Output, from ID, m *PreVote) {
	stale := o.check(StaleTerm, n, from, m.Term <= n.currentTerm, m.Term, n.currentTerm, max(m.Term, 1)-1, 1)
	if stale || n.heardRecently(o, from, m.Term) || !n.upToDate(o, from, m.LastLogTerm, m.LastLogIndex) {
		o.send(n.id, from, &PreVoteReply{Term: n.currentTerm})
		return
	}
	o.send(n.id, from, &PreVoteReply{Term: m.Term, VoteGranted: true})
}

func (n *Node) receivePreVoteReply(o *Output, from ID, m *PreVoteReply) {
	if !m.VoteGranted {
		n.observeTerm(o, from, m.Term)
		o.check(VotesOfThisElection, n, from, n.role == PreCandidate, m.Term, n.currentTerm, uint64(n.role), 1)
		return
	}
	if !o.check(VotesOfThisElection, n, from, n.role == PreCandidate && m.Term == n.currentTerm+1, m.Term, n.currentTerm, uint64(n.role), 1) {
		return
	}
	n.votes = n.votes.With(from)
	if n.haveMajority(o) {
		n.startElection(o, false)
	}
}

// sticky is the rule for a RequestVote with stickiness on: a server that
// heard from a current leader of late disregards it; also when it has come to
// the candidate's term by another message, or that leader's lease would be void.
func (n *Node) sticky(o *Output, from ID, term uint64) bool {
	return n.opts.StickyFollower && term >= n.currentTerm && n.heardRecently(o, from, term)
}

// heardRecently: a leader counts as having heard from itself.
func (n *Node) heardRecently(o *Output, from ID, term uint64) bool {
	return o.check(Stickiness, n, from, n.heardLeader || n.role == Leader, term, n.currentTerm, 0, 0)
}

// HeardLeader tells whether MinimumElectionTimeout is still to come.
func (n *Node) HeardLeader() bool { return n.heardLeader }

// hear notes that a follower has answered the leader. When a majority has, the
// time without one counts anew.
func (n *Node) hear(o *Output, from ID) {
	n.heard = n.heard.With(from)
	if n.heardMajority(o) {
		n.heard = Set{}
		o.HeardQuorum = true
	}
}

func (n *Node) heardMajority(o *Output) bool {
	c, heard := n.config.latest(), n.heard.With(n.id)
	return o.count(CheckQuorumRule, n, 0, c.Majority(heard), uint64(heard.And(c.Voters).Len()), uint64(c.Voters.Len()), uint64(c.Voters.Len()/2+1),
		func() Set { return heard })
}

// checkQuorum has a leader step down that is no majority by itself (thesis 6.2).
func (n *Node) checkQuorum(o *Output) error {
	if n.role != Leader {
		return &NotLeader{n.id, n.leader}
	}
	if !n.heardMajority(o) {
		n.becomeFollower(o, n.currentTerm)
	}
	return nil
}
