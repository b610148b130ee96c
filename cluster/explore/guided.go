package explore

import (
	"context"
	"encoding/binary"
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

// waypoint is a state between two macro steps, by the way to it: where that came
// from, and which macro step led here. It is taken up twice: for the steps that
// people think of first, and later for the rare ones.
type waypoint struct {
	from  int32 // its number; -1: it is the first
	nth   int32 // the outcome among all of those steps; of the rare ones counted from -1 down
	state int32 // where it is packed
	deep  int16 // macro steps
	erred bool  // a mistake has made a difference
}

// taste is what a guided search prefers: what a state costs beside its depth, in
// macro steps.
type taste struct {
	patience int // to be taken up for its rare steps
	degree   int // each degree of novelty that it lacks
	late     int // each message that is late
	lates    int // so many late messages may there be when one more answer becomes late
}

// The patient one goes deep; the curious one comes to rare steps sooner, and to
// messages that are late.
var patient, curious = taste{25, 10, 3, 0}, taste{12, 5, 1, 1}

// What a state costs whatever the taste.
const (
	ofSubmit = 4 // each command after the first
	ofErring = 4 // less, where a mistake has made a difference
)

// mostGuided is how many facts a guided search keeps.
const mostGuided = 4_000_000

// packedPage is how many bytes of packed states are kept together.
const packedPage = 1 << 16

// guidedBatch is how many states are taken up together.
const guidedBatch = 16

// guided is a search by macro steps under way.
type guided struct {
	*run
	bounds  Bounds                                                // that a schedule has to keep to
	serves  func(w *cluster.World, leader, follower raft.ID) bool // see Plan; nil: it is none
	taste   taste
	points  []waypoint
	packed  [][]byte // their states, in pages
	waiting waiting
	known   seen // states
	facts   facts
	batch   []taken
	path    []cluster.Action // what was found
	breach  *invariants.Breach
	erred   bool // and by whether a mistake made a difference on the way
	deepest int  // the most macro steps to a state that was taken up
	refused int  // schedules that were found and do not keep to the bounds
	taken   int  // ordinary steps
}

// taken is a state that is taken up, and what its macro steps come to.
type taken struct {
	number int32
	rare   bool
	erred  bool
	deep   int
	state  state // its mail is what was kept to arrive late
	came   []outcome
}

// mostRefused is after how many schedules beyond the bounds it gives up.
const mostRefused = 50

// outcome is what a macro step came to.
type outcome struct {
	nth   int32
	key   uint64
	facts []uint64
	pairs int // so many of the facts, from the first on, count in pairs, too
	state state
	ended bool
	erred bool
}

// newGuided is a guided search whose macro steps keep to some bounds, and what it
// finds to others.
func (sh *shared) newGuided(t taste, steps, found Bounds) *guided {
	steps.Depth = 0
	g := &guided{run: sh.newRun(steps, false), bounds: found, taste: t}
	g.known.init()
	g.facts.init()
	g.wait(waypoint{from: -1}, g.first, 0)
	return g
}

// wait has a state wait for its turn.
func (g *guided) wait(p waypoint, s state, rank int) {
	last := len(g.packed) - 1
	if last < 0 || len(g.packed[last])+24+5*len(s) > packedPage {
		g.packed, last = append(g.packed, make([]byte, 0, packedPage)), last+1
	}
	p.state = int32(last*packedPage + len(g.packed[last]))
	g.packed[last] = s.pack(g.packed[last])
	g.waiting.push(rank, int32(len(g.points)), false)
	g.points = append(g.points, p)
}

// waiting is the states whose turn has not come, by their rank, the lowest first;
// of equal ranks first in, first out.
type waiting struct {
	ranks  [][]int32 // their numbers; of what waits for its rare steps counted from -1 down
	heads  []int     // how many of each have had their turn
	lowest int       // no rank below has any
	n      int
}

func (q *waiting) push(rank int, number int32, rare bool) {
	rank = max(rank, 0)
	for rank >= len(q.ranks) {
		q.ranks, q.heads = append(q.ranks, nil), append(q.heads, 0)
	}
	if rare {
		number = ^number
	}
	q.ranks[rank] = append(q.ranks[rank], number)
	q.lowest, q.n = min(q.lowest, rank), q.n+1
}

// next is whose turn it is; there is one.
func (q *waiting) next() (number int32, rare bool, rank int) {
	for q.heads[q.lowest] == len(q.ranks[q.lowest]) {
		q.ranks[q.lowest], q.heads[q.lowest] = q.ranks[q.lowest][:0], 0
		q.lowest++
	}
	if number = q.ranks[q.lowest][q.heads[q.lowest]]; number < 0 {
		return ^number, true, q.lowest
	}
	return number, false, q.lowest
}

// pop takes that one away.
func (q *waiting) pop() { q.heads[q.lowest], q.n = q.heads[q.lowest]+1, q.n-1 }

// over tells whether the search has come to its end.
func (g *guided) over() bool {
	return g.path != nil || g.waiting.n == 0 || g.facts.n >= mostGuided || g.refused >= mostRefused || g.crowded()
}

// memory is about how many bytes it takes; what its states stand for is shared.
func (g *guided) memory() int {
	return 8*g.known.places() + 4*len(g.facts.table) + packedPage*len(g.packed) +
		(int(unsafe.Sizeof(waypoint{}))+8)*len(g.points)
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
	for i := range g.batch {
		g.batch[i].came = g.batch[i].came[:0]
	}
	g.batch = g.batch[:0]
	for len(g.batch) < guidedBatch && g.waiting.n > 0 {
		number, rare, rank := g.waiting.next()
		if len(g.batch) > 0 && rare != g.batch[0].rare {
			break
		}
		g.waiting.pop()
		g.batch = slices.Grow(g.batch, 1)[:len(g.batch)+1]
		g.take(&g.batch[len(g.batch)-1], number, rare)
		g.deepest = max(g.deepest, g.batch[len(g.batch)-1].deep)
		if !rare && g.serves == nil {
			g.waiting.push(rank+g.taste.patience, number, true)
		}
	}
	each(g.workers, func(w *worker) { w.takeUp(g) })
	for _, w := range g.workers {
		g.taken += w.steps
	}
	g.grow()
	for i := range g.batch {
		for j := range g.batch[i].came {
			if g.collect(ctx, &g.batch[i], &g.batch[i].came[j]); g.path != nil {
				return
			}
		}
	}
}

// take takes up a state.
func (g *guided) take(t *taken, number int32, rare bool) {
	p := g.points[number]
	t.number, t.rare, t.erred, t.deep = number, rare, p.erred, int(p.deep)
	packed := g.packed[p.state/packedPage][p.state%packedPage:]
	length, n := binary.Uvarint(packed)
	t.state = unpack(packed[n:][:length], number, t.state[:0])
}

// takeUp takes the macro steps from the worker's share of the states.
func (w *worker) takeUp(g *guided) {
	w.steps = 0
	w.spare()
	for i := w.id; i < len(g.batch); i += len(w.workers) {
		t, nth := &g.batch[i], int32(0)
		w.macros(g, t, func(x *trial) {
			if o, ok := x.outcome(g); ok {
				o.nth = nth
				t.came = append(t.came, o)
			}
			nth++
		})
	}
}

// macros calls out with each macro step from a state.
func (w *worker) macros(g *guided, from *taken, out func(*trial)) {
	w.lates = g.taste.lates
	switch {
	case g.serves != nil:
		w.plans(g, from.state, out)
	case from.rare:
		w.rare(g.run, from.state, out)
	default:
		w.common(g.run, from.state, out)
	}
}

// collect keeps the state that a macro step led to, if it is new.
func (g *guided) collect(ctx context.Context, from *taken, o *outcome) {
	next := waypoint{from: from.number, nth: o.nth, deep: int16(from.deep + 1), erred: from.erred || o.erred}
	if from.rare {
		next.nth = ^o.nth
	}
	if o.ended {
		g.settle(ctx, next)
		return
	}
	if !g.known.add(o.key) {
		return
	}
	if next.erred { // whatever was true before may be true again
		for i := range o.facts {
			o.facts[i] = invariants.Mix(o.facts[i], 1)
		}
	}
	rank := from.deep + 1 + g.taste.degree*g.degree(o) + g.taste.late*len(o.state.mail(g.n)) +
		ofSubmit*max(0, o.state.used().count(submit)-1)
	if next.erred {
		rank -= ofErring
	}
	g.wait(next, o.state, rank)
}

// degree is 1 when a fact is true for the first time, 2 when two facts are true
// together for the first time, else 3.
func (g *guided) degree(o *outcome) int {
	degree := 3
	first := func(fact uint64, found int) {
		if g.facts.add(fact) {
			degree = min(degree, found)
		}
	}
	for i, a := range o.facts {
		first(a, 1)
		for _, b := range o.facts[:min(i, o.pairs)] {
			if i < o.pairs {
				first(invariants.Mix(min(a, b), max(a, b)), 2)
			}
		}
	}
	return degree
}

// outcome is what came of the trial: a state whose mail is what was kept. There
// is none where a step could not be taken, or the state is known.
func (t *trial) outcome(g *guided) (o outcome, ok bool) {
	if t.dead || t.moves == 0 {
		return o, false
	}
	if o.ended, o.erred = t.ended, t.erred; o.ended {
		return o, true
	}
	o.state = t.state(header + t.r.n + len(t.late))
	o.state = append(o.state, t.s[:header+t.r.n]...)
	for _, letter := range t.late {
		if m := t.r.mail.part(letter); !m.outlived(t.part(int(m.To-1)), false) {
			o.state = append(o.state, letter)
		}
	}
	if o.key = t.plainKey(t.r, o.state); g.known.has(o.key) {
		return o, false
	}
	o.facts, o.pairs = t.factsOf(t.r, o.state)
	if t.r.goal != nil {
		o.ended = t.r.goal(t.id, t.world(t.r, o.state))
	}
	return o, true
}

// marks is what each server is without names: its vote is told by what the one is
// that it went to, and what it is in configurations by what those are that have them.
func (w *worker) marks(r *run, s state) []uint64 {
	w.marked = w.marked[:0]
	servers, named := s.servers(r.n), false
	for _, n := range servers {
		p := &r.servers.part(n).plain
		h := p.Hash
		if v := p.Voted; v != 0 && int(v) <= r.n {
			h = invariants.Mix(h, r.servers.part(servers[v-1]).plain.Hash)
		}
		w.marked = append(w.marked, h)
		named = named || p.Roles != nil
	}
	if named {
		for _, n := range servers {
			p := &r.servers.part(n).plain
			for i, role := range p.Roles {
				w.marked[i] += invariants.Mix(p.Hash, role)
			}
		}
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
	factRole               // one that holds a log is that in the configurations in others' logs
	factStored             // one that leads with such a configuration knows so many to store so much
)

// factsOf is what is true of a state, servers' names left out where they do not
// count; so many of the facts, from the first on, count in pairs, too.
func (w *worker) factsOf(r *run, s state) (facts []uint64, pairs int) {
	servers := s.servers(r.n)
	from := len(w.truths)
	fact := func(kind, a, b uint64) { w.truths = append(w.truths, invariants.Mix(invariants.Mix(kind, a), b)) }
	fact(factRest, r.rests.part(s.rest()).plain, 0)
	if r.goal != nil { // it may name servers
		for i, n := range servers {
			p := &r.servers.part(n).plain
			fact(invariants.Mix(factLeader, uint64(i)), p.Log, p.Leads)
			fact(invariants.Mix(factCommit, uint64(i)), p.Log, p.Commit)
		}
		return w.truths[from:len(w.truths):len(w.truths)], len(w.truths) - from
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
			fact(factHolders, p.Story, holders)
		}
		fact(factCommit, p.Story, p.Commit)
		if p.Leads > 0 {
			fact(factLeader, p.Story, p.Leads)
		}
	}
	for _, n := range s.mail(r.n) {
		m := r.mail.part(n)
		from, to := &r.servers.part(servers[m.From-1]).plain, &r.servers.part(servers[m.To-1]).plain
		fact(factMail, m.plain, 0)
		fact(factMail, m.plain, from.Story)
		fact(factMail, m.plain, invariants.Mix(1, to.Story))
		if to.Leads > 0 {
			fact(factMail, m.plain, invariants.Mix(2, to.Leads))
		}
	}
	pairs = len(w.truths) - from
	w.members(r, servers, fact)
	return w.truths[from:len(w.truths):len(w.truths)], pairs
}

// members adds the facts about configurations, where logs have any: they leave out
// who is in them, but not what becomes of who is.
func (w *worker) members(r *run, servers []int32, fact func(kind, a, b uint64)) {
	for i, n := range servers {
		p, roles := r.servers.part(n), uint64(0)
		for _, o := range servers {
			if q := &r.servers.part(o).plain; q.Roles != nil {
				roles += invariants.Mix(q.Story, q.Roles[i])
			}
		}
		if roles != 0 {
			fact(factRole, invariants.Mix(p.plain.Story, p.term), roles)
		}
		if p.plain.Leads > 0 && p.plain.Roles != nil {
			fact(factStored, p.plain.Story, p.plain.Stored)
		}
	}
}

// settle takes what was found again, step by step in an ordinary world, and
// reduces it. Where the bounds forbid what is left, it does not count.
func (g *guided) settle(ctx context.Context, end waypoint) {
	w := g.start.Clone()
	var path []cluster.Action
	for _, m := range g.way(end) {
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

// way is the ordinary steps to a state: each macro step on the way is taken again.
func (g *guided) way(to waypoint) (way []move) {
	if to.from < 0 {
		return nil
	}
	way = g.way(g.points[to.from])
	var from taken
	g.take(&from, to.from, to.nth < 0)
	nth, w := max(to.nth, ^to.nth), g.workers[0]
	w.recorded = true
	w.macros(g, &from, func(t *trial) {
		if nth == 0 {
			way = append(way, t.way...)
		}
		nth--
	})
	w.recorded = false
	return way
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
