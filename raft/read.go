package raft

import "slices"

// read begins a client's read (§8, thesis 6.4). A leader's answer is safe if two things hold.
// It has committed an entry of its own term, because until then its commitIndex may be too
// low. And it still led when the read came, as shown by a round of heartbeats that a majority
// answers, or by a lease.
func (n *Node) read(o *Output, number uint64, byLease bool) error {
	if n.Role == Leader {
		return n.startRead(o, number, 0, nil, byLease)
	}
	if n.Leader == 0 {
		return &NotLeader{n.ID, 0}
	}
	w := n.reading()
	w.asked = append(w.asked, number)
	o.check(ReadFromLeader, n, n.Leader, true, uint64(n.Leader), n.CurrentTerm, 0, 0)
	o.rests(Answered)
	o.send(n.ID, n.Leader, &ReadIndex{Term: n.CurrentTerm, Number: number})
	return nil
}

func (n *Node) startRead(o *Output, number uint64, from ID, asks *ReadIndex, byLease bool) error {
	first := n.firstOfOwnTerm()
	if n.mutant(ReadIndexBeforeNoop) {
		first = max(n.CommitIndex, 1)
	}
	if !o.check(ReadAfterOwnTerm, n, from, first > 0, first, n.CurrentTerm, 0, 0) {
		return &Refused{Node: n.ID, Why: "its log has no entry of its own term, so it cannot know what is committed " +
			"(thesis 6.4)", Advice: "put something first"}
	}
	r := pendingRead{number: number, from: from, asks: asks, index: max(n.CommitIndex, first)}
	if byLease && o.check(LeaseHeld, n, from, n.Lease, uint64(btoi(n.Lease)), 0, 0, 0) {
		o.rests(Answered)
		n.readReady(o, r)
		return nil
	}
	lease := o.last()
	n.Round++
	r.round = n.Round
	w := n.reading()
	w.reads = append(w.reads, r)
	n.broadcast(o)
	n.confirmReads(o)
	if o.rests(Answered); byLease { // and has none
		o.restsOn(lease, Answered)
	}
	return nil
}

// firstOfOwnTerm is the index of the first entry of the leader's own term, or
// 0 when it has none.
func (n *Node) firstOfOwnTerm() uint64 {
	if n.Log.LastTerm() != n.CurrentTerm || n.Log.LastIndex() == 0 {
		return 0
	}
	if n.ownFirst > 0 {
		return n.ownFirst
	}
	return n.Log.firstOfTerm(n.Log.LastIndex(), n.CurrentTerm)
}

// readReady answers a read whose index is confirmed.
func (n *Node) readReady(o *Output, r pendingRead) {
	if r.from != 0 {
		o.send(n.ID, r.from, &ReadIndexReply{Term: n.CurrentTerm, Number: r.number, Index: r.index, Success: true,
			request: r.asks})
		return
	}
	o.rests(ReadDone(r.number))
	o.Reads = append(o.Reads, ReadReady{Number: r.number, Index: r.index})
}

// confirmReads answers the reads whose round of heartbeats a majority has answered.
func (n *Node) confirmReads(o *Output) {
	if len(n.unread().reads) == 0 && !n.opts.Lease {
		return
	}
	round := n.Configuration.majorityRound(n)
	if n.opts.Lease && o.count(RoundAnswered, n, 0, round > n.quorumRound, round, n.quorumRound, 0,
		func() Set { return n.reached(max(round, n.quorumRound+1), n.Round, roundOf) }) {
		n.quorumRound = round
		o.QuorumRound = round
		o.rests(LeaseRenewed)
	}
	for reads := n.unread().reads; len(reads) > 0; {
		r := reads[0]
		if !o.count(ReadConfirmed, n, r.from, r.round <= round, r.round, round, 0,
			func() Set { return n.reached(r.round, n.Round, roundOf) }) {
			return
		}
		reads = reads[1:]
		n.leave(n.waiting.asked, reads)
		n.readReady(o, r)
	}
}

// dropReads fails the reads of a server that no longer leads, which cannot confirm them.
func (n *Node) dropReads(o *Output) {
	for _, r := range n.unread().reads {
		if r.from != 0 {
			o.send(n.ID, r.from, &ReadIndexReply{Term: n.CurrentTerm, Number: r.number, request: r.asks})
		} else {
			o.Reads = append(o.Reads, ReadReady{Number: r.number, Failed: true})
		}
	}
	n.leave(n.unread().asked, nil)
	n.Round, n.quorumRound, n.Lease = 0, 0, false
}

// dropAsked fails the reads about which the server asked another leader, or in another term.
// An answer may never come, so the client must ask again.
func (n *Node) dropAsked(o *Output) {
	for _, number := range n.unread().asked {
		o.Reads = append(o.Reads, ReadReady{Number: number, Failed: true})
	}
	n.leave(nil, n.unread().reads)
}

// readTimeout gives up a read about which the leader was asked.
func (n *Node) readTimeout(number uint64) {
	if i := slices.Index(n.unread().asked, number); i >= 0 {
		n.forget(i)
	}
}

// forget removes read i from those that the leader was asked about. Removing the first one is
// cheap, because answers mostly come in the order of the questions.
func (n *Node) forget(i int) {
	asked := n.waiting.asked
	if i == 0 {
		n.leave(asked[1:], n.waiting.reads)
		return
	}
	n.leave(append(asked[:i:i], asked[i+1:]...), n.waiting.reads)
}

func (n *Node) receiveReadIndex(o *Output, from ID, m *ReadIndex) {
	n.observeTerm(o, from, m.Term)
	leads := o.check(ReadFromLeader, n, from, n.Role == Leader, uint64(n.Leader), n.CurrentTerm, 0, 0)
	if !leads || n.startRead(o, m.Number, from, m, false) != nil {
		o.send(n.ID, from, &ReadIndexReply{Term: n.CurrentTerm, Number: m.Number, request: m})
	}
}

// receiveReadIndexReply passes the leader's answer to the client's read.
func (n *Node) receiveReadIndexReply(o *Output, from ID, m *ReadIndexReply) {
	n.observeTerm(o, from, m.Term)
	i := slices.Index(n.unread().asked, m.Number)
	if o.check(ReadAwaited, n, from, i >= 0, m.Number, m.Index, 0, 0) {
		n.forget(i)
		o.Reads = append(o.Reads, ReadReady{Number: m.Number, Index: m.Index, Failed: !m.Success})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
