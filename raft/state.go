package raft

import (
	"slices"

	"raftlab/raft/seq"
)

// Options are the choices that Raft leaves open. Servers share one value,
// which is never changed; SetOptions puts another in its place.
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

	heard       Set      // leaders: who has answered since a majority last had
	sending     sending  // leaders
	ownFirst    uint64   // index of the first entry that it appended as the leader of its term, or 0
	grants      uint32   // candidates: how many answers granted it, see RepliesNotVoters
	timeoutSent bool     // a TimeoutNow was sent in this term, and may be obeyed at any time
	waiting     *waiting // reads without an answer; nil: there are none
	quorumRound uint64   // the latest round that a majority has answered, with Lease
}

// State is the server's state, to be read only: the same variable as long as the
// Node lives, so that it says after a Step what that has made of it. Copy what is
// to be kept.
func (n *Node) State() *State { return &n.figure2 }

// mutant tells whether the server makes this mistake.
func (n *Node) mutant(m Mutants) bool { return n.opts.Mutants&m != 0 }

// waiting is the reads that have no answer yet: few servers have any, so they take no room in a Node.
type waiting struct {
	asked []uint64      // reads that the leader was asked about
	reads []pendingRead // leaders: not confirmed yet, the oldest first; never changed in place
}

// copied is for a copy of the server: two copies must not append to one array.
func (w *waiting) copied() *waiting {
	return &waiting{slices.Clip(w.asked), slices.Clip(w.reads)}
}

// reading is the reads without an answer, to be added to.
func (n *Node) reading() *waiting {
	if n.waiting == nil {
		n.waiting = &waiting{}
	}
	return n.waiting
}

// unread is the same, to be looked at.
func (n *Node) unread() waiting {
	if n.waiting == nil {
		return waiting{}
	}
	return *n.waiting
}

// leave is the reads that are left without an answer.
func (n *Node) leave(asked []uint64, reads []pendingRead) {
	if len(asked) == 0 && len(reads) == 0 {
		n.waiting = nil
	} else {
		n.waiting.asked, n.waiting.reads = asked, reads
	}
}

// pendingRead is a read that a leader has not confirmed yet.
type pendingRead struct {
	number uint64
	from   ID         // who asked, or 0 for this server's own client
	asks   *ReadIndex // that server's question
	index  uint64     // the read index
	round  uint64     // the round of heartbeats that must be answered
}

// sending is a leader's entries in one piece, for AppendEntries that reach over
// chunks of the log: appends in flight share it. A leader never changes an entry
// of its log (Figure 3, Leader Append-Only), so in its term it only grows; a new
// leader begins anew.
type sending struct {
	from uint64 // index of the first
	run  seq.Run[Entry]
}

// configured puts into the state what log, snapshot and commitIndex now say of who
// the servers are. It is called when any of them has changed.
func (n *Node) configured() {
	n.Configuration, n.ConfigurationIndex = n.config.latest(), n.config.lastIndex()
	n.Committed = n.config.at(n.CommitIndex)
}

// appendEntry adds to the log; the configuration in force may change with it.
func (n *Node) appendEntry(o *Output, e Entry) {
	n.Log.Append(e)
	index := n.Log.LastIndex()
	if n.Role == Leader && n.ownFirst == 0 {
		n.ownFirst = index
	}
	o.Save.saveLogFrom(index)
	if e.Kind == Config {
		n.config.appended(index, e)
		n.configured()
		o.check(ConfigurationInForce, n, 0, true, index, 0, 0, 0)
		o.rests(ConfigurationUsed)
	}
}

// truncateAfter removes what follows an index from the log, and the configurations
// in it.
func (n *Node) truncateAfter(index uint64) {
	n.Log.TruncateAfter(index)
	if n.ConfigurationIndex > index {
		n.config.truncatedAfter(index)
		n.configured()
	}
}
