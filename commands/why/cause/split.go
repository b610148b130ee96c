package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/words"
	"raftlab/raft"
)

// besides adds which other servers lead, and what keeps the older leader from
// hearing of the newer one: two may lead at once, but not one term.
func besides(q *inquiry.Inquiry, a *inquiry.Answer, id raft.ID) {
	for _, other := range q.W.Leaders() {
		if other == id {
			continue
		}
		mine, theirs := q.W.State(id).CurrentTerm, q.W.State(other).CurrentTerm
		switch {
		case theirs > mine:
			a.Answer += fmt.Sprintf(" And %s leads term %d, which %s %s.", other, theirs, id, notHeard(q, id, other,
				""))
			a.Cause(q.Because(q.Elected(other, q.End()+1))...)
			a.Cause(deafness(q, id, other)...)
			a.Cause(tooSoon(q, q.W, q.End()+1, id, other)...)
		case theirs < mine:
			a.Answer += fmt.Sprintf(" And %s still leads term %d: it %s.", other, theirs,
				notHeard(q, other, id, fmt.Sprintf(" of term %d", mine)))
			a.Cause(deafness(q, other, id)...)
			a.Cause(tooSoon(q, q.W, q.End()+1, other, id)...)
		default:
			a.Answer += fmt.Sprintf(" And %s leads the same term, which Election Safety rules out.", other)
			a.Cause(q.Because(q.Elected(other, q.End()+1))...)
		}
	}
}

// tooSoon is that the newer leader's election began by a timer that was fired by
// hand, while the older one has a lease that counts on clocks.
func tooSoon(q *inquiry.Inquiry, w *cluster.World, before uint64, old, newer raft.ID) []inquiry.Because {
	if !w.State(old).Lease {
		return nil
	}
	won := q.Elected(newer, before)
	if won == nil {
		return nil
	}
	e := q.Last(won.Position, inquiry.Did[cluster.ElectionTimeout](newer))
	if e == nil || inquiry.ByTime(e) {
		return nil
	}
	return append(q.Because(e), q.ByHand(e)...)
}

// notHeard is why an old leader has not heard of a newer one yet.
func notHeard(q *inquiry.Inquiry, old, newer raft.ID, of string) string {
	switch {
	case q.W.Frozen(old):
		return fmt.Sprintf("cannot hear%s, because it is frozen", of)
	case q.W.IsCut(newer, old):
		return "cannot hear" + of
	}
	for _, f := range q.W.Flights() {
		if f.To == old && f.Message.MessageTerm() > q.W.State(old).CurrentTerm {
			return fmt.Sprintf("has not heard%s yet: %s, %s's %s, %s", of, words.MessageID(f.ID), f.From,
				f.Message.Type(),
				q.Awaits(&f))
		}
	}
	return "has not heard" + of + " yet"
}

// deafness is what keeps a server from hearing another.
func deafness(q *inquiry.Inquiry, old, newer raft.ID) []inquiry.Because {
	end := q.End() + 1
	switch {
	case q.W.Frozen(old):
		return q.Because(q.FrozenSince(old, end))
	case q.W.IsCut(newer, old):
		return q.Because(q.CutSince(newer, old, end))
	}
	return q.Because(q.Last(end, func(e *cluster.Event) bool {
		x := cluster.As[cluster.Lost](e)
		return x.To == old && x.From == newer
	}))
}
