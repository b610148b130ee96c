package raft

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Stable and Input can be written as JSON and read again without loss. That needs code for the
// log, whose fields are not exported, and for data that is not UTF-8, which a JSON string
// cannot hold.

// data is a text in JSON: a string, or its bytes in base64 if it is not UTF-8.
type data struct {
	Text  *string `json:"data,omitempty"`
	Bytes []byte  `json:"bytes,omitempty"`
}

func dataOf(s string) data {
	if utf8.ValidString(s) {
		return data{Text: &s}
	}
	return data{Bytes: []byte(s)}
}

func (d data) string() string {
	if d.Text != nil {
		return *d.Text
	}
	return string(d.Bytes)
}

type entryJSON struct {
	Term uint64 `json:"term"`
	Kind string `json:"kind"`
	Tag  uint32 `json:"tag,omitempty"`
	data
}

// MarshalJSON writes the entry with its kind by name.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(entryJSON{e.Term, e.Kind.String(), e.Tag, dataOf(e.Data)})
}

// UnmarshalJSON reads what MarshalJSON writes. An unknown kind is an error.
func (e *Entry) UnmarshalJSON(b []byte) error {
	var j entryJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	for k, name := range kindNames {
		if name == j.Kind {
			*e = Entry{Term: j.Term, Kind: Kind(k), Tag: j.Tag, Data: j.string()}
			return nil
		}
	}
	return fmt.Errorf("raft: %q is not a kind of entry", j.Kind)
}

// MarshalJSON writes the two numbers that Words returns.
func (s Set) MarshalJSON() ([]byte, error) { return json.Marshal([2]uint64{s.low, s.high}) }

// UnmarshalJSON reads what MarshalJSON writes. It does not check that the members can be
// servers; New does.
func (s *Set) UnmarshalJSON(b []byte) error {
	var words [2]uint64
	err := json.Unmarshal(b, &words)
	*s = Set{words[0], words[1]}
	return err
}

type logJSON struct {
	Base     uint64  `json:"base"`     // lastIncludedIndex of the snapshot before it
	BaseTerm uint64  `json:"baseTerm"` // and its term
	Entries  []Entry `json:"entries"`
}

// MarshalJSON writes the entries, and the entry after which the log begins.
func (l Log) MarshalJSON() ([]byte, error) {
	j := logJSON{l.base, l.baseTerm, []Entry{}}
	if n := l.entries.Len(); n > 0 {
		j.Entries = l.entries.Slice(0, n)
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes. It does not check that a server can have
// written it; New does.
func (l *Log) UnmarshalJSON(b []byte) error {
	var j logJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*l = Log{base: j.Base, baseTerm: j.BaseTerm}
	for _, e := range j.Entries {
		l.Append(e)
	}
	return nil
}

type snapshotJSON struct {
	Index         uint64        `json:"index"`
	Term          uint64        `json:"term"`
	Configuration Configuration `json:"configuration"`
	data
}

// MarshalJSON writes all of the snapshot.
func (s Snapshot) MarshalJSON() ([]byte, error) {
	return json.Marshal(snapshotJSON{s.Index, s.Term, s.Configuration, dataOf(s.Data)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Snapshot) UnmarshalJSON(b []byte) error {
	var j snapshotJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*s = Snapshot{j.Index, j.Term, j.Configuration, j.string()}
	return nil
}

// MarshalJSON writes the server's name, or null for no server.
func (id ID) MarshalJSON() ([]byte, error) {
	if id == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(id.String())
}

// UnmarshalJSON reads what MarshalJSON writes; anything else is an error.
func (id *ID) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err != nil || string(b) == "null" {
		*id = 0
		return err
	}
	digits, ok := strings.CutPrefix(name, "S")
	k, err := strconv.ParseUint(digits, 10, 8)
	if !ok || err != nil || k == 0 {
		return fmt.Errorf("raft: %q is not a server; servers are S1 to S%d", name, MaxID)
	}
	*id = ID(k)
	return nil
}

// newMessage is an empty message of a type, or nil.
func newMessage(kind string) Message {
	for _, m := range []Message{&RequestVote{}, &RequestVoteReply{}, &AppendEntries{}, &AppendEntriesReply{},
		&InstallSnapshot{}, &InstallSnapshotReply{}, &PreVote{}, &PreVoteReply{}, &TimeoutNow{}, &ReadIndex{},
		&ReadIndexReply{}} {
		if m.Type() == kind {
			return m
		}
	}
	return nil
}

// typed is a message in JSON: its fields, with their names in Figure 2, and its type.
type typed struct{ Message }

func (t typed) MarshalJSON() ([]byte, error) {
	if t.Message == nil {
		return []byte("null"), nil
	}
	b, err := json.Marshal(t.Message)
	if err != nil {
		return nil, err
	}
	return append([]byte(`{"type":"`+t.Type()+`",`), b[1:]...), nil // each has a field at least, its term
}

func (t *typed) UnmarshalJSON(b []byte) error {
	var head struct{ Type string }
	if err := json.Unmarshal(b, &head); err != nil || string(b) == "null" {
		return err
	}
	if t.Message = newMessage(head.Type); t.Message == nil {
		return fmt.Errorf("raft: %q is not a type of message", head.Type)
	}
	return json.Unmarshal(b, t.Message)
}

// inputJSON is an input in JSON, with only the fields that its kind uses.
type inputJSON struct {
	Type    string  `json:"type"`
	From    ID      `json:"from,omitzero"`
	To      ID      `json:"to,omitzero"`
	Message *typed  `json:"message,omitempty"`
	Request *typed  `json:"request,omitempty"`
	Server  ID      `json:"server,omitzero"`
	Learner bool    `json:"learner,omitempty"`
	Voters  Set     `json:"voters,omitzero"`
	Kind    string  `json:"kind,omitempty"`
	Command *string `json:"command,omitempty"`
	Batch   []data  `json:"batch,omitempty"`
	Index   uint64  `json:"index,omitempty"`
	Read    uint64  `json:"read,omitempty"`
	ByLease bool    `json:"byLease,omitempty"`
	data
}

// MarshalJSON writes the input: its type, and the fields that its kind uses.
func (in Input) MarshalJSON() ([]byte, error) {
	j := inputJSON{Type: in.Kind.String(), Server: in.Server, Learner: in.Learner, Voters: in.Servers, Index: in.Index,
		Read: in.Read, ByLease: in.ByLease}
	switch in.Kind {
	case OnMessage:
		j.From, j.To, j.Message = in.Envelope.From, in.Envelope.To, &typed{in.Envelope.Message}
		if r := RequestOf(in.Envelope.Message); r != nil {
			j.Request = &typed{r}
		}
	case OnTransfer:
		j.To, j.Server = in.Server, 0
	case OnSnapshot:
		j.data = dataOf(in.Data)
	case OnProposal:
		d := dataOf(in.Data)
		j.Command, j.Bytes = d.Text, d.Bytes
		if in.Entry != Command {
			j.Kind = in.Entry.String()
		}
	case OnBatch:
		for _, s := range in.Batch {
			j.Batch = append(j.Batch, dataOf(s))
		}
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (in *Input) UnmarshalJSON(b []byte) error {
	var j inputJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	kind := slices.Index(inputNames[:], j.Type)
	if kind < 0 {
		return fmt.Errorf("raft: %q is not a type of input", j.Type)
	}
	*in = Input{Kind: InputKind(kind), Server: j.Server, Learner: j.Learner, Servers: j.Voters, Index: j.Index,
		Read: j.Read, ByLease: j.ByLease}
	switch in.Kind {
	case OnMessage:
		if in.Envelope.From, in.Envelope.To = j.From, j.To; j.Message != nil {
			in.Envelope.Message = j.Message.Message
		}
		if j.Request != nil && !Pair(in.Envelope.Message, j.Request.Message) {
			return fmt.Errorf("raft: no %s answers a %s", j.Message.Type(), j.Request.Type())
		}
	case OnTransfer:
		in.Server = j.To
	case OnSnapshot:
		in.Data = j.data.string()
	case OnProposal:
		in.Data = data{j.Command, j.Bytes}.string()
		if j.Kind == "" {
			return nil
		}
		k := slices.Index(kindNames[:], j.Kind)
		if k < 0 {
			return fmt.Errorf("raft: %q is not a kind of entry", j.Kind)
		}
		in.Entry = Kind(k)
	case OnBatch:
		for _, d := range j.Batch {
			in.Batch = append(in.Batch, d.string())
		}
	}
	return nil
}
