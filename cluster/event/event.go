// Package event is what happens in a cluster, as plain values: a closed set of small types, each
// with fields of its own and with what led to it. Nothing in it changes a world.
package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"raftlab/cluster/rules"
	"raftlab/raft"
)

// Event is one thing that happened: when, where, and what.
type Event struct {
	Position uint64  // its number in the history, from 1
	Clock    uint64  // ticks of the cluster's clock
	Node     raft.ID // 0: at no server
	What     What

	// Cause is the decisions of the core that led to the event. The core names them where
	// it acts. An event that tells of an input has the decisions that answered the input.
	Cause []*raft.Decision
	// Of is the position of the event that told of the input which led to this one; 0 if
	// no input did.
	Of        uint64
	Decisions []raft.Decision // of an event that tells of an input: all rules that were consulted
	Action    fmt.Stringer    // the cluster.Action that the event is a part of
	Began     uint64          // the position of the action's first event
}

// Kind is the name of what happened.
func (e *Event) Kind() Kind {
	if e.What == nil {
		return ""
	}
	return e.What.Kind()
}

// Is tells whether a thing of this kind happened.
func Is[T What](e *Event) bool {
	_, ok := e.What.(T)
	return ok
}

// As is what happened, if it is of this kind; else its zero value.
func As[T What](e *Event) T {
	what, _ := e.What.(T)
	return what
}

// Mail is the message that the event is about, if it is about one.
func (e *Event) Mail() (m Mail, ok bool) {
	if about, is := e.What.(interface{ mail() Mail }); is {
		m = about.mail()
	}
	return m, m.Message != nil
}

// IsOf tells whether the event is about the message of this number.
func (e *Event) IsOf(id uint64) bool {
	m, ok := e.Mail()
	return ok && m.ID == id
}

// SetsOff tells whether the event puts its message in flight.
func (e *Event) SetsOff() bool {
	switch e.What.(type) {
	case Sent, Injected, Duplicated:
		return true
	}
	return false
}

// Body is the content of that message, or nil.
func (e *Event) Body() raft.Message {
	m, _ := e.Mail()
	return m.Message
}

// Peer is the server at the other end of that message, or 0.
func (e *Event) Peer() raft.ID {
	m, _ := e.Mail()
	if m.From == e.Node {
		return m.To
	}
	return m.From
}

// View is an event as JSON has it. Which fields it has, and what they mean, depends on its
// kind (see Kinds). Empty ones are omitted.
type View struct {
	Position uint64   `json:"position"`
	Clock    uint64   `json:"clock"`
	Kind     Kind     `json:"kind"`
	Node     string   `json:"node,omitempty"`
	Peer     string   `json:"peer,omitempty"`
	Message  string   `json:"message,omitempty"`
	Type     string   `json:"type,omitempty"`
	Term     uint64   `json:"term,omitempty"`
	First    uint64   `json:"first,omitempty"`
	Last     uint64   `json:"last,omitempty"`
	Terms    string   `json:"terms,omitempty"`
	From     string   `json:"from,omitempty"`
	To       string   `json:"to,omitempty"`
	Votes    []string `json:"votes,omitempty"`
	Client   string   `json:"client,omitempty"`
	Text     string   `json:"text,omitempty"`
	Rule     string   `json:"rule,omitempty"`
	Departs  string   `json:"departs,omitempty"`
}

// View is the event as JSON has it.
func (e *Event) View() View {
	v := View{Position: e.Position, Clock: e.Clock, Kind: e.Kind(), Node: e.Node.String()}
	e.What.fill(&v)
	return v
}

// MarshalJSON writes the event's View. The encoder around it decides what is escaped.
func (e Event) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(e.View())
	return b.Bytes(), err
}

// Refuse is the event that a message was refused with err.
func Refuse(m Mail, err error) Corrupted {
	c := Corrupted{Mail: m, Why: err.Error(), Rule: rules.MailIsPossible}
	var corrupt *raft.Corrupt
	if errors.As(err, &corrupt) {
		c.Why = fmt.Sprintf("%s (%s)", corrupt.What, corrupt.Reason)
	}
	return c
}
