package diagrams

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/trace"
	"raftlab/commands/draw"
	"raftlab/commands/lab"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

// Picture is the stretch as a file of it shows it.
func (p *Stretch) Picture() *draw.Picture {
	d := &draw.Picture{Diagram: p.diagram(), Before: p.tracks(p.Before), LeftOut: p.leftOut(),
		Bugs: tell.BugsOn(p.world.Picture(lab.Only())), Head: pageHead}
	d.Lines = legendText(d.Legend)
	for i, r := range p.Rows {
		text := sentenceOf(r) + "."
		row := draw.Row{Tip: text, Halfway: r.Kind == trace.Drop, Clock: r.Clock, Text: prose.Visible(text),
			Command: p.commandOf(r)}
		if r.Message != nil {
			row.Left = p.leftAt(r.Message, i)
		}
		seen, _ := r.Seen.([]serverView)
		for _, v := range seen {
			row.Tip += "\n" + v.line()
			row.States = append(row.States, v.cells())
		}
		d.More = append(d.More, row)
	}
	for _, v := range serverViews(p.world).([]serverView) {
		d.Last = append(d.Last, v.cells())
	}
	return d
}

// leftAt is where a message left its sender, in rows from the first: in the row that
// sent it, or between the rows before and after, where that one is not drawn; below 0
// before the first.
func (p *Stretch) leftAt(m *trace.Message, end int) float64 {
	at := -1.0
	for i, r := range p.Rows[:end] {
		if r.Kind == trace.Flight || m.Sent == 0 || r.Position > m.Sent {
			break
		}
		at = float64(i)
		if last := r.Events[len(r.Events)-1].Position; m.Sent > last {
			at += 0.5
		}
	}
	return at
}

// legendText says how the lanes are drawn.
func legendText(tracks []view.Track) string {
	looks := map[string]string{"follower": "a thin line is a follower", "candidate": "a dashed one a candidate",
		"leader": "a thick one a leader",
		"down":   "a dotted one a server that is down", "frozen": "a close dashed one a server that is frozen"}
	var parts []string
	for _, name := range []string{"follower", "candidate", "leader", "down", "frozen"} {
		if slices.ContainsFunc(tracks, func(t view.Track) bool { return t.Name == name }) {
			parts = append(parts, looks[name])
		}
	}
	text := strings.Join(parts, ", ")
	if text == "" {
		return ""
	}
	return fmt.Sprintf("Servers: %s.", text)
}

// commandOf is the command that a row came of; "" for what is in flight.
func (p *Stretch) commandOf(r *trace.Row) string {
	if r.Kind == trace.Flight {
		return ""
	}
	lines := p.branch.Lines()
	i := sort.Search(len(lines), func(i int) bool { return lines[i].End >= r.Position })
	if i == len(lines) {
		return ""
	}
	return prose.Shorten(prose.Visible(lines[i].Text), 200)
}

// pageHead is the columns of status, and the log.
var pageHead = []string{"node", "role", "term", "vote", "leader", "last", "commit", "applied", "timer", "log", ""}

// serverView is a server at a moment, as status tells it.
type serverView struct {
	ID, Role, Term, Vote, Leader, Last, Commit, Applied, Timer, Note, Log string
}

// serverViews is all servers as status tells them.
func serverViews(w *cluster.World) any {
	var out []serverView
	for _, v := range w.Picture(lab.Only()).Nodes {
		cells := look.StatusRow(v)
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.String()
		}
		out = append(out, serverView{texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7],
			texts[8], texts[9], logEnd(&v.State.Written, v.Commit)})
	}
	return out
}

// logEnd is the last entries of a server's log, the committed ones in brackets.
func logEnd(log *raft.Log, commit int) string {
	const most = 8
	first := log.FirstIndex()
	var words []string
	if last := log.LastIndex(); last >= first+most {
		first = last - most + 1
		words = append(words, fmt.Sprintf("(from %d)", first))
	}
	for i, e := range cluster.EntryViews(log, first) {
		word := fmt.Sprint(e.Term)
		if text := look.EntryText(e); text != "" {
			word += ":" + prose.Shorten(text, 16)
		}
		if int(first)+i <= commit {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// line is the server in one line.
func (v serverView) line() string {
	text := fmt.Sprintf("%s %s, term %s, vote %s, log %s", v.ID, v.Role, v.Term, v.Vote, prose.Dash(v.Log))
	if v.Note != "" {
		text += " (" + v.Note + ")"
	}
	return text
}

func (v serverView) cells() []string {
	return []string{v.ID, v.Role, v.Term, v.Vote, v.Leader, v.Last, v.Commit, v.Applied, v.Timer,
		prose.Dash(v.Log), v.Note}
}
