package explore

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"unsafe"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// The guided search goes further than the two exhaustive ones can. It takes macro steps,
// and prefers states in which something is true for the first time (novelty: Lipovetzky
// and Geffner 2012). It proves nothing. What it finds is reduced and repeated step by
// step, and then the others look for something shorter.

// waypoint is a state between two macro steps, given by the state before and the macro step
// from there. Its own macro steps are taken in two parts: first the common ones, and later
// the rare ones.
type waypoint struct {
	from  int32 // its number; -1: it is the first
	nth   int32 // which outcome of those steps it is; the rare ones are counted from -1 down
	state int32 // where it is packed
	deep  int16 // how many macro steps led to it
	erred bool  // a bug has made a difference
}

// taste is what a guided search prefers: what a state costs in addition to its depth, in macro
// steps. States that cost less come first.
type taste struct {
	patience int // for its rare steps
	degree   int // for each degree of novelty that it lacks
	late     int // for each late message
	lates    int // how many messages may be late already when another answer becomes late
}

// The patient search goes deep. The curious one comes to rare steps and late messages sooner.
var patient, curious = taste{25, 10, 3, 0}, taste{12, 5, 1, 1}

// What a state costs for every taste.
const (
	ofSubmit = 4 // each command after the first
	ofErring = 4 // less, if a bug has made a difference
)

// mostGuided is how many facts a guided search keeps.
const mostGuided = 4_000_000

// packedPage is how many bytes of packed states are kept together.
const packedPage = 1 << 16

// guidedBatch is how many states are expanded together.
const guidedBatch = 16

// guided is a running search by macro steps.
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
	failure *program.Failure // a server gave no answer to the last step of path
	erred   bool             // and by whether a bug made a difference on the way
	deepest int              // the most macro steps to a state that was expanded
	refused int              // schedules that were found but exceed the bounds
	taken   int              // ordinary steps
}

// taken is a state that is expanded, and the outcomes of its macro steps.
type taken struct {
	number int32
	rare   bool
	erred  bool
	deep   int
	state  state // its mail is what was kept to arrive late
	came   []outcome
}

// mostRefused is after how many schedules that exceed the bounds it gives up.
const mostRefused = 50

// outcome is the result of a macro step.
type outcome struct {
	nth   int32
	key   uint64
	facts []uint64
	pairs int // how many of the facts, from the first on, also count in pairs
	state state
	ended bool
	erred bool
	// failure is set if a server gave no answer.
	failure *program.Failure
}

// newGuided is a guided search. Its macro steps keep to one set of bounds, and the schedules
// that it finds to another.
func (sh *shared) newGuided(t taste, steps, found Bounds) *guided {
	steps.Depth = 0
	g := &guided{run: sh.newRun(steps, false), bounds: found, taste: t}
	g.known.init()
	g.facts.init()
	g.wait(waypoint{from: -1}, g.first, 0)
	return g
}

// wait adds a state to those that wait.
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

// waiting is the states that wait to be expanded. The lowest rank comes first; of equal ranks,
// the first in is the first out.
type waiting struct {
	ranks  [][]int32 // their numbers by rank; counted from -1 down if they wait for their rare steps
	heads  []int     // how many of each rank are done
	lowest int       // the lowest rank that may have any
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

// next is the state whose turn it is. There must be one.
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

// pop removes that one.
func (q *waiting) pop() { q.heads[q.lowest], q.n = q.heads[q.lowest]+1, q.n-1 }

// over tells whether the search has come to its end.
func (g *guided) over() bool {
	return g.path != nil || g.waiting.n == 0 || g.facts.n >= mostGuided || g.refused >= mostRefused || g.crowded()
}

// memory is about how many bytes it uses, without the parts, which all searches share.
func (g *guided) memory() int {
	return 8*g.known.places() + 4*len(g.facts.table) + packedPage*len(g.packed) +
		(int(unsafe.Sizeof(waypoint{}))+8)*len(g.points)
}

// goOn takes macro steps until they have taken that many ordinary steps.
func (g *guided) goOn(ctx context.Context, steps int) {
	for g.taken < steps && !g.over() && ctx.Err() == nil {
		g.expand(ctx)
	}
}

// expand takes the macro steps from the next states. It keeps new states in an order that does
// not depend on the number of workers.
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
	each(g.workers, func(w *worker) { w.takeUp(ctx, g) })
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

// take begins to expand a state.
func (g *guided) take(t *taken, number int32, rare bool) {
	p := g.points[number]
	t.number, t.rare, t.erred, t.deep = number, rare, p.erred, int(p.deep)
	packed := g.packed[p.state/packedPage][p.state%packedPage:]
	length, n := binary.Uvarint(packed)
	t.state = unpack(packed[n:][:length], number, t.state[:0])
}

// takeUp takes the macro steps from the worker's share of the states, up to the first to which a server
// gives no answer.
func (w *worker) takeUp(ctx context.Context, g *guided) {
	w.steps, w.halted = 0, false
	w.spare()
	for i := w.id; i < len(g.batch) && !w.halted && ctx.Err() == nil; i += len(w.workers) {
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

// macros calls out for each macro step from a state.
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
		g.settle(ctx, next, o.failure)
		return
	}
	if !g.known.add(o.key) {
		return
	}
	if next.erred { // facts are counted apart, so those that were true before are new again
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

// degree is 1 if a fact is true for the first time, 2 if two facts are true together for the
// first time, else 3.
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

// outcome is the result of the trial: a state with the messages that were kept. There is none
// if a step could not be taken, or the state is known.
func (t *trial) outcome(g *guided) (o outcome, ok bool) {
	if t.dead || t.moves == 0 {
		return o, false
	}
	if o.ended, o.erred, o.failure = t.ended, t.erred, t.failure; o.ended {
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

// marks describes each server without names: its vote by the description of the server that got
// it, and its place in configurations by the descriptions of the servers that have them.
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

// plainKey tells states apart without regard to servers' names, unless a goal may name servers.
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
	factHolders = iota + 1 // how many servers hold a log
	factCommit             // how much of its log a server knows to be committed
	factLeader             // a server with a log leads a term
	factMail               // a message is in flight
	factRest               // what the invariants remember, above all what is committed
	factRole               // the place of a server with a log in the configurations of other logs
	factStored             // how much a leader with such a configuration knows how many to store
)

// factsOf is the facts that are true of a state, without servers' names unless these count.
// The first pairs of them also count in pairs.
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

// members adds the facts about configurations, if logs have any. They do not name the members,
// but describe them.
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

// settle repeats what was found, step by step in an ordinary world, and reduces it. If the
// result exceeds the bounds, it does not count. failure is that of the last step, or nil.
func (g *guided) settle(ctx context.Context, end waypoint, failure *program.Failure) {
	w := g.start.Clone()
	var path []cluster.Action
	way := g.way(end)
	for i, m := range way {
		a := g.moveAction(w, m)
		if a == nil {
			break
		}
		if failure == nil || i < len(way)-1 { // else it is known what comes of it, and may take seconds
			var earlier *program.Failure
			if err := w.Apply(a); errors.As(err, &earlier) { // of a program that is not pure
				g.fail(ctx, append(path, a), earlier)
				return
			} else if err != nil {
				break // for example, because another breach comes first
			}
		}
		path = append(path, a)
	}
	if failure != nil && len(path) == len(way) {
		g.fail(ctx, path, failure)
		return
	}
	shrunk, ok := g.reduce(ctx, path)
	if !ok || !g.bounds.hold(g.usage(shrunk.Path, false)) {
		g.refused++
		return
	}
	g.path, g.breach, g.erred = shrunk.Path, shrunk.Breach, end.erred
}

// fail ends the search with a failure at the end of a path. To reduce it, the failure is asked for again
// and again, which takes too long where it is that no answer comes.
func (g *guided) fail(ctx context.Context, path []cluster.Action, f *program.Failure) {
	if !program.Silent(f) {
		path, f = fuzz.ShrinkFailure(ctx, g.start, path, f)
	}
	if g.path, g.failure = path, f; !g.bounds.hold(g.usage(path, true)) {
		g.path, g.refused = nil, mostRefused
	}
}

// way is the ordinary steps to a state. It takes each macro step on the way again.
func (g *guided) way(to waypoint) (way []move) {
	if to.from < 0 {
		return nil
	}
	way = g.way(g.points[to.from])
	var from taken
	g.take(&from, to.from, to.nth < 0)
	nth, w := max(to.nth, ^to.nth), g.workers[0]
	w.recorded, w.halted = true, false
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

// moveAction is a move as an action of a world in which everything that was sent is still in
// flight. It is nil if the world has no such message.
func (g *guided) moveAction(w *cluster.World, m move) cluster.Action {
	if m.action != nil {
		return m.action
	}
	if id := find(w, g.mail.hashes(m.letter)[0]); id != 0 {
		return cluster.Deliver{ID: id}
	}
	return nil
}

// usage is what a schedule takes of the bounds. fails tells whether its last step has no answer.
func (sh *shared) usage(path []cluster.Action, fails bool) Bounds {
	b := Bounds{Depth: len(path)}
	w := sh.start.Clone()
	for i, a := range path {
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
		if fails && i == len(path)-1 {
			break
		}
		if err := w.Apply(a); err != nil && !errors.As(err, new(*program.Failure)) {
			panic("explore: a step that was reduced cannot be taken: " + a.String())
		}
	}
	b.Terms = topTerm(w)
	return b
}

// hold tells whether a schedule with this usage is within the bounds.
func (b Bounds) hold(u Bounds) bool {
	within := func(u, most int) bool { return most >= Any || u <= most }
	return (b.Depth == 0 || u.Depth <= b.Depth) && within(u.Timeouts, b.Timeouts) && within(u.Beats, b.Beats) &&
		within(u.Crashes, b.Crashes) && within(u.Duplicates, b.Duplicates) && within(u.Submits, b.Submits) &&
		within(u.Changes, b.Changes) && within(u.Snapshots, b.Snapshots) &&
		(b.Terms == 0 || u.Terms <= b.Terms)
}
