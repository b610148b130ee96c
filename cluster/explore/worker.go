package explore

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// worker is one of the goroutines that expand states.
type worker struct {
	*shared
	id         int
	bench      *cluster.Bench
	candidates []candidate
	errand     errand // see each
	found      *found
	steps      int
	asked      int     // how many of these were steps of another program
	limited    bool    // something did not happen because of the bounds
	decoded    []int32 // the states of the batch that it has expanded
	lots       [lots]lot
	chunks     []int        // of the batch that it has taken
	handed     atomic.Int64 // how many of these a worker has begun to pack
	packed     []byte       // new states, in bundles
	bundles    []bundle
	numbers    int    // how many numbers the new states have
	links      []byte // their links in the tree, packed

	keys    keys
	recent  recent
	fetched uint64 // has no meaning, see seen.touch

	judged effect           // see whole
	failed *program.Failure // of the last step to which a server gave no answer

	// For the state that is being expanded.
	choices   []choice
	recalled  []*effect
	successor state
	flying    []flight // its mail
	gone      []int32  // see post
	come      []flight
	mail      []int32
	servers   []cluster.ServerPart
	envelopes []raft.Envelope
	marked    []uint64 // see marks

	// For macro steps.
	trials   []trial
	room     []int32  // of the states that they lead to
	truths   []uint64 // and the facts of these
	recorded bool     // the ordinary steps are asked for
	halted   bool     // a server gave no answer: no more is asked, because each answer that does not come costs seconds
	lates    int      // see taste
}

// work expands states of a batch until none is left, or ctx ends, which also ends the search.
// Once it has found something, it takes chunks without expanding them, because they come
// later in the batch.
func (w *worker) work(ctx context.Context, r *run, workers int) {
	b := &r.batch
	w.candidates, w.found, w.steps, w.limited, w.decoded = w.candidates[:0], nil, 0, false, w.decoded[:0]
	w.asked = 0
	w.chunks = w.chunks[:0]
	w.handed.Store(0)
	for i := range w.lots {
		w.lots[i].keys = w.lots[i].keys[:0]
	}
	w.recent.of(r)
	for from, to := b.share(workers); from < to; from, to = b.share(workers) {
		w.chunks = append(w.chunks, from)
		c := &b.chunks[from]
		c.worker, c.bundles, c.candidates.from = w.id, to-from, len(w.candidates)
		for i := range w.lots {
			c.keys[i].from = len(w.lots[i].keys)
		}
		for i := from; i < to && w.found == nil && ctx.Err() == nil; i++ {
			w.expandBundle(r, b.bundles[i], b.firsts[i])
		}
		c.candidates.to = len(w.candidates)
		for i := range w.lots {
			c.keys[i].to = len(w.lots[i].keys)
		}
	}
}

// expandBundle expands the states of a bundle. first is the place of the first of them in the
// batch.
func (w *worker) expandBundle(r *run, p bundle, first int) {
	b := &r.batch
	for i := first; i < first+p.n && w.found == nil; i++ {
		from := len(w.decoded)
		w.decoded = unpack(p.next(), b.at+int32(i), w.decoded)
		b.states[i] = w.decoded[from:]
		w.expand(r, b.states[i], i)
	}
}

// expand generates the states one step after a state. parent is the state's place in the batch.
func (w *worker) expand(r *run, s state, parent int) {
	w.keys.begin(s)
	w.look(r, s)
	w.choices = w.next(r, s, w.choices[:0])
	w.recalled = w.recalled[:0]
	for _, c := range w.choices { // nothing else in this loop, so the core fetches many at once
		w.recalled = append(w.recalled, w.recall(r, s, c))
	}
	for number, c := range w.choices {
		e := w.effectBy(r, s, c, w.recalled[number])
		if e.effect != nil && !e.done {
			if e.failed && !program.Interrupted(w.failed) {
				w.found = &found{parent: parent, choice: int32(number), failed: w.failed}
				break
			}
			continue
		}
		w.steps++
		if e.breach != nil {
			w.found = &found{parent: parent, choice: int32(number), breach: e.breach}
			break
		}
		w.differences(r, s, c, e)
		at, to := -1, int32(0)
		if e.effect != nil {
			at, to = int(c.server), e.server
			if r.guests.Has(raft.ID(at + 1)) {
				w.asked++
			}
		}
		key := max(w.keys.after(c.used, at, to), 1)
		if !w.recent.add(key) {
			continue
		}
		if r.goal != nil && !r.seen.has(key) && r.goal(w.id, w.world(r, w.after(r, s, c))) {
			w.found = &found{parent: parent, choice: int32(number)}
			break
		}
		lot := lotOf(key)
		w.lots[lot].keys = append(w.lots[lot].keys, key)
		w.candidates = append(w.candidates, candidate{c, e.effect, e.rest, int32(parent), int32(number), lot})
	}
}

// look reads the mail of a state whose choices will be followed.
func (w *worker) look(r *run, s state) {
	w.flying = w.flying[:0]
	for _, n := range s.mail(r.n) {
		w.flying = append(w.flying, flight{r.mail.part(n), n, r.mail.briefly(n)})
	}
}

// flight is a message of the state whose choices are followed.
type flight struct {
	*letter
	number int32
	way    uint16
}

// differences tells the keys what a choice changes in a state.
func (w *worker) differences(r *run, s state, c choice, e came) {
	k := &w.keys
	k.clear()
	if e.effect != nil {
		if was := s.servers(r.n)[c.server]; was != e.server {
			k.change(r.servers.hashes(was), r.servers.hashes(e.server))
		}
		if e.rest >= 0 {
			k.change(r.rests.hashes(s.rest()), r.rests.hashes(e.rest))
		}
		for _, n := range e.created() {
			k.add(r.servers.hashes(n))
		}
	}
	w.post(r, s, c, e.effect)
	for _, i := range w.gone {
		k.lose(w.flying[i].number, w.flying[i].way)
	}
	for i := range w.come {
		k.send(w.come[i].number, w.come[i].way)
	}
}

// mailAfter sets w.mail to the mail in flight after a choice.
func (w *worker) mailAfter(r *run, s state, c choice, e *effect) {
	w.post(r, s, c, e)
	w.mail = w.mail[:0]
	for i, gone := 0, w.gone; i < len(w.flying); i++ {
		if len(gone) > 0 && int(gone[0]) == i {
			gone = gone[1:]
			continue
		}
		w.mail = append(w.mail, w.flying[i].number)
	}
	for i := range w.come {
		w.mail = append(w.mail, w.come[i].number)
	}
}

// post sets w.gone to the places in the mail of the messages that are no longer in flight after
// a choice, and w.come to the new messages.
func (w *worker) post(r *run, s state, c choice, e *effect) {
	w.gone, w.come = w.gone[:0], w.come[:0]
	switch {
	case c.kind == lose:
		w.gone = append(w.gone, c.what)
		return
	case c.kind == copying:
		w.come = append(w.come, w.flying[c.what])
		return
	}
	servers := s.servers(r.n)
	for _, n := range e.sent() {
		m := r.mail.part(n)
		// no server sends to itself, so the choice has not changed the receiver
		if !m.outlived(r.servers.part(servers[m.To-1]), r.sparse) {
			w.take(r, flight{m, n, r.mail.briefly(n)})
		}
	}
	if !e.ages && !(r.sparse && len(w.come) > 0) { // the usual case
		if c.kind == deliver {
			w.gone = append(w.gone, c.what)
		}
		return
	}
	now := r.servers.part(e.server)
	for i := range w.flying {
		f := &w.flying[i]
		switch c.server {
		case int8(f.way): // its receiver
			if c.kind == deliver && int32(i) == c.what || f.outlived(now, r.sparse) {
				w.gone = append(w.gone, int32(i))
			}
		case int8(f.way >> 8): // its sender
			if r.sparse && w.replaced(f) {
				w.gone = append(w.gone, int32(i))
			}
		}
	}
}

// take adds a message that is sent. In a sparse network it replaces the one sent before it on the
// same link.
func (w *worker) take(r *run, f flight) {
	if r.sparse {
		for i := range w.come {
			if w.come[i].way == f.way {
				w.come = append(w.come[:i], w.come[i+1:]...)
				break
			}
		}
	}
	w.come = append(w.come, f)
}

// replaced tells whether a message that is sent replaces f on its link.
func (w *worker) replaced(f *flight) bool {
	for i := range w.come {
		if w.come[i].way == f.way {
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
	w.look(r, s)
	if e == nil {
		return w.followed(r, s, c, came{}, room)
	}
	return w.followed(r, s, c, came{e, e.rest, e.breach}, room)
}

// followed is follow after look.
func (w *worker) followed(r *run, s state, c choice, e came, room state) state {
	w.mailAfter(r, s, c, e.effect)
	next := append(append(slices.Grow(room, header+r.n+len(w.mail)), s[:header+r.n]...), w.mail...)
	next.setUsed(c.used)
	if e.effect != nil {
		next[header+int(c.server)] = e.server
		if e.rest >= 0 {
			next[1] = e.rest
		}
		r.create(next, e.created())
	}
	return next
}

// deedKey is the key of an input at a server. It is never 0.
func deedKey(server, input int32) uint64 { return uint64(server+1)<<32 | uint64(uint32(input)) }

// effect is what a choice does at its server; nil if it only concerns messages. It is valid
// until the worker is asked for the next one.
func (w *worker) effect(r *run, s state, c choice) *effect {
	e := w.effectBy(r, s, c, w.recall(r, s, c))
	return w.whole(e)
}

// whole is what came of a choice, as one effect.
func (w *worker) whole(e came) *effect {
	if e.effect == nil || e.rest == e.effect.rest && e.breach == e.effect.breach {
		return e.effect
	}
	w.judged = *e.effect
	w.judged.rest, w.judged.breach = e.rest, e.breach
	return &w.judged
}

// recall is what is remembered of a choice's input at its server, whatever the other parts are;
// nil if nothing is.
func (w *worker) recall(r *run, s state, c choice) *effect {
	if c.kind == lose || c.kind == copying {
		return nil
	}
	return r.alone.get(deedKey(s.servers(r.n)[c.server], c.input(s.mail(r.n))))
}

// effectBy is effect, given what recall has found.
func (w *worker) effectBy(r *run, s state, c choice, known *effect) came {
	switch {
	case c.kind == lose || c.kind == copying:
		return came{}
	case known != nil && known.alone:
		return came{known, known.rest, known.breach}
	}
	if e := w.foreseen(r, s, c, known); e.effect != nil {
		return e
	}
	input := c.input(s.mail(r.n))
	together := w.contextKey(s, c.server, input)
	if known != nil {
		if e := r.together.get(together); e != nil {
			return came{e, e.rest, e.breach}
		}
		if e := w.again(r, s, c, known); e.effect != nil {
			w.remember(r, s, c, known, e)
			return e
		}
	}
	e, alone := w.happen(r, s, c), deedKey(s.servers(r.n)[c.server], input)
	switch {
	case e.failed: // not remembered, so that the first state in the order of the search meets it
	case e.alone, e.deed != nil && known == nil:
		e.key = alone
		r.alone.put(e)
		w.remember(r, s, c, e, came{e, e.rest, e.breach})
	default:
		if known == nil {
			r.alone.put(&effect{key: alone})
		}
		e.key = together
		r.together.put(e)
	}
	return came{e, e.rest, e.breach}
}

// foreseen is the effect of a known deed, if it is also known what comes of it among such
// servers.
func (w *worker) foreseen(r *run, s state, c choice, known *effect) came {
	if known == nil || known.deed == nil {
		return came{}
	}
	key, match := w.lookedAt(s, c, known)
	if !match {
		return came{}
	}
	if key == 0 {
		return came{known, -1, nil}
	}
	if rest, found := r.judged.get(key); found {
		return came{known, rest, nil}
	}
	return came{}
}

// remember keeps what came of a known deed. A breach is not kept, because it ends the search.
func (w *worker) remember(r *run, s state, c choice, known *effect, e came) {
	if e.breach != nil || known.deed == nil {
		return
	}
	if key, _ := w.lookedAt(s, c, known); key != 0 {
		r.judged.put(key, e.rest)
	}
	if !known.deed.Logs {
		return
	}
	log := r.servers.part(known.server).log
	for i, n := range s.servers(r.n) {
		if other := r.servers.part(n).log; i != int(c.server) && other != 0 {
			r.matching.put(invariants.Mix(log, other), 0)
		}
	}
}

// lookedAt is the key of a deed and of what is looked at after it (see Looks), except logs; 0 if
// that is nothing. match tells whether all logs that are looked at are known to match.
func (w *worker) lookedAt(s state, c choice, known *effect) (key uint64, match bool) {
	sh, d := w.shared, known.deed
	h, log := known.key, uint64(0)
	match = true
	if d.Rest {
		key = 1
		h = invariants.Mix(h, uint64(uint32(s.rest())))
	}
	if d.Logs {
		log = sh.servers.part(known.server).log
	}
	for i, n := range s.servers(sh.n) {
		if i == int(c.server) || log == 0 && !d.Beside {
			continue
		}
		other := sh.servers.part(n)
		if d.All || d.Leaders && other.presides || d.Others.Has(raft.ID(i+1)) {
			key = 1
			h = invariants.Mix(h+uint64(i), other.view)
		}
		if log != 0 && other.log != log && other.log != 0 && match {
			_, match = sh.matching.get(invariants.Mix(log, other.log))
		}
	}
	return key * max(h, 1), match
}

// contextKey is the key of an input at a server and of what an action may look at in the other
// parts.
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

// happen takes the choice's step, in the code that the console runs.
func (w *worker) happen(r *run, s state, c choice) *effect {
	var mail []raft.Envelope
	if c.kind == deliver {
		mail = append(w.envelopes[:0], r.mail.part(s.mail(r.n)[c.what]).Envelope)
	}
	w.put(r, s, mail)
	did, done := w.bench.Do(raft.ID(c.server+1), w.deed(r, s, c))
	e := &effect{done: done, failed: did.Failure != nil, alone: did.Alone, deed: did.Deed, breach: did.Breach, rest: -1}
	if !done {
		w.failed = did.Failure
		return e
	}
	e.server = r.servers.number(server{ServerPart: did.Server})
	e.ages = r.servers.part(e.server).ages(r.servers.part(s.servers(r.n)[c.server]))
	if did.Rest != nil {
		e.rest = r.restNumber(did.Rest)
	}
	var sent, created []int32
	for _, m := range did.Sent {
		sent = append(sent, r.mail.number(letter{Envelope: m}))
	}
	for _, p := range did.Created {
		created = append(created, r.servers.number(server{ServerPart: p}))
	}
	e.keep(sent, created)
	if w.judges {
		w.put(r, s, mail)
		e.erred = w.errs(r, c, s, e)
	}
	return e
}

// errs tells whether a server without bugs would have done something else.
func (w *worker) errs(r *run, c choice, s state, e *effect) bool {
	did, done := w.bench.Righteously(raft.ID(c.server+1), w.deed(r, s, c))
	if !done || len(did.Sent) != len(e.sent()) || did.Server.Hash(nil, w.hints) != r.servers.hashes(e.server)[0] ||
		(did.Rest == nil) != (e.rest < 0) || did.Rest != nil && r.restNumber(did.Rest) != e.rest {
		return true
	}
	for i := range did.Sent {
		if w.start.EnvelopeHash(&did.Sent[i], nil) != r.mail.hashes(e.sent()[i])[0] {
			return true
		}
	}
	return false
}

// again works out what comes of a known deed among other servers than before.
func (w *worker) again(r *run, s state, c choice, known *effect) came {
	if known == nil || known.deed == nil {
		return came{}
	}
	w.put(r, s, nil)
	did, ok := w.bench.Again(raft.ID(c.server+1), w.deed(r, s, c), r.servers.part(known.server).ServerPart, known.deed)
	if !ok {
		return came{}
	}
	rest := int32(-1)
	if did.Rest != nil {
		rest = r.restNumber(did.Rest)
	}
	return came{known, rest, did.Breach}
}

// deed is the choice as an action on the bench, on which the message to deliver is the only one.
func (w *worker) deed(r *run, s state, c choice) cluster.Action {
	switch c.kind {
	case deliver:
		return cluster.Deliver{ID: 1}
	case act:
		return r.servers.part(s.servers(r.n)[c.server]).actions[c.what]
	}
	return r.command(c)
}

// put puts the state's servers and its rest on the bench, with this mail.
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

// each makes all workers do something at the same time.
func each(workers []*worker, do func(*worker)) {
	var group sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(len(workers) - 1))
	spins := len(workers) <= runtime.GOMAXPROCS(0)
	for _, w := range workers[1:] {
		group.Add(1)
		w.errand.run(spins, func() {
			do(w)
			left.Add(-1)
			group.Done()
		})
	}
	do(workers[0])
	if len(workers) > 1 && !(spins && awaits(func() bool { return left.Load() == 0 })) {
		group.Wait()
	}
}

// move is one ordinary step: an action, or the arrival of a letter. The letter is given by its
// contents, because messages that are lost here are still in flight when the steps are repeated
// in a world.
type move struct {
	action cluster.Action
	letter int32
}

// trial is a macro step that is being taken. The mail of its state is what was sent since it
// began; late is the mail that was kept before.
type trial struct {
	*worker
	r      *run
	s      state
	late   []int32
	moves  int    // how many ordinary steps it has taken
	way    []move // these, if they are recorded
	breach *invariants.Breach
	// failure is set if a server gave no answer to the last step.
	failure *program.Failure
	ended   bool // something has broken
	erred   bool // a bug has made a difference
	dead    bool // a step could not be taken, or the bounds forbid it
}
