package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// only is for who uses these words of a picture, and what has none: nothing else
// that costs anything.
func only(words ...string) func(string) bool {
	return func(word string) bool { return word == cluster.NoWord || slices.Contains(words, word) }
}

// pictureOf is the cluster behind a call.
func pictureOf(c *lang.Call, used func(string) bool) *cluster.Picture {
	return worldOf(c.World).Picture(used)
}

// nodesOf is some nodes of a picture; none named: all.
func nodesOf(p *cluster.Picture, ids []raft.ID) []*cluster.NodeView {
	if len(ids) == 0 {
		return p.Nodes
	}
	out := make([]*cluster.NodeView, len(ids))
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

// statusNote is what is unusual about a server.
func statusNote(v *cluster.NodeView) string {
	var notes []string
	if v.Frozen {
		notes = append(notes, "frozen")
	}
	if v.State.Unsynced {
		notes = append(notes, "unsynced")
	}
	if v.State.Alone {
		notes = append(notes, "cut: all")
	} else if !v.State.Apart.Empty() {
		notes = append(notes, "cut: "+v.State.Apart.String())
	}
	switch v.Role {
	case raft.Candidate.String():
		notes = append(notes, "votes: "+votersText(v.State.Votes, v.State.Members))
	case raft.PreCandidate.String():
		notes = append(notes, "votes promised: "+votersText(v.State.Votes, v.State.Members))
	}
	return strings.Join(notes, ", ")
}

// votersText is who voted for a candidate, by halves where there are two.
func votersText(votes raft.Set, members raft.Configuration) string {
	text, halves := votes.String(), members.Halves(votes)
	if joint(halves) {
		text += fmt.Sprintf(" (new: %d of %d, old: %d of %d)", halves[0].Have.Len(), halves[0].Of.Len(),
			halves[1].Have.Len(), halves[1].Of.Len())
	}
	return text
}

// joint tells whether two majorities were needed.
func joint(halves [2]raft.Half) bool { return !halves[1].Of.Empty() }
