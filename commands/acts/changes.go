package acts

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

var (
	changesSince = lang.Literal("since")
	changesPlace = words.Position()
)

type changesResult struct {
	Differences []tell.Difference `json:"differences" doc:"what is not the same"`
	Since       string            `json:"since,omitempty" doc:"the place compared with; absent when nothing was done"`
}

var _ = Commands.Register(&lang.Command{
	Name: "changes", Topic: lab.TopicTravel,
	Summary: "says in words what the last command changed, or what has changed since a position",
	Forms:   []lang.Params{{changesSince, changesPlace}, {}},
	Details: "The last command is the last one that changed something. A whole script counts as one command, as " +
		"for `undo`. `diff` shows any two positions side by side.",
	Examples: []string{
		"timeout S1; changes", "timeout S1; checkpoint asked; settle; changes since asked",
		"timeout S1; settle; changes since 0",
	},
	Results: []any{changesResult{}},
	Needs:   lab.Needs(lab.History),
	Run:     runChanges,
})

func runChanges(c *lang.Call) (*lang.Result, error) {
	h := lab.Of(c).History
	var from history.Place
	var what string
	if changesSince.Given(c) {
		p, err := h.Find(changesPlace.Of(c).String())
		if err != nil {
			return nil, err
		}
		from, what = p, "since "+p.String()
	} else if did, before := h.LastCommand(); len(did) > 0 {
		from, what = before, "by "+prose.Shorten(prose.Visible(did[0].Text), 60)
		if n := len(did) - 1; n > 0 {
			what += fmt.Sprintf(" and %s after it", prose.Plural(n, "command"))
		}
	} else {
		return lang.OK().With(changesResult{Differences: []tell.Difference{}}).
			Line("Nothing has been done yet on this branch."), nil
	}
	d := tell.DeltaOf(h.WorldAt(from), h.World())
	r := lang.OK().With(changesResult{Since: from.String(), Differences: tell.Differences(d)})
	if len(d.Things) == 0 {
		return r.Line("Nothing changed " + what + "."), nil
	}
	return r.Block(view.Text{Lines: []view.Line{view.L("Changed " + what + ":")}}, changesTable(d)), nil
}

// changesTable is a delta in words, a row for each server or thing.
func changesTable(d picture.Delta) view.Table {
	t := view.Table{Fixed: 1}
	for i := 0; i < len(d.Things); {
		who := changeSubject(d.Things[i])
		var says []string
		for ; i < len(d.Things) && changeSubject(d.Things[i]) == who; i++ {
			if text := changeText(d, d.Things[i]); text != "" {
				says = append(says, text)
			}
		}
		if len(says) > 0 {
			t.Add(view.LS(view.Strong, who), view.L(strings.Join(says, "; ")))
		}
	}
	return t
}

// changeSubject is whose a thing is: the server's, or its own.
func changeSubject(t picture.Thing) string {
	if t.OfServer() {
		return t.Of
	}
	return tell.ThingName(t)
}

// changeText is one thing in words, or nothing where another says it.
func changeText(d picture.Delta, t picture.Thing) string {
	was, now := prose.Dash(tell.ThingText(d.A, t)), prose.Dash(tell.ThingText(d.B, t))
	if t.OfServer() {
		return serverChange(d.A.Server(t.Of), d.B.Server(t.Of), t.Aspect, was, now)
	}
	switch t.Aspect {
	case picture.InFlight:
		return flightChange(d.A.World.Flights, d.B.World.Flights)
	case picture.ClockIs:
		return fmt.Sprintf("clock %s -> %s", was, now)
	}
	return fmt.Sprintf("%s (was %s)", now, was)
}

// serverChange is an aspect of a server that was before, which is nil where it was
// not there, and is there now.
func serverChange(before, after *picture.NodeView, a picture.Aspect, was, now string) string {
	if after == nil {
		return map[bool]string{true: "is not there any more"}[a == picture.RoleIs]
	}
	switch a {
	case picture.VoteIs:
		if after.Vote == "" {
			return "its vote is free again"
		}
		return "votes for " + now
	case picture.LeaderIs:
		switch after.Leader {
		case after.ID:
			return ""
		case "":
			return "knows no leader"
		}
		return "knows leader " + now
	case picture.SnapshotIs:
		if after.Snapshot.Index == 0 {
			return "no snapshot any more (was " + was + ")"
		}
		return "snapshot " + now
	case picture.LogIs:
		return logChange(before, after, was, now)
	case picture.DataIs:
		return fmt.Sprintf("data %s (was %s)", now, was)
	case picture.NoteIs:
		switch {
		case now != "-":
			return now
		case before.Role == raft.Candidate.String() && !before.Frozen && !before.State.Unsynced &&
			before.State.Apart.Empty():
			return ""
		}
		return "no longer: " + was
	case picture.TermIs, picture.CommitIs:
		return fmt.Sprintf("%s %s -> %s", tell.AspectNames[a], was, now)
	case picture.RoleIs:
		return fmt.Sprintf("%s (was %s)", now, was)
	}
	return fmt.Sprintf("%s %s (was %s)", tell.AspectNames[a], now, was)
}

// logChange compares the terms of a log's entries, before and now.
func logChange(before, after *picture.NodeView, was, now string) string {
	if after.Last < after.First {
		return "log empty (was " + was + ")"
	}
	fresh := after.Last - after.First + 1
	if before != nil {
		fresh = after.Last - before.Last
		if before.First != after.First || !picture.BeginsWith(&after.State.Written, &before.State.Written) {
			return fmt.Sprintf("log %s (was %s)", now, was)
		}
	}
	return fmt.Sprintf("log %s, %d %s new", now, fresh, prose.Either(fresh == 1, "entry", "entries"))
}

// flightChange says which messages came into flight and which left it.
func flightChange(was, now []cluster.Flight) string {
	only := func(a, b []cluster.Flight) (ids []uint64) {
		has := map[uint64]bool{}
		for i := range b {
			has[b[i].ID] = true
		}
		for i := range a {
			if !has[a[i].ID] {
				ids = append(ids, a[i].ID)
			}
		}
		return ids
	}
	var says []string
	if fresh := only(now, was); len(fresh) > 0 {
		says = append(says, "new: "+messageRanges(fresh))
	}
	if gone := only(was, now); len(gone) > 0 {
		says = append(says, "no longer: "+messageRanges(gone))
	}
	return strings.Join(says, "; ")
}

// messageRanges writes m1 m2 m3 as m1..m3.
func messageRanges(ids []uint64) string {
	var out []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		if j > i+1 {
			out = append(out, words.MessageID(ids[i]).String()+".."+words.MessageID(ids[j]).String())
		} else {
			out = append(out, each.As(ids[i:j+1], func(id uint64) string { return words.MessageID(id).String() })...)
		}
		i = j + 1
	}
	return strings.Join(out, " ")
}
