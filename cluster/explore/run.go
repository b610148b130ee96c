package explore

import (
	"context"
	"errors"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// shared is what the runs of one search share: the world from which they begin, its symmetries,
// the parts, and what actions did to them.
type shared struct {
	goal    func(int, *cluster.World) bool
	start   *cluster.World
	root    *cluster.Bench
	n       int // servers, including those that may be created
	clients int // the highest number of a client that the world has already
	group   []raft.Renaming
	losses  bool        // a lost message makes a difference, because the goal looks at messages
	hints   bool        // what concerns clients only is part of a state
	large   int         // by how many bytes some commands are larger; 0: none are
	about   raft.Topics // what else is tried
	judges  bool        // effects tell whether a bug made a difference
	frozen  bool        // servers that are frozen do not crash
	guests  raft.Set    // the servers that run another program
	servers *store[server]
	mail    *store[letter]
	rests   *store[rest]

	alone, together *effects    // what inputs do whatever the other parts are, and what they did among such parts
	judged          *judgements // what comes of the deeds in alone
	matching        *judgements // pairs of logs that were compared
	workers         []*worker
	batch           batch
}

// share is for the runs that use all symmetries.
func (s *Search) share(w *cluster.World) *shared {
	about := s.topics(w)
	if s.whole() || about&changes != 0 && compacts(w, about) {
		return s.shareUnder(w, []raft.Renaming{nil})
	}
	return s.shareUnder(w, w.Symmetries(false))
}

// shareSupposed is for runs that only look for something and prove nothing. They may suppose that a
// program does the same under other names. It is nil if that adds no renamings to those known.
func (s *Search) shareSupposed(w *cluster.World, known int) *shared {
	guests, _ := w.Guests()
	if guests.Empty() || s.whole() {
		return nil
	}
	if group := w.Symmetries(true); len(group) > known {
		return s.shareUnder(w, group)
	}
	return nil
}

// shareUnnamed is for guided searches. Their effects tell whether a bug made a difference, because
// nothing can break before.
func (s *Search) shareUnnamed(w *cluster.World) *shared {
	sh := s.shareUnder(w, []raft.Renaming{nil})
	sh.judges = s.Goal == nil && len(w.Bugs()) > 0
	return sh
}

// shareUnder is for runs in which parts that differ by a renaming of the group count as the same.
func (s *Search) shareUnder(w *cluster.World, group []raft.Renaming) *shared {
	sh := &shared{
		goal: s.Goal, losses: s.Mail, hints: s.whole(), start: w.Clone(), clients: clientsBefore(w), large: largest(w),
		about: s.topics(w), frozen: s.Frozen,
		group: group, alone: newEffects(), together: newEffects(), judged: newJudgements(), matching: newJudgements(),
	}
	sh.n = w.Size() + newcomers(w, sh.about)
	sh.root = cluster.NewBench(sh.start)
	sh.guests, _ = w.Guests()
	sh.servers = newStore(sh.group, func(p server, r raft.Renaming) uint64 { return p.Hash(r, sh.hints) },
		sh.fillServer)
	sh.mail = newStore(sh.group,
		func(m letter, r raft.Renaming) uint64 { return sh.start.EnvelopeHash(&m.Envelope, r) }, sh.fillLetter)
	sh.mail.brief = (*letter).way
	sh.rests = newStore(sh.group, func(p rest, r raft.Renaming) uint64 { return p.Hash(r, sh.hints) }, sh.fillRest)
	for i := range s.Workers {
		sh.workers = append(sh.workers, &worker{
			id: i, shared: sh, bench: cluster.NewBench(sh.start), keys: newKeys(sh),
			gone: own[int32](0), come: own[flight](0), mail: own[int32](0),
		})
	}
	return sh
}

// whole tells whether every part of a state counts, because a goal may ask for it.
func (s *Search) whole() bool { return s.Plain || s.Goal != nil }

// run is a search within fixed bounds, level by level, so that the first schedule found is a
// shortest one.
type run struct {
	*shared
	Bounds  Bounds
	limits  [counted]int
	sparse  bool // a link holds one message, which a newer one replaces
	seen    seen
	tree    tree
	first   state
	level   queue // what is left of the level that is being expanded
	next    queue
	limited bool // something did not happen because of the bounds
	Result
}

func (sh *shared) newRun(b Bounds, sparse bool) *run {
	r := &run{shared: sh, Bounds: b, limits: b.limits(), sparse: sparse}
	r.seen.init()
	servers, rest := sh.start.Parts()
	mail := sh.start.Flights()
	first := make(state, header+r.n, header+r.n+len(mail))
	first[1] = sh.restNumber(rest)
	for i := range r.n {
		var p cluster.ServerPart
		if i < len(servers) {
			p = servers[i]
		}
		first[header+i] = sh.servers.number(server{ServerPart: p})
	}
	for _, m := range mail {
		n := sh.mail.number(letter{Envelope: m.Envelope})
		if to := sh.servers.part(first[header+m.To-1]); !sh.mail.part(n).outlived(to, sparse) {
			first = append(first, n)
		}
	}
	k := &sh.workers[0].keys
	k.begin(first)
	r.seen.add(k.after(0, -1, 0))
	r.tree.add(link{-1, 0})
	r.first, r.States = first, 1
	r.level.push(bundle{first.pack(nil), 1})
	r.next.at = 1
	return r
}

// restNumber is the number of a rest, without what does not count in it.
func (sh *shared) restNumber(r *cluster.Rest) int32 {
	if !sh.hints {
		r = r.Waiting()
	}
	return sh.rests.number(rest{Rest: r})
}

// found tells whether it has found what it looks for.
func (r *run) found() bool { return r.Outcome == Breach || r.Outcome == Reached || r.Outcome == Failed }

// held tells whether the bounds have prevented something.
func (r *run) held() bool { return r.limited || r.level.n > 0 }

// onlyDeep tells whether only the bound on the depth prevents anything, because that many steps
// cannot use up any other bound.
func (r *run) onlyDeep() bool {
	b := r.Bounds
	least := min(b.Timeouts, b.Beats, b.Crashes, b.Duplicates, b.Submits)
	return b.Depth > 0 && least >= min(b.Depth, Any) && b.Terms >= topTerm(r.start)+uint64(b.Depth)
}

// memory is about how many bytes the states take, without their parts, which are shared.
func (r *run) memory() int {
	return 8*r.seen.places() + r.tree.bytes() + r.level.bytes() + r.next.bytes()
}

// goOn expands states until the run has ended, has seen that many states, or ctx is done.
func (r *run) goOn(ctx context.Context, states int) {
	for r.Outcome == "" && r.States < states && ctx.Err() == nil {
		r.expand(ctx, states, nil)
	}
}

// expand expands the next states of the level, or of the next level, in a run that may see that many
// states. beside, if not nil, runs at the same time.
func (r *run) expand(ctx context.Context, states int, beside func()) {
	if r.level.n == 0 {
		r.Depth++
		r.level, r.next = r.next, queue{at: int32(r.States)}
	}
	if r.level.n == 0 || r.Bounds.Depth > 0 && r.Depth >= r.Bounds.Depth {
		r.Outcome = Complete
		return
	}
	r.expandBatch(ctx, r.coming(states), beside)
}

// coming is how many states are expanded next. On average a state leads to about one new state.
func (r *run) coming(states int) int {
	waiting := r.level.n
	if waiting == 0 {
		waiting = r.next.n
	}
	most := min(max(r.States/seenPerBatch, someBatch), mostBatch)
	return min(max(states-r.States, leastBatch), most, waiting)
}

// found is a state that ends the search.
type found struct {
	parent int // in the batch
	choice int32
	breach *invariants.Breach
	failed *program.Failure // set if a server gave no answer
}

func (f *found) before(g *found) bool {
	return g == nil || f.parent < g.parent || f.parent == g.parent && f.choice < g.choice
}

// end sets the result for a state that ends the search. It repeats the way there in a world. A
// program that is not pure may fail earlier this time, or not at all; then the result is what it did
// first.
func (r *run) end(parent int32, f *found) {
	r.Outcome = Reached
	switch {
	case f.breach != nil:
		r.Outcome = Breach
	case f.failed != nil:
		r.Outcome = Failed
	}
	way := []int32{f.choice}
	for l := r.tree.link(parent); l.parent >= 0; l = r.tree.link(l.parent) {
		way = append(way, l.choice)
	}
	w, s := r.start.Clone(), r.first
	before := len(w.Breaches())
	for i := len(way) - 1; i >= 0; i-- {
		c := r.workers[0].next(r, s, nil)[way[i]]
		a := r.action(w, s, c)
		if r.Path = append(r.Path, a); i == 0 && f.failed != nil {
			break // it is known, and may take seconds
		}
		if err := w.Apply(a); err != nil {
			if !errors.As(err, &r.Failure) {
				panic("explore: a step that was taken cannot be taken again: " + err.Error())
			}
			r.Outcome = Failed
			return
		}
		s = r.workers[0].after(r, s, c)
	}
	r.Failure = f.failed
	if r.Breach = f.breach; len(w.Breaches()) > before {
		r.Breach = foremost(w.Breaches()[before:])
	}
}

// foremost is the breach to name if one step breaks several invariants: the first in the order of
// Figure 3, and a departure from the paper only if there is no other.
func foremost(breaches []invariants.Breach) *invariants.Breach {
	for _, p := range invariants.Properties {
		for i := range breaches {
			if breaches[i].Property == p.Name {
				return &breaches[i]
			}
		}
	}
	harm := slices.IndexFunc(breaches, func(b invariants.Breach) bool { return !b.OnPurpose })
	return &breaches[max(harm, 0)]
}

// topTerm is the highest term of the world.
func topTerm(w *cluster.World) (top uint64) {
	for _, id := range w.IDs() {
		written, _ := w.Disk(id)
		top = max(top, written.CurrentTerm)
		if w.Up(id) {
			top = max(top, w.State(id).CurrentTerm)
		}
	}
	return top
}
