package not

import (
	"errors"
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/acts"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// Command tries a command, inner, on a copy, and says what refuses it: the rule
// that was asked last and did not hold, else the one that such an action is under.
func Command(q *inquiry.Inquiry, c, inner *lang.Call) (*inquiry.Answer, error) {
	l := q.Lab.Events
	l.Decide, l.Refused, l.RefusedAction = true, nil, nil
	q.W.Listen(l)
	var redirects []event.Event
	_, err := c.Trial(inner, func(r *lang.Result) { redirects = redirectsIn(r) })
	decided, action := l.Refused, l.RefusedAction
	l.Decide, l.Refused, l.RefusedAction = false, nil, nil
	q.Lab.World().Listen(l)
	switch {
	case err == nil && len(redirects) > 0:
		return redirected(q, inner.Text, redirects), nil
	case err == nil:
		return nil, lang.Errorf("nothing refuses it: %s would be done", prose.Cite(inner.Text)).
			WithHint("whatif %s shows what it would do", prose.Visible(inner.Text))
	case errors.Is(err, lang.ErrLasting) || errors.Is(err, lang.ErrInterrupted):
		return nil, err
	}
	a := q.Say(nil, "%s would fail: %s.", prose.Visible(inner.Text), lang.Headline(err))
	at := &event.Event{Position: q.End() + 1, Began: q.End() + 1}
	for i := len(decided) - 1; i >= 0; i-- {
		if d := &decided[i]; d.TurnsDown() {
			cause.Decided(q, a, d, at)
			return a, nil
		}
	}
	rule, about := refusal(q, action, inner)
	refuse(q, a, rule, about)
	return a, nil
}

// redirectsIn is the redirects among what a command that was tried made happen.
func redirectsIn(r *lang.Result) []event.Event {
	var out []event.Event
	for _, x := range r.Events {
		if e, ok := x.(*event.Event); ok && (event.Is[event.Redirected](e) || len(out) > 0 &&
			(event.Is[event.Accepted](e) || event.Is[event.ReadBegun](e))) {
			out = append(out, *e)
		}
	}
	return out
}

// redirected is for a request that is not refused, but sent on.
func redirected(q *inquiry.Inquiry, text string, events []event.Event) *inquiry.Answer {
	e, last := &events[0], &events[len(events)-1]
	x := event.As[event.Redirected](e)
	a := q.Say(rules.ClientsAsk, "%s is not refused: %s does not lead, and redirects %s to %s", prose.Visible(text),
		e.Node, x.Client, x.To)
	a.Redirected = true
	switch y := last.What.(type) {
	case event.Accepted:
		a.Answer += fmt.Sprintf(", which appends it as entry %d", y.Last)
	case event.ReadBegun:
		a.Answer += ", which takes the read"
	}
	a.Answer += "."
	a.Compare(e.Node.String()+" is", standing(q, e.Node))
	a.Compare("leader it knows", x.To.String())
	a.Since(q.LastAt(e.Node, inquiry.Now, func(o *event.Event) bool { return inquiry.HeardFrom(o) == x.To }))
	return a
}

// refuse explains a refusal by a rule and the server that it is about, or 0.
func refuse(q *inquiry.Inquiry, a *inquiry.Answer, rule *raft.Rule, about raft.ID) {
	a.By(rule)
	if about == 0 || !q.W.Has(about) {
		if q.W.Leader() == 0 && (rule == raft.AppendCommand || rule == rules.ClientsAsk ||
			rule == rules.HeartbeatsRepeat) {
			a.Compare("leaders", 0)
			a.Cause(lastLeader(q)...)
		}
		return
	}
	a.Compare(about.String()+" is", standing(q, about))
	refuseAt(q, a, rule, about)
}

// refuseAt explains a refusal by what the server is that it is about.
func refuseAt(q *inquiry.Inquiry, a *inquiry.Answer, rule *raft.Rule, id raft.ID) {
	n := q.W.State(id)
	switch {
	case n == nil:
		a.Since(q.DownSince(id, inquiry.Now))
	case rule == rules.ServerIsRunning && q.W.Frozen(id):
		a.Since(q.FrozenSince(id, inquiry.Now))
	case rule == raft.TransferFirst:
		a.Compare("handing leadership to", n.Transferee.String())
		a.Since(q.LastAt(id, inquiry.Now, event.Is[event.TransferBegun]))
	case rule == raft.ConfigurationInForce:
		a.Compare(id.String()+"'s configuration", n.Configuration.String())
		a.Cause(membership(q, id)...)
	case rule == raft.SnapshotOfApplied:
		a.Compare(id.String()+"'s lastApplied", n.LastApplied)
		a.Compare("its log begins at", n.Log.FirstIndex())
		a.Since(q.LastAt(id, inquiry.Now, event.Is[event.SnapshotTaken], event.Is[event.SnapshotLoaded],
			event.Is[event.Applied]))
	case (rule == rules.ClientsAsk || rule == raft.ReadFromLeader) && n.Role != raft.Leader:
		a.Compare("leader it knows", prose.Dash(n.Leader.String()))
		if n.Leader == 0 {
			a.Cause(lastLeader(q)...)
		} else {
			a.Since(q.Obstacle(q.W, n.Leader, id, n.Leader, inquiry.Now))
		}
	default:
		if e := q.Became(id, tell.RoleOf(q.W, id)); e != nil {
			a.Since(e)
		} else {
			a.Fact("%s has been up, and a follower, from the beginning", id)
		}
	}
}

// standing is what a server is, in words.
func standing(q *inquiry.Inquiry, id raft.ID) string {
	n := q.W.State(id)
	if n == nil {
		return "down"
	}
	return fmt.Sprintf("%s%s of term %d", prose.Either(q.W.Frozen(id), "frozen, ", ""), n.Role, n.CurrentTerm)
}

// lastLeader is how it came that no server leads.
func lastLeader(q *inquiry.Inquiry) []inquiry.Because {
	if e := q.Latest(func(e *event.Event) bool {
		return event.As[event.RoleChanged](e).From == raft.Leader ||
			event.As[event.Crashed](e).Role == raft.Leader
	}); e != nil {
		return q.BecauseThat("the last leader went: ", e)
	}
	return inquiry.Fact("no server has led so far")
}

// would is what commands would do that failed before they did anything.
var would = map[string]cluster.Action{
	"deliver": cluster.Deliver{}, "drop": cluster.Drop{}, "duplicate": cluster.Duplicate{}, "delay": cluster.Delay{},
	"step": cluster.Arrive{}, "settle": cluster.DeliverNext{}, "run": cluster.Advance{},
	"heartbeat": cluster.Heartbeat{}, "inject": cluster.Inject{}, "given": cluster.Give{},
	"put": cluster.Request{}, "get": cluster.Request{}, "delete": cluster.Request{}, "append": cluster.Request{},
	"cas": cluster.Request{},
}

// refusal is the rule that an action failed by, where the core was not asked, and the
// server whose state makes it so, or 0. action is nil where the command failed before it
// did one.
func refusal(q *inquiry.Inquiry, action cluster.Action, c *lang.Call) (*raft.Rule, raft.ID) {
	if action == nil {
		action = would[c.Command.Name]
	}
	if action == nil && c.Command.Name == "snapshot" {
		for _, id := range acts.SnapshotNodes.Of(c).IDs {
			return q.W.Under(cluster.Snapshot{Node: id})
		}
		return raft.SnapshotOfApplied, 0
	}
	return q.W.Under(action)
}
