package commands

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/trace"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// The measures of a drawing, in pixels.
const (
	svgRow    = 30.0  // from row to row
	svgLane   = 104.0 // from lane to lane
	svgGutter = 96.0  // for positions and times
	svgLetter = 7.2   // about a letter of a note
	svgNote   = 110   // letters of a note at most; its row's title has all of it
)

// svgStyle is how drawings look, on light and on dark ground. What a colour
// says is said by the stroke or by a word, too.
const svgStyle = `
.diagram{--paper:#fff;--ink:#1b1b1b;--quiet:#595959;--follower:#6b6b6b;--leader:#00662f;--candidate:#8a5200;--down:#b3001b;--frozen:#00618a;--message:#5a2a86;--hover:#eef3fa;--chosen:#d7e6fb;
font:14px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;background:var(--paper)}
@media (prefers-color-scheme:dark){.diagram{--paper:#141414;--ink:#ececec;--quiet:#b3b3b3;--follower:#9a9a9a;--leader:#5fd38d;--candidate:#f2b84b;--down:#ff8080;--frozen:#6cc7f0;--message:#cfa8ff;--hover:#222b36;--chosen:#2d4363}}
@media print{.diagram{--paper:#fff;--ink:#000;--quiet:#444;--follower:#666;--leader:#00662f;--candidate:#8a5200;--down:#b3001b;--frozen:#00618a;--message:#5a2a86;--hover:none;--chosen:none}}
.diagram text{fill:var(--ink)}
.diagram .paper{fill:var(--paper)}
.diagram .title{font-weight:700;font-size:16px}
.diagram .name{font-weight:700;text-anchor:middle}
.diagram .quiet{fill:var(--quiet);font-size:12px}
.diagram .at{text-anchor:end}
.diagram .bad{fill:var(--down);font-weight:700}
.diagram .lane{stroke-width:1.5;fill:none}
.diagram .follower{stroke:var(--follower)}
.diagram .candidate{stroke:var(--candidate);stroke-width:3;stroke-dasharray:7 4}
.diagram .leader{stroke:var(--leader);stroke-width:5}
.diagram .down{stroke:var(--down);stroke-dasharray:1 9;stroke-linecap:round;stroke-width:2}
.diagram .frozen{stroke:var(--frozen);stroke-width:3;stroke-dasharray:2 3}
.diagram .arrow{stroke:var(--message);stroke-width:1.6;fill:none}
.diagram .head{fill:var(--message);stroke:none}
.diagram .label{fill:var(--message);font-size:12px;text-anchor:middle;paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.diagram .lost .arrow,.diagram .cross{stroke:var(--down)}
.diagram .labels .bad{fill:var(--down);font-weight:400}
.diagram .cross{stroke-width:2.2;fill:none}
.diagram .flies .arrow{stroke-dasharray:4 4}
.diagram .flies .open{fill:none;stroke:var(--message);stroke-width:1.6}
.diagram .point{fill:var(--ink);stroke:var(--paper);stroke-width:1.5}
.diagram .rule{stroke:var(--quiet);stroke-dasharray:3 5;fill:none}
.diagram .band{fill:transparent}
.diagram .band:hover{fill:var(--hover)}
.diagram .band.chosen{fill:var(--chosen)}
.diagram .row,.diagram .lane,`

// sketch is a drawing on its way.
type sketch struct {
	*stretch
	strings.Builder
	width, height float64
	top           float64 // of the first row
	notes         float64 // where they begin
	ways          map[*trace.Row]bend
	tags          []tag
}

// svg is the picture as a file of its own, with its title and its legend.
func (p *stretch) svg() string {
	s := newSketch(p, 86)
	s.height += 34
	s.open(` xmlns="http://www.w3.org/2000/svg"`)
	s.printf("<style>%s</style>\n", svgStyle)
	s.printf(`<rect class="paper" width="%.0f" height="%.0f"/>`+"\n", s.width, s.height)
	for i, line := range p.title() {
		s.printf(`<text x="16" y="%d">`, 24+20*i)
		for _, span := range line {
			class := "title"
			switch {
			case span.Style == view.Bad:
				class = "title bad"
			case i > 0:
				class = "quiet"
			}
			s.printf(`<tspan class="%s">%s</tspan>`, class, markup(span.Text))
		}
		s.printf("</text>\n")
	}
	s.names()
	s.body()
	s.legend(s.height - 14)
	s.printf("</svg>\n")
	return s.String()
}

// inline is the picture as two parts of a page, which has the style: the names of
// the lanes, to stay in sight, and the rest.
func (p *stretch) inline() (names, rows string) {
	n := newSketch(p, 30)
	n.height = n.top
	n.printf(`<svg class="diagram" width="%.0f" height="%.0f" aria-hidden="true">`, n.width, n.height)
	n.names()
	n.printf("</svg>")
	s := newSketch(p, 6)
	s.open("")
	s.body()
	s.printf("</svg>\n")
	return n.String(), s.String()
}

func newSketch(p *stretch, top float64) *sketch {
	s := &sketch{stretch: p, top: top}
	s.notes = s.lane(len(p.nodes)-1) + 26
	longest := 30
	for _, r := range p.Rows {
		longest = max(longest, len([]rune(s.note(r))))
	}
	s.width = math.Ceil(s.notes + float64(longest)*svgLetter + 16)
	s.height = s.top + float64(len(p.Rows))*svgRow + 16
	return s
}

func (s *sketch) printf(format string, args ...any) { fmt.Fprintf(s, format, args...) }

func (s *sketch) open(attributes string) {
	s.printf(`<svg class="diagram"%s width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" aria-label="%s">`+"\n",
		attributes, s.width, s.height, s.width, s.height, markup("Space-time diagram of "+s.title()[0].String()))
}

// markup is text as XML and HTML take it.
func markup(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = html.EscapeString(prose.Visible(l))
	}
	return strings.Join(lines, "\n")
}

func (s *sketch) lane(i int) float64 { return svgGutter + float64(i)*svgLane + 20 }
func (s *sketch) row(i int) float64  { return s.top + (float64(i)+0.5)*svgRow }

func (s *sketch) text(x, y float64, class, text string) {
	s.printf(`<text class="%s" x="%.0f" y="%.0f">%s</text>`, class, x, y, markup(text))
}

// names is what stands above the lanes.
func (s *sketch) names() {
	if s.times() {
		s.text(90, s.top-10, "quiet at", "tick")
	}
	for i, id := range s.nodes {
		s.text(s.lane(i), s.top-10, "name", id.String())
	}
	s.printf("\n")
}

func (s *sketch) body() {
	for i, r := range s.Rows {
		s.printf(`<rect class="band" x="0" y="%.0f" width="%.0f" height="%.0f"><title>%s</title></rect>`+"\n",
			s.row(i)-svgRow/2, s.width, svgRow, markup(s.tip(r)))
	}
	for i := range s.nodes {
		s.lifeline(i)
	}
	s.printf("\n")
	s.ways = s.bends()
	for i, r := range s.Rows {
		s.drawRow(i, r)
	}
	s.writeLabels()
}

// lifeline is a lane, in pieces of one kind each.
func (s *sketch) lifeline(lane int) {
	var class string
	from, to := s.top-4, s.top-4
	piece := func() {
		if class != "" && to > from {
			s.printf(`<path class="lane %s" d="M%.0f %.0fV%.0f"/>`, class, s.lane(lane), from, to)
		}
		from = to
	}
	lanes := s.Before
	for i := range len(s.Rows) + 1 {
		now := ""
		if id := int(s.nodes[lane]); id <= len(lanes) {
			now = trackOf(lanes[id-1]).Name
		}
		if now != class {
			piece()
			class = now
		}
		if i == len(s.Rows) {
			break
		}
		to, lanes = s.row(i), s.Rows[i].Lanes
	}
	to = s.row(len(s.Rows)) - svgRow/2 + 6
	piece()
}

// drawRow draws what is on the band of one row.
func (s *sketch) drawRow(i int, r *trace.Row) {
	y := s.row(i)
	class := map[trace.Kind]string{trace.Loss: " lost", trace.Drop: " lost", trace.Flight: " flies"}[r.Kind]
	s.printf(`<g class="row%s">`, class)
	if r.Kind != trace.Flight {
		s.text(52, y+4, "quiet at", mark(r))
	}
	if s.times() && (i == 0 || s.Rows[i-1].Clock != r.Clock) {
		s.text(90, y+4, "quiet at", fmt.Sprint(r.Clock))
	}
	row := s.stretch.row(r)
	switch {
	case row.Arrow != nil:
		s.arrow(r)
	case row.Rule:
		s.printf(`<path class="rule" d="M%.0f %.0fH%.0f"/>`, s.lane(0)-16, y, s.notes-8)
	case row.Dot == view.Cross:
		s.cross(s.lane(row.At), y, 6)
	case row.Dot == view.Point:
		s.printf(`<circle class="point" cx="%.0f" cy="%.0f" r="5.5"/>`, s.lane(row.At), y)
	}
	noteClass := "note"
	if row.Style == view.Bad || row.Style == view.Down {
		noteClass = "note bad"
	}
	s.text(s.notes, y+4, noteClass, s.note(r))
	s.printf("</g>\n")
}

func (s *sketch) note(r *trace.Row) string { return prose.Shorten(noteOf(r).String(), svgNote) }

// tip is what a row tells when it is pointed at: its sentence, and the servers
// after it.
func (s *sketch) tip(r *trace.Row) string {
	lines := []string{sentenceOf(r) + "."}
	if seen, ok := r.Seen.([]serverView); ok {
		for _, v := range seen {
			lines = append(lines, v.line())
		}
	}
	return strings.Join(lines, "\n")
}

// cross marks an end.
func (s *sketch) cross(x, y, r float64) {
	s.printf(`<path class="cross" d="M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f"/>`, x-r, y-r, x+r, y+r, x-r, y+r, x+r, y-r)
}

// sentAt is the height at which a message leaves its sender: in the row that
// sent it, or between the rows before and after, where that one is not drawn.
func (s *sketch) sentAt(m *trace.Message, end int) float64 {
	y := s.top - 4
	for i := range s.Rows[:end] {
		r := s.Rows[i]
		if r.Kind == trace.Flight || m.Sent == 0 || r.Position > m.Sent {
			break
		}
		y = s.row(i)
		if last := r.Events[len(r.Events)-1].Position; m.Sent > last {
			y += svgRow / 2
		}
	}
	return y
}

// arrow draws a message from where it left to where it ended.
func (s *sketch) arrow(r *trace.Row) {
	b, drawn := s.ways[r]
	if !drawn {
		return
	}
	if r.Kind == trace.Arrival { // the head touches the lane
		b = b.before(3)
	}
	shaft, tip, control := b.before(4), b.to, b.control()
	length := math.Hypot(tip.x-control.x, tip.y-control.y)
	ux, uy := (tip.x-control.x)/length, (tip.y-control.y)/length
	s.printf(`<path class="arrow" d="M%.1f %.1f`, b.from.x, b.from.y)
	if b.lift == 0 {
		s.printf(`L%.1f %.1f"/>`, shaft.to.x, shaft.to.y)
	} else {
		c := shaft.control()
		s.printf(`Q%.1f %.1f %.1f %.1f"/>`, c.x, c.y, shaft.to.x, shaft.to.y)
	}
	switch r.Kind {
	case trace.Arrival:
		s.head("head", "z", tip.x, tip.y, ux, uy)
	case trace.Flight:
		s.head("open", "", tip.x, tip.y, ux, uy)
	default:
		s.cross(tip.x, tip.y, 5)
	}
	class := map[trace.Kind]string{trace.Loss: "label bad", trace.Drop: "label bad"}[r.Kind]
	s.tags = append(s.tags, tag{cmp.Or(class, "label"), arrowLabel(r.Message), b})
}

// head is the end of an arrow that goes in direction u.
func (s *sketch) head(class, closed string, x, y, ux, uy float64) {
	const long, wide = 11, 4.5
	s.printf(`<path class="%s" d="M%.1f %.1fL%.1f %.1fL%.1f %.1f%s"/>`, class,
		x-ux*long-uy*wide, y-uy*long+ux*wide, x, y, x-ux*long+uy*wide, y-uy*long-ux*wide, closed)
}

// legend says what the lines mean.
func (s *sketch) legend(y float64) {
	x := 16.0
	for _, t := range legend(s.diagram().Rows) {
		s.printf(`<path class="lane %s" d="M%.0f %.0fh36"/>`, t.Name, x, y-4)
		s.text(x+44, y, "quiet", t.Name)
		x += 60 + float64(len(t.Name))*svgLetter
	}
	s.printf("\n")
}

// serverView is a server at a moment, as status tells it.
type serverView struct {
	ID, Role, Term, Vote, Leader, Last, Commit, Applied, Timer, Note, Log string
}

// nothing is a condition that looks at nothing that costs.
var nothing = &Cond{}

// serverViews is all servers as status tells them.
func serverViews(w *cluster.World) any {
	var out []serverView
	for _, id := range w.IDs() {
		v := nodeView(w, id, nothing)
		cells := statusRow(w, v, id)
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = c.String()
		}
		out = append(out, serverView{texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7], texts[8], texts[9], logEnd(w, id, v.Commit)})
	}
	return out
}

// logEnd is the last entries of a server's log, the committed ones in brackets.
func logEnd(w *cluster.World, id raft.ID, commit int) string {
	const most = 8
	log := &w.Stored(id).Log
	if n := w.Node(id); n != nil {
		log = n.Log()
	}
	first := log.FirstIndex()
	var words []string
	if last := log.LastIndex(); last >= first+most {
		first = last - most + 1
		words = append(words, fmt.Sprintf("(from %d)", first))
	}
	for i, e := range entryViews(log.Slice(first, log.LastIndex()), first) {
		word := fmt.Sprint(e.Term)
		if text := entryText(e); text != "" {
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
