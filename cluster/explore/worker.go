package explore

import (
	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// worker is one of the goroutines that expand states.
type worker struct {
	*shared
	id         int
	bench      *cluster.Bench
	candidates []candidate
	found      *found
	steps      int
	limited    bool // something did not happen because of the bounds

	// For the state that is being expanded.
	choices     []choice
	sums        []uint64 // its fingerprint under each symmetry
	plus, minus [][]uint64
	mail        []int32
	servers     []cluster.ServerPart
	envelopes   []raft.Envelope
}

// work expands the worker's share of a batch.
func (w *worker) work(r *run) {
	for i := w.id; i < len(r.batch.states); i += len(w.workers) {
		from := len(w.candidates)
		w.expand(r, r.batch.states[i], i)
		r.batch.spans[i] = span{w.id, from, len(w.candidates)}
		if w.found != nil {
			return
		}
	}
}

// begin takes up a state.
func (w *worker) begin(r *run, s state) {
	copy(w.sums, r.rests.hashes(s.rest()))
	add := func(hashes []uint64) {
		for g, h := range hashes {
			w.sums[g] += h
		}
	}
	for _, n := range s.servers(r.n) {
		add(r.servers.hashes(n))
	}
	for _, n := range s.mail(r.n) {
		add(r.mail.hashes(n))
	}
}

// key tells one state from another: the least of its fingerprints under the
// symmetries, and what is used of the bounds. What is to be added to the sums,
// and taken away, stands in plus and minus.
func (w *worker) key(u used) uint64 {
	least := ^uint64(0)
	for g, sum := range w.sums {
		for _, h := range w.plus {
			sum += h[g]
		}
		for _, h := range w.minus {
			sum -= h[g]
		}
		least = min(least, sum)
	}
	return invariants.Mix(least, uint64(u))
}

// expand generates the states one step behind a state, and keeps those that are
// not known to be old.
func (w *worker) expand(r *run, s state, parent int) {
	w.begin(r, s)
	w.choices = w.next(r, s, w.choices[:0])
	for number, c := range w.choices {
		w.plus, w.minus = w.plus[:0], w.minus[:0]
		e := w.effect(r, s, c)
		if e != nil && !e.done {
			continue
		}
		w.steps++
		if e != nil && e.breach != nil {
			w.found = &found{parent, int32(number), e.breach}
			return
		}
		w.differences(r, s, c, e)
		key := w.key(c.used)
		if r.seen.has(key) {
			continue
		}
		if r.goal != nil && r.goal(w.id, w.world(r, w.after(r, s, c))) {
			w.found = &found{parent, int32(number), nil}
			return
		}
		w.candidates = append(w.candidates, candidate{key, e, c, int32(number)})
	}
}

// differences is by what a choice changes the sums.
func (w *worker) differences(r *run, s state, c choice, e *effect) {
	if e != nil {
		if was := s.servers(r.n)[c.server]; was != e.server {
			w.minus, w.plus = append(w.minus, r.servers.hashes(was)), append(w.plus, r.servers.hashes(e.server))
		}
		if e.rest >= 0 {
			w.minus, w.plus = append(w.minus, r.rests.hashes(s.rest())), append(w.plus, r.rests.hashes(e.rest))
		}
	}
	mail := s.mail(r.n)
	for i, n := range mail {
		if !w.stays(r, s, c, e, i) {
			w.minus = append(w.minus, r.mail.hashes(n))
		}
	}
	if c.kind == copying {
		w.plus = append(w.plus, r.mail.hashes(mail[c.what]))
	}
	if e == nil {
		return
	}
	for i := range e.sent {
		if w.leaves(r, s, e, i) {
			w.plus = append(w.plus, r.mail.hashes(e.sent[i]))
		}
	}
}

// mailAfter is the mail in flight after a choice, in w.mail.
func (w *worker) mailAfter(r *run, s state, c choice, e *effect) {
	mail := s.mail(r.n)
	w.mail = w.mail[:0]
	for i, n := range mail {
		if w.stays(r, s, c, e, i) {
			w.mail = append(w.mail, n)
		}
	}
	if c.kind == copying {
		w.mail = append(w.mail, mail[c.what])
	}
	if e == nil {
		return
	}
	for i, n := range e.sent {
		if w.leaves(r, s, e, i) {
			w.mail = append(w.mail, n)
		}
	}
}

// stays tells whether a message is still in flight after a choice.
func (w *worker) stays(r *run, s state, c choice, e *effect, i int) bool {
	if int32(i) == c.what && (c.kind == deliver || c.kind == lose) {
		return false
	}
	if e == nil {
		return true
	}
	m := r.mail.part(s.mail(r.n)[i])
	if int8(m.To-1) == c.server && m.outlived(r.servers.part(e.server), r.sparse) {
		return false
	}
	return !r.sparse || !w.replaced(r, s, e, m, 0)
}

// leaves tells whether a message that is sent is in flight afterwards.
func (w *worker) leaves(r *run, s state, e *effect, i int) bool {
	m := r.mail.part(e.sent[i])
	return !w.late(r, s, m) && (!r.sparse || !w.replaced(r, s, e, m, i+1))
}

// late tells whether a message comes too late to make a difference; nobody
// sends to itself, so its receiver is as it was.
func (w *worker) late(r *run, s state, m *letter) bool {
	return m.outlived(r.servers.part(s.servers(r.n)[m.To-1]), r.sparse)
}

// replaced tells whether one of the messages sent, from number from on, takes
// the place of the message on its link.
func (w *worker) replaced(r *run, s state, e *effect, old *letter, from int) bool {
	for _, n := range e.sent[from:] {
		if m := r.mail.part(n); m.From == old.From && m.To == old.To && !w.late(r, s, m) {
			return true
		}
	}
	return false
}

// after is the state after a choice.
func (w *worker) after(r *run, s state, c choice) state {
	e := w.effect(r, s, c)
	w.mailAfter(r, s, c, e)
	next := append(append(state(nil), s[:header+r.n]...), w.mail...)
	next.setUsed(c.used)
	if e != nil {
		next[header+int(c.server)] = e.server
		if e.rest >= 0 {
			next[1] = e.rest
		}
	}
	return next
}

// effect is what a choice does at its server; nil where it concerns mail alone.
func (w *worker) effect(r *run, s state, c choice) *effect {
	if c.kind == lose || c.kind == copying {
		return nil
	}
	input := c.input(s.mail(r.n))
	alone := uint64(uint32(s.servers(r.n)[c.server]))<<32 | uint64(uint32(input))
	known := r.alone.get(alone)
	if known != nil && known.alone {
		return known
	}
	together := contextKey(s[1], s.servers(r.n), c.server, input)
	if known != nil {
		if e := r.together.get(together); e != nil {
			return e
		}
	}
	e := w.happen(r, s, c)
	if e.alone {
		e.key = alone
		r.alone.put(e)
		return e
	}
	r.alone.put(&effect{key: alone})
	e.key = together
	r.together.put(e)
	return e
}

// contextKey names an input at a server among these others.
func contextKey(rest int32, servers []int32, at int8, input int32) uint64 {
	h := invariants.Mix(uint64(uint32(rest)), uint64(uint8(at))<<32|uint64(uint32(input)))
	for _, n := range servers {
		h = invariants.Mix(h, uint64(uint32(n)))
	}
	return h
}

// happen has it happen, in the code that the console runs.
func (w *worker) happen(r *run, s state, c choice) *effect {
	var mail []raft.Envelope
	if c.kind == deliver {
		mail = append(w.envelopes[:0], r.mail.part(s.mail(r.n)[c.what]).Envelope)
	}
	w.put(r, s, mail)
	var a cluster.Action
	switch c.kind {
	case deliver:
		a = cluster.Deliver{ID: 1}
	case act:
		a = r.servers.part(s.servers(r.n)[c.server]).actions[c.what]
	default:
		a = r.command(c)
	}
	did, done := w.bench.Do(raft.ID(c.server+1), a)
	e := &effect{done: done, alone: did.Alone, breach: did.Breach, rest: -1}
	if !done {
		return e
	}
	e.server = r.servers.number(server{ServerPart: did.Server})
	if did.Rest != nil {
		e.rest = r.restNumber(did.Rest)
	}
	for _, m := range did.Sent {
		e.sent = append(e.sent, r.mail.number(letter{Envelope: m}))
	}
	return e
}

// put puts the state's servers and rest together, with this mail.
func (w *worker) put(r *run, s state, mail []raft.Envelope) *cluster.World {
	w.servers = w.servers[:0]
	for _, n := range s.servers(r.n) {
		w.servers = append(w.servers, r.servers.part(n).ServerPart)
	}
	return w.bench.Put(w.servers, *r.rests.part(s.rest()), mail)
}

// world is the whole state as a world.
func (w *worker) world(r *run, s state) *cluster.World {
	w.envelopes = w.envelopes[:0]
	for _, n := range s.mail(r.n) {
		w.envelopes = append(w.envelopes, r.mail.part(n).Envelope)
	}
	return w.put(r, s, w.envelopes)
}
