package commands

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/raft"
)

// besides adds which other servers lead, and what keeps the older leader from
// hearing of the newer one: two may lead at once, but not one term.
func (q *inquiry) besides(a *Answer, id raft.ID) {
	for _, other := range q.w.Leaders() {
		if other == id {
			continue
		}
		mine, theirs := q.w.Node(id).CurrentTerm(), q.w.Node(other).CurrentTerm()
		switch {
		case theirs > mine:
			a.Answer += fmt.Sprintf(" And %s leads term %d, which %s %s.", other, theirs, id, q.notHeard(id, other))
			a.cause(q.because(q.elected(other, q.record.End()+1))...)
			a.cause(q.deafness(id, other)...)
		case theirs < mine:
			a.Answer += fmt.Sprintf(" And %s still leads term %d: of term %d it %s.", other, theirs, mine, q.notHeard(other, id))
			a.cause(q.deafness(other, id)...)
		default:
			a.Answer += fmt.Sprintf(" And %s leads the same term, which Election Safety rules out.", other)
			a.cause(q.because(q.elected(other, q.record.End()+1))...)
		}
	}
}

// notHeard is why an old leader has not heard of a newer one yet.
func (q *inquiry) notHeard(old, newer raft.ID) string {
	switch {
	case q.w.Frozen(old):
		return "cannot hear, for it is frozen"
	case q.w.IsCut(newer, old):
		return "cannot hear"
	}
	for _, f := range q.w.Flights() {
		if f.To == old && f.Message.MessageTerm() > q.w.Node(old).CurrentTerm() {
			return fmt.Sprintf("has not heard yet: %s %s", MessageID(f.ID), q.awaits(&f))
		}
	}
	return "has not heard yet"
}

// deafness is what keeps a server from hearing another.
func (q *inquiry) deafness(old, newer raft.ID) []Because {
	end := q.record.End() + 1
	switch {
	case q.w.Frozen(old):
		return q.because(q.frozenSince(old, end))
	case q.w.IsCut(newer, old):
		return q.because(q.cutSince(newer, old, end))
	}
	return q.because(q.last(end, func(e *cluster.Event) bool {
		return e.Kind == cluster.Lost && e.Node == old.String() && e.Peer == newer.String()
	}))
}
