package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// What follows explains what clients and servers say to each other.

// read says also how the server goes about it.
func (t *telling) read() {
	t.a.By(rules.ClientsAsk)
	if d := inquiry.CauseOf(t.e); d != nil {
		t.decided(d)
		t.a.Add(": %s", d.Outcome())
	}
	t.byDeed()
}

func (t *telling) redirected() {
	w, id, is := t.Before(t.e), t.e.Node, t.e.Node.String()+" is"
	if n := w.State(id); n != nil {
		t.a.Compare(is, tell.RoleOf(w, id))
		t.a.Compare("leader it knows", prose.Dash(n.Leader.String()))
	} else {
		t.a.Compare(is, "down")
		t.a.Since(t.DownSince(id, t.e.Position))
	}
	t.commanded(rules.ClientsAsk)
}

func (t *telling) abandoned() {
	t.a.By(rules.OutcomeUnknown)
	t.a.Fact("%s", prose.Visible(event.As[event.Abandoned](t.e).Why))
	t.bySource()
}

func (t *telling) answered() {
	x := t.e.View() // of an answer, or of one about a session
	t.a.By(rules.ClientsAreAnswered)
	t.a.Compare("index", x.Last)
	w, id := t.After(t.e), t.e.Node
	if n := w.State(id); n != nil {
		t.a.Compare(id.String()+"'s lastApplied", n.LastApplied)
	}
	t.a.NoteBugs(w, id, rules.AnswerApplied, rules.ApplyOnce, raft.ReadConfirmed, rules.LeaseEndsFirst)
	if d := inquiry.CauseOf(t.e); d != nil {
		t.a.Fact("%s (%s)", d.Outcome(), d.Rule.ID)
		t.a.Cause(answeredBeside(t.Inquiry, w, t.e)...)
	}
	asked := t.Last(t.e.Position, func(o *event.Event) bool { return inquiry.AsksFor(o, x.Client) })
	if asked != nil && event.As[event.ReadBegun](asked).Mode == "local" {
		t.a.Fact("%s", localRead(w, id))
	}
	applied := t.LastAt(id, t.e.Position, func(o *event.Event) bool {
		y, ok := o.What.(event.Applied)
		return ok && y.First <= x.Last && x.Last <= y.Last
	})
	t.a.Since(applied, asked)
}

// localRead is what a read rests on that asks no other server, and whether the
// server was behind when it answered.
func localRead(w *cluster.World, id raft.ID) string {
	text := fmt.Sprintf("a local read asks no other server, so %s answers from what it has applied", id)
	if n := w.State(id); n != nil && w.Memory().Committed() > n.LastApplied {
		text += fmt.Sprintf(": up to entry %d, where entry %d was committed already", n.LastApplied,
			w.Memory().Committed())
	}
	return text
}

// answeredBeside is that a newer leader was there when a lease answered a read,
// and how that came.
func answeredBeside(q *inquiry.Inquiry, w *cluster.World, e *event.Event) []inquiry.Because {
	n := w.State(e.Node)
	if n == nil || !n.Lease {
		return nil
	}
	for _, other := range w.Leaders() {
		if w.State(other).CurrentTerm > n.CurrentTerm {
			out := q.BecauseThat("but another led already, so this may be stale: ", q.Elected(other, e.Position))
			return append(out, tooSoon(q, w, e.Position, e.Node, other)...)
		}
	}
	return nil
}
