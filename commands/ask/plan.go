package ask

import (
	"context"
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/commands/each"
	"raftlab/raft"
)

// A plan makes a history for a situation, term by term: who leads it, who votes,
// and whose log is brought how far. Each server's log only ever grows towards
// what it is to be, but it may lag behind: that is what lets a candidate with
// an older log win (Figure 8).

// planned is one term of a plan.
type planned struct {
	term   uint64
	leader raft.ID
	voters []raft.ID
	base   int                // how long the leader's log is when it is elected
	length int                // and at the end of its term
	bring  map[raft.ID]uint64 // whose log is brought to which length
}

// planner looks for a plan, and tries it.
type planner struct {
	ctx context.Context
	*situation
	fresh  *cluster.World
	terms  []uint64
	budget int // of terms that are tried
	found  []cluster.Action
}

// Plan is a history from a fresh world to the situation, or nil.
func (s *situation) Plan(ctx context.Context, fresh *cluster.World) []cluster.Action {
	p := &planner{ctx: ctx, situation: s, fresh: fresh, terms: s.terms(), budget: 20_000}
	p.next(nil, make([]int, len(s.servers)))
	return p.found
}

// next plans the term after those that are planned; have is how long each
// server's log is by then.
func (p *planner) next(done []planned, have []int) bool {
	if p.budget--; p.budget < 0 || p.ctx.Err() != nil {
		return false
	}
	if len(done) == len(p.terms) {
		for x := range each.Of(p.servers) {
			if have[x.id-1] != len(x.log) {
				return false
			}
		}
		p.found = p.act(done)
		return p.found != nil
	}
	t := p.terms[len(done)]
	base := p.baseOf(t)
	count := 0
	for l := range each.Of(p.servers) {
		count = max(count, l.entriesOf(t))
	}
	for l := range each.Of(p.servers) {
		if have[l.id-1] != len(base) || l.entriesOf(t) != count || !leadsTo(l.log[:len(base)], base, t) ||
			l.term < t || l.term == t && l.vote != 0 && l.vote != l.id {
			continue
		}
		voters := p.votersFor(l.id, t, base, have)
		next := planned{term: t, leader: l.id, voters: voters, base: len(base), length: len(base) + count}
		if len(voters) >= p.n && p.spread(done, next, have) {
			return true
		}
	}
	return false
}

// votersFor is who votes for the leader: those of whose vote in this term
// something is left, and others up to a majority.
func (p *planner) votersFor(leader raft.ID, t uint64, base []raft.Entry, have []int) []raft.ID {
	out, others := []raft.ID{leader}, []raft.ID(nil)
	for v := range each.Of(p.servers) {
		switch {
		case v.id == leader || v.term < t || v.term == t && v.vote != 0 && v.vote != leader ||
			!notNewer(v.log[:have[v.id-1]], base):
		case v.term == t && v.vote == leader:
			out = append(out, v.id)
		default:
			others = append(others, v.id)
		}
	}
	return append(out, others[:min(len(others), max(0, p.n-len(out)))]...)
}

// spread decides whose logs the leader brings up, and plans on: all that it can
// first, then with more and more of them lagging behind.
func (p *planner) spread(done []planned, now planned, have []int) bool {
	leads := p.of(now.leader).log
	var can []raft.ID
	to := map[raft.ID]uint64{}
	for f := range each.Of(p.servers) {
		same := 0
		for same < min(len(f.log), now.length) && f.log[same].Term == leads[same].Term {
			same++
		}
		if f.id == now.leader || f.term < now.term || same <= have[f.id-1] || same < now.base ||
			same == now.base && p.fresh.Settings().NoOp {
			continue
		}
		can, to[f.id] = append(can, f.id), uint64(same)
	}
	for lagging := 0; lagging <= len(can); lagging++ {
		if choose(can, lagging, func(lag []raft.ID) bool {
			next := slices.Clone(have)
			next[now.leader-1] = now.length
			now.bring = map[raft.ID]uint64{}
			for _, id := range can {
				if !slices.Contains(lag, id) {
					now.bring[id], next[id-1] = to[id], int(to[id])
				}
			}
			return p.next(append(done[:len(done):len(done)], now), next)
		}) {
			return true
		}
		if p.budget < 0 || p.ctx.Err() != nil {
			return false
		}
	}
	return false
}

// choose calls try with each choice of k of the list until it returns true.
func choose(list []raft.ID, k int, try func([]raft.ID) bool) bool {
	var pick func(from int, picked []raft.ID) bool
	pick = func(from int, picked []raft.ID) bool {
		if len(picked) == k {
			return try(picked)
		}
		for i := from; i < len(list); i++ {
			if pick(i+1, append(picked[:len(picked):len(picked)], list[i])) {
				return true
			}
		}
		return false
	}
	return pick(0, nil)
}

// act lives a plan through on a copy of the fresh world; nil where it does not
// come to the situation.
func (p *planner) act(plan []planned) []cluster.Action {
	d := newDirector(p.ctx, p.fresh)
	for i := range plan {
		p.actTerm(d, &plan[i])
	}
	p.actVotes(d)
	for s := range each.Of(p.servers) { // what is known to be committed is forgotten in a crash
		if n := d.w.State(s.id); n != nil && s.up && n.CommitIndex > s.commit && s.commit == 0 {
			d.crash(s.id)
		}
		if !s.up && d.w.Up(s.id) {
			d.do(cluster.Kill{Node: s.id})
		}
	}
	if d.stuck || !p.Matches(d.w) {
		return nil
	}
	return d.path
}

// actTerm is one term: the election, then entry by entry, and at each length
// those who are to have just that much.
func (p *planner) actTerm(d *director, t *planned) {
	if !d.elect(t.leader, t.term, t.voters) {
		return
	}
	for length := uint64(t.base); length <= uint64(t.length) && !d.stuck; length++ {
		n := d.w.State(t.leader)
		if length > n.Log.LastIndex() {
			p.submit(d, t.leader, length)
		}
		if length < n.Log.LastIndex() {
			continue // with its own first entry it was already longer
		}
		commits := p.commitsAt(length, t.term)
		for _, id := range d.w.IDs() {
			if to := t.bring[id]; to == length || to > length && commits {
				d.bring(t.leader, id, func(w *cluster.World) bool {
					n := w.State(id)
					return n != nil && n.Log.LastIndex() == length
				})
			}
		}
		if commits {
			p.commit(d, t, length)
		}
	}
}

// submit is the entry that the situation has at an index.
func (p *planner) submit(d *director, leader raft.ID, index uint64) {
	data := p.of(leader).log[index-1].Data
	if data == "" {
		data = fmt.Sprintf("x=%d", index)
	}
	d.do(cluster.Request{Client: fmt.Sprintf("C%d", index), Data: data, Via: leader})
}

// commitsAt tells whether some server knows just this much to be committed.
func (p *planner) commitsAt(index, term uint64) bool {
	return slices.ContainsFunc(p.servers, func(s wanted) bool { return s.commit == index && s.termAt(index) == term })
}

// commit has the leader learn that a majority has the entry, and then those who
// are to know.
func (p *planner) commit(d *director, t *planned, index uint64) {
	for _, id := range d.w.IDs() {
		if n := d.w.State(t.leader); n == nil || n.CommitIndex >= index {
			break
		}
		if t.bring[id] >= index {
			d.deliver(id, t.leader, t.term, "AppendEntriesReply")
		}
	}
	for s := range each.Of(p.servers) {
		if s.id != t.leader && s.commit == index && t.bring[s.id] >= index {
			d.do(cluster.Heartbeat{Node: t.leader})
			d.bring(t.leader, s.id, func(w *cluster.World) bool {
				n := w.State(s.id)
				return n != nil && n.CommitIndex >= index
			})
		}
	}
}

// actVotes brings everybody to its term and vote: as a candidate of it, or as
// one who was asked.
func (p *planner) actVotes(d *director) {
	order := slices.Clone(p.servers)
	slices.SortStableFunc(order, func(a, b wanted) int { return int(a.term) - int(b.term) })
	campaign := func(id raft.ID, term uint64) {
		d.wake(id)
		for !d.stuck && d.w.State(id).CurrentTerm < term {
			if d.w.State(id).Role == raft.Leader {
				d.depose(id, term)
			} else {
				d.campaign(id, d.w.IDs())
			}
		}
	}
	for s := range each.Of(order) {
		stored := d.w.Stored(s.id)
		switch {
		case d.stuck:
			return
		case s.vote != 0 && s.vote != s.id && (stored.CurrentTerm != s.term || stored.VotedFor != s.vote):
			campaign(s.vote, s.term)
			d.wake(s.id)
			d.deliver(s.vote, s.id, s.term, "RequestVote")
		case stored.CurrentTerm < s.term:
			campaign(s.id, s.term)
		}
	}
}
