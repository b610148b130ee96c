package not

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// takingOver is the leader that is handing its leadership to a server, or 0.
func takingOver(q *inquiry.Inquiry, id raft.ID) raft.ID {
	for _, leader := range q.W.Leaders() {
		if q.W.State(leader).Transferee == id {
			return leader
		}
	}
	return 0
}

// transferWaits is what a transfer of leadership waits for (thesis 3.10).
func transferWaits(q *inquiry.Inquiry, leader, id raft.ID) *inquiry.Answer {
	n := q.W.State(leader)
	match, last := n.MatchIndex(id), n.Log.LastIndex()
	a := q.Say(raft.TransferElection, "%s does not lead yet: %s is handing leadership to it", id, leader)
	told := q.Latest(func(e *event.Event) bool { return aboutTakeover(e, leader, id) })
	telling := flying(q, func(f *cluster.Flight) bool {
		return f.From == leader && f.To == id && f.Message.Type() == "TimeoutNow" &&
			f.Message.MessageTerm() == n.CurrentTerm
	})
	switch {
	case telling != nil:
		a.Answer += fmt.Sprintf(", and told it so: %s %s.", telling.Name(), q.Awaits(telling))
	case told != nil && (event.Is[event.Lost](told) || event.Is[event.Dropped](told)):
		a.Answer += fmt.Sprintf(", but it was not told: %s.", q.Past(told))
	case match < last:
		a.By(raft.TransferUpToDate)
		a.Compare(id.String()+"'s matchIndex", match)
		a.Compare(leader.String()+"'s last index", last)
		a.Verdict = raft.Relation(match, last)
		a.Answer += fmt.Sprintf(", but waits until it holds the whole log: it is known to hold it up to entry %d of "+
			"%d.", match, last)
		a.Nodes = []inquiry.NodeReason{lacks(q, leader, id, last)}
	default:
		a.Answer += "."
	}
	a.Since(q.LastAt(leader, inquiry.Now, event.Is[event.TransferBegun]),
		q.Obstacle(q.W, id, leader, id, inquiry.Now))
	a.Fact("%s gives it up an election timeout after it began (%s)", leader, rules.TransferIsGivenUp.ID)
	return a
}

// flying is the first message in flight that is wanted, or nil.
func flying(q *inquiry.Inquiry, wanted func(*cluster.Flight) bool) *cluster.Flight {
	for f := range each.Of(q.W.Flights()) {
		if wanted(f) {
			return f
		}
	}
	return nil
}

// aboutTakeover tells whether an event is about the message by which a leader
// tells a server to take over, in the transfer that is under way.
func aboutTakeover(e *event.Event, leader, id raft.ID) bool {
	if event.Is[event.TransferBegun](e) && e.Node == leader {
		return true
	}
	m, _ := e.Mail()
	_, tells := m.Message.(*raft.TimeoutNow)
	return tells && m.From == leader && m.To == id && (inquiry.ArrivesNoMore(e) || event.Is[event.Sent](e))
}

// toldToElect is, for a candidate whom a leader told to begin, that it was told.
func toldToElect(q *inquiry.Inquiry, id raft.ID) []inquiry.Because {
	began := campaigned(q, id)
	if began == nil || inquiry.CauseOf(began) == nil || inquiry.CauseOf(began).Rule != raft.TransferElection {
		return nil
	}
	return q.Source(began)
}
