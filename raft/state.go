package raft

import "fmt"

// Options are the choices that Raft leaves open. Servers share one value,
// which nobody changes; SetOptions puts another in its place.
type Options struct {
	NoOp           bool    // a new leader appends an entry of its own (§8)
	ConflictTerm   bool    // back off by the conflicting term, not by one index (§5.3)
	Pipeline       bool    // nextIndex moves on sending, not on the reply
	Window         int     // with Pipeline: appends with entries in flight to a follower at most; 0: no limit
	MaxEntries     int     // entries in an AppendEntries at most; 0: no limit
	MaxBytes       int     // bytes of data in an AppendEntries at most, a larger entry travels alone; 0: no limit
	CheckQuorum    bool    // the driver lets CheckQuorum run out (thesis 6.2)
	AskedFirst     bool    // others may send a PreVote, whether this server does or not
	PreVote        bool    // ask before beginning a term (thesis 9.6)
	AnyTermChange  bool    // a membership change need not wait for an entry of the own term: wrong, see OwnTermFirst
	Lease          bool    // a leader's reads may rely on its lease; needs StickyFollower, and a restarted server waits before it votes (thesis 6.4.1)
	Mutants        Mutants // mistakes made on purpose
	Naive          bool    // take what no correct server can have sent, as Figure 2 does; where another server errs on purpose
	StickyFollower bool    // no vote within a minimum election timeout of hearing a leader (thesis 4.2.3)
}

// Stable is what a server keeps on stable storage (Figure 2, persistent state;
// Figure 12 for the snapshot), and what a restart begins from.
type Stable struct {
	CurrentTerm uint64
	VotedFor    ID
	Log         Log
	Snapshot    *Snapshot     // nil: none
	Initial     Configuration // before the first configuration in log or snapshot
}

// Node is one server: Figure 2's state.
type Node struct {
	id   ID
	opts *Options

	// Persistent state on all servers.
	currentTerm uint64
	votedFor    ID // 0: none
	log         Log
	snapshot    *Snapshot

	// Volatile state on all servers.
	commitIndex uint64
	lastApplied uint64

	role   Role // Figure 4
	leader ID   // whom it believes to lead in currentTerm, or 0
	config configurations
	votes  Set // candidates: who has granted this election
	grants int // candidates: how many answers granted it, see RepliesNotVoters

	// What depends on elapsed time, set by timer inputs.
	heardLeader bool // within the minimum election timeout, or it may have (thesis 4.2.3)
	heard       Set  // leaders: who has answered since a majority last had
	lease       bool // leaders: nobody else can have been elected (thesis 6.4.1)

	asked []uint64 // reads that the leader was asked about

	// Volatile state on leaders; peers is indexed by ID.
	peers       []peer
	transferee  ID            // whom leadership is being handed to (thesis 3.10)
	timeoutSent bool          // a TimeoutNow was sent in this term, and may be obeyed at any time
	reads       []pendingRead // not confirmed yet, the oldest first; never changed in place
	round       uint64        // the latest round of heartbeats that reads or the lease count
	quorumRound uint64        // the latest one that a majority has answered, with Lease
}

// peer is what a leader keeps of another server.
type peer struct {
	nextIndex, matchIndex uint64
	inFlight              int  // appends with entries sent and not answered, with Pipeline
	snapshotSent          bool // since the last heartbeat
	round                 uint64
}

// New starts, or restarts, a server from what its stable storage holds: as a
// follower (§5.2), with nothing known to be committed but what a snapshot
// covers. It returns a *Corrupt error for a state that Raft cannot have written.
func New(id ID, stable Stable, opts *Options) (*Node, error) {
	n := &Node{
		id: id, opts: opts,
		currentTerm: stable.CurrentTerm, votedFor: stable.VotedFor,
		log: stable.Log, snapshot: stable.Snapshot,
	}
	n.config.initial = stable.Initial
	if s := stable.Snapshot; s != nil {
		n.commitIndex, n.lastApplied = s.Index, s.Index
		n.config.initial = s.Configuration
	}
	if err := n.checkStable(); err != nil {
		return nil, err
	}
	for i := n.log.FirstIndex(); i <= n.log.LastIndex(); i++ {
		n.config.appended(i, n.log.Entry(i))
	}
	// A leader's lease counts on its voters, also on one that has restarted and
	// forgotten that it heard from it (thesis 6.4.1).
	n.heardLeader = opts.Lease && n.currentTerm > 0
	return n, nil
}

// checkStable looks for what no server can have written.
func (n *Node) checkStable() error {
	base := n.log.FirstIndex() - 1
	if s := n.snapshot; s == nil && base > 0 || s != nil && (s.Index != base || s.Term != n.log.baseTerm) {
		return &Corrupt{n.id, fmt.Sprintf("the log begins after index %d, but no snapshot ends there", base)}
	}
	prev := n.log.baseTerm
	for i := base + 1; i <= n.log.LastIndex(); i++ {
		t, _ := n.log.Term(i)
		if t < max(prev, 1) {
			return &Corrupt{n.id, fmt.Sprintf("entry %d has term %d, the one before it %d", i, t, prev)}
		}
		prev = t
	}
	if prev > n.currentTerm {
		return &Corrupt{n.id, fmt.Sprintf("the log ends with term %d, but currentTerm is %d", prev, n.currentTerm)}
	}
	return nil
}

// Clone is an independent copy.
func (n *Node) Clone() *Node {
	c := *n
	c.peers = append([]peer(nil), n.peers...)
	return &c
}

// Stable is what the server's stable storage must hold for it to restart in
// its present state.
func (n *Node) Stable() Stable {
	s := Stable{
		CurrentTerm: n.currentTerm, VotedFor: n.votedFor,
		Log: n.log, Snapshot: n.snapshot, Initial: n.config.initial,
	}
	if n.mutant(VoteNotStored) {
		s.VotedFor = 0
	}
	if n.mutant(TermNotStored) {
		s.CurrentTerm, s.VotedFor = n.log.LastTerm(), 0
	}
	return s
}

// What can be read of a server.
func (n *Node) ID() ID                       { return n.id }
func (n *Node) CurrentTerm() uint64          { return n.currentTerm }
func (n *Node) VotedFor() ID                 { return n.votedFor }
func (n *Node) Log() *Log                    { return &n.log } // to be read only
func (n *Node) CommitIndex() uint64          { return n.commitIndex }
func (n *Node) LastApplied() uint64          { return n.lastApplied }
func (n *Node) Role() Role                   { return n.role }
func (n *Node) Leader() ID                   { return n.leader }
func (n *Node) Votes() Set                   { return n.votes }
func (n *Node) Snapshot() *Snapshot          { return n.snapshot }
func (n *Node) Configuration() Configuration { return n.config.latest() }

// ConfigurationIndex is the index of the configuration in force, or 0 when the
// log has none.
func (n *Node) ConfigurationIndex() uint64 { return n.config.lastIndex() }

// NextIndex and MatchIndex are a leader's for another server; 0 on others.
func (n *Node) NextIndex(id ID) uint64 {
	if p := n.peer(id); p != nil {
		return p.nextIndex
	}
	return 0
}

// MatchIndex is the highest entry known to be on server id; a leader's own is
// its last index.
func (n *Node) MatchIndex(id ID) uint64 {
	if id == n.id && n.role == Leader {
		return n.log.LastIndex()
	}
	if p := n.peer(id); p != nil {
		return p.matchIndex
	}
	return 0
}

func (n *Node) peer(id ID) *peer {
	if int(id) >= len(n.peers) || !n.config.latest().Members().Has(id) {
		return nil
	}
	return &n.peers[id]
}

// SetOptions puts other options in force from the next input on.
func (n *Node) SetOptions(opts *Options) { n.opts = opts }

// SetCommitIndex sets commitIndex by hand, as if just learned, for situations
// that are built and not lived through. What is newly committed is applied.
func (n *Node) SetCommitIndex(o *Output, index uint64) {
	n.advanceCommit(o, min(index, n.log.LastIndex()))
}

// Receive is the input of a message that has arrived. An error says that the
// message cannot have come from a correct server; nothing has changed then.
func (n *Node) Receive(o *Output, e Envelope) error {
	switch m := e.Message.(type) {
	case *AppendEntries:
		return n.receiveAppendEntries(o, e.From, m)
	case *AppendEntriesReply:
		return n.receiveAppendEntriesReply(o, e.From, m)
	case *RequestVote:
		n.receiveRequestVote(o, e.From, m)
	case *RequestVoteReply:
		n.receiveRequestVoteReply(o, e.From, m)
	case *InstallSnapshot:
		return n.receiveInstallSnapshot(o, e.From, m)
	case *InstallSnapshotReply:
		return n.receiveInstallSnapshotReply(o, e.From, m)
	case *PreVote:
		n.receivePreVote(o, e.From, m)
	case *PreVoteReply:
		n.receivePreVoteReply(o, e.From, m)
	case *TimeoutNow:
		n.receiveTimeoutNow(o, e.From, m)
	case *ReadIndex:
		n.receiveReadIndex(o, e.From, m)
	case *ReadIndexReply:
		n.receiveReadIndexReply(o, e.From, m)
	default:
		return &Refused{n.id, fmt.Sprintf("no rule for a %s", m.Type())}
	}
	return nil
}

// observeTerm is the rule for all servers (§5.1): a higher term is taken at
// once, and makes a follower.
func (n *Node) observeTerm(o *Output, from ID, term uint64) {
	if o.check(HigherTerm, n, from, term > n.currentTerm, term, n.currentTerm, 0, 0) {
		if n.mutant(KeepsRoleAtHigherTerm) {
			n.currentTerm, n.votedFor, o.Save.State = term, 0, true
			return
		}
		n.becomeFollower(o, term)
	}
}

// becomeFollower steps down, into a new term or within the present one, where
// the vote that was given stays given.
func (n *Node) becomeFollower(o *Output, term uint64) {
	if term > n.currentTerm {
		n.currentTerm, n.votedFor, n.leader = term, 0, 0
		o.Save.State = true
	}
	if n.role == Leader {
		n.leader, n.transferee = 0, 0
		n.dropReads(o)
		o.RestartElectionTimer = true // a leader had none
	}
	n.role, n.votes, n.peers, n.heard = Follower, Set{}, nil, Set{}
}

// observeReplyTerm is observeTerm for an answer.
func (n *Node) observeReplyTerm(o *Output, from ID, term uint64) {
	if !n.mutant(IgnoresHigherTerm) {
		n.observeTerm(o, from, term)
	}
}
