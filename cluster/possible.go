package cluster

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// Possible appends to actions everything that can happen next by itself: each
// message in flight arrives or is lost, each timer fires whatever its countdown
// says, each server crashes or restarts. Of messages that are alike one is
// enough. Its order depends on the state alone.
func (w *World) Possible(actions []Action) []Action {
	actions = w.possibleMail(actions)
	for _, s := range w.servers {
		switch {
		case !s.up():
			actions = append(actions, Restart{s.id})
			continue
		case s.frozen:
		case s.node.Role() == raft.Leader:
			actions = append(actions, Heartbeat{s.id})
		case s.node.MayCampaign():
			actions = append(actions, Timeout{s.id})
		}
		if !s.frozen {
			actions = w.possibleTimers(s, actions)
		}
		actions = append(actions, Kill{s.id})
	}
	return actions
}

// possibleTimers is the other timers of a server that make a difference now.
func (w *World) possibleTimers(s *server, actions []Action) []Action {
	n, leads := s.node, s.node.Role() == raft.Leader
	if n.HeardLeader() && (w.settings.PreVote || w.options.StickyFollower) {
		actions = append(actions, Fire{"minimum", s.id})
	}
	if leads && w.settings.CheckQuorum {
		actions = append(actions, Fire{"quorum", s.id})
	}
	if leads && n.Transferee() != 0 {
		actions = append(actions, Fire{"transfer", s.id})
	}
	if n.HasLease() {
		actions = append(actions, Fire{"lease", s.id})
	}
	return actions
}

// possibleMail is the deliveries and losses.
func (w *World) possibleMail(actions []Action) []Action {
	var room [64]uint64
	seen := room[:0]
	for i := range w.flights.list {
		m := &w.flights.list[i]
		if w.Waits(m) {
			continue
		}
		h := m.hash()
		if contains(seen, h) {
			continue
		}
		seen = append(seen, h)
		actions = append(actions, Deliver{m.ID}, Drop{m.ID})
	}
	return actions
}

func contains(list []uint64, v uint64) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// hash is that of the message and its way; its number does not count.
func (m *Flight) hash() uint64 {
	return invariants.Mix(raft.HashMessage(m.Message, xxhash.Sum64String), uint64(m.From)<<8|uint64(m.To))
}
