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
func (f *Flight) Name() string { return Name(f.ID) }

// Name is the message of that number as commands name it: m12.
func Name(id uint64) string { return "m" + strconv.FormatUint(id, 10) }

// Flights is what is in flight: a list, the message that is due first in front, the
// older of two first. It is kept in chunks, so that two copies share those that neither
// changes. Few messages are all in the first chunk, and many in others as well.
type Flights struct {
	head  chunk
	rest  []chunk // never empty ones
	gone  int     // messages of the head that are no longer in flight
	n     int     // messages in all chunks
	epoch uint64  // chunks of another epoch are shared, and copied before a change
	owned bool    // no other copy has the list rest
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

// chunk is some messages of the list.
type chunk struct {
	epoch       uint64
	items       []Flight
	least, most uint64 // no number in it is outside of these
}

func oneAfterAnother(a, b *Flight) int {
	return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID))
}

// Share makes this copy safe to change on its own. Call it on both of two copies, each with an
// epoch that no other copy has.
func (f *Flights) Share(epoch uint64) { f.owned, f.epoch = false, epoch }

// chunk is the head for 0, and then those of the rest.
func (f *Flights) chunk(k int) *chunk {
	if k == 0 {
		return &f.head
	}
	return &f.rest[k-1]
}

// in is the messages of a chunk that are in flight.
func (f *Flights) in(k int) []Flight {
	if k == 0 {
		return f.head.items[f.gone:]
	}
	return f.rest[k-1].items
}

// All yields the messages in order, with their places. The list must not change
// meanwhile.
func (f *Flights) All() iter.Seq2[int, *Flight] {
	return func(yield func(int, *Flight) bool) {
		i := 0
		for k := range len(f.rest) + 1 {
			items := f.in(k)
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
	for i >= len(f.chunk(chunk).items) {
		i -= len(f.chunk(chunk).items)
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
	for k := range len(f.rest) + 1 {
		if f.chunk(k).most <= id {
			continue
		}
		items := f.in(k)
		for i := range items {
			add(&items[i])
		}
	}
	slices.SortFunc(list, func(a, b Flight) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// At is the message at a place of the list. It may be read until the list changes.
func (f *Flights) At(i int) *Flight {
	if i += f.gone; i < len(f.head.items) {
		return &f.head.items[i]
	}
	k, at := f.locate(i - f.gone)
	return &f.chunk(k).items[at]
}

// Find is the place of message id, or -1.
func (f *Flights) Find(id uint64) int {
	before := 0
	for k := range len(f.rest) + 1 {
		c, items := f.chunk(k), f.in(k)
		if c.least <= id && id <= c.most {
			for at := range items {
				if items[at].ID == id {
					return before + at
				}
			}
		}
		before += len(items)
	}
	return -1
}

// Get is the message of that number, parked or not, or nil when there is none.
func (f *Flights) Get(id uint64) *Flight {
	if i := f.Find(id); i >= 0 {
		return f.At(i)
	}
	for i := range f.parked().Len() {
		if m := f.parked().At(i); m.ID == id {
			return m
		}
	}
	return nil
}

// own makes the rest of the list this copy's own.
func (f *Flights) own() {
	if !f.owned {
		f.rest, f.owned = slices.Clone(f.rest), true
	}
}

// mutable is a chunk, to be changed. A copy of the head leaves out what is gone.
func (f *Flights) mutable(k int) *chunk {
	if k > 0 {
		f.own()
	}
	c := f.chunk(k)
	if c.epoch != f.epoch {
		items := f.in(k)
		c.epoch, c.items = f.epoch, append(make([]Flight, 0, len(items)+8), items...)
		if k == 0 {
			f.gone = 0
		}
	}
	return c
}

// Add puts a copy of the message in its place.
func (f *Flights) Add(m *Flight) {
	f.n++
	k := len(f.rest)
	for k > 0 && oneAfterAnother(&f.rest[k-1].items[0], m) > 0 {
		k--
	}
	last := f.chunk(k).items
	if k == len(f.rest) && len(last) >= chunkLen && oneAfterAnother(&last[len(last)-1], m) < 0 {
		f.own()
		f.rest = append(f.rest, chunk{f.epoch, append(make([]Flight, 0, chunkLen), *m), m.ID, m.ID})
		return
	}
	c, first := f.mutable(k), 0
	if k == 0 {
		if len(c.items) == cap(c.items) && 2*f.gone >= len(c.items) { // room again, and what is gone is let go of
			n := copy(c.items, c.items[f.gone:])
			clear(c.items[n:])
			c.items, f.gone = c.items[:n], 0
		}
		first = f.gone
	}
	at := len(c.items)
	for at > first && oneAfterAnother(&c.items[at-1], m) > 0 {
		at--
	}
	c.items = slices.Insert(c.items, at, *m)
	c.least, c.most = min(c.least, m.ID), max(c.most, m.ID)
	if len(c.items) > 2*chunkLen {
		f.split(k)
	}
}

// split makes two of a chunk.
func (f *Flights) split(k int) {
	c, items := f.chunk(k), f.in(k)
	half := len(items) / 2
	more := chunk{f.epoch, slices.Clone(items[half:]), c.least, c.most}
	c.items = slices.Clone(items[:half]) // and lets go of the rest
	if k == 0 {
		f.gone = 0
	}
	f.own()
	f.rest = slices.Insert(f.rest, k, more)
}

// Remove takes out the message at a place.
func (f *Flights) Remove(i int) {
	f.n--
	k, at := f.locate(i)
	if i == 0 { // the usual case needs no copy, because each list skips what is gone from it
		if f.head.epoch == f.epoch {
			f.head.items[at].Message = nil // a copy that is kept for long would keep it, too
		}
		f.gone++
	} else {
		c := f.mutable(k)
		if k == 0 {
			at = f.gone + i // what was gone may be no more
		}
		if c.items = slices.Delete(c.items, at, at+1); len(c.items) == 0 {
			f.rest = slices.Delete(f.rest, k-1, k)
		}
	}
	if f.gone == len(f.head.items) {
		f.head.items, f.gone = f.head.items[:0], 0
		if len(f.rest) > 0 {
			f.head, f.rest = f.rest[0], f.rest[1:]
		}
	}
}

// Put makes the list anew from messages in order, and takes the slice for its own.
func (f *Flights) Put(list []Flight) {
	f.rest, f.gone, f.n, f.owned = f.rest[:0], 0, len(list), true
	f.head = chunk{f.epoch, list, 0, ^uint64(0)}
	for len(list) > chunkLen {
		f.chunk(len(f.rest)).items, list = list[:chunkLen:chunkLen], list[chunkLen:]
		f.rest = append(f.rest, chunk{f.epoch, list, 0, ^uint64(0)})
	}
}

// Park takes messages from the front of the list until it meets one that does not wait. They
// are out of the list until Unpark, so that they need not be looked at again and again.
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
	if f.aside != nil {
		f.unpark()
	}
}

func (f *Flights) unpark() {
	list := slices.Clone(f.aside.Slice(0, f.aside.Len()))
	for _, m := range f.All() {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Flight) int { return oneAfterAnother(&a, &b) })
	f.rest, f.aside = nil, nil
	f.Put(list)
}
