package explore

import (
	"cmp"
	"context"

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
	supposed *shared // for the sparse searches, see shareSupposed; nil: what all have
	// unnamed is for the guided search, which has a way of its own to leave out
	// names: no part of it need be renamed.
	unnamed *shared
	ctx     context.Context
	pairs   []*pair
	guides  []*guided // none: what they would find counts for nothing
	guide   *guided   // the one that has found something
	used    Bounds    // what that schedule takes of the bounds
	round   int       // of the guided searches, from 1, where the bounds grow
	taken   int       // ordinary steps of those that have come to their end
	lean    func()    // ends what began when it became large; nil: it has not
	until   int       // as many states are seen to shorten what the guided search found
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
		s.Memory = 4 << 30
	}
	own := *s
	beside := own
	if s.Goal == nil {
		beside.Workers = max(1, own.Workers/2) // the others have enough to do
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

// search lets all of them search in turn. Each gets a share of states, then each
// a larger one, so that the one that finds something need not wait for the others
// to end.
func (p *plan) search() Result {
	share := 4_000
	for sweep := 0; ; sweep++ {
		if p.Grow && sweep%2 == 0 {
			p.open(p.topical(p.grown(topTerm(p.start), sweep/2+1, false)))
			p.open(p.topical(p.grown(topTerm(p.start), sweep/2+1, true)))
		}
		r, ended := p.sweep(share)
		if ended || p.ctx.Err() != nil { // where few states can be reached, none is left to expand
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
			if r.found() || r == one.full && r.Outcome == Complete &&
				(!p.Grow || !r.held() || r.onlyDeep() || p.guide != nil && r.Bounds.allow(p.used)) {
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

// advance lets a search go on, batch by batch, after each of which it can be ended.
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
		if p.ctx.Err() != nil || total.States >= p.States || total.Memory >= p.Memory || p.crowded() ||
			cmp.Or(p.supposed, p.shared).crowded() || p.until > 0 && total.States >= p.until {
			return true
		}
	}
	return false
}

// crowded tells whether there are about as many parts as there may be.
func (sh *shared) crowded() bool { return sh.servers.full() || sh.mail.full() || sh.rests.full() }

// total is a run's result with the figures of all.
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

// openGuides opens the guided searches within the bounds; where these grow, some
// that have two terms more to begin than those before.
func (p *plan) openGuides() {
	p.round++
	p.guides = nil
	steps, found := p.Bounds, p.Bounds
	switch {
	case p.Plain || p.Mail || !p.Grow && p.round > 1: // what it loses counts, or they have come to their end
		return
	case p.unnamed.crowded(): // there is no room for another
		return
	case p.Grow:
		some := p.round + 1
		steps = p.topical(Bounds{Timeouts: Any, Beats: Any, Crashes: some, Submits: some,
			Terms: topTerm(p.start) + uint64(2+2*p.round)})
		if steps.Changes > 0 { // of five servers the third leaves two whose majorities share none
			steps.Changes++
		}
		found = unbounded(p.Bounds.Depth)
	}
	for _, t := range []taste{patient, curious} {
		p.guides = append(p.guides, p.unnamed.newGuided(t, steps, found))
	}
}

// unbounded bounds nothing but the depth.
func unbounded(depth int) Bounds {
	return Bounds{Depth: depth, Timeouts: Any, Beats: Any, Crashes: Any, Duplicates: Any, Submits: Any, Changes: Any,
		Snapshots: Any}
}

// guidedShare is how many ordinary steps the guided searches may have taken when the
// others have taken so many. One of theirs costs as much as five, since many of
// their inputs are new, and they look at what is true of each state. So they have a
// third of the time at most, until they have had a fair go, and a small part of that
// from then on. Among few servers the others are quicker, and within bounds they
// mostly come to an end, which nothing should delay. What counts are steps, not
// time, so that it is the same on every machine.
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

// together lets a search that is to see so many states expand some, and the guided
// search that has its turn go on beside it. Where that has found something, the
// others go on to look for something shorter.
func (p *plan) together(r *run, states int) {
	g, steps := p.turn(r.coming(states))
	guided := func() { g.goOn(p.ctx, steps) }
	switch {
	case g == nil:
		r.expand(p.ctx, states, nil)
	case p.Goal == nil:
		r.expand(p.ctx, states, guided)
	default: // it is asked by each worker under a number of its own
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

// turn is the guided search whose turn it is while the others expand so many states,
// and until how many steps it is to go on; nil: there is none.
func (p *plan) turn(states int) (g *guided, steps int) {
	if len(p.guides) == 0 || p.guide != nil {
		return nil, 0
	}
	total := p.total(p.pairs[0].full)
	coming := states * total.Steps / total.States // about as many as of those before
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

// shorten bounds the searches to what is shorter than what was found, and to so
// many states more: among few servers, where they can see much, to more of them.
func (p *plan) shorten(seen int) {
	p.used = p.usage(p.guide.path)
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

// bound lets a pair look for what is shorter than what the guided search has
// found; where it is as short, in the sparse network, it is as good.
func (p *plan) bound(one *pair) {
	if one.sparse != nil {
		one.sparse.Bounds.Depth = p.Bounds.Depth
	}
	one.full.Bounds.Depth = p.Bounds.Depth - 1
}

// fromGuide is the result where nothing shorter than what the guided search has
// found was found: r is the search that shows that there is nothing, or has gone
// deepest.
func (p *plan) fromGuide(r *run) Result {
	t := p.total(r)
	t.By, t.Path, t.Breach, t.Outcome = Guided, p.guide.path, p.guide.breach, Reached
	if t.Breach != nil {
		t.Outcome = Breach
	}
	t.Proven = min(r.Depth+1, len(t.Path))
	return t
}

// covering is the search of the full network that has gone deepest of those whose
// bounds allow what the guided search has found; where none does, of those that let
// most terms begin.
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

// allow tells whether a schedule that takes so much is within the bounds, however
// long it is.
func (b Bounds) allow(u Bounds) bool {
	b.Depth = 0
	return b.hold(u)
}

// below lets a search look for something shorter than so many steps, among so
// many states more.
func (p *plan) below(r *run, steps, states int) {
	depth := r.Bounds.Depth
	r.Bounds.Depth = steps - 1
	p.advance(r, r.States+states)
	r.Bounds.Depth = depth
}
