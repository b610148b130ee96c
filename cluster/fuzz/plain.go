package fuzz

import (
	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Plain is what a schedule came to, without clocks: instead of time that passes
// the timers that ran out, instead of "the next message" that message. So each
// can be left out by itself. What it leads to is the same but for countdowns.
func Plain(from *cluster.World, actions []cluster.Action) []cluster.Action {
	w := from.Clone()
	l := &cluster.Listener{NoTicks: true}
	w.Listen(l)
	var out []cluster.Action
	for _, a := range actions {
		heard := heardLeader(w)
		if w.Apply(a) != nil {
			continue
		}
		events, _ := l.Take()
		switch a.(type) {
		case cluster.Advance, cluster.DeliverNext, cluster.Tick, cluster.ClockTick, cluster.Arrive:
			out = append(out, plain(events)...)
			for id := range heard.Minus(heardLeader(w)).All() {
				if w.Up(id) && w.State(id).Role == raft.Follower {
					out = append(out, cluster.Fire{Timer: "minimum", Node: id})
				}
			}
		default:
			out = append(out, a)
		}
	}
	return out
}

// heardLeader is the servers whose minimum election timeout has not passed.
func heardLeader(w *cluster.World) (s raft.Set) {
	for _, id := range w.IDs() {
		if w.Up(id) && w.State(id).HeardLeader {
			s = s.With(id)
		}
	}
	return s
}

// plain is the actions that the events of one action tell of.
func plain(events []event.Event) (out []cluster.Action) {
	for i := range events {
		e := &events[i]
		switch x := e.What.(type) {
		case event.ElectionTimeout:
			out = append(out, cluster.Timeout{Node: e.Node})
		case event.HeartbeatDue:
			out = append(out, cluster.Heartbeat{Node: e.Node})
		case event.QuorumChecked:
			out = append(out, cluster.Fire{Timer: "quorum", Node: e.Node})
		case event.TransferOver:
			out = append(out, cluster.Fire{Timer: "transfer", Node: e.Node})
		case event.LeaseEnded:
			out = append(out, cluster.Fire{Timer: "lease", Node: e.Node})
		case event.Duplicated:
			out = append(out, cluster.Duplicate{ID: x.Of})
		case event.Delivered:
			out = append(out, cluster.Deliver{ID: x.ID})
		case event.Lost:
			out = append(out, cluster.Drop{ID: x.ID})
		}
	}
	return out
}
