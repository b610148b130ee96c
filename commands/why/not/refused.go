package not

import (
	"errors"
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/acts"
	"raftlab/commands/lab"
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
	var redirects []cluster.Event
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
	a := inquiry.Say("%s is refused: %s.", prose.Visible(inner.Text), lang.Headline(err))
	at := &cluster.Event{Position: q.End() + 1, Began: q.End() + 1}
	for i := len(decided) - 1; i >= 0; i-- {
		if d := &decided[i]; tell.TurnsDown(d) {
			cause.Decided(q, a, d, at)
			return a, nil
		}
	}
	refuse(q, a, refusal(q, action, inner))
	return a, nil
}

// redirectsIn is the redirects among what a command that was tried made happen.
func redirectsIn(r *lang.Result) []cluster.Event {
	var out []cluster.Event
	for _, x := range r.Events {
		if e, ok := x.(*cluster.Event); ok && (cluster.Is[cluster.Redirected](e) || len(out) > 0 &&
			(cluster.Is[cluster.Accepted](e) || cluster.Is[cluster.ReadBegun](e))) {
			out = append(out, *e)
		}
	}
	return out
}

// redirected is for a request that is not refused, but sent on.
func redirected(q *inquiry.Inquiry, text string, events []cluster.Event) *inquiry.Answer {
	e, last := &events[0], &events[len(events)-1]
	id := e.Node
	x := cluster.As[cluster.Redirected](e)
	a := inquiry.Say("%s is not refused: %s does not lead, and redirects %s to %s", prose.Visible(text),
		e.Node, x.Client, x.To)
	a.Redirected = true
	a.By(cluster.ClientsAsk)
	switch last.What.(type) {
	case cluster.Accepted:
		a.Answer += fmt.Sprintf(", which appends it as entry %d", cluster.As[cluster.Accepted](last).Last)
	case cluster.ReadBegun:
		a.Answer += ", which takes the read"
	}
	a.Answer += "."
	a.Compare(e.Node.String()+" is", standing(q, id))
	a.Compare("leader it knows", x.To.String())
	a.Cause(q.Because(q.Latest(func(o *cluster.Event) bool {
		return o.Node == e.Node && inquiry.HeardFrom(o) == x.To
	}))...)
	return a
}

// refusing is the rule that does not allow an action, and the server whose
// state makes it so, or 0.
type refusing struct {
	rule  *raft.Rule
	about raft.ID
}

// refuse explains a refusal.
func refuse(q *inquiry.Inquiry, a *inquiry.Answer, r refusing) {
	a.By(r.rule)
	if r.about == 0 || !q.W.Has(r.about) {
		if q.W.Leader() == 0 && (r.rule == raft.AppendCommand || r.rule == cluster.ClientsAsk ||
			r.rule == cluster.HeartbeatsRepeat) {
			a.Compare("leaders", 0)
			a.Cause(lastLeader(q)...)
		}
		return
	}
	a.Compare(r.about.String()+" is", standing(q, r.about))
	refuseAt(q, a, r, r.about)
}

// refuseAt explains a refusal by what the server is that it is about.
func refuseAt(q *inquiry.Inquiry, a *inquiry.Answer, r refusing, id raft.ID) {
	n, end := q.W.State(id), q.End()+1
	switch {
	case n == nil:
		a.Cause(q.Because(q.DownSince(id, end))...)
	case r.rule == cluster.ServerIsRunning && q.W.Frozen(id):
		a.Cause(q.Because(q.FrozenSince(id, end))...)
	case r.rule == raft.TransferFirst:
		a.Compare("handing leadership to", n.Transferee.String())
		a.Cause(q.Because(q.Last(end, inquiry.Did[cluster.TransferBegun](id)))...)
	case r.rule == raft.ConfigurationInForce:
		a.Compare(id.String()+"'s configuration", n.Configuration.String())
		a.Cause(membership(q, id)...)
	case r.rule == raft.SnapshotOfApplied:
		a.Compare(id.String()+"'s lastApplied", n.LastApplied)
		a.Compare("its log begins at", n.Log.FirstIndex())
		a.Cause(q.Because(q.Last(end, func(e *cluster.Event) bool {
			return e.Node == id && (cluster.Is[cluster.SnapshotTaken](e) || cluster.Is[cluster.SnapshotLoaded](e) ||
				cluster.Is[cluster.Applied](e))
		}))...)
	case (r.rule == cluster.ClientsAsk || r.rule == raft.ReadFromLeader) && n.Role != raft.Leader:
		a.Compare("leader it knows", prose.Dash(n.Leader.String()))
		if n.Leader == 0 {
			a.Cause(lastLeader(q)...)
		} else {
			a.Cause(q.Obstacle(id, n.Leader)...)
		}
	default:
		if e := q.Became(id, tell.RoleOf(q.W, id)); e != nil {
			a.Cause(q.Because(e)...)
		} else {
			a.Fact("%s has been up, and a follower, from the beginning", id)
		}
	}
}

// standing is what a server is, in words.
func standing(q *inquiry.Inquiry, id raft.ID) string {
	n := q.W.State(id)
	switch {
	case n == nil:
		return "down"
	case q.W.Frozen(id):
		return fmt.Sprintf("frozen, %s of term %d", n.Role, n.CurrentTerm)
	}
	return fmt.Sprintf("%s of term %d", n.Role, n.CurrentTerm)
}

// lastLeader is how it came that no server leads.
func lastLeader(q *inquiry.Inquiry) []inquiry.Because {
	if e := q.Latest(func(e *cluster.Event) bool {
		return cluster.As[cluster.RoleChanged](e).From == raft.Leader ||
			cluster.As[cluster.Crashed](e).Role == raft.Leader
	}); e != nil {
		return q.BecauseThat("the last leader went: ", e)
	}
	return []inquiry.Because{{Text: "no server has led so far"}}
}

// refusal is the rule that an action failed by, where the core was not asked.
// action is nil where the command failed before it did one.
func refusal(q *inquiry.Inquiry, action cluster.Action, c *lang.Call) refusing {
	id, asksToRun := acted(action)
	if asksToRun && q.W.Has(id) && (!q.W.Up(id) || q.W.Frozen(id)) {
		return refusing{cluster.ServerIsRunning, id}
	}
	switch x := action.(type) {
	case nil:
		return refusalOf(q, c)
	case cluster.Kill, cluster.Freeze, cluster.Thaw, cluster.Sync, cluster.Tick, cluster.SetTimer:
		return refusing{cluster.ServerIsRunning, id}
	case cluster.Restart, cluster.Wipe:
		return refusing{cluster.RestartFromDisk, id}
	case cluster.Give:
		return refusing{cluster.AsGiven, 0}
	case cluster.Timeout:
		if n := q.W.State(x.Node); n.Role != raft.Leader {
			return refusing{raft.ConfigurationInForce, x.Node}
		}
		return refusing{raft.ElectionTimeoutRule, x.Node}
	case cluster.Heartbeat:
		return refusing{cluster.HeartbeatsRepeat, x.Node}
	case cluster.Fire:
		return refusing{ofTimer[x.Timer], x.Node}
	case cluster.Snapshot:
		return refusing{raft.SnapshotOfApplied, x.Node}
	case cluster.Deliver, cluster.Drop, cluster.Duplicate, cluster.Delay, cluster.Arrive, cluster.DeliverNext,
		cluster.Advance:
		return refusedMail(q, x)
	case cluster.Inject:
		return refusing{cluster.MailIsPossible, 0}
	}
	return refusalOfAsked(q, action)
}

var ofTimer = map[string]*raft.Rule{"quorum": raft.CheckQuorumRule, "transfer": cluster.TransferIsGivenUp,
	"lease": cluster.LeaseLasts, "minimum": raft.Stickiness}

// refusalOfAsked is the same for what a client or an operator asks of a leader.
func refusalOfAsked(q *inquiry.Inquiry, action cluster.Action) refusing {
	switch x := action.(type) {
	case cluster.Request:
		return refusedRequest(q, x.Via, cluster.ClientsAsk)
	case cluster.Retry:
		if q.W.Client(x.Client) == nil {
			return refusing{cluster.CommandMakesSense, 0}
		}
		return refusedRequest(q, 0, cluster.ClientsAsk)
	case cluster.Read:
		return refusedRequest(q, x.Via, raft.ReadFromLeader)
	case cluster.AddServer:
		return refusedChange(q, x.At)
	case cluster.Promote:
		return refusedChange(q, x.At)
	case cluster.RemoveServer:
		return refusedChange(q, x.At)
	case cluster.Reconfigure:
		return refusedChange(q, x.At)
	case cluster.Transfer:
		if x.Node == q.W.Leader() {
			return refusing{raft.TransferElection, x.Node}
		}
		return refusedChange(q, x.At)
	}
	return refusing{cluster.CommandMakesSense, 0}
}

// acted is the server that an action is about, or 0, and whether it asks that server
// to run.
func acted(action cluster.Action) (id raft.ID, asksToRun bool) {
	switch x := action.(type) {
	case cluster.Restart:
		return x.Node, false
	case cluster.Wipe:
		return x.Node, false
	case cluster.Kill:
		id = x.Node
	case cluster.Freeze:
		id = x.Node
	case cluster.Thaw:
		id = x.Node
	case cluster.Sync:
		id = x.Node
	case cluster.Tick:
		id = x.Node
	case cluster.SetTimer:
		id = x.Node
	case cluster.Timeout:
		id = x.Node
	case cluster.Heartbeat:
		id = x.Node
	case cluster.Fire:
		id = x.Node
	case cluster.Snapshot:
		id = x.Node
	}
	return id, id != 0
}

// refusedMail is for a message that cannot be delivered, or is not in flight.
func refusedMail(q *inquiry.Inquiry, action cluster.Action) refusing {
	var id uint64
	switch x := action.(type) {
	case cluster.Deliver:
		id = x.ID
	case cluster.Arrive:
		id = x.ID
	}
	if f := q.W.Flight(id); f != nil && q.W.Waits(f) {
		return refusing{cluster.ServerIsRunning, f.To}
	}
	return refusing{cluster.MailTakesTime, 0}
}

// refusedRequest is for a client's request that no server takes.
func refusedRequest(q *inquiry.Inquiry, via raft.ID, otherwise *raft.Rule) refusing {
	return refusedAt(q, via, cluster.ClientsAsk, otherwise)
}

// refusedChange is for what only a leader may do to the membership, or hand on.
func refusedChange(q *inquiry.Inquiry, at raft.ID) refusing {
	r := refusedAt(q, at, raft.AppendCommand, raft.ConfigurationInForce)
	if r.about != 0 && r.rule != cluster.ServerIsRunning && !lab.LeadsNow(q.W, r.about) {
		r.rule = raft.AppendCommand
	}
	return r
}

// refusedAt is for what a server was asked, or the leader where none was named: none is
// there, it does not run, or hands its leadership over; else it is another rule.
func refusedAt(q *inquiry.Inquiry, id raft.ID, none, otherwise *raft.Rule) refusing {
	if id == 0 {
		id = q.W.Leader()
	}
	switch {
	case id == 0 || !q.W.Has(id):
		return refusing{none, 0}
	case !q.W.Up(id) || q.W.Frozen(id):
		return refusing{cluster.ServerIsRunning, id}
	case q.W.State(id).Transferee != 0:
		return refusing{raft.TransferFirst, id}
	}
	return refusing{otherwise, id}
}

// refusalOf is for a command that failed before it did anything.
func refusalOf(q *inquiry.Inquiry, c *lang.Call) refusing {
	switch c.Command.Name {
	case "deliver", "drop", "duplicate", "delay", "step", "settle", "run":
		return refusing{cluster.MailTakesTime, 0}
	case "heartbeat":
		return refusing{cluster.HeartbeatsRepeat, 0}
	case "snapshot":
		if nodes := acts.SnapshotNodes.Of(c).IDs; len(nodes) > 0 {
			return refusing{raft.SnapshotOfApplied, nodes[0]}
		}
		return refusing{raft.SnapshotOfApplied, 0}
	case "inject":
		return refusing{cluster.MailIsPossible, 0}
	case "put", "get", "delete", "append", "cas":
		return refusedRequest(q, 0, cluster.ClientsAsk)
	case "given":
		return refusing{cluster.AsGiven, 0}
	}
	return refusing{cluster.CommandMakesSense, 0}
}
