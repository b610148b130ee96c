package diagrams

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/trace"
	"raftlab/commands/draw"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
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
		if servers, seen := r.Seen.(string); seen {
			row.Tip += servers
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

// serverLines is all servers, a line each, with the end of their logs.
func serverLines(w *cluster.World) any {
	text := ""
	for _, v := range picture.OfWorld(w, lab.Only()).Nodes {
		text += fmt.Sprintf("\n%s %s, term %d, vote %s, log %s", v.ID, v.Role, v.Term, prose.Dash(v.Vote),
			prose.Dash(logEnd(&v.State.Written, v.Commit)))
		if note := tell.StatusNote(v); note != "" {
			text += " (" + note + ")"
		}
	}
	return text
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
	for i, e := range picture.EntryViews(log, first) {
		word := fmt.Sprint(e.Term)
		if text := tell.EntryText(e); text != "" {
			word += ":" + prose.Shorten(text, 16)
		}
		if int(first)+i <= commit {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
