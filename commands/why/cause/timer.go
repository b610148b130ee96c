package cause

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// ofClock explains what clocks and timers do, and what ends with them.
func ofClock(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) bool {
	switch x := e.What.(type) {
	case cluster.ElectionTimeout:
		whyTimeout(q, e, a)
	case cluster.HeartbeatDue:
		whyHeartbeat(q, e, a)
	case cluster.QuorumChecked:
		whyQuorum(q, e, a)
	case cluster.TransferOver:
		whyTransferOver(q, e, a, x.To)
	case cluster.LeaseBegun:
		whyLease(q, e, a, x.Ticks)
	case cluster.LeaseEnded:
		whyLeaseOver(q, e, a)
	default:
		return false
	}
	return true
}

func whyTimeout(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	if !inquiry.ByTime(e) {
		if len(e.Cause) > 0 { // with PreVote, of a server alone, it is the first of two
			Decided(q, a, e.Cause[0], e)
		} else {
			a.By(raft.ElectionTimeoutRule)
		}
		a.Cause(q.ByHand(e)...)
		a.Cause(q.Deed(e))
		return
	}
	id, before := e.Node, q.Before(e)
	_, drawn := before.Timer(id)
	a.By(cluster.TimerRunsOut)
	a.Compare("ticks left", 0)
	a.Compare("election timeout drawn", fmt.Sprintf("%d, from %s", drawn,
		cluster.FindSetting("election-timeout").Get(before.Settings())))
	a.Cause(q.TimerBegan(before, id)...)
	a.Cause(silence(q, before, id, e.Position)...)
}

// silence is why the leader that a server knew is not heard.
func silence(q *inquiry.Inquiry, w *cluster.World, id raft.ID, before uint64) []inquiry.Because {
	n := w.State(id)
	if n == nil || n.Leader == 0 {
		return nil
	}
	leader := n.Leader
	switch {
	case !w.Up(leader):
		return q.Because(q.DownSince(leader, before))
	case w.Frozen(leader):
		return q.Because(q.FrozenSince(leader, before))
	case w.IsCut(leader, id):
		return q.Because(q.CutSince(leader, id, before))
	case w.State(leader).Role != raft.Leader:
		return q.Because(q.Last(before, inquiry.Did[cluster.RoleChanged](leader)))
	}
	return nil
}

func whyHeartbeat(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.HeartbeatsRepeat)
	if !inquiry.ByTime(e) {
		a.Cause(q.Deed(e))
		return
	}
	_, of := q.Before(e).Timer(e.Node)
	a.Compare("ticks since the last one", of)
	a.Compare("heartbeat-interval", of)
	a.Cause(q.Because(q.Elected(e.Node, e.Position))...)
}

func whyQuorum(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	if d := inquiry.CauseOf(e); d != nil {
		Decided(q, a, d, e)
	} else {
		unruled(q, e, a, raft.CheckQuorumRule)
	}
	if !inquiry.ByTime(e) || a.Unruled {
		a.Cause(q.Deed(e))
	}
}

func whyTransferOver(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, target raft.ID) {
	a.By(cluster.TransferIsGivenUp)
	begun := q.Last(e.Position, inquiry.Did[cluster.TransferBegun](e.Node))
	if inquiry.ByTime(e) {
		limit := q.Before(e).Settings().ElectionTimeout.Min
		a.Compare("ticks since it began", limit)
		a.Compare("minimum election timeout", limit)
	} else {
		a.Cause(q.Deed(e))
	}
	a.Cause(q.Because(begun)...)
	if !q.Before(e).Up(target) {
		a.Cause(q.Because(q.DownSince(target, e.Position))...)
	} else if id := e.Node; q.Before(e).IsCut(id, target) {
		a.Cause(q.Because(q.CutSince(id, target, e.Position))...)
	}
}

func whyLease(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer, ticks uint64) {
	w := q.Before(e)
	s := w.Settings()
	a.By(cluster.LeaseLasts)
	if d := inquiry.CauseOf(e); d != nil {
		a.Halves = inquiry.HalvesOf(d.Halves)
		a.Fact("a majority answered round %d of heartbeats: %s (%s, %s)", d.Args[0],
			tell.Halves(d.Halves), d.Rule.ID, d.Rule.Place)
	}
	a.NoteBugs(w, cluster.LeaseEndsFirst, e.Node)
	a.Compare("ticks that it lasts", ticks)
	a.Compare("minimum election timeout", s.ElectionTimeout.Min)
	a.Compare("clock-bound", s.ClockBound)
	a.Cause(q.Source(e)...)
}

func whyLeaseOver(q *inquiry.Inquiry, e *cluster.Event, a *inquiry.Answer) {
	a.By(cluster.LeaseLasts)
	a.Cause(q.Because(q.Last(e.Position, inquiry.Did[cluster.LeaseBegun](e.Node)))...)
	if !inquiry.ByTime(e) {
		a.Cause(q.Deed(e))
		return
	}
	a.Fact("its ticks ran out before a majority answered another round of heartbeats")
}
