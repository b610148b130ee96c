package raft

// electionTimeout begins an election, unless the server leads or has no vote (§5.2).
func (n *Node) electionTimeout(o *Output) error {
	if n.role == Leader {
		return &Refused{n.id, "it leads; a leader has no election timer"}
	}
	if !n.MayCampaign() {
		return &Refused{n.id, "it has no vote in its configuration, so it holds no elections"}
	}
	if n.full(0) {
		return n.usedUp()
	}
	n.heardLeader = false
	if n.opts.PreVote {
		n.startPreVote(o)
	} else {
		n.startElection(o, false)
	}
	return nil
}

// MayCampaign tells whether the server may hold elections: it has a vote in
// its latest configuration, or in the one that it knows to be committed, since
// it may be needed until its removal is (thesis 4.2.2).
func (n *Node) MayCampaign() bool {
	return n.config.latest().CanVote(n.id) || n.config.at(n.commitIndex).CanVote(n.id)
}

// startElection begins a new term as candidate: own vote, a request to every
// other voter, and the timer anew (Figure 2, Candidates 1). transfer says that
// the leader wishes it (thesis 3.10).
func (n *Node) startElection(o *Output, transfer bool) {
	n.role, n.leader, n.votes, n.grants = Candidate, 0, SetOf(n.id), 1
	n.currentTerm++
	n.dropAsked(o)
	n.votedFor = n.id
	o.Save.State = true
	o.RestartElectionTimer = true
	last, lastTerm := n.log.LastIndex(), n.log.LastTerm()
	o.check(ElectionTimeoutRule, n, 0, true, n.currentTerm, last, lastTerm, 0)
	if n.haveMajority(o) {
		n.becomeLeader(o)
		return
	}
	n.askVoters(o, &RequestVote{Term: n.currentTerm, CandidateID: n.id, LastLogIndex: last, LastLogTerm: lastTerm, Transfer: transfer})
}

func (n *Node) askVoters(o *Output, m Message) {
	for id := range n.config.latest().AllVoters().Without(n.id).All() {
		o.send(n.id, id, m)
	}
}

// haveMajority counts this election's votes.
func (n *Node) haveMajority(o *Output) bool {
	c := n.config.latest()
	won := c.Majority(n.votes) ||
		n.mutant(QuorumMinusOne) && 2*n.votes.And(c.Voters).Len() >= c.Voters.Len() ||
		n.mutant(RepliesNotVoters) && n.grants > c.Voters.Len()/2
	return o.count(Majority, n, 0, won, uint64(n.votes.And(c.Voters).Len()), uint64(c.Voters.Len()), uint64(c.Voters.Len()/2+1),
		func() Set { return n.votes })
}

// receiveRequestVote is Figure 2's RequestVote receiver.
func (n *Node) receiveRequestVote(o *Output, from ID, m *RequestVote) {
	if !m.Transfer && n.sticky(o, from, m.Term) {
		o.send(n.id, from, &RequestVoteReply{Term: n.currentTerm})
		return
	}
	n.observeTerm(o, from, m.Term)
	granted := n.grantsVote(o, from, m)
	if granted {
		if n.votedFor != from {
			n.votedFor = from
			o.Save.State = true
		}
		o.RestartElectionTimer = true
	}
	o.send(n.id, from, &RequestVoteReply{Term: n.currentTerm, VoteGranted: granted})
}

// grantsVote is the receiver's rules 1 and 2.
func (n *Node) grantsVote(o *Output, from ID, m *RequestVote) bool {
	if o.check(StaleTerm, n, from, m.Term < n.currentTerm, m.Term, n.currentTerm, 0, 0) {
		return false
	}
	if !o.check(VoteOnce, n, from, n.votedFor == 0 || n.votedFor == from || n.mutant(VoteAny), uint64(n.votedFor), uint64(from), 0, 0) {
		return false
	}
	return n.upToDate(o, from, m.LastLogTerm, m.LastLogIndex)
}

// upToDate tells whether a log that ends so may lead this server (§5.4.1).
func (n *Node) upToDate(o *Output, from ID, term, index uint64) bool {
	last, lastTerm := n.log.LastIndex(), n.log.LastTerm()
	ok := term > lastTerm || term == lastTerm && index >= last
	switch {
	case n.mutant(NoLogCheck):
		ok = true
	case n.mutant(LengthOnly):
		ok = index >= last
	case n.mutant(AndCompare):
		ok = term >= lastTerm && index >= last
	}
	return o.check(CandidateUpToDate, n, from, ok, term, index, lastTerm, last)
}

// receiveRequestVoteReply counts a vote. Refusals change nothing: the server
// stays a candidate until it wins, hears of a leader, or times out (Figure 4).
func (n *Node) receiveRequestVoteReply(o *Output, from ID, m *RequestVoteReply) {
	n.observeReplyTerm(o, from, m.Term)
	if !o.check(VotesOfThisElection, n, from, n.role == Candidate && (m.Term == n.currentTerm || n.mutant(StaleVoteReply)), m.Term, n.currentTerm, uint64(n.role), 0) {
		return
	}
	if !m.VoteGranted {
		return
	}
	n.votes = n.votes.With(from)
	n.grants++
	if n.haveMajority(o) {
		n.becomeLeader(o)
	}
}

// becomeLeader takes office (Figure 2, Leaders 1): nextIndex after its own last
// entry for all, then, with NoOp, an entry of its own term, then an append to
// every server at once.
func (n *Node) becomeLeader(o *Output) {
	n.role, n.leader, n.heardLeader, n.timeoutSent = Leader, n.id, false, false
	n.heard = Set{}
	n.peers, n.round, n.sending, n.ownFirst = nil, 1, sending{}, 0
	n.addPeers(n.config.latest().Members(), n.log.LastIndex()+1, 0)
	o.RestartHeartbeatTimer = true
	if n.mutant(WinnerClearsVote) {
		n.votedFor, o.Save.State = 0, true
	}
	if o.check(NoOpFirst, n, 0, n.opts.NoOp, n.log.LastIndex()+1, n.currentTerm, 0, 0) {
		n.appendEntry(o, Entry{Term: n.currentTerm, Kind: Noop})
	}
	n.broadcast(o)
	n.maybeCommit(o)
}

// addPeers begins to keep track of members, of whom nothing is known yet: what
// they acknowledge counts from a round of appends on.
func (n *Node) addPeers(members Set, next, since uint64) {
	for id := range members.All() {
		for len(n.peers) <= int(id) {
			n.peers = append(n.peers, peer{})
		}
		n.peers[id] = peer{nextIndex: next, since: since}
	}
}
