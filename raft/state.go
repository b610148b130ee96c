package raft

import (
	"fmt"
	"slices"
)

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
	votes  Set // candidates: who has granted this election; a leader keeps those that elected it
	grants int // candidates: how many answers granted it, see RepliesNotVoters

	// What depends on elapsed time, set by timer inputs.
	heardLeader bool // within the minimum election timeout, or it may have (thesis 4.2.3)
	heard       Set  // leaders: who has answered since a majority last had
	lease       bool // leaders: nobody else can have been elected (thesis 6.4.1)

	asked []uint64 // reads that the leader was asked about

	// Volatile state on leaders; peers is indexed by ID.
	peers       []peer
	sending     sending
	ownFirst    uint64        // index of the first entry that it appended as the leader of its term, or 0
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
	since                 uint64 // the round in which this leader added it; 0: it was a member before
}

// New starts, or restarts, a server from what its stable storage holds: as a
// follower (§5.2), with nothing known to be committed but what a snapshot
// covers. It returns a *Refused error for an id that is none or options that
// contradict each other, and a *Corrupt error, with its Reason, for a state that
// Raft cannot have written. A server that is new and waits to be added to a
// cluster starts with an empty Configuration.
func New(id ID, stable Stable, opts *Options) (*Node, error) {
	if !id.valid() {
		return nil, &Refused{id, fmt.Sprintf("%d is no server; they are 1 to %d", uint8(id), MaxID)}
	}
	if err := opts.check(id); err != nil {
		return nil, err
	}
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
	switch s := n.snapshot; {
	case s == nil && base > 0 || s != nil && (s.Index != base || s.Term != n.log.baseTerm):
		return n.corrupt(BadStorage, "the log begins after index %d, but no snapshot ends there", base)
	case s != nil && (s.Index == 0 || s.Term == 0):
		return n.corrupt(BadSnapshot, "a snapshot of entry %d of term %d; both begin at 1", s.Index, s.Term)
	case n.log.LastIndex() > MaxIndex || n.currentTerm > MaxTerm:
		return n.corrupt(OutOfRange, "term %d, log %d to %d: the highest are %d", n.currentTerm, n.log.FirstIndex(), n.log.LastIndex(), MaxTerm)
	case n.votedFor != 0 && (!n.votedFor.valid() || n.currentTerm == 0):
		return n.corrupt(BadStorage, "a vote for %s in term %d", name(n.votedFor), n.currentTerm)
	}
	// Before the first configuration in the log there may be none: a server
	// that waits to be added knows of nobody.
	if c := n.config.initial; n.snapshot != nil || c != (Configuration{}) {
		if err := n.admitConfiguration("the stored configuration", c); err != nil {
			return err
		}
	}
	return n.checkLog()
}

func (n *Node) checkLog() error {
	prev := n.log.baseTerm
	for i := n.log.FirstIndex(); i <= n.log.LastIndex(); i++ {
		e := n.log.Entry(i)
		if e.Term < max(prev, 1) {
			return n.corrupt(BadStorage, "entry %d has term %d, the one before it %d", i, e.Term, prev)
		}
		if err := n.admitKind(i, &e); err != nil {
			return err
		}
		prev = e.Term
	}
	if prev > n.currentTerm {
		return n.corrupt(BadStorage, "the log ends with term %d, but currentTerm is %d", prev, n.currentTerm)
	}
	return nil
}

// Clone is an independent copy.
func (n *Node) Clone() *Node {
	c := *n
	c.peers = append([]peer(nil), n.peers...)
	c.asked, c.reads = slices.Clip(n.asked), slices.Clip(n.reads)
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
func (n *Node) Configuration() Configuration { return *n.config.latest() }
func (n *Node) InForce() *Configuration      { return n.config.latest() } // the same, to be read only

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
	if int(id) >= len(n.peers) || !n.config.latest().hasMember(id) {
		return nil
	}
	return &n.peers[id]
}

// SetOptions puts other options in force from the next input on. Options that
// contradict each other are a *Refused error, and nothing has changed.
func (n *Node) SetOptions(opts *Options) error {
	if err := opts.check(n.id); err != nil {
		return err
	}
	n.opts = opts
	return nil
}

// receive hands a message that has arrived to the rules for its type, if the door
// lets it in.
func (n *Node) receive(o *Output, e Envelope) error {
	if err := n.admit(e); err != nil {
		return err
	}
	switch m := e.Message.(type) {
	case *AppendEntries:
		n.receiveAppendEntries(o, e.From, m)
	case *AppendEntriesReply:
		n.receiveAppendEntriesReply(o, e.From, m)
	case *RequestVote:
		n.receiveRequestVote(o, e.From, m)
	case *RequestVoteReply:
		n.receiveRequestVoteReply(o, e.From, m)
	case *InstallSnapshot:
		n.receiveInstallSnapshot(o, e.From, m)
	case *InstallSnapshotReply:
		n.receiveInstallSnapshotReply(o, e.From, m)
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
		n.dropAsked(o)
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
