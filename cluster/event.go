package cluster

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"raftlab/raft"
)

// EventKind is what happened. Its text is the kind in JSON.
type EventKind string

const (
	Ticked          EventKind = "tick"             // a server's clock advanced
	ClockTicked     EventKind = "clock"            // the cluster's clock advanced, no server's with it
	ElectionTimeout EventKind = "election-timeout" // a server's election timer ran out
	HeartbeatDue    EventKind = "heartbeat"        // a leader's heartbeat timer ran out
	MinimumPassed   EventKind = "minimum"          // the minimum election timeout since a leader was heard
	QuorumChecked   EventKind = "quorum-check"     // an election timeout passed on a leader without answers from a majority (thesis 6.2)
	Sent            EventKind = "sent"
	Injected        EventKind = "injected" // put in flight by hand
	Delivered       EventKind = "delivered"
	Lost            EventKind = "lost"    // on arrival; Text says why
	Dropped         EventKind = "dropped" // by hand
	Duplicated      EventKind = "duplicated"
	Delayed         EventKind = "delayed"
	RoleChanged     EventKind = "role"
	TermChanged     EventKind = "term"
	Voted           EventKind = "voted"
	Appended        EventKind = "appended"  // First to Last
	Truncated       EventKind = "truncated" // First to Last are gone; Text says why, when they were in conflict
	Committed       EventKind = "committed" // First to Last; From "leader": it committed them, else it learned that they are
	Applied         EventKind = "applied"   // First to Last
	SnapshotTaken   EventKind = "snapshot"
	SnapshotLoaded  EventKind = "installed"
	MembersChanged  EventKind = "members"  // a configuration is in force; Text says which
	TransferBegun   EventKind = "transfer" // leadership is to go to Peer
	TransferOver    EventKind = "transfer-given-up"
	LeaseBegun      EventKind = "lease" // First: for how many ticks
	LeaseEnded      EventKind = "lease-over"
	ServerAdded     EventKind = "created"    // a new server exists, empty
	ReadBegun       EventKind = "read"       // a read that does not go through the log
	Requested       EventKind = "request"    // a client asked a server
	Redirected      EventKind = "redirected" // the server named another
	Unanswered      EventKind = "unanswered" // the server has no leader to name, or is silent
	Accepted        EventKind = "accepted"   // the entry took Index
	Answered        EventKind = "answered"   // the client has its result
	SessionTold     EventKind = "session"    // a client's session was opened, or has expired
	Abandoned       EventKind = "abandoned"  // the client will not learn what became of it
	Crashed         EventKind = "crashed"
	Restarted       EventKind = "restarted"
	Frozen          EventKind = "frozen"
	Thawed          EventKind = "thawed"
	Synced          EventKind = "synced"
	Wiped           EventKind = "wiped"
	LinksCut        EventKind = "cut"
	LinksHealed     EventKind = "healed"
	SettingChanged  EventKind = "set"
	TimerSet        EventKind = "timer" // by hand: Text is which, First in how many ticks it fires
	BugSet          EventKind = "bug"
	BugGuessed      EventKind = "guess"    // of a bug that is to be guessed; To: right or wrong
	BugRevealed     EventKind = "revealed" // it is not to be guessed any more
	Given           EventKind = "given"
	Corrupted       EventKind = "corrupt" // a message that no correct server can have sent, and that was refused
	Breached        EventKind = "breach"
)

// Event is one thing that happened. Which fields it has depends on its kind;
// JSON leaves out those that are empty.
type Event struct {
	Position uint64    `json:"position"`
	Clock    uint64    `json:"clock"`
	Kind     EventKind `json:"kind"`
	Node     string    `json:"node,omitempty"`
	Peer     string    `json:"peer,omitempty"` // the other server
	Message  string    `json:"message,omitempty"`
	Type     string    `json:"type,omitempty"` // of the message
	Term     uint64    `json:"term,omitempty"`
	First    uint64    `json:"first,omitempty"`
	Last     uint64    `json:"last,omitempty"`
	Terms    string    `json:"terms,omitempty"` // of First to Last, where these are not of one term
	From     string    `json:"from,omitempty"`  // role, setting: before
	To       string    `json:"to,omitempty"`    // role, setting: after
	Votes    []string  `json:"votes,omitempty"` // of a server that becomes leader: who voted for it, itself included
	Client   string    `json:"client,omitempty"`
	Text     string    `json:"text,omitempty"`
	Rule     string    `json:"rule,omitempty"` // by which a message was refused

	Body      raft.Message    `json:"-"` // the message itself
	Detail    Detail          `json:"-"` // of some kinds
	Decisions []raft.Decision `json:"-"` // the rules that were consulted
	Action    Action          `json:"-"` // what was done
	Began     uint64          `json:"-"` // the position of the first event that came of it
}

// Refuse makes it the event of a message that the core refused: why, and by
// which rule.
func (e *Event) Refuse(err error) {
	e.Kind, e.Text, e.Rule = Corrupted, err.Error(), MailIsPossible.ID
	var corrupt *raft.Corrupt
	if errors.As(err, &corrupt) {
		e.Text = fmt.Sprintf("%s (%s)", corrupt.What, corrupt.Reason)
	}
}

// Listener gathers what happens while it is attached to a World.
type Listener struct {
	Events  []Event
	Limit   int             // events kept at most; 0: no limit
	Omitted int             // events beyond it
	Decide  bool            // keep the decisions of the rulebook, too
	NoTicks bool            // leave out the ticks of clocks, which are most of what happens in a run
	Refused []raft.Decision // the rules that the last action consulted that failed, with Decide
	// RefusedAction is the last action that failed, with Decide.
	RefusedAction Action
	scrap         Event
	action        Action // that is being done
	began         uint64
}

// begin is told of each action before it is done.
func (l *Listener) begin(w *World, a Action) {
	l.action, l.began = a, w.position+1
	w.out.Decided = w.out.Decided[:0]
}

// Take hands over what was gathered and begins anew.
func (l *Listener) Take() (events []Event, omitted int) {
	events, omitted = l.Events, l.Omitted
	l.Events, l.Omitted = nil, 0
	return events, omitted
}

// event counts an event and, when somebody listens, returns it to be filled.
func (w *World) event(kind EventKind, node raft.ID) *Event {
	w.position++
	l := w.listener
	if l == nil || l.NoTicks && kind == Ticked {
		return nil
	}
	if l.Limit > 0 && len(l.Events) >= l.Limit {
		l.Omitted++
		return &l.scrap
	}
	l.Events = append(l.Events, Event{Position: w.position, Clock: w.clock, Kind: kind, Node: node.String(), Action: l.action, Began: l.began})
	return &l.Events[len(l.Events)-1]
}

// decider is the event that an input's decisions belong to: the last one, which
// told of the input, or the first that comes of it where the action has told
// nothing yet. It is an index into the listener's events, -1 when that event
// is left out or nobody asks.
func (w *World) decider() int {
	l := w.listener
	if l == nil || !l.Decide {
		return -1
	}
	n := len(l.Events)
	switch {
	case w.position == w.began:
		return n
	case n > 0 && l.Events[n-1].Position == w.position:
		return n - 1
	}
	return -1
}

func (w *World) tellDecisions(at int, decided []raft.Decision) {
	if at >= 0 && at < len(w.listener.Events) {
		w.listener.Events[at].Decisions = decided
	}
}

// takeBackEvents removes the events after position, of an action that failed.
func (w *World) takeBackEvents(position uint64) {
	if l := w.listener; l != nil {
		l.Omitted -= min(l.Omitted, int(w.position-position))
		for n := len(l.Events); n > 0 && l.Events[n-1].Position > position; n-- {
			l.Events = l.Events[:n-1]
		}
	}
	w.position = position
}

// manyTerms is how many terms of a range are told one by one; of a longer one
// it is the first half and the last.
const manyTerms = 24

// termsOf is the terms of entries first to last as "4 4 5", where they are not
// all of one, and "" where they are, or where the log no longer holds them.
func termsOf(l *raft.Log, first, last uint64) string {
	if first >= last || first < l.FirstIndex() || last > l.LastIndex() {
		return ""
	}
	a, _ := l.Term(first) // terms only grow along a log
	b, _ := l.Term(last)
	if a == b {
		return ""
	}
	var words []string
	for i := first; i <= last; i++ {
		if skip := last - first + 1; skip > manyTerms && i == first+manyTerms/2 {
			words, i = append(words, "…"), last-manyTerms/2+1
		}
		t, _ := l.Term(i)
		words = append(words, strconv.FormatUint(t, 10))
	}
	return strings.Join(words, " ")
}
