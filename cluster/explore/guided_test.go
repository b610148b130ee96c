package explore

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// alone is a guided search without the others.
func alone(w *cluster.World, s Search, steps Bounds) *guided {
	return s.shareUnnamed(w).newGuided(curious, steps, unbounded(0))
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

// Two guided searches of different tastes find what either alone would miss: among
// five servers a third change of the membership, of two leaders, and an
// acknowledgement that is late twice beside a snapshot.
func TestGuidedSearchesFindWhatOneMisses(t *testing.T) {
	for _, c := range []struct {
		bug   string
		taste int // of the guided searches
		most  int // ordinary steps
	}{{"change-before-own-term", 0, 1_200_000}, {"snapshot-drops-suffix", 1, 800_000}} {
		w := broken(t, 5, c.bug)
		s := Search{Workers: 2, Grow: true}
		p := &plan{Search: &s, shared: s.share(w), unnamed: s.shareUnnamed(w), ctx: t.Context()}
		p.openGuides()
		g := p.guides[c.taste]
		g.goOn(p.ctx, c.most)
		if g.path == nil {
			t.Errorf("%s: nothing found in %d steps", c.bug, g.taken)
			continue
		}
		if harm := replayed(t, w, g.path).Harm(0); harm == nil || harm.Property != "Leader Completeness" || !g.erred {
			t.Errorf("%s: %v ends in %v", c.bug, g.path, harm)
		}
	}
}

// The way to a state is not kept, but taken again: what a macro step was is the same
// when it is asked for its steps, whatever has been learnt since.
func TestTheWayIsTakenAgain(t *testing.T) {
	w := world(t, 4, sets("noop off")...)
	g := alone(w, Search{Workers: 2, Grow: true}, Bounds{Timeouts: Any, Beats: Any, Crashes: 2, Submits: 2, Terms: 4})
	g.taste.patience = 1
	g.goOn(t.Context(), 40_000)
	looked, rare, restarts := 0, 0, 0
	for at := len(g.points) / 2; at < len(g.points); at += 97 {
		p, end := g.points[at], g.start.Clone()
		for _, m := range g.way(p) {
			if isRestart(m.action) {
				restarts++
			}
			if err := end.Apply(g.moveAction(end, m)); err != nil {
				t.Fatalf("state %d: %v", at, err)
			}
		}
		var x taken
		g.take(&x, int32(at), false)
		servers, _ := end.Parts()
		for i, n := range x.state.servers(g.n) {
			if servers[i].Hash(nil, g.hints) != g.servers.hashes(n)[0] {
				t.Fatalf("state %d: S%d is another", at, i+1)
			}
		}
		looked++
		if p.nth < 0 {
			rare++
		}
	}
	if looked < 20 || rare == 0 || restarts == 0 {
		t.Errorf("%d ways, %d that end in a rare step, %d restarts", looked, rare, restarts)
	}
}

// A guided search has at most its share of the steps, and less of them when it has
// had a fair go; it is a share of steps and grows with them.
func TestGuidedSharesShrink(t *testing.T) {
	for _, c := range []struct {
		n    int
		grow bool
	}{{3, true}, {3, false}, {5, true}, {5, false}} {
		s := Search{Grow: c.grow}
		p := &plan{Search: &s, shared: &shared{n: c.n}}
		before, early, late := 0, p.guidedShare(1_000_000), 0
		for steps := 0; steps < 400_000_000; steps += 10_000_000 {
			now := p.guidedShare(steps)
			if now <= before || now > 1000+steps/8 {
				t.Errorf("%+v: %d of %d steps, %d before", c, now, steps, before)
			}
			before, late = now, (now-before)/10
		}
		if late > early/2 {
			t.Errorf("%+v: %d of the first million steps, %d of a late one", c, early, late)
		}
	}
}

// Whatever a guided search finds is taken again in an ordinary world, whatever
// rule is broken; it is the same for any number of workers.
func TestGuidedSchedulesAreSchedules(t *testing.T) {
	found := 0
	for _, m := range rules.AllBugs() {
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
		w := cluster.New(c.n, 1, setting.Defaults())
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
		p.turn(0)
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

// Who is in a configuration counts, but not what it is called: that S4 was removed or
// S5, who are alike, is the same, and that S2 was, whose vote won, is not.
func TestConfigurationsCountWithoutNames(t *testing.T) {
	key := func(removed, voter raft.ID) uint64 {
		w := world(t, 5)
		prepare(t, w, []cluster.Action{cluster.Timeout{Node: 1}, settle})
		do := func(a cluster.Action) {
			if err := w.Apply(a); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
		}
		do(cluster.Kill{Node: 5})
		do(cluster.Kill{Node: 4})
		do(cluster.RemoveServer{Node: removed, At: 1})
		do(cluster.Timeout{Node: voter})
		for len(w.Flights()) > 0 {
			do(cluster.Drop{ID: w.Flights()[0].ID})
		}
		s := Search{Workers: 1}
		r := s.shareUnder(w, []raft.Renaming{nil}).newRun(Bounds{}, false)
		return r.workers[0].plainKey(r, r.first)
	}
	same := key(4, 2)
	for _, c := range []struct {
		removed, voter raft.ID
		alike          bool
	}{{5, 2, true}, {4, 3, true}, {5, 3, true}, {2, 2, false}, {3, 2, false}, {1, 2, false}} {
		if got := key(c.removed, c.voter); (got == same) != c.alike {
			t.Errorf("S%d removed, S%d a candidate: %x; S4 removed, S2 a candidate: %x", c.removed, c.voter, got, same)
		}
	}
}

// A set of facts tells what is new, also when it has grown.
func TestFactsAreNewOnce(t *testing.T) {
	var f facts
	f.init()
	again := 0
	for i := range uint64(100_000) {
		if !f.add(invariants.Mix(0, i)) {
			again++
		}
	}
	if again > 10 || f.n+again != 100_000 {
		t.Errorf("%d of 100000 facts are taken for others, %d kept", again, f.n)
	}
	for i := range uint64(100_000) {
		if f.add(invariants.Mix(0, i)) {
			t.Fatalf("fact %d is new again", i)
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
