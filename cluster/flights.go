package cluster

import (
	"cmp"
	"iter"
	"slices"

	"raftlab/raft/seq"
)

// flights is what is in flight, the one that is due first in front, the older
// of two first. It is kept in chunks, so that a copy of the world shares those
// that neither changes: only the list of chunks is copied, when one of the two
// changes it first.
type flights struct {
	chunks []*mail
	gone   int    // messages of the first chunk that are no longer in flight
	n      int    // messages in all chunks
	epoch  uint64 // chunks of another epoch are shared, and copied before a change
	owned  bool   // chunks is this world's own
	// aside waits for frozen servers, in the order of the list, and is put back
	// before anything but time or deliveries happens. It is never changed in place;
	// nil: nothing.
	aside *seq.Seq[Flight]
}

var nothing seq.Seq[Flight]

// parked is what waits aside.
func (f *flights) parked() *seq.Seq[Flight] {
	if f.aside == nil {
		return &nothing
	}
	return f.aside
}

// mailLen is how many messages a chunk gets.
const mailLen = 128

// mail is a chunk of messages, never an empty one.
type mail struct {
	epoch       uint64
	items       []Flight
	least, most uint64 // no number in it is outside of these
}

func oneAfterAnother(a, b *Flight) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
}

// share is for two copies of a world that go on apart.
func (f *flights) share(epoch uint64) { f.owned, f.epoch = false, epoch }

// all yields the messages in order, with their places. The list must not change
// meanwhile.
func (f *flights) all() iter.Seq2[int, *Flight] {
	return func(yield func(int, *Flight) bool) {
		i := 0
		for k, c := range f.chunks {
			items := c.items
			if k == 0 {
				items = items[f.gone:]
			}
			for j := range items {
				if !yield(i, &items[j]) {
					return
				}
				i++
			}
		}
	}
}

// locate is the chunk of the message at a place, and where in it that is.
func (f *flights) locate(i int) (chunk, at int) {
	i += f.gone
	for i >= len(f.chunks[chunk].items) {
		i -= len(f.chunks[chunk].items)
		chunk++
	}
	return chunk, i
}

func (f *flights) at(i int) *Flight {
	k, at := f.locate(i)
	return &f.chunks[k].items[at]
}

// find is the place of message id, or -1.
func (f *flights) find(id uint64) int {
	before := -f.gone
	for k, c := range f.chunks {
		if c.least <= id && id <= c.most {
			first := 0
			if k == 0 {
				first = f.gone
			}
			for at := first; at < len(c.items); at++ {
				if c.items[at].ID == id {
					return before + at
				}
			}
		}
		before += len(c.items)
	}
	return -1
}

// own makes the list of chunks this world's own.
func (f *flights) own() {
	if !f.owned {
		f.chunks, f.owned = append(make([]*mail, 0, len(f.chunks)+4), f.chunks...), true
	}
}

// mutable is a chunk, to be changed. A copy of the first one leaves out what is gone.
func (f *flights) mutable(k int) *mail {
	f.own()
	c := f.chunks[k]
	if c.epoch != f.epoch {
		items := c.items
		if k == 0 {
			items, f.gone = items[f.gone:], 0
		}
		c = &mail{f.epoch, append(make([]Flight, 0, len(items)+8), items...), c.least, c.most}
		f.chunks[k] = c
	}
	return c
}

func (f *flights) add(m *Flight) {
	f.n++
	k := len(f.chunks) - 1
	for k > 0 && oneAfterAnother(&f.chunks[k].items[0], m) > 0 {
		k--
	}
	if k < 0 || k == len(f.chunks)-1 && len(f.chunks[k].items) >= mailLen &&
		oneAfterAnother(&f.chunks[k].items[len(f.chunks[k].items)-1], m) < 0 {
		f.own()
		room := 8
		if k >= 0 {
			room = mailLen
		}
		f.chunks = append(f.chunks, &mail{f.epoch, append(make([]Flight, 0, room), *m), m.ID, m.ID})
		return
	}
	c := f.mutable(k)
	if k == 0 && len(c.items) == cap(c.items) && 2*f.gone >= len(c.items) { // room again, and what is gone is let go of
		n := copy(c.items, c.items[f.gone:])
		clear(c.items[n:])
		c.items, f.gone = c.items[:n], 0
	}
	at, first := len(c.items), 0
	if k == 0 {
		first = f.gone
	}
	for at > first && oneAfterAnother(&c.items[at-1], m) > 0 {
		at--
	}
	c.items = slices.Insert(c.items, at, *m)
	c.least, c.most = min(c.least, m.ID), max(c.most, m.ID)
	if len(c.items) > 2*mailLen {
		if k == 0 {
			c.items, f.gone = c.items[f.gone:], 0
		}
		half := len(c.items) / 2
		f.chunks = slices.Insert(f.chunks, k+1, &mail{f.epoch, slices.Clone(c.items[half:]), c.least, c.most})
		c.items = slices.Clone(c.items[:half]) // and lets go of the rest
	}
}

func (f *flights) remove(i int) {
	f.n--
	k, at := f.locate(i)
	if i == 0 { // the usual case needs no copy: nobody looks in front of his own list
		if c := f.chunks[0]; c.epoch == f.epoch {
			c.items[at].Message = nil // a copy that is kept for long would keep it, too
		}
		if f.gone++; f.gone == len(f.chunks[0].items) {
			f.chunks, f.gone = f.chunks[1:], 0
		}
		return
	}
	c := f.mutable(k)
	if k == 0 {
		at = f.gone + i // what was gone may be no more
	}
	if c.items = slices.Delete(c.items, at, at+1); len(c.items) == 0 {
		f.chunks = slices.Delete(f.chunks, k, k+1)
	}
}

// put makes the list anew from messages in order, in one chunk that the caller
// lends where reuse is set.
func (f *flights) put(list []Flight, reuse *mail) {
	f.chunks, f.gone, f.n, f.owned = f.chunks[:0], 0, len(list), true
	if reuse != nil && len(list) > 0 {
		*reuse = mail{f.epoch, list, 0, ^uint64(0)}
		f.chunks = append(f.chunks, reuse)
		return
	}
	for part := range slices.Chunk(list, mailLen) {
		f.chunks = append(f.chunks, &mail{f.epoch, part, 0, ^uint64(0)})
	}
}

// unpark puts them back.
func (f *flights) unpark() {
	if f.aside == nil {
		return
	}
	list := slices.Clone(f.aside.Slice(0, f.aside.Len()))
	for _, m := range f.all() {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Flight) int { return oneAfterAnother(&a, &b) })
	f.chunks, f.aside = nil, nil
	f.put(list, nil)
}
