package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/setting"
)

func world(t testing.TB, n int, actions ...cluster.Action) *cluster.World {
	t.Helper()
	w := cluster.New(n, 1, setting.Defaults())
	for _, a := range actions {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	return w
}

// unsynced is a cluster whose servers forget their votes in a crash.
func unsynced(t testing.TB, n int) *cluster.World {
	return world(t, n, cluster.Set{Name: "fsync", Value: "off"})
}

func search(w *cluster.World, s Search) Result { return s.Run(context.Background(), w) }

// Without fsync a vote is forgotten, and two servers win one term (Figure 2,
// persistent state). The search finds it, and its schedule leads there.
func TestForgottenVoteIsFound(t *testing.T) {
	w := unsynced(t, 3)
	r := search(w, Search{Bounds: Bounds{Timeouts: 2, Crashes: 1, Terms: 1}})
	if r.Outcome != Breach || r.Breach.Property != invariants.ElectionSafety {
		t.Fatalf("%s %v after %d states", r.Outcome, r.Breach, r.States)
	}
	again := w.Clone()
	for i, a := range r.Path {
		if len(again.Breaches()) > 0 {
			t.Errorf("the breach comes after %d of %d steps", i, len(r.Path))
		}
		if err := again.Apply(a); err != nil {
			t.Fatalf("step %d, %s: %v", i, a, err)
		}
	}
	if len(again.Breaches()) == 0 {
		t.Error("the schedule leads to no breach")
	}
	// S1 and S2 campaign, S3 votes for one, crashes, restarts, votes for the
	// other, and both answers arrive.
	if len(r.Path) != 8 {
		t.Errorf("%d steps, want 8: %v", len(r.Path), r.Path)
	}
}

// With synced votes the same bounds hold no breach, and that is known.
func TestNothingIsFoundInRaft(t *testing.T) {
	r := search(world(t, 3), Search{Bounds: Bounds{Timeouts: 2, Crashes: 1, Terms: 1}})
	if r.Outcome != Complete {
		t.Fatalf("%s %v after %d states", r.Outcome, r.Breach, r.States)
	}
}

// The counts of distinct states for small bounds are what they were, and do not
// depend on the number of workers: all of them, and those that symmetry and
// answers that come too late leave, in the sparse and the full network together.
func TestStatesAreCounted(t *testing.T) {
	for _, c := range []struct {
		n             int
		bounds        Bounds
		plain, states int
	}{
		{1, Bounds{Timeouts: 1}, 2, 4},
		// Either server: timeout, request, vote, append, answer.
		{2, Bounds{Timeouts: 1}, 11, 12},
		{3, Bounds{Timeouts: 1}, 220, 44},
		{3, Bounds{Timeouts: 2, Crashes: 1, Terms: 1}, 15230, 962},
	} {
		for _, workers := range []int{1, 2, 5} {
			r := search(world(t, c.n), Search{Bounds: c.bounds, Workers: workers})
			if r.States != c.states || r.Outcome != Complete {
				t.Errorf("%d servers, %d workers: %s with %d states, want %d", c.n, workers, r.Outcome, r.States, c.states)
			}
			r = search(world(t, c.n), Search{Bounds: c.bounds, Workers: workers, Plain: true})
			if r.States != c.plain || r.Outcome != Complete {
				t.Errorf("%d servers, %d workers: %s with %d states, want %d", c.n, workers, r.Outcome, r.States, c.plain)
			}
		}
	}
}

// The path that is found does not depend on the number of workers.
func TestWorkersFindTheSame(t *testing.T) {
	var paths []string
	for _, workers := range []int{1, 2, 7} {
		r := search(unsynced(t, 3), Search{Bounds: Bounds{Timeouts: 2, Crashes: 1, Terms: 1}, Workers: workers})
		paths = append(paths, fmt.Sprint(r.Path, r.Breach))
	}
	if paths[0] != paths[1] || paths[0] != paths[2] {
		t.Errorf("%q", paths)
	}
}

// Nor does anything else that a search comes to, also where it is long enough
// for the workers to find parts in another order.
func TestWorkersSeeTheSame(t *testing.T) {
	var results []string
	for _, workers := range []int{1, 2, 5} {
		results = append(results, fmt.Sprintf("%+v", search(world(t, 4), Search{Grow: true, States: 60_000, Workers: workers})))
	}
	if results[0] != results[1] || results[0] != results[2] {
		t.Errorf("%q", results)
	}
}

// A goal is reached by a shortest schedule: a leader of three needs a timeout,
// a request and an answer.
func TestGoalIsReachedShortest(t *testing.T) {
	w := world(t, 3)
	r := search(w, Search{Bounds: Defaults(w), Goal: func(_ int, w *cluster.World) bool { return w.Leader() == 2 }})
	if r.Outcome != Reached || len(r.Path) != 3 || r.Path[0] != (cluster.Timeout{Node: 2}) {
		t.Errorf("%s %v", r.Outcome, r.Path)
	}
}

// Every step that a search can take is one that the world takes, and what can
// happen in a world depends on its state alone.
func TestStepsCanBeTaken(t *testing.T) {
	w := world(t, 3, cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Freeze{Node: 3}, cluster.Kill{Node: 2})
	for _, a := range w.Possible(nil) {
		if err := w.Clone().Apply(a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
		if tick, ok := a.(cluster.Timeout); ok && tick.Node == 3 {
			t.Error("a frozen server times out")
		}
	}
	if got := fmt.Sprint(w.Possible(nil)); got != fmt.Sprint(w.Clone().Possible(nil)) {
		t.Error(got)
	}
}

// BenchmarkExplore has logs of two commands that four terms overwrite;
// BenchmarkTwoTerms, few servers' states and many orders of events;
// BenchmarkFiveServers, what grows by itself; BenchmarkModel, a whole search of 12.6
// million states, to its proof.
func BenchmarkExplore(b *testing.B) {
	measure(b, 3, Search{Bounds: Bounds{Timeouts: Any, Submits: 2, Terms: 4}})
}

func BenchmarkTwoTerms(b *testing.B) {
	measure(b, 3, Search{Bounds: Bounds{Timeouts: 4, Crashes: 1, Beats: 1, Submits: 1, Terms: 2}})
}

func BenchmarkFiveServers(b *testing.B) { measure(b, 5, Search{Grow: true}) }

func BenchmarkModel(b *testing.B) {
	measureTo(b, 3, 0, Search{Bounds: Bounds{Timeouts: 3, Crashes: 1, Submits: 1, Terms: 2}})
}

func measure(b *testing.B, n int, s Search) { measureTo(b, n, 1_000_000, s) }

// measureTo measures a search of so many states; 0: of all.
func measureTo(b *testing.B, n, most int, s Search) {
	s.States = most
	states, steps, memory := 0, 0, 0
	for b.Loop() {
		r := search(world(b, n), s)
		states, steps, memory = states+r.States, steps+r.Steps, memory+r.Memory
	}
	b.ReportMetric(float64(memory)/float64(states), "B/state")
	b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "distinct/s")
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "generated/s")
}

// With stickiness a voter that has heard a leader refuses until its minimum
// election timeout has passed; a search that did not let it pass would find no
// second leader, and call that complete.
func TestOtherTimersFire(t *testing.T) {
	w := world(t, 3, cluster.Set{Name: "stickiness", Value: "on"}, cluster.Timeout{Node: 1})
	for w.Apply(cluster.DeliverNext{}) == nil {
	}
	r := search(w, Search{Bounds: Bounds{Timeouts: 1, Terms: 2}, Goal: func(_ int, w *cluster.World) bool {
		return w.Leader() == 2
	}})
	if r.Outcome != Reached {
		t.Fatalf("%s after %d states", r.Outcome, r.States)
	}
	if !strings.Contains(fmt.Sprint(r.Path), "fire minimum S3") {
		t.Errorf("%v", r.Path)
	}
}

// Where the depth alone is given, the search ends when so few steps hold
// nothing more, however far the other bounds could grow; and it ends with its
// context, also where it has nothing left to expand.
func TestAGrowingSearchEndsAtItsDepth(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for depth := 1; depth <= 4; depth++ {
		r := (&Search{Grow: true, Bounds: Bounds{Depth: depth}}).Run(ctx, world(t, 3))
		if r.Outcome != Complete || r.Proven != depth+1 {
			t.Errorf("depth %d: %s, proven %d", depth, r.Outcome, r.Proven)
		}
	}
	cancel()
	if r := (&Search{Grow: true, Bounds: Bounds{Depth: 2}}).Run(ctx, world(t, 3)); r.Outcome != Bound {
		t.Errorf("cancelled: %s", r.Outcome)
	}
}

// What is limited is the states that all searches have seen together, however
// they share them: a search with work left goes on until then, and one that has
// reached the limit says so. It used to stand still, and wait for its time.
func TestALimitOfStatesIsReached(t *testing.T) {
	for _, s := range []Search{
		{Bounds: Bounds{Timeouts: 4, Crashes: 1, Beats: 1, Submits: 1, Terms: 2}}, // the full network with faults has an eighth of the weight
		{Bounds: Bounds{Timeouts: 4, Beats: 1, Submits: 1, Terms: 2}},
		{Bounds: Bounds{Timeouts: 4, Submits: 1, Terms: 2}, Plain: true},
		{Grow: true},
		{Grow: true, Mail: true, Goal: func(int, *cluster.World) bool { return false }},
	} {
		s.States = 30_000
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		got := s.Run(ctx, world(t, 3))
		if ctx.Err() != nil || got.Outcome != Bound || got.States < s.States {
			t.Errorf("%+v: %s with %d of %d states (%v)", s.Bounds, got.Outcome, got.States, s.States, ctx.Err())
		}
		cancel()
	}
}

// A search that is ended stops where it is: it does not first expand all that
// it has taken up.
func TestASearchEndsAtOnce(t *testing.T) {
	const before, after = 2000, 2000 // goals looked at
	ctx, cancel := context.WithCancel(context.Background())
	looked := 0
	s := Search{Workers: 1, Grow: true, Goal: func(int, *cluster.World) bool {
		if looked++; looked == before {
			cancel()
		}
		return false
	}}
	r := s.Run(ctx, world(t, 5))
	if looked < before || looked > before+after || r.Outcome != Bound {
		t.Errorf("%s after the goal was asked %d times, and the search was ended after %d", r.Outcome, looked, before)
	}
}
