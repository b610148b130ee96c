package raft

import (
	"fmt"
	"math"
)

// This file is the core's door. Raft assumes servers that fail by stopping and
// never lie (section 2), and its proofs hold for the messages that such servers
// send. So every message is checked before any rule is: one that no correct server
// can have sent is refused, and the server stays exactly as it was.

// MaxTerm and MaxIndex are the largest term and the largest log index that a
// server takes from outside. No cluster gets there in ten thousand years; the
// room above them keeps every +1 of the algorithm from wrapping around to 0.
const (
	MaxTerm  uint64 = 1 << 62
	MaxIndex uint64 = 1 << 62
)

// headroom is room for the entries that a leader appends by itself: its no-op, and the
// second half of a joint change (§6).
const headroom = 4

func (n *Node) corrupt(why Reason, format string, args ...any) error {
	return &Corrupt{Node: n.ID, Reason: why, What: fmt.Sprintf(format, args...)}
}

// addressed tells whether a message is from another server and for this one.
func (n *Node) addressed(e *Envelope) bool { return e.To == n.ID && e.From.valid() && e.From != n.ID }

// misaddressed is the error for a message that is not addressed so.
func (n *Node) misaddressed(e *Envelope) error {
	if e.To != n.ID {
		return n.corrupt(WrongReceiver, "a message for %s arrives at %s", name(e.To), n.ID)
	}
	return n.corrupt(WrongSender, "a message from %s, and no other server has that name", name(e.From))
}

// admitMessage checks a message that has arrived: first by itself, then against the state of
// this server. It returns nil if the rules may have the message. The messages of Figure 2
// are checked here, all others in admitOther.
func (n *Node) admitMessage(from ID, message Message) error {
	switch m := message.(type) {
	case *AppendEntries:
		if m != nil {
			return n.admitAppend(from, m)
		}
	case *AppendEntriesReply:
		if m != nil {
			return n.admitAppendReply(from, m)
		}
	case *RequestVote:
		if m != nil {
			return n.admitCandidate(from, m.CandidateID, m.Term, m.LastLogIndex, m.LastLogTerm)
		}
	case *RequestVoteReply:
		if m != nil {
			return n.admitTerm(m.Term, m.VoteGranted)
		}
	default:
		return n.admitOther(from, message)
	}
	return n.noMessage(message)
}

// admitOther checks the messages that are not in Figure 2: snapshots (§7), and those of the
// thesis.
func (n *Node) admitOther(from ID, message Message) error {
	switch m := message.(type) {
	case *InstallSnapshot:
		if m != nil {
			return n.admitSnapshot(from, m)
		}
	case *InstallSnapshotReply:
		if m != nil {
			return n.admitConfirmed(from, m.Term, m.MatchIndex, m.Round)
		}
	case *PreVote:
		if m != nil {
			return n.admitCandidate(from, m.CandidateID, m.Term, m.LastLogIndex, m.LastLogTerm)
		}
	case *PreVoteReply:
		if m != nil {
			return n.admitTerm(m.Term, m.VoteGranted)
		}
	case *TimeoutNow:
		if m != nil {
			return n.admitLeader(from, m.LeaderID, m.Term)
		}
	case *ReadIndex:
		if m != nil {
			return n.admitTerm(m.Term, true)
		}
	case *ReadIndexReply:
		if m != nil {
			return n.admitReadReply(m)
		}
	}
	return n.noMessage(message)
}

func (n *Node) noMessage(message Message) error {
	return n.corrupt(NoMessage, "no rule is about a message of type %T", message)
}

// name is a server's name, or the number that names no server.
func name(id ID) string {
	if !id.valid() {
		return fmt.Sprintf("server number %d", uint8(id))
	}
	return id.String()
}

// admitTerm checks a message's term. Terms begin at 1; 0 is the term of a server that has
// heard of none. begun says that the message shows that its sender has begun the term.
func (n *Node) admitTerm(term uint64, begun bool) error {
	if term > MaxTerm || begun && term == 0 {
		return n.noTerm(term)
	}
	return nil
}

// noTerm is the error for a number that is no term.
func (n *Node) noTerm(term uint64) error {
	if term == 0 {
		return n.corrupt(OutOfRange, "nothing is done in term 0; the first election begins term 1")
	}
	return n.corrupt(OutOfRange, "term %d is above the highest, %d", term, MaxTerm)
}

// admitPlace checks an index with its term: index 0 has term 0, and no other index has that
// term (Figure 2).
func (n *Node) admitPlace(what string, index, term, most uint64) error {
	if index > MaxIndex || (index == 0) != (term == 0) || term > most && !n.opts.Naive {
		return n.noPlace(what, index, term, most)
	}
	return nil
}

// noPlace is the error for an index and a term that no entry can have.
func (n *Node) noPlace(what string, index, term, most uint64) error {
	switch {
	case index > MaxIndex:
		return n.corrupt(OutOfRange, "%s %d is above the highest index, %d", what, index, MaxIndex)
	case (index == 0) != (term == 0):
		return n.corrupt(OutOfRange, "%s %d with term %d: index 0 has term 0, and no other index has", what, index,
			term)
	}
	return n.corrupt(TermsContradict, "%s %d has term %d, above what its sender can hold, %d", what, index, term, most)
}

// admitCandidate checks a request for a vote: the candidate has begun the term, or asks about
// it, and its log has no entry of a later term (§5.2).
func (n *Node) admitCandidate(from, named ID, term, last, lastTerm uint64) error {
	if named != from {
		return n.corrupt(WrongSender, "%s asks for a vote for %s", from, name(named))
	}
	if err := n.admitTerm(term, true); err != nil {
		return err
	}
	return n.admitPlace("lastLogIndex", last, lastTerm, term)
}

// admitLeader checks what only the leader of a term sends.
func (n *Node) admitLeader(from, named ID, term uint64) error {
	if named != from {
		return n.corrupt(WrongSender, "%s writes in the name of %s", from, name(named))
	}
	return n.admitTerm(term, true)
}

// secondLeader is an error if another server claims to lead the term that this one leads
// (Figure 3, Election Safety).
func (n *Node) secondLeader(from ID, term uint64) error {
	if term == n.CurrentTerm && n.Role == Leader {
		return n.twoLeaders(from, term)
	}
	return nil
}

func (n *Node) twoLeaders(from ID, term uint64) error {
	return n.corrupt(TwoLeaders, "%s writes as leader of term %d, which this server leads", from, term)
}

func (n *Node) admitAppend(from ID, m *AppendEntries) error {
	if err := n.admitLeader(from, m.LeaderID, m.Term); err != nil {
		return err
	}
	if err := n.admitPlace("prevLogIndex", m.PrevLogIndex, m.PrevLogTerm, m.Term); err != nil {
		return err
	}
	if uint64(len(m.Entries)) > MaxIndex-m.PrevLogIndex || m.LeaderCommit > MaxIndex {
		return n.corrupt(OutOfRange, "%d entries after %d and leaderCommit %d: the highest index is %d",
			len(m.Entries), m.PrevLogIndex, m.LeaderCommit, MaxIndex)
	}
	before := max(m.PrevLogTerm, 1)
	for i := range m.Entries {
		e := &m.Entries[i]
		// Almost every entry passes this quick check.
		plain := e.Kind != Config && e.Kind <= Numbered && before <= e.Term && e.Term <= m.Term &&
			m.PrevLogIndex+uint64(i) >= n.CommitIndex
		if !plain {
			if err := n.admitEntry(from, m, i); err != nil {
				return err
			}
		}
		before = e.Term
	}
	return n.secondLeader(from, m.Term)
}

// admitEntry checks one entry of an append. Terms in a log never fall, a leader has no entry
// of a term above its own (§5.3), and none that contradicts a committed one (Figure 3).
func (n *Node) admitEntry(from ID, m *AppendEntries, i int) error {
	e, index, before := &m.Entries[i], m.PrevLogIndex+1+uint64(i), max(m.PrevLogTerm, 1)
	if i > 0 {
		before = m.Entries[i-1].Term
	}
	if err := n.admitKind(index, e); err != nil {
		return err
	}
	if e.Term > MaxTerm || e.Term == 0 {
		return n.corrupt(OutOfRange, "%s sends entry %d of term %d; terms are 1 to %d", from, index, e.Term, MaxTerm)
	}
	if n.opts.Naive {
		return nil
	}
	if e.Term < before || e.Term > m.Term {
		return n.corrupt(TermsContradict, "%s sends entry %d of term %d, which cannot follow one of term %d in an "+
			"append of term %d", from, index, e.Term, before, m.Term)
	}
	if index <= n.CommitIndex && m.Term >= n.CurrentTerm {
		if t, have := n.Log.Term(index); have && t != e.Term {
			return n.corrupt(AgainstCommitted, "%s sends entry %d of term %d, but the committed one is of term %d",
				from, index, e.Term, t)
		}
	}
	return nil
}

func (n *Node) admitKind(index uint64, e *Entry) error {
	if e.Kind > Numbered {
		return n.corrupt(BadEntry, "entry %d is of kind %d, and there is none", index, e.Kind)
	}
	if e.Kind != Config {
		return nil
	}
	c, err := ParseConfiguration(e.Data)
	if err != nil {
		return n.corrupt(BadEntry, "entry %d is a configuration that cannot be read: %v", index, err)
	}
	return n.admitConfiguration(fmt.Sprintf("entry %d", index), c)
}

func (n *Node) admitConfiguration(what string, c Configuration) error {
	if why := c.wrong(); why != "" {
		return n.corrupt(BadConfiguration, "%s: %s", what, why)
	}
	return nil
}

func (n *Node) admitAppendReply(from ID, m *AppendEntriesReply) error {
	if err := n.admitTerm(m.Term, m.Success); err != nil {
		return err
	}
	if m.PrevLogIndex > MaxIndex || m.ConflictIndex > MaxIndex+1 || m.ConflictTerm > MaxTerm {
		return n.corrupt(OutOfRange, "a refusal of entry %d, in conflict with entry %d of term %d: the highest "+
			"index and term are %d", m.PrevLogIndex, m.ConflictIndex, m.ConflictTerm, MaxIndex)
	}
	return n.admitConfirmed(from, m.Term, m.MatchIndex, m.Round)
}

// admitConfirmed checks a follower's reply. It cannot confirm entries that the leader never
// had, nor a round of heartbeats that the leader has not begun.
func (n *Node) admitConfirmed(from ID, term, match, round uint64) error {
	if err := n.admitTerm(term, match > 0); err != nil {
		return err
	}
	if match > MaxIndex {
		return n.corrupt(OutOfRange, "matchIndex %d is above the highest index, %d", match, MaxIndex)
	}
	if term == n.CurrentTerm && n.Role == Leader && round > n.Round {
		return n.corrupt(NeverSent, "%s answers heartbeat round %d, and the leader has begun %d", from, round, n.Round)
	}
	if match > n.Log.LastIndex() && n.countsAnswer(from, term) {
		return n.corrupt(NeverSent, "%s confirms entry %d, but the leader's log ends at %d", from, match,
			n.Log.LastIndex())
	}
	return nil
}

func (n *Node) admitSnapshot(from ID, m *InstallSnapshot) error {
	if err := n.admitLeader(from, m.LeaderID, m.Term); err != nil {
		return err
	}
	s := m.Snapshot
	if s == nil || s.Index == 0 {
		return n.corrupt(BadSnapshot, "%s sends a snapshot of nothing", from)
	}
	if err := n.admitPlace("lastIncludedIndex", s.Index, s.Term, m.Term); err != nil {
		return err
	}
	if err := n.admitConfiguration("a snapshot", s.Configuration); err != nil {
		return err
	}
	if m.Term < n.CurrentTerm {
		return nil
	}
	if err := n.secondLeader(from, m.Term); err != nil || n.opts.Naive {
		return err
	}
	return n.againstCommitted(from, s)
}

// againstCommitted compares a snapshot with what is committed here. If both have an entry at
// the same index, it has the same term; otherwise the terms must not fall between them.
func (n *Node) againstCommitted(from ID, s *Snapshot) error {
	at := min(s.Index, n.CommitIndex) // the entry to compare with
	low, have := n.Log.Term(at)
	switch {
	case at < n.Log.FirstIndex()-1: // replaced by a snapshot, whose terms only rise
		if s.Term <= n.Log.baseTerm {
			return nil
		}
		low = n.Log.baseTerm
	case !have || s.Index > at && s.Term >= low || s.Index == at && s.Term == low:
		return nil
	}
	return n.corrupt(AgainstCommitted, "%s sends a snapshot that ends with entry %d of term %d, but the committed "+
		"entry %d is of term %d", from, s.Index, s.Term, at, low)
}

func (n *Node) admitReadReply(m *ReadIndexReply) error {
	if err := n.admitTerm(m.Term, m.Success); err != nil {
		return err
	}
	if m.Index > MaxIndex || m.Success && m.Index == 0 {
		return n.corrupt(OutOfRange, "a read index of %d; indexes are 1 to %d", m.Index, MaxIndex)
	}
	return nil
}

// full tells whether terms or indexes are used up. Then no election begins and no command is
// taken.
func (n *Node) full(more int) bool {
	return n.CurrentTerm >= MaxTerm || n.Log.LastIndex() > MaxIndex-headroom-uint64(more)
}

func (n *Node) usedUp() error {
	return &Refused{Node: n.ID, Why: fmt.Sprintf("its terms or indexes are used up (term %d, last entry %d)",
		n.CurrentTerm, n.Log.LastIndex()), Advice: fmt.Sprintf("the highest are %d", MaxTerm)}
}

// check is an error for options that are out of range or contradict each other.
func (o *Options) check(id ID) error {
	why := ""
	switch {
	case o == nil:
		why = "no options; the zero value is Figure 2"
	case o.Window < 0 || o.MaxEntries < 0 || o.MaxBytes < 0:
		why = fmt.Sprintf("Window %d, MaxEntries %d, MaxBytes %d: none may be below 0", o.Window, o.MaxEntries,
			o.MaxBytes)
	case o.Window > 0 && !o.Pipeline:
		why = "Window without Pipeline: without it nothing is sent ahead of the answers"
	case o.Lease && !o.StickyFollower && o.Mutants == 0:
		why = "Lease without StickyFollower: another leader could be elected while the lease lasts (thesis 6.4.1)"
	case o.MaxEntries > math.MaxInt32 || o.Window > math.MaxInt32 || o.MaxBytes > math.MaxInt32:
		why = fmt.Sprintf("Window %d, MaxEntries %d, MaxBytes %d: %d at most", o.Window, o.MaxEntries, o.MaxBytes,
			math.MaxInt32)
	default:
		return nil
	}
	return &Refused{Node: id, Why: "options: " + why}
}

// checkStable is an error for stored state that no server can have written.
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
	// that waits to be added knows of no other.
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

// countsAnswer tells whether an answer of that term counts, because this server leads the
// term and the sender is a member.
func (n *Node) countsAnswer(from ID, term uint64) bool {
	otherTerm := term != n.CurrentTerm && !(n.mutant(StaleAppendReply) && term < n.CurrentTerm)
	return n.Role == Leader && !otherTerm && n.peer(from) != nil
}
