package explore

import (
	"context"

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
	limited    bool    // something did not happen because of the bounds
	decoded    []int32 // the states of the batch that it has expanded
	packed     []byte  // new ones, how many these are, and how many numbers
	fresh      int
	numbers    int

	keys    keys
	pending []expanded
	settled int    // candidates that were looked up
	fetched uint64 // means nothing; it keeps the fetches ahead from being left out

	// What a known deed comes to at present, and that deed.
	judged effect
	known  *effect

	// For the state that is being expanded.
	choices   []choice
	successor state
	mail      []int32
	servers   []cluster.ServerPart
	envelopes []raft.Envelope
	marked    []uint64 // see marks
}

// expanded is a state whose candidates wait to be looked up.
type expanded struct {
	state    state
	parent   int // in the batch
	from, to int // the candidates
}

// together is how many states are expanded before their candidates are looked
// up: their places in the set are being fetched from memory meanwhile.
const together = 16

// work expands states of a batch, as many at a time as are looked up together,
// until none is left, it has found something, or ctx ends: then the search has
// ended, too. Who finds something leaves none out that comes before it.
func (w *worker) work(ctx context.Context, r *run) {
	b := &r.batch
	w.candidates, w.settled, w.found, w.steps, w.limited, w.decoded = w.candidates[:0], 0, nil, 0, false, w.decoded[:0]
	for w.found == nil && ctx.Err() == nil {
		to := int(b.taken.Add(together))
		for i := to - together; i < min(to, len(b.packed)) && w.found == nil; i++ {
			from := len(w.decoded)
			w.decoded = unpack(b.packed[i], b.at+int32(i), w.decoded)
			b.states[i] = w.decoded[from:]
			w.expand(r, b.states[i], i)
		}
		w.settle(r)
		if to >= len(b.packed) {
			return
		}
	}
}

// expand generates the states one step behind a state.
func (w *worker) expand(r *run, s state, parent int) {
	w.keys.begin(s)
	w.choices = w.next(r, s, w.choices[:0])
	from := len(w.candidates)
	for number, c := range w.choices {
		e := w.effect(r, s, c)
		if e != nil && !e.done {
			continue
		}
		w.steps++
		if e != nil && e.breach != nil {
			w.found = &found{parent, int32(number), e.breach}
			break
		}
		w.differences(r, s, c, e)
		at, to := -1, int32(0)
		if e != nil {
			at, to = int(c.server), e.server
		}
		key := w.keys.after(c.used, at, to)
		w.fetched ^= r.seen.touch(key)
		w.candidates = append(w.candidates, w.candidate(key, c, e, int32(number)))
	}
	w.pending = append(w.pending, expanded{s, parent, from, len(w.candidates)})
}

// candidate is what a choice leads to: effects that are worked out from what is
// known are not kept.
func (w *worker) candidate(key uint64, c choice, e *effect, number int32) candidate {
	if e == nil {
		return candidate{key: key, choice: c, number: number}
	}
	rest := e.rest
	if e == &w.judged {
		e = w.known
	}
	return candidate{key, c, e, rest, number, false}
}

// settle looks the candidates of the states that wait up, and keeps those that
// are not known to be old.
func (w *worker) settle(r *run) {
	for _, p := range w.pending {
		from := w.settled
		for _, c := range w.candidates[p.from:p.to] {
			if r.seen.has(c.key) {
				continue
			}
			w.ask(r, p, c)
			w.candidates[w.settled] = c
			w.settled++
		}
		r.batch.spans[p.parent] = span{w.id, from, w.settled}
	}
	w.candidates, w.pending = w.candidates[:w.settled], w.pending[:0]
}

// ask asks the goal of a candidate, unless an earlier state has ended the search.
func (w *worker) ask(r *run, p expanded, c candidate) {
	if r.goal == nil || w.found != nil && !(&found{parent: p.parent, choice: c.number}).before(w.found) {
		return
	}
	if r.goal(w.id, w.world(r, w.after(r, p.state, c.choice))) {
		w.found = &found{parent: p.parent, choice: c.number}
	}
}

// differences is by what a choice changes the sums.
func (w *worker) differences(r *run, s state, c choice, e *effect) {
	k := &w.keys
	k.clear()
	if e != nil {
		if was := s.servers(r.n)[c.server]; was != e.server {
			k.minus, k.plus = append(k.minus, r.servers.hashes(was)), append(k.plus, r.servers.hashes(e.server))
		}
		if e.rest >= 0 {
			k.minus, k.plus = append(k.minus, r.rests.hashes(s.rest())), append(k.plus, r.rests.hashes(e.rest))
		}
		for _, n := range e.created() {
			k.plus = append(k.plus, r.servers.hashes(n))
		}
	}
	mail := s.mail(r.n)
	for i, n := range mail {
		if !w.stays(r, s, c, e, i) {
			k.lose(n)
		}
	}
	if c.kind == copying {
		k.send(mail[c.what])
	}
	if e == nil {
		return
	}
	for i := range e.sent {
		if w.leaves(r, s, e, i) {
			k.send(e.sent[i])
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
	number := s.mail(r.n)[i]
	way := r.mail.briefly(number)
	to, from := int8(way), int8(way>>8)
	if to == c.server && r.mail.part(number).outlived(r.servers.part(e.server), r.sparse) {
		return false
	}
	return !r.sparse || from != c.server || !w.replaced(r, s, e, r.mail.part(number), 0)
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
	return w.follow(r, s, c, w.effect(r, s, c), nil)
}

// follow appends to room the state after a choice that had this effect.
func (w *worker) follow(r *run, s state, c choice, e *effect, room state) state {
	w.mailAfter(r, s, c, e)
	next := append(append(room, s[:header+r.n]...), w.mail...)
	next.setUsed(c.used)
	if e != nil {
		next[header+int(c.server)] = e.server
		if e.rest >= 0 {
			next[1] = e.rest
		}
		r.create(next, e.created())
	}
	return next
}

// deedKey names an input at a server; it is not 0.
func deedKey(server, input int32) uint64 { return uint64(server+1)<<32 | uint64(uint32(input)) }

// effect is what a choice does at its server; nil where it concerns mail alone.
// It is good until the worker is asked for the next one.
func (w *worker) effect(r *run, s state, c choice) *effect {
	if c.kind == lose || c.kind == copying {
		return nil
	}
	input := c.input(s.mail(r.n))
	alone := deedKey(s.servers(r.n)[c.server], input)
	known := r.alone.get(alone)
	if known != nil && known.alone {
		return known
	}
	together := w.contextKey(s, c.server, input)
	if known != nil {
		if e := w.remembered(r, known, together); e != nil {
			return e
		}
		if e := w.again(r, s, c, known); e != nil {
			w.remember(r, e, together)
			return e
		}
	}
	e := w.happen(r, s, c)
	switch {
	case e.alone:
		e.key = alone
		r.alone.put(e)
	case e.deed != nil && known == nil:
		e.key = alone
		r.alone.put(e)
		w.remember(r, e, together)
	default:
		if known == nil {
			r.alone.put(&effect{key: alone})
		}
		e.key = together
		r.together.put(e)
	}
	return e
}

// remember keeps what has come of a known deed, unless that is a breach, which
// ends the search.
func (w *worker) remember(r *run, e *effect, together uint64) {
	if e.breach == nil {
		r.judged.put(together, e.rest)
	}
}

// remembered is what has come of an input among such servers before; nil where
// that is not known.
func (w *worker) remembered(r *run, known *effect, together uint64) *effect {
	if known.deed == nil {
		return r.together.get(together)
	}
	rest, found := r.judged.get(together)
	if !found {
		return nil
	}
	return w.judge(known, rest, nil)
}

// judge is the effect of a known deed, of which that has come.
func (w *worker) judge(known *effect, rest int32, breach *invariants.Breach) *effect {
	w.known = known
	w.judged = effect{server: known.server, sent: known.sent, rest: rest, done: true, breach: breach}
	return &w.judged
}

// contextKey names an input at a server among others, by what an action may
// look at of them.
func (w *worker) contextKey(s state, at int8, input int32) uint64 {
	h := invariants.Mix(uint64(uint32(s.rest())), uint64(uint8(at))<<32|uint64(uint32(input)))
	for i, n := range s.servers(w.shared.n) {
		if i == int(at) {
			h = invariants.Mix(h, uint64(uint32(n)))
		} else {
			h = invariants.Mix(h, w.shared.servers.part(n).view)
		}
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
	did, done := w.bench.Do(raft.ID(c.server+1), w.deed(r, s, c))
	e := &effect{done: done, alone: did.Alone, deed: did.Deed, breach: did.Breach, rest: -1}
	if !done {
		return e
	}
	e.server = r.servers.number(server{ServerPart: did.Server})
	if did.Rest != nil {
		e.rest = r.restNumber(did.Rest)
	}
	for _, p := range did.Created {
		more := append(e.created(), r.servers.number(server{ServerPart: p}))
		e.more = &more
	}
	for _, m := range did.Sent {
		e.sent = append(e.sent, r.mail.number(letter{Envelope: m}))
	}
	return e
}

// again works out what comes of it among other servers than before, where it is
// known what it does at its own; nil where it is not.
func (w *worker) again(r *run, s state, c choice, known *effect) *effect {
	if known == nil || known.deed == nil {
		return nil
	}
	w.put(r, s, nil)
	did, ok := w.bench.Again(raft.ID(c.server+1), w.deed(r, s, c), r.servers.part(known.server).ServerPart, known.deed)
	if !ok {
		return nil
	}
	rest := int32(-1)
	if did.Rest != nil {
		rest = r.restNumber(did.Rest)
	}
	return w.judge(known, rest, did.Breach)
}

// deed is the choice as an action on the bench, where a message that is
// delivered is the only one.
func (w *worker) deed(r *run, s state, c choice) cluster.Action {
	switch c.kind {
	case deliver:
		return cluster.Deliver{ID: 1}
	case act:
		return r.servers.part(s.servers(r.n)[c.server]).actions[c.what]
	}
	return r.command(c)
}

// put puts the state's servers and rest together, with this mail.
func (w *worker) put(r *run, s state, mail []raft.Envelope) *cluster.World {
	w.servers = w.servers[:0]
	for _, n := range s.servers(r.n) {
		w.servers = append(w.servers, r.servers.part(n).ServerPart)
	}
	return w.bench.Put(w.servers, r.rests.part(s.rest()).Rest, mail)
}

// world is the whole state as a world.
func (w *worker) world(r *run, s state) *cluster.World {
	w.envelopes = w.envelopes[:0]
	for _, n := range s.mail(r.n) {
		w.envelopes = append(w.envelopes, r.mail.part(n).Envelope)
	}
	return w.put(r, s, w.envelopes)
}
