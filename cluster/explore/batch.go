package explore

import (
	"context"
	"sync"
	"sync/atomic"
)

// batch is the states that are expanded together, and what came of each.
type batch struct {
	packed [][]byte
	at     int32 // the first one's place in the tree
	states []state
	spans  []span
	taken  atomic.Int64 // how many of them the workers have taken up
}

// span is the candidates of one state, in their worker's list.
type span struct{ worker, from, to int }

// candidate is a state that was generated and may be new.
type candidate struct {
	key    uint64
	choice choice
	effect *effect // with another rest, where it is that of a known deed
	rest   int32
	number int32 // the choice's among the state's
	fresh  bool  // it is new
}

const batchLen = 2048

// expand is one batch. The workers share the states; then each, for shards of the
// fingerprints, finds what is new, and then, for a part of the batch, packs that
// for the queue. The order in which states are found, and so which of those that
// are alike is kept, is that of the batch: it does not depend on how many workers
// there are.
func (r *run) expand(ctx context.Context) {
	b := &r.batch
	b.at = r.level.at
	b.packed = r.level.take(b.packed[:0], batchLen)
	b.states = append(b.states[:0], make([]state, len(b.packed))...)
	b.spans = append(b.spans[:0], make([]span, len(b.packed))...)
	b.taken.Store(0)
	workers := r.workers[:min(len(r.workers), (len(b.packed)+together-1)/together)]
	each(workers, func(w *worker) { w.work(ctx, r) })
	var best *found
	for _, w := range workers {
		if w.found != nil && w.found.before(best) {
			best = w.found
		}
	}
	if best != nil {
		r.end(b.at+int32(best.parent), best)
		return
	}
	for _, w := range workers {
		r.Steps += w.steps
		r.limited = r.limited || w.limited
	}
	each(workers, func(w *worker) { w.sift(r, len(workers)) })
	each(workers, func(w *worker) { w.pack(r, len(workers)) })
	r.collect(workers)
	r.Frontier = r.level.n + r.next.n
	r.grow()
}

// grow makes room in what is remembered, where it is needed, while nobody looks.
func (sh *shared) grow() {
	sh.alone.grow()
	sh.together.grow()
	sh.judged.grow()
	sh.matching.grow()
}

// each has every worker do something, at once.
func each(workers []*worker, do func(*worker)) {
	var group sync.WaitGroup
	for _, w := range workers[1:] {
		group.Go(func() { do(w) })
	}
	do(workers[0])
	group.Wait()
}

// sift finds which candidates are new, of those in the worker's shards: some states
// at a time, so that the places of all of these are being fetched from memory at
// once before the first is looked at.
func (w *worker) sift(r *run, workers int) {
	mine := func(c *candidate) bool { return shardOf(c.key)%workers == w.id }
	for from := 0; from < len(r.batch.spans); from += together {
		to := min(from+together, len(r.batch.spans))
		for i := from; i < to; i++ {
			list := r.candidates(i)
			for j := range list {
				if c := &list[j]; mine(c) {
					w.fetched ^= r.seen.touch(c.key)
				}
			}
		}
		for i := from; i < to; i++ {
			list := r.candidates(i)
			for j := range list {
				if c := &list[j]; mine(c) {
					c.fresh = r.seen.add(c.key)
				}
			}
		}
	}
}

// pack packs the new states that come from the worker's part of the batch.
func (w *worker) pack(r *run, workers int) {
	b := &r.batch
	w.packed, w.fresh, w.numbers = w.packed[:0], 0, 0
	for i := len(b.spans) * w.id / workers; i < len(b.spans)*(w.id+1)/workers; i++ {
		list := r.candidates(i)
		for j := range list {
			c := &list[j]
			if !c.fresh {
				continue
			}
			e := c.effect
			if e != nil {
				w.judged = *e
				w.judged.rest = c.rest
				e = &w.judged
			}
			w.successor = w.follow(r, b.states[i], c.choice, e, w.successor[:0])
			w.packed = w.successor.pack(w.packed)
			w.fresh, w.numbers = w.fresh+1, w.numbers+len(w.successor)
		}
	}
}

// collect puts what is new in the queue, and in the tree.
func (r *run) collect(workers []*worker) {
	for _, w := range workers {
		r.next.push(append([]byte(nil), w.packed...), w.fresh, w.numbers)
	}
	for i := range r.batch.spans {
		list := r.candidates(i)
		for j := range list {
			if list[j].fresh {
				r.tree.add(link{r.batch.at + int32(i), list[j].number})
			}
		}
	}
	r.States = r.tree.n
}

// candidates is those of a state of the batch.
func (r *run) candidates(i int) []candidate {
	at := r.batch.spans[i]
	return r.workers[at.worker].candidates[at.from:at.to]
}
