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

// Every rule whose breach is one of safety is found broken from a fresh cluster,
// without a hint; the schedule is as short as it was: a longer one would show
// that something is not tried any more, a shorter one that the search was not
// shortest first. (stale-append-reply takes longer than a test may, and those of
// membership, snapshots and batches begin from their stories.)
func TestBrokenRulesAreFound(t *testing.T) {
	const any = 0 // the bounds grow
	for _, c := range []struct {
		bug, property  string
		steps, proven  int
		terms, submits int
	}{
		{"append-clears-vote", "Election Safety", 7, 7, any, any},
		{"winner-clears-vote", "Election Safety", 6, 6, any, any},
		{"vote-not-stored", "Election Safety", 8, 8, any, any},
		{"term-not-stored", "Election Safety", 8, 8, any, any},
		{"vote-any", "Election Safety", 6, 6, any, any},
		{"stale-vote-reply", "Election Safety", 7, 7, any, any},
		{"keeps-role-at-higher-term", "Election Safety", 7, 7, any, any},
		{"quorum-minus-one", "Election Safety", 6, 6, any, any},
		{"replies-not-voters", "Election Safety", 10, 10, any, any},
		{"no-log-check", "Leader Completeness", 8, 8, any, any},
		{"length-only", "Leader Completeness", 12, 11, any, any},
		{"heartbeat-unchecked", "Leader Completeness", 9, 9, any, any},
		{"always-truncate", "Leader Completeness", 10, 10, any, any},
		{"match-is-log-length", "Leader Completeness", 9, 9, any, any},
		{"commit-index-plus-one", "Leader Completeness", 9, 9, any, any},
		{"commit-on-refusal", "State Machine Safety", 14, 11, any, any},
		{"hole-in-batch", "Log Matching", 6, 6, any, any},
		{"learner-counts", "Leader Completeness", 13, 13, any, any},
		{"direct-change", "Leader Completeness", 9, 9, any, any},
		{"ack-before-durable", "Leader Completeness", 10, 10, any, any},
		{"ack-before-commit", "Durability", 7, 7, any, any},
		{"no-min", "State Machine Safety", 18, 0, 3, 1},
		{"min-with-log-length", "State Machine Safety", 18, 0, 3, 1},
		{"count-old-term", "Leader Completeness", 20, 0, 4, 2},
	} {
		s := Search{Grow: c.terms == any}
		if !s.Grow { // little time for the full network
			s.Bounds, s.States = Bounds{Timeouts: Any, Terms: uint64(c.terms), Submits: c.submits}, 500_000
		}
		r := search(broken(t, cluster.FindBug(c.bug).Nodes, c.bug), s)
		if r.Outcome != Breach || r.Breach.Property != c.property || len(r.Path) != c.steps || r.Proven < c.proven {
			t.Errorf("%s: %s %v in %d steps, %d proven, after %d states; want a breach of %s in %d, %d proven",
				c.bug, r.Outcome, r.Breach, len(r.Path), r.Proven, r.States, c.property, c.steps, c.proven)
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
