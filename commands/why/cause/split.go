package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// besides adds which other servers lead, and what keeps the older leader from
// hearing of the newer one: two may lead at once, but not one term.
func besides(q *inquiry.Inquiry, a *inquiry.Answer, id raft.ID) {
	for _, other := range q.W.Leaders() {
		if other == id {
			continue
		}
		old, newer, newest := id, other, q.Elected(other, inquiry.Now)
		switch mine, theirs := q.W.State(id).CurrentTerm, q.W.State(other).CurrentTerm; {
		case theirs > mine:
			a.Answer += fmt.Sprintf(" And %s leads term %d, which %s %s.", other, theirs, id, notHeard(q, old, newer,
				""))
			a.Since(newest)
		case theirs < mine:
			old, newer = other, id
			a.Answer += fmt.Sprintf(" And %s still leads term %d: it %s.", other, theirs,
				notHeard(q, old, newer, fmt.Sprintf(" of term %d", mine)))
		default:
			a.Answer += fmt.Sprintf(" And %s leads the same term, which Election Safety rules out.", other)
			a.Since(newest)
			continue
		}
		a.Since(deafness(q, old, newer))
		a.Cause(tooSoon(q, q.W, inquiry.Now, old, newer)...)
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
	e := q.LastAt(newer, won.Position, event.Is[event.ElectionTimeout])
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
			return fmt.Sprintf("has not heard%s yet: %s, %s's %s, %s", of, f.Name(), f.From, f.Message.Type(),
				q.Awaits(&f))
		}
	}
	return "has not heard" + of + " yet"
}

// deafness is what keeps a server from hearing another, which is in a later term.
func deafness(q *inquiry.Inquiry, old, newer raft.ID) *event.Event {
	if e := q.Obstacle(q.W, old, newer, old, inquiry.Now); e != nil {
		return e
	}
	return q.Latest(func(e *event.Event) bool {
		m, ok := e.Mail()
		gone := event.Is[event.Lost](e) || event.Is[event.Dropped](e)
		return ok && gone && m.To == old && m.From == newer &&
			m.Message.MessageTerm() > q.W.State(old).CurrentTerm
	})
}
