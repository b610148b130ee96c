package not

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// An entry that no server's log holds any more is known from what happened: a
// server appended it, and a crash, a wiped disk, a later leader or a hand took
// it away again, on every server that had it (Figure 2, State: the log is
// persistent, and what was not written out is lost in a crash).

// heldNow tells whether some server has the entry, or a snapshot that covers its index.
func heldNow(q *inquiry.Inquiry, e lab.Entry) bool { return len(e.Holders(q.W)) > 0 }

// entryIn is the entry at an index of what a server stores, if its log holds it.
func entryIn(w *cluster.World, id raft.ID, index uint64) (raft.Entry, bool) {
	l := &w.Stored(id).Log
	if index < l.FirstIndex() || index > l.LastIndex() {
		return raft.Entry{}, false
	}
	return l.Entry(index), true
}

// goneAt is the latest entry that stood at an index and that nobody holds any
// more, or nil.
func goneAt(q *inquiry.Inquiry, index uint64) *inquiry.Variant {
	var gone *inquiry.Variant
	q.Latest(func(e *event.Event) bool {
		if !inquiry.Wrote(e, index) {
			return false
		}
		entry, ok := entryIn(q.After(e), e.Node, index)
		if at := (lab.Entry{Index: index, Term: entry.Term}); ok && !heldNow(q, at) {
			gone = &inquiry.Variant{Entry: at, Says: inquiry.SaysOf(entry)}
		}
		return gone != nil
	})
	return gone
}

// goneSaying is the entry that a client's command of this text became, where
// nobody holds it any more; or nil.
func goneSaying(q *inquiry.Inquiry, text string) *inquiry.Variant {
	asked := q.Latest(func(e *event.Event) bool {
		x, ok := e.What.(event.Requested)
		return ok && !x.Session && (x.Data == text || x.Command == text)
	})
	if asked == nil {
		return nil
	}
	client := event.As[event.Requested](asked).Client
	took := q.Next(asked.Position,
		func(e *event.Event) bool { return event.As[event.Accepted](e).Client == client })
	if took == nil {
		return nil
	}
	x := event.As[event.Accepted](took)
	at := lab.Entry{Index: x.Last, Term: x.Term}
	if heldNow(q, at) {
		return nil
	}
	return &inquiry.Variant{Entry: at, Says: text}
}

// gone tells of an entry that nobody holds any more what became of each copy.
func gone(q *inquiry.Inquiry, v *inquiry.Variant) *inquiry.Answer {
	a := q.Say(rules.CrashForgets, "%s was lost: no server's log holds it any more.", prose.Capital(v.Name()))
	if e := q.CommittedFirst(v.Index); e != nil && q.IsCommitted(v.Entry) {
		a.Answer += fmt.Sprintf(" %s had committed it at #%d.", e.Node, e.Position)
	}
	var last, written *event.Event
	for _, id := range q.W.IDs() {
		took, loss := copyOf(q, v.Entry, id)
		if took == nil {
			continue
		}
		r := inquiry.NodeReason{Node: id.String(), Text: fmt.Sprintf("had it from #%d on", took.Position)}
		if loss != nil {
			r.Text += "; " + howLost(loss)
			r.Position = loss.Position
			if last == nil || loss.Position > last.Position {
				last, written = loss, took
			}
		}
		a.Nodes = append(a.Nodes, r)
	}
	if last == nil {
		return a
	}
	a.Position = last.Position
	switch last.What.(type) {
	case event.Truncated, event.SnapshotLoaded:
		a.By(raft.DeleteConflict)
	case event.Wiped:
		a.By(rules.YourDeed)
	case event.Given:
		a.By(rules.AsGiven)
	}
	a.Cause(q.BecauseThat(fmt.Sprintf("the last copy was on %s: ", last.Node), last)...)
	if event.Is[event.Crashed](last) && !q.After(written).Settings().Fsync {
		a.Since(q.Setting("fsync", written.Position))
	}
	a.Cause(q.Source(last)...)
	return a
}

// copyOf is when a server last got an entry, and when it lost it again.
func copyOf(q *inquiry.Inquiry, v lab.Entry, id raft.ID) (took, loss *event.Event) {
	holds := func(e *event.Event) bool {
		entry, ok := entryIn(q.After(e), id, v.Index)
		return ok && entry.Term == v.Term
	}
	took = q.LastAt(id, inquiry.Now, func(e *event.Event) bool { return inquiry.Wrote(e, v.Index) && holds(e) })
	if took == nil {
		return nil, nil
	}
	return took, q.Next(took.Position, func(e *event.Event) bool {
		return e.Node == id && howLost(e) != "" &&
			!holds(e)
	})
}

// howLost is what an event did to a server's copy, "" where it takes no entry from a log.
func howLost(e *event.Event) string {
	switch at := fmt.Sprintf(" at #%d", e.Position); e.What.(type) {
	case event.Crashed:
		return "it was not on disk, and the crash" + at + " lost it"
	case event.Wiped:
		return "its disk was wiped" + at
	case event.Given:
		return "it was given another state" + at
	case event.SnapshotLoaded:
		return "a leader's snapshot replaced its log" + at
	case event.Truncated:
		return "it deleted it" + at + ", since it conflicted with the leader's log"
	}
	return ""
}
