package explore

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

var long = flag.Bool("long", false, "search larger drawn worlds")

// naive is the search as one would write it first: whole worlds, cloned, one
// level after the other, nothing left out. The real one must agree with it.
func naive(w *cluster.World, b Bounds, goal func(*cluster.World) bool) (outcome string, steps, states int) {
	return naiveUpTo(w, b, goal, 1<<60)
}

// naiveUpTo is given up when it has seen so many states.
func naiveUpTo(w *cluster.World, b Bounds, goal func(*cluster.World) bool, room int) (outcome string, steps, states int) {
	before, byHand := clientsBefore(w), naiveByHand(w, b)
	type node struct {
		world *cluster.World
		used  map[string]int
	}
	counted := map[uint64]bool{} // with fewer details, as the real search tells states apart
	key := func(n node) uint64 {
		k := invariants.Mix(n.world.Fingerprint(), hashText(fmt.Sprint(n.used)))
		counted[k] = true
		return invariants.Mix(k, details(n.world))
	}
	seen := map[uint64]bool{}
	level := []node{{w.Clone(), map[string]int{}}}
	seen[key(level[0])] = true
	for depth := 1; len(level) > 0 && (b.Depth == 0 || depth <= b.Depth); depth++ {
		var next []node
		for _, n := range level {
			for _, a := range append(naiveActions(n.world, before+n.used["submit"]+1, n.used["submit"]+1), byHand(n.world)...) {
				what, most := naiveBound(b, a)
				if what == "timeout" && b.Terms > 0 && n.world.State(a.(cluster.Timeout).Node).CurrentTerm >= b.Terms {
					continue
				}
				if what != "" && n.used[what] >= most {
					continue
				}
				c := node{n.world.Clone(), map[string]int{}}
				for k, v := range n.used {
					c.used[k] = v
				}
				if what != "" && most < Any {
					c.used[what]++
				}
				before := len(c.world.Breaches())
				if c.world.Apply(a) != nil {
					continue
				}
				if c.world.Harm(before) != nil {
					return Breach, depth, len(counted)
				}
				if goal != nil && goal(c.world) {
					return Reached, depth, len(counted)
				}
				if len(seen) > room {
					return Bound, 0, len(counted)
				}
				if k := key(c); !seen[k] {
					seen[k] = true
					next = append(next, c)
				}
			}
		}
		level = next
	}
	return Complete, 0, len(counted)
}

func hashText(s string) (h uint64) {
	for _, c := range s {
		h = invariants.Mix(h, uint64(c))
	}
	return h
}

// details is what a fingerprint leaves out because it follows from the rest, or
// makes no difference: were it not so, the naive search would see more.
func details(w *cluster.World) (h uint64) {
	for _, id := range w.IDs() {
		written, synced := w.Disk(id)
		h = invariants.Mix(h, hashText(fmt.Sprint(written.CurrentTerm, written.VotedFor, written.Log.LastIndex(), synced.CurrentTerm, synced.VotedFor, synced.Log.LastIndex())))
		if n := w.State(id); n != nil {
			text := fmt.Sprint(n.HeardLeader, n.Lease, n.Transferee, n.Round, n.Votes, *n.Configuration, w.Machine(id).Snapshot())
			if s := n.Snapshot; s != nil {
				text += s.Data
			}
			h = invariants.Mix(h, hashText(text))
		}
	}
	return h
}

// naiveActions is everything that can happen next, copies and commands too.
func naiveActions(w *cluster.World, client, command int) []cluster.Action {
	all := w.Possible(nil)
	for _, m := range w.Flights() {
		all = append(all, cluster.Duplicate{ID: m.ID})
		if w.Waits(&m) {
			all = append(all, cluster.Drop{ID: m.ID})
		}
	}
	data := []string{fmt.Sprintf("x=%d", command)}
	if limit := w.Settings().MaxBytes; limit > 0 && errs(w, "hole-in-batch") {
		data = append(data, data[0]+strings.Repeat("0", limit))
	}
	for _, id := range w.Leaders() {
		for _, d := range data {
			all = append(all, cluster.Request{Client: fmt.Sprintf("C%d", client), Data: d, Via: id})
		}
	}
	kept := all[:0]
	for _, a := range all {
		if d, ok := a.(cluster.Deliver); !ok || w.Fate(w.Flight(d.ID)) == "" {
			kept = append(kept, a)
		}
	}
	return kept
}

// errs tells whether a server makes one of these mistakes.
func errs(w *cluster.World, bugs ...string) bool {
	return slices.ContainsFunc(w.Bugs(), func(name string) bool { return slices.Contains(bugs, name) })
}

// naiveByHand is what else can be done, as often as the world and the bounds say:
// whatever can be said, the world refuses what cannot be done.
func naiveByHand(start *cluster.World, b Bounds) func(*cluster.World) []cluster.Action {
	one, learners, joint := errs(start, "change-before-own-term"), errs(start, "learner-counts"), errs(start, "direct-change")
	if !one && !learners && !joint && b.Changes > 0 {
		one, learners, joint = true, true, true
	}
	servers := raft.ID(start.Size())
	if learners {
		servers++
	}
	return func(w *cluster.World) (all []cluster.Action) {
		if b.Snapshots > 0 {
			for _, id := range w.IDs() {
				all = append(all, cluster.Snapshot{Node: id})
			}
		}
		for _, at := range w.Leaders() {
			for id := raft.ID(1); id <= servers; id++ {
				if one {
					all = append(all, cluster.AddServer{Node: id, At: at}, cluster.RemoveServer{Node: id, At: at})
				}
				if learners {
					all = append(all, cluster.AddServer{Node: id, Learner: true, At: at}, cluster.Promote{Node: id, At: at})
				}
			}
			for bits := uint64(2); joint && bits < 2<<servers; bits += 2 {
				all = append(all, cluster.Reconfigure{Voters: raft.SetOfWords(bits, 0), At: at})
			}
		}
		return all
	}
}

func naiveBound(b Bounds, a cluster.Action) (string, int) {
	switch a.(type) {
	case cluster.Timeout:
		return "timeout", b.Timeouts
	case cluster.Heartbeat:
		return "beat", b.Beats
	case cluster.Kill:
		return "crash", b.Crashes
	case cluster.Drop:
		return "drop", b.Drops
	case cluster.Duplicate:
		return "double", b.Duplicates
	case cluster.Request:
		return "submit", b.Submits
	case cluster.AddServer, cluster.RemoveServer, cluster.Promote, cluster.Reconfigure:
		return "change", b.Changes
	case cluster.Snapshot:
		return "snapshot", b.Snapshots
	}
	return "", 0
}

// smallBounds are worlds and bounds that the naive search can do as well.
func smallBounds(t *testing.T, visit func(name string, w *cluster.World, b Bounds)) {
	for _, c := range []struct {
		bug string
		n   int
		b   Bounds
	}{
		{"", 1, Bounds{Timeouts: 2, Crashes: 1, Submits: 2, Beats: 1}},
		{"", 2, Bounds{Timeouts: 2, Crashes: 1, Submits: 1, Duplicates: 1}},
		{"", 3, Bounds{Timeouts: 2, Terms: 2, Depth: 7}},
		{"", 3, Bounds{Timeouts: Any, Terms: 2, Drops: 1, Beats: 1, Submits: 1, Depth: 6}},
		{"", 3, Bounds{Timeouts: 1, Crashes: 1, Duplicates: 1, Depth: 7}},
		{"", 4, Bounds{Timeouts: 2, Terms: 1, Depth: 5}},
		{"vote-any", 3, Bounds{Timeouts: 2, Terms: 1}},
		{"winner-clears-vote", 3, Bounds{Timeouts: 2, Terms: 1}},
		{"append-clears-vote", 3, Bounds{Timeouts: 2, Terms: 1}},
		{"stale-vote-reply", 3, Bounds{Timeouts: 3, Terms: 2}},
		{"keeps-role-at-higher-term", 3, Bounds{Timeouts: 2, Terms: 2}},
		{"vote-not-stored", 3, Bounds{Timeouts: 2, Terms: 1, Crashes: 1, Depth: 8}},
		{"term-not-stored", 3, Bounds{Timeouts: 2, Terms: 1, Crashes: 1, Depth: 8}},
		{"ack-before-commit", 2, Bounds{Timeouts: 2, Terms: 2, Crashes: 1, Submits: 1, Depth: 9}},
		{"ack-before-durable", 2, Bounds{Timeouts: 2, Terms: 2, Crashes: 1, Submits: 1, Depth: 9}},
		{"hole-in-batch", 2, Bounds{Timeouts: 1, Submits: 2}},
		{"hole-in-batch", 3, Bounds{Timeouts: 1, Submits: 2, Depth: 6}},
		{"", 1, Bounds{Timeouts: 2, Submits: 1, Changes: 2, Snapshots: 1, Depth: 7}},
		{"", 2, Bounds{Timeouts: 1, Changes: 1, Depth: 6}},
		{"", 2, Bounds{Timeouts: 1, Submits: 1, Snapshots: 2, Crashes: 1, Depth: 8}},
		{"direct-change", 2, Bounds{Timeouts: 2, Terms: 2, Changes: 1, Depth: 7}},
		{"direct-change", 3, Bounds{Timeouts: 2, Terms: 2, Changes: 1, Depth: 7}},
		{"learner-counts", 1, Bounds{Timeouts: 1, Changes: 2, Depth: 8}},
		{"learner-counts", 2, Bounds{Timeouts: 1, Changes: 1, Crashes: 1, Depth: 7}},
		{"change-before-own-term", 3, Bounds{Timeouts: 2, Changes: 1, Depth: 6}},
		{"change-before-own-term", 4, Bounds{Timeouts: 1, Changes: 1, Depth: 5}},
		{"snapshot-drops-suffix", 2, Bounds{Timeouts: 1, Submits: 1, Snapshots: 1, Beats: 1, Depth: 8}},
		{"quorum-minus-one", 4, Bounds{Timeouts: 2, Terms: 1, Depth: 6}},
	} {
		w := world(t, c.n)
		if c.bug != "" {
			w = broken(t, c.n, c.bug)
		}
		visit(fmt.Sprintf("%d %s %+v", c.n, c.bug, c.b), w, c.b)
	}
}

// The search without reductions sees the very states that the naive one does.
// With them it comes to the same verdict, in as few steps, and what a loss makes
// possible is possible without it.
func TestReductionsDropNothing(t *testing.T) {
	smallBounds(t, func(name string, w *cluster.World, b Bounds) {
		outcome, steps, states := naive(w, b, nil)
		plain := search(w, Search{Bounds: b, Plain: true})
		if plain.Outcome != outcome || len(plain.Path) != steps {
			t.Errorf("%s: plain %s in %d steps, naive %s in %d", name, plain.Outcome, len(plain.Path), outcome, steps)
		}
		if outcome == Complete && plain.States != states {
			t.Errorf("%s: plain %d states, naive %d", name, plain.States, states)
		}
		b.Drops = 0
		reduced := search(w, Search{Bounds: b})
		if reduced.Outcome != outcome || len(reduced.Path) != steps || outcome == Breach && reduced.Proven != steps {
			t.Errorf("%s: reduced %s in %d steps, %d proven; naive %s in %d", name, reduced.Outcome, len(reduced.Path), reduced.Proven, outcome, steps)
		}
		if steps == 0 && w.Size() > 1 && reduced.States >= 2*states {
			t.Errorf("%s: reduced %d states of %d", name, reduced.States, states)
		}
	})
}

// The same for a condition that is looked for, where there is no symmetry.
func TestGoalsAgree(t *testing.T) {
	for name, goal := range map[string]func(*cluster.World) bool{
		"S2 leads term 2":   func(w *cluster.World) bool { return w.Leader() == 2 && w.State(2).CurrentTerm == 2 },
		"S3 down, S1 leads": func(w *cluster.World) bool { return w.Leader() == 1 && !w.Up(3) },
		"committed by S3":   func(w *cluster.World) bool { return w.Up(3) && w.State(3).CommitIndex > 0 },
		"nobody is follower": func(w *cluster.World) bool {
			return w.State(1) != nil && w.State(1).Role == raft.Leader && w.State(2) == nil
		},
		"never": func(*cluster.World) bool { return false },
	} {
		b := Bounds{Timeouts: 2, Terms: 2, Crashes: 1, Depth: 6}
		w := world(t, 3)
		outcome, steps, _ := naive(w, b, goal)
		r := search(w, Search{Bounds: b, Goal: func(_ int, w *cluster.World) bool { return goal(w) }})
		if r.Outcome != outcome || len(r.Path) != steps {
			t.Errorf("%s: %s in %d, naive %s in %d", name, r.Outcome, len(r.Path), outcome, steps)
		}
	}
}
