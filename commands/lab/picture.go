package lab

import (
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/raft"
)

// Only is for who uses these words of a picture, and what has none: nothing else
// that costs anything.
func Only(words ...string) func(string) bool {
	return func(word string) bool { return word == cluster.NoWord || slices.Contains(words, word) }
}

// PictureOf is the cluster behind a call.
func PictureOf(c *lang.Call, used func(string) bool) *cluster.Picture {
	return WorldOf(c.World).Picture(used)
}

// NodesOf is some nodes of a picture; none named: all.
func NodesOf(p *cluster.Picture, ids []raft.ID) []*cluster.NodeView {
	if len(ids) == 0 {
		return p.Nodes
	}
	return each.As(ids, func(id raft.ID) *cluster.NodeView { return p.Nodes[id-1] })
}

// BreachesOf is the broken invariants, in the order in which they broke.
func BreachesOf(p *cluster.Picture) []invariants.Breach {
	if p.World == nil {
		return nil
	}
	return p.World.Breaches
}
