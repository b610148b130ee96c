package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// only is for who uses these words of a picture, and what has none: nothing else
// that costs anything.
func only(words ...string) func(string) bool {
	return func(word string) bool { return word == cluster.NoWord || slices.Contains(words, word) }
}

// pictureOf is the cluster behind a call.
func pictureOf(c *Call, used func(string) bool) *cluster.Picture {
	return worldOf(c.World).Picture(used)
}

// nodesOf is some nodes of a picture; none named: all.
func nodesOf(p *cluster.Picture, ids []raft.ID) []*NodeView {
	if len(ids) == 0 {
		return p.Nodes
	}
	out := make([]*NodeView, len(ids))
	for i, id := range ids {
		out[i] = p.Nodes[id-1]
	}
	return out
}

// breachesOf is the broken invariants, in the order in which they broke.
func breachesOf(p *cluster.Picture) []invariants.Breach {
	if p.World == nil {
		return nil
	}
	return p.World.Breaches
}

// bugsOn is the bugs that are on, and in whom, where not in all.
func bugsOn(p *cluster.Picture) string {
	if p.World == nil {
		return ""
	}
	if p.World.Riddle {
		return cluster.UnknownBug + " (a hidden bug is on)"
	}
	var names []string
	for _, b := range p.World.Bugs {
		name := b.Name
		if in := someOf(b.In, len(p.Nodes)); in != "" {
			name += " in " + in
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// someOf is some of so many servers; "" for all of them.
func someOf(in raft.Set, all int) string {
	if in.Len() == all {
		return ""
	}
	return in.String()
}

// moment is when a picture was taken, in words.
func moment(p *cluster.Picture) string {
	text := fmt.Sprintf("tick %d", p.Clock)
	if p.World != nil {
		text += fmt.Sprintf(", event #%d, %s in flight", p.Position, prose.Plural(p.World.InFlight, "message"))
	}
	return text
}
