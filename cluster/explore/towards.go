package explore

import (
	"context"
	"slices"

	"raftlab/cluster"
	"raftlab/raft"
)

// A plan is a guided search that is soon over: it takes whole elections by the
// servers that vote first, and has a leader bring a follower all the way, whatever
// takes part being restarted where it must be. So a few macro steps lead to what a
// person does in a few commands, however many servers there are.

// planSteps is how many ordinary steps a plan may look at.
const planSteps = 30_000

// Plan looks for a schedule to the goal within the search's bounds by a few macro
// steps. It returns nil where it finds none, which proves nothing; what it finds
// cannot spare an action, but may not be shortest.
func (s *Search) Plan(ctx context.Context, w *cluster.World) []cluster.Action {
	own := *s
	own.Workers = 1 // mostly it is over before another could help
	steps, found := s.Bounds, s.Bounds
	if s.Grow {
		steps = Bounds{Timeouts: Any, Beats: Any, Crashes: Any, Submits: Any}
		found = unbounded(s.Bounds.Depth)
	}
	g := own.shareUnder(w, []raft.Renaming{nil}).newGuided(taste{degree: 10}, steps, found)
	g.serves = s.Serves
	if s.Serves == nil {
		g.serves = func(*cluster.World, raft.ID, raft.ID) bool { return true }
	}
	g.goOn(ctx, planSteps)
	return g.path
}

// plans calls out with each macro step of a plan that may serve. A crash is one
// only where it may lose something.
func (w *worker) plans(g *guided, from state, out func(*trial)) {
	r := g.run
	for id := range r.n {
		p := w.at(r, from, id)
		if serves := g.serves(w.world(r, from), raft.ID(id+1), 0); p.leads {
			w.spread(g, from, id, out)
			if serves {
				w.command(r, from, id, out)
			}
		} else if serves {
			w.campaign(r, from, id, out)
		}
	}
	if !r.start.Settings().Fsync {
		w.outage(r, from, out)
	}
	w.arrivals(r, from, func(t *trial, m *letter) {
		t.deliver(int(m.To-1), int(m.From-1), isAny)
		out(t)
	})
}

// spread has a leader bring its log to one follower, and to all.
func (w *worker) spread(g *guided, from state, id int, out func(*trial)) {
	all := w.try(g.run, from)
	for to := range g.n {
		if to == id || !g.serves(w.world(g.run, from), raft.ID(id+1), raft.ID(to+1)) {
			continue
		}
		one := w.try(g.run, from)
		one.level(id, to)
		out(one)
		all.level(id, to)
	}
	out(all)
}

// outage is a power failure: every server crashes.
func (w *worker) outage(r *run, from state, out func(*trial)) {
	t := w.try(r, from)
	for id := range r.n {
		t.do(id, isKill)
	}
	out(t)
}

// mostElections is how many elections of its own a server is given: the first may
// only tell it of a later term, or find the votes given away.
const mostElections = 4

// campaign is a server that wins, by the servers that vote for it first.
func (w *worker) campaign(r *run, from state, id int, out func(*trial)) {
	t := w.try(r, from)
	// it is down, or forgets that way that its removal is committed (thesis 4.2.2)
	if !slices.ContainsFunc(t.part(id).actions, isTimeout) {
		t.do(id, isKill)
		t.do(id, isRestart)
	}
	for range mostElections {
		if !t.do(id, isTimeout) {
			return
		}
		again := false
		for round := 0; round < 2 && !again && !t.part(id).leads; round++ { // with PreVote there are two
			again = t.gather(id)
		}
		switch {
		case t.dead || !t.part(id).leads && !again:
			return
		case t.part(id).leads:
			out(t)
			return
		}
	}
}

// gather has the servers vote that do so as they are, and then those that have
// to be made ready for it, as long as votes are needed. Where they do not suffice,
// the candidate hears of a later term; it tells whether another election may do
// better.
func (t *trial) gather(id int) (again bool) {
	var later *trial // by whose answer it would
	term := t.part(id).term
	for _, ready := range []bool{false, true} {
		for v := range t.r.n {
			if t.dead || t.part(id).leads || t.part(id).term != term {
				return false
			}
			half := t.fork()
			if ready && !half.ready(v) || !half.deliver(id, v, isVoteRequest) {
				continue
			}
			if half.deliver(v, id, isGrant) {
				*t = *half
				continue
			}
			voter := half.part(v)
			again = again || voter.term == term && voter.plain.Voted != 0
			if later == nil && voter.term > term && half.deliver(v, id, isAny) {
				later = half
			}
		}
	}
	if later != nil {
		*t = *later
	}
	return again || later != nil
}

// ready makes a server ready to vote that would not as it is: it restarts, where
// it led or was down, or has its minimum election timeout pass.
func (t *trial) ready(v int) bool {
	if t.part(v).leads {
		t.do(v, isKill)
	}
	restarted := t.do(v, isRestart)
	return t.do(v, isMinimum) || restarted
}

// bring has an append arrive from which the follower takes entries, if there is
// one: with pipelining, later ones are in flight that it would refuse.
func (t *trial) bring(id, to int) bool {
	for i, letter := range t.s.mail(t.r.n) {
		if m := t.r.mail.part(letter); int(m.From) != id+1 || int(m.To) != to+1 || !isAppend(m.Message) {
			continue
		}
		half := t.fork()
		if half.arrive(i) && half.part(to).plain.Log != t.part(to).plain.Log {
			*t = *half
			return true
		}
	}
	return false
}

// level has a leader bring a follower's log up to its own, and hear of it.
func (t *trial) level(id, to int) {
	t.do(to, isRestart)
	servers := func() [2]int32 { s := t.s.servers(t.r.n); return [2]int32{s[id], s[to]} }
	for range 3*t.part(id).plain.Last + 10 { // a round may bring a single entry, or go back by one
		before := servers()
		if t.find(id, to, isAppend) < 0 {
			t.do(id, isBeat)
		}
		if !t.bring(id, to) && !t.deliver(id, to, isAppend) {
			return
		}
		t.deliver(to, id, isAppendReply)
		stays := servers() == before && t.find(id, to, isAppend) < 0
		if t.dead || stays || !t.part(id).leads || t.part(to).plain.Log == t.part(id).plain.Log {
			return
		}
	}
}
