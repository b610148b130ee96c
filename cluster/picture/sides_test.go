package picture

import (
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster"
	"raftlab/cluster/network"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// Two servers are on one side where a way of links that are cut in no direction leads from one to the other,
// and sides are told in the order of their first servers.
func TestSides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := cluster.New(rapid.IntRange(1, 9).Draw(t, "n"), 1, setting.Defaults())
		meet := map[[2]raft.ID]bool{}
		for _, a := range w.IDs() {
			for _, b := range w.IDs() {
				meet[[2]raft.ID{a, b}] = a == b || rapid.IntRange(0, 2).Draw(t, "keep") > 0
				if !meet[[2]raft.ID{a, b}] {
					if err := w.Apply(cluster.SetLinks{Cut: true, Links: []network.Link{{From: a, To: b}}}); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		way := map[[2]raft.ID]bool{}
		for k := range meet {
			way[k] = meet[k] && meet[[2]raft.ID{k[1], k[0]}]
		}
		for _, over := range w.IDs() {
			for k := range way {
				way[k] = way[k] || way[[2]raft.ID{k[0], over}] && way[[2]raft.ID{over, k[1]}]
			}
		}
		sides, before := OfWorld(w, Everything).Sides(), raft.ID(0)
		for _, side := range sides {
			if side.Next(0) <= before {
				t.Fatalf("out of order: %v", sides)
			}
			before = side.Next(0)
			for id := range side.All() {
				for _, other := range w.IDs() {
					if side.Has(other) != way[[2]raft.ID{id, other}] {
						t.Fatalf("%s and %s: %v", id, other, sides)
					}
				}
			}
		}
	})
}
