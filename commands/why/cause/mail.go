package cause

import (
	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/words"
	"raftlab/raft"
)

// What follows explains what befalls a message.

func (t *telling) sent() {
	m, ok := t.e.Body().(*raft.RequestVoteReply)
	switch {
	case !ok || !m.VoteGranted:
		t.rests(rules.MustAlwaysHold)
	case !t.votedTwice(event.Voted{For: t.e.Peer(), Term: m.Term}):
		t.granted()
	}
}

// cameTo is the decision that says most of what became of a message: what it itself
// came to, else what that did which says most, else what was decided last.
func cameTo(q *inquiry.Inquiry, e *event.Event) *raft.Decision {
	found, rank := inquiry.CauseOf(e), 0
	for o := q.At(e.Position + 1); found == nil || rank > 0; o = q.At(o.Position + 1) {
		if o == nil || o.Of != e.Position {
			break
		}
		if r := saying.of(o); inquiry.CauseOf(o) != nil && (found == nil || r < rank) {
			found, rank = inquiry.CauseOf(o), r
		}
	}
	if n := len(e.Decisions); found == nil && n > 0 {
		found = &e.Decisions[n-1]
	}
	return found
}

// saying is what a message may do, by how much it says of the message.
var saying = ranking{
	func(e *event.Event) bool { return event.Is[event.Sent](e) && tell.SaysNo(e.Body()) },
	event.Is[event.SnapshotLoaded], event.Is[event.Truncated], event.Is[event.Appended],
	event.Is[event.Committed], event.Is[event.Voted],
	func(e *event.Event) bool { _, ok := e.Body().(*raft.InstallSnapshotReply); return ok },
	event.Is[event.TermChanged], event.Is[event.RoleChanged], event.Is[event.Sent],
}

func (t *telling) delivered() {
	t.a.By(rules.MailTakesTime)
	if t.replyArrived() {
	} else if d := cameTo(t.Inquiry, t.e); d != nil {
		t.decided(d)
		t.a.Add(": %s", d.Outcome())
	}
	t.a.Since(t.Sending(t.e))
	t.byDeed()
}

func (t *telling) lost() {
	t.a.By(rules.MailIsLost)
	switch x := event.As[event.Lost](t.e); x.By {
	case event.DownServer:
		t.a.Since(t.DownSince(x.To, t.e.Position))
	case event.CutLink:
		t.a.Since(t.CutSince(x.From, x.To, t.e.Position))
	default:
		t.a.Compare("loss", t.Before(t.e).Settings().Loss)
		t.a.Since(t.Setting("loss", t.e.Position))
	}
	t.a.Since(t.Sending(t.e))
}

func (t *telling) duplicated() {
	if _, byHand := t.e.Action.(cluster.Duplicate); !byHand {
		t.a.Compare("duplication", t.Before(t.e).Settings().Duplication)
		t.a.Since(t.Setting("duplication", t.e.Position))
	}
	t.commanded(rules.MailIsDoubled)
}

func (t *telling) corrupted() {
	t.a.By(rules.MailIsPossible)
	t.a.Since(t.Sending(t.e))
}

// Message is what became of a message, and why.
func Message(q *inquiry.Inquiry, id words.MessageID) (*inquiry.Answer, error) {
	if f := q.W.Flight(uint64(id)); f != nil {
		return inFlight(q, f), nil
	}
	sent := q.Message(uint64(id))
	if sent == nil {
		newest := q.Latest((*event.Event).SetsOff)
		if newest == nil {
			return nil, lang.Errorf("no message was sent yet").WithHint("timeout S1 sends some")
		}
		return nil, lang.Errorf("there was no message %s up to here; the newest is %s", id, tell.NameOf(newest)).
			WithHint("messages lists those in flight, events the last of all")
	}
	e := q.Next(sent.Position, func(e *event.Event) bool { return e.IsOf(uint64(id)) && inquiry.ArrivesNoMore(e) })
	if e == nil {
		return Of(q, sent), nil
	}
	a := Of(q, e)
	a.Since(sent)
	return a, nil
}

// inFlight is what a message still waits for.
func inFlight(q *inquiry.Inquiry, f *cluster.Flight) *inquiry.Answer {
	a := q.Say(rules.MailTakesTime, "%s, %s's %s to %s, %s.", f.Name(), f.From, f.Message.Type(), f.To, q.Awaits(f))
	a.Compare("sent at tick", f.Sent)
	a.Compare("due at tick", f.Due)
	a.Compare("now", q.W.Clock())
	q.Latest(func(e *event.Event) bool {
		if e.IsOf(f.ID) {
			a.Since(e)
		}
		return e.IsOf(f.ID) && e.SetsOff()
	})
	if q.W.IsCut(f.From, f.To) { // which comes first, as in what it awaits
		a.Since(q.CutSince(f.From, f.To, inquiry.Now))
	} else {
		a.Since(q.Obstacle(q.W, f.To, f.From, f.To, inquiry.Now))
	}
	return a
}
