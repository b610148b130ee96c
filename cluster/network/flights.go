// Package network is what lies between servers: messages in flight, in the order in
// which they are due, and links that may be cut. It knows neither servers nor time:
// when a message arrives is up to its caller.
package network

import (
	"cmp"
	"iter"
	"slices"
	"strconv"

	"raftlab/raft"
	"raftlab/raft/seq"
)

// Flight is a message on its way.
type Flight struct {
	ID   uint64 // its number: m12 is 12
	Sent uint64 // the clock when it was sent
	Due  uint64 // the clock at which it arrives by itself
	Held bool   // it was delayed by hand, and waits until it is due
	Copy bool   // it is the second one of a message that arrives twice
	raft.Envelope
}

// Name is the message as commands name it, m12.
func (f *Flight) Name() string { return "m" + strconv.FormatUint(f.ID, 10) }

// Flights is what is in flight: a list, the message that is due first in front, the
// older of two first. It is kept in chunks, so that two copies share those that neither
// changes: only the list of chunks is copied, when one of the two is changed.
type Flights struct {
	chunks []*Chunk
	gone   int    // messages of the first chunk that are no longer in flight
	n      int    // messages in all chunks
	epoch  uint64 // chunks of another epoch are shared, and copied before a change
	owned  bool   // no other copy has the list of chunks
	// aside is the parked messages, in the order of the list. It is never changed in place;
	// nil: nothing.
	aside *seq.Seq[Flight]
}

var nothing seq.Seq[Flight]

func (f *Flights) parked() *seq.Seq[Flight] {
	if f.aside == nil {
		return &nothing
	}
	return f.aside
}

// chunkLen is how many messages a chunk gets.
const chunkLen = 128

// Chunk is some messages of the list, never none.
type Chunk struct {
	epoch       uint64
	items       []Flight
	least, most uint64 // no number in it is outside of these
}

func oneAfterAnother(a, b *Flight) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
}

// Share is called on both of two copies that go on apart. The epochs of all copies differ.
func (f *Flights) Share(epoch uint64) { f.owned, f.epoch = false, epoch }

// All yields the messages in order, with their places. The list must not change
// meanwhile.
func (f *Flights) All() iter.Seq2[int, *Flight] {
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
func (f *Flights) locate(i int) (chunk, at int) {
	i += f.gone
	for i >= len(f.chunks[chunk].items) {
		i -= len(f.chunks[chunk].items)
		chunk++
	}
	return chunk, i
}

// Len is how many messages are in the list, and Parked how many are parked beside it.
func (f *Flights) Len() int    { return f.n }
func (f *Flights) Parked() int { return f.parked().Len() }

// Each yields all messages, the parked ones first.
func (f *Flights) Each(yield func(*Flight) bool) {
	for i := range f.parked().Len() {
		if !yield(f.parked().At(i)) {
			return
		}
	}
	for _, m := range f.All() {
		if !yield(m) {
			return
		}
	}
}

// After is the messages with a number beyond id, by number, the parked ones with them.
// It costs little where these are few, however many others there are.
func (f *Flights) After(id uint64) (list []Flight) {
	if id == 0 {
		list = make([]Flight, 0, f.parked().Len()+f.n)
	}
	add := func(m *Flight) {
		if m.ID > id {
			list = append(list, *m)
		}
	}
	for i := range f.parked().Len() {
		add(f.parked().At(i))
	}
	for k, c := range f.chunks {
		if c.most <= id {
			continue
		}
		items := c.items
		if k == 0 {
			items = items[f.gone:]
		}
		for i := range items {
			add(&items[i])
		}
	}
	slices.SortFunc(list, func(a, b Flight) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// At is the message at a place of the list. It may be read until the list changes.
func (f *Flights) At(i int) *Flight {
	k, at := f.locate(i)
	return &f.chunks[k].items[at]
}

// Find is the place of message id, or -1.
func (f *Flights) Find(id uint64) int {
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

// own makes the list of chunks this copy's own.
func (f *Flights) own() {
	if !f.owned {
		f.chunks, f.owned = append(make([]*Chunk, 0, len(f.chunks)+4), f.chunks...), true
	}
}

// mutable is a chunk, to be changed. A copy of the first one leaves out what is gone.
func (f *Flights) mutable(k int) *Chunk {
	f.own()
	c := f.chunks[k]
	if c.epoch != f.epoch {
		items := c.items
		if k == 0 {
			items, f.gone = items[f.gone:], 0
		}
		c = &Chunk{f.epoch, append(make([]Flight, 0, len(items)+8), items...), c.least, c.most}
		f.chunks[k] = c
	}
	return c
}

// Add puts a copy of the message in its place.
func (f *Flights) Add(m *Flight) {
	f.n++
	k := len(f.chunks) - 1
	for k > 0 && oneAfterAnother(&f.chunks[k].items[0], m) > 0 {
		k--
	}
	if k < 0 || k == len(f.chunks)-1 && len(f.chunks[k].items) >= chunkLen &&
		oneAfterAnother(&f.chunks[k].items[len(f.chunks[k].items)-1], m) < 0 {
		f.own()
		room := 8
		if k >= 0 {
			room = chunkLen
		}
		f.chunks = append(f.chunks, &Chunk{f.epoch, append(make([]Flight, 0, room), *m), m.ID, m.ID})
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
	if len(c.items) > 2*chunkLen {
		if k == 0 {
			c.items, f.gone = c.items[f.gone:], 0
		}
		half := len(c.items) / 2
		f.chunks = slices.Insert(f.chunks, k+1, &Chunk{f.epoch, slices.Clone(c.items[half:]), c.least, c.most})
		c.items = slices.Clone(c.items[:half]) // and lets go of the rest
	}
}

// Remove takes out the message at a place.
func (f *Flights) Remove(i int) {
	f.n--
	k, at := f.locate(i)
	if i == 0 { // the usual case needs no copy, because each list skips what is gone from it
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

// Put makes the list anew from messages in order, in one chunk that the caller
// lends where reuse is set.
func (f *Flights) Put(list []Flight, reuse *Chunk) {
	f.chunks, f.gone, f.n, f.owned = f.chunks[:0], 0, len(list), true
	if reuse != nil && len(list) > 0 {
		*reuse = Chunk{f.epoch, list, 0, ^uint64(0)}
		f.chunks = append(f.chunks, reuse)
		return
	}
	for part := range slices.Chunk(list, chunkLen) {
		f.chunks = append(f.chunks, &Chunk{f.epoch, part, 0, ^uint64(0)})
	}
}

// Park takes the messages in front that wait out of the list until Unpark, so that they
// need not be looked at again and again.
func (f *Flights) Park(waits func(*Flight) bool) {
	aside := *f.parked()
	for f.n > 0 {
		m := f.At(0)
		if !waits(m) {
			break
		}
		aside.Append(*m)
		f.Remove(0)
	}
	if aside.Len() > f.parked().Len() {
		f.aside = new(aside)
	}
}

// Unpark puts what was parked back into the list.
func (f *Flights) Unpark() {
	if f.aside == nil {
		return
	}
	list := slices.Clone(f.aside.Slice(0, f.aside.Len()))
	for _, m := range f.All() {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Flight) int { return oneAfterAnother(&a, &b) })
	f.chunks, f.aside = nil, nil
	f.Put(list, nil)
}
