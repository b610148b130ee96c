package explore

import (
	"context"
	"errors"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// shared is what the runs of one search have in common: the world they begin
// from, its symmetries, the parts, and what actions did to them.
type shared struct {
	goal    func(int, *cluster.World) bool
	start   *cluster.World
	root    *cluster.Bench
	n       int // servers, those that may come into being included
	clients int // the number of the last that the world has already
	group   []raft.Renaming
	losses  bool        // a message lost makes a difference: the goal looks at mail
	hints   bool        // what concerns clients alone is part of a state
	large   int         // by how many bytes some commands are larger; 0: none are
	about   raft.Topics // of what more is tried
	judges  bool        // it is told where a mistake makes a difference
	frozen  bool        // servers that are frozen do not crash
	guests  raft.Set    // the servers that run another program
	servers *store[server]
	mail    *store[letter]
	rests   *store[rest]

	alone, together *effects    // what inputs do whatever the other parts are, and what they did among such parts
	judged          *judgements // what comes of deeds that are known in alone
	matching        *judgements // pairs of logs that were compared
	workers         []*worker
	batch           batch
}

// share is what the runs that look at all symmetries have in common.
func (s *Search) share(w *cluster.World) *shared {
	about := s.topics(w)
	if s.whole() || about&changes != 0 && compacts(w, about) {
		return s.shareUnder(w, []raft.Renaming{nil})
	}
	return s.shareUnder(w, w.Symmetries(false))
}

// shareSupposed is what the runs have in common that only look for something: names
// are no matter to them where a program may be supposed to do the same under others.
// It is nil where that makes of so many renamings no more.
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

// shareUnnamed is what guided searches have in common: they tell where a mistake
// makes a difference, for until then all goes as Raft has it, and nothing breaks.
func (s *Search) shareUnnamed(w *cluster.World) *shared {
	sh := s.shareUnder(w, []raft.Renaming{nil})
	sh.judges = s.Goal == nil && len(w.Bugs()) > 0
	return sh
}

// shareUnder is that where parts are told apart up to the renamings of a group.
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

// whole tells whether every part of a state counts: a goal may ask for it.
func (s *Search) whole() bool { return s.Plain || s.Goal != nil }

// run is a search within fixed bounds, level by level, so that what is found
// first is shortest.
type run struct {
	*shared
	Bounds  Bounds
	limits  [counted]int
	sparse  bool // a link holds one message, and a newer takes its place
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

// restNumber is the rest's, of what counts in it.
func (sh *shared) restNumber(r *cluster.Rest) int32 {
	if !sh.hints {
		r = r.Waiting()
	}
	return sh.rests.number(rest{Rest: r})
}

// found tells whether it has found what it looks for.
func (r *run) found() bool { return r.Outcome == Breach || r.Outcome == Reached || r.Outcome == Failed }

// held tells whether the bounds have kept something from happening.
func (r *run) held() bool { return r.limited || r.level.n > 0 }

// onlyDeep tells whether the depth alone keeps anything from happening: so many
// steps hold no more of anything than the other bounds allow.
func (r *run) onlyDeep() bool {
	b := r.Bounds
	least := min(b.Timeouts, b.Beats, b.Crashes, b.Duplicates, b.Submits)
	return b.Depth > 0 && least >= min(b.Depth, Any) && b.Terms >= topTerm(r.start)+uint64(b.Depth)
}

// memory is about how many bytes the states take; what they stand for is shared.
func (r *run) memory() int {
	return 8*r.seen.places() + r.tree.bytes() + r.level.bytes() + r.next.bytes()
}

// goOn expands states until the run has ended, has seen so many states, or
// ctx has ended.
func (r *run) goOn(ctx context.Context, states int) {
	for r.Outcome == "" && r.States < states && ctx.Err() == nil {
		r.expand(ctx, states, nil)
	}
}

// expand expands the next states of the level, or of the next, where it is to see so
// many states in all. Something else, if it is not nil, is done beside that.
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

// coming is how many states are expanded next. A state leads to about one that is new.
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
	failed *cluster.Failure // a server had no answer to the choice
}

func (f *found) before(g *found) bool {
	return g == nil || f.parent < g.parent || f.parent == g.parent && f.choice < g.choice
}

// end is the result for a state that ends the search: the way there is gone
// again, in a world. A program that is not pure may have no answer earlier than it
// had none before, or have one now: then what it did first is told.
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
		r.Path = append(r.Path, a)
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

// foremost is the breach to name where one step breaks several invariants: the
// first in the order of Figure 3, and only then a departure from the paper.
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
