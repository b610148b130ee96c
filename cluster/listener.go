package cluster

import (
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Listener gathers what happens while it is attached to a World.
type Listener struct {
	Events  []event.Event
	Limit   int             // events kept at most; 0: no limit
	Omitted int             // events beyond it
	Decide  bool            // keep the decisions of the rulebook, too
	NoTicks bool            // leave out the ticks of clocks, which are most of what happens in a run
	Refused []raft.Decision // the rules that the last action consulted that failed, with Decide
	// RefusedAction is the last action that failed, with Decide.
	RefusedAction Action
	scrap         event.Event
	action        Action // that is being done
	began         uint64
	input         uint64          // the position of the event that told of the input under way
	decided       []raft.Decision // for it
}

// Take hands over what was gathered and begins anew.
func (l *Listener) Take() (events []event.Event, omitted int) {
	events, omitted = l.Events, l.Omitted
	l.Events, l.Omitted = nil, 0
	return events, omitted
}

// Add gathers what another one has heard.
func (l *Listener) Add(events []event.Event) {
	room := len(events)
	if l.Limit > 0 {
		room = min(room, max(l.Limit-len(l.Events), 0))
	}
	l.Events = append(l.Events, events[:room]...)
	l.Omitted += len(events) - room
}
