package diagrams

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/trace"
	"raftlab/commands/draw"
	"raftlab/commands/lab"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// Picture is the stretch as a file of it shows it.
func (p *Stretch) Picture() *draw.Picture {
	d := &draw.Picture{Diagram: p.diagram(), Before: p.tracks(p.Before)}
	for i, r := range p.Rows {
		row := draw.Row{Tip: sentenceOf(r) + ".", Halfway: r.Kind == trace.Drop}
		if r.Message != nil {
			row.Left = p.leftAt(r.Message, i)
		}
		seen, _ := r.Seen.([]serverView)
		for _, v := range seen {
			row.Tip += "\n" + v.line()
		}
		d.More = append(d.More, row)
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

// serverView is a server at a moment, as status tells it, with its log.
type serverView struct {
	ID, Role, Term, Vote, Note, Log string
}

// serverViews is all servers as status tells them.
func serverViews(w *cluster.World) any {
	var out []serverView
	for _, v := range w.Picture(lab.Only()).Nodes {
		cells := look.StatusRow(v)
		note := cells[len(cells)-1].String()
		out = append(out, serverView{cells[0].String(), cells[1].String(), cells[2].String(), cells[3].String(), note,
			logEnd(&v.State.Written, v.Commit)})
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
