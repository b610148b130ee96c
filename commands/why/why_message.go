package why

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/raft"
)

// message is what became of a message, and why.
func (q *Inquiry) message(id words.MessageID) (*Answer, error) {
	if f := q.W.Flight(uint64(id)); f != nil {
		return q.inFlight(f), nil
	}
	sent := q.Record.Message(uint64(id))
	if sent == nil {
		newest := q.last(q.Record.End()+1, (*cluster.Event).SetsOff)
		if newest == nil {
			return nil, lang.Errorf("no message was sent yet").WithHint("timeout S1 sends some")
		}
		return nil, lang.Errorf("there was no message %s up to here; the newest is %s", id, tell.NameOf(newest)).
			WithHint("messages lists those in flight, events the last of all")
	}
	e := q.Record.Next(sent.Position, func(e *cluster.Event) bool { return e.IsOf(uint64(id)) && arrivesNoMore(e) })
	if e == nil {
		e = sent
	}
	a := q.Explain(e)
	if e != sent {
		a.cause(q.because(sent)...)
	}
	return a, nil
}

// arrivesNoMore tells whether an event is the end of a message.
func arrivesNoMore(e *cluster.Event) bool {
	return cluster.Is[cluster.Delivered](e) || cluster.Is[cluster.Lost](e) || cluster.Is[cluster.Dropped](e)
}

// inFlight is what a message still waits for.
func (q *Inquiry) inFlight(f *cluster.Flight) *Answer {
	name := words.MessageID(f.ID).String()
	a := &Answer{Answer: fmt.Sprintf("%s, %s's %s to %s, %s.", name, f.From, f.Message.Type(), f.To, q.awaits(f))}
	a.by(cluster.MailTakesTime)
	a.compare("sent at tick", f.Sent)
	a.compare("due at tick", f.Due)
	a.compare("now", q.W.Clock())
	q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		if e.IsOf(f.ID) {
			a.cause(q.because(e)...)
		}
		return e.IsOf(f.ID) && e.SetsOff()
	})
	a.cause(q.obstacle(f.From, f.To)...)
	return a
}

// awaits is the present state of a message in flight, in words.
func (q *Inquiry) awaits(f *cluster.Flight) string {
	switch fate := q.W.Fate(f); {
	case q.W.Waits(f):
		return fmt.Sprintf("is waiting: %s is frozen", f.To)
	case fate != "":
		return "is in flight, and will be lost: " + fate
	case f.Due <= q.W.Clock():
		return "is in flight, due now"
	}
	return fmt.Sprintf("is in flight, due at tick %d", f.Due)
}

// obstacle is what stands between two servers now.
func (q *Inquiry) obstacle(from, to raft.ID) []Because {
	end := q.Record.End() + 1
	switch {
	case q.W.IsCut(from, to):
		return q.because(q.cutSince(from, to, end))
	case !q.W.Up(to):
		return q.because(q.downSince(to, end))
	case q.W.Frozen(to):
		return q.because(q.frozenSince(to, end))
	}
	return nil
}

func (q *Inquiry) frozenSince(id raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool { return cluster.Is[cluster.Frozen](e) && e.Node == id })
}
