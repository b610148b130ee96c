package ask

import (
	"slices"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// fewestToWin is a number of steps without which a server cannot win from
// here: its timer, then for each vote that it needs a request and an answer,
// the same for PreVote, and a restart or a timer where the voter would not
// answer yet. It is 0 where something under way may save a step.
func fewestToWin(w *cluster.World, id raft.ID) int {
	n := w.State(id)
	if len(w.Bugs()) > 0 || n == nil || n.Role != raft.Follower || underWay(w, id) {
		return 0
	}
	s := w.Settings()
	var cost []int
	for v := range n.Configuration.AllVoters().Without(id).All() {
		each := 2
		if s.PreVote {
			each = 4
		}
		if m := w.State(v); m == nil || m.HeardLeader && (s.PreVote || s.Stickiness || s.Reads == "lease") {
			each++
		}
		cost = append(cost, each)
	}
	slices.Sort(cost)
	sum := 1
	for _, each := range cost[:votesNeeded(*n.Configuration, id)] {
		sum += each
	}
	return sum
}

// underWay tells whether a transfer, a change of membership or an earlier
// election may shorten the server's way.
func underWay(w *cluster.World, id raft.ID) bool {
	for _, o := range w.IDs() {
		if n := w.State(o); n != nil && n.Transferee != 0 {
			return true
		}
	}
	for _, f := range w.Flights() {
		if f.To == id && tell.IsVoteReply(f.Message) || f.Message.Type() == "TimeoutNow" {
			return true
		}
	}
	ahead := configurationsAhead(w, id)
	return len(ahead) > 1
}

// votesNeeded is how many votes of others make a server leader at least, where
// two majorities are needed with those that count in both.
func votesNeeded(c raft.Configuration, id raft.ID) int {
	need := func(s raft.Set) int {
		switch {
		case s.Empty():
			return 0
		case s.Has(id):
			return s.Len() / 2
		}
		return s.Len()/2 + 1
	}
	now, old := need(c.Voters), need(c.Old)
	both := min(c.Voters.And(c.Old).Without(id).Len(), max(now, old))
	return both + max(0, now-both) + max(0, old-both)
}
