package diagrams

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/picture"
	"raftlab/cluster/trace"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// tracks is how a server's line is drawn, by what the server is.
var tracks = map[string]view.Track{
	"follower":      {Line: view.Thin, Style: view.Follower, Name: "follower"},
	"pre-candidate": {Line: view.Dashed, Style: view.Candidate, Name: "candidate"},
	"candidate":     {Line: view.Dashed, Style: view.Candidate, Name: "candidate"},
	"leader":        {Line: view.Double, Style: view.Leader, Name: "leader"},
	"down":          {Line: view.Dotted, Style: view.Down, Name: "down"},
}

var frozenTrack = view.Track{Line: view.Wavy, Style: view.Warn, Name: "frozen"}

func trackOf(l trace.Lane) view.Track {
	if l.Frozen {
		return frozenTrack
	}
	return tracks[l.Role]
}

// title is what a picture is of, and what it leaves out.
func (p *Stretch) title() []view.Line {
	text := p.branch.Name
	if n := len(p.Rows); n > 0 {
		text += fmt.Sprintf(", #%d to #%d", p.Rows[0].Position, p.world.Position())
	}
	head := view.Line{view.S(view.Strong, text)}
	if names := tell.BugsOn(picture.OfWorld(p.world, lab.Only())); names != "" {
		head = append(head, view.S(view.Bad, ". BUG: "+names))
	}
	lines := []view.Line{head}
	if left := p.leftOut(); left != "" {
		lines = append(lines, view.LS(view.Quiet, left))
	}
	return lines
}

// leftOut is a word on what the picture does not show.
func (p *Stretch) leftOut() string {
	var parts []string
	more := fmt.Sprintf("last %d or from %d shows more", min(mostRows, 2*len(p.Rows)), p.from)
	switch {
	case !p.whole:
		parts = append(parts, fmt.Sprintf("what was before #%d is left out; %s", p.Rows[0].Position, more))
	case p.Left > 0:
		parts = append(parts, fmt.Sprintf("%s before left out; %s", prose.Plural(p.Left, "row"), more))
	}
	if p.more {
		parts = append(parts, fmt.Sprintf("what came after is left out; from %d goes on", p.world.Position()+1))
	}
	if p.filtered {
		parts = append(parts, "only what was asked for")
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, "; ") + ")"
}

// empty is what to say when there is nothing to draw.
func (p *Stretch) empty() string {
	switch {
	case p.filtered && p.whole:
		return "Nothing of that kind has happened."
	case p.filtered:
		return fmt.Sprintf("Nothing of that kind has happened since #%d; `from POSITION` looks farther back.", p.start)
	case p.world.Position() > 0:
		return "Nothing to draw yet: no server has done anything."
	}
	return "Nothing has happened yet."
}

// diagram is the picture as the screen shows it.
func (p *Stretch) diagram() view.Diagram {
	d := view.Diagram{Title: p.title(), Lanes: each.As(p.nodes, raft.ID.String)}
	for _, r := range p.Rows {
		row := p.row(r)
		if p.times() {
			row.Time = fmt.Sprint(r.Clock)
		}
		d.Rows = append(d.Rows, row)
		d.Text = append(d.Text, view.Terms(p.textLine(r)))
	}
	d.Legend = legend(d.Rows)
	return d
}

// times tells whether time passes in the picture.
func (p *Stretch) times() bool { return p.Rows[0].Clock != p.world.Clock() }

func (p *Stretch) row(r *trace.Row) view.DiagramRow {
	row := view.DiagramRow{Mark: mark(r), Note: view.Terms(noteOf(r)), Rule: r.Kind == trace.Whole,
		Tracks: p.tracks(r.Lanes)}
	if m := r.Message; m != nil {
		row.Arrow = &view.Arrow{From: slices.Index(p.nodes, m.From), To: slices.Index(p.nodes, m.To),
			Label: arrowLabel(m)}
		row.Style = view.Message
		switch r.Kind {
		case trace.Loss, trace.Drop:
			row.Arrow.End, row.Style = view.Lost, view.Warn
		case trace.Flight:
			row.Arrow.End, row.Style = view.Flies, view.Pending
		}
		return row
	}
	row.At, row.Dot, row.Style = slices.Index(p.nodes, r.Node), view.Point, view.Strong
	switch {
	case row.At < 0:
		row.Dot = view.NoDot
	case event.Is[event.Crashed](r.Events[0]):
		row.Dot, row.Style = view.Cross, view.Down
	}
	if event.Is[event.Breached](r.Events[0]) {
		row.Style = view.Bad
	}
	return row
}

// tracks is how the lines of the picture's servers are drawn, by what all servers are.
func (p *Stretch) tracks(lanes []trace.Lane) (out []view.Track) {
	for _, id := range p.nodes {
		var track view.Track
		if int(id) <= len(lanes) {
			track = trackOf(lanes[id-1])
		}
		out = append(out, track)
	}
	return out
}

// mark is a row's position; what is in flight has none.
func mark(r *trace.Row) string {
	if r.Kind == trace.Flight {
		return ""
	}
	return fmt.Sprintf("#%d", r.Position)
}

func arrowLabel(m *trace.Message) string {
	return fmt.Sprintf("%s t%d", words.MessageType(m.Type).Short(), m.Body.MessageTerm())
}

func (p *Stretch) textLine(r *trace.Row) view.Line {
	style := view.Plain
	switch r.Kind {
	case trace.Loss, trace.Drop:
		style = view.Warn
	case trace.Flight:
		style = view.Pending
	case trace.Whole:
		if event.Is[event.Breached](r.Events[0]) {
			style = view.Bad
		}
	}
	line := view.LS(style, sentenceOf(r)+".")
	if r.Kind == trace.Flight {
		return append(view.Line{view.S(view.Plain, "  ")}, line...)
	}
	return tell.Numbered(r.Position, line)
}

// legend is the tracks that occur, less those of plain followers.
func legend(rows []view.DiagramRow) []view.Track {
	var out []view.Track
	for _, r := range rows {
		for _, t := range r.Tracks {
			if t.Name != "" && !slices.ContainsFunc(out, func(o view.Track) bool { return o.Name == t.Name }) {
				out = append(out, t)
			}
		}
	}
	return out
}

// RowView is a row in JSON.
type RowView struct {
	Position uint64            `json:"position"`
	Clock    uint64            `json:"clock"`
	Kind     trace.Kind        `json:"kind"`
	Node     string            `json:"node,omitempty"`
	Message  *RowMessageView   `json:"message,omitempty"`
	Sent     []*RowMessageView `json:"sent,omitempty"`
	Text     string            `json:"text"`
	Roles    map[string]string `json:"roles"`
	Events   []event.View      `json:"events"`
}

// RowMessageView is a message of a row in JSON. Sent is 0 when it was sent
// before the first row.
type RowMessageView struct {
	ID     string     `json:"id"`
	Type   string     `json:"type"`
	From   string     `json:"from"`
	To     string     `json:"to"`
	Term   uint64     `json:"term"`
	Fields string     `json:"fields"`
	Fate   trace.Fate `json:"fate"`
	Why    string     `json:"why,omitempty"`
	CopyOf string     `json:"copyOf,omitempty"`
	Sent   uint64     `json:"sent"`
	Ended  uint64     `json:"ended,omitempty"`
}

func rowMessage(m *trace.Message) *RowMessageView {
	if m == nil {
		return nil
	}
	return &RowMessageView{ID: m.ID, Type: m.Type, From: m.From.String(), To: m.To.String(), Term: m.Body.MessageTerm(),
		Fields: event.FieldsText(m.Body), Fate: m.Fate, Why: m.Why, CopyOf: m.CopyOf, Sent: m.Sent, Ended: m.Ended}
}

type diagramResult struct {
	Before   int       `json:"before" doc:"rows before the first that were left out"`
	Branch   string    `json:"branch" doc:"the branch"`
	Bugs     []string  `json:"bugs" doc:"the bugs that are on"`
	Complete bool      `json:"complete" doc:"whether nothing was left out"`
	From     uint64    `json:"from" doc:"the position after which it begins"`
	Nodes    []string  `json:"nodes" doc:"the lanes"`
	Rows     []RowView `json:"rows" doc:"what happened, in order"`
	To       uint64    `json:"to" doc:"the position at which it ends"`
}

// value is the picture in JSON.
func (p *Stretch) value() diagramResult {
	rows := []RowView{}
	for _, r := range p.Rows {
		v := RowView{Position: r.Position, Clock: r.Clock, Kind: r.Kind, Node: r.Node.String(),
			Message: rowMessage(r.Message),
			Text:    sentenceOf(r), Roles: map[string]string{}, Events: []event.View{}}
		v.Events = append(v.Events, each.As(r.Events, (*event.Event).View)...)
		v.Sent = append(v.Sent, each.As(r.Sent, rowMessage)...)
		for _, id := range p.nodes {
			if int(id) <= len(r.Lanes) {
				v.Roles[id.String()] = r.Lanes[id-1].Role
			}
		}
		rows = append(rows, v)
	}
	return diagramResult{Branch: p.branch.Name, From: p.from, To: p.to, Nodes: each.As(p.nodes, raft.ID.String),
		Rows: rows, Before: p.Left, Complete: p.whole && !p.more && p.Left == 0,
		Bugs: lab.VocabularyOf(picture.OfWorld(p.world, lab.Only())).Bugs}
}
