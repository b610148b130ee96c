package raft

import (
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// What is stored can be written as JSON and read again, and nothing of it is
// lost: not the log, whose fields are its own, and not data that is no text,
// which JSON's strings cannot hold.

// data is a text as JSON has it: a string, or, where it is no UTF-8, its bytes
// in base64.
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
	data
}

// MarshalJSON writes the entry with its kind by name.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(entryJSON{e.Term, e.Kind.String(), dataOf(e.Data)})
}

// UnmarshalJSON reads what MarshalJSON writes; a kind that there is none of is
// an error.
func (e *Entry) UnmarshalJSON(b []byte) error {
	var j entryJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	for k, name := range kindNames {
		if name == j.Kind {
			*e = Entry{j.Term, Kind(k), j.string()}
			return nil
		}
	}
	return fmt.Errorf("raft: %q is no kind of entry", j.Kind)
}

// MarshalJSON writes the two numbers that Words returns.
func (s Set) MarshalJSON() ([]byte, error) { return json.Marshal([2]uint64{s.low, s.high}) }

// UnmarshalJSON reads what MarshalJSON writes. New says whether the members can
// be servers.
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

// MarshalJSON writes the entries, and after which entry the log begins.
func (l Log) MarshalJSON() ([]byte, error) {
	j := logJSON{l.base, l.baseTerm, []Entry{}}
	if n := l.entries.Len(); n > 0 {
		j.Entries = l.entries.Slice(0, n)
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes. New says whether a server can
// have written it.
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
