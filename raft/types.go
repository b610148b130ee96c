package raft

import (
	"fmt"
	"iter"
	"math/bits"
	"strconv"
)

// ID names a server: 1 to MaxID. Zero is no server (Figure 2's null).
type ID uint8

// MaxID is the largest server number.
const MaxID ID = 127

// String is the server's name, such as S3; "" for no server.
func (id ID) String() string {
	if id == 0 {
		return ""
	}
	return "S" + strconv.Itoa(int(id))
}

// Set is a set of servers. It is a value: equal sets compare equal.
type Set struct{ low, high uint64 } // not an array, because Go keeps arrays out of registers

// SetOf is the set of the given servers.
func SetOf(ids ...ID) Set {
	var s Set
	for _, id := range ids {
		s = s.With(id)
	}
	return s
}

// Has tells whether id is in the set.
func (s Set) Has(id ID) bool { return id <= MaxID && s.half(id)&(1<<(id&63)) != 0 }

// With is the set and id. An id that names no server is not added.
func (s Set) With(id ID) Set {
	switch {
	case !id.valid():
	case id < 64:
		s.low |= 1 << id
	default:
		s.high |= 1 << (id & 63)
	}
	return s
}

// Without is the set less id.
func (s Set) Without(id ID) Set {
	switch {
	case !id.valid():
	case id < 64:
		s.low &^= 1 << id
	default:
		s.high &^= 1 << (id & 63)
	}
	return s
}

// Or is the union.
func (s Set) Or(t Set) Set { return Set{s.low | t.low, s.high | t.high} }

// And is the intersection.
func (s Set) And(t Set) Set { return Set{s.low & t.low, s.high & t.high} }

// Minus is the set less all of t.
func (s Set) Minus(t Set) Set { return Set{s.low &^ t.low, s.high &^ t.high} }

// Len is the number of servers in the set.
func (s Set) Len() int { return bits.OnesCount64(s.low) + bits.OnesCount64(s.high) }

// SetOfWords is the set whose Words these are. It does not check that all members can be
// servers; New and Step do.
func SetOfWords(low, high uint64) Set { return Set{low, high} }

// Words is the set as bits: S1 is bit 1 of low, S64 bit 0 of high.
func (s Set) Words() (low, high uint64) { return s.low, s.high }

// half is the word that id's bit is in.
func (s Set) half(id ID) uint64 {
	if id < 64 {
		return s.low
	}
	return s.high
}

// Empty tells whether no server is in the set.
func (s Set) Empty() bool { return s.low|s.high == 0 }

// Next is the lowest member above id, or 0.
func (s Set) Next(id ID) ID {
	if id < 63 {
		if rest := s.low >> (id + 1); rest != 0 {
			return id + 1 + ID(bits.TrailingZeros64(rest))
		}
		id = 63
	}
	if id < MaxID {
		if rest := s.high >> (id - 63); rest != 0 {
			return id + 1 + ID(bits.TrailingZeros64(rest))
		}
	}
	return 0
}

// All yields the members in order.
func (s Set) All() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for id := s.Next(0); id != 0; id = s.Next(id) {
			if !yield(id) {
				return
			}
		}
	}
}

// Slice is the members in order.
func (s Set) Slice() []ID {
	out := make([]ID, 0, s.Len())
	for id := range s.All() {
		out = append(out, id)
	}
	return out
}

// String is the members' names with blanks between.
func (s Set) String() string {
	text := ""
	for id := range s.All() {
		if text != "" {
			text += " "
		}
		text += id.String()
	}
	return text
}

// Names is the members' names, in order.
func (s Set) Names() []string {
	names := []string{}
	for id := range s.All() {
		names = append(names, id.String())
	}
	return names
}

// Role is what a server is at the moment (Figure 4).
type Role uint8

const (
	Follower     Role = iota
	PreCandidate      // asks whether it could win (thesis 9.6)
	Candidate
	Leader
)

var roleNames = [...]string{"follower", "pre-candidate", "candidate", "leader"}

func (r Role) String() string { return roleNames[r] }

// Kind is what an entry is for.
type Kind uint8

const (
	Command  Kind = iota // for the state machine
	Noop                 // a new leader's own entry (§8)
	Config               // a configuration (§6)
	Session              // opens a client's session in the state machine (thesis 6.3)
	Numbered             // a command in such a session, with its number
)

var kindNames = [...]string{"command", "noop", "config", "session", "numbered"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// Entry is a log entry. Its index is where it stands.
type Entry struct {
	Term uint64
	Kind Kind
	Tag  uint32 // the driver's, for what else belongs to the entry; servers only pass it on
	Data string
}

// Same tells whether two entries are the same to the paper: all but their tags.
func (e *Entry) Same(o *Entry) bool { return e.Term == o.Term && e.Kind == o.Kind && e.Data == o.Data }

// Message is an RPC of the paper, or the answer to one. Messages never change
// once they are sent, so that copies of a world can share them.
type Message interface {
	// MessageTerm is the term that the message carries, as every RPC does (§5.1).
	MessageTerm() uint64
	// Type is the RPC's name.
	Type() string
}

// RequestVote is Figure 2's RPC: a candidate gathers votes (§5.2).
type RequestVote struct {
	Term         uint64  `json:"term"`               // the candidate's term
	CandidateID  ID      `json:"candidateId"`        // who asks for the vote
	LastLogIndex uint64  `json:"lastLogIndex"`       // index of the candidate's last log entry (§5.4)
	LastLogTerm  uint64  `json:"lastLogTerm"`        // term of the candidate's last log entry (§5.4)
	Transfer     bool    `json:"transfer,omitempty"` // the leader itself asked for this election (thesis 4.2.3)
	own          *string // see OwnOf
}

// RequestVoteReply is Figure 2's RequestVote result.
type RequestVoteReply struct {
	Term        uint64       `json:"term"` // currentTerm, for the candidate to update itself
	VoteGranted bool         `json:"voteGranted"`
	request     *RequestVote // see RequestOf
	own         *string      // see OwnOf
}

// AppendEntries is Figure 2's RPC: the leader replicates entries (§5.3); without
// entries it is the heartbeat (§5.2).
type AppendEntries struct {
	Term         uint64  `json:"term"`         // the leader's term
	LeaderID     ID      `json:"leaderId"`     // so that a follower can redirect clients
	PrevLogIndex uint64  `json:"prevLogIndex"` // index of the entry before the new ones
	PrevLogTerm  uint64  `json:"prevLogTerm"`  // term of that entry
	Entries      []Entry `json:"entries,omitempty"`
	LeaderCommit uint64  `json:"leaderCommit"` // the leader's commitIndex
	// Round is the leader's round of heartbeats, from 1 on in each term, for reads (thesis
	// 6.4). An answer to it shows that the leader still led after the round began.
	Round uint64  `json:"round"`
	own   *string // see OwnOf
}

// AppendEntriesReply is Figure 2's AppendEntries result. In the paper it belongs to its
// request. Here messages travel alone, so the reply says which request it answers.
type AppendEntriesReply struct {
	Term    uint64 `json:"term"` // currentTerm, for the leader to update itself
	Success bool   `json:"success"`
	// MatchIndex, on success, is the last entry that agrees with the leader's log.
	MatchIndex uint64 `json:"matchIndex"`
	// PrevLogIndex, on refusal, is the request's.
	PrevLogIndex uint64 `json:"prevLogIndex"`
	// ConflictTerm and ConflictIndex, on refusal, are the term of the
	// conflicting entry and the first index that the follower stores for that term. They
	// are 0 and the log's length + 1 when the log is too short (§5.3).
	ConflictTerm  uint64         `json:"conflictTerm"`
	ConflictIndex uint64         `json:"conflictIndex"`
	Round         uint64         `json:"round"` // the request's
	request       *AppendEntries // see RequestOf
	own           *string        // see OwnOf
}

// InstallSnapshot is Figure 13's RPC, in one piece: offset and done are not needed.
type InstallSnapshot struct {
	Term     uint64    `json:"term"`
	LeaderID ID        `json:"leaderId"`
	Snapshot *Snapshot `json:"snapshot"`
	Round    uint64    `json:"round"` // as in AppendEntries
}

// InstallSnapshotReply is Figure 13's result. MatchIndex says which request it answers, as in
// AppendEntriesReply.
type InstallSnapshotReply struct {
	Term       uint64           `json:"term"`
	MatchIndex uint64           `json:"matchIndex"`
	Round      uint64           `json:"round"` // the request's
	request    *InstallSnapshot // see RequestOf
}

// PreVote asks whether the receiver would vote for the sender in Term, which
// the sender has not begun (thesis 9.6).
type PreVote struct {
	Term         uint64 `json:"term"`
	CandidateID  ID     `json:"candidateId"`
	LastLogIndex uint64 `json:"lastLogIndex"`
	LastLogTerm  uint64 `json:"lastLogTerm"`
}

// PreVoteReply answers a PreVote. Term is the term that was asked about if the vote is granted,
// and the sender's currentTerm if it is refused.
type PreVoteReply struct {
	Term        uint64   `json:"term"`
	VoteGranted bool     `json:"voteGranted"`
	request     *PreVote // see RequestOf
}

// ReadIndex asks the leader from which index on a read is up to date, for a
// client of the sender (thesis 6.4).
type ReadIndex struct {
	Term   uint64 `json:"term"`
	Number uint64 `json:"number"` // the read's, given back in the answer
}

// ReadIndexReply answers a ReadIndex once the leader has confirmed that it still leads. Without
// Success, the server does not lead.
type ReadIndexReply struct {
	Term    uint64     `json:"term"`
	Number  uint64     `json:"number"`
	Index   uint64     `json:"index"`
	Success bool       `json:"success"`
	request *ReadIndex // see RequestOf
}

// TimeoutNow tells a follower to start an election at once (thesis 3.10).
type TimeoutNow struct {
	Term     uint64 `json:"term"`
	LeaderID ID     `json:"leaderId"`
}

func (m *RequestVote) MessageTerm() uint64          { return m.Term }
func (m *RequestVoteReply) MessageTerm() uint64     { return m.Term }
func (m *AppendEntries) MessageTerm() uint64        { return m.Term }
func (m *AppendEntriesReply) MessageTerm() uint64   { return m.Term }
func (m *InstallSnapshot) MessageTerm() uint64      { return m.Term }
func (m *InstallSnapshotReply) MessageTerm() uint64 { return m.Term }
func (m *PreVote) MessageTerm() uint64              { return m.Term }
func (m *PreVoteReply) MessageTerm() uint64         { return m.Term }
func (m *TimeoutNow) MessageTerm() uint64           { return m.Term }
func (m *ReadIndex) MessageTerm() uint64            { return m.Term }
func (m *ReadIndexReply) MessageTerm() uint64       { return m.Term }

func (m *RequestVote) Type() string          { return "RequestVote" }
func (m *RequestVoteReply) Type() string     { return "RequestVoteReply" }
func (m *AppendEntries) Type() string        { return "AppendEntries" }
func (m *AppendEntriesReply) Type() string   { return "AppendEntriesReply" }
func (m *InstallSnapshot) Type() string      { return "InstallSnapshot" }
func (m *InstallSnapshotReply) Type() string { return "InstallSnapshotReply" }
func (m *PreVote) Type() string              { return "PreVote" }
func (m *PreVoteReply) Type() string         { return "PreVoteReply" }
func (m *TimeoutNow) Type() string           { return "TimeoutNow" }
func (m *ReadIndex) Type() string            { return "ReadIndex" }
func (m *ReadIndexReply) Type() string       { return "ReadIndexReply" }

// RequestOf is the request that a message answers. It is nil if the message is no answer, or
// was made by hand. The rules do not use it; they use what the answer itself says.
func RequestOf(m Message) Message {
	switch m := m.(type) {
	case *RequestVoteReply:
		return known(m.request)
	case *AppendEntriesReply:
		return known(m.request)
	case *InstallSnapshotReply:
		return known(m.request)
	case *PreVoteReply:
		return known(m.request)
	case *ReadIndexReply:
		return known(m.request)
	}
	return nil
}

// known is a request as a Message, or nil if there is none.
func known[M any, P interface {
	*M
	Message
}](m P) Message {
	if m == nil {
		return nil
	}
	return m
}

// IsReply tells whether a message is an answer whose request RequestOf knows.
func IsReply(m Message) bool {
	switch m.(type) {
	case *RequestVoteReply, *AppendEntriesReply, *InstallSnapshotReply, *PreVoteReply, *ReadIndexReply:
		return true
	}
	return false
}

// Pair sets the request of an answer that was not sent yet; a nil request of the right type
// sets none. It reports false if the answer is not of the type that answers the request.
func Pair(answer, request Message) (ok bool) {
	switch m := answer.(type) {
	case *RequestVoteReply:
		m.request, ok = request.(*RequestVote)
	case *AppendEntriesReply:
		m.request, ok = request.(*AppendEntries)
	case *InstallSnapshotReply:
		m.request, ok = request.(*InstallSnapshot)
	case *PreVoteReply:
		m.request, ok = request.(*PreVote)
	case *ReadIndexReply:
		m.request, ok = request.(*ReadIndex)
	}
	return ok
}

// Envelope is a message on its way.
type Envelope struct {
	From, To ID
	Message  Message
}

// NotLeader is returned when a server that does not lead is given a leader's work. Leader is
// the leader that it knows, or 0 (§8: redirect).
type NotLeader struct{ Node, Leader ID }

func (e *NotLeader) Error() string {
	if e.Leader == 0 {
		return fmt.Sprintf("%s is not the leader and knows of none", e.Node)
	}
	return fmt.Sprintf("%s is not the leader; it believes that %s is", e.Node, e.Leader)
}

// Refused is returned for an input that is not possible in the server's state. Nothing has
// changed.
type Refused struct {
	Node   ID
	Why    string
	Advice string  // what would help; "" if nothing is known to
	About  Refusal // what the refusal is about, for a driver that can say more
}

// Refusal is the cause of a *Refused error, for the causes that drivers tell apart.
type Refusal uint8

const (
	Otherwise      Refusal = iota
	ChangeUnderWay         // the last change of the membership is not committed yet
	LearnerBehind          // a learner has not caught up
	NoLearner              // the server is no learner, so it cannot be promoted
	NoVote                 // the server has no vote in the configuration
	HandingOver            // leadership is being handed over
)

func (e *Refused) Error() string {
	text := e.Node.String() + " refuses: " + e.Why
	if e.Advice == "" {
		return text
	}
	return text + "; " + e.Advice
}

// Reason is the error's text without Advice.
func (e *Refused) Reason() string { return e.Node.String() + ": " + e.Why }

// Refusal is About.
func (e *Refused) Refusal() Refusal { return e.About }

// Corrupt is returned for a message that no correct server can have sent, or for stored state
// that contradicts itself. Nothing has changed.
type Corrupt struct {
	Node   ID
	Reason Reason // what sort of thing is wrong
	What   string // what exactly
}

func (e *Corrupt) Error() string {
	return fmt.Sprintf("%s refuses it (%s): %s", e.Node, e.Reason, e.What)
}

// valid tells whether id names a server.
func (id ID) valid() bool { return id-1 < MaxID }

// Reason is the kind of a *Corrupt error, for programs to compare and for people to read.
type Reason string

// The reasons of a *Corrupt error.
const (
	// NoMessage: nil, or of an unknown type.
	NoMessage Reason = "no message"
	// WrongReceiver: To names another server.
	WrongReceiver Reason = "wrong receiver"
	// WrongSender: From is no server, the receiver itself, or not the one that the
	// message names.
	WrongSender Reason = "wrong sender"
	// OutOfRange: a term or an index above MaxTerm or MaxIndex, or 0 where none can be.
	OutOfRange Reason = "number out of range"
	// TermsContradict: entries' terms that fall, or are above the message's.
	TermsContradict Reason = "terms contradict each other"
	// BadConfiguration: without voters, with a number that names no server, or with a learner
	// that has a vote.
	BadConfiguration Reason = "bad configuration"
	// BadEntry: of an unknown kind, or a configuration that cannot be read.
	BadEntry Reason = "bad entry"
	// BadSnapshot: missing, or covering no entry.
	BadSnapshot Reason = "bad snapshot"
	// AgainstCommitted: it would replace a committed entry (Figure 3).
	AgainstCommitted Reason = "against a committed entry"
	// TwoLeaders: a term has at most one leader (Figure 3, Election Safety).
	TwoLeaders Reason = "two leaders in a term"
	// NeverSent: a reply to entries or heartbeats that the leader never sent.
	NeverSent Reason = "answers what was never sent"
	// BadStorage: New was given stored state that contradicts itself.
	BadStorage Reason = "bad storage"
)

// Snapshot is the state machine's state after the entries up to Index, with what Raft must keep
// of the log that it replaces (§7, Figure 12).
type Snapshot struct {
	Index         uint64        // lastIncludedIndex
	Term          uint64        // lastIncludedTerm
	Configuration Configuration // the latest as of Index
	Data          string        // the state machine's state
}
