package raft

// propose appends a client's command and sends it to the others (Figure 2, Leaders 2).
func (n *Node) propose(o *Output, kind Kind, data string) error {
	if kind != Command && kind != Session && kind != Numbered {
		return &Refused{Node: n.ID, Why: "clients propose no entry of the kind " + kind.String()}
	}
	if n.Role != Leader {
		return &NotLeader{n.ID, n.Leader}
	}
	if err := n.mayAppend(o, 1); err != nil {
		return err
	}
	o.check(AppendCommand, n, 0, true, n.Log.LastIndex()+1, n.CurrentTerm, 0, 0)
	o.rests(EntriesAppended)
	o.rests(Answered)
	n.appendEntry(o, Entry{Term: n.CurrentTerm, Kind: kind, Data: data})
	o.Index, o.Term = n.Log.LastIndex(), n.CurrentTerm
	n.broadcast(o)
	n.maybeCommit(o) // a leader that is its own majority
	return nil
}

// proposeBatch is propose for several commands at once.
func (n *Node) proposeBatch(o *Output, data []string) error {
	if n.Role != Leader {
		return &NotLeader{n.ID, n.Leader}
	}
	if err := n.mayAppend(o, len(data)); err != nil {
		return err
	}
	o.check(AppendCommand, n, 0, true, n.Log.LastIndex()+1, n.CurrentTerm, 0, 0)
	o.rests(EntriesAppended)
	o.rests(Answered)
	for _, d := range data {
		n.appendEntry(o, Entry{Term: n.CurrentTerm, Kind: Command, Data: d})
	}
	o.Index, o.Term = n.Log.LastIndex(), n.CurrentTerm
	n.broadcast(o)
	n.maybeCommit(o)
	return nil
}

// heartbeatTimeout sends every follower the entries that it lacks, or an empty append. That is
// also how a lost append is sent again.
func (n *Node) heartbeatTimeout(o *Output) error {
	if n.Role != Leader {
		return &NotLeader{n.ID, n.Leader}
	}
	for i := range n.Peers {
		n.Peers[i].inFlight, n.Peers[i].snapshotSent = 0, false
	}
	o.RestartHeartbeatTimer = true
	if n.opts.Lease {
		n.Round++
	}
	n.broadcast(o)
	return nil
}

// receiveAppendEntries is Figure 2's AppendEntries receiver.
func (n *Node) receiveAppendEntries(o *Output, from ID, m *AppendEntries) {
	if o.check(StaleTerm, n, from, n.stale(m.Term), m.Term, n.CurrentTerm, 0, 0) {
		o.send(n.ID, from, &AppendEntriesReply{Term: n.CurrentTerm, PrevLogIndex: m.PrevLogIndex, request: m})
		return
	}
	n.follow(o, from, m.Term)
	if n.mutant(AppendClearsVote) {
		n.VotedFor, o.Save.State = 0, true
	}
	matches := n.prevMatches(o, from, m)
	because := o.last()
	if !matches {
		if n.mutant(CommitOnRefusal) {
			n.advanceCommit(o, min(m.LeaderCommit, n.Log.LastIndex()))
		}
		o.RestartElectionTimer = o.RestartElectionTimer && !n.mutant(RefusedAppendKeepsTimer)
		o.sendOn(because, n.ID, from, n.refusal(m))
		return
	}
	n.storeEntries(o, from, m)
	last := m.PrevLogIndex + uint64(len(m.Entries))
	confirmed := last
	switch {
	case n.mutant(NoMin):
		confirmed = m.LeaderCommit
	case n.mutant(MinWithLogLength):
		confirmed = n.Log.LastIndex()
	case n.mutant(HeartbeatNeverCommits) && len(m.Entries) == 0:
		confirmed = n.CommitIndex
	}
	if o.check(FollowerCommit, n, from, min(m.LeaderCommit, confirmed) > n.CommitIndex,
		m.LeaderCommit, confirmed, n.CommitIndex, 0) {
		o.rests(Committed(min(m.LeaderCommit, confirmed)))
		n.advanceCommit(o, min(m.LeaderCommit, confirmed))
	}
	answer := o.newAnswer()
	answer.Term, answer.Success, answer.MatchIndex, answer.Round = n.CurrentTerm, true, last, m.Round
	answer.request = m
	o.sendOn(because, n.ID, from, answer)
}

// stale tells whether a leader's request is of an earlier term.
func (n *Node) stale(term uint64) bool {
	return term < n.CurrentTerm || term == n.CurrentTerm && n.mutant(TermsComparedWrongly)
}

// follow accepts the sender as the leader of its term, which is not below ours (§5.2), and
// restarts the election timer.
func (n *Node) follow(o *Output, from ID, term uint64) {
	n.observeTerm(o, from, term)
	if n.Role != Follower {
		loser := n.Role == Candidate
		if !o.check(AppendFromLeader, n, from, !loser || !n.mutant(CandidateIgnoresAppend), term, n.CurrentTerm, 0, 0) {
			return
		}
		n.becomeFollower(o, term)
		if loser && n.mutant(StepDownClearsVote) {
			n.VotedFor, o.Save.State = 0, true
		}
	}
	if n.Leader != from {
		n.dropAsked(o)
	}
	n.Leader, n.HeardLeader = from, true
	o.RestartElectionTimer, o.HeardLeader = true, true
}

// prevMatches is the consistency check of §5.3. What a snapshot covers is committed, so every
// leader has it too.
func (n *Node) prevMatches(o *Output, from ID, m *AppendEntries) bool {
	t, have := n.Log.Term(m.PrevLogIndex)
	ok := have && t == m.PrevLogTerm || m.PrevLogIndex < n.Log.FirstIndex()-1 ||
		n.mutant(HeartbeatUnchecked) && len(m.Entries) == 0
	return o.check(PrevLogMatches, n, from, ok, m.PrevLogIndex, m.PrevLogTerm, t, n.Log.LastIndex())
}

// refusal tells the leader where the logs differ, as §5.3 describes it.
func (n *Node) refusal(m *AppendEntries) *AppendEntriesReply {
	r := &AppendEntriesReply{Term: n.CurrentTerm, PrevLogIndex: m.PrevLogIndex, Round: m.Round, request: m}
	if t, ok := n.Log.Term(m.PrevLogIndex); ok {
		r.ConflictTerm, r.ConflictIndex = t, n.Log.firstOfTerm(m.PrevLogIndex, t)
	} else {
		r.ConflictIndex = n.Log.LastIndex() + 1
	}
	return r
}

// storeEntries is the receiver's rules 3 and 4. From the first entry that the log lacks, or
// that conflicts with its own, the log takes the leader's entries. If the log already has all
// of them, it stays as it is, with whatever follows them.
func (n *Node) storeEntries(o *Output, from ID, m *AppendEntries) {
	if n.mutant(AlwaysTruncate) && m.PrevLogIndex < n.Log.LastIndex() && m.PrevLogIndex >= n.Log.FirstIndex()-1 {
		n.truncateAfter(m.PrevLogIndex)
		o.Save.saveLogFrom(m.PrevLogIndex + 1)
	}
	var tail *Log // what a server that makes the mistake TailKept keeps
	for i := range m.Entries {
		index := m.PrevLogIndex + 1 + uint64(i)
		if index < n.Log.FirstIndex() {
			continue
		}
		if t, have := n.Log.Term(index); have {
			if !o.check(DeleteConflict, n, from, t != m.Entries[i].Term, index, t, m.Entries[i].Term, 0) {
				continue
			}
			if n.mutant(TailKept) {
				held := n.Log
				tail = &held
			}
			n.truncateAfter(index - 1)
			o.Save.saveLogFrom(index)
			o.restsOn(o.last(), EntriesDeleted, ConfigurationUsed)
		}
		o.check(AppendNew, n, from, true, index, m.PrevLogIndex+uint64(len(m.Entries)),
			m.Entries[len(m.Entries)-1].Term, 0)
		o.rests(EntriesAppended)
		for _, e := range m.Entries[i:] {
			n.appendEntry(o, e)
		}
		for k := n.Log.LastIndex() + 1; tail != nil && k <= tail.LastIndex(); k++ {
			n.appendEntry(o, tail.Entry(k))
		}
		return
	}
}

// receiveAppendEntriesReply is Figure 2, Leaders 3.
func (n *Node) receiveAppendEntriesReply(o *Output, from ID, m *AppendEntriesReply) {
	n.observeReplyTerm(o, from, m.Term)
	p := n.answered(o, from, m.Term, m.Round)
	if p == nil {
		return
	}
	newRound := m.Round > p.round
	if newRound {
		p.round = m.Round
	}
	if m.Success {
		n.confirmed(o, from, p, m.MatchIndex)
	} else {
		n.backOff(o, from, p, m)
	}
	if newRound {
		n.confirmReads(o)
	}
}

// backOff lowers nextIndex after a refusal, and tries again.
func (n *Node) backOff(o *Output, from ID, p *Peer, m *AppendEntriesReply) {
	// A refusal is old if nextIndex has already gone back behind the refused append, or
	// if the entry is known to match. The latter does not hold for a reply to the latest
	// append: then the follower has lost what it had confirmed (its disk was wiped, or not
	// synced), and gets it again. Nothing comes before the first entry, so no server
	// refuses an append of it.
	lost := m.PrevLogIndex <= p.MatchIndex
	stale := m.PrevLogIndex == 0 || m.PrevLogIndex >= p.NextIndex ||
		lost && m.PrevLogIndex+1 != p.NextIndex && !n.mutant(NextBelowMatch)
	if !o.check(RefusalIsCurrent, n, from, !stale, m.PrevLogIndex, p.NextIndex, p.MatchIndex, 0) {
		return
	}
	before := p.NextIndex
	p.NextIndex = m.PrevLogIndex // one index back
	if n.opts.ConflictTerm && m.ConflictIndex > 0 {
		p.NextIndex = min(m.ConflictIndex, p.NextIndex)
		if !lost {
			p.NextIndex = max(p.NextIndex, p.MatchIndex+1)
		}
	}
	p.inFlight = 0
	o.check(BackOff, n, from, true, m.PrevLogIndex, before, p.NextIndex, p.MatchIndex)
	n.sendAppend(o, from, nil)
	if n.mutant(RefusalAsMatch) && m.PrevLogIndex > p.MatchIndex {
		p.MatchIndex, o.Matched = m.PrevLogIndex, from
		n.maybeCommit(o)
	}
}

// answered is the sender's peer, if the answer is to this leader in its term, and to something
// sent since the sender became a member. Else it is nil.
func (n *Node) answered(o *Output, from ID, term, round uint64) *Peer {
	member := uint64(0)
	if o.Record {
		member = uint64(btoi(n.Configuration.hasMember(from)))
	}
	if !o.check(ReplyOfThisTerm, n, from, n.countsAnswer(from, term), term, n.CurrentTerm, uint64(n.Role), member) {
		return nil
	}
	// In the paper an answer belongs to its request, and a leader that removes a server
	// gives up the requests to it. Here messages travel alone, so an answer carries its
	// round. One that was made by hand has none, and counts as an answer to the latest.
	p := n.peer(from)
	if !o.check(ReplyOfThisMember, n, from, round >= p.since || round == 0, round, p.since, 0, 0) {
		return nil
	}
	n.hear(o, from)
	return p
}

// confirmed notes that a follower's log agrees up to match, commits what a majority now holds,
// and sends the follower what it still lacks. It sends nothing if the answer says nothing new;
// otherwise, in a stream of commands, every answer would cause one more append.
func (n *Node) confirmed(o *Output, from ID, p *Peer, match uint64) {
	if p.inFlight > 0 {
		p.inFlight--
	}
	said := match
	if n.mutant(MatchIsLogLength) {
		match = n.Log.LastIndex()
	}
	news := match > p.MatchIndex || match >= p.NextIndex
	o.check(MatchConfirmed, n, from, match > p.MatchIndex, p.MatchIndex, said, max(p.MatchIndex, match), p.NextIndex)
	p.NextIndex = max(p.NextIndex, match+1)
	if match > p.MatchIndex {
		p.MatchIndex, o.Matched = match, from
		if match > n.CommitIndex {
			n.maybeCommit(o)
		}
		if from == n.Transferee && n.sendTimeoutNow(o) {
			return
		}
	}
	if p = n.peer(from); p == nil { // the commit may have removed the follower, or this leader
		return
	}
	if news && p.NextIndex <= n.Log.LastIndex() {
		n.sendAppend(o, from, nil)
	}
}
