package cluster

import (
	"slices"

	"raftlab/raft"
)

// Possible appends to actions everything that can happen next by itself: each message in
// flight arrives or is lost, each timer fires, however far it has counted down, and each
// server crashes or restarts. Of messages that are alike it takes one. The order depends on
// the state alone.
func (w *World) Possible(actions []Action) []Action {
	actions = w.possibleMail(actions)
	for _, s := range w.servers {
		actions = w.possibleAt(s, actions)
	}
	return actions
}

// PossibleAt is what can happen at a server by itself, messages aside. It depends only on
// the server and on what is not a part.
func (b *Bench) PossibleAt(p ServerPart) []Action { return b.w.possibleAt(p.s, nil) }

func (w *World) possibleAt(s *server, actions []Action) []Action {
	if !s.up() {
		return append(actions, Restart{s.id})
	}
	switch {
	case s.frozen:
	case s.state.Role == raft.Leader:
		actions = append(actions, Heartbeat{s.id})
	case s.state.MayCampaign():
		actions = append(actions, Timeout{s.id})
	}
	if !s.frozen {
		actions = w.possibleTimers(s, actions)
	}
	return append(actions, Kill{s.id})
}

// possibleTimers is the other timers of a server that make a difference now.
func (w *World) possibleTimers(s *server, actions []Action) []Action {
	n, leads := s.state, s.state.Role == raft.Leader
	if n.HeardLeader && (w.options.AskedFirst || w.options.StickyFollower) {
		actions = append(actions, Fire{"minimum", s.id})
	}
	if leads && w.settings.CheckQuorum {
		actions = append(actions, Fire{"quorum", s.id})
	}
	if leads && n.Transferee != 0 {
		actions = append(actions, Fire{"transfer", s.id})
	}
	if n.Lease {
		actions = append(actions, Fire{"lease", s.id})
	}
	return actions
}

// MoreAt is what else can be done at a server where a mistake may depend on it: a snapshot
// and, at a leader, the changes of membership that it would accept. They concern the
// servers from S1 up to that number.
func (b *Bench) MoreAt(p ServerPart, about raft.Topics, servers int) (actions []Action) {
	s := p.s
	if !s.running() {
		return nil
	}
	n := s.state
	if applied := n.LastApplied; about&raft.AboutSnapshots != 0 && applied >= n.Log.FirstIndex() && n.MayCompact() {
		actions = append(actions, Snapshot{s.id})
	}
	if b.w.mayChange(s) {
		if about&raft.AboutMembers != 0 {
			actions = changeOne(n, actions, servers)
		}
		if b.w.wholeConfigurations() != nil {
			return actions
		}
		if about&raft.AboutLearners != 0 {
			actions = changeLearners(n, actions, servers)
		}
		if about&raft.AboutJoint != 0 {
			actions = changeAll(n, actions, servers)
		}
	}
	return actions
}

// mayChange tells whether the server would accept a change of membership now. It asks with
// a learner that does not exist.
func (w *World) mayChange(s *server) bool {
	nobody := raft.MaxID
	for s.state.Configuration.Members().Has(nobody) {
		nobody--
	}
	return s.state.Role == raft.Leader && w.programs(s.id).Clone(s.node).Step(raft.AddServer(nobody, true),
		&raft.Output{}) == nil
}

// changeOne is the additions and removals of one member.
func changeOne(n *raft.State, actions []Action, servers int) []Action {
	c := n.Configuration
	for id := raft.ID(1); int(id) <= servers; id++ {
		switch {
		case !c.Members().Has(id):
			actions = append(actions, AddServer{Node: id, At: n.ID})
		case !c.Voters.Has(id) || c.Voters.Len() > 1:
			actions = append(actions, RemoveServer{Node: id, At: n.ID})
		}
	}
	return actions
}

// changeLearners is the servers that become learners, and the learners that
// become voters.
func changeLearners(n *raft.State, actions []Action, servers int) []Action {
	c := n.Configuration
	for id := raft.ID(1); int(id) <= servers; id++ {
		switch {
		case !c.Members().Has(id):
			actions = append(actions, AddServer{Node: id, Learner: true, At: n.ID})
		case c.Learners.Has(id) && n.MatchIndex(id) >= n.CommitIndex: // thesis 4.2.1
			actions = append(actions, Promote{Node: id, At: n.ID})
		}
	}
	return actions
}

// changeAll is every other set of voters.
func changeAll(n *raft.State, actions []Action, servers int) []Action {
	for _, voters := range voterSets(servers) {
		if voters != n.Configuration.Voters {
			actions = append(actions, Reconfigure{Voters: voters, At: n.ID})
		}
	}
	return actions
}

// voterSets is every set of voters among so many servers. If these are more than a few, it
// is only the sets of one voter.
func voterSets(servers int) (sets []raft.Set) {
	const few = 6
	for id := raft.ID(1); int(id) <= servers; id++ {
		for _, s := range sets {
			if servers <= few {
				sets = append(sets, s.With(id))
			}
		}
		sets = append(sets, raft.SetOf(id))
	}
	return sets
}

// possibleMail is the deliveries and losses.
func (w *World) possibleMail(actions []Action) []Action {
	var room [64]uint64
	seen := room[:0]
	for _, m := range w.flights.All() {
		if w.Waits(m) {
			continue
		}
		h := w.EnvelopeHash(&m.Envelope, nil)
		if slices.Contains(seen, h) {
			continue
		}
		seen = append(seen, h)
		actions = append(actions, Deliver{m.ID}, Drop{m.ID})
	}
	return actions
}
