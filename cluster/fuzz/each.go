package fuzz

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	gosync "sync"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
)

// Fault is one rule from which servers depart in a campaign that goes on past what it
// finds, or a property that breaks, or an error of a program.
type Fault struct {
	Name    string           // of the rule or the property; of a program's error, what it says
	Failure *program.Failure // of a program that had no answer
	Runs    uint64           // in how many runs
	Seed    uint64           // the run that shows it soonest, of these the lowest
	Path    []cluster.Action
	Breach  *invariants.Breach

	kind  string // faults of one kind are one
	steps int    // actions of that run, up to there
}

// sooner tells whether one shows the fault sooner.
func (f *Fault) sooner(o *Fault) bool {
	return cmp.Or(cmp.Compare(f.steps, o.steps), cmp.Compare(f.Seed, o.Seed)) < 0
}

// Silences is how many runs may end because an answer does not come in time, before no more are done: each takes
// seconds.
const Silences = 3

// Campaign is what runs came to that went on past what they found.
type Campaign struct {
	Faults      []*Fault          // the one of most runs first
	Runs, Steps uint64            // how many there were
	Late        map[string]uint64 // the rules of which servers were only late, in how many runs each: no faults
	Silent      bool              // it ended early, since at least Silences of its runs had no answer in time
}

// Each does every run to its end, and tells every rule that is broken in them, each with a
// schedule that is reduced. A departure ends no run; that rule alone is not looked at any
// more until the run is over.
func (s *Search) Each(ctx context.Context, w *cluster.World) *Campaign {
	if s.Workers == 0 {
		s.Workers = w.Workers()
	}
	e := each{Search: s, faults: map[string]*Fault{}, late: map[string]uint64{}}
	e.side(w, func(own *cluster.World) {
		for ctx.Err() == nil && e.one(own) {
		}
	})
	var faults []*Fault
	left := make(chan *Fault, len(e.faults))
	for _, f := range e.faults {
		left <- f
	}
	close(left)
	e.side(w, func(own *cluster.World) {
		for f := range left {
			ok := e.reduce(ctx, own, f)
			e.mu.Lock()
			if ok {
				faults = append(faults, f)
			}
			e.reduced++
			e.tell()
			e.mu.Unlock()
		}
	})
	slices.SortFunc(faults, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.kind, b.kind))
	})
	for kind := range e.faults {
		delete(e.late, kind)
	}
	return &Campaign{faults, e.runs, e.steps, e.late, e.silent >= Silences}
}

// each is such a campaign under way.
type each struct {
	*Search
	mu          gosync.Mutex
	runs, steps uint64
	faults      map[string]*Fault // by kind
	late        map[string]uint64
	silent      int // runs without an answer in time
	reduced     int
}

// side does work side by side, each on its own copy of the world, and waits for its end.
func (e *each) side(w *cluster.World, work func(own *cluster.World)) {
	var group gosync.WaitGroup
	for range e.Workers {
		own := w.Clone() // one at a time
		group.Go(func() { work(own) })
	}
	group.Wait()
}

// one does the next run; false: there is none.
func (e *each) one(w *cluster.World) bool {
	e.mu.Lock()
	seed := e.First + e.runs
	if seed > e.Last || e.silent >= Silences {
		e.mu.Unlock()
		return false
	}
	e.runs++
	e.mu.Unlock()
	steps, found, late := e.run(w, seed)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.steps += uint64(steps)
	for i := range found {
		if f := found[i].Failure; f != nil && program.Silent(f) {
			e.silent++
		}
		e.add(&found[i])
	}
	for _, rule := range late {
		e.late[rule]++
	}
	e.tell()
	return true
}

// tell tells how far the campaign is.
func (e *each) tell() {
	if e.Progress != nil {
		e.Progress(Result{Runs: e.runs, Steps: e.steps, Broken: len(e.faults), Reduced: e.reduced})
	}
}

// add counts a fault of one run.
func (e *each) add(f *Fault) {
	old := e.faults[f.kind]
	if old == nil {
		e.faults[f.kind] = f
		return
	}
	if f.Runs += old.Runs; f.sooner(old) {
		e.faults[f.kind] = f
	} else {
		old.Runs = f.Runs
	}
}

// run is what one run shows, and the rules of which a server was late in it.
func (e *each) run(w *cluster.World, seed uint64) (steps int, found []Fault, late []string) {
	g := begin(w, seed)
	g.passes = func(b *invariants.Breach) {
		if slices.ContainsFunc(found, func(f Fault) bool { return f.kind == b.Property }) {
			return // it broke before in this run, perhaps as a rule, and now as a property of that name
		}
		found = append(found, Fault{Name: b.Property, Runs: 1, Seed: seed, kind: b.Property, steps: g.taken})
	}
	steps = g.steps(e.length(), nil)
	switch {
	case g.failure != nil && program.Interrupted(g.failure):
	case g.failure != nil:
		found = append(found, Fault{Name: FailureName(g.failure), Failure: g.failure, Runs: 1, Seed: seed,
			kind: failureKind(g.failure), steps: g.taken})
	case g.breach != nil:
		g.passes(g.breach)
	}
	for _, b := range g.world.Departures()[len(w.Departures()):] {
		if b.Departure.Kind == judge.Late && !slices.Contains(late, b.Property) {
			late = append(late, b.Property)
		}
	}
	return steps, found, late
}

func (e *each) length() int { return cmp.Or(e.Length, DefaultLength) }

// reduce finds the fault's schedule again, and reduces it to what shows that fault.
func (e *each) reduce(ctx context.Context, w *cluster.World, f *Fault) bool {
	g := begin(w, f.Seed)
	g.passes = func(*invariants.Breach) {}
	g.steps(e.length(), func(a cluster.Action) {
		if len(f.Path) < f.steps {
			f.Path = append(f.Path, a)
		}
	})
	if f.Failure != nil {
		f.Path, f.Failure = ShrinkFailure(ctx, w, f.Path, f.Failure)
		f.Name = FailureName(f.Failure)
		return len(f.Path) > 0
	}
	from := w.Clone()
	from.Seek(func(b *invariants.Breach) bool { return b.Property == f.Name })
	s, ok := Shrink(ctx, from, f.Path)
	f.Path, f.Breach = s.Path, s.Breach
	return ok
}

// ShrinkFailure leaves out of a schedule what the failure at its end does without. The
// failure that the shorter one ends in is of the same kind. A program that is not pure may not fail
// there again; then nothing is left out.
func ShrinkFailure(ctx context.Context, from *cluster.World, path []cluster.Action,
	f *program.Failure) ([]cluster.Action, *program.Failure) {
	kind, last := failureKind(f), path[len(path)-1]
	s, ok := ShrinkTo(ctx, from, path[:len(path)-1], func(w *cluster.World) bool {
		a, _ := failing(w, last, kind)
		return a != nil
	})
	if !ok {
		return path, f
	}
	w := from.Clone()
	for _, a := range s.Path {
		_ = w.Apply(a)
	}
	a, again := failing(w, last, kind)
	if a == nil {
		return path, f
	}
	return append(s.Path, a), again
}

// failing is the action that a server has no answer to, for a reason of that kind, and
// what it says: like, or in its place the arrival of another message; nil: there is none.
func failing(w *cluster.World, like cluster.Action, kind string) (cluster.Action, *program.Failure) {
	tries := []cluster.Action{like}
	if _, mail := like.(cluster.Deliver); mail {
		tries = nil
		for _, m := range w.Flights() {
			tries = append(tries, cluster.Deliver{ID: m.ID})
		}
	}
	for _, a := range tries {
		var failure *program.Failure
		if errors.As(w.Clone().Apply(a), &failure) && failureKind(failure) == kind {
			return a, failure
		}
	}
	return nil, nil
}

// FailureName is what names a failure, whenever it happens: of a program's own, the
// last line of its traceback.
func FailureName(f *program.Failure) string {
	var named interface{ Name() string }
	if errors.As(f.Err, &named) {
		return named.Name()
	}
	return f.Err.Error()
}

// failureKind is the same for failures whose names differ in numbers alone, as those of
// servers, indexes and terms do: one mistake of a program fails with many of them.
func failureKind(f *program.Failure) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, FailureName(f))
}
