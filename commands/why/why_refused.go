package why

import (
	"errors"
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/acts"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// refusedCommand tries a command on a copy, and says what refuses it: the rule
// that was asked last and did not hold, else the one that such an action is under.
func (q *Inquiry) refusedCommand(c *lang.Call) (*Answer, error) {
	inner := whyCommand.Of(c)
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
		return q.redirected(inner.Text, redirects), nil
	case err == nil:
		return nil, lang.Errorf("nothing refuses it: %s would be done", prose.Cite(inner.Text)).
			WithHint("whatif %s shows what it would do", prose.Visible(inner.Text))
	case errors.Is(err, lang.ErrLasting) || errors.Is(err, lang.ErrInterrupted):
		return nil, err
	}
	a := &Answer{Answer: fmt.Sprintf("%s is refused: %s.", prose.Visible(inner.Text), lang.Headline(err))}
	at := &cluster.Event{Position: q.Record.End() + 1, Began: q.Record.End() + 1}
	for i := len(decided) - 1; i >= 0; i-- {
		if d := &decided[i]; TurnsDown(d) {
			q.decided(a, d, at)
			return a, nil
		}
	}
	q.refuse(a, q.refusal(action, inner))
	return a, nil
}

// TurnsDown tells whether a decision turned something down.
func TurnsDown(d *raft.Decision) bool {
	if d.Rule == raft.StaleTerm || d.Rule == raft.Stickiness {
		return d.Holds
	}
	return !d.Holds
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
func (q *Inquiry) redirected(text string, events []cluster.Event) *Answer {
	e, last := &events[0], &events[len(events)-1]
	id := e.Node
	x := cluster.As[cluster.Redirected](e)
	a := &Answer{Answer: fmt.Sprintf("%s is not refused: %s does not lead, and redirects %s to %s", prose.Visible(text),
		e.Node, x.Client, x.To)}
	a.Redirected = true
	a.by(cluster.ClientsAsk)
	switch last.What.(type) {
	case cluster.Accepted:
		a.Answer += fmt.Sprintf(", which appends it as entry %d", cluster.As[cluster.Accepted](last).Last)
	case cluster.ReadBegun:
		a.Answer += ", which takes the read"
	}
	a.Answer += "."
	a.compare(e.Node.String()+" is", q.standing(id))
	a.compare("leader it knows", x.To.String())
	a.cause(q.because(q.last(q.Record.End()+1, func(o *cluster.Event) bool {
		return o.Node == e.Node && heardFrom(o) == x.To
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
func (q *Inquiry) refuse(a *Answer, r refusing) {
	a.by(r.rule)
	if r.about == 0 || !q.W.Has(r.about) {
		if q.W.Leader() == 0 && (r.rule == raft.AppendCommand || r.rule == cluster.ClientsAsk ||
			r.rule == cluster.HeartbeatsRepeat) {
			a.compare("leaders", 0)
			a.cause(q.lastLeader()...)
		}
		return
	}
	a.compare(r.about.String()+" is", q.standing(r.about))
	q.refuseAt(a, r, r.about)
}

// refuseAt explains a refusal by what the server is that it is about.
func (q *Inquiry) refuseAt(a *Answer, r refusing, id raft.ID) {
	n, end := q.W.State(id), q.Record.End()+1
	switch {
	case n == nil:
		a.cause(q.because(q.downSince(id, end))...)
	case r.rule == cluster.ServerIsRunning && q.W.Frozen(id):
		a.cause(q.because(q.frozenSince(id, end))...)
	case r.rule == raft.TransferFirst:
		a.compare("handing leadership to", n.Transferee.String())
		a.cause(q.because(q.last(end, func(e *cluster.Event) bool {
			return cluster.Is[cluster.TransferBegun](e) && e.Node == id
		}))...)
	case r.rule == raft.ConfigurationInForce:
		a.compare(id.String()+"'s configuration", n.Configuration.String())
		a.cause(q.membership(id)...)
	case r.rule == raft.SnapshotOfApplied:
		a.compare(id.String()+"'s lastApplied", n.LastApplied)
		a.compare("its log begins at", n.Log.FirstIndex())
		a.cause(q.because(q.last(end, func(e *cluster.Event) bool {
			return e.Node == id && (cluster.Is[cluster.SnapshotTaken](e) || cluster.Is[cluster.SnapshotLoaded](e) ||
				cluster.Is[cluster.Applied](e))
		}))...)
	case (r.rule == cluster.ClientsAsk || r.rule == raft.ReadFromLeader) && n.Role != raft.Leader:
		a.compare("leader it knows", prose.Dash(n.Leader.String()))
		if n.Leader == 0 {
			a.cause(q.lastLeader()...)
		} else {
			a.cause(q.obstacle(id, n.Leader)...)
		}
	default:
		if e := q.became(id, RoleOf(q.W, id)); e != nil {
			a.cause(q.because(e)...)
		} else {
			a.cause(Because{Text: fmt.Sprintf("%s has been up, and a follower, from the beginning", id)})
		}
	}
}

// standing is what a server is, in words.
func (q *Inquiry) standing(id raft.ID) string {
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
func (q *Inquiry) lastLeader() []Because {
	if e := q.last(q.Record.End()+1, func(e *cluster.Event) bool {
		return cluster.As[cluster.RoleChanged](e).From == raft.Leader ||
			cluster.As[cluster.Crashed](e).Role == raft.Leader
	}); e != nil {
		return q.becauseThat("the last leader went: ", e)
	}
	return []Because{{Text: "no server has led so far"}}
}

// refusal is the rule that an action failed by, where the core was not asked.
// action is nil where the command failed before it did one.
func (q *Inquiry) refusal(action cluster.Action, c *lang.Call) refusing {
	if id := acted(action); id != 0 && q.W.Has(id) && (!q.W.Up(id) || q.W.Frozen(id)) {
		switch action.(type) {
		case cluster.Restart, cluster.Wipe, cluster.Give, cluster.Transfer: // of which they ask something else
		default:
			return refusing{cluster.ServerIsRunning, id}
		}
	}
	switch x := action.(type) {
	case nil:
		return q.refusalOf(c)
	case cluster.Kill, cluster.Freeze, cluster.Thaw, cluster.Sync, cluster.Tick, cluster.SetTimer:
		return refusing{cluster.ServerIsRunning, acted(x)}
	case cluster.Restart:
		return refusing{cluster.RestartFromDisk, x.Node}
	case cluster.Wipe:
		return refusing{cluster.RestartFromDisk, x.Node}
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
		return refusing{map[string]*raft.Rule{"quorum": raft.CheckQuorumRule, "transfer": cluster.TransferIsGivenUp,
			"lease":   cluster.LeaseLasts,
			"minimum": raft.Stickiness}[x.Timer], x.Node}
	case cluster.Snapshot:
		return refusing{raft.SnapshotOfApplied, x.Node}
	case cluster.Deliver, cluster.Drop, cluster.Duplicate, cluster.Delay, cluster.Arrive, cluster.DeliverNext,
		cluster.Advance:
		return q.refusedMail(x)
	case cluster.Inject:
		return refusing{cluster.MailIsPossible, 0}
	}
	return q.refusalOfAsked(action)
}

// refusalOfAsked is the same for what a client or an operator asks of a leader.
func (q *Inquiry) refusalOfAsked(action cluster.Action) refusing {
	switch x := action.(type) {
	case cluster.Request:
		return q.refusedRequest(x.Via, cluster.ClientsAsk)
	case cluster.Retry:
		if q.W.Client(x.Client) == nil {
			return refusing{cluster.CommandMakesSense, 0}
		}
		return q.refusedRequest(0, cluster.ClientsAsk)
	case cluster.Read:
		return q.refusedRequest(x.Via, raft.ReadFromLeader)
	case cluster.AddServer:
		return q.refusedChange(x.At)
	case cluster.Promote:
		return q.refusedChange(x.At)
	case cluster.RemoveServer:
		return q.refusedChange(x.At)
	case cluster.Reconfigure:
		return q.refusedChange(x.At)
	case cluster.Transfer:
		if x.Node == q.W.Leader() {
			return refusing{raft.TransferElection, x.Node}
		}
		return q.refusedChange(x.At)
	}
	return refusing{cluster.CommandMakesSense, 0}
}

// acted is the server that an action is about, or 0.
func acted(action cluster.Action) raft.ID {
	switch x := action.(type) {
	case cluster.Kill:
		return x.Node
	case cluster.Freeze:
		return x.Node
	case cluster.Thaw:
		return x.Node
	case cluster.Sync:
		return x.Node
	case cluster.Tick:
		return x.Node
	case cluster.SetTimer:
		return x.Node
	case cluster.Timeout:
		return x.Node
	case cluster.Heartbeat:
		return x.Node
	case cluster.Fire:
		return x.Node
	case cluster.Snapshot:
		return x.Node
	}
	return 0
}

// refusedMail is for a message that cannot be delivered, or is not in flight.
func (q *Inquiry) refusedMail(action cluster.Action) refusing {
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
func (q *Inquiry) refusedRequest(via raft.ID, otherwise *raft.Rule) refusing {
	id := via
	if id == 0 {
		id = q.W.Leader()
	}
	switch {
	case id == 0 || !q.W.Has(id):
		return refusing{cluster.ClientsAsk, 0}
	case !q.W.Up(id) || q.W.Frozen(id):
		return refusing{cluster.ServerIsRunning, id}
	case q.W.State(id).Transferee != 0:
		return refusing{raft.TransferFirst, id}
	}
	return refusing{otherwise, id}
}

// refusedChange is for what only a leader may do to the membership, or hand on.
func (q *Inquiry) refusedChange(at raft.ID) refusing {
	id := at
	if id == 0 {
		id = q.W.Leader()
	}
	switch {
	case id == 0 || !q.W.Has(id):
		return refusing{raft.AppendCommand, 0}
	case !q.W.Up(id) || q.W.Frozen(id):
		return refusing{cluster.ServerIsRunning, id}
	case q.W.State(id).Role != raft.Leader:
		return refusing{raft.AppendCommand, id}
	case q.W.State(id).Transferee != 0:
		return refusing{raft.TransferFirst, id}
	}
	return refusing{raft.ConfigurationInForce, id}
}

// refusalOf is for a command that failed before it did anything.
func (q *Inquiry) refusalOf(c *lang.Call) refusing {
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
		return q.refusedRequest(0, cluster.ClientsAsk)
	case "given":
		return refusing{cluster.AsGiven, 0}
	}
	return refusing{cluster.CommandMakesSense, 0}
}
