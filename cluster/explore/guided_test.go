package explore

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/raft"
)

// alone is a guided search without the others.
func alone(w *cluster.World, s Search, steps Bounds) *guided {
	return s.shareUnnamed(w).newGuided(curious, steps, Bounds{
		Timeouts: Any, Beats: Any, Crashes: Any, Duplicates: Any, Submits: Any, Changes: Any, Snapshots: Any})
}

// replayed is a world in which a schedule was taken, action by action.
func replayed(t *testing.T, w *cluster.World, path []cluster.Action) *cluster.World {
	t.Helper()
	end := w.Clone()
	for i, a := range path {
		if err := end.Apply(a); err != nil {
			t.Fatalf("step %d, %s: %v", i+1, a, err)
		}
	}
	return end
}

// What lies too deep for a search level by level is found from a fresh cluster of
// five: Figure 8, and an old answer that counts.
func TestGuidedFindsWhatLiesDeep(t *testing.T) {
	for _, bug := range []string{"count-old-term", "stale-append-reply"} {
		w := broken(t, 5, bug)
		r := search(w, Search{Grow: true, States: 4_000_000})
		if r.Outcome != Breach || r.Breach.Property != "Leader Completeness" || r.By != Guided {
			t.Errorf("%s: %s by %s: %v after %d states", bug, r.Outcome, r.By, r.Breach, r.States)
			continue
		}
		if end := replayed(t, w, r.Path); end.Harm(0) == nil || r.Proven < 8 || r.Proven > len(r.Path) {
			t.Errorf("%s: %d steps, of which %d are proven, end in %v", bug, len(r.Path), r.Proven, end.Harm(0))
		}
	}
}

// Whatever a guided search finds is taken again in an ordinary world, whatever
// rule is broken; it is the same for any number of workers.
func TestGuidedSchedulesAreSchedules(t *testing.T) {
	found := 0
	for _, m := range cluster.AllBugs() {
		w := broken(t, max(3, m.Nodes), m.Name)
		var first []cluster.Action
		for workers := 1; workers <= 3; workers += 2 {
			g := alone(w, Search{Workers: workers, Grow: true}, Bounds{Timeouts: Any, Beats: Any, Crashes: 1, Submits: 2, Changes: 1, Snapshots: 1, Terms: 4})
			g.goOn(context.Background(), 20_000)
			if g.path != nil && !g.erred {
				t.Errorf("%s: it breaks before the mistake makes a difference", m.Name)
			}
			if workers == 1 {
				first = g.path
			} else if fmt.Sprint(first) != fmt.Sprint(g.path) {
				t.Errorf("%s: %v by one worker, %v by %d", m.Name, first, g.path, workers)
			}
		}
		if first == nil {
			continue
		}
		found++
		if end := replayed(t, w, first); end.Harm(0) == nil {
			t.Errorf("%s: %v breaks nothing", m.Name, first)
		}
	}
	if found < 15 { // most rules of safety
		t.Errorf("%d broken rules were found", found)
	}
}

// Nothing is found where no rule is broken, in any configuration, and each search
// comes to an end by itself or goes on.
func TestGuidedFindsNothingInRaft(t *testing.T) {
	for _, c := range configurations {
		w := cluster.New(c.n, 1, cluster.Defaults())
		prepare(t, w, c.actions)
		g := alone(w, Search{Workers: 2, Grow: true}, Bounds{Timeouts: Any, Beats: Any, Crashes: 2, Submits: 2, Terms: topTerm(w) + 4})
		g.goOn(context.Background(), 30_000)
		if slices.ContainsFunc(g.points, func(p waypoint) bool { return p.erred }) {
			t.Errorf("%s: a mistake makes a difference", c.name)
		}
		if g.path != nil || g.refused > 0 || g.taken < 1000 {
			t.Errorf("%s: %v %v, %d refused, after %d steps", c.name, g.breach, g.path, g.refused, g.taken)
		}
	}
}

// What guided searches remember counts against the memory that a search may take,
// and where there is no room for further parts, no other begins.
func TestGuidedMemoryIsBounded(t *testing.T) {
	w := world(t, 5)
	s := Search{Workers: 1, Grow: true}
	p := &plan{Search: &s, shared: s.share(w), unnamed: s.shareUnnamed(w), ctx: t.Context()}
	p.open(s.grown(0, 1, false))
	p.openGuides()
	before := p.total(p.pairs[0].full).Memory
	g := p.guides[0]
	g.goOn(t.Context(), 20_000)
	if grown := p.total(p.pairs[0].full).Memory - before; grown < 60*len(g.points) {
		t.Errorf("%d bytes more for %d states", grown, len(g.points))
	}
	for _, full := range []*int{&p.unnamed.servers.n, &p.unnamed.mail.n, &p.unnamed.rests.n} {
		p.openGuides()
		n := *full
		*full = 1 << 24
		if !p.guides[0].over() || p.crowded() {
			t.Error("the guided searches' parts are not told from the others'")
		}
		p.turn()
		if len(p.guides) != 0 {
			t.Error("there is no room, and another begins")
		}
		*full = n
	}
	some := search(w, Search{Grow: true, Memory: 8 << 20})
	if some.Outcome != Bound || some.Memory > 12<<20 {
		t.Errorf("%s after %d bytes", some.Outcome, some.Memory)
	}
}

// A goal may name servers, and is reached by a schedule that ends where it holds.
func TestGuidedReachesAGoal(t *testing.T) {
	goal := func(_ int, w *cluster.World) bool {
		return w.Up(3) && w.State(3).Role == raft.Leader && w.State(3).CurrentTerm == 3 && w.State(2).CommitIndex >= 3
	}
	for _, c := range []struct {
		n       int
		actions []cluster.Action
	}{{3, nil}, {5, nil}, {5, sets("prevote on", "check-quorum on")}, {3, sets("reads lease", "stickiness on")}} {
		w := world(t, c.n, c.actions...)
		g := alone(w, Search{Workers: 2, Goal: goal}, Bounds{Timeouts: Any, Beats: Any, Crashes: 1, Submits: 2, Terms: 4})
		g.goOn(context.Background(), 500_000)
		if g.path == nil {
			t.Errorf("%d servers %v: nothing found in %d steps", c.n, c.actions, g.taken)
		} else if !goal(0, replayed(t, w, g.path)) {
			t.Errorf("%d servers %v: %v does not reach it", c.n, c.actions, g.path)
		}
	}
}

// What does not keep to the bounds is not found: with fewer terms, commands or
// steps than it takes, there is no schedule.
func TestGuidedKeepsToTheBounds(t *testing.T) {
	w := broken(t, 3, "no-log-check")
	enough := Bounds{Timeouts: Any, Beats: Any, Crashes: 0, Submits: 1, Terms: 2}
	if r := search(w, Search{Bounds: enough}); r.Outcome != Breach {
		t.Fatalf("%s", r.Outcome)
	}
	shorter := enough
	for _, less := range []Bounds{{Terms: 1}, {Timeouts: 1}, {Depth: 7}} {
		b := shorter
		b.Terms, b.Depth = max(b.Terms-less.Terms, 1), less.Depth
		if less.Timeouts > 0 {
			b.Timeouts = less.Timeouts
		}
		if r := search(w, Search{Bounds: b, States: 200_000}); r.Outcome == Breach {
			t.Errorf("%+v: found %v", b, r.Path)
		}
	}
}

// A server's share of a state without names is the same under each renaming of
// the others, and tells apart what itself is.
func TestPlainHashesLeaveOutNames(t *testing.T) {
	w := world(t, 5, cluster.Timeout{Node: 1})
	prepare(t, w, []cluster.Action{settle})
	w2 := world(t, 5, cluster.Timeout{Node: 4})
	prepare(t, w2, []cluster.Action{settle})
	plain := func(w *cluster.World) (marks []uint64, key uint64) {
		s := Search{Workers: 1}
		sh := s.shareUnder(w, []raft.Renaming{nil})
		r := sh.newRun(Bounds{}, false)
		marks = slices.Clone(sh.workers[0].marks(r, r.first))
		key = sh.workers[0].plainKey(r, r.first)
		slices.Sort(marks)
		return marks, key
	}
	a, ka := plain(w)
	b, kb := plain(w2)
	if !slices.Equal(a, b) || ka != kb {
		t.Errorf("S1 leads: %x %x; S4 leads: %x %x", a, ka, b, kb)
	}
	if len(slices.Compact(a)) != 2 {
		t.Errorf("%x: want one mark for the leader, one for the followers", a)
	}
}

// BenchmarkGuided is a guided search alone, among five servers without a bug.
func BenchmarkGuided(b *testing.B) {
	steps, states, memory := 0, 0, 0
	for b.Loop() {
		g := alone(world(b, 5), Search{Workers: 2, Grow: true}, Bounds{Timeouts: Any, Beats: Any, Crashes: 2, Submits: 2, Terms: 4})
		g.goOn(context.Background(), 500_000)
		steps, states, memory = steps+g.taken, states+len(g.points), memory+g.memory()
	}
	b.ReportMetric(float64(memory)/float64(states), "B/state")
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
