package fuzz

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
)

// world is a cluster of n with settings, NAME VALUE each.
func world(t testing.TB, n int, settings ...string) *cluster.World {
	t.Helper()
	w := cluster.New(n, 1, setting.Defaults())
	for _, s := range settings {
		name, value, _ := strings.Cut(s, " ")
		do(t, w, cluster.Set{Name: name, Value: value})
	}
	return w
}

func do(t testing.TB, w *cluster.World, actions ...cluster.Action) {
	t.Helper()
	for _, a := range actions {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
}

// broken is a cluster in which every server makes a mistake, with the settings
// that it needs.
func broken(t testing.TB, name string, settings ...string) *cluster.World {
	t.Helper()
	m := rules.FindBug(name)
	for _, need := range m.Needs {
		settings = append(settings, need.String())
	}
	w := world(t, m.Nodes, settings...)
	do(t, w, cluster.SetBug{Name: name, On: true})
	return w
}

func settle(w *cluster.World) {
	for w.Apply(cluster.DeliverNext{}) == nil {
	}
}

func search(w *cluster.World, s Search) Result { return s.Run(context.Background(), w) }

// Within Raft's fault model no schedule breaks anything, whatever is set.
func TestNothingIsFoundInRaft(t *testing.T) {
	for _, c := range []struct {
		n        int
		settings []string
	}{
		{1, nil}, {2, nil}, {3, nil}, {4, nil}, {5, nil},
		{3, []string{"noop off", "max-entries 1", "pipeline on", "back-off conflict-term"}},
		{3, []string{"prevote on", "check-quorum on", "stickiness on", "snapshot-every 2"}},
		{4, []string{"noop off", "sessions on", "snapshot-every 1", "max-bytes 4"}},
		{5, []string{"reads read-index", "snapshot-every 3", "pipeline on"}},
		{3, []string{"reads read-index", "sessions on", "prevote on"}},
		{3, []string{"reads lease", "prevote on"}},
	} {
		r := search(world(t, c.n, c.settings...), Search{First: 1, Last: 300})
		if r.Outcome != Bound || r.Runs != 300 || r.Cut {
			t.Errorf("%d servers, %v: %s %v with seed %d, %d runs", c.n, c.settings, r.Outcome, r.Breach, r.Seed, r.Runs)
		}
	}
}

// Each of these mistakes is found, and by the property that it is to break: a
// check that did not look would miss it.
func TestBugsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		last     uint64
		property string
	}{
		"append-clears-vote":        {1000, invariants.ElectionSafety},
		"winner-clears-vote":        {2000, invariants.ElectionSafety},
		"vote-not-stored":           {3000, ""},
		"term-not-stored":           {1000, invariants.ElectionSafety},
		"vote-any":                  {1000, invariants.ElectionSafety},
		"stale-vote-reply":          {1000, ""},
		"keeps-role-at-higher-term": {1000, invariants.ElectionSafety},
		"quorum-minus-one":          {1000, ""},
		"no-log-check":              {1000, invariants.LeaderCompleteness},
		"length-only":               {1000, invariants.LeaderCompleteness},
		"always-truncate":           {1000, ""},
		"commit-index-plus-one":     {1000, ""},
		"match-is-log-length":       {1000, ""},
		"heartbeat-unchecked":       {1000, ""},
		"commit-on-refusal":         {1000, ""},
		"hole-in-batch":             {3000, invariants.LogMatching},
		"ack-before-commit":         {1000, ""},
		"read-index-before-noop":    {4000, Linearizability},
		"local-read":                {1000, Linearizability},
		"no-sessions":               {1000, Linearizability},
		"tail-kept":                 {3000, invariants.LogMatching},
		"refusal-as-match":          {1000, ""},
		"replies-before-saving":     {1000, ""},
		"two-writes":                {1000, invariants.ElectionSafety},
		"applies-out-of-order":      {1000, invariants.StateMachineSafety},
	} {
		r := search(broken(t, name), Search{First: 1, Last: c.last})
		switch {
		case r.Outcome != Breach:
			t.Errorf("%s: %s after %d runs", name, r.Outcome, r.Runs)
		case c.property != "" && r.Breach.Property != c.property:
			t.Errorf("%s: a breach of %s, want %s", name, r.Breach.Property, c.property)
		}
	}
}

// What a search meets where rules are broken ends no process: logs that are cut
// below what was applied, acknowledgements that are wrong.
func TestBrokenWorldsAreJudged(t *testing.T) {
	for _, m := range rules.AllBugs() {
		w := broken(t, m.Name)
		for seed := range uint64(60) {
			g := begin(w, seed)
			g.steps(DefaultLength, nil)
			inexplicable(g.world)
		}
	}
}

// What is found does not depend on how many look for it, nor on what was found
// before: not the seed, nor the schedule, nor how many runs and steps it took.
func TestWorkersFindTheSame(t *testing.T) {
	w := broken(t, "length-only")
	var first string
	for _, workers := range []int{1, 2, 5, 1} {
		r := search(w, Search{First: 500, Last: 5000, Workers: workers})
		got := fmt.Sprint(r.Outcome, r.Seed, r.Runs, r.Steps, r.Breach, r.Path)
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%d workers: %s\nthen: %s", workers, first, got)
		}
	}
}

// A range may be shared: the lowest seed that fails in either half is the one
// that fails in the whole.
func TestRangesAreShared(t *testing.T) {
	w := broken(t, "winner-clears-vote")
	whole := search(w, Search{First: 1, Last: 4000})
	if whole.Outcome != Breach {
		t.Fatal(whole.Outcome)
	}
	before := search(w, Search{First: 1, Last: whole.Seed - 1})
	from := search(w, Search{First: whole.Seed, Last: 4000})
	if before.Outcome != Bound || from.Seed != whole.Seed || fmt.Sprint(from.Path) != fmt.Sprint(whole.Path) {
		t.Errorf("%s up to seed %d, then seed %d; the whole: %d", before.Outcome, whole.Seed-1, from.Seed, whole.Seed)
	}
	if last := (Search{First: 1<<64 - 3, Last: 1<<64 - 2}); search(w, last).Runs != 2 {
		t.Error("the last seeds are not run")
	}
}

// One seed is one schedule, for good; so is what is left of it.
func TestSeedIsPinned(t *testing.T) {
	w := broken(t, "vote-any")
	r := search(w, Search{First: 1, Last: 1000})
	s, _ := Shrink(context.Background(), w, r.Path)
	got := fmt.Sprintf("seed %d, %d steps of %d, %v", r.Seed, len(r.Path), r.Steps, s.Path)
	const want = "seed 2, 15 steps of 265, [timeout S3 deliver m1 deliver m3 timeout S2 deliver m6 deliver m8]"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A search that is ended says so, and keeps what it has.
func TestEndedSearch(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := Search{First: 1, Last: 1 << 40, Workers: 1, Progress: func(r Result) {
		if r.Runs >= 100 {
			cancel()
		}
	}}
	if r := s.Run(ctx, world(t, 3)); !r.Cut || r.Outcome != Bound || r.Runs < 100 || r.Runs > 200 {
		t.Errorf("%s after %d runs, cut %t", r.Outcome, r.Runs, r.Cut)
	}
}

// The world that a search begins from stays as it is.
func TestThePresentStays(t *testing.T) {
	w := broken(t, "no-log-check")
	do(t, w, cluster.Timeout{Node: 1})
	before, position := w.Fingerprint(), w.Position()
	search(w, Search{First: 1, Last: 500})
	if w.Fingerprint() != before || w.Position() != position || len(w.Breaches()) != 0 {
		t.Error("the search has changed the world")
	}
}

// Only what is running acts, and every kind of action is taken by some run.
func TestEveryKindIsTaken(t *testing.T) {
	taken := map[string]bool{}
	for i, settings := range [][]string{
		{"fsync off", "sessions on", "check-quorum on", "stickiness on"}, {"reads read-index", "prevote on"}, {"own-term-first off"},
	} {
		w := world(t, 3, settings...)
		if i == 2 { // a learner that has caught up
			do(t, w, cluster.Timeout{Node: 1})
			settle(w)
			do(t, w, cluster.AddServer{Node: 4, Learner: true})
			settle(w)
		}
		for seed := range uint64(300) {
			g := begin(w, seed)
			g.steps(DefaultLength, func(a cluster.Action) { taken[fmt.Sprintf("%T", a)] = true })
		}
	}
	for _, a := range []cluster.Action{
		cluster.Deliver{}, cluster.Drop{}, cluster.Duplicate{}, cluster.Timeout{}, cluster.Heartbeat{}, cluster.Kill{}, cluster.Restart{},
		cluster.Freeze{}, cluster.Thaw{}, cluster.Partition{}, cluster.SetLinks{}, cluster.Fire{}, cluster.Request{}, cluster.Read{},
		cluster.Retry{}, cluster.Snapshot{}, cluster.Sync{}, cluster.Transfer{}, cluster.AddServer{}, cluster.RemoveServer{},
		cluster.Promote{}, cluster.Reconfigure{},
	} {
		if name := fmt.Sprintf("%T", a); !taken[name] {
			t.Errorf("no run takes %s", name)
		}
	}
}

// below is as likely to give one number as another.
func TestBelow(t *testing.T) {
	r := random(1)
	var n [7]int
	for range 70_000 {
		n[r.below(7)]++
	}
	for i, k := range n {
		if k < 9_500 || k > 10_500 {
			t.Errorf("%d came %d times of 70000", i, k)
		}
	}
}

func BenchmarkFuzz(b *testing.B) {
	w := world(b, 3)
	steps, seed := 0, uint64(0)
	for b.Loop() {
		g := begin(w, seed)
		steps += g.steps(DefaultLength, nil)
		seed++
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}
