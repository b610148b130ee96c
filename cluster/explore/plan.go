package explore

import (
	"cmp"
	"context"

	"raftlab/cluster"
)

// pair is two searches within the same bounds. In the sparse network a link holds one message,
// and messages of an earlier term than their receiver's are lost. Every schedule found there
// is also one of the full network, in which no message has to be delivered. The sparse
// network has far fewer states, so its search goes deeper. The search of the full network
// then shows whether a shorter schedule exists.
type pair struct{ sparse, full *run }

// plan is a running search.
type plan struct {
	*Search
	*shared
	supposed *shared // for the sparse searches, see shareSupposed; nil: what all have
	// unnamed is for the guided searches. They leave names out in their own way, so they need
	// no part under other names.
	unnamed *shared
	ctx     context.Context
	pairs   []*pair
	guides  []*guided // none: what they would find counts for nothing
	guide   *guided   // the one that has found something
	used    Bounds    // how much of the bounds that schedule uses
	round   int       // of the guided searches, from 1, where the bounds grow
	taken   int       // ordinary steps of the guided searches that have ended
	lean    func()    // ends what beLean began; nil: the search is not large
	until   int       // how many states are seen to shorten what the guided search found
}

// Run searches from a world, which is not changed. It ends early when ctx does.
func (s *Search) Run(ctx context.Context, w *cluster.World) Result {
	if s.Workers == 0 {
		s.Workers = w.Workers()
	}
	if s.States == 0 {
		s.States = 100_000_000
	}
	if s.Memory == 0 {
		s.Memory = 2 << 30
	}
	own := *s
	beside := own
	if s.Goal == nil {
		beside.Workers = max(1, own.Workers/2) // the other searches need the rest
	}
	p := &plan{Search: &own, shared: s.share(w), unnamed: beside.shareUnnamed(w), ctx: ctx}
	p.supposed = s.shareSupposed(w, len(p.group))
	if !s.Grow {
		p.open(s.Bounds)
	}
	p.openGuides()
	r := p.search()
	if p.lean != nil {
		p.lean()
	}
	r.Bounds.Depth = s.Bounds.Depth
	return r
}

// search runs all of the searches in turn. Each sees a share of states, then each a larger one,
// so that one that finds something need not wait until the others end.
func (p *plan) search() Result {
	share := 4_000
	for sweep := 0; ; sweep++ {
		if p.Grow && sweep%2 == 0 {
			p.open(p.topical(p.grown(topTerm(p.start), sweep/2+1, false)))
			p.open(p.topical(p.grown(topTerm(p.start), sweep/2+1, true)))
		}
		r, ended := p.sweep(share)
		if ended || p.ctx.Err() != nil { // if few states can be reached, none is left to expand
			return p.conclude(r)
		}
		share *= 2 // without limit, because States limits what all searches see together
	}
}

// grown is the bounds of a round, from 1. Each round allows one more term, and some more of
// everything else.
func (s *Search) grown(term uint64, round int, faults bool) Bounds {
	some := (round + 1) / 2
	if s.Bounds.Depth > 0 {
		some = min(some, s.Bounds.Depth)
	}
	b := Bounds{Depth: s.Bounds.Depth, Timeouts: Any, Submits: some, Terms: term + uint64(round)}
	if faults {
		b.Beats, b.Crashes, b.Duplicates = some, some, some
	}
	if s.Mail { // messages from one of three servers to both others
		b.Drops = 2 * some
	}
	return b
}

func (p *plan) open(b Bounds) {
	one := &pair{full: p.newRun(b, false)}
	if !p.Plain && !p.Mail {
		one.sparse = cmp.Or(p.supposed, p.shared).newRun(b, true)
	}
	if p.until > 0 {
		p.bound(one)
	}
	p.pairs = append(p.pairs, one)
}

// sweep runs every search until it has seen that many states. It returns the one that ended
// the whole search, or nil and true if States, Memory or the context has ended it.
func (p *plan) sweep(share int) (*run, bool) {
	for _, one := range p.pairs {
		for _, r := range []*run{one.sparse, one.full} {
			if r == nil || r.Outcome == Complete || r == one.full && one.sparse != nil && one.sparse.found() {
				continue
			}
			if p.advance(r, share/r.weight()) {
				return nil, true
			}
			if r.found() || r == one.full && r.Outcome == Complete &&
				(!p.Grow || !r.held() || r.onlyDeep() || p.guide != nil && r.Bounds.allow(p.used)) {
				return r, true
			}
		}
	}
	return nil, false
}

// weight divides a search's share of states. The sparse network and bounds without faults get more,
// because a search there goes deeper with the same number of states.
func (r *run) weight() int {
	w := 1
	if !r.sparse {
		w *= 4
	}
	if r.Bounds.Crashes > 0 {
		w *= 2
		if r.Bounds.Changes > 0 { // far more can happen then
			w *= 2
		}
	}
	return w
}

// advance runs a search batch by batch. It may end after each batch.
func (p *plan) advance(r *run, states int) (ended bool) {
	for r.Outcome == "" && r.States < states {
		p.together(r, states)
		total := p.total(r)
		if p.lean == nil && total.States >= leanFrom {
			p.lean = beLean()
		}
		if p.Progress != nil {
			p.Progress(total)
		}
		if p.ctx.Err() != nil || p.full(total) || p.until > 0 && total.States >= p.until {
			return true
		}
	}
	return false
}

// full tells whether the searches together, whose counts these are, keep as much as they may.
func (p *plan) full(total Result) bool {
	return total.States >= p.States || total.Memory >= p.Memory || p.crowded() ||
		cmp.Or(p.supposed, p.shared).crowded()
}

// crowded tells whether there are about as many parts as there may be.
func (sh *shared) crowded() bool { return sh.servers.full() || sh.mail.full() || sh.rests.full() }

// total is a run's result with the counts of all runs.
func (p *plan) total(r *run) Result {
	t := r.Result
	t.Bounds, t.By = r.Bounds, Full
	if r.sparse {
		t.By = Sparse
	}
	t.States, t.Steps, t.Asked, t.Frontier, t.Memory = 0, 0, 0, 0, 0
	for _, one := range p.pairs {
		for _, r := range []*run{one.sparse, one.full} {
			if r != nil {
				t.States, t.Steps, t.Frontier, t.Memory = t.States+r.States, t.Steps+r.Steps, t.Frontier+r.Frontier,
					t.Memory+r.memory()
				t.Asked += r.Asked
			}
		}
	}
	for _, g := range p.guides {
		t.Memory += g.memory()
	}
	return t
}

// deepest is the search of the full network that has gone deepest, among those that have not
// ended.
func (p *plan) deepest() *run {
	best := p.pairs[len(p.pairs)-1].full
	for _, one := range p.pairs {
		if r := one.full; r.Outcome == "" && r.Depth > best.Depth {
			best = r
		}
	}
	return best
}

// conclude is the result. r is the search that has ended the whole, or nil.
func (p *plan) conclude(r *run) Result {
	if p.guide != nil && r == nil {
		r = p.covering()
		if r.Outcome == "" { // it may have begun only just now
			r.goOn(p.ctx, 50_000)
		}
	}
	if p.guide != nil && !r.found() {
		return p.fromGuide(r)
	}
	if r == nil { // what is said to have been tried was, in the full network
		t := p.total(p.deepest())
		t.Outcome, t.Proven, t.Full = Bound, t.Depth+1, p.full(t)
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

// confirm looks in the full network for a shorter schedule than the one that was found in the
// sparse network, until twice as many states as now have been seen.
func (p *plan) confirm(found, full *run) Result {
	p.guides, p.until = nil, 0
	p.below(full, len(found.Path), max(200_000, p.total(found).States)-full.States)
	best := found
	if full.found() {
		best = full
	}
	t := p.total(best)
	t.Proven = min(full.Depth+1, len(best.Path))
	return t
}

// headStart is how many ordinary steps the patient guided search takes before the
// curious one has its first turn; then they take turns.
const headStart = 150_000

// openGuides begins guided searches within the bounds. If the bounds grow, it begins new ones each
// round, which may begin two more terms.
func (p *plan) openGuides() {
	p.round++
	p.guides = nil
	steps, found := p.Bounds, p.Bounds
	switch {
	case p.Plain || p.Mail || !p.Grow && p.round > 1: // the messages that they lose count, or they have ended
		return
	case p.unnamed.crowded(): // there is no room for another
		return
	case p.Grow:
		some := p.round + 1
		steps = p.topical(Bounds{Timeouts: Any, Beats: Any, Crashes: some, Submits: some,
			Terms: topTerm(p.start) + uint64(2+2*p.round)})
		if steps.Changes > 0 { // after removing three of five servers, two majorities need not overlap
			steps.Changes++
		}
		found = unbounded(p.Bounds.Depth)
	}
	for _, t := range []taste{patient, curious} {
		p.guides = append(p.guides, p.unnamed.newGuided(t, steps, found))
	}
}

// unbounded is bounds on the depth only.
func unbounded(depth int) Bounds {
	return Bounds{Depth: depth, Timeouts: Any, Beats: Any, Crashes: Any, Duplicates: Any, Submits: Any, Changes: Any,
		Snapshots: Any}
}

// guidedShare is how many ordinary steps the guided searches may have taken when the others have
// taken that many. One step of a guided search costs as much as five, because many of its
// inputs are new, and it works out the facts of each state. So the guided searches get at most
// a third of the time, and only a small part of that after a fair number of steps. With few
// servers the other searches are quicker. Within given bounds they mostly finish, and should not
// be delayed. The share is in steps, not in time, so that it is the same on every machine.
func (p *plan) guidedShare(steps int) int {
	every, fair := 8, 4_000_000
	switch {
	case p.n == 5:
		fair = 2_000_000
	case p.n < 5 && p.Grow:
		every, fair = 30, 200_000
	case p.n < 5:
		every, fair = 40, 100_000
	}
	if share := steps / every; share <= fair {
		return 1000 + share
	}
	return 1000 + fair + (steps-fair*every)/(10*every)
}

// together makes a search that may see that many states expand some, and runs the guided search
// whose turn it is at the same time. If that finds something, the others look for something
// shorter.
func (p *plan) together(r *run, states int) {
	g, steps := p.turn(r.coming(states))
	guided := func() { g.goOn(p.ctx, steps) }
	switch {
	case g == nil:
		r.expand(p.ctx, states, nil)
	case p.Goal == nil:
		r.expand(p.ctx, states, guided)
	default: // each worker must ask it with its own number
		r.expand(p.ctx, states, nil)
		if !r.found() {
			guided()
		}
	}
	if g == nil || r.found() {
		return
	}
	total := p.total(r)
	if p.Progress != nil {
		total.By, total.Depth = Guided, g.deepest
		p.Progress(total)
	}
	if g.path != nil {
		p.guide = g
		p.shorten(total.States)
	}
}

// turn is the guided search whose turn it is while the others expand that many states, and the
// number of steps until which it may run; nil if there is none.
func (p *plan) turn(states int) (g *guided, steps int) {
	if len(p.guides) == 0 || p.guide != nil {
		return nil, 0
	}
	total := p.total(p.pairs[0].full)
	coming := states * total.Steps / total.States // at about the same ratio as so far
	left := p.guidedShare(total.Steps+coming) - p.taken
	for _, x := range p.guides {
		left -= x.taken
		if !x.over() && (g == nil || g.taken > headStart && x.taken < g.taken) {
			g = x
		}
	}
	if g == nil {
		for _, x := range p.guides {
			p.taken += x.taken
		}
		p.openGuides()
		return nil, 0
	}
	if left <= 0 {
		return nil, 0
	}
	return g, g.taken + left
}

// shorten limits the searches to schedules shorter than the one that was found, and to a number of
// further states, which is larger with few servers, because the searches can see more there.
func (p *plan) shorten(seen int) {
	p.used = p.usage(p.guide.path, p.guide.failure != nil)
	more := 4_000_000 >> (3 * max(0, p.n-3))
	if p.n == 4 {
		more = 2_000_000
	}
	p.until = seen + max(seen/8, more)
	p.Bounds.Depth = len(p.guide.path)
	for _, one := range p.pairs {
		p.bound(one)
	}
}

// bound limits a pair to schedules shorter than the one that the guided search has found, or as
// short in the sparse network.
func (p *plan) bound(one *pair) {
	if one.sparse != nil {
		one.sparse.Bounds.Depth = p.Bounds.Depth
	}
	one.full.Bounds.Depth = p.Bounds.Depth - 1
}

// fromGuide is the result if no shorter schedule was found than that of the guided search. r is the
// search that shows that there is none, or that has gone deepest.
func (p *plan) fromGuide(r *run) Result {
	t := p.total(r)
	t.By, t.Path, t.Breach, t.Failure, t.Outcome = Guided, p.guide.path, p.guide.breach, p.guide.failure, Reached
	switch {
	case t.Failure != nil:
		t.Outcome = Failed
	case t.Breach != nil:
		t.Outcome = Breach
	}
	t.Proven = min(r.Depth+1, len(t.Path))
	return t
}

// covering is the search of the full network that has gone deepest, among those whose bounds allow
// the schedule of the guided search. If none does, it is chosen among those that allow the most
// terms.
func (p *plan) covering() *run {
	best := p.pairs[0].full
	for _, one := range p.pairs {
		r := one.full
		switch covers, covered := r.Bounds.allow(p.used), best.Bounds.allow(p.used); {
		case covers != covered:
			if covers {
				best = r
			}
		case !covers && r.Bounds.Terms > best.Bounds.Terms,
			r.Bounds.Terms == best.Bounds.Terms && r.Depth > best.Depth, covers && r.Depth > best.Depth:
			best = r
		}
	}
	return best
}

// allow tells whether a schedule with this usage is within the bounds, apart from its length.
func (b Bounds) allow(u Bounds) bool {
	b.Depth = 0
	return b.hold(u)
}

// below makes a search look for something of fewer than that many steps, among that many further
// states.
func (p *plan) below(r *run, steps, states int) {
	depth := r.Bounds.Depth
	r.Bounds.Depth = steps - 1
	p.advance(r, r.States+states)
	r.Bounds.Depth = depth
}
