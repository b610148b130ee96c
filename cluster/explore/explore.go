// Package explore searches the schedules of a cluster: what can happen from
// here, in every order, shortest first. It runs the very code that the console
// runs, on copies of the world, with every invariant checked at every step.
package explore

import (
	"context"
	"runtime"
	"sync"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
)

// Bounds is how far a search goes. What is counted is counted along a schedule.
type Bounds struct {
	Depth    int // steps; 0: no bound
	Timeouts int // election timeouts
	Beats    int // heartbeats
	Crashes  int // a restart is free
	Drops    int // messages lost
	Submits  int // client commands
	Terms    uint64
	States   int // distinct states; 0: no bound
}

// Defaults is what is searched when nothing is said.
func Defaults() Bounds {
	return Bounds{Timeouts: 3, Beats: 1, Crashes: 1, Drops: 1, Submits: 2, Terms: 3, States: 20_000_000}
}

// Outcomes of a search.
const (
	Breach   = "breach"   // an invariant fell: Path leads there
	Reached  = "reached"  // the goal holds: Path leads there
	Complete = "complete" // nothing of the kind within the bounds: a proof for them
	Bound    = "bound"    // time, states or the reader's patience ended first
)

// Result is what a search came to.
type Result struct {
	Outcome  string
	Breach   *invariants.Breach
	Path     []cluster.Action // from the world that was given; shortest for the bounds
	States   int              // distinct states seen
	Steps    int              // states generated, the same ones counted again
	Depth    int              // levels that were searched whole
	Frontier int              // states that wait to be expanded
}

// Search is one search.
type Search struct {
	Bounds Bounds
	// Goal, when set, ends the search where it holds; it is asked by several
	// goroutines at once, each with its own number from 0 to Workers-1.
	Goal func(worker int, w *cluster.World) bool
	// Progress, when set, is told now and then.
	Progress func(Result)
	// Workers is how many goroutines search; 0: one for each core. The result
	// does not depend on it.
	Workers int
}

// node is a state that waits to be expanded.
type node struct {
	world *cluster.World
	used  used
	at    int32 // its place in the tree
}

// used is what a schedule has used of its bounds. It is part of a state: the
// same world with more left to use has more ahead.
type used struct{ timeouts, beats, crashes, drops, submits uint8 }

func (u used) code() uint64 {
	return uint64(u.timeouts) | uint64(u.beats)<<8 | uint64(u.crashes)<<16 | uint64(u.drops)<<24 | uint64(u.submits)<<32
}

// link is how a state was first reached: from which, by which of its actions.
type link struct {
	parent int32
	choice int32
}

// run is a search under way.
type run struct {
	*Search
	seen  seen
	links []link
	root  *cluster.World
	Result
}

// Run searches from a world, which is not changed, level by level, so that what
// is found first is shortest. It ends early when ctx does.
func (s *Search) Run(ctx context.Context, w *cluster.World) Result {
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	r := &run{Search: s, root: w.Clone()}
	r.seen.init()
	r.seen.add(key(r.root, used{}))
	r.links = append(r.links, link{-1, 0})
	r.States = 1
	level := []node{{world: r.root, at: 0}}
	for len(level) > 0 && r.Outcome == "" {
		if s.Bounds.Depth > 0 && r.Depth == s.Bounds.Depth {
			break
		}
		level = r.expand(ctx, level)
	}
	if r.Outcome == "" {
		r.Outcome = Complete
	}
	return r.Result
}

// key tells one state from another.
func key(w *cluster.World, u used) uint64 {
	return invariants.Mix(w.Fingerprint(), u.code())
}

// found is a state that ends the search.
type found struct {
	parent, choice int
	breach         *invariants.Breach
}

func (f *found) before(g *found) bool {
	return g == nil || f.parent < g.parent || f.parent == g.parent && f.choice < g.choice
}

// expand is the states one step behind those of a level.
func (r *run) expand(ctx context.Context, level []node) []node {
	const batch = 4096
	var next []node
	var best *found
	for from := 0; from < len(level) && r.Outcome == ""; from += batch {
		to := min(from+batch, len(level))
		children, ends := r.batch(level, from, to)
		for i, end := range ends {
			if end != nil && end.before(best) {
				best = ends[i]
			}
		}
		if best != nil {
			break
		}
		next = r.collect(level, next, children)
		for i := from; i < to; i++ {
			level[i].world = nil // done with
		}
		r.Frontier = len(level) - to + len(next)
		r.look(ctx)
	}
	switch {
	case best != nil:
		r.end(level, best)
	case r.Outcome == "":
		r.Depth++
	}
	return next
}

// look tells how far the search is, and ends it when it must.
func (r *run) look(ctx context.Context) {
	if r.Progress != nil {
		r.Progress(r.Result)
	}
	if ctx.Err() != nil || r.Bounds.States > 0 && r.States >= r.Bounds.States {
		r.Outcome = Bound
	}
}

// child is a state that was generated, and is not known yet to be new.
type child struct {
	node
	key            uint64
	parent, choice int
}

// batch expands some states, shared out among the workers by turns.
func (r *run) batch(level []node, from, to int) ([][]child, []*found) {
	children, ends := make([][]child, to-from), make([]*found, r.Workers)
	steps := make([]int, r.Workers)
	var group sync.WaitGroup
	for worker := range r.Workers {
		group.Go(func() {
			e := expander{run: r, worker: worker}
			for i := from + worker; i < to; i += r.Workers {
				children[i-from] = e.children(&level[i], i)
				if e.found != nil {
					break
				}
			}
			ends[worker], steps[worker] = e.found, e.steps
		})
	}
	group.Wait()
	for _, n := range steps {
		r.Steps += n
	}
	return children, ends
}

// collect keeps the new states, in an order that does not depend on the workers.
func (r *run) collect(level, next []node, all [][]child) []node {
	for _, children := range all {
		for i := range children {
			c := &children[i]
			if !r.seen.add(c.key) {
				continue
			}
			c.at = int32(len(r.links))
			r.links = append(r.links, link{level[c.parent].at, int32(c.choice)})
			r.States++
			next = append(next, c.node)
		}
	}
	return next
}

// end is the result for a state that ends the search.
func (r *run) end(level []node, f *found) {
	r.Outcome, r.Breach = Reached, f.breach
	if f.breach != nil {
		r.Outcome = Breach
	}
	choices := []int{f.choice}
	for at := level[f.parent].at; r.links[at].parent >= 0; at = r.links[at].parent {
		choices = append(choices, int(r.links[at].choice))
	}
	w := r.root.Clone()
	u := used{}
	for i := len(choices) - 1; i >= 0; i-- {
		steps := r.Bounds.steps(w, u)
		step := steps[choices[i]]
		r.Path = append(r.Path, step.Action)
		if err := w.Apply(step.Action); err != nil {
			panic("explore: a step that was taken cannot be taken again: " + err.Error())
		}
		u = step.used
	}
}

// expander is one worker.
type expander struct {
	*run
	worker int
	found  *found
	steps  int
}

// children is the states one step behind a state, as far as they are not known
// to be old.
func (e *expander) children(n *node, parent int) []child {
	steps := e.Bounds.steps(n.world, n.used)
	var out []child
	before := len(n.world.Breaches())
	for choice, step := range steps {
		w := n.world.Clone()
		if w.Apply(step.Action) != nil {
			continue
		}
		e.steps++
		if b := w.Breaches(); len(b) > before {
			e.found = &found{parent, choice, &b[before]}
			return out
		}
		if e.Goal != nil && e.Goal(e.worker, w) {
			e.found = &found{parent, choice, nil}
			return out
		}
		k := key(w, step.used)
		if e.seen.has(k) {
			continue
		}
		out = append(out, child{node: node{world: w, used: step.used}, key: k, parent: parent, choice: choice})
	}
	return out
}
