package why

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// An entry that no server's log holds any more is known from what happened: a
// server appended it, and a crash, a wiped disk, a later leader or a hand took
// it away again, on every server that had it (Figure 2, State: the log is
// persistent, and what was not written out is lost in a crash).

// heldNow tells whether a server's disk or memory has the entry, or a snapshot over it.
func (q *Inquiry) heldNow(e lab.Entry) bool { return len(e.Holders(q.W)) > 0 }

// entryIn is the entry at an index of what a server stores, if its log holds it.
func entryIn(w *cluster.World, id raft.ID, index uint64) (raft.Entry, bool) {
	l := &w.Stored(id).Log
	if index < l.FirstIndex() || index > l.LastIndex() {
		return raft.Entry{}, false
	}
	return l.Entry(index), true
}

// wrote tells whether an event may have put an entry into a server's log.
func wrote(e *cluster.Event, index uint64) bool {
	return cluster.As[cluster.Appended](e).Has(index) || cluster.As[cluster.Given](e).Last >= index
}

// goneAt is the latest entry that stood at an index and that nobody holds any
// more, or nil.
func (q *Inquiry) goneAt(index uint64) *variant {
	var gone *variant
	q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		if !wrote(e, index) {
			return false
		}
		entry, ok := entryIn(q.Record.After(e), e.Node, index)
		if at := (lab.Entry{Index: index, Term: entry.Term}); ok && !q.heldNow(at) {
			gone = &variant{Entry: at, Says: saysOf(entry)}
		}
		return gone != nil
	})
	return gone
}

// goneSaying is the entry that a client's command of this text became, where
// nobody holds it any more; or nil.
func (q *Inquiry) goneSaying(text string) *variant {
	asked := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		x, ok := e.What.(cluster.Requested)
		return ok && !x.Session && (x.Data == text || x.Command == text)
	})
	if asked == nil {
		return nil
	}
	client := cluster.As[cluster.Requested](asked).Client
	took := q.Record.Next(asked.Position, func(e *cluster.Event) bool {
		return cluster.As[cluster.Accepted](e).Client == client
	})
	if took == nil {
		return nil
	}
	x := cluster.As[cluster.Accepted](took)
	at := lab.Entry{Index: x.Last, Term: x.Term}
	if q.heldNow(at) {
		return nil
	}
	return &variant{Entry: at, Says: text}
}

// gone tells of an entry that nobody holds any more what became of each copy.
func (q *Inquiry) gone(v *variant) *Answer {
	name := v.Entry.String()
	if v.Says != "" {
		name += " (" + prose.Visible(v.Says) + ")"
	}
	a := &Answer{Answer: fmt.Sprintf("%s was lost: no server's log holds it any more.", prose.Capital(name))}
	if e := q.CommittedFirst(v.Index); e != nil && q.IsCommitted(v.Entry) {
		a.Answer += fmt.Sprintf(" %s had committed it at #%d.", e.Node, e.Position)
	}
	var last, written *cluster.Event
	for _, id := range q.W.IDs() {
		took, loss := q.copyOf(v.Entry, id)
		if took == nil {
			continue
		}
		r := NodeReason{Node: id.String(), Text: fmt.Sprintf("had it from #%d on", took.Position)}
		if loss != nil {
			r.Text += "; " + howLost(loss)
			r.Position = loss.Position
			if last == nil || loss.Position > last.Position {
				last, written = loss, took
			}
		}
		a.Nodes = append(a.Nodes, r)
	}
	a.by(cluster.CrashForgets)
	if last == nil {
		return a
	}
	a.Position = last.Position
	switch last.What.(type) {
	case cluster.Truncated, cluster.SnapshotLoaded:
		a.by(raft.DeleteConflict)
	case cluster.Wiped:
		a.by(cluster.YourDeed)
	case cluster.Given:
		a.by(cluster.AsGiven)
	}
	a.cause(Because{Position: last.Position, Text: fmt.Sprintf("the last copy was on %s: %s", last.Node, q.Past(last)),
		bare: fmt.Sprintf("the last copy was on %s: %s", last.Node, q.bare(last))})
	if cluster.Is[cluster.Crashed](last) && !q.Record.After(written).Settings().Fsync {
		a.cause(q.setting("fsync", written.Position)...)
	}
	a.cause(q.source(last)...)
	return a
}

// copyOf is when a server last got an entry, and when it lost it again.
func (q *Inquiry) copyOf(v lab.Entry, id raft.ID) (took, loss *cluster.Event) {
	holds := func(e *cluster.Event) bool {
		entry, ok := entryIn(q.Record.After(e), id, v.Index)
		return ok && entry.Term == v.Term
	}
	took = q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return e.Node == id && wrote(e, v.Index) &&
			holds(e)
	})
	if took == nil {
		return nil, nil
	}
	loss = q.Record.Next(took.Position, func(e *cluster.Event) bool {
		return e.Node == id && mayLose(e) && !holds(e)
	})
	return took, loss
}

// mayLose tells whether an event may take entries from a server's log.
func mayLose(e *cluster.Event) bool {
	switch e.What.(type) {
	case cluster.Crashed, cluster.Wiped, cluster.Given, cluster.Truncated, cluster.SnapshotLoaded:
		return true
	}
	return false
}

// howLost is what an event did to a server's copy.
func howLost(e *cluster.Event) string {
	switch at := fmt.Sprintf(" at #%d", e.Position); e.What.(type) {
	case cluster.Crashed:
		return "it was not on disk, and the crash" + at + " lost it"
	case cluster.Wiped:
		return "its disk was wiped" + at
	case cluster.Given:
		return "it was given another state" + at
	case cluster.SnapshotLoaded:
		return "a leader's snapshot replaced its log" + at
	default:
		return "it deleted it" + at + ", since it conflicted with the leader's log"
	}
}
