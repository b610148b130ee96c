package explore

import (
	"context"
	"slices"

	"raftlab/cluster"
	"raftlab/raft"
)

// A plan is a schedule of a few large macro steps: a whole election with the servers that vote
// first, or a leader that brings a follower's log all the way up to its own. Servers that take
// part restart if they must. So a short guided search leads to what a person does in a few
// commands, however many servers there are.

// planSteps is how many ordinary steps the search for a plan may take.
const planSteps = 30_000

// Plan looks for a plan that reaches the goal within the search's bounds. It returns nil if it
// finds none, which proves nothing. No action of what it finds can be left out, but another
// schedule may be shorter.
func (s *Search) Plan(ctx context.Context, w *cluster.World) []cluster.Action {
	own := *s
	own.Workers = 1 // it mostly ends before another could help
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

// plans calls out for each macro step of a plan that may lead to the goal. A crash is only tried
// if a server may lose something in it.
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

// spread calls out for a leader that brings its log to one follower, each in turn, and to all.
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

// mostElections is how many elections a server may start in a campaign. In the first it may only
// hear of a later term, or the others may have voted in its term already.
const mostElections = 4

// campaign makes a server win an election, with the servers that vote for it first.
func (w *worker) campaign(r *run, from state, id int, out func(*trial)) {
	t := w.try(r, from)
	// It is down, or a restart makes it forget that its removal is committed (thesis 4.2.2).
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

// gather collects votes until the candidate leads: first from servers that vote as they are, then
// from those that must be made ready. If the votes are not enough, the candidate hears of a later
// term, if a server knows one. gather tells whether another election may do better.
func (t *trial) gather(id int) (again bool) {
	var later *trial // in which it hears of a later term
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

// ready makes a server ready to vote: it restarts if it leads or is down, and its minimum election
// timeout passes. It reports false if neither was needed.
func (t *trial) ready(v int) bool {
	if t.part(v).leads {
		t.do(v, isKill)
	}
	restarted := t.do(v, isRestart)
	return t.do(v, isMinimum) || restarted
}

// bring delivers an append that changes the follower's log, and reports false if there is none.
// With pipelining, the newest in flight may be one that the follower would refuse.
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

// level makes a leader bring a follower's log up to its own, and hear of that.
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
