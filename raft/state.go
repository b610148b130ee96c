package raft

import "fmt"

// Options are the choices that Raft leaves open. Servers share one value,
// which nobody changes; SetOptions puts another in its place.
type Options struct {
	NoOp          bool // a new leader appends an entry of its own (§8)
	ConflictTerm  bool // back off by the conflicting term, not by one index (§5.3)
	Pipeline      bool // nextIndex moves on sending, not on the reply
	Window        int  // with Pipeline: appends with entries in flight to a follower at most; 0: no limit
	MaxEntries    int  // entries in an AppendEntries at most; 0: no limit
	MaxBytes      int  // bytes of data in an AppendEntries at most, a larger entry travels alone; 0: no limit
	CheckQuorum   bool // the driver lets CheckQuorum run out (thesis 6.2)
	AskedFirst    bool // others may send a PreVote, whether this server does or not
	PreVote       bool // ask before beginning a term (thesis 9.6)
	AnyTermChange bool // a membership change need not wait for an entry of the own term: wrong, see OwnTermFirst
	// StickyFollower: no vote within a minimum election timeout of hearing a leader
	// (thesis 4.2.3).
	StickyFollower bool
	// Lease: a leader's reads may rely on its lease. It needs StickyFollower, and a
	// restarted server waits before it votes (thesis 6.4.1).
	Lease bool
	// Mutants are mistakes made on purpose.
	Mutants Mutants
	// Naive: take what no correct server can have sent, as Figure 2 does. It is for
	// clusters in which another server errs on purpose.
	Naive bool
}

// Stable is what a server keeps on stable storage (Figure 2, persistent state;
// Figure 12 for the snapshot), and what a restart begins from.
type Stable struct {
	CurrentTerm uint64
	VotedFor    ID
	Log         Log
	Snapshot    *Snapshot     // nil: none
	Initial     Configuration // before the first configuration in log or snapshot
	// Own is what another program keeps there beside, as a JSON object; "": nothing.
	Own string `json:",omitempty"`
}

// State is a server's state: Figure 2's, and what the thesis adds to it. It is a
// plain value; copies share the log's entries, the snapshot and the configurations,
// none of which is ever changed in place, and Peers, which is.
type State struct {
	ID ID

	// Persistent state on all servers.
	VotedFor    ID // 0: none
	CurrentTerm uint64
	Log         Log
	Snapshot    *Snapshot // the state machine's state before the log (§7); nil: none

	// Volatile state on all servers.
	CommitIndex uint64
	LastApplied uint64

	Role   Role // Figure 4
	Leader ID   // whom it believes to lead in CurrentTerm, or 0
	// HeardLeader: it heard a leader within the minimum election timeout, or it may
	// have (thesis 4.2.3). MinimumElectionTimeout ends it.
	HeardLeader bool
	Votes       Set // candidates: who has granted this election; a leader keeps those that elected it

	Configuration      *Configuration // in force: the latest in the log, committed or not (§6)
	ConfigurationIndex uint64         // where that stands in the log; 0: not there, so it is committed
	Committed          *Configuration // the latest that it knows to be committed

	// Volatile state on leaders.
	Peers      []Peer // by ID; of who is no member, nothing. Others have none
	Round      uint64 // the latest round of heartbeats that reads or the lease count (thesis 6.4)
	Lease      bool   // nobody else can have been elected (thesis 6.4.1)
	Transferee ID     // whom leadership is being handed to (thesis 3.10), or 0
}

// Peer is what a leader keeps of another server.
type Peer struct {
	NextIndex, MatchIndex uint64
	inFlight              uint32 // appends with entries sent and not answered, with Pipeline
	snapshotSent          bool   // since the last heartbeat
	round                 uint64
	since                 uint64 // the round in which this leader added it; 0: it was a member before
}

// NextIndex and MatchIndex are a leader's for another server; 0 on others.
func (s *State) NextIndex(id ID) uint64 {
	if p := s.peer(id); p != nil {
		return p.NextIndex
	}
	return 0
}

// MatchIndex is the highest entry known to be on server id; a leader's own is
// its last index.
func (s *State) MatchIndex(id ID) uint64 {
	if id == s.ID && s.Role == Leader {
		return s.Log.LastIndex()
	}
	if p := s.peer(id); p != nil {
		return p.MatchIndex
	}
	return 0
}

func (s *State) peer(id ID) *Peer {
	if int(id) >= len(s.Peers) || !s.Configuration.hasMember(id) {
		return nil
	}
	return &s.Peers[id]
}

// MayCampaign tells whether the server may hold elections: it has a vote in
// its latest configuration, or in the one that it knows to be committed, since
// it may be needed until its removal is (thesis 4.2.2).
func (s *State) MayCampaign() bool {
	return s.Configuration.CanVote(s.ID) || s.Committed.CanVote(s.ID)
}

// MayCompact tells whether the server knows the configuration as of what it has
// applied, which a snapshot holds (Figure 12). One that was added to the cluster,
// and began without any, learns it from the first configuration in the log.
func (s *State) MayCompact() bool { return s.Committed.wrong() == "" }

// figure2 is State under a name by which a Node has its fields as its own.
type figure2 = State

// Node is one server. State says how it is, and Step is the only thing that
// changes it.
type Node struct {
	figure2
	opts   *Options
	config configurations

	heard       Set           // leaders: who has answered since a majority last had
	asked       []uint64      // reads that the leader was asked about
	sending     sending       // leaders
	ownFirst    uint64        // index of the first entry that it appended as the leader of its term, or 0
	grants      uint32        // candidates: how many answers granted it, see RepliesNotVoters
	timeoutSent bool          // a TimeoutNow was sent in this term, and may be obeyed at any time
	reads       []pendingRead // leaders: not confirmed yet, the oldest first; never changed in place
	quorumRound uint64        // the latest round that a majority has answered, with Lease
}

// State is the server's state, to be read only: the same variable as long as the
// Node lives, so that it says after a Step what that has made of it. Copy what is
// to be kept.
func (n *Node) State() *State { return &n.figure2 }

// New starts, or restarts, a server from what its stable storage holds: as a
// follower (§5.2), with nothing known to be committed but what a snapshot
// covers. It returns a *Refused error for an id that is none or options that
// contradict each other, and a *Corrupt error, with its Reason, for a state that
// Raft cannot have written. A server that is new and waits to be added to a
// cluster starts with an empty Configuration.
func New(id ID, stable Stable, opts *Options) (*Node, error) {
	if !id.valid() {
		return nil, &Refused{Node: id, Why: fmt.Sprintf("%d is no server; they are 1 to %d", uint8(id), MaxID)}
	}
	if err := opts.check(id); err != nil {
		return nil, err
	}
	n := &Node{opts: opts, figure2: State{
		ID: id, CurrentTerm: stable.CurrentTerm, VotedFor: stable.VotedFor, Log: stable.Log, Snapshot: stable.Snapshot,
	}}
	n.config.initial = &stable.Initial
	if s := stable.Snapshot; s != nil {
		n.CommitIndex, n.LastApplied = s.Index, s.Index
		n.config.initial = &s.Configuration
	}
	if err := n.checkStable(); err != nil {
		return nil, err
	}
	for i := n.Log.FirstIndex(); i <= n.Log.LastIndex(); i++ {
		n.config.appended(i, n.Log.Entry(i))
	}
	n.configured()
	// A leader's lease counts on its voters, also on one that has restarted and
	// forgotten that it heard from it (thesis 6.4.1).
	n.HeardLeader = opts.Lease && n.CurrentTerm > 0
	return n, nil
}

// checkStable looks for what no server can have written.
func (n *Node) checkStable() error {
	base := n.Log.FirstIndex() - 1
	switch s := n.Snapshot; {
	case s == nil && base > 0 || s != nil && (s.Index != base || s.Term != n.Log.baseTerm):
		return n.corrupt(BadStorage, "the log begins after index %d, but no snapshot ends there", base)
	case s != nil && (s.Index == 0 || s.Term == 0):
		return n.corrupt(BadSnapshot, "a snapshot of entry %d of term %d; both begin at 1", s.Index, s.Term)
	case n.Log.LastIndex() > MaxIndex || n.CurrentTerm > MaxTerm:
		return n.corrupt(OutOfRange, "term %d, log %d to %d: the highest are %d", n.CurrentTerm, n.Log.FirstIndex(),
			n.Log.LastIndex(), MaxTerm)
	case n.VotedFor != 0 && (!n.VotedFor.valid() || n.CurrentTerm == 0):
		return n.corrupt(BadStorage, "a vote for %s in term %d", name(n.VotedFor), n.CurrentTerm)
	}
	// Before the first configuration in the log there may be none: a server
	// that waits to be added knows of nobody.
	if c := *n.config.initial; n.Snapshot != nil || c != (Configuration{}) {
		if err := n.admitConfiguration("the stored configuration", c); err != nil {
			return err
		}
	}
	return n.checkLog()
}

func (n *Node) checkLog() error {
	prev := n.Log.baseTerm
	for i := n.Log.FirstIndex(); i <= n.Log.LastIndex(); i++ {
		e := n.Log.Entry(i)
		if e.Term < max(prev, 1) {
			return n.corrupt(BadStorage, "entry %d has term %d, the one before it %d", i, e.Term, prev)
		}
		if err := n.admitKind(i, &e); err != nil {
			return err
		}
		prev = e.Term
	}
	if prev > n.CurrentTerm {
		return n.corrupt(BadStorage, "the log ends with term %d, but currentTerm is %d", prev, n.CurrentTerm)
	}
	return nil
}

// Clone is an independent copy.
func (n *Node) Clone() *Node {
	c := *n
	c.Peers = append([]Peer(nil), n.Peers...)
	// Two copies must not append to one array.
	c.asked, c.reads = c.asked[:len(c.asked):len(c.asked)], c.reads[:len(c.reads):len(c.reads)]
	return &c
}

// Stable is what the server's stable storage must hold for it to restart in
// its present state.
func (n *Node) Stable() Stable {
	s := Stable{
		CurrentTerm: n.CurrentTerm, VotedFor: n.VotedFor,
		Log: n.Log, Snapshot: n.Snapshot, Initial: *n.config.initial,
	}
	if n.mutant(VoteNotStored) {
		s.VotedFor = 0
	}
	if n.mutant(TermNotStored) {
		s.CurrentTerm, s.VotedFor = n.Log.LastTerm(), 0
	}
	return s
}

// SetOptions puts other options in force from the next input on. Options that
// contradict each other are a *Refused error, and nothing has changed.
func (n *Node) SetOptions(opts *Options) error {
	if err := opts.check(n.ID); err != nil {
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
	if o.check(HigherTerm, n, from, term > n.CurrentTerm, term, n.CurrentTerm, 0, 0) {
		if n.mutant(KeepsRoleAtHigherTerm) {
			o.rests(TermTaken)
			n.CurrentTerm, n.VotedFor, o.Save.State = term, 0, true
			return
		}
		n.becomeFollower(o, term)
	}
}

// becomeFollower steps down, into a new term or within the present one, where
// the vote that was given stays given.
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
		o.RestartElectionTimer = true // a leader had none
	}
	n.Role, n.Votes, n.Peers, n.heard = Follower, Set{}, nil, Set{}
}

// observeReplyTerm is observeTerm for an answer.
func (n *Node) observeReplyTerm(o *Output, from ID, term uint64) {
	if !n.mutant(IgnoresHigherTerm) {
		n.observeTerm(o, from, term)
	}
}
