package fuzz

import (
	"cmp"
	"context"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// step is an action that can be taken again in a history from which others are
// missing. There messages have other numbers, so the one that it is about is
// known by its way and content.
type step struct {
	cluster.Action
	mail bool
	hash uint64 // of its message
	rank int    // how many of the same sort are on the same way behind it
	raft.Envelope
	more  []cluster.Action // the ticks of the other clocks, which go with this one's
	above []int8           // of an election timeout that is to be repeated: see squeeze
}

// Shrunk is a schedule that was reduced.
type Shrunk struct {
	Path   []cluster.Action
	Breach *invariants.Breach
	Tried  int // histories that were replayed
}

// Shrink reduces a schedule that breaks an invariant to one from which no
// action can be left out (delta debugging, Zeller and Hildebrandt, 2002): what
// is left still breaks the same property, and nothing before it. ok is false
// when the schedule breaks nothing. When ctx ends, more could be left out.
func Shrink(ctx context.Context, from *cluster.World, path []cluster.Action) (s Shrunk, ok bool) {
	r := reducer{ctx: ctx, from: from}
	return r.shrink(path)
}

// ShrinkTo reduces a schedule that ends where a condition holds, to one from
// which no action can be left out. ok is false when it does not end so.
func ShrinkTo(ctx context.Context, from *cluster.World, path []cluster.Action,
	ends func(*cluster.World) bool) (s Shrunk, ok bool) {
	r := reducer{ctx: ctx, from: from, ends: ends}
	return r.shrink(path)
}

func (r *reducer) shrink(path []cluster.Action) (s Shrunk, ok bool) {
	first := r.named(path)
	if first == nil {
		return Shrunk{}, false
	}
	r.steps = first
	r.reduce()
	w := r.from.Clone()
	look := r.look(w)
	out := Shrunk{Tried: r.tried}
	for _, s := range r.steps {
		for _, a := range s.all() {
			if w.Apply(a) != nil {
				panic("fuzz: a step of what was reduced cannot be taken: " + a.String())
			}
			out.Path = append(out.Path, a)
		}
		out.Breach = look()
	}
	return out, true
}

// reducer is a reduction under way.
type reducer struct {
	ctx      context.Context
	from     *cluster.World
	property string
	steps    []step
	tried    int
	ends     func(*cluster.World) bool // judges where a history ends; nil: what breaks on the way is what counts
}

// look is what is asked after each action: whether something has broken. What
// the clients saw is judged only where that is what is to break.
func (r *reducer) look(w *cluster.World) func() *invariants.Breach {
	before, moments := len(w.Breaches()), w.Moments()
	return func() *invariants.Breach {
		if b := w.Harm(before); b != nil {
			return b
		}
		if r.property == Linearizability && w.Moments() > moments {
			moments = w.Moments()
			return inexplicable(w)
		}
		return nil
	}
}

// named is the steps of a schedule up to its first breach; nil when there is none.
func (r *reducer) named(path []cluster.Action) []step {
	if r.ends != nil {
		return r.whole(path)
	}
	for _, r.property = range [...]string{"", Linearizability} {
		w := r.from.Clone()
		look := r.look(w)
		var steps []step
		for _, a := range path {
			s := name(w, a)
			if w.Apply(a) != nil {
				continue
			}
			if !together(steps, a) {
				steps = append(steps, s)
			}
			if b := look(); b != nil {
				r.property = b.Property
				return steps
			}
		}
	}
	return nil
}

// together puts a tick of a clock with that of the clocks before it, so that
// they go on alike: a lease is good only where they do.
func together(steps []step, a cluster.Action) bool {
	t, ok := a.(cluster.Tick)
	if !ok || len(steps) == 0 {
		return false
	}
	s := &steps[len(steps)-1]
	all := s.all()
	if last, ok := all[len(all)-1].(cluster.Tick); !ok || last.Node >= t.Node {
		return false
	}
	s.more = append(s.more, a)
	return true
}

// all is the actions of a step.
func (s *step) all() []cluster.Action {
	return append([]cluster.Action{s.Action}, s.more...)
}

// whole is the steps of a schedule whose end counts; nil when that is not as it
// is to be.
func (r *reducer) whole(path []cluster.Action) (steps []step) {
	w := r.from.Clone()
	for _, a := range path {
		s := name(w, a)
		if w.Apply(a) == nil {
			steps = append(steps, s)
		}
	}
	if !r.ends(w) {
		return nil
	}
	return steps
}

// name is the action as a step.
func name(w *cluster.World, a cluster.Action) step {
	s := step{Action: a}
	if id := message(a); id != 0 {
		if m := w.Flight(id); m != nil {
			s.mail, s.hash, s.Envelope = true, w.EnvelopeHash(&m.Envelope, nil), m.Envelope
			s.rank = rank(w, m)
		}
	}
	return s
}

// message is the number of the message that an action is about, or 0.
func message(a cluster.Action) uint64 {
	switch a := a.(type) {
	case cluster.Deliver:
		return a.ID
	case cluster.Drop:
		return a.ID
	case cluster.Duplicate:
		return a.ID
	case cluster.Delay:
		return a.ID
	case cluster.Arrive:
		return a.ID
	}
	return 0
}

// about is the same action about another message.
func about(a cluster.Action, id uint64) cluster.Action {
	switch a := a.(type) {
	case cluster.Deliver:
		return cluster.Deliver{ID: id}
	case cluster.Drop:
		return cluster.Drop{ID: id}
	case cluster.Duplicate:
		return cluster.Duplicate{ID: id}
	case cluster.Delay:
		return cluster.Delay{ID: id, Ticks: a.Ticks}
	case cluster.Arrive:
		return cluster.Arrive{ID: id}
	}
	return a
}

// replay takes the steps that can be taken. When they break the property, and
// no other before it, it returns those that were taken. close takes for a
// message that is not there the one most like it.
func (r *reducer) replay(steps []step, close bool) (taken []step, ok bool) {
	r.tried++
	w := r.from.Clone()
	look := r.look(w)
	for _, s := range steps {
		if s.mail {
			m := match(w, &s, close)
			if m == nil {
				continue
			}
			s = step{Action: about(s.Action, m.ID), mail: true, hash: w.EnvelopeHash(&m.Envelope, nil),
				rank: rank(w, m), Envelope: m.Envelope}
		}
		for again := true; again; {
			if r.ctx.Err() != nil || w.Apply(s.Action) != nil {
				break
			}
			s.more = slices.DeleteFunc(slices.Clone(s.more), func(a cluster.Action) bool { return w.Apply(a) != nil })
			taken = append(taken, s)
			if b := look(); b != nil && r.ends == nil {
				return taken, b.Property == r.property
			}
			again = s.above != nil && len(taken) < len(r.steps) && below(w, s)
		}
	}
	return taken, r.ends != nil && r.ctx.Err() == nil && len(taken) < len(r.steps) && r.ends(w)
}

// rank is how many messages of the same sort are on the same way behind m.
func rank(w *cluster.World, m *cluster.Flight) (n int) {
	for i := range w.Mail() {
		if o := w.MailAt(i); o.ID > m.ID && o.From == m.From && o.To == m.To && o.Message.Type() == m.Message.Type() &&
			answer(o.Message) == answer(m.Message) {
			n++
		}
	}
	return n
}

// match is the message in flight that a step is about: one that is the same
// or, with close, the one most like it, the newest of several.
func match(w *cluster.World, s *step, close bool) *cluster.Flight {
	var best *cluster.Flight
	most, behind := -1, 0
	for i := w.Mail() - 1; i >= 0; i-- {
		m := w.MailAt(i)
		if m.From != s.From || m.To != s.To {
			continue
		}
		if w.EnvelopeHash(&m.Envelope, nil) == s.hash {
			return m
		}
		if !close || m.Message.Type() != s.Message.Type() || answer(m.Message) != answer(s.Message) {
			continue
		}
		likeness := 4*same(behind == s.rank) + 2*same(size(m.Message) == size(s.Message)) +
			same(m.Message.MessageTerm() == s.Message.MessageTerm())
		if likeness > most {
			best, most = m, likeness
		}
		behind++
	}
	return best
}

// answer is what a message says where that is yes or no.
func answer(m raft.Message) bool {
	switch m := m.(type) {
	case *raft.AppendEntriesReply:
		return m.Success
	case *raft.RequestVoteReply:
		return m.VoteGranted
	case *raft.PreVoteReply:
		return m.VoteGranted
	}
	return false
}

// size is how many entries a message brings.
func size(m raft.Message) int {
	if m, ok := m.(*raft.AppendEntries); ok {
		return len(m.Entries)
	}
	return 0
}

func same(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// reduce leaves out what can be left out: long stretches first, then shorter
// ones, then single steps and, when the history is short, all stretches and all
// pairs, until nothing more goes.
func (r *reducer) reduce() {
	for size := len(r.steps) / 2; size > 1; size /= 2 {
		r.stretches(size)
	}
	r.squeeze()
	for r.stretches(1) || r.squeeze() || r.likes() || r.spans() || r.pairs() {
	}
}

// squeeze tries the same history with as few terms as its elections need. Of the
// election timeouts those stay that began a term in which something was
// delivered. Each is repeated until the candidate's term stands to those of the
// others as it did: above, equal, or below.
func (r *reducer) squeeze() bool {
	if r.ctx.Err() != nil {
		return false
	}
	used := map[uint64]bool{}
	for _, s := range r.steps {
		if s.mail {
			used[s.Message.MessageTerm()] = true
		}
	}
	w := r.from.Clone()
	var candidate []step
	for _, s := range r.steps {
		for _, a := range s.all() {
			if w.Apply(a) != nil {
				return false
			}
		}
		t, ok := s.Action.(cluster.Timeout)
		if ok && w.Up(t.Node) {
			if !used[w.State(t.Node).CurrentTerm] {
				continue
			}
			s.above = standing(w, t.Node)
		}
		candidate = append(candidate, s)
	}
	taken, ok := r.replay(candidate, true)
	if !ok || len(taken) >= len(r.steps) {
		return false
	}
	for i := range taken {
		taken[i].above = nil
	}
	r.steps = taken
	return true
}

// standing compares a server's term with those of all.
func standing(w *cluster.World, id raft.ID) []int8 {
	own := w.Stored(id).CurrentTerm
	out := make([]int8, w.Size())
	for _, other := range w.IDs() {
		out[other-1] = int8(cmp.Compare(own, w.Stored(other).CurrentTerm))
	}
	return out
}

// below tells whether a server's term stands lower to some other than it should.
func below(w *cluster.World, s step) bool {
	t := s.Action.(cluster.Timeout)
	if !w.Up(t.Node) {
		return false
	}
	for i, now := range standing(w, t.Node) {
		if i < len(s.above) && now < s.above[i] {
			return true
		}
	}
	return false
}

// stretches tries to leave out each stretch of that many steps, from the end,
// and tells whether any went.
func (r *reducer) stretches(size int) bool {
	went, last := false, 1 // the step that breaks is needed
	if r.ends != nil {
		last = 0
	}
	for end := len(r.steps) - last; end > 0 && r.ctx.Err() == nil; end = min(end-size, len(r.steps)-last) {
		start := max(end-size, 0)
		went = r.without(slices.Concat(r.steps[:start], r.steps[end:])) || went
	}
	return went
}

// likes tries to leave out several actions of one sort, wherever they stand: of
// twenty commands one may do, though the messages must carry as many as come.
func (r *reducer) likes() bool {
	went := false
	for _, is := range []func(cluster.Action) bool{isA[cluster.Request], isA[cluster.Timeout], isA[cluster.Heartbeat],
		isA[cluster.Deliver]} {
		for size := len(r.places(is)) / 2; size > 1; size /= 2 {
			for from := 0; ; {
				places := r.places(is)
				if from >= len(places) || r.ctx.Err() != nil {
					break
				}
				out := places[from:min(from+size, len(places))]
				if r.without(r.less(out)) {
					went = true
				} else {
					from += size
				}
			}
		}
	}
	return went
}

func isA[T cluster.Action](a cluster.Action) bool { _, ok := a.(T); return ok }

// places is where the steps of a sort stand, the last step aside.
func (r *reducer) places(is func(cluster.Action) bool) (out []int) {
	for i := range len(r.steps) - 1 {
		if is(r.steps[i].Action) {
			out = append(out, i)
		}
	}
	return out
}

// less is the steps but for those at some places.
func (r *reducer) less(places []int) []step {
	out := make([]step, 0, len(r.steps))
	for i, s := range r.steps {
		if !slices.Contains(places, i) {
			out = append(out, s)
		}
	}
	return out
}

// fewSteps is how many steps a history has at most for pairs to be tried.
const fewSteps = 40

// spans tries to leave out every stretch, wherever it begins.
func (r *reducer) spans() bool {
	if len(r.steps) > fewSteps {
		return false
	}
	for size := len(r.steps) / 2; size > 1; size-- {
		for start := 0; start+size < len(r.steps); start++ {
			if r.without(slices.Concat(r.steps[:start], r.steps[start+size:])) {
				return true
			}
		}
	}
	return false
}

// pairs tries to leave out two steps that lie apart.
func (r *reducer) pairs() bool {
	if len(r.steps) > fewSteps {
		return false
	}
	for i := len(r.steps) - 2; i > 0; i-- {
		for j := i - 1; j >= 0; j-- {
			if r.without(slices.Concat(r.steps[:j], r.steps[j+1:i], r.steps[i+1:])) {
				return true
			}
		}
	}
	return false
}

// without takes a shorter history in place of the present one if it will do.
func (r *reducer) without(candidate []step) bool {
	if r.ctx.Err() != nil {
		return false
	}
	for _, close := range [...]bool{false, true} {
		if taken, ok := r.replay(candidate, close); ok && len(taken) < len(r.steps) {
			r.steps = taken
			return true
		}
	}
	return false
}
