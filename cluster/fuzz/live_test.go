package fuzz

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/network"
	"raftlab/raft"
)

func trials(t testing.TB, w *cluster.World, runs int) Verdict {
	t.Helper()
	trials := Trials{First: 1, Runs: runs}
	v, err := trials.Run(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// cutPairs cuts links in both directions: 14 is that of S1 and S4.
func cutPairs(pairs ...int) cluster.SetLinks {
	var links []network.Link
	for _, p := range pairs {
		a, b := raft.ID(p/10), raft.ID(p%10)
		links = append(links, network.Link{From: a, To: b}, network.Link{From: b, To: a})
	}
	return cluster.SetLinks{Cut: true, Links: links}
}

// removed is a cluster that S4 has left without having heard of it.
func removed(t testing.TB, w *cluster.World) *cluster.World {
	t.Helper()
	do(t, w, cluster.Timeout{Node: 1})
	settle(w)
	lost := cutPairs(14)
	do(t, w, lost, cluster.RemoveServer{Node: 4})
	settle(w)
	do(t, w, cluster.Heartbeat{Node: 1})
	settle(w)
	do(t, w, cluster.SetLinks{Links: lost.Links})
	return w
}

// partly is a cluster in which S4 reaches only S2, and S5 only S3.
func partly(t testing.TB, w *cluster.World) *cluster.World {
	t.Helper()
	do(t, w, cutPairs(14, 34, 45, 15, 25))
	return w
}

// Raft gets on, and so it does with its extensions where these are needed.
func TestRaftIsAlive(t *testing.T) {
	for name, w := range map[string]*cluster.World{
		"one":                    world(t, 1),
		"two":                    world(t, 2),
		"three":                  world(t, 3),
		"five":                   world(t, 5),
		"without noop":           world(t, 3, "noop off"),
		"with everything":        world(t, 3, "prevote on", "check-quorum on", "stickiness on", "snapshot-every 3", "pipeline on"),
		"a removed server":       removed(t, world(t, 4, "stickiness on")),
		"a partial partition":    partly(t, world(t, 5, "prevote on", "check-quorum on")),
		"a server that is down":  down(t, world(t, 3)),
		"one that has never led": world(t, 3, "election-timeout 5..10", "heartbeat-interval 2"),
	} {
		if v := trials(t, w, 60); v.Stuck != 0 || v.Runs != 60 {
			t.Errorf("%s: %d of %d trials are stuck, seed %d: %s %v", name, v.Stuck, v.Runs, v.Seed, v.Says, v.Cycle)
		}
	}
}

func down(t testing.TB, w *cluster.World) *cluster.World {
	t.Helper()
	do(t, w, cluster.Kill{Node: 2})
	return w
}

// Each of these mistakes is found, with what recurs: who refuses whom, and by
// which rule.
func TestStuckClustersAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		world *cluster.World
		runs  int
		terms bool
		recur string
	}{
		"and-compare":            {broken(t, "and-compare"), 300, false, "CandidateUpToDate"},
		"commit-stops-early":     {broken(t, "commit-stops-early"), 20, false, "commits nothing"},
		"ignores-higher-term":    {broken(t, "ignores-higher-term", "prevote on"), 200, false, "append StaleTerm"},
		"removed-disrupts":       {removed(t, broken(t, "removed-disrupts")), 5, true, "S4 times out"},
		"deposed-without-timer":  {broken(t, "deposed-without-timer"), 300, false, "refuses"},
		"terms-compared-wrongly": {broken(t, "terms-compared-wrongly"), 20, false, "StaleTerm"},
		"partial-partition":      {partly(t, broken(t, "partial-partition")), 20, true, "S4 times out"},
	} {
		v := trials(t, c.world, c.runs)
		var told []string
		for _, r := range v.Cycle {
			told = append(told, r.Says+" "+r.Rule)
		}
		if v.Stuck == 0 || v.Terms != c.terms || !strings.Contains(strings.Join(told, "\n"), c.recur) {
			t.Errorf("%s: %d of %d stuck, terms %t, %q", name, v.Stuck, v.Runs, v.Terms, told)
			continue
		}
		leadsThere(t, name, c.world, v)
	}
}

// leadsThere does the schedule again: it ends where the cluster is stuck.
func leadsThere(t *testing.T, name string, from *cluster.World, v Verdict) {
	t.Helper()
	w := from.Clone()
	for i, a := range v.Path {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: step %d, %s: %v", name, i+1, a, err)
		}
	}
	if !isStuck(context.Background(), w) {
		t.Errorf("%s: it is not stuck where the schedule leads", name)
	}
}

// What trials come to does not depend on how many do them.
func TestTrialsAreDetermined(t *testing.T) {
	var first string
	for _, workers := range []int{1, 3} {
		trials := Trials{First: 1, Runs: 40, Workers: workers}
		v, err := trials.Run(context.Background(), broken(t, "commit-stops-early"))
		got := fmt.Sprint(v, err)
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s\nthen %s", first, got)
		}
	}
}

// Where no majority is in contact, nothing has to get on.
func TestNobodyIsInContact(t *testing.T) {
	for name, actions := range map[string][]cluster.Action{
		"two are down":   {cluster.Kill{Node: 1}, cluster.Kill{Node: 3}},
		"two are frozen": {cluster.Freeze{Node: 1}, cluster.Freeze{Node: 2}},
		"all are cut":    {cutPairs(12, 13, 23)},
	} {
		w := world(t, 3)
		do(t, w, actions...)
		trials := Trials{First: 1, Runs: 1}
		if v, err := trials.Run(context.Background(), w); err == nil || inContact(w) {
			t.Errorf("%s: %v", name, v)
		}
	}
	w := world(t, 5)
	do(t, w, cluster.Kill{Node: 5}, cutPairs(14, 24))
	if !inContact(w) {
		t.Error("S1, S2 and S3 are in contact")
	}
}
