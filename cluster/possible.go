package cluster

import "raftlab/raft"

// Possible appends to actions everything that can happen next by itself: each
// message in flight arrives or is lost, each timer fires whatever its countdown
// says, each server crashes or restarts. Of messages that are alike one is
// enough. Its order depends on the state alone.
func (w *World) Possible(actions []Action) []Action {
	actions = w.possibleMail(actions)
	for _, s := range w.servers {
		actions = w.possibleAt(s, actions)
	}
	return actions
}

// PossibleAt is what can happen at a server by itself, mail aside; it depends
// on nothing but the server and what is no part.
func (b *Bench) PossibleAt(p ServerPart) []Action { return b.w.possibleAt(p.s, nil) }

func (w *World) possibleAt(s *server, actions []Action) []Action {
	if !s.up() {
		return append(actions, Restart{s.id})
	}
	switch {
	case s.frozen:
	case s.node.Role() == raft.Leader:
		actions = append(actions, Heartbeat{s.id})
	case s.node.MayCampaign():
		actions = append(actions, Timeout{s.id})
	}
	if !s.frozen {
		actions = w.possibleTimers(s, actions)
	}
	return append(actions, Kill{s.id})
}

// possibleTimers is the other timers of a server that make a difference now.
func (w *World) possibleTimers(s *server, actions []Action) []Action {
	n, leads := s.node, s.node.Role() == raft.Leader
	if n.HeardLeader() && (w.options.AskedFirst || w.options.StickyFollower) {
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
	for _, m := range w.flights.all() {
		if w.Waits(m) {
			continue
		}
		h := EnvelopeHash(&m.Envelope, nil)
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
