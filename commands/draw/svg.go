// Package draw makes files of a space-time diagram: a picture for slides, and Markdown. What the
// diagram shows is there as plain values; it knows neither servers nor messages.
package draw

import (
	"cmp"
	"fmt"
	"html"
	"math"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Picture is a diagram, with what only a file shows of it.
type Picture struct {
	view.Diagram
	Before []view.Track // how the lanes come in
	More   []Row        // beside the rows of the diagram
	Also   []*Picture   // other ways that things went, to stand below
	Theme  string       // light or dark; empty for that of the reader's system
}

// Row is what a file shows of a row beside what the diagram has.
type Row struct {
	Tip     string  // what it says when the mouse is on it, in lines
	Left    float64 // where its arrow begins, in rows from the first; below 0 before that
	Halfway bool    // its arrow ends between two lanes
}

// The measures of a drawing, in pixels.
const (
	svgRow    = 30.0  // from row to row
	svgLane   = 104.0 // from lane to lane
	svgGutter = 96.0  // for positions and times
	svgLetter = 7.2   // about a letter of a note
	svgNote   = 110   // letters of a note at most; its row's title has all of it
)

// What a colour says is said by the stroke or by a word, too.
const (
	svgFont  = `font:14px system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;background:var(--paper)`
	svgTerms = `--t1:#005faf;--t2:#875f00;--t3:#005f5f;--t4:#af005f;--t5:#870000;--t6:#0087af;`
	svgLight = `--paper:#fff;--ink:#1b1b1b;--quiet:#595959;--follower:#6b6b6b;--leader:#00662f;
--candidate:#8a5200;--down:#b3001b;--frozen:#00618a;--message:#5a2a86;--hover:#eef3fa;
` + svgTerms
	svgDark = `--paper:#141414;--ink:#ececec;--quiet:#b3b3b3;--follower:#9a9a9a;--leader:#5fd38d;
--candidate:#f2b84b;--down:#ff8080;--frozen:#6cc7f0;--message:#cfa8ff;--hover:#222b36;
--t1:#5fafff;--t2:#ffd75f;--t3:#00d7af;--t4:#ffafd7;--t5:#ff875f;--t6:#afd7ff;`
	svgPrint = `--paper:#fff;--ink:#000;--quiet:#444;--follower:#666;--leader:#00662f;
--candidate:#8a5200;--down:#b3001b;--frozen:#00618a;--message:#5a2a86;--hover:none;
` + svgTerms
)

// style is how a drawing looks: in its theme wherever it stands, or else as the ground that it stands
// on, light or dark, and on paper as paper wants it.
func (p *Picture) style() string {
	colours := ".diagram{" + svgLight + svgFont + "}\n@media (prefers-color-scheme:dark){.diagram{" + svgDark + "}}\n" +
		"@media print{.diagram{" + svgPrint + "}}\n"
	switch p.Theme {
	case "light":
		colours = ".diagram{" + svgLight + svgFont + "}\n"
	case "dark":
		colours = ".diagram{" + svgDark + svgFont + "}\n"
	}
	return "<style>\n" + colours + svgStyle + "</style>\n"
}

// svgStyle is the same on every ground.
const svgStyle = `.diagram text{fill:var(--ink)}
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
.diagram .label{fill:var(--message);font-size:12px;text-anchor:middle;paint-order:stroke;
stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.diagram .lost .arrow,.diagram .cross{stroke:var(--down)}
.diagram .labels .bad{fill:var(--down);font-weight:400}
.diagram .cross{stroke-width:2.2;fill:none}
.diagram .flies .arrow{stroke-dasharray:4 4}
.diagram .flies .open{fill:none;stroke:var(--message);stroke-width:1.6}
.diagram .point{fill:var(--ink);stroke:var(--paper);stroke-width:1.5}
.diagram .rule{stroke:var(--quiet);stroke-dasharray:3 5;fill:none}
.diagram .band{fill:transparent}
.diagram .band:hover{fill:var(--hover)}
.diagram .t1{fill:var(--t1)}.diagram .t2{fill:var(--t2)}.diagram .t3{fill:var(--t3)}
.diagram .t4{fill:var(--t4)}.diagram .t5{fill:var(--t5)}.diagram .t6{fill:var(--t6)}
.diagram .row,.diagram .lane,`

// sketch is a drawing on its way.
type sketch struct {
	*Picture
	strings.Builder
	width, height float64
	top           float64      // of the first row
	notes         float64      // where they begin
	ways          map[int]bend // by their rows
	tags          []tag
}

// SVG is the picture as a file of its own, with its title and its legend, and below it the
// others.
func (p *Picture) SVG() string {
	style := p.style()
	if len(p.Also) == 0 {
		text, _, _ := p.sheet(` xmlns="http://www.w3.org/2000/svg"`, style)
		return text
	}
	var b strings.Builder
	var width, height float64
	for _, one := range append([]*Picture{p}, p.Also...) {
		text, wide, high := one.sheet(fmt.Sprintf(` y="%.0f"`, height), "")
		b.WriteString(text)
		width, height = max(width, wide), height+high
	}
	return fmt.Sprintf(`<svg class="diagram" xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" `+
		`viewBox="0 0 %.0f %.0f">`, width, height, width, height) + "\n" + style + b.String() + "</svg>\n"
}

// sheet is the picture with its title and its legend, and its size.
func (p *Picture) sheet(attributes, style string) (text string, width, height float64) {
	s := newSketch(p, 86)
	s.height += 34
	s.open(attributes)
	s.printf("%s", style)
	s.printf(`<rect class="paper" width="%.0f" height="%.0f"/>`+"\n", s.width, s.height)
	for i, line := range p.Title {
		s.printf(`<text x="16" y="%d">`, 24+20*i)
		for _, span := range line {
			class := "title"
			switch {
			case span.Style == view.Bad:
				class = "title bad"
			case i > 0:
				class = "quiet"
			}
			s.printf(`<tspan class="%s">%s</tspan>`, class, Markup(span.Text))
		}
		s.printf("</text>\n")
	}
	s.names()
	s.body()
	s.legend(s.height - 14)
	s.printf("</svg>\n")
	return s.String(), s.width, s.height
}

func newSketch(p *Picture, top float64) *sketch {
	s := &sketch{Picture: p, top: top}
	s.notes = s.lane(len(p.Lanes)-1) + 26
	longest := 30
	for i := range p.Rows {
		longest = max(longest, len([]rune(s.note(i))))
	}
	s.width = math.Ceil(s.notes + float64(longest)*svgLetter + 16)
	s.height = s.top + float64(len(p.Rows))*svgRow + 16
	return s
}

func (s *sketch) printf(format string, args ...any) { fmt.Fprintf(s, format, args...) }

func (s *sketch) open(attributes string) {
	s.printf(`<svg class="diagram"%s width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img" `+
		`aria-label="%s">`+"\n",
		attributes, s.width, s.height, s.width, s.height, Markup("Space-time diagram of "+s.Title[0].String()))
}

// Markup is text as XML and HTML take it.
func Markup(text string) string {
	return strings.Join(each.As(strings.Split(text, "\n"), func(line string) string {
		return html.EscapeString(prose.Visible(line))
	}), "\n")
}

func (s *sketch) lane(i int) float64 { return svgGutter + float64(i)*svgLane + 20 }
func (s *sketch) row(i int) float64  { return s.at(float64(i)) }

// at is the y of what lies so many rows below the first.
func (s *sketch) at(rows float64) float64 { return s.top + (rows+0.5)*svgRow }

func (s *sketch) text(x, y float64, class, text string) {
	s.printf(`<text class="%s" x="%.0f" y="%.0f">%s</text>`, class, x, y, Markup(text))
}

// names is what stands above the lanes.
func (s *sketch) names() {
	if s.times() {
		s.text(90, s.top-10, "quiet at", "tick")
	}
	for i, name := range s.Lanes {
		s.text(s.lane(i), s.top-10, "name", name)
	}
	s.printf("\n")
}

func (s *sketch) body() {
	for i := range s.Rows {
		s.printf(`<rect class="band" x="0" y="%.0f" width="%.0f" height="%.0f"><title>%s</title></rect>`+"\n",
			s.row(i)-svgRow/2, s.width, svgRow, Markup(s.More[i].Tip))
	}
	for i := range s.Lanes {
		s.lifeline(i)
	}
	s.printf("\n")
	s.ways = s.bends()
	for i := range s.Rows {
		s.drawRow(i)
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
	tracks := s.Before
	for i := range len(s.Rows) + 1 {
		now := tracks[lane].Name
		if now != class {
			piece()
			class = now
		}
		if i == len(s.Rows) {
			break
		}
		to, tracks = s.row(i), s.Rows[i].Tracks
	}
	to = s.row(len(s.Rows)) - svgRow/2 + 6
	piece()
}

// drawRow draws what is on the band of one row.
func (s *sketch) drawRow(i int) {
	y, row := s.row(i), s.Rows[i]
	class := ""
	if row.Arrow != nil {
		class = map[view.ArrowEnd]string{view.Lost: " lost", view.Flies: " flies"}[row.Arrow.End]
	}
	s.printf(`<g class="row%s">`, class)
	if row.Mark != "" {
		s.text(52, y+4, "quiet at", row.Mark)
	}
	if s.times() && (i == 0 || s.Rows[i-1].Time != row.Time) {
		s.text(90, y+4, "quiet at", row.Time)
	}
	switch {
	case row.Arrow != nil:
		s.arrow(i)
	case row.Rule:
		s.printf(`<path class="rule" d="M%.0f %.0fH%.0f"/>`, s.lane(0)-16, y, s.notes-8)
	case row.Dot == view.Cross:
		s.cross(s.lane(row.At), y, 6)
	case row.Dot == view.Point:
		s.printf(`<circle class="point" cx="%.0f" cy="%.0f" r="5.5"/>`, s.lane(row.At), y)
	}
	noteClass := prose.Either(row.Style == view.Bad || row.Style == view.Down, "note bad", "note")
	s.printf(`<text class="%s" x="%.0f" y="%.0f">%s</text></g>`+"\n", noteClass, s.notes, y+4, termMarkup(s.note(i)))
}

// termMarkup is text with each "term 3" in the colour that it has on the screen.
func termMarkup(text string) string {
	var b strings.Builder
	for _, span := range view.Terms(view.L(text)) {
		if span.Style < view.Term1 || span.Style > view.Term6 {
			b.WriteString(Markup(span.Text))
		} else {
			fmt.Fprintf(&b, `<tspan class="t%d">%s</tspan>`, span.Style-view.Term1+1, Markup(span.Text))
		}
	}
	return b.String()
}

func (s *sketch) note(i int) string { return prose.Shorten(s.Rows[i].Note.String(), svgNote) }

// times tells whether time passes in the picture.
func (p *Picture) times() bool { return p.Rows[0].Time != "" }

// cross marks an end.
func (s *sketch) cross(x, y, r float64) {
	s.printf(`<path class="cross" d="M%.1f %.1fL%.1f %.1fM%.1f %.1fL%.1f %.1f"/>`, x-r, y-r, x+r, y+r, x-r, y+r, x+r,
		y-r)
}

// arrow draws a message from where it left to where it ended.
func (s *sketch) arrow(i int) {
	b, drawn := s.ways[i]
	a := s.Rows[i].Arrow
	if !drawn {
		return
	}
	if a.End == view.Arrives { // the head touches the lane
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
	switch a.End {
	case view.Arrives:
		s.head("head", "z", tip.x, tip.y, ux, uy)
	case view.Flies:
		s.head("open", "", tip.x, tip.y, ux, uy)
	default:
		s.cross(tip.x, tip.y, 5)
	}
	class := map[view.ArrowEnd]string{view.Lost: "label bad"}[a.End]
	s.tags = append(s.tags, tag{cmp.Or(class, "label"), a.Label, b})
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
	for _, t := range s.Legend {
		s.printf(`<path class="lane %s" d="M%.0f %.0fh36"/>`, t.Name, x, y-4)
		s.text(x+44, y, "quiet", t.Name)
		x += 60 + float64(len(t.Name))*svgLetter
	}
	s.printf("\n")
}
