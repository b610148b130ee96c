package lab

import (
	"slices"

	"raftlab/cluster/invariants"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/raft"
)

// Only is the used of picture.Of for somebody who needs these words, and what has no word
// (picture.NoWord).
func Only(words ...string) func(string) bool {
	return func(word string) bool { return word == picture.NoWord || slices.Contains(words, word) }
}

// PictureOf is the cluster behind a call.
func PictureOf(c *lang.Call, used func(string) bool) *picture.Picture {
	return WorldOf(c.World).Picture(used)
}

// NodesOf is some nodes of a picture; none named: all.
func NodesOf(p *picture.Picture, ids []raft.ID) []*picture.NodeView {
	if len(ids) == 0 {
		return p.Nodes
	}
	return each.As(ids, func(id raft.ID) *picture.NodeView { return p.Nodes[id-1] })
}

// BreachesOf is the broken invariants, in the order in which they broke.
func BreachesOf(p *picture.Picture) []invariants.Breach {
	if p.World == nil {
		return nil
	}
	return p.World.Breaches
}
