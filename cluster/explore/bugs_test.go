package explore

import (
	"strings"
	"testing"

	"raftlab/cluster"
)

// broken is a cluster in which every server makes a mistake, with the settings
// that it needs.
func broken(t testing.TB, n int, name string) *cluster.World {
	t.Helper()
	m := cluster.FindBug(name)
	if m == nil {
		t.Fatalf("there is no bug %s", name)
	}
	var actions []cluster.Action
	for _, need := range m.Needs {
		setting, value, _ := strings.Cut(need, " ")
		actions = append(actions, cluster.Set{Name: setting, Value: value})
	}
	return world(t, n, append(actions, cluster.SetBug{Name: name, On: true})...)
}

// A broken rule is found from a fresh cluster of three, and the schedule is as
// short as it was: a longer one would show that something is not tried any
// more, a shorter one that the search was not shortest first.
func TestBrokenRulesAreFound(t *testing.T) {
	for _, c := range []struct {
		bug, property string
		steps         int
		bounds        Bounds
	}{
		{"vote-any", "Election Safety", 6, Bounds{Timeouts: 2, Terms: 1}},
		{"winner-clears-vote", "Election Safety", 6, Bounds{Timeouts: 2, Terms: 1}},
		{"append-clears-vote", "Election Safety", 7, Bounds{Timeouts: 2, Terms: 1}},
		{"vote-not-stored", "Election Safety", 8, Bounds{Timeouts: 2, Terms: 1, Crashes: 1}},
		{"term-not-stored", "Election Safety", 8, Bounds{Timeouts: 3, Terms: 1, Crashes: 1}},
		{"keeps-role-at-higher-term", "Election Safety", 7, Bounds{Timeouts: 2, Beats: 1, Submits: 2, Terms: 2}},
		{"no-log-check", "Leader Completeness", 8, Bounds{Timeouts: 2, Submits: 1, Terms: 2}},
		{"commit-index-plus-one", "Leader Completeness", 9, Bounds{Timeouts: 2, Submits: 1, Terms: 2}},
		{"match-is-log-length", "Leader Completeness", 9, Bounds{Timeouts: 2, Submits: 1, Terms: 2}},
		{"ack-before-durable", "Leader Completeness", 10, Bounds{Timeouts: 2, Crashes: 1, Terms: 2}},
		{"ack-before-commit", "Durability", 7, Bounds{Timeouts: 2, Submits: 1, Terms: 2}},
	} {
		r := search(broken(t, 3, c.bug), Search{Bounds: c.bounds})
		if r.Outcome != Breach || r.Breach.Property != c.property || len(r.Path) != c.steps {
			t.Errorf("%s: %s %v in %d steps after %d states, want a breach of %s in %d", c.bug, r.Outcome, r.Breach, len(r.Path), r.States, c.property, c.steps)
		}
	}
}

// A mistake in one server is that server's.
func TestBugOfOneServer(t *testing.T) {
	bounds := Bounds{Timeouts: 2, Terms: 1}
	w := world(t, 3, cluster.SetBug{Name: "vote-any", On: true, Node: 3})
	if r := search(w, Search{Bounds: bounds}); r.Outcome != Breach {
		t.Errorf("%s", r.Outcome)
	}
	w = world(t, 3, cluster.SetBug{Name: "vote-any", On: true}, cluster.SetBug{Name: "vote-any"})
	if len(w.Bugs()) > 0 {
		t.Errorf("%v is still on", w.Bugs())
	}
	if r := search(w, Search{Bounds: bounds}); r.Outcome != Complete {
		t.Errorf("switched off: %s", r.Outcome)
	}
}
