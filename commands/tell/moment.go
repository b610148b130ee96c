package tell

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// BugsOn is the bugs that are on, each with its servers if it is not on in all.
func BugsOn(p *picture.Picture) string {
	if p.World == nil {
		return ""
	}
	if p.World.Riddle {
		return cluster.UnknownBug + " (a hidden bug is on)"
	}
	var names []string
	for _, b := range p.World.Bugs {
		name := b.Name
		if in := SomeOf(b.In, len(p.Nodes)); in != "" {
			name += " in " + in
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// SomeOf is the names of some of so many servers; "" if these are all of them.
func SomeOf(in raft.Set, all int) string { return prose.Either(in.Len() == all, "", in.String()) }

// Moment is when a picture was taken, in words.
func Moment(p *picture.Picture) string {
	text := fmt.Sprintf("tick %d", p.Clock)
	if p.World != nil {
		text += fmt.Sprintf(", event #%d, %s in flight", p.Position, prose.Plural(p.World.InFlight, "message"))
	}
	return text
}

// StatusNote is what is unusual about a server.
func StatusNote(v *picture.NodeView) string {
	var notes []string
	if v.Frozen {
		notes = append(notes, "frozen")
	}
	if v.State.Unsynced {
		notes = append(notes, "unsynced")
	}
	cuts := v.State.Cuts
	for _, cut := range []struct {
		what string
		from picture.Others
	}{{"cut: ", cuts.Both}, {"cut to: ", cuts.To}, {"cut from: ", cuts.From}} {
		if cut.from.All || !cut.from.Set.Empty() {
			notes = append(notes, cut.what+prose.Either(cut.from.All, "all", cut.from.Set.String()))
		}
	}
	switch v.Role {
	case raft.Candidate.String():
		notes = append(notes, "votes: "+VotersText(v.State.Votes, v.State.Members))
	case raft.PreCandidate.String():
		notes = append(notes, "votes promised: "+VotersText(v.State.Votes, v.State.Members))
	}
	return strings.Join(notes, ", ")
}

// VotersText is who voted for a candidate, by halves where there are two.
func VotersText(votes raft.Set, members raft.Configuration) string {
	text, halves := votes.String(), members.Halves(votes)
	if halves.Joint() {
		text += fmt.Sprintf(" (new: %d of %d, old: %d of %d)", halves[0].Have.Len(), halves[0].Of.Len(),
			halves[1].Have.Len(), halves[1].Of.Len())
	}
	return text
}
