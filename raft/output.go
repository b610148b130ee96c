package raft

// Output is what a driver must do after an input. The driver empties it with Reset before each
// input. It may use it again, but must not copy it.
type Output struct {
	// Save must be on stable storage before anything below is acted on
	// (Figure 2: "updated on stable storage before responding to RPCs").
	Save Save
	// Send is the messages to send, in order.
	Send []Envelope
	// Restore, when not nil, replaces the state machine's state (§7). It comes
	// before Apply.
	Restore *Snapshot
	// Apply is the range of log indexes to apply to the state machine, in
	// order; empty when First > Last.
	Apply Range
	// Index and Term, when not 0, are those of the entry that the leader appended for the
	// input: a proposal, the last of a batch, or a configuration.
	Index, Term uint64
	// Reads is the reads that may be answered, or have failed (thesis 6.4).
	Reads []ReadReady
	// QuorumRound, when not 0, is a round of heartbeats that a majority has now answered. A
	// lease may be counted from the time when that round began (thesis 6.4.1).
	QuorumRound uint64
	// RestartElectionTimer: the election timeout begins again now, with a new random
	// length (§5.2).
	RestartElectionTimer bool
	// HeardLeader: the timer restarts because the server heard from a current leader, so the
	// minimum election timeout begins again too (thesis 4.2.3).
	HeardLeader bool
	// HeardQuorum: a majority has answered the leader, so the election timeout after which it
	// steps down begins again (thesis 6.2).
	HeardQuorum bool
	// RestartHeartbeatTimer: the next heartbeat is due a full interval from now.
	RestartHeartbeatTimer bool
	// JointCommit, when not 0, is the commitIndex at which the leader appended the
	// configuration after a joint one (Figure 11).
	JointCommit uint64
	// Matched is the server whose matchIndex this input has raised; 0: none. The matchIndex
	// of a server that was removed and added again starts at 0.
	Matched ID
	// Decided is every rule that was consulted, when Record is set.
	Decided []Decision
	// Causes says on which of these decisions the effects rest, when Record is set, in the
	// order in which the core acted. An effect that is there twice rests on both.
	Causes []Cause
	// Record asks for Decided and Causes.
	Record bool

	answers []AppendEntriesReply // room for answers, see newAnswer
}

// Save says what of the persistent state (Figure 2) has changed.
type Save struct {
	State    bool   // currentTerm or votedFor
	LogFrom  uint64 // the log from this index to its end, or 0
	Snapshot bool   // the snapshot, and with it the log's start
}

// Any tells whether there is anything to save.
func (s Save) Any() bool { return s.State || s.LogFrom != 0 || s.Snapshot }

// Range is the indexes First to Last.
type Range struct{ First, Last uint64 }

// Len is the number of indexes in the range.
func (r Range) Len() int {
	if r.First == 0 || r.First > r.Last {
		return 0
	}
	return int(r.Last - r.First + 1)
}

// Decision is one check of a rule.
type Decision struct {
	Rule  *Rule
	Node  ID
	Peer  ID // the other server the decision is about, or 0
	Holds bool
	Args  [4]uint64 // the numbers that were compared, as Rule.Args names them
	// Halves is, of a decision that a majority makes, who was counted.
	Halves Halves
}

// Reset empties o for the next input; Record stays. It runs for every input, so it writes no
// pointer that is nil already, because the garbage collector's write barrier costs time.
func (o *Output) Reset() {
	if o.Restore != nil {
		o.Restore = nil
	}
	if o.Reads != nil {
		o.Reads = nil
	}
	o.Save, o.Send, o.Apply, o.Index, o.Term, o.QuorumRound = Save{}, o.Send[:0], Range{}, 0, 0, 0
	o.RestartElectionTimer, o.HeardLeader, o.HeardQuorum, o.RestartHeartbeatTimer = false, false, false, false
	o.JointCommit, o.Matched = 0, 0
	o.Decided, o.Causes = o.Decided[:0], o.Causes[:0]
}

// newAnswer is memory for one answer. It is allocated for more and more answers at a time, so
// that an Output that is used often allocates rarely, and one that is used once, little.
func (o *Output) newAnswer() *AppendEntriesReply {
	if len(o.answers) == cap(o.answers) {
		o.answers = make([]AppendEntriesReply, 0, min(2*cap(o.answers)+1, 31))
	}
	o.answers = o.answers[:len(o.answers)+1]
	return &o.answers[len(o.answers)-1]
}

// send sends a message because of the latest decision.
func (o *Output) send(from, to ID, m Message) { o.sendOn(o.last(), from, to, m) }

// sendOn sends a message because of an earlier decision.
func (o *Output) sendOn(on int, from, to ID, m Message) {
	if o.Record {
		o.restsOn(on, Sent(len(o.Send)))
	}
	o.Send = append(o.Send, Envelope{From: from, To: to, Message: m})
}

// check is how the code asks a rule. It returns holds, and notes the decision if decisions are
// recorded.
func (o *Output) check(rule *Rule, n *Node, peer ID, holds bool, a, b, c, d uint64) bool {
	if o.Record {
		o.note(rule, n, peer, holds, a, b, c, d)
	}
	return holds
}

func (o *Output) note(rule *Rule, n *Node, peer ID, holds bool, a, b, c, d uint64) {
	o.Decided = append(o.Decided, Decision{Rule: rule, Node: n.ID, Peer: peer, Holds: holds,
		Args: [4]uint64{a, b, c, d}})
}

// count is check for a rule that counts a majority of the configuration in force. have returns
// the servers that agree; it is called only if decisions are recorded.
func (o *Output) count(rule *Rule, n *Node, peer ID, holds bool, a, b, c uint64, have func() Set) bool {
	if o.Record {
		o.note(rule, n, peer, holds, a, b, c, 0)
		o.Decided[len(o.Decided)-1].Halves = n.Configuration.Halves(have())
	}
	return holds
}

// saveLogFrom has the log saved from index on, or from an earlier one if that was noted.
func (s *Save) saveLogFrom(index uint64) {
	if s.LogFrom == 0 || index < s.LogFrom {
		s.LogFrom = index
	}
}

// ReadReady says that the read of that number may be answered once the state machine has
// applied the log up to Index. If Failed, it cannot be answered, because the server, or the
// leader that it asked, no longer leads.
type ReadReady struct {
	Number uint64
	Index  uint64
	Failed bool
}
