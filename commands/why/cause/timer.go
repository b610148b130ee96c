package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// What follows explains what clocks and timers do, and what ends with them.

func (t *telling) timeout() {
	if !inquiry.ByTime(t.e) {
		if len(t.e.Cause) > 0 { // with PreVote, of a server alone, it is the first of two
			t.decided(t.e.Cause[0])
		} else {
			t.a.By(raft.ElectionTimeoutRule)
		}
		t.a.Cause(t.ByHand(t.e)...)
		t.byDeed()
		return
	}
	id, before := t.e.Node, t.Before(t.e)
	_, drawn := before.Timer(id)
	t.a.By(rules.TimerRunsOut)
	t.a.Compare("ticks left", 0)
	t.a.Compare("election timeout drawn", fmt.Sprintf("%d, from %s", drawn,
		setting.Find("election-timeout").Get(before.Settings())))
	t.a.Cause(t.TimerBegan(before, id)...)
	t.a.Since(silence(t.Inquiry, before, id, t.e.Position))
}

// silence is why the leader that a server knew is not heard.
func silence(q *inquiry.Inquiry, w *cluster.World, id raft.ID, before uint64) *event.Event {
	n := w.State(id)
	if n == nil || n.Leader == 0 {
		return nil
	}
	e := q.Obstacle(w, n.Leader, n.Leader, id, before)
	if l := w.State(n.Leader); e == nil && l != nil && l.Role != raft.Leader {
		e = q.LastAt(n.Leader, before, event.Is[event.RoleChanged])
	}
	return e
}

func (t *telling) heartbeat() {
	if !inquiry.ByTime(t.e) {
		t.commanded(rules.HeartbeatsRepeat)
		return
	}
	_, of := t.Before(t.e).Timer(t.e.Node)
	t.a.By(rules.HeartbeatsRepeat)
	t.a.Compare("ticks left", 0)
	t.a.Compare("heartbeat-interval", of)
	t.a.Since(t.Elected(t.e.Node, t.e.Position))
}

func (t *telling) quorum() {
	t.ruled(raft.CheckQuorumRule)
	if !inquiry.ByTime(t.e) || t.a.Unruled {
		t.byDeed()
	}
}

func (t *telling) transferOver() {
	t.a.By(rules.TransferIsGivenUp)
	w, id, target := t.Before(t.e), t.e.Node, event.As[event.TransferOver](t.e).To
	if inquiry.ByTime(t.e) {
		t.a.Compare("ticks left", 0)
		t.a.Compare("minimum election timeout", w.Settings().ElectionTimeout.Min)
	} else {
		t.byDeed()
	}
	t.a.Since(t.LastAt(id, t.e.Position, event.Is[event.TransferBegun]),
		t.Obstacle(w, target, id, target, t.e.Position))
}

func (t *telling) lease() {
	w := t.Before(t.e)
	t.a.By(rules.LeaseLasts)
	if d := inquiry.CauseOf(t.e); d != nil {
		t.a.Halves = inquiry.HalvesOf(d.Halves)
		t.a.Fact("a majority answered round %d of heartbeats: %s (%s, %s)", d.Args[0], tell.Halves(d.Halves), d.Rule.ID,
			d.Rule.Place)
	}
	t.a.NoteBugs(w, t.e.Node, rules.LeaseEndsFirst)
	t.a.Compare("ticks that it lasts", event.As[event.LeaseBegun](t.e).Ticks)
	t.a.Compare("minimum election timeout", w.Settings().ElectionTimeout.Min)
	t.a.Compare("clock-bound", w.Settings().ClockBound)
	t.bySource()
}

func (t *telling) leaseOver() {
	t.a.By(rules.LeaseLasts)
	t.a.Since(t.LastAt(t.e.Node, t.e.Position, event.Is[event.LeaseBegun]))
	if inquiry.ByTime(t.e) {
		t.a.Fact("its ticks ran out before a majority answered another round of heartbeats")
	} else {
		t.byDeed()
	}
}
