package cause

import (
	"cmp"
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// Lease is why a leader has a lease, or why a server has none.
func Lease(q *inquiry.Inquiry, id raft.ID, not bool) (*inquiry.Answer, error) {
	n := q.W.State(id)
	has := n != nil && n.Role == raft.Leader && n.Lease
	switch {
	case has && not:
		return nil, lang.Errorf("%s has a lease", id).WithHint("ask why %s lease", id)
	case !has && !not:
		return nil, lang.Errorf("%s has no lease", id).WithHint("ask why %s no lease", id)
	case not:
		return noLease(q, id, n), nil
	}
	if e := q.LastAt(id, inquiry.Now, event.Is[event.LeaseBegun]); e != nil {
		return leaseNow(q, id, e), nil
	}
	return nil, lang.Errorf("%s has a lease since before what is recorded", id)
}

// noLease is why a server has no lease. n is its state, nil while it is down.
func noLease(q *inquiry.Inquiry, id raft.ID, n *raft.State) *inquiry.Answer {
	a, s := q.Say(rules.LeaseLasts, "%s has no lease: it is down.", id), q.W.Settings()
	ended := q.LastAt(id, inquiry.Now, event.Is[event.LeaseEnded])
	switch {
	case n == nil:
		a.Since(q.DownSince(id, inquiry.Now))
		return a
	case n.Role != raft.Leader:
		a.Say("%s has no lease: only a leader has one, and %s is %s.", id, id, tell.ARole(tell.RoleOf(q.W, id)))
		a.Since(q.Deposed(id))
		return a
	case !s.KeepsLease():
		a.Say("%s has no lease: leaders keep one only with stickiness on or with reads lease, since a lease holds "+
			"only where voters wait.", id)
		a.Fact("set reads lease or set stickiness on has leaders keep one")
		return a
	case n.Transferee != 0:
		a.Say("%s has no lease: it is handing leadership to %s, and no voter refuses that election.", id, n.Transferee)
		a.Since(ended, q.LastAt(id, inquiry.Now, event.Is[event.TransferBegun]))
		return a
	case s.ClockBound >= s.ElectionTimeout.Min:
		a.Say("%s has no lease: with a bound on clocks that is no less than the minimum election timeout, no round of "+
			"heartbeats gives one.", id)
	case ended != nil:
		a.Say("%s has no lease: its last one was over at #%d, and no later round of heartbeats has given it another.",
			id, ended.Position)
	default:
		a.Say("%s has no lease: no round of its heartbeats has given it one yet.", id)
	}
	a.Compare("minimum election timeout", s.ElectionTimeout.Min)
	a.Compare("clock-bound", s.ClockBound)
	a.Since(ended)
	switch {
	case s.ClockBound >= s.ElectionTimeout.Min:
	case n.Configuration.Majority(raft.SetOf(id)):
		a.Fact("get x via %s reads lease begins one: %s alone is a majority, and needs no answers", id, id)
	default:
		a.Fact("heartbeat %s; settle begins one, where a majority answers", id)
	}
	return a
}

// leaseNow is how a leader came by its lease, which round of heartbeats renewed
// it last, and how long it lasts from now.
func leaseNow(q *inquiry.Inquiry, id raft.ID, began *event.Event) *inquiry.Answer {
	a := Of(q, began)
	if !q.Lab.Replay { // whose clocks stand still
		a.Compare("ticks left", q.W.LeaseLeft(id))
	}
	e := q.Latest(func(e *event.Event) bool {
		return e.Position <= began.Position || event.Is[event.Delivered](e) && e.Node == id &&
			q.After(e).LeaseLeft(id) > q.Before(e).LeaseLeft(id)
	})
	if e != nil && e.Position > began.Position {
		a.Add(", and a later round of heartbeats renewed it at #%d", e.Position)
		a.Since(e)
	}
	return a
}

// Progress is what a leader's nextIndex or matchIndex for another server is,
// and what moved it last.
func Progress(q *inquiry.Inquiry, id, other raft.ID, what string) (*inquiry.Answer, error) {
	name, get, start := "nextIndex", (*raft.State).NextIndex, "one after the leader's last index"
	if what == "match" {
		name, get, start = "matchIndex", (*raft.State).MatchIndex, "0"
	}
	n := q.W.State(id)
	switch {
	case n == nil:
		return q.Say(nil, "%s has no %s: it is down, and %s is volatile (Figure 2).", id, name, name), nil
	case n.Role != raft.Leader:
		a := q.Say(nil, "%s has no %s for %s: only a leader keeps one (Figure 2), and %s is %s.", id, name, other, id,
			tell.ARole(tell.RoleOf(q.W, id)))
		a.Since(q.Deposed(id))
		return a, nil
	case id == other:
		return nil, lang.Errorf("%s keeps no %s for itself: its own log ends at %d", id, name, n.Log.LastIndex())
	case !n.Configuration.Members().Has(other):
		return nil, lang.Errorf("%s is not a member of %s's configuration, so %s keeps no %s for it", other, id, id,
			name)
	}
	now := get(n, other)
	e, was := moved(q, id, other, now, get)
	is := fmt.Sprintf("%s's %s for %s is %d", id, name, other, now)
	a := q.Say(raft.MatchConfirmed, "%s.", is)
	a.Compare(name+" of "+other.String(), now)
	if e == nil {
		return a, q.Ctx.Err()
	}
	why := Of(q, e)
	a.Rule, a.Place, a.Says, a.Brief, a.Position = why.Rule, why.Place, why.Says, why.Brief, e.Position
	switch {
	case event.Is[event.RoleChanged](e):
		a.Say("%s, as it was set when %s became leader at #%d: it starts at %s (Figure 2, volatile state on leaders).",
			is, id, e.Position, start)
	case event.Is[event.MembersChanged](e):
		a.Say("%s, as it was set when %s became a member in %s's configuration at #%d.", is, other, id, e.Position)
	default:
		if event.Is[event.Sent](e) {
			a.By(raft.SendMissing)
		}
		a.Say("%s: it was %d until #%d.", is, was, e.Position)
	}
	a.Since(e)
	return a, nil
}

// moved is the event by which a leader's number for another server last became
// what it is, and what it was before. A leader's numbers begin with its
// election, or with the configuration that brings the other one in; with
// pipeline on, what is sent at once moves them in the same action.
func moved(q *inquiry.Inquiry, id, other raft.ID, now uint64, get func(*raft.State, raft.ID) uint64) (*event.Event,
	uint64) {
	begins := func(e *event.Event) bool { return inquiry.Wins(e) || event.Is[event.MembersChanged](e) }
	exchanged := func(e *event.Event) bool { return isMail(e) && e.Peer() == other }
	for before := inquiry.Now; q.Ctx.Err() == nil; {
		e := q.LastAt(id, before, begins, exchanged)
		if e == nil {
			return nil, 0
		}
		n := q.Before(e).State(id)
		leads := n != nil && n.Role == raft.Leader
		was, start := uint64(0), !leads || !n.Configuration.Members().Has(other)
		if !start {
			was = get(n, other)
		}
		if !start && was == now {
			before = e.Position
			continue
		}
		m, ok := e.Body().(*raft.AppendEntries)
		if ok && event.Is[event.Sent](e) && now > m.PrevLogIndex+1 { // moved by sending; no matchIndex is as high
			return e, m.PrevLogIndex + 1
		}
		first := q.LastAt(id, e.Position+1, func(x *event.Event) bool { // not what was only sent because of it
			return x.Began == e.Began && (start && begins(x) && (leads || event.Is[event.RoleChanged](x)) ||
				!start && event.Is[event.Delivered](x) && exchanged(x))
		})
		return cmp.Or(first, e), was
	}
	return nil, 0
}

// isMail tells whether a server sends or receives a message, or seems to.
func isMail(e *event.Event) bool {
	return event.Is[event.Delivered](e) || event.Is[event.Sent](e) || event.Is[event.Injected](e)
}
