package raft

// electionTimeout begins an election, unless the server leads or has no vote (§5.2).
func (n *Node) electionTimeout(o *Output) error {
	if n.Role == Leader {
		return &Refused{Node: n.ID, Why: "it leads; a leader has no election timer"}
	}
	if !n.MayCampaign() {
		return &Refused{Node: n.ID, Why: "it has no vote in its configuration, so it holds no elections", About: NoVote}
	}
	if n.full(0) {
		return n.usedUp()
	}
	n.HeardLeader = false
	if n.opts.PreVote {
		n.startPreVote(o)
	} else {
		n.startElection(o, false)
	}
	return nil
}

// startElection begins a new term as candidate: the server votes for itself, sends a request
// to every other voter, and restarts its timer (Figure 2, Candidates 1). transfer says that
// the leader asked for it (thesis 3.10).
func (n *Node) startElection(o *Output, transfer bool) {
	n.Role, n.Leader, n.Votes, n.grants = Candidate, 0, SetOf(n.ID), 1
	n.CurrentTerm++
	n.dropAsked(o)
	n.VotedFor = n.ID
	o.Save.State = true
	o.RestartElectionTimer = true
	last, lastTerm := n.Log.LastIndex(), n.Log.LastTerm()
	because := o.last() // the decision to begin the election
	if o.check(ElectionTimeoutRule, n, 0, true, n.CurrentTerm, last, lastTerm, 0); !transfer {
		because = o.last()
	}
	o.restsOn(because, TermTaken, VoteGiven, RoleTaken(Candidate), Answered)
	if n.haveMajority(o) {
		n.becomeLeader(o)
		return
	}
	n.askVoters(o, because, &RequestVote{Term: n.CurrentTerm, CandidateID: n.ID, LastLogIndex: last,
		LastLogTerm: lastTerm, Transfer: transfer})
}

func (n *Node) askVoters(o *Output, because int, m Message) {
	for id := range n.Configuration.AllVoters().Without(n.ID).All() {
		o.sendOn(because, n.ID, id, m)
	}
}

// haveMajority counts this election's votes.
func (n *Node) haveMajority(o *Output) bool {
	c := n.Configuration
	won := c.Majority(n.Votes) ||
		n.mutant(QuorumMinusOne) && 2*n.Votes.And(c.Voters).Len() >= c.Voters.Len() ||
		n.mutant(RepliesNotVoters) && int(n.grants) > c.Voters.Len()/2
	return o.count(Majority, n, 0, won, uint64(n.Votes.And(c.Voters).Len()), uint64(c.Voters.Len()),
		uint64(c.Voters.Len()/2+1), func() Set { return n.Votes })
}

// receiveRequestVote is Figure 2's RequestVote receiver.
func (n *Node) receiveRequestVote(o *Output, from ID, m *RequestVote) {
	if !m.Transfer && n.sticky(o, from, m.Term) {
		o.send(n.ID, from, &RequestVoteReply{Term: n.CurrentTerm, request: m})
		return
	}
	n.observeTerm(o, from, m.Term)
	granted := n.grantsVote(o, from, m)
	if granted {
		if n.VotedFor != from {
			n.VotedFor = from
			o.Save.State = true
			o.rests(VoteGiven)
		}
		o.RestartElectionTimer = o.RestartElectionTimer || !n.mutant(VoteKeepsTimer)
	}
	o.send(n.ID, from, &RequestVoteReply{Term: n.CurrentTerm, VoteGranted: granted, request: m})
}

// grantsVote is the receiver's rules 1 and 2.
func (n *Node) grantsVote(o *Output, from ID, m *RequestVote) bool {
	if o.check(StaleTerm, n, from, m.Term < n.CurrentTerm, m.Term, n.CurrentTerm, 0, 0) {
		return false
	}
	if !o.check(VoteOnce, n, from, n.VotedFor == 0 || n.VotedFor == from || n.mutant(VoteAny),
		uint64(n.VotedFor), uint64(from), 0, 0) {
		return false
	}
	return n.upToDate(o, from, m.LastLogTerm, m.LastLogIndex)
}

// upToDate tells whether a candidate whose log ends so is as up-to-date as this server
// (§5.4.1).
func (n *Node) upToDate(o *Output, from ID, term, index uint64) bool {
	last, lastTerm := n.Log.LastIndex(), n.Log.LastTerm()
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
	if !o.check(VotesOfThisElection, n, from,
		n.Role == Candidate && (m.Term == n.CurrentTerm || n.mutant(StaleVoteReply)),
		m.Term, n.CurrentTerm, uint64(n.Role), 0) {
		return
	}
	if !m.VoteGranted {
		return
	}
	n.Votes = n.Votes.With(from)
	n.grants++
	if n.haveMajority(o) {
		n.becomeLeader(o)
	}
}

// becomeLeader makes the candidate leader (Figure 2, Leaders 1). nextIndex of every server
// follows the leader's last entry. With NoOp it appends an entry of its own term. Then it
// sends an append to every server at once.
func (n *Node) becomeLeader(o *Output) {
	o.rests(RoleTaken(Leader))
	n.Role, n.Leader, n.HeardLeader, n.timeoutSent = Leader, n.ID, false, false
	n.heard = Set{}
	n.Peers, n.Round, n.sending, n.ownFirst = nil, 1, sending{}, 0
	next := n.Log.LastIndex() + 1
	if n.mutant(NextOffByOne) {
		next = max(n.Log.LastIndex(), n.Log.FirstIndex())
	}
	n.addPeers(n.Configuration.Members(), next, 0)
	o.RestartHeartbeatTimer = true
	if n.mutant(WinnerClearsVote) {
		n.VotedFor, o.Save.State = 0, true
	}
	if o.check(NoOpFirst, n, 0, n.opts.NoOp, n.Log.LastIndex()+1, n.CurrentTerm, 0, 0) {
		o.rests(EntriesAppended)
		n.appendEntry(o, Entry{Term: n.CurrentTerm, Kind: Noop})
	}
	n.broadcast(o)
	n.maybeCommit(o)
}

// addPeers starts tracking new members. Their replies count from the round since on.
func (n *Node) addPeers(members Set, next, since uint64) {
	for id := range members.All() {
		for len(n.Peers) <= int(id) {
			n.Peers = append(n.Peers, Peer{})
		}
		n.Peers[id] = Peer{NextIndex: next, since: since}
	}
}

// observeTerm is the rule for all servers (§5.1): a server that sees a higher term adopts it
// at once and becomes a follower.
func (n *Node) observeTerm(o *Output, from ID, term uint64) {
	if o.check(HigherTerm, n, from, term > n.CurrentTerm, term, n.CurrentTerm, 0, 0) {
		if n.mutant(KeepsRoleAtHigherTerm) {
			o.rests(TermTaken)
			n.CurrentTerm, n.VotedFor, o.Save.State = term, 0, true
			return
		}
		n.becomeFollower(o, term)
	}
}

// becomeFollower makes the server a follower, in a new term or in its present one. In its
// present term it keeps its vote.
func (n *Node) becomeFollower(o *Output, term uint64) {
	if n.Role != Follower {
		o.rests(RoleTaken(Follower))
	}
	if term > n.CurrentTerm {
		o.rests(TermTaken)
		n.CurrentTerm, n.VotedFor, n.Leader = term, 0, 0
		o.Save.State = true
		n.dropAsked(o)
	}
	if n.Role == Leader {
		n.Leader, n.Transferee = 0, 0
		n.dropReads(o)
		o.RestartElectionTimer = !n.mutant(DeposedWithoutTimer) // a leader had none
	}
	n.Role, n.Votes, n.Peers, n.heard = Follower, Set{}, nil, Set{}
}

// observeReplyTerm is observeTerm for an answer.
func (n *Node) observeReplyTerm(o *Output, from ID, term uint64) {
	if !n.mutant(IgnoresHigherTerm) {
		n.observeTerm(o, from, term)
	}
}
