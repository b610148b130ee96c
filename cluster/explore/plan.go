package explore

import (
	"context"
	"runtime"

	"raftlab/cluster"
)

// pair is the two searches within the same bounds. In the sparse one a link
// holds one message, and what is of an earlier term than its receiver is lost:
// every schedule that it finds is one of the full network, where nothing ever
// need be delivered, and it has far fewer states, so that it goes deeper. The
// full one then says whether a shorter schedule exists.
type pair struct{ sparse, full *run }

// plan is a search under way.
type plan struct {
	*Search
	*shared
	ctx   context.Context
	pairs []*pair
}

// Run searches from a world, which is not changed. It ends early when ctx does.
func (s *Search) Run(ctx context.Context, w *cluster.World) Result {
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	if s.States == 0 {
		s.States = 100_000_000
	}
	if s.Memory == 0 {
		s.Memory = 4 << 30
	}
	p := &plan{Search: s, shared: s.share(w), ctx: ctx}
	if !s.Grow {
		p.open(s.Bounds)
	}
	// Each search gets a share of states, then each a larger one, so that the
	// one that finds something need not wait for the others to end.
	share := 4_000
	for sweep := 0; ; sweep++ {
		if s.Grow && sweep%2 == 0 {
			p.open(p.topical(s.grown(topTerm(w), sweep/2+1, false)))
			p.open(p.topical(s.grown(topTerm(w), sweep/2+1, true)))
		}
		r, ended := p.sweep(share)
		if ended || ctx.Err() != nil { // where few states can be reached, none is left to expand
			return p.conclude(r)
		}
		share *= 2 // without end: it is what all have seen together that is limited
	}
}

// grown is the bounds of a round, from 1: each lets one more term begin, and
// some more of the rest.
func (s *Search) grown(term uint64, round int, faults bool) Bounds {
	some := (round + 1) / 2
	if s.Bounds.Depth > 0 {
		some = min(some, s.Bounds.Depth)
	}
	b := Bounds{Depth: s.Bounds.Depth, Timeouts: Any, Submits: some, Terms: term + uint64(round)}
	if faults {
		b.Beats, b.Crashes, b.Duplicates = some, some, some
	}
	if s.Mail { // of three servers, what goes to two
		b.Drops = 2 * some
	}
	return b
}

// topTerm is the highest term of the world.
func topTerm(w *cluster.World) (top uint64) {
	for _, id := range w.IDs() {
		written, _ := w.Disk(id)
		top = max(top, written.CurrentTerm)
		if w.Up(id) {
			top = max(top, w.Node(id).CurrentTerm())
		}
	}
	return top
}

func (p *plan) open(b Bounds) {
	one := &pair{full: p.newRun(b, false)}
	if !p.Plain && !p.Mail {
		one.sparse = p.newRun(b, true)
	}
	p.pairs = append(p.pairs, one)
}

// sweep lets every search have seen so many states. It returns the one that
// ended the whole, or nil with true where the bounds of it all are reached.
func (p *plan) sweep(share int) (*run, bool) {
	for _, one := range p.pairs {
		for _, r := range []*run{one.sparse, one.full} {
			if r == nil || r.Outcome == Complete || r == one.full && one.sparse != nil && one.sparse.found() {
				continue
			}
			if p.advance(r, share/r.weight()) {
				return nil, true
			}
			if r.found() || r == one.full && r.Outcome == Complete && (!p.Grow || !r.held() || r.onlyDeep()) {
				return r, true
			}
		}
	}
	return nil, false
}

// weight is by how much less than the others a search gets: what is sparse or
// without faults goes deeper with the same number of states.
func (r *run) weight() int {
	w := 1
	if !r.sparse {
		w *= 4
	}
	if r.Bounds.Crashes > 0 {
		w *= 2
		if r.Bounds.Changes > 0 { // and far more can happen
			w *= 2
		}
	}
	return w
}

// advance lets a search go on, in steps after which it can be ended.
func (p *plan) advance(r *run, states int) (ended bool) {
	const step = 50_000
	for r.Outcome == "" && r.States < states {
		r.goOn(p.ctx, min(r.States+step, states))
		total := p.total(r)
		if p.Progress != nil {
			p.Progress(total)
		}
		if p.ctx.Err() != nil || total.States >= p.States || total.Memory >= p.Memory || p.crowded() {
			return true
		}
	}
	return false
}

// crowded tells whether there are about as many parts as there may be.
func (p *plan) crowded() bool { return p.servers.full() || p.mail.full() || p.rests.full() }

// total is a run's result with the figures of all.
func (p *plan) total(r *run) Result {
	t := r.Result
	t.Bounds, t.Sparse = r.Bounds, r.sparse
	t.States, t.Steps, t.Frontier, t.Memory = 0, 0, 0, 0
	for _, one := range p.pairs {
		for _, r := range []*run{one.sparse, one.full} {
			if r != nil {
				t.States, t.Steps, t.Frontier, t.Memory = t.States+r.States, t.Steps+r.Steps, t.Frontier+r.Frontier, t.Memory+r.memory()
			}
		}
	}
	return t
}

// deepest is the search of the full network that has gone deepest of those that
// have not come to their end.
func (p *plan) deepest() *run {
	best := p.pairs[len(p.pairs)-1].full
	for _, one := range p.pairs {
		if r := one.full; r.Outcome == "" && r.Depth > best.Depth {
			best = r
		}
	}
	return best
}

// conclude is the result when a search has ended the whole; nil: none has.
func (p *plan) conclude(r *run) Result {
	if r == nil { // what is said to have been tried was, in the full network
		t := p.total(p.deepest())
		t.Outcome, t.Proven = Bound, t.Depth+1
		return t
	}
	t := p.total(r)
	t.Proven = r.Depth + 1
	if !r.sparse {
		return t
	}
	for _, one := range p.pairs {
		if one.sparse == r {
			return p.confirm(r, one.full)
		}
	}
	return t
}

// confirm looks in the full network for a schedule that is shorter than the one
// that was found in the sparse one, as far as twice the states seen so far.
func (p *plan) confirm(found, full *run) Result {
	depth := full.Bounds.Depth
	full.Bounds.Depth = len(found.Path) - 1
	p.advance(full, max(200_000, p.total(found).States))
	full.Bounds.Depth = depth
	best := found
	if full.found() {
		best = full
	}
	t := p.total(best)
	t.Proven = min(full.Depth+1, len(best.Path))
	return t
}
