package tell

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/clients"
	"raftlab/cluster/event"
	"raftlab/cluster/picture"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Difference is one thing that is not the same in two worlds, in words.
type Difference struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// DeltaOf is what is not the same in two worlds.
func DeltaOf(a, b *cluster.World) picture.Delta {
	return picture.OfWorld(a, picture.Compared).Delta(picture.OfWorld(b, picture.Compared))
}

// Differences is a delta in words. A or B is "-" where there is nothing.
func Differences(d picture.Delta) []Difference {
	return append([]Difference{}, each.As(d.Things, func(t picture.Thing) Difference {
		return Difference{ThingName(t), prose.Dash(ThingText(d.A, t)), prose.Dash(ThingText(d.B, t))}
	})...)
}

// AspectNames are the aspects as rows and changes call them.
var AspectNames = map[picture.Aspect]string{
	picture.ClockIs: "clock", picture.InFlight: "in flight", picture.BugsAre: "bugs",
	picture.RoleIs: "role", picture.TermIs: "term", picture.VoteIs: "vote", picture.LeaderIs: "leader",
	picture.SnapshotIs: "snapshot", picture.LogIs: "log", picture.CommitIs: "commit", picture.DataIs: "kv",
	picture.NoteIs: "note", picture.EntriesAre: "entries", picture.AppliedIs: "applied", picture.NextIs: "next",
	picture.MatchIs: "match", picture.MembersAre: "voters", picture.HeardIs: "heard a leader recently",
	picture.LeaseIs: "lease", picture.TransferIs: "transfer", picture.TimerIs: "timer",
	picture.SessionsAre: "sessions", picture.SyncedIs: "synced", picture.TriesAre: "request", picture.DueIs: "due",
}

// ThingName is a thing as a row calls it.
func ThingName(t picture.Thing) string {
	return strings.TrimSpace(t.Of + " " + AspectNames[t.Aspect])
}

// ThingText is what a picture has of a thing, "" where there is nothing.
func ThingText(p *picture.Picture, t picture.Thing) string {
	if t.OfServer() {
		if v := p.Server(t.Of); v != nil {
			return serverText(v, t.Aspect)
		}
		return ""
	}
	switch t.Aspect {
	case picture.ClockIs:
		return fmt.Sprint(p.Clock)
	case picture.InFlight:
		names := each.As(p.World.Flights, func(f cluster.Flight) string { return f.Name() })
		return strings.Join(names, " ")
	case picture.SettingIs:
		return setting.Find(t.Of).Get(&p.World.Settings)
	case picture.BugsAre:
		return BugsOn(p)
	case picture.MessageIs:
		if f := p.Flight(t.Of); f != nil {
			return fmt.Sprintf("%s %s->%s %s", f.Message.Type(), f.From, f.To, event.FieldsText(f.Message))
		}
	case picture.DueIs:
		if f := p.Flight(t.Of); f != nil {
			return fmt.Sprintf("tick %d", f.Due)
		}
	case picture.RequestIs, picture.TriesAre:
		if cl := p.Client(t.Of); cl != nil && t.Aspect == picture.TriesAre {
			return fmt.Sprintf("number %d, try %d", cl.Session, cl.Tries) + asked(cl)
		} else if cl != nil {
			return strings.TrimSpace(prose.Visible(cl.Command) + ": " + cl.Status + " " + prose.Visible(cl.Result))
		}
	}
	return ""
}

// asked is where a client's request went, and what it became there.
func asked(cl *clients.Client) string {
	text := prose.Either(cl.Node == 0, "", " at "+cl.Node.String())
	return text + prose.Either(cl.Index == 0, "", fmt.Sprintf(", entry %d (t%d)", cl.Index, cl.Term))
}

// serverText is an aspect of a server.
func serverText(v *picture.NodeView, a picture.Aspect) string {
	switch s := v.State; a {
	case picture.RoleIs:
		return v.Role
	case picture.TermIs:
		return fmt.Sprint(v.Term)
	case picture.VoteIs:
		return v.Vote
	case picture.LeaderIs:
		return v.Leader
	case picture.SnapshotIs:
		if v.Snapshot.Index == 0 {
			return ""
		}
		return fmt.Sprintf("to index %d of term %d", v.Snapshot.Index, v.Snapshot.Term)
	case picture.LogIs:
		return picture.LogTerms(&s.Written)
	case picture.CommitIs:
		return fmt.Sprint(v.Commit)
	case picture.DataIs:
		return s.Data()
	case picture.NoteIs:
		return StatusNote(v)
	case picture.EntriesAre:
		entries := each.As(picture.EntryViews(&s.Written, s.Written.FirstIndex()),
			func(e picture.EntryView) string { return fmt.Sprintf("%d:%s", e.Term, EntryText(e)) })
		return strings.Join(entries, " ")
	case picture.AppliedIs:
		return fmt.Sprint(v.Applied)
	case picture.NextIs:
		return byServer(v.Next)
	case picture.MatchIs:
		return byServer(v.Match)
	case picture.MembersAre:
		return Members(s.Members)
	}
	return driverText(v, a)
}

// driverText is an aspect of a server that only its driver or its own memory has.
func driverText(v *picture.NodeView, a picture.Aspect) string {
	switch s := v.State; {
	case a == picture.TimerIs && s.TimerOf > 0:
		return fmt.Sprintf("%d of %d", v.Timer, s.TimerOf)
	case a == picture.HeardIs && v.Up:
		return fmt.Sprint(s.Heard)
	case a == picture.TransferIs && s.Transfer != 0:
		return "to " + s.Transfer.String()
	case a == picture.SessionsAre:
		return s.Sessions()
	case a == picture.SyncedIs && s.Unsynced:
		return fmt.Sprintf("term %d, vote %s, log to %d", s.SyncedTerm, prose.Dash(s.SyncedVote.String()), s.Synced)
	case a == picture.LeaseIs && v.Up:
		return fmt.Sprint(s.Lease)
	}
	return ""
}

// EntryText is what an entry says; the entries of Raft's own are named.
func EntryText(e picture.EntryView) string {
	if e.Kind != "command" {
		return strings.TrimSpace(e.Kind + " " + e.Data)
	}
	return prose.Visible(e.Data)
}

// Members is a configuration: its voters, the old ones and the learners.
func Members(c raft.Configuration) string {
	text := prose.Dash(c.Voters.String())
	if !c.Old.Empty() {
		text += "; old: " + c.Old.String()
	}
	if !c.Learners.Empty() {
		text += "; learners: " + c.Learners.String()
	}
	return text
}

// byServer is a leader's figures.
func byServer(figures map[string]int) string {
	words := each.As(slices.SortedFunc(maps.Keys(figures), prose.ByNumber),
		func(id string) string { return fmt.Sprintf("%s %d", id, figures[id]) })
	return strings.Join(words, ", ")
}
