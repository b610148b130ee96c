package cause

import (
	"slices"

	"raftlab/cluster"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/words"
	"raftlab/raft"
)

// ofMail explains what befalls a message.
func ofMail(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) bool {
	switch x := e.What.(type) {
	case cluster.Sent:
		whySent(q, e, a)
	case cluster.Delivered:
		whyDelivered(q, e, a)
	case cluster.Lost:
		whyLost(q, e, a, x)
	case cluster.Duplicated:
		whyDuplicated(q, e, a)
	case cluster.Corrupted:
		a.By(cluster.MailIsPossible)
		a.Cause(q.Because(q.Sending(e))...)
	default:
		return false
	}
	return true
}

func whySent(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	m, ok := e.Body().(*raft.RequestVoteReply)
	switch {
	case !ok || !m.VoteGranted:
		rests(q, e, a, cluster.MustAlwaysHold)
	case !votedTwice(q, e, cluster.Voted{For: e.Peer(), Term: m.Term}, a):
		granted(q, e, a)
	}
}

// cameTo is the decision that says most of what became of a message: what it itself
// came to, else what that did which says most, else what was decided last.
func cameTo(q *inquiry.Inquiry, e *cluster.Event) *raft.Decision {
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

// ranking is kinds of events, the one that says most first.
type ranking []func(*cluster.Event) bool

// of is an event's place, behind all others where it is not listed.
func (r ranking) of(e *cluster.Event) int {
	if i := slices.IndexFunc(r, func(is func(*cluster.Event) bool) bool { return is(e) }); i >= 0 {
		return i
	}
	return len(r)
}

// saying is what a message may do, by how much it says of the message.
var saying = ranking{
	func(e *cluster.Event) bool { return cluster.Is[cluster.Sent](e) && tell.SaysNo(e.Body()) },
	cluster.Is[cluster.SnapshotLoaded], cluster.Is[cluster.Truncated], cluster.Is[cluster.Appended],
	cluster.Is[cluster.Committed], cluster.Is[cluster.Voted],
	func(e *cluster.Event) bool { _, ok := e.Body().(*raft.InstallSnapshotReply); return ok },
	cluster.Is[cluster.TermChanged], cluster.Is[cluster.RoleChanged], cluster.Is[cluster.Sent],
}

func whyDelivered(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.MailTakesTime)
	if replyArrived(q, e, a) {
	} else if d := cameTo(q, e); d != nil {
		Decided(q, a, d, e)
		a.Add(": %s", tell.Outcome(d))
	}
	a.Cause(q.Because(q.Sending(e))...)
	a.Cause(q.Deed(e))
}

func whyLost(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, x cluster.Lost) {
	a.By(cluster.MailIsLost)
	switch x.By {
	case cluster.DownServer:
		a.Cause(q.Because(q.DownSince(x.To, e.Position))...)
	case cluster.CutLink:
		a.Cause(q.Because(q.CutSince(x.From, x.To, e.Position))...)
	default:
		a.Compare("loss", q.Before(e).Settings().Loss)
		a.Cause(q.Setting("loss", e.Position)...)
	}
	a.Cause(q.Because(q.Sending(e))...)
}

func whyDuplicated(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.MailIsDoubled)
	if _, byHand := e.Action.(cluster.Duplicate); !byHand {
		a.Compare("duplication", q.Before(e).Settings().Duplication)
		a.Cause(q.Setting("duplication", e.Position)...)
	}
	a.Cause(q.Deed(e))
}

// Message is what became of a message, and why.
func Message(q *inquiry.Inquiry, id words.MessageID) (*inquiry.Answer, error) {
	if f := q.W.Flight(uint64(id)); f != nil {
		return inFlight(q, f), nil
	}
	sent := q.Message(uint64(id))
	if sent == nil {
		newest := q.Latest((*cluster.Event).SetsOff)
		if newest == nil {
			return nil, lang.Errorf("no message was sent yet").WithHint("timeout S1 sends some")
		}
		return nil, lang.Errorf("there was no message %s up to here; the newest is %s", id, tell.NameOf(newest)).
			WithHint("messages lists those in flight, events the last of all")
	}
	e := q.Next(sent.Position, func(e *cluster.Event) bool { return e.IsOf(uint64(id)) && inquiry.ArrivesNoMore(e) })
	if e == nil {
		e = sent
	}
	a := Of(q, e)
	if e != sent {
		a.Cause(q.Because(sent)...)
	}
	return a, nil
}

// inFlight is what a message still waits for.
func inFlight(q *inquiry.Inquiry, f *cluster.Flight) *inquiry.Answer {
	name := words.MessageID(f.ID).String()
	a := inquiry.Say("%s, %s's %s to %s, %s.", name, f.From, f.Message.Type(), f.To, q.Awaits(f))
	a.By(cluster.MailTakesTime)
	a.Compare("sent at tick", f.Sent)
	a.Compare("due at tick", f.Due)
	a.Compare("now", q.W.Clock())
	q.Latest(func(e *cluster.Event) bool {
		if e.IsOf(f.ID) {
			a.Cause(q.Because(e)...)
		}
		return e.IsOf(f.ID) && e.SetsOff()
	})
	a.Cause(q.Obstacle(f.From, f.To)...)
	return a
}
