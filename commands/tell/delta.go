package tell

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/each"
	"raftlab/commands/prose"
)

// Difference is one thing that two worlds do not have in common, in words.
type Difference struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// DeltaOf is what is not the same in two worlds.
func DeltaOf(a, b *cluster.World) cluster.Delta {
	return a.Picture(cluster.Compared).Delta(b.Picture(cluster.Compared))
}

// Differences is a delta in words, a thing a row; - stands for nothing.
func Differences(d cluster.Delta) []Difference {
	out := []Difference{}
	for _, t := range d.Things {
		out = append(out, Difference{ThingName(t), prose.Dash(ThingText(d.A, t)), prose.Dash(ThingText(d.B, t))})
	}
	return out
}

// AspectNames are the aspects as rows and changes call them.
var AspectNames = map[cluster.Aspect]string{
	cluster.ClockIs: "clock", cluster.InFlight: "in flight", cluster.BugsAre: "bugs",
	cluster.RoleIs: "role", cluster.TermIs: "term", cluster.VoteIs: "vote", cluster.LeaderIs: "leader",
	cluster.SnapshotIs: "snapshot", cluster.LogIs: "log", cluster.CommitIs: "commit", cluster.DataIs: "kv",
	cluster.NoteIs: "note", cluster.EntriesAre: "entries", cluster.AppliedIs: "applied", cluster.NextIs: "next",
	cluster.MatchIs: "match", cluster.MembersAre: "voters", cluster.HeardIs: "heard a leader recently",
	cluster.LeaseIs: "lease", cluster.TransferIs: "transfer", cluster.TimerIs: "timer",
	cluster.TriesAre: "request", cluster.DueIs: "due",
}

// ThingName is a thing as a row calls it.
func ThingName(t cluster.Thing) string {
	if t.Aspect == cluster.LinkIs {
		return t.Of + "->" + t.To
	}
	return strings.TrimSpace(t.Of + " " + AspectNames[t.Aspect])
}

// ThingText is what a picture has of a thing, "" where there is nothing.
func ThingText(p *cluster.Picture, t cluster.Thing) string {
	if t.OfServer() {
		if v := p.Server(t.Of); v != nil {
			return serverText(v, t.Aspect)
		}
		return ""
	}
	switch t.Aspect {
	case cluster.ClockIs:
		return fmt.Sprint(p.Clock)
	case cluster.InFlight:
		names := each.As(p.World.Flights, func(f cluster.Flight) string { return f.Name() })
		return strings.Join(names, " ")
	case cluster.SettingIs:
		return cluster.FindSetting(t.Of).Get(&p.World.Settings)
	case cluster.BugsAre:
		names := each.As(p.World.Bugs, func(b cluster.BugOn) string { return b.Name })
		return strings.Join(names, " ")
	case cluster.LinkIs:
		if p.IsCut(t.Of, t.To) {
			return "cut"
		}
	case cluster.DueIs:
		if f := p.Flight(t.Of); f != nil {
			return fmt.Sprintf("tick %d", f.Due)
		}
	case cluster.RequestIs, cluster.TriesAre:
		if cl := p.Client(t.Of); cl != nil && t.Aspect == cluster.TriesAre {
			return fmt.Sprintf("number %d, try %d", cl.Session, cl.Tries)
		} else if cl != nil {
			return strings.TrimSpace(prose.Visible(cl.Command) + ": " + cl.Status + " " + prose.Visible(cl.Result))
		}
	}
	return ""
}

// serverText is an aspect of a server.
func serverText(v *cluster.NodeView, a cluster.Aspect) string {
	switch s := v.State; a {
	case cluster.RoleIs:
		return v.Role
	case cluster.TermIs:
		return fmt.Sprint(v.Term)
	case cluster.VoteIs:
		return v.Vote
	case cluster.LeaderIs:
		return v.Leader
	case cluster.SnapshotIs:
		if v.Snapshot.Index == 0 {
			return ""
		}
		return fmt.Sprintf("to index %d of term %d", v.Snapshot.Index, v.Snapshot.Term)
	case cluster.LogIs:
		return cluster.LogTerms(&s.Written)
	case cluster.CommitIs:
		return fmt.Sprint(v.Commit)
	case cluster.DataIs:
		if s.Machine == nil {
			return ""
		}
		return s.Machine.Snapshot()
	case cluster.NoteIs:
		return StatusNote(v)
	case cluster.EntriesAre:
		entries := each.As(cluster.EntryViews(&s.Written, s.Written.FirstIndex()),
			func(e cluster.EntryView) string { return fmt.Sprintf("%d:%s", e.Term, prose.Visible(e.Data)) })
		return strings.Join(entries, " ")
	case cluster.AppliedIs:
		return fmt.Sprint(v.Applied)
	case cluster.NextIs:
		return byServer(v.Next)
	case cluster.MatchIs:
		return byServer(v.Match)
	case cluster.MembersAre:
		return fmt.Sprintf("%s old %s learners %s", s.Members.Voters, s.Members.Old, s.Members.Learners)
	}
	return driverText(v, a)
}

// driverText is an aspect of a server that no message says.
func driverText(v *cluster.NodeView, a cluster.Aspect) string {
	switch s := v.State; {
	case a == cluster.TimerIs && s.TimerOf > 0:
		return fmt.Sprintf("%d of %d", v.Timer, s.TimerOf)
	case a == cluster.HeardIs && v.Up:
		return fmt.Sprint(s.Heard)
	case a == cluster.TransferIs && s.Transfer != 0:
		return "to " + s.Transfer.String()
	case a == cluster.LeaseIs && v.Up:
		return fmt.Sprint(s.Lease)
	}
	return ""
}

// byServer is a leader's figures.
func byServer(figures map[string]int) string {
	words := each.As(slices.SortedFunc(maps.Keys(figures), func(a, b string) int { // S2 before S10
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	}),
		func(id string) string { return fmt.Sprintf("%s %d", id, figures[id]) })
	return strings.Join(words, ", ")
}
