package raft

import (
	"slices"

	"raftlab/raft/seq"
)

// Options are the choices that Raft leaves open. Servers share one value, which must not be
// changed; SetOptions replaces it.
type Options struct {
	NoOp          bool // a new leader appends an entry of its own (§8)
	ConflictTerm  bool // back off by the conflicting term, not by one index (§5.3)
	Pipeline      bool // nextIndex moves on sending, not on the reply
	Window        int  // with Pipeline: most appends with entries in flight to a follower; 0: no limit
	MaxEntries    int  // most entries in an AppendEntries; 0: no limit
	MaxBytes      int  // most bytes of data in an AppendEntries, except for a single larger entry; 0: no limit
	CheckQuorum   bool // the driver gives the server CheckQuorum inputs (thesis 6.2)
	AskedFirst    bool // other servers may send a PreVote, even if this one does not
	PreVote       bool // ask before beginning a term (thesis 9.6)
	AnyTermChange bool // a membership change need not wait for an entry of its own term: wrong, see OwnTermFirst
	// StickyFollower: no vote within a minimum election timeout of hearing a leader
	// (thesis 4.2.3).
	StickyFollower bool
	// Lease: a leader's reads may rely on its lease. It needs StickyFollower, and a
	// restarted server waits before it votes (thesis 6.4.1).
	Lease bool
	// Mutants are the bugs that the server has on purpose.
	Mutants Mutants
	// Naive: accept messages that no correct server can have sent, as Figure 2 does. It is for
	// clusters in which another server has bugs on purpose.
	Naive bool
}

// Stable is what a server keeps on stable storage (Figure 2, persistent state; Figure 12 for
// the snapshot). A restart begins from it.
type Stable struct {
	CurrentTerm uint64
	VotedFor    ID
	Log         Log
	Snapshot    *Snapshot     // nil: none
	Initial     Configuration // before the first configuration in log or snapshot
	// Own is what else a server that is another program keeps there, as a JSON object; "": nothing.
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
	Leader ID   // the leader of CurrentTerm, as far as it knows, or 0
	// HeardLeader: it heard from a leader within the minimum election timeout, or may have
	// before a restart (thesis 4.2.3). MinimumElectionTimeout ends this.
	HeardLeader bool
	Votes       Set // candidates: the servers that voted for it in this election; a leader keeps them

	Configuration      *Configuration // in force: the latest in the log, committed or not (§6)
	ConfigurationIndex uint64         // its index in the log; 0: it is not there, so it is committed
	Committed          *Configuration // the latest that it knows to be committed

	// Volatile state on leaders.
	Peers      []Peer // by ID; zero for a server that is no member. Nil on other servers
	Round      uint64 // the latest round of heartbeats that reads or the lease count (thesis 6.4)
	Lease      bool   // no other server can have been elected (thesis 6.4.1)
	Transferee ID     // the server to which it is handing leadership (thesis 3.10), or 0
}

// Peer is what a leader knows of another server.
type Peer struct {
	NextIndex, MatchIndex uint64
	inFlight              uint32 // appends with entries sent and not answered, with Pipeline
	snapshotSent          bool   // since the last heartbeat
	round                 uint64
	since                 uint64 // the round in which this leader added it; 0: it was a member before
}

// NextIndex is a leader's nextIndex for a server; 0 on other servers, or for no member.
func (s *State) NextIndex(id ID) uint64 {
	if p := s.peer(id); p != nil {
		return p.NextIndex
	}
	return 0
}

// MatchIndex is the highest index that a leader knows a server to hold. For the leader itself
// it is its last index.
func (s *State) MatchIndex(id ID) uint64 {
	if id == s.ID && s.Role == Leader {
		return s.Log.LastIndex()
	}
	if p := s.peer(id); p != nil {
		return p.MatchIndex
	}
	return 0
}

// Matched is the other members of which a leader knows that they hold an entry.
func (s *State) Matched() (some Set) {
	members := s.Configuration.Members().Without(s.ID)
	for id := members.Next(0); id != 0; id = members.Next(id) {
		if s.MatchIndex(id) > 0 {
			some = some.With(id)
		}
	}
	return some
}

func (s *State) peer(id ID) *Peer {
	if int(id) >= len(s.Peers) || !s.Configuration.hasMember(id) {
		return nil
	}
	return &s.Peers[id]
}

// MayCampaign tells whether the server may start elections. It may if it has a vote in its
// latest configuration, or in the latest that it knows to be committed, because it may be
// needed until its removal is committed (thesis 4.2.2).
func (s *State) MayCampaign() bool {
	return s.Configuration.CanVote(s.ID) || s.Committed.CanVote(s.ID)
}

// MayCompact tells whether the server knows the configuration at lastApplied, which a snapshot
// must hold (Figure 12). A server that was added to the cluster, and started without any,
// learns it from the first configuration in the log.
func (s *State) MayCompact() bool { return s.Committed.wrong() == "" }

// figure2 is State under another name, so that a Node can embed it and still have a method State.
type figure2 = State

// Node is one server. State is its state, and Step is the only method that changes it.
type Node struct {
	figure2
	opts   *Options
	config configurations

	heard       Set      // leaders: the servers that have answered since a majority last had
	sending     sending  // leaders
	ownFirst    uint64   // index of the first entry that it appended as the leader of its term, or 0
	grants      uint32   // candidates: how many answers granted it, see RepliesNotVoters
	timeoutSent bool     // a TimeoutNow was sent in this term, and may be obeyed at any time
	waiting     *waiting // reads without an answer; nil: there are none
	quorumRound uint64   // the latest round that a majority has answered, with Lease
}

// State is the server's state. It must not be changed. It is always the same variable, so the
// next Step changes what it shows; copy it to keep it.
func (n *Node) State() *State { return &n.figure2 }

// mutant tells whether the server has this bug.
func (n *Node) mutant(m Mutants) bool { return n.opts.Mutants&m != 0 }

// waiting is the reads that have no answer yet. Few servers have any, so a Node has only a
// pointer to them.
type waiting struct {
	asked []uint64      // the reads about which the leader was asked
	reads []pendingRead // leaders: not confirmed yet, the oldest first; never changed in place
}

// copied is for a copy of the server, because two copies must not append to one array.
func (w *waiting) copied() *waiting {
	return &waiting{slices.Clip(w.asked), slices.Clip(w.reads)}
}

// reading is the reads without an answer, for adding to them.
func (n *Node) reading() *waiting {
	if n.waiting == nil {
		n.waiting = &waiting{}
	}
	return n.waiting
}

// unread is the reads without an answer, for reading only.
func (n *Node) unread() waiting {
	if n.waiting == nil {
		return waiting{}
	}
	return *n.waiting
}

// leave sets the reads without an answer.
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
	from   ID         // the server that asked, or 0 for this server's own client
	asks   *ReadIndex // that server's request
	index  uint64     // the read index
	round  uint64     // the round of heartbeats that must be answered
}

// sending is a leader's entries in one slice, for AppendEntries whose entries are in several
// chunks of the log. Appends in flight share it. During a term it only grows, because a
// leader never changes an entry of its log (Figure 3, Leader Append-Only). A new leader
// starts with an empty one.
type sending struct {
	from uint64 // index of the first entry
	run  seq.Run[Entry]
}

// configured updates the configurations in the state from the log, the snapshot and
// commitIndex. It must be called when any of them has changed.
func (n *Node) configured() {
	n.Configuration, n.ConfigurationIndex = n.config.latest(), n.config.lastIndex()
	n.Committed = n.config.at(n.CommitIndex)
}

// appendEntry appends to the log. That may change the configuration in force.
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

// truncateAfter deletes the entries after an index, and the configurations among them.
func (n *Node) truncateAfter(index uint64) {
	n.Log.TruncateAfter(index)
	if n.ConfigurationIndex > index {
		n.config.truncatedAfter(index)
		n.configured()
	}
}
