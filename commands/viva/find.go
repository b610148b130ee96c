package viva

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// How much is looked at: the same on every machine. Short runs show what is shown soon,
// long ones what takes long logs.
const (
	runs  = 240
	short = 50 // steps of a run
	long  = 250
	every = 4 // one in so many is long
)

// finder looks for questions.
type finder struct {
	ctx      context.Context
	order    *Order
	from     *cluster.World
	by       map[string][]*candidate // by kind, the best first
	tried    int                     // runs
	failures int                     // runs that an error ended
	silent   int                     // of these: no answer came in time
	failed   string
}

// candidate is a moment that a question could be asked of.
type candidate struct {
	*moment
	*draft
	mark    string
	departs bool
	rank    uint64 // the seed's order among equals
	used    bool
}

// find plays random runs, and takes down what could be asked of each step.
func (f *finder) find() {
	f.from.Seek(func(*invariants.Breach) bool { return false }) // a run goes on past what it shows
	f.by = map[string][]*candidate{}
	seen := map[string]*candidate{}
	for i := range uint64(runs) {
		if f.ctx.Err() != nil || f.silent == fuzz.Silences {
			break
		}
		f.tried++
		f.progress("run %d of %d", i+1, runs)
		steps := short
		if i%every == 0 {
			steps = long
		}
		path, _ := fuzz.Replay(f.from, invariants.Mix(f.order.Seed, i), steps)
		w := f.from
		for n, a := range path {
			m, after, err := take(w, a)
			if err != nil {
				f.failures++
				f.failed = cmp.Or(f.failed, lang.OneLine(err))
				if program.Silent(err) {
					f.silent++
				}
				break
			}
			if w = after; m != nil {
				m.path = path[:n]
				f.add(m, seen)
			}
		}
	}
	for _, all := range f.by {
		slices.SortStableFunc(all, func(a, b *candidate) int {
			return cmp.Or(cmp.Compare(b.value(), a.value()), cmp.Compare(a.rank, b.rank))
		})
	}
}

// progress says how far the search is, where somebody is told.
func (f *finder) progress(format string, args ...any) {
	if f.order.Progress != nil {
		f.order.Progress("looking for questions: " + fmt.Sprintf(format, args...))
	}
}

// value is what a candidate is worth, less what it costs to read: a long log, and what led
// there.
func (c *candidate) value() int {
	return 3*c.worth - (int(c.now.CurrentTerm)+int(c.now.Log.LastIndex()))/2 - len(c.path)/40
}

// add takes down what could be asked of a moment, of those that look the same the one
// that comes soonest.
func (f *finder) add(m *moment, seen map[string]*candidate) {
	mark := m.mark()
	for _, k := range kinds {
		d := k.ask(m)
		if d == nil {
			continue
		}
		c := &candidate{moment: m, draft: d, mark: mark, departs: departsIn(k.name, m),
			rank: invariants.Mix(f.order.Seed, xxhash.Sum64String(k.name+mark))}
		if old := seen[k.name+mark]; old != nil {
			if len(m.path) < len(old.path) {
				*old = *c
			}
			continue
		}
		seen[k.name+mark] = c
		f.by[k.name] = append(f.by[k.name], c)
	}
}

// shownBy is the kinds of questions whose answer a departure from a rule changes.
var shownBy = map[*raft.Rule][]string{
	raft.VoteOnce: {"vote", "votedFor"}, raft.CandidateUpToDate: {"vote", "votedFor"}, raft.Stickiness: {"vote"},
	raft.StaleTerm:      {"vote", "append", "log", "role"},
	raft.PrevLogMatches: {"append", "log"}, raft.DeleteConflict: {"log"}, raft.AppendNew: {"log"},
	raft.MajorityHolds: {"commit"}, raft.CurrentTermOnly: {"commit"}, raft.FollowerCommit: {"commit"},
	judge.Monotony: {"commit", "term"}, raft.HigherTerm: {"role", "term", "votedFor"}, raft.Majority: {"role"},
	raft.VotesOfThisElection: {"role", "sends"}, raft.AppendFromLeader: {"role"},
	raft.SendMissing:     {"sends", "prevLogIndex"},
	raft.ReplyOfThisTerm: {"commit"}, raft.ElectionTimeoutRule: {"term", "role"}, judge.RestartFromDisk: {"restart"},
}

// departsIn says whether a step departs from the paper in what a kind of questions asks for.
func departsIn(kind string, m *moment) bool {
	return slices.ContainsFunc(m.departs, func(d judge.Departure) bool {
		return d.Kind != judge.Late && slices.Contains(shownBy[d.Rule], kind)
	})
}

// choose is the questions: of every kind in turn, first those that nobody guesses.
func (f *finder) choose() (chosen []*Question) {
	h := hall{finder: f, counts: map[string]int{}, rules: map[*raft.Rule]int{}, marks: map[string]bool{}}
	for _, h.pass = range []pass{departing, fresh, strict, rest} {
		for more := true; more; {
			more = false
			for _, k := range turns(f.order.Seed) {
				if len(chosen) == f.order.Questions || f.ctx.Err() != nil {
					return chosen
				}
				if h.pass == departing && len(chosen) > 0 {
					break
				}
				if q := h.next(k); q != nil {
					chosen, more = append(chosen, q), true
				}
			}
		}
	}
	return chosen
}

// pass is what a question must be: a later pass asks for less.
type pass int

const (
	departing pass = iota // in what it asks for, the program departs from the paper: one is enough
	fresh                 // no other rests on the same rule and has the same answer, of this kind
	strict                // it rests on a rule, and has a neighbour that is answered otherwise
	rest                  // it can be asked
)

// hall is what was chosen so far.
type hall struct {
	*finder
	pass    pass
	counts  map[string]int // of each answer
	rules   map[*raft.Rule]int
	marks   map[string]bool
	departs int
	chosen  int
}

// mostTried is how many moments of a kind are looked at for one question.
const mostTried = 60

// next is a question of a kind that is not asked yet; nil: there is none that will do.
func (h *hall) next(k *kind) *Question {
	h.progress("%d of %d", h.chosen, h.order.Questions)
	var all []*candidate
	for _, c := range h.by[k.name] {
		if !c.used && !h.marks[c.mark] && (h.pass == rest || c.worth > 0 && c.rule != nil) &&
			(h.pass > departing || c.departs) && (h.pass > fresh || h.counts[c.likeness(k)] == 0) {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b *candidate) int { return cmp.Compare(h.merit(b), h.merit(a)) })
	for _, c := range all[:min(len(all), mostTried)] {
		near, ok := neighbour(k, c)
		if h.pass < rest && !ok {
			continue
		}
		c.used, h.marks[c.mark] = true, true
		q := h.question(k, c)
		if q == nil {
			continue
		}
		q.Neighbour = near
		h.counts[k.name+q.Answer]++
		h.counts[c.likeness(k)]++
		h.rules[c.rule]++
		if h.chosen++; len(q.Departs) > 0 {
			h.departs++
		}
		return q
	}
	return nil
}

// likeness is what two questions have in common that ask for the same knowledge.
func (c *candidate) likeness(k *kind) string {
	if c.rule == nil {
		return k.name
	}
	return k.name + " " + c.rule.ID + map[bool]string{true: " " + c.answer}[c.form == yesNo || c.form == role]
}

// merit is how well a candidate goes with what was chosen: what was answered and what
// decided seldom comes first, and so does a departure, in every other question at most.
func (h *hall) merit(c *candidate) int {
	n := c.value() - 6*h.rules[c.rule]
	if c.form == yesNo {
		n -= 12 * (h.counts["vote"+c.answer] + h.counts["append"+c.answer])
		other := yes(c.answer == "no")
		n += 12 * (h.counts["vote"+other] + h.counts["append"+other])
	}
	if c.departs && 2*h.departs <= h.chosen {
		n += 9
	}
	return n
}

// neighbour is a moment that differs in one thing, and in which the program answers
// otherwise, in words.
func neighbour(k *kind, c *candidate) (text string, ok bool) {
	switch {
	case c.near != "":
		return c.near, true
	case c.mail == nil:
		return "", k.name == "restart" // what the disk holds is no message
	}
	c.variants(func(what string, other *moment) bool {
		if d := k.ask(other); d != nil && d.answer != c.answer && d.text == c.text {
			text, ok = fmt.Sprintf("%s, the answer would be %s.", what, d.answer), true
		}
		return ok
	})
	return text, ok
}

// question makes a question of a candidate, with the shortest schedule that leads there.
func (h *hall) question(k *kind, c *candidate) *Question {
	m := h.soonest(c.moment)
	d := k.ask(m)
	if d == nil {
		m, d = c.moment, c.draft
	}
	return ask(k, m, d, h.from)
}

// soonest is the same moment at the end of a schedule from which nothing can be left out.
func (h *hall) soonest(m *moment) *moment {
	mark := m.mark()
	here := func(w *cluster.World) cluster.Action {
		if m.mail == nil {
			if id, _ := subject(w, m.action); id != 0 && markOf(w, m.action, id, nil) == mark {
				return m.action
			}
			return nil
		}
		for _, flight := range w.Flights() {
			a := cluster.Deliver{ID: flight.ID}
			if id, mail := subject(w, a); id != 0 && markOf(w, a, id, mail) == mark {
				return a
			}
		}
		return nil
	}
	least, ok := fuzz.ShrinkTo(h.ctx, h.from, fuzz.Plain(h.from, m.path), func(w *cluster.World) bool {
		return here(w) != nil
	})
	if !ok {
		return m
	}
	w := h.from.Clone()
	for _, a := range least.Path {
		if w.Apply(a) != nil {
			return m
		}
	}
	found, _, _ := take(w, here(w))
	if found == nil {
		return m
	}
	found.path = least.Path
	return found
}

// changed says in which word of the console's two messages differ.
func changed(a, b raft.Message) string {
	was := map[string]string{}
	for _, m := range field().FindAllStringSubmatch(event.FieldsText(a), -1) {
		was[m[1]] = m[2]
	}
	for _, m := range field().FindAllStringSubmatch(event.FieldsText(b), -1) {
		if old, ok := was[m[1]]; ok && old != m[2] {
			return prose.Visible(fmt.Sprintf("%s=%s in place of %s=%s", m[1], m[2], m[1], old))
		}
		delete(was, m[1])
	}
	for name := range was {
		return "no " + name
	}
	return "another message"
}
