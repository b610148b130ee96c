package fuzz

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	gosync "sync"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
)

// Fault is one rule from which servers depart in a campaign that goes on past what it
// finds, or a property that breaks, or an error of a program.
type Fault struct {
	Name    string           // of the rule or the property; of a program's error, what it says
	Failure *cluster.Failure // of a program that had no answer
	Runs    uint64           // in how many runs
	Seed    uint64           // the run that shows it soonest, of these the lowest
	Path    []cluster.Action
	Breach  *invariants.Breach

	steps int // actions of that run, up to there
}

// sooner tells whether one shows the fault sooner.
func (f *Fault) sooner(o *Fault) bool {
	return cmp.Or(cmp.Compare(f.steps, o.steps), cmp.Compare(f.Seed, o.Seed)) < 0
}

// Each does every run to its end, and tells every rule that is broken in them, the
// one of most runs first, each with a schedule that is reduced. A departure ends no
// run; that rule alone is not looked at any more until the run is over.
func (s *Search) Each(ctx context.Context, w *cluster.World) (faults []*Fault, runs, steps uint64) {
	e := each{Search: s, faults: map[string]*Fault{}}
	var group gosync.WaitGroup
	workers := s.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range workers {
		own := w.Clone()
		group.Go(func() { e.work(ctx, own) })
	}
	group.Wait()
	for _, f := range e.faults {
		if e.reduce(ctx, w, f) {
			faults = append(faults, f)
		}
	}
	slices.SortFunc(faults, func(a, b *Fault) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(a.Name, b.Name))
	})
	return faults, e.runs, e.steps
}

// each is such a campaign under way.
type each struct {
	*Search
	mu          gosync.Mutex
	runs, steps uint64
	faults      map[string]*Fault
}

func (e *each) work(ctx context.Context, w *cluster.World) {
	for ctx.Err() == nil {
		e.mu.Lock()
		seed := e.First + e.runs
		if seed > e.Last {
			e.mu.Unlock()
			return
		}
		e.runs++
		e.mu.Unlock()
		steps, found := e.run(w, seed)
		e.mu.Lock()
		e.steps += uint64(steps)
		for i := range found {
			e.add(&found[i])
		}
		if e.Progress != nil {
			e.Progress(Result{Runs: e.runs, Steps: e.steps})
		}
		e.mu.Unlock()
	}
}

// add counts a fault of one run.
func (e *each) add(f *Fault) {
	old := e.faults[f.Name]
	if old == nil {
		e.faults[f.Name] = f
		return
	}
	if f.Runs += old.Runs; f.sooner(old) {
		e.faults[f.Name] = f
	} else {
		old.Runs = f.Runs
	}
}

// run is what one run shows.
func (e *each) run(w *cluster.World, seed uint64) (steps int, found []Fault) {
	g := begin(w, seed)
	g.passes = func(b *invariants.Breach) {
		if slices.ContainsFunc(found, func(f Fault) bool { return f.Name == b.Property }) {
			return // the same step breaks it twice
		}
		found = append(found, Fault{Name: b.Property, Runs: 1, Seed: seed, steps: g.taken})
	}
	steps = g.steps(e.length(), nil)
	switch {
	case g.failure != nil:
		found = append(found, Fault{Name: FailureName(g.failure), Failure: g.failure, Runs: 1, Seed: seed,
			steps: g.taken})
	case g.breach != nil:
		found = append(found, Fault{Name: g.breach.Property, Runs: 1, Seed: seed, steps: g.taken})
	}
	return steps, found
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
		f.Path = ShrinkFailure(ctx, w, f.Path, f.Failure)
		return len(f.Path) > 0
	}
	from := w.Clone()
	from.Seek(func(b *invariants.Breach) bool { return b.Property == f.Name })
	s, ok := Shrink(ctx, from, f.Path)
	f.Path, f.Breach = s.Path, s.Breach
	return ok
}

// ShrinkFailure leaves out of a schedule what the failure at its end does without.
func ShrinkFailure(ctx context.Context, from *cluster.World, path []cluster.Action,
	f *cluster.Failure) []cluster.Action {
	name, last := FailureName(f), path[len(path)-1]
	s, ok := ShrinkTo(ctx, from, path[:len(path)-1], func(w *cluster.World) bool {
		return failing(w, last,
			name) != nil
	})
	if !ok {
		return path
	}
	w := from.Clone()
	for _, a := range s.Path {
		_ = w.Apply(a)
	}
	return append(s.Path, failing(w, last, name))
}

// failing is the action that a server has no answer to, for a reason: like, or in its
// place the arrival of another message; nil: there is none.
func failing(w *cluster.World, like cluster.Action, reason string) cluster.Action {
	tries := []cluster.Action{like}
	if _, mail := like.(cluster.Deliver); mail {
		tries = nil
		for _, m := range w.Flights() {
			tries = append(tries, cluster.Deliver{ID: m.ID})
		}
	}
	for _, a := range tries {
		var failure *cluster.Failure
		if errors.As(w.Clone().Apply(a), &failure) && FailureName(failure) == reason {
			return a
		}
	}
	return nil
}

// FailureName is what names a failure, whenever it happens: of a program's own, the
// last line of its traceback.
func FailureName(f *cluster.Failure) string {
	var named interface{ Name() string }
	if errors.As(f.Err, &named) {
		return named.Name()
	}
	return f.Err.Error()
}
