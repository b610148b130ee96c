package fuzz

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
)

// shortest is how many steps explore's shortest schedule takes to the property
// (cluster/explore/bugs_test.go).
var shortest = map[string]struct {
	steps    int
	property string
}{
	"winner-clears-vote":        {6, invariants.ElectionSafety},
	"vote-any":                  {6, invariants.ElectionSafety},
	"append-clears-vote":        {7, invariants.ElectionSafety},
	"keeps-role-at-higher-term": {7, invariants.ElectionSafety},
	"vote-not-stored":           {8, invariants.ElectionSafety},
	"term-not-stored":           {8, invariants.ElectionSafety},
	"no-log-check":              {8, invariants.LeaderCompleteness},
	"commit-index-plus-one":     {9, invariants.LeaderCompleteness},
	"match-is-log-length":       {9, invariants.LeaderCompleteness},
	"always-truncate":           {10, invariants.LeaderCompleteness},
	"no-sessions":               {9, Linearizability},
	"local-read":                {8, Linearizability},
}

// What is left of several findings of each bug breaks the same property, can
// spare nothing, and is at most eight steps longer than the shortest that there is.
func TestShrunkIsMinimal(t *testing.T) {
	for name, want := range shortest {
		w := broken(t, name)
		seed := uint64(1)
		for range 3 {
			r := search(w, Search{First: seed, Last: seed + 5000})
			if r.Breach == nil {
				t.Fatalf("%s: nothing is found from seed %d on", name, seed)
			}
			seed = r.Seed + 1
			s, ok := Shrink(context.Background(), w, r.Path)
			if !ok || s.Breach.Property != r.Breach.Property {
				t.Fatalf("%s: %v of a breach of %s", name, s.Breach, r.Breach.Property)
			}
			if s.Breach.Property == want.property && (len(s.Path) > want.steps+8 || len(s.Path) < want.steps) {
				t.Errorf("%s, seed %d: %d steps are left of %d; the shortest has %d: %v", name, r.Seed, len(s.Path), len(r.Path), want.steps, s.Path)
			}
			sparesNothing(t, name, w, s)
		}
	}
}

// sparesNothing leaves out each step by itself: the breach must go. The
// messages keep their meaning, not their numbers.
func sparesNothing(t *testing.T, name string, w *cluster.World, s Shrunk) {
	t.Helper()
	if got := breaks(w, s.Path); got != s.Breach.Property {
		t.Fatalf("%s: what is left breaks %q, not %s", name, got, s.Breach.Property)
	}
	r := reducer{ctx: context.Background(), from: w}
	steps := r.named(s.Path)
	for i := range steps {
		rest := slices.Concat(steps[:i], steps[i+1:])
		for _, close := range []bool{false, true} {
			if taken, ok := r.replay(rest, close); ok && len(taken) < len(steps) {
				t.Errorf("%s: without %s, step %d, it breaks just as well", name, steps[i], i+1)
			}
		}
	}
}

// breaks is the property that a schedule breaks, done to the letter.
func breaks(w *cluster.World, path []cluster.Action) string {
	c := w.Clone()
	r := reducer{ctx: context.Background(), from: w, property: Linearizability}
	look := r.look(c)
	for i, a := range path {
		if err := c.Apply(a); err != nil {
			return fmt.Sprintf("nothing: step %d, %s: %v", i+1, a, err)
		}
		if b := look(); b != nil {
			if i < len(path)-1 {
				return fmt.Sprintf("%s after %d of %d steps", b.Property, i+1, len(path))
			}
			return b.Property
		}
	}
	return "nothing"
}

// The same schedule shrinks to the same one.
func TestShrinkIsDetermined(t *testing.T) {
	w := broken(t, "length-only")
	r := search(w, Search{First: 1, Last: 2000})
	a, _ := Shrink(context.Background(), w, r.Path)
	b, _ := Shrink(context.Background(), w, r.Path)
	if fmt.Sprint(a.Path) != fmt.Sprint(b.Path) || a.Tried != b.Tried {
		t.Errorf("%v\n%v", a.Path, b.Path)
	}
}

// A schedule that breaks nothing is not shrunk.
func TestNothingToShrink(t *testing.T) {
	path, _ := Replay(world(t, 3), 1, 100)
	if s, ok := Shrink(context.Background(), world(t, 3), path); ok {
		t.Errorf("%v", s)
	}
}

// What clocks did is told as timers and messages, and leads to the same.
func TestPlain(t *testing.T) {
	w := world(t, 3, "loss 0.1", "duplication 0.1", "latency 1..4", "stickiness on", "check-quorum on")
	var actions []cluster.Action
	live := w.Clone()
	for i := range 3000 {
		var a cluster.Action = cluster.Advance{}
		switch {
		case i%500 == 250 && live.Leader() != 0:
			a = cluster.Request{Client: "C1", Data: "x=1", Via: live.Leader()}
		case i%700 == 600:
			a = cluster.DeliverNext{}
		}
		if live.Apply(a) == nil {
			actions = append(actions, a)
		}
	}
	plain := Plain(w, actions)
	again := w.Clone()
	for _, a := range plain {
		switch a.(type) {
		case cluster.Advance, cluster.DeliverNext:
			t.Fatalf("%s is not plain", a)
		}
		if err := again.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	if again.Fingerprint() != live.Fingerprint() || len(plain) > len(actions)/2 {
		t.Errorf("%d actions came to %d, and to another state", len(actions), len(plain))
	}
}

// A breach in a long run of time is shrunk to the deeds that matter.
func TestShrinkARun(t *testing.T) {
	w := world(t, 3, "fsync off")
	var path []cluster.Action
	add := func(actions ...cluster.Action) { path = append(path, actions...) }
	add(cluster.Timeout{Node: 3})
	for range 400 {
		add(cluster.Advance{})
	}
	add(cluster.Kill{Node: 1}, cluster.Kill{Node: 2}, cluster.Kill{Node: 3}, cluster.Restart{Node: 1}, cluster.Restart{Node: 2}, cluster.Restart{Node: 3},
		cluster.Timeout{Node: 1})
	for range 400 {
		add(cluster.Advance{})
	}
	s, ok := Shrink(context.Background(), w, Plain(w, path))
	if !ok || s.Breach.Property != invariants.ElectionSafety || len(s.Path) > 12 {
		t.Errorf("%v %v %v", ok, s.Breach, s.Path)
	}
	sparesNothing(t, "a run", w, s)
}
