package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// ofClient explains what clients and servers say to each other.
func ofClient(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) bool {
	switch x := e.What.(type) {
	case cluster.ReadBegun:
		whyRead(q, e, a)
	case cluster.Redirected, cluster.Unanswered:
		whyRedirected(q, e, a)
	case cluster.Answered:
		whyAnswered(q, e, a, x.Client, x.Last)
	case cluster.SessionTold:
		whyAnswered(q, e, a, x.Client, x.Last)
	case cluster.Abandoned:
		a.By(cluster.OutcomeUnknown)
		a.Cause(inquiry.Because{Text: prose.Visible(x.Why)})
		a.Cause(q.Source(e)...)
	default:
		return false
	}
	return true
}

// whyRead says also how the server goes about it.
func whyRead(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.ClientsAsk)
	if d := inquiry.CauseOf(e); d != nil {
		Decided(q, a, d, e)
		a.Add(": %s", tell.Outcome(d))
	}
	a.Cause(q.Deed(e))
}

func whyRedirected(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.ClientsAsk)
	w, id := q.Before(e), e.Node
	if n := w.State(id); n != nil {
		a.Compare(e.Node.String()+" is", tell.RoleOf(w, id))
		a.Compare("leader it knows", prose.Dash(n.Leader.String()))
	} else {
		a.Compare(e.Node.String()+" is", "down")
		a.Cause(q.Because(q.DownSince(id, e.Position))...)
	}
	a.Cause(q.Deed(e))
}

func whyAnswered(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, client string, index uint64) {
	a.By(cluster.ClientsAreAnswered)
	a.Compare("index", index)
	w, id := q.After(e), e.Node
	if n := w.State(id); n != nil {
		a.Compare(e.Node.String()+"'s lastApplied", n.LastApplied)
	}
	for _, r := range []*raft.Rule{cluster.AnswerApplied, cluster.ApplyOnce, raft.ReadConfirmed,
		cluster.LeaseEndsFirst} {
		a.NoteBugs(w, r, id)
	}
	if d := inquiry.CauseOf(e); d != nil {
		a.Cause(inquiry.Because{Text: tell.Outcome(d) + " (" + d.Rule.ID + ")"})
		a.Cause(answeredBeside(q, w, e, id)...)
	}
	asked := q.Last(e.Position, func(o *cluster.Event) bool {
		return inquiry.AsksFor(o, client)
	})
	if asked != nil && cluster.As[cluster.ReadBegun](asked).Mode == "local" {
		a.Cause(localRead(w, id))
	}
	a.Cause(q.Because(q.Last(e.Position, func(o *cluster.Event) bool {
		x, ok := o.What.(cluster.Applied)
		return ok && o.Node == e.Node && x.First <= index && index <= x.Last
	}), asked)...)
}

// localRead is what a read rests on that asks no other server, and whether the
// server was behind when it answered.
func localRead(w *cluster.World, id raft.ID) inquiry.Because {
	text := fmt.Sprintf("a local read asks no other server, so %s answers from what it has applied", id)
	if n := w.State(id); n != nil && w.Memory().Committed() > n.LastApplied {
		text += fmt.Sprintf(": up to entry %d, where entry %d was committed already", n.LastApplied,
			w.Memory().Committed())
	}
	return inquiry.Because{Text: text}
}

// answeredBeside is that a newer leader was there when a lease answered a read,
// and how that came.
func answeredBeside(q *inquiry.Inquiry, w *cluster.World, e *cluster.Event, id raft.ID) []inquiry.Because {
	n := w.State(id)
	if n == nil || !n.Lease {
		return nil
	}
	for _, other := range w.Leaders() {
		if w.State(other).CurrentTerm > n.CurrentTerm {
			out := q.BecauseThat("but another led already, so this may be stale: ", q.Elected(other, e.Position))
			return append(out, tooSoon(q, w, e.Position, id, other)...)
		}
	}
	return nil
}
