package client

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/commands/why/not"
	"raftlab/raft"
)

// Named answers for a client. Its name counts as it is written, and else
// whatever its letters.
func Named(q *inquiry.Inquiry, name string) (*inquiry.Answer, error) {
	cl := q.W.Client(name)
	for _, other := range q.W.Clients() {
		if cl == nil && strings.EqualFold(other.Name, name) {
			cl = other
		}
	}
	if cl == nil {
		return nil, lang.Errorf("there is no client %s: no server has accepted a request from it", name).
			WithHint("clients lists those there are; put x 1 as %s sends one", name)
	}
	return client(q, cl)
}

// client is what became of a client's last request, and why.
func client(q *inquiry.Inquiry, cl *clients.Client) (*inquiry.Answer, error) {
	name := cl.Name
	what := fmt.Sprintf("%s's %s", name, prose.Visible(cl.Command))
	e := q.Latest(func(e *event.Event) bool {
		return event.As[event.Answered](e).Client == name || event.As[event.Abandoned](e).Client == name
	})
	var a *inquiry.Answer
	switch {
	case cl.Status == clients.Pending:
		a = clientWaits(q, cl, what)
	case e == nil:
		return nil, lang.Errorf("nothing is known of what became of %s", what)
	case cl.Status == clients.Done:
		a = cause.Of(q, e)
		entry := ""
		if cl.Index > 0 {
			entry = fmt.Sprintf(", once entry %d was committed and applied", cl.Index)
		}
		a.Say("%s is done: %s replied %s at #%d%s.", what, e.Node, prose.Visible(tell.Result(cl.Result)), e.Position,
			entry)
	default:
		a = cause.Of(q, e)
		a.Say("%s is unknown: %s (#%d). %s", what, cl.Why, e.Position, unknownText(cl))
		for _, v := range q.Variants(cl.Index) {
			if v.Term == cl.Term {
				a.Fact("%s, is in fact %s", v, q.FateOf(v))
			}
		}
	}
	a.Since(clientWay(q, cl)...)
	return a, nil
}

// unknownText is what it means for a client that it had no answer: a read
// changes nothing, whether it was done or not.
func unknownText(cl *clients.Client) string {
	if cl.Mode != "" {
		return "A read changes nothing, so it can safely be sent again: retry " + cl.Name + "."
	}
	return fmt.Sprintf("It may have been done or not; %s cannot know.", cl.Name)
}

// clientWay is where a client's last request went: who was silent, who sent it
// on, who took it.
func clientWay(q *inquiry.Inquiry, cl *clients.Client) []*event.Event {
	asked := q.Latest(func(e *event.Event) bool { return inquiry.AsksFor(e, cl.Name) })
	if asked == nil {
		return nil
	}
	var way []*event.Event
	if line := q.Line(asked.Position); line != nil {
		q.Latest(func(e *event.Event) bool { // the latest first
			if e.Position > line.Start && repliesTo(e, cl.Name) {
				way = append(way, e)
			}
			return e.Position <= line.Start
		})
	}
	slices.Reverse(way)
	return way
}

// repliesTo tells whether an event is a server's answer to a client's question.
func repliesTo(e *event.Event, client string) bool {
	replies := event.Is[event.Redirected](e) || event.Is[event.Unanswered](e) || event.Is[event.Accepted](e)
	return replies && e.View().Client == client
}

// clientWaits is why a request is pending.
func clientWaits(q *inquiry.Inquiry, cl *clients.Client, what string) *inquiry.Answer {
	n, at := q.W.State(cl.Node), cl.Node
	where := fmt.Sprintf("%s is pending at %s", what, at)
	if cl.Index > 0 {
		where = fmt.Sprintf("%s is pending as entry %d on %s", what, cl.Index, at)
	}
	leads := n != nil && n.Role == raft.Leader
	if other := q.W.Leader(); other != at && other != 0 && n != nil && q.W.State(other).CurrentTerm > n.CurrentTerm {
		is := prose.Either(leads, "leads", "is in")
		where = fmt.Sprintf("%s, which %s term %d and does not know yet that %s leads term %d", where, is,
			n.CurrentTerm, other, q.W.State(other).CurrentTerm)
	}
	a, entry := q.Say(rules.ClientsAreAnswered, "%s: %s is frozen.", where, at), max(cl.Index, cl.Opens)
	switch {
	case q.W.Frozen(at):
		a.Since(q.FrozenSince(at, inquiry.Now))
	case entry == 0:
		a.Say("%s%s. A read waits until a majority confirms that the leader still leads, and until what it must see "+
			"is applied.", where, apart(q, at))
		a.Cause(askedForRead(q, at)...)
	case !leads:
		a.Say("%s: %s no longer leads, so whether its entry is kept is another leader's to decide.", where, at)
		a.Since(q.Deposed(at))
	default:
		a = not.Counted(q, at, entry)
		if cl.Opens > 0 {
			where = fmt.Sprintf("%s: it is sent when entry %d, which registers %s's session, is applied", where,
				cl.Opens, cl.Name)
		}
		a.Say("%s%s. %s", where, apart(q, at), a.Answer)
	}
	return a
}

// askedForRead is what became of a follower's last question to the leader, for
// what its reads must see.
func askedForRead(q *inquiry.Inquiry, id raft.ID) []inquiry.Because {
	asks := func(m raft.Envelope) bool {
		_, ok := m.Message.(*raft.ReadIndex)
		return ok && m.From == id
	}
	answers := func(m raft.Envelope) bool {
		_, ok := m.Message.(*raft.ReadIndexReply)
		return ok && m.To == id
	}
	for _, f := range q.W.Flights() {
		switch {
		case asks(f.Envelope):
			return inquiry.Fact("its question to %s, %s, %s", f.To, f.Name(), q.Awaits(&f))
		case answers(f.Envelope):
			return inquiry.Fact("the answer of %s, %s, %s", f.From, f.Name(), q.Awaits(&f))
		}
	}
	return q.Because(q.Latest(func(e *event.Event) bool {
		m, _ := e.Mail()
		return asks(m.Envelope) || answers(m.Envelope)
	}))
}

// apart says that a server cannot reach a majority of the voters, if so.
func apart(q *inquiry.Inquiry, id raft.ID) string {
	n := q.W.State(id)
	if n == nil {
		return ""
	}
	voters := n.Configuration.AllVoters()
	var cut, down raft.Set
	for v := range voters.Without(id).All() {
		switch {
		case !q.W.Has(v) || !q.W.Up(v) || q.W.Frozen(v):
			down = down.With(v)
		case q.W.IsCut(id, v) || q.W.IsCut(v, id):
			cut = cut.With(v)
		}
	}
	if n.Configuration.Majority(voters.Minus(cut).Minus(down)) {
		return ""
	}
	text := ""
	if !cut.Empty() {
		text = fmt.Sprintf("; %s is cut off from %s", id, cut)
	}
	if !down.Empty() {
		text += fmt.Sprintf("; down or frozen: %s", down)
	}
	return text
}
