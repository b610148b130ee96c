package why

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/words"
	"raftlab/raft"
)

// besides adds which other servers lead, and what keeps the older leader from
// hearing of the newer one: two may lead at once, but not one term.
func (q *Inquiry) besides(a *Answer, id raft.ID) {
	for _, other := range q.W.Leaders() {
		if other == id {
			continue
		}
		mine, theirs := q.W.State(id).CurrentTerm, q.W.State(other).CurrentTerm
		switch {
		case theirs > mine:
			a.Answer += fmt.Sprintf(" And %s leads term %d, which %s %s.", other, theirs, id, q.notHeard(id, other, ""))
			a.cause(q.because(q.elected(other, q.Record.End()+1))...)
			a.cause(q.deafness(id, other)...)
			a.cause(q.tooSoon(q.W, q.Record.End()+1, id, other)...)
		case theirs < mine:
			a.Answer += fmt.Sprintf(" And %s still leads term %d: it %s.", other, theirs,
				q.notHeard(other, id, fmt.Sprintf(" of term %d", mine)))
			a.cause(q.deafness(other, id)...)
			a.cause(q.tooSoon(q.W, q.Record.End()+1, other, id)...)
		default:
			a.Answer += fmt.Sprintf(" And %s leads the same term, which Election Safety rules out.", other)
			a.cause(q.because(q.elected(other, q.Record.End()+1))...)
		}
	}
}

// tooSoon is that the newer leader's election began by a timer that was fired by
// hand, while the older one has a lease that counts on clocks.
func (q *Inquiry) tooSoon(w *cluster.World, before uint64, old, newer raft.ID) []Because {
	if !w.State(old).Lease {
		return nil
	}
	won := q.elected(newer, before)
	if won == nil {
		return nil
	}
	e := q.last(won.Position, func(e *cluster.Event) bool {
		return cluster.Is[cluster.ElectionTimeout](e) &&
			e.Node == newer
	})
	if e == nil || byTime(e) {
		return nil
	}
	return append(q.because(e), q.byHand(e)...)
}

// notHeard is why an old leader has not heard of a newer one yet.
func (q *Inquiry) notHeard(old, newer raft.ID, of string) string {
	switch {
	case q.W.Frozen(old):
		return fmt.Sprintf("cannot hear%s, because it is frozen", of)
	case q.W.IsCut(newer, old):
		return "cannot hear" + of
	}
	for _, f := range q.W.Flights() {
		if f.To == old && f.Message.MessageTerm() > q.W.State(old).CurrentTerm {
			return fmt.Sprintf("has not heard%s yet: %s, %s's %s, %s", of, words.MessageID(f.ID), f.From,
				f.Message.Type(), q.awaits(&f))
		}
	}
	return "has not heard" + of + " yet"
}

// deafness is what keeps a server from hearing another.
func (q *Inquiry) deafness(old, newer raft.ID) []Because {
	end := q.Record.End() + 1
	switch {
	case q.W.Frozen(old):
		return q.because(q.frozenSince(old, end))
	case q.W.IsCut(newer, old):
		return q.because(q.cutSince(newer, old, end))
	}
	return q.because(q.last(end, func(e *cluster.Event) bool {
		x := cluster.As[cluster.Lost](e)
		return x.To == old && x.From == newer
	}))
}
