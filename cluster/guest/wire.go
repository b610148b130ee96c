package guest

import (
	"encoding/json"
	"slices"
	"sync"

	"raftlab/raft"
)

// version is the version of the protocol.
const version = 1

// Questions to a program. The fields have Figure 2's names.

type entryWire struct {
	Term    uint64 `json:"term"`
	Kind    string `json:"kind,omitempty"` // "" for a command
	Command string `json:"command,omitempty"`
	own     string // fields of its own, as a JSON object
}

// tags is the programs' own fields in entries, a JSON object each; the first is "". An entry
// has only the number of its text, because entries are copied more often than anything else.
var tags = struct {
	sync.RWMutex
	texts   []string
	numbers map[string]uint32
}{texts: []string{""}, numbers: map[string]uint32{"": 0}}

func tagOf(own string) uint32 {
	if own == "" {
		return 0
	}
	tags.Lock()
	defer tags.Unlock()
	k, known := tags.numbers[own]
	if !known {
		k = uint32(len(tags.texts))
		tags.texts, tags.numbers[own] = append(tags.texts, own), k
	}
	return k
}

func ownFields(tag uint32) string {
	if tag == 0 {
		return ""
	}
	tags.RLock()
	defer tags.RUnlock()
	return tags.texts[tag]
}

// entryList is entries, nearly always without a program's own fields.
type entryList []entryWire

// MarshalJSON writes the entries with the program's own fields.
func (l entryList) MarshalJSON() ([]byte, error) {
	if !slices.ContainsFunc(l, func(e entryWire) bool { return e.own != "" }) {
		return json.Marshal([]entryWire(l))
	}
	all := make([]json.RawMessage, len(l))
	for i, e := range l {
		all[i] = with(e, e.own)
	}
	return json.Marshal(all)
}

func entriesWire(list []raft.Entry) entryList {
	out := make(entryList, len(list))
	for i, e := range list {
		out[i] = entryWire{Term: e.Term, Command: e.Data, own: ownFields(e.Tag)}
		if e.Kind != raft.Command {
			out[i].Kind = e.Kind.String()
		}
	}
	return out
}

func logWire(l *raft.Log) entryList {
	if l.LastIndex() < l.FirstIndex() {
		return entryList{}
	}
	return entriesWire(l.Slice(l.FirstIndex(), l.LastIndex()))
}

type snapshotWire struct {
	Index   uint64   `json:"index"`
	Term    uint64   `json:"term"`
	Servers []string `json:"servers"`
	Data    string   `json:"data"`
}

func snapshotOf(s *raft.Snapshot) *snapshotWire {
	if s == nil {
		return nil
	}
	return &snapshotWire{s.Index, s.Term, names(s.Configuration.Members()), s.Data}
}

type stableWire struct {
	CurrentTerm uint64        `json:"currentTerm"`
	VotedFor    raft.ID       `json:"votedFor"` // null: none
	Log         entryList     `json:"log"`
	Snapshot    *snapshotWire `json:"snapshot,omitempty"`
}

// stableOf is stable storage as JSON, or null if nothing was ever saved.
func stableOf(s *raft.Stable) json.RawMessage {
	if s.CurrentTerm == 0 && s.VotedFor == 0 && s.Log.LastIndex() == 0 && s.Own == "" {
		return json.RawMessage("null")
	}
	return with(stableWire{s.CurrentTerm, s.VotedFor, logWire(&s.Log), snapshotOf(s.Snapshot)}, s.Own)
}

type messageWire struct {
	Type         string        `json:"type"`
	Term         uint64        `json:"term"`
	CandidateID  raft.ID       `json:"candidateId,omitzero"`
	LastLogIndex *uint64       `json:"lastLogIndex,omitempty"`
	LastLogTerm  *uint64       `json:"lastLogTerm,omitempty"`
	Transfer     bool          `json:"transfer,omitempty"`
	VoteGranted  *bool         `json:"voteGranted,omitempty"`
	LeaderID     raft.ID       `json:"leaderId,omitzero"`
	PrevLogIndex *uint64       `json:"prevLogIndex,omitempty"`
	PrevLogTerm  *uint64       `json:"prevLogTerm,omitempty"`
	Entries      *entryList    `json:"entries,omitempty"`
	LeaderCommit *uint64       `json:"leaderCommit,omitempty"`
	Success      *bool         `json:"success,omitempty"`
	MatchIndex   *uint64       `json:"matchIndex,omitempty"`
	Snapshot     *snapshotWire `json:"snapshot,omitempty"`
}

// message is a message in the protocol's form. ok is false if the protocol does not have it.
func message(m raft.Message) (out json.RawMessage, ok bool) {
	w := messageWire{Type: m.Type(), Term: m.MessageTerm()}
	switch m := m.(type) {
	case *raft.RequestVote:
		w.CandidateID, w.LastLogIndex, w.LastLogTerm = m.CandidateID, &m.LastLogIndex, &m.LastLogTerm
		w.Transfer = m.Transfer
	case *raft.RequestVoteReply:
		w.VoteGranted = &m.VoteGranted
	case *raft.AppendEntries:
		entries := entriesWire(m.Entries)
		w.LeaderID, w.PrevLogIndex, w.PrevLogTerm = m.LeaderID, &m.PrevLogIndex, &m.PrevLogTerm
		w.Entries, w.LeaderCommit = &entries, &m.LeaderCommit
	case *raft.AppendEntriesReply:
		if w.Success = &m.Success; m.Success {
			w.MatchIndex = &m.MatchIndex
		}
	case *raft.PreVote:
		w.CandidateID, w.LastLogIndex, w.LastLogTerm = m.CandidateID, &m.LastLogIndex, &m.LastLogTerm
	case *raft.PreVoteReply:
		w.VoteGranted = &m.VoteGranted
	case *raft.InstallSnapshot:
		w.LeaderID, w.Snapshot = m.LeaderID, snapshotOf(m.Snapshot)
	case *raft.InstallSnapshotReply:
		w.MatchIndex = &m.MatchIndex
	case *raft.TimeoutNow:
		w.LeaderID = m.LeaderID
	default:
		return nil, false
	}
	return with(w, raft.OwnOf(m)), true
}

type inputWire struct {
	Type    string          `json:"type"`
	From    raft.ID         `json:"from,omitzero"`
	To      raft.ID         `json:"to,omitzero"`
	Message json.RawMessage `json:"message,omitempty"`
	Request json.RawMessage `json:"request,omitempty"`
	Command *string         `json:"command,omitempty"`
	Index   uint64          `json:"index,omitempty"`
	Data    *string         `json:"data,omitempty"`
}

type requestWire struct {
	N       uint64          `json:"n"`
	Server  raft.ID         `json:"server"`
	Servers []string        `json:"servers"`
	State   json.RawMessage `json:"state"`
	Stable  json.RawMessage `json:"stable,omitempty"`
	Input   inputWire       `json:"input"`
	Bugs    raft.Mutants    `json:"bugs,omitempty"` // of raftlab's own core alone
}

func names(s raft.Set) []string { return s.Names() }

// with is a value as JSON, with an object's fields added.
func with(v any, own string) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // cannot be: these are plain values
	}
	if own == "" {
		return b
	}
	return append(append(b[:len(b)-1], ','), own[1:]...)
}
