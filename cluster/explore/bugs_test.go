package explore

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// broken is a cluster in which every server makes a mistake, with the settings
// that it needs.
func broken(t testing.TB, n int, name string) *cluster.World {
	t.Helper()
	m := rules.FindBug(name)
	if m == nil {
		t.Fatalf("there is no bug %s", name)
	}
	var actions []cluster.Action
	for _, need := range m.Needs {
		actions = append(actions, cluster.Set{Name: need.Setting, Value: need.Value})
	}
	return world(t, n, append(actions, cluster.SetBug{Name: name, On: true})...)
}

// Every rule whose breach is one of safety is found broken from a fresh cluster,
// without a hint; the schedule is as short as it was: a longer one would show
// that something is not tried any more, a shorter one that the search was not
// shortest first. (stale-append-reply takes longer than a test may.)
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
		{"replies-before-saving", "Election Safety", 8, 8, any, any},
		{"two-writes", "Election Safety", 8, 8, any, any},
		{"refusal-as-match", "Leader Completeness", 9, 9, any, any},
		{"tail-kept", "Log Matching", 13, 10, any, any},
		{"applies-out-of-order", "State Machine Safety", 10, 10, any, any},
		{"no-min", "State Machine Safety", 18, 0, 3, 1},
		{"min-with-log-length", "State Machine Safety", 18, 0, 3, 1},
		{"count-old-term", "Leader Completeness", 20, 0, 4, 2},
	} {
		s := Search{Grow: c.terms == any}
		if !s.Grow { // little time for the full network
			s.Bounds, s.States = Bounds{Timeouts: Any, Terms: uint64(c.terms), Submits: c.submits}, 500_000
		}
		r := search(broken(t, rules.FindBug(c.bug).Nodes, c.bug), s)
		if r.Outcome != Breach || r.Breach.Property != c.property || len(r.Path) != c.steps || r.Proven < c.proven {
			t.Errorf("%s: %s %v in %d steps, %d proven, after %d states; want a breach of %s in %d, %d proven",
				c.bug, r.Outcome, r.Breach, len(r.Path), r.Proven, r.States, c.property, c.steps, c.proven)
		}
	}
}

// The counterexample of 2015: of four servers one leader removes a member, the
// next another, at the same index, by majorities that share no server.
func TestChangesOfTwoLeadersAreFound(t *testing.T) {
	s := Search{Bounds: Bounds{Timeouts: Any, Terms: 3, Changes: 2}, States: 1_500_000}
	r := search(broken(t, 4, "change-before-own-term"), s)
	if r.Outcome != Breach || r.Breach.Property != "Leader Completeness" || len(r.Path) != 18 {
		t.Errorf("%s %v in %d steps after %d states", r.Outcome, r.Breach, len(r.Path), r.States)
	}
}

// Changes of the membership and snapshots are tried where a mistake is about them,
// of the kinds that it is about, and where bounds ask for them; of commands, large
// ones where an append has a limit.
func TestMoreIsTriedWhereAMistakeIsAboutIt(t *testing.T) {
	for _, c := range []struct {
		bug    string
		n      int
		bounds Bounds
		tried  string // kinds of actions, beside those that happen in any world
	}{
		{"", 3, Bounds{Submits: 1}, ""},
		{"vote-any", 3, Bounds{Submits: 1}, ""},
		{"", 1, Bounds{Submits: 1, Changes: 2, Snapshots: 1}, "add learner promote reconfigure remove snapshot"},
		{"direct-change", 3, Bounds{Submits: 1, Changes: 1}, "reconfigure"},
		{"direct-change", 3, Bounds{Submits: 1}, ""},
		{"learner-counts", 1, Bounds{Submits: 1, Changes: 2, Beats: 1}, "learner promote"},
		{"change-before-own-term", 3, Bounds{Submits: 1, Changes: 2}, "add remove"},
		{"snapshot-drops-suffix", 1, Bounds{Submits: 1, Snapshots: 1}, ""}, // snapshot-every 1 takes them all
		{"hole-in-batch", 3, Bounds{Submits: 1}, "large"},
	} {
		w := world(t, c.n)
		if c.bug != "" {
			w = broken(t, c.n, c.bug)
		}
		c.bounds.Timeouts, c.bounds.Terms = 1, 1
		s := Search{Bounds: c.bounds, Workers: 1}
		p := &plan{Search: &s, shared: s.share(w), ctx: t.Context()}
		r := p.newRun(c.bounds, true)
		tried := map[string]bool{}
		for len(r.Outcome) == 0 {
			r.goOn(p.ctx, r.States+1)
			for _, s := range r.batch.states {
				for _, choice := range r.workers[0].next(r, s, nil) {
					if kind := kindOf(r, s, choice); kind != "" {
						tried[kind] = true
					}
				}
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(tried)), " "); got != c.tried {
			t.Errorf("%s %+v: %q, want %q", c.bug, c.bounds, got, c.tried)
		}
	}
}

// kindOf names what is not tried in every world.
func kindOf(r *run, s state, c choice) string {
	if c.kind == ask && c.what >= large {
		return "large"
	}
	if c.kind != act {
		return ""
	}
	switch a := r.servers.part(s.servers(r.n)[c.server]).actions[c.what].(type) {
	case cluster.AddServer:
		if a.Learner {
			return "learner"
		}
		return "add"
	case cluster.Promote:
		return "promote"
	case cluster.RemoveServer:
		return "remove"
	case cluster.Reconfigure:
		return "reconfigure"
	case cluster.Snapshot:
		return "snapshot"
	}
	return ""
}

// A snapshot by hand is enough for the mistake that is about them.
func TestASnapshotByHandIsTaken(t *testing.T) {
	w := broken(t, 3, "snapshot-drops-suffix")
	if err := w.Apply(cluster.Set{Name: "snapshot-every", Value: "off"}); err != nil {
		t.Fatal(err)
	}
	r := search(w, Search{Bounds: Bounds{Timeouts: Any, Terms: 2, Submits: 2, Beats: 1, Snapshots: 1}, States: 900_000})
	if r.Outcome != Breach || r.Breach.Property != "Leader Completeness" {
		t.Errorf("%s %v after %d states", r.Outcome, r.Breach, r.States)
	}
}

// An old answer is kept in the sparse network for a server that counts it: S2's of
// term 1, when S1 has lost what it confirms, and leads again in term 3.
func TestOldAnswersAreKept(t *testing.T) {
	w := broken(t, 5, "stale-append-reply")
	do := func(a cluster.Action) {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	// arrive has messages of a kind to some servers arrive, and all others of that kind be lost.
	arrive := func(kind string, from raft.ID, to ...raft.ID) {
		for _, m := range slices.Clone(w.Flights()) {
			switch {
			case m.Message.Type() != kind || from != 0 && m.From != from:
			case slices.Contains(to, m.To):
				do(cluster.Deliver{ID: m.ID})
			default:
				do(cluster.Drop{ID: m.ID})
			}
		}
	}
	do(cluster.Timeout{Node: 1})
	arrive("RequestVote", 1, 2, 3, 4, 5)
	arrive("RequestVoteReply", 0, 1)
	arrive("AppendEntries", 1)
	for range 2 {
		arrive("AppendEntries", 1)
		do(cluster.Request{Client: "C1", Data: "x=1", Via: 1})
	}
	arrive("AppendEntries", 1, 2)
	do(cluster.Timeout{Node: 3})
	arrive("RequestVote", 3, 4, 5)
	arrive("RequestVoteReply", 0, 3)
	arrive("AppendEntries", 3)
	do(cluster.Request{Client: "C2", Data: "x=2", Via: 3})
	arrive("AppendEntries", 3, 1, 2, 4, 5)
	for _, m := range slices.Clone(w.Flights()) {
		if m.To == 3 {
			do(cluster.Deliver{ID: m.ID})
		}
	}
	do(cluster.Timeout{Node: 1})
	arrive("RequestVote", 1, 3, 4) // the answer says nothing to S1 until it leads
	sparse := (&Search{Workers: 2}).share(w).newRun(Bounds{Timeouts: 1, Terms: 4, Submits: 1}, true)
	sparse.goOn(context.Background(), 200_000)
	if r := sparse.Result; r.Outcome != Breach || r.Breach.Property != "Leader Completeness" {
		t.Errorf("%s %v after %d states; in flight %v", r.Outcome, r.Breach, r.States, w.Flights())
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
