package explore

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// batch is the states that are expanded together, and what came of each.
type batch struct {
	packed [][]byte
	at     int32 // the first one's place in the tree
	states []state
	chunks []chunk
	taken  atomic.Int64 // how many of the chunks the workers have taken up
	sifted atomic.Int64 // and how many of the lots
}

// chunk is states of a batch that one worker expands, so many that their
// candidates are looked up at once.
type chunk struct {
	worker     int
	candidates stretch
	keys       [lots]stretch // of the candidates, in the worker's lots
	packed     stretch       // the new states
	links      stretch       // their ways back
}

// stretch is a part of a list.
type stretch struct{ from, to int32 }

// candidate is a state that was generated and may be new.
type candidate struct {
	choice choice
	effect *effect // with another rest, where it is that of a known deed
	rest   int32
	parent int32 // in the batch
	number int32 // the choice's among the state's
	lot    uint8 // in which its key is
}

const (
	batchLen = 8192
	chunkLen = 16
	// lots is in how many parts new states are looked for at once, by the highest
	// bits of their fingerprints.
	lotBits = 3
	lots    = 1 << lotBits
)

// lotOf is the number of the lot for k.
func lotOf(k uint64) uint8 { return uint8(k >> (64 - lotBits)) }

// expand is one batch. The workers share the states, chunk by chunk; then the lots
// of fingerprints, of which they find those that are new; and then each packs for
// the queue what is new of its chunks. The order in which states are found, and so
// which of those that are alike is kept, is that of the batch: it does not depend
// on how many workers there are.
func (r *run) expand(ctx context.Context) {
	b := &r.batch
	b.at = r.level.at
	b.packed = r.level.take(b.packed[:0], batchLen)
	b.states = append(b.states[:0], make([]state, len(b.packed))...)
	b.chunks = append(b.chunks[:0], make([]chunk, (len(b.packed)+chunkLen-1)/chunkLen)...)
	b.taken.Store(0)
	b.sifted.Store(0)
	workers := r.workers[:min(len(r.workers), len(b.chunks))]
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
	each(workers, func(w *worker) { w.sift(r) })
	each(workers, func(w *worker) { w.pack(r) })
	r.collect()
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

// sift finds which candidates are new, lot by lot: of some chunks at a time, so that
// the places of all of these are being fetched from memory at once before the first
// is looked at. The keys of those that are not new are cleared.
func (w *worker) sift(r *run) {
	for lot := r.batch.sifted.Add(1) - 1; lot < lots; lot = r.batch.sifted.Add(1) - 1 {
		for chunks := range slices.Chunk(r.batch.chunks, lots) {
			for i := range chunks {
				for _, k := range r.keys(&chunks[i], int(lot)) {
					w.fetched ^= r.seen.touch(k)
				}
			}
			for i := range chunks {
				keys := r.keys(&chunks[i], int(lot))
				for j, k := range keys {
					if !r.seen.add(k) {
						keys[j] = 0
					}
				}
			}
		}
	}
}

// keys is those of a chunk's candidates in a lot.
func (r *run) keys(c *chunk, lot int) []uint64 {
	return r.workers[c.worker].lots[lot][c.keys[lot].from:c.keys[lot].to]
}

// pack packs the new states that come from the worker's chunks.
func (w *worker) pack(r *run) {
	b := &r.batch
	w.packed, w.links = w.packed[:0], w.links[:0]
	for i := range b.chunks {
		if c := &b.chunks[i]; c.worker == w.id {
			c.packed.from, c.links.from = int32(len(w.packed)), int32(len(w.links))
			w.packChunk(r, c)
			c.packed.to, c.links.to = int32(len(w.packed)), int32(len(w.links))
		}
	}
}

func (w *worker) packChunk(r *run, c *chunk) {
	parent, at := int32(-1), c.keys
	list := w.candidates[c.candidates.from:c.candidates.to]
	for i := range list {
		c := &list[i]
		key := w.lots[c.lot][at[c.lot].from]
		at[c.lot].from++
		if key == 0 {
			continue
		}
		s := r.batch.states[c.parent]
		if c.parent != parent {
			w.look(r, s)
			parent = c.parent
		}
		w.successor = w.followed(r, s, c.choice, came{effect: c.effect, rest: c.rest}, w.successor[:0])
		w.packed = w.successor.pack(w.packed)
		w.links = append(w.links, link{r.batch.at + parent, c.number})
		w.numbers += len(w.successor)
	}
}

// collect puts what is new in the queue, and in the tree, in the order of the batch.
func (r *run) collect() {
	size, states, numbers := 0, 0, 0
	for i := range r.batch.chunks {
		c := &r.batch.chunks[i]
		size += int(c.packed.to - c.packed.from)
	}
	page := make([]byte, 0, size)
	for i := range r.batch.chunks {
		c := &r.batch.chunks[i]
		w := r.workers[c.worker]
		page = append(page, w.packed[c.packed.from:c.packed.to]...)
		for _, l := range w.links[c.links.from:c.links.to] {
			r.tree.add(l)
		}
		states += int(c.links.to - c.links.from)
	}
	for _, w := range r.workers {
		numbers += w.numbers
		w.numbers = 0
	}
	r.next.push(page, states, numbers)
	r.States = r.tree.n
}
