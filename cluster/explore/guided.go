package explore

import (
	"container/heap"
	"context"
	"slices"
	"unsafe"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// The guided search goes where the other two cannot be exhaustive: it takes
// macro steps, and first those from states in which something is true for the
// first time (novelty: Lipovetzky and Geffner 2012). It proves nothing; what it
// finds is reduced, taken again step by step, and then the others look for
// something shorter.

// waypoint is a state between two macro steps. It is taken up twice: for the
// steps that people think of first, and later for the rare ones.
type waypoint struct {
	state state // its mail is what was kept to arrive late
	from  *waypoint
	way   []move
	deep  int // macro steps
	rank  int // the lowest first
	order int // of equal ranks the oldest
	rare  bool
	erred bool // a mistake has made a difference
}

// What a waypoint costs beside its depth, in macro steps.
const (
	ofDegree = 10 // each degree of novelty that it lacks
	ofSubmit = 4  // each command after the first
	ofLate   = 3  // each message that is late
	ofErring = 4  // less, where a mistake has made a difference
)

// mostGuided is how many facts a guided search keeps.
const mostGuided = 4_000_000

// guidedBatch is how many states are taken up together.
const guidedBatch = 16

// guided is a search by macro steps under way.
type guided struct {
	*run
	bounds Bounds                                                // that a schedule has to keep to
	serves func(w *cluster.World, leader, follower raft.ID) bool // see Plan; nil: it is none
	// patience is what it costs to take a state up for its rare steps, in macro steps.
	patience int
	waiting  waypoints
	known    seen // states
	states   int
	kept     int  // bytes of those, see memory
	facts    seen // that were true once, and pairs of them
	truths   int  // how many facts
	batch    []*waypoint
	results  [][]outcome
	path     []cluster.Action // what was found
	breach   *invariants.Breach
	erred    bool // and by whether a mistake made a difference on the way
	deepest  int  // the most macro steps to a state that was taken up
	refused  int  // schedules that were found and do not keep to the bounds
	taken    int  // ordinary steps
}

// mostRefused is after how many schedules beyond the bounds it gives up.
const mostRefused = 50

// outcome is what a macro step came to.
type outcome struct {
	key   uint64
	facts []uint64
	state state
	way   []move
	ended bool
	erred bool
}

// newGuided is a guided search whose macro steps keep to some bounds, and what it
// finds to others.
func (sh *shared) newGuided(patience int, steps, found Bounds) *guided {
	steps.Depth = 0
	g := &guided{run: sh.newRun(steps, false), bounds: found, patience: patience}
	g.known.init()
	g.facts.init()
	heap.Push(&g.waiting, &waypoint{state: g.first})
	return g
}

// waypoints is a heap, by rank and age.
type waypoints []*waypoint

func (h waypoints) Len() int { return len(h) }
func (h waypoints) Less(i, j int) bool {
	if h[i].rank != h[j].rank {
		return h[i].rank < h[j].rank
	}
	return h[i].order < h[j].order
}
func (h waypoints) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *waypoints) Push(x any)   { *h = append(*h, x.(*waypoint)) }
func (h *waypoints) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return x
}

// over tells whether the search has come to its end.
func (g *guided) over() bool {
	return g.path != nil || len(g.waiting) == 0 || g.truths >= mostGuided || g.refused >= mostRefused || g.crowded()
}

// memory is about how many bytes it takes; what its states stand for is shared.
func (g *guided) memory() int { return 8*(g.known.places()+g.facts.places()) + g.kept }

// bytes is about how many a waypoint takes, which is kept for the way back.
func (p *waypoint) bytes() int {
	return int(unsafe.Sizeof(*p)) + 4*cap(p.state) + int(unsafe.Sizeof(move{}))*cap(p.way)
}

// goOn takes macro steps until they have taken so many ordinary steps.
func (g *guided) goOn(ctx context.Context, steps int) {
	for g.taken < steps && !g.over() && ctx.Err() == nil {
		g.expand(ctx)
	}
}

// expand takes the macro steps from the foremost states. What is new is kept in
// an order that does not depend on how many workers there are.
func (g *guided) expand(ctx context.Context) {
	g.batch = g.batch[:0]
	for len(g.batch) < guidedBatch && len(g.waiting) > 0 && (len(g.batch) == 0 || g.waiting[0].rare == g.batch[0].rare) {
		at := heap.Pop(&g.waiting).(*waypoint)
		g.batch = append(g.batch, at)
		g.deepest = max(g.deepest, at.deep)
	}
	g.results = append(g.results[:0], make([][]outcome, len(g.batch))...)
	each(g.workers, func(w *worker) { w.takeUp(g) })
	for _, w := range g.workers {
		g.taken += w.steps
	}
	g.grow()
	for i, list := range g.results {
		for j := range list {
			if g.collect(ctx, g.batch[i], &list[j]); g.path != nil {
				return
			}
		}
		if from := g.batch[i]; !from.rare && g.serves == nil {
			from.rare, from.rank = true, from.rank+g.patience
			heap.Push(&g.waiting, from)
		}
	}
}

// takeUp takes the macro steps from the worker's share of the states.
func (w *worker) takeUp(g *guided) {
	w.steps = 0
	for i := w.id; i < len(g.batch); i += len(w.workers) {
		from := g.batch[i]
		out := func(t *trial) {
			if o, ok := t.outcome(); ok {
				g.results[i] = append(g.results[i], o)
			}
		}
		switch {
		case g.serves != nil:
			w.plans(g, from, out)
		case from.rare:
			w.rare(g.run, from, out)
		default:
			w.common(g.run, from, out)
		}
	}
}

// collect keeps the state that a macro step led to, if it is new.
func (g *guided) collect(ctx context.Context, from *waypoint, o *outcome) {
	next := &waypoint{state: o.state, from: from, way: o.way, deep: from.deep + 1, erred: from.erred || o.erred}
	if next.erred { // whatever was true before may be true again
		for i := range o.facts {
			o.facts[i] = invariants.Mix(o.facts[i], 1)
		}
	}
	switch {
	case o.ended:
		g.take(ctx, next)
	case g.known.add(o.key):
		next.rank = next.deep + ofDegree*g.degree(o.facts) + ofSubmit*max(0, o.state.used().count(submit)-1)
		if g.serves == nil {
			next.rank += ofLate * len(o.state.mail(g.n))
		}
		if next.erred {
			next.rank -= ofErring
		}
		g.states, g.kept = g.states+1, g.kept+next.bytes()
		next.order = g.states
		heap.Push(&g.waiting, next)
	}
}

// degree is 1 when a fact is true for the first time, 2 when two facts are true
// together for the first time, else 3.
func (g *guided) degree(facts []uint64) int {
	degree := 3
	first := func(fact uint64, found int) {
		if g.facts.add(fact) {
			g.truths++
			degree = min(degree, found)
		}
	}
	for i, a := range facts {
		first(a, 1)
		for _, b := range facts[:i] {
			first(invariants.Mix(min(a, b), max(a, b)), 2)
		}
	}
	return degree
}

// outcome is what came of the trial: a state whose mail is what was kept. There
// is none where a step could not be taken.
func (t *trial) outcome() (o outcome, ok bool) {
	if t.dead || len(t.way) == 0 {
		return o, false
	}
	o.way, o.ended, o.erred = t.way, t.ended, t.erred
	o.state = append(state(nil), t.s[:header+t.r.n]...)
	for _, letter := range t.late {
		if m := t.r.mail.part(letter); !m.outlived(t.part(int(m.To-1)), false) {
			o.state = append(o.state, letter)
		}
	}
	if o.ended {
		return o, true
	}
	o.key, o.facts = t.plainKey(t.r, o.state), t.factsOf(t.r, o.state)
	if t.r.goal != nil {
		o.ended = t.r.goal(t.id, t.world(t.r, o.state))
	}
	return o, true
}

// marks is what each server is without names, its vote told by what the one is
// that it went to.
func (w *worker) marks(r *run, s state) []uint64 {
	w.marked = w.marked[:0]
	servers := s.servers(r.n)
	for _, n := range servers {
		p := &r.servers.part(n).plain
		h := p.Hash
		if v := p.Voted; v != 0 && int(v) <= r.n {
			h = invariants.Mix(h, r.servers.part(servers[v-1]).plain.Hash)
		}
		w.marked = append(w.marked, h)
	}
	return w.marked
}

// plainKey tells states apart, servers' names aside; where a goal may name
// servers, names count.
func (w *worker) plainKey(r *run, s state) uint64 {
	if r.goal != nil {
		sum := r.rests.hashes(s.rest())[0]
		for _, n := range s.servers(r.n) {
			sum += r.servers.hashes(n)[0]
		}
		for _, n := range s.mail(r.n) {
			sum += r.mail.hashes(n)[0]
		}
		return invariants.Mix(sum, uint64(s.used()))
	}
	marks := w.marks(r, s)
	sum := r.rests.part(s.rest()).plain
	for _, m := range marks {
		sum += invariants.Mix(1, m)
	}
	for _, n := range s.mail(r.n) {
		m := r.mail.part(n)
		sum += invariants.Mix(invariants.Mix(m.plain, marks[m.From-1]), marks[m.To-1])
	}
	return invariants.Mix(sum, uint64(s.used()))
}

// Kinds of facts.
const (
	factHolders = iota + 1 // so many servers hold a log
	factCommit             // one that holds a log knows so much of it to be committed
	factLeader             // one that holds a log leads a term
	factMail               // a message is under way
	factRest               // what the invariants remember, of what is committed above all
)

// factsOf is what is true of a state, servers' names left out where they do not count.
func (w *worker) factsOf(r *run, s state) []uint64 {
	servers := s.servers(r.n)
	facts := make([]uint64, 0, 4*r.n)
	fact := func(kind, a, b uint64) { facts = append(facts, invariants.Mix(invariants.Mix(kind, a), b)) }
	fact(factRest, r.rests.part(s.rest()).plain, 0)
	if r.goal != nil { // it may name servers
		for i, n := range servers {
			p := &r.servers.part(n).plain
			fact(invariants.Mix(factLeader, uint64(i)), p.Log, p.Leads)
			fact(invariants.Mix(factCommit, uint64(i)), p.Log, p.Commit)
		}
		return facts
	}
	for i, n := range servers {
		p := &r.servers.part(n).plain
		holders, before := uint64(1), false
		for j, o := range servers {
			if j != i && r.servers.part(o).plain.Log == p.Log {
				holders, before = holders+1, before || j < i
			}
		}
		if !before {
			fact(factHolders, p.Log, holders)
		}
		fact(factCommit, p.Log, p.Commit)
		if p.Leads > 0 {
			fact(factLeader, p.Log, p.Leads)
		}
	}
	for _, n := range s.mail(r.n) {
		m := r.mail.part(n)
		from, to := &r.servers.part(servers[m.From-1]).plain, &r.servers.part(servers[m.To-1]).plain
		fact(factMail, m.plain, 0)
		fact(factMail, m.plain, from.Log)
		fact(factMail, m.plain, invariants.Mix(1, to.Log))
		if to.Leads > 0 {
			fact(factMail, m.plain, invariants.Mix(2, to.Leads))
		}
	}
	return facts
}

// take takes what was found again, step by step in an ordinary world, and
// reduces it. Where the bounds forbid what is left, it does not count.
func (g *guided) take(ctx context.Context, end *waypoint) {
	var ways [][]move
	for at := end; at.from != nil; at = at.from {
		ways = append(ways, at.way)
	}
	slices.Reverse(ways)
	w := g.start.Clone()
	var path []cluster.Action
	for _, m := range slices.Concat(ways...) {
		a := g.moveAction(w, m)
		if a == nil || w.Apply(a) != nil {
			break // another breach before it, say
		}
		path = append(path, a)
	}
	shrunk, ok := g.reduce(ctx, path)
	if !ok || !g.bounds.hold(g.usage(shrunk.Path)) {
		g.refused++
		return
	}
	g.path, g.breach, g.erred = shrunk.Path, shrunk.Breach, end.erred
}

func (g *guided) reduce(ctx context.Context, path []cluster.Action) (fuzz.Shrunk, bool) {
	if g.goal != nil {
		if shrunk, ok := fuzz.ShrinkTo(ctx, g.start, path, func(w *cluster.World) bool { return g.goal(0, w) }); ok {
			return shrunk, true
		}
	}
	return fuzz.Shrink(ctx, g.start, path)
}

// moveAction is a move as an action of a world in which everything that was sent
// is still in flight; nil: there is no such letter.
func (g *guided) moveAction(w *cluster.World, m move) cluster.Action {
	if m.action != nil {
		return m.action
	}
	if id := find(w, g.mail.hashes(m.letter)[0]); id != 0 {
		return cluster.Deliver{ID: id}
	}
	return nil
}

// usage is what a schedule takes of the bounds.
func (sh *shared) usage(path []cluster.Action) Bounds {
	b := Bounds{Depth: len(path)}
	w := sh.start.Clone()
	for _, a := range path {
		switch countedAs(a) {
		case timeout:
			b.Timeouts++
		case beat:
			b.Beats++
		case crash:
			b.Crashes++
		case drop:
			b.Drops++
		case double:
			b.Duplicates++
		case submit:
			b.Submits++
		case change:
			b.Changes++
		case snapshot:
			b.Snapshots++
		}
		if w.Apply(a) != nil {
			panic("explore: a step that was reduced cannot be taken: " + a.String())
		}
	}
	b.Terms = topTerm(w)
	return b
}

// hold tells whether a schedule that takes so much is within the bounds.
func (b Bounds) hold(u Bounds) bool {
	within := func(u, most int) bool { return most >= Any || u <= most }
	return (b.Depth == 0 || u.Depth <= b.Depth) && within(u.Timeouts, b.Timeouts) && within(u.Beats, b.Beats) &&
		within(u.Crashes, b.Crashes) && within(u.Duplicates, b.Duplicates) && within(u.Submits, b.Submits) &&
		within(u.Changes, b.Changes) && within(u.Snapshots, b.Snapshots) &&
		(b.Terms == 0 || u.Terms <= b.Terms)
}
