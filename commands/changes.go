package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var (
	changesSince = lang.Literal("since")
	changesPlace = words.Position()
)

var _ = Register(&Command{
	Name: "changes", Topic: TopicTravel,
	Summary: "says in words what the last command changed, or what has changed since a position",
	Forms:   []Params{{changesSince, changesPlace}, {}},
	Details: "The last command is the last one that changed something. A whole script counts as one command, as " +
		"for `undo`. `diff` shows any two positions side by side.",
	Examples: []string{
		"timeout S1; changes", "timeout S1; checkpoint asked; settle; changes since asked", "timeout S1; settle; changes since 0",
	},
	Run: runChanges,
})

func runChanges(c *Call) (*Result, error) {
	h := labOf(c).history
	here := h.Place()
	from, what := here, ""
	if changesSince.Given(c) {
		p, err := h.Find(changesPlace.Of(c).String())
		if err != nil {
			return nil, Errorf("%s", err.Error())
		}
		from, what = p, "since "+p.String()
	} else if past := h.Past(); len(past) > 0 {
		first := len(past) - 1
		for first > 0 && past[first-1].Unit == past[first].Unit {
			first--
		}
		from.Position = past[first].Start
		what = "by " + prose.Shorten(prose.Visible(past[first].Text), 60)
		if n := len(past) - 1 - first; n > 0 {
			what += fmt.Sprintf(" and %s after it", prose.Plural(n, "command"))
		}
	} else {
		return OK().With(changesResult{Differences: []Difference{}}).Line("Nothing has been done yet on this branch."), nil
	}
	rows := differences(h.WorldAt(from), h.World())
	r := OK().With(changesResult{Since: from.String(), Differences: rows})
	if len(rows) == 0 {
		return r.Line("Nothing changed " + what + "."), nil
	}
	return r.Block(view.Text{Lines: []view.Line{view.L("Changed " + what + ":")}}, changesTable(rows)), nil
}

// changesTable is differences in words, a row for each server or thing.
func changesTable(rows []Difference) view.Table {
	t := view.Table{Fixed: 1}
	for i := 0; i < len(rows); {
		who, _ := changeSubject(rows[i].What)
		var says []string
		for ; i < len(rows); i++ {
			subject, what := changeSubject(rows[i].What)
			if subject != who {
				break
			}
			if text := changeText(who, what, rows[i].A, rows[i].B); text != "" {
				says = append(says, text)
			}
		}
		if len(says) > 0 {
			t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, who), view.L(strings.Join(says, "; "))})
		}
	}
	return t
}

// changeSubject parts what differs into whose it is and which of its things.
func changeSubject(name string) (who, what string) {
	if id, what, ok := strings.Cut(name, " "); ok && strings.HasPrefix(id, "S") {
		return id, what
	}
	return name, name
}

// changeText is one difference in words, or nothing where another says it; -
// stands for nothing.
func changeText(who, what, was, now string) string {
	switch what {
	case "role":
		if now == "-" {
			return "is not there any more"
		}
		return fmt.Sprintf("%s (was %s)", now, was)
	case "vote":
		if now == "-" {
			return "its vote is free again"
		}
		return "votes for " + now
	case "leader":
		switch {
		case now == who:
			return ""
		case now == "-":
			return "knows no leader"
		}
		return "knows leader " + now
	case "snapshot":
		if now == "-" {
			return "no snapshot any more (was " + was + ")"
		}
		return "snapshot " + now
	case "log":
		return logChange(was, now)
	case "in flight":
		return flightChange(strings.Fields(was), strings.Fields(now))
	case "kv":
		return fmt.Sprintf("data %s (was %s)", now, was)
	case "note":
		switch {
		case now != "-":
			return now
		case strings.HasPrefix(was, "votes:"):
			return ""
		}
		return "no longer: " + was
	case "term", "commit", "clock":
		if now == "-" {
			return ""
		}
		return fmt.Sprintf("%s %s -> %s", what, was, now)
	}
	return fmt.Sprintf("%s (was %s)", now, was)
}

// logChange compares the terms of a log's entries.
func logChange(was, now string) string {
	a, b := strings.Fields(strings.Trim(was, "-")), strings.Fields(strings.Trim(now, "-"))
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	switch {
	case len(b) == 0:
		return "log empty (was " + was + ")"
	case same == len(a):
		if n := len(b) - same; n > 1 {
			return fmt.Sprintf("log %s, %d entries new", now, n)
		}
		return fmt.Sprintf("log %s, 1 entry new", now)
	}
	return fmt.Sprintf("log %s (was %s)", now, was)
}

// flightChange says which messages came into flight and which left it.
func flightChange(was, now []string) string {
	only := func(a, b []string) []string {
		return slices.DeleteFunc(slices.Clone(a), func(m string) bool { return m == "-" || slices.Contains(b, m) })
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
func messageRanges(ids []string) string {
	number := func(id string) uint64 {
		n, _ := lang.Digits(strings.TrimPrefix(id, "m"))
		return n
	}
	var out []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && number(ids[j+1]) == number(ids[j])+1 {
			j++
		}
		if j > i+1 {
			out = append(out, ids[i]+".."+ids[j])
		} else {
			out = append(out, ids[i:j+1]...)
		}
		i = j + 1
	}
	return strings.Join(out, " ")
}
