package explore

import (
	"context"
	"slices"
	"sync/atomic"
)

// batch is the states that are expanded together, and what came of each.
//
// Reading what another core has just written is slow. So a worker keeps all that it
// works out to itself, from a state's numbers to the new states that follow from it. Each
// part of the set of states seen is used by one worker, mostly always the same. Workers
// pass each other only fingerprints, and for each fingerprint a bit that says whether it
// is new.
type batch struct {
	at      int32 // the place of the first state in the tree
	bundles []bundle
	firsts  []int // of each bundle, the place of its first state in the batch
	states  []state
	chunks  []chunk           // by the first of their bundles
	taken   atomic.Int64      // how many of the bundles workers have taken
	sifted  [lots]atomic.Bool // which of the lots workers have taken
}

// chunk is bundles of a batch that one worker expands.
type chunk struct {
	worker     int
	bundles    int // 0: none begins here
	candidates stretch
	keys       [lots]stretch // of the candidates, in the worker's lots
	packer     int
	fresh      stretch // the packer's bundles of new states
	first      link    // the way back to the first of these
	links      stretch // the others' ways back, packed
	last       int32   // the last one's parent
	n          int     // how many there are
}

// stretch is a part of a list.
type stretch struct{ from, to int }

// candidate is a generated state that may be new.
type candidate struct {
	choice choice
	effect *effect // with another rest, where it is that of a known deed
	rest   int32
	parent int32 // in the batch
	number int32 // the choice's among the state's
	lot    uint8 // in which its key is
}

// lot is the keys of a worker's candidates in one part of the set of states seen, with a bit
// for each that says whether it is new.
type lot struct{ keys, fresh []uint64 }

const (
	// How many states are expanded together, if there are as many: at least leastBatch in a
	// search that may see only a few; else at least someBatch, and up to mostBatch when many
	// have been seen.
	leastBatch, someBatch, mostBatch, seenPerBatch = 1 << 11, 1 << 14, 1 << 15, 32
	// touched is for how many keys memory is fetched at once.
	touched = 64
)

// expandBatch expands one batch, of that many states. If beside is not nil, one worker runs it
// first, and expands fewer states. The workers share the states, some bundles at a time. Then
// they share the lots of fingerprints, and find the new ones. At last each worker packs the
// new states of its chunks for the queue. States are found in the order of the batch, however
// many workers there are. So the same one of several symmetric states is always kept.
func (r *run) expandBatch(ctx context.Context, states int, beside func()) {
	b := &r.batch
	b.take(&r.level, states)
	workers := r.workers[:min(len(r.workers), max(2, len(b.bundles)))]
	each(workers, func(w *worker) {
		if w.id == len(workers)-1 && beside != nil {
			beside()
		}
		w.work(ctx, r, len(workers))
	})
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
		r.Asked += w.asked
		r.limited = r.limited || w.limited
	}
	each(workers, func(w *worker) { w.sift(r, len(workers)) })
	each(workers, func(w *worker) { w.pack(r, workers) })
	r.collect(workers)
	r.Frontier = r.level.n + r.next.n
	r.grow()
}

// take takes the next states of a level from the queue.
func (b *batch) take(q *queue, states int) {
	b.at = q.at
	b.bundles = q.take(b.bundles[:0], states)
	b.firsts = b.firsts[:0]
	n := 0
	for _, p := range b.bundles {
		b.firsts = append(b.firsts, n)
		n += p.n
	}
	b.states = append(b.states[:0], make([]state, n)...)
	b.chunks = append(b.chunks[:0], make([]chunk, len(b.bundles))...)
	b.taken.Store(0)
	for i := range b.sifted {
		b.sifted[i].Store(false)
	}
}

// share is the bundles that a worker takes next: many at first, so that workers rarely wait
// for each other here, and few at the end, so that all finish at about the same time. They
// come after all that the worker has taken before.
func (b *batch) share(workers int) (from, to int) {
	for {
		from := int(b.taken.Load())
		to := from + min(16, (len(b.bundles)-from+4*workers-1)/(4*workers))
		if from == to || b.taken.CompareAndSwap(int64(from), int64(to)) {
			return from, to
		}
	}
}

// grow makes room in the memories if they need it. No worker may be running.
func (sh *shared) grow() {
	sh.alone.grow()
	sh.together.grow()
	sh.judged.grow()
	sh.matching.grow()
}

// each calls f with each chunk that was begun, in the order of the batch.
func (b *batch) each(f func(c *chunk)) {
	for i := 0; i < len(b.chunks); i += max(1, b.chunks[i].bundles) {
		if b.chunks[i].bundles > 0 {
			f(&b.chunks[i])
		}
	}
}

// sift finds the new candidates, lot by lot: first the worker's own lots, then those that
// other workers have not taken.
func (w *worker) sift(r *run, workers int) {
	for i := range lots {
		lot := (i + w.id*lots/workers) % lots
		if !r.batch.sifted[lot].Swap(true) {
			w.siftLot(r, lot)
		}
	}
}

func (w *worker) siftLot(r *run, lot int) {
	for _, x := range r.workers {
		l := &x.lots[lot]
		l.fresh = append(l.fresh[:0], make([]uint64, (len(l.keys)+63)/64)...)
	}
	r.batch.each(func(c *chunk) {
		l := &r.workers[c.worker].lots[lot]
		at := c.keys[lot].from
		for keys := range slices.Chunk(l.keys[at:c.keys[lot].to], touched) {
			for _, k := range keys { // nothing else in this loop, so the core fetches many at once
				w.fetched ^= r.seen.touch(k)
			}
			for _, k := range keys {
				if r.seen.add(k) {
					l.fresh[at/64] |= 1 << (at % 64)
				}
				at++
			}
		}
	})
}

// pack packs the new states of chunks: first the worker's own chunks, then those that other
// workers have not taken.
func (w *worker) pack(r *run, workers []*worker) {
	w.packed, w.bundles, w.links, w.numbers = w.packed[:0], w.bundles[:0], w.links[:0], 0
	for i := range workers {
		from := workers[(w.id+i)%len(workers)]
		for n := int(from.handed.Add(1)); n <= len(from.chunks); n = int(from.handed.Add(1)) {
			c := &r.batch.chunks[from.chunks[n-1]]
			c.packer, c.fresh.from, c.links.from = w.id, len(w.bundles), len(w.links)
			w.packChunk(r, from, c)
			c.fresh.to, c.links.to = len(w.bundles), len(w.links)
		}
	}
	packed := append([]byte(nil), w.packed...) // without spare capacity
	for i := range w.bundles {
		n := len(w.bundles[i].packed)
		w.bundles[i].packed, packed = packed[:n:n], packed[n:]
	}
}

// bundleLen is how many states are in a bundle, except the last of a chunk.
const bundleLen = 64

// packChunk packs the new states of a worker's chunk.
func (w *worker) packChunk(r *run, from *worker, c *chunk) {
	at, begun, states, parent := c.keys, len(w.packed), 0, int32(-1)
	end := func() {
		w.bundles = append(w.bundles, bundle{w.packed[begun:], states})
		begun, states = len(w.packed), 0
	}
	list := from.candidates[c.candidates.from:c.candidates.to]
	for i := range list {
		x := &list[i]
		key := at[x.lot].from
		at[x.lot].from++
		if from.lots[x.lot].fresh[key/64]>>(key%64)&1 == 0 {
			continue
		}
		s := r.batch.states[x.parent]
		if x.parent != parent {
			w.look(r, s)
			parent = x.parent
		}
		w.successor = w.followed(r, s, x.choice, came{effect: x.effect, rest: x.rest}, w.successor[:0])
		w.packed = w.successor.pack(w.packed)
		w.numbers += len(w.successor)
		l := link{r.batch.at + parent, x.number}
		if c.n == 0 {
			c.first = l
		} else {
			w.links = l.pack(c.last, w.links)
		}
		c.n, c.last = c.n+1, l.parent
		if states++; states == bundleLen {
			end()
		}
	}
	if states > 0 {
		end()
	}
}

// collect adds the new states to the queue and to the tree, in the order of the batch.
func (r *run) collect(workers []*worker) {
	r.batch.each(func(c *chunk) {
		w := r.workers[c.packer]
		for _, p := range w.bundles[c.fresh.from:c.fresh.to] {
			r.next.push(p)
		}
		if c.n > 0 {
			r.tree.add(c.first)
			r.tree.append(w.links[c.links.from:c.links.to], c.n-1, c.last)
		}
	})
	for _, w := range workers {
		r.next.numbers += w.numbers
	}
	r.States = r.tree.n
}
