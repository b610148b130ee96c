package commands

import (
	"context"
	"slices"

	"raftlab/cluster"
	"raftlab/raft"
)

// Plans for a question are tried on a copy before any search: what a person
// would do in a few commands is found at once, however many servers there are.

// mostElections is how many elections of its own a server is given in a plan:
// the first may only tell it of a later term, or find votes given away.
const mostElections = 4

// planWin is a schedule that makes a server leader, or nil: its own election,
// with the servers that would vote for it; else, where its log is behind, after
// another leader has sent it what it lacks.
func planWin(ctx context.Context, w *cluster.World, id raft.ID) []cluster.Action {
	goal := func(w *cluster.World) bool { return leadsNow(w, id) }
	if d := newDirector(ctx, w); d.win(id) {
		return leastPath(ctx, w, d.path, goal)
	}
	for _, other := range mayHelp(w, id) {
		d := newDirector(ctx, w)
		if d.help(other, id) && d.win(id) {
			return leastPath(ctx, w, d.path, goal)
		}
	}
	for _, first := range []bool{false, true} { // what is in flight may help or hinder
		for _, other := range mayHelp(w, id) {
			d := newDirector(ctx, w)
			if first {
				d.deliverAll()
			}
			d.elections(other)
			d.elections(id)
			if leadsNow(d.w, id) {
				return leastPath(ctx, w, d.path, goal)
			}
		}
	}
	return nil
}

// elections holds elections of a server without choosing who is asked: every
// server is up, and all mail is delivered. What the leader sends then may be
// needed, such as what it takes into a snapshot once it is committed.
func (d *director) elections(id raft.ID) {
	d.giveVote(id)
	for begun := 0; begun < mostElections && !d.stuck && !leadsNow(d.w, id); begun++ {
		for _, v := range d.w.IDs() {
			d.wake(v)
			d.release(v, d.w.Stored(id).CurrentTerm+1)
		}
		if d.stuck || d.w.Apply(cluster.Timeout{Node: id}) != nil {
			return
		}
		d.path = append(d.path, cluster.Timeout{Node: id})
		d.deliverAll()
	}
	if !d.stuck && leadsNow(d.w, id) {
		d.do(cluster.Heartbeat{Node: id})
		d.deliverAll()
	}
}

// deliverAll delivers what is in flight and what is sent on that, oldest first.
func (d *director) deliverAll() {
	const most = 1000 // what takes more steps is no plan
	for seen, did := uint64(0), true; did; {
		did = false
		for _, f := range d.w.FlightsAfter(seen) {
			seen = f.ID
			if d.w.Waits(&f) || d.w.Fate(&f) != "" {
				continue
			}
			if did = true; len(d.path) > most || !d.do(cluster.Deliver{ID: f.ID}) {
				return
			}
		}
	}
}

func leadsNow(w *cluster.World, id raft.ID) bool {
	n := w.Node(id)
	return n != nil && n.Role() == raft.Leader
}

// hasAllOf tells whether a server may campaign with a log as good as the leader's.
func hasAllOf(w *cluster.World, id, leader raft.ID) bool {
	n, l := w.Node(id), w.Node(leader)
	return n != nil && l != nil && n.MayCampaign() && n.Log().LastIndex() >= l.Log().LastIndex() && n.Log().LastTerm() == l.Log().LastTerm()
}

// mayHelp is the servers that may send another one what it lacks: leaders
// first, then those with the most up-to-date logs.
func mayHelp(w *cluster.World, id raft.ID) []raft.ID {
	others := slices.DeleteFunc(w.IDs(), func(o raft.ID) bool { return o == id || w.Frozen(o) || w.IsCut(o, id) || w.IsCut(id, o) })
	rank := func(o raft.ID) (leads uint64, l *raft.Log) {
		if leadsNow(w, o) {
			leads = w.Node(o).CurrentTerm()
		}
		return leads, &w.Stored(o).Log
	}
	slices.SortStableFunc(others, func(a, b raft.ID) int {
		leadsA, la := rank(a)
		leadsB, lb := rank(b)
		for _, d := range []int{int(leadsB) - int(leadsA), int(lb.LastTerm()) - int(la.LastTerm()), int(lb.LastIndex()) - int(la.LastIndex())} {
			if d != 0 {
				return d
			}
		}
		return 0
	})
	return others
}

// help has another server lead, and send a server what it lacks. One that is in
// a later term ends the leader's by its answer, which then has to win again.
func (d *director) help(other, id raft.ID) bool {
	for begun := 0; begun < mostElections && d.win(other); begun++ {
		over := func(w *cluster.World) bool { return !leadsNow(w, other) || hasAllOf(w, id, other) }
		if d.bring(other, id, over) && leadsNow(d.w, other) {
			return true
		}
	}
	return false
}

// giveVote has a server that was removed forget that its removal is committed, by
// a crash (thesis 4.2.2).
func (d *director) giveVote(id raft.ID) {
	if n := d.w.Node(id); n != nil && !n.MayCampaign() {
		d.do(cluster.Kill{Node: id})
	}
}

// win has a server win an election, with a few of its own at most.
func (d *director) win(id raft.ID) bool {
	d.giveVote(id)
	d.wake(id)
	for begun := 0; begun <= mostElections && !d.stuck && !leadsNow(d.w, id); begun++ {
		if begun > 0 || d.w.Node(id).Role() == raft.Follower {
			d.do(cluster.Timeout{Node: id})
		}
		d.gather(id, d.voters(id), "PreVote", "PreVoteReply", raft.PreCandidate)
		d.gather(id, d.voters(id), "RequestVote", "RequestVoteReply", raft.Candidate)
	}
	return !d.stuck && leadsNow(d.w, id)
}

// voters is the voters that a server can reach, those first that are most
// likely to vote for it. One in a later term tells it of that.
func (d *director) voters(id raft.ID) []raft.ID {
	if d.stuck {
		return nil
	}
	n := d.w.Node(id)
	mine := n.Log()
	rank := func(v raft.ID) (r int) {
		s := d.w.Stored(v)
		newer := s.Log.LastTerm() > mine.LastTerm() || s.Log.LastTerm() == mine.LastTerm() && s.Log.LastIndex() > mine.LastIndex()
		for i, flaw := range []bool{!d.w.Up(v), s.CurrentTerm == n.CurrentTerm() && s.VotedFor != 0 && s.VotedFor != id, s.CurrentTerm > n.CurrentTerm(), newer} {
			if flaw {
				r |= 1 << i
			}
		}
		return r
	}
	var out []raft.ID
	for v := range n.Configuration().AllVoters().Without(id).All() {
		if d.w.Has(v) && !d.w.Frozen(v) && !d.w.IsCut(id, v) && !d.w.IsCut(v, id) {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b raft.ID) int { return rank(a) - rank(b) })
	return out
}

// leastPath leaves out of a schedule what is not needed for the goal: of a long
// one many actions in a row, and of what is short by then up to three.
func leastPath(ctx context.Context, w *cluster.World, path []cluster.Action, goal func(*cluster.World) bool) []cluster.Action {
	const long = 100
	for _, size := range []int{32, 8, 3, 2, 1} {
		if size > 3 != (len(path) >= long) {
			continue
		}
		for i := len(path) - size; i >= 0 && ctx.Err() == nil; i-- {
			less := slices.Delete(slices.Clone(path), i, i+size)
			if d := newDirector(ctx, w); d.all(less) && goal(d.w) {
				path = less
				i = min(i+1, len(path)-size+1)
			}
		}
	}
	return path
}

// all does all of the actions.
func (d *director) all(path []cluster.Action) bool {
	for _, a := range path {
		d.do(a)
	}
	return !d.stuck
}

// fewestToWin is a number of steps without which a server cannot win from
// here: its timer, then for each vote that it needs a request and an answer,
// the same for PreVote, and a restart or a timer where the voter would not
// answer yet. It is 0 where something under way may save a step.
func fewestToWin(w *cluster.World, id raft.ID) int {
	n := w.Node(id)
	if len(w.Bugs()) > 0 || n == nil || n.Role() != raft.Follower || underWay(w, id) {
		return 0
	}
	s := w.Settings()
	var cost []int
	for v := range n.Configuration().AllVoters().Without(id).All() {
		each := 2
		if s.PreVote {
			each = 4
		}
		if m := w.Node(v); m == nil || m.HeardLeader() && (s.PreVote || s.Stickiness || s.Reads == "lease") {
			each++
		}
		cost = append(cost, each)
	}
	slices.Sort(cost)
	sum := 1
	for _, each := range cost[:votesNeeded(n.Configuration(), id)] {
		sum += each
	}
	return sum
}

// underWay tells whether a transfer, a change of membership or an earlier
// election may shorten the server's way.
func underWay(w *cluster.World, id raft.ID) bool {
	for _, o := range w.IDs() {
		if n := w.Node(o); n != nil && n.Transferee() != 0 {
			return true
		}
	}
	for _, f := range w.Flights() {
		if f.To == id && isVoteReply(f.Message) || f.Message.Type() == "TimeoutNow" {
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
