// Package fuzz tries long random schedules of a world, with faults, until an
// invariant falls, and reduces what it finds. It knows no time: a seed and the
// world it begins from determine a run, on every machine.
package fuzz

import (
	"context"
	"runtime"
	gosync "sync"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
)

// Search is a campaign: a run for each seed from First to Last.
type Search struct {
	First, Last uint64
	Length      int // of each run, in steps; 0: DefaultLength
	// Progress, when set, is told now and then.
	Progress func(Result)
	// Workers is how many goroutines run; 0: one for each core, since more of them begin more
	// runs behind the one that fails, or World.Workers where all runs are done. The result
	// does not depend on it.
	Workers int
}

// DefaultLength is how long a run is when nothing is said.
const DefaultLength = 250

// Outcomes of a campaign.
const (
	Breach = "breach" // an invariant fell
	Failed = "error"  // a server had no answer: what it runs is at fault
	Bound  = "bound"  // every run ended, or the reader's patience, before one did
)

// Result is what a campaign came to.
type Result struct {
	Outcome string // Breach, Failed, or Bound: no run of these broke anything
	Breach  *invariants.Breach
	Failure *program.Failure // with Failed, of the last action of Path
	Seed    uint64           // the lowest seed whose run ends in a breach or a failure
	Path    []cluster.Action // of that run, from the world that was given
	Runs    uint64           // up to that one
	Steps   uint64           // that they took
	Cut     bool             // it was ended before the last seed

	Broken, Reduced int // of Each: how many rules are broken so far, and how many of their schedules are reduced
}

// batch is how many runs a worker does before it tells of them.
const batch = 32

// done is a batch that a worker has done.
type done struct {
	runs, steps uint64
	failed      bool
	seed        uint64
	failure     *program.Failure // of a server that had no answer, and how many actions led there
	taken       int
}

// campaign is a Search under way. Batches are taken in the order of their
// seeds and counted in that order, so that what is counted ends with the lowest
// seed that fails, whoever was first.
type campaign struct {
	*Search
	mu      gosync.Mutex
	next    uint64 // the first seed that nobody has taken
	left    bool   // there is one
	counted uint64 // the first seed that is not counted yet
	ahead   map[uint64]done
	lowest  done // the batch of Seed
	Result
}

// Run runs every seed, or until one fails: then no seed below it does. It ends
// early when ctx does, with what was found so far.
func (s *Search) Run(ctx context.Context, w *cluster.World) Result {
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	if s.Length == 0 {
		s.Length = DefaultLength
	}
	c := &campaign{Search: s, next: s.First, counted: s.First, left: s.First <= s.Last, ahead: map[uint64]done{}}
	c.Outcome = Bound
	var group gosync.WaitGroup
	for range s.Workers {
		own := w.Clone()
		group.Go(func() { c.work(ctx, own) })
	}
	group.Wait()
	c.finish(w)
	return c.Result
}

// work is one worker.
func (c *campaign) work(ctx context.Context, w *cluster.World) {
	for {
		first, last, ok := c.take(ctx)
		if !ok {
			return
		}
		c.tell(first, c.batch(w, first, last))
	}
}

// take is the next batch of seeds. There is none behind a seed that has failed.
func (c *campaign) take(ctx context.Context) (first, last uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.left || c.over() && c.next > c.Seed {
		return 0, 0, false
	}
	if ctx.Err() != nil {
		c.Cut = true
		return 0, 0, false
	}
	first = c.next
	last = first + min(c.Last-first, batch-1)
	c.left = last < c.Last
	c.next = last + 1
	return first, last, true
}

// batch does the runs of some seeds, up to the first that fails.
func (c *campaign) batch(w *cluster.World, first, last uint64) (d done) {
	for seed := first; ; seed++ {
		g := begin(w, seed)
		d.steps += uint64(g.steps(c.Length, nil))
		if g.failure != nil && program.Interrupted(g.failure) {
			return d
		}
		d.runs++
		if g.breach != nil || g.failure != nil {
			d.failed, d.seed, d.failure, d.taken = true, seed, g.failure, g.taken
			return d
		}
		if seed == last {
			return d
		}
	}
}

// tell counts a batch, and those behind it that were done before.
func (c *campaign) tell(first uint64, d done) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d.failed && (!c.over() || d.seed < c.Seed) {
		c.Outcome, c.Seed, c.lowest = Breach, d.seed, d
	}
	c.ahead[first] = d
	for {
		d, ok := c.ahead[c.counted]
		if !ok || c.over() && c.counted > c.Seed {
			break
		}
		delete(c.ahead, c.counted)
		c.Runs += d.runs
		c.Steps += d.steps
		c.counted += batch
	}
	if c.Progress != nil {
		c.Progress(c.Result)
	}
}

// finish does the run that failed once more, to know its schedule. A program that is not pure may have
// an answer this time; then the result is that it had none before.
func (c *campaign) finish(w *cluster.World) {
	if !c.over() {
		return
	}
	g := begin(w, c.Seed)
	g.steps(c.Length, func(a cluster.Action) { c.Path = append(c.Path, a) })
	c.Breach, c.Failure = g.breach, g.failure
	if d := c.lowest; d.failure != nil && len(c.Path) >= d.taken {
		c.Breach, c.Failure, c.Path = nil, d.failure, c.Path[:d.taken]
	}
	if c.Failure != nil {
		c.Outcome = Failed
	}
}

// over tells whether some seed has failed.
func (c *campaign) over() bool { return c.Outcome == Breach }

// Replay is the schedule of one seed's run, and the breach that it ends in, if
// it does.
func Replay(w *cluster.World, seed uint64, steps int) ([]cluster.Action, *invariants.Breach) {
	var path []cluster.Action
	g := begin(w, seed)
	g.steps(steps, func(a cluster.Action) { path = append(path, a) })
	return path, g.breach
}
