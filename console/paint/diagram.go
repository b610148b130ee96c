package paint

import (
	"cmp"
	"slices"
	"strings"

	"raftlab/commands/view"
)

// spacings is how far apart a diagram's lanes may stand, and the room for notes
// beside them that it takes: first so far that an arrow's label has room between
// two lanes, last so near that it has none. Without room for any of them the
// diagram is told in sentences.
var spacings = []struct{ step, note int }{{9, 26}, {8, 20}, {5, 18}, {4, 16}}

const (
	widestStep = 20 // where the notes have room enough,
	muchNote   = 60 // which is this
	longRows   = 20 // above which the names stand below, too
)

// pens is the characters that a diagram is drawn with, each by name. An arrow
// crosses and leaves a lane that has none as if there were no lane.
type pens struct {
	track, crossed, tailRight, tailLeft [view.Wavy + 1]string
	stroke, flying, right, left         string
	open, openLeft, lost, point, cross  string
	rule                                string
}

var boxPens = pens{
	track:     [...]string{" ", "│", "┆", "║", "·", "≈"},
	crossed:   [...]string{"", "┼", "┼", "╫", "", "┼"},
	tailRight: [...]string{"", "├", "├", "╟", "", "├"},
	tailLeft:  [...]string{"", "┤", "┤", "╢", "", "┤"},
	stroke:    "─", flying: "╌", right: "►", left: "◄", open: ">", openLeft: "<", lost: "✗", point: "●", cross: "✗",
	rule: "┄",
}

var asciiPens = pens{
	track:     [...]string{" ", "|", ":", "#", ".", "~"},
	crossed:   [...]string{"", "+", "+", "#", "", "+"},
	tailRight: [...]string{"", "|", ":", "#", "", "~"},
	tailLeft:  [...]string{"", "|", ":", "#", "", "~"},
	stroke:    "-", flying: ".", right: ">", left: "<", open: ">", openLeft: "<", lost: "x", point: "*", cross: "X",
	rule: "-",
}

// drawing is a diagram with the place of everything in it.
type drawing struct {
	Renderer
	view.Diagram
	pens
	mark, time int  // columns of the numbers and the times
	first      int  // the column of the first lane
	step       int  // columns from lane to lane
	labels     bool // the arrows have their labels with them; else the notes have
}

// diagram renders a diagram, or its text where it has no room.
func (r Renderer) diagram(b *strings.Builder, d view.Diagram) {
	for _, l := range d.Title {
		r.text(b, l, 2)
	}
	g := &drawing{Renderer: r, Diagram: d, pens: boxPens}
	if d.Glyphs == view.ASCIIGlyphs || d.Glyphs == view.AutoGlyphs && r.ASCII {
		g.pens = asciiPens
	}
	if !g.place() {
		for _, l := range d.Text {
			r.text(b, l, 6)
		}
		return
	}
	g.names(b)
	for i := range d.Rows {
		g.row(b, &d.Rows[i])
	}
	if len(d.Rows) > longRows {
		g.names(b)
	}
	g.legend(b)
}

// place finds room for everything, if there is any.
func (g *drawing) place() bool {
	for _, r := range g.Rows {
		g.mark, g.time = max(g.mark, len(r.Mark)), max(g.time, len(r.Time))
	}
	g.first = g.mark + 2
	if g.time > 0 {
		g.time = max(g.time, len("tick"))
		g.first += g.time + 1
	}
	fits := false
	for _, s := range spacings {
		if g.step = s.step; g.room() >= s.note {
			fits = true
			break
		}
	}
	for g.room() > muchNote && g.step < widestStep {
		g.step++
	}
	g.labels = !slices.ContainsFunc(g.Rows, func(r view.DiagramRow) bool { return r.Arrow != nil && !g.fits(r.Arrow) })
	return fits
}

// lane is the column of a lane, and side the column of the notes.
func (g *drawing) lane(i int) int { return g.first + i*g.step }
func (g *drawing) side() int      { return g.lane(len(g.Lanes)-1) + 3 }
func (g *drawing) room() int      { return g.Width - g.side() }

// names is a line with the names of the lanes, each above its lane.
func (g *drawing) names(b *strings.Builder) {
	line := blanks(g.side() + 2)
	if g.time > 0 {
		put(line, g.mark+1+g.time-len("tick"), "tick", view.Quiet)
	}
	for i, name := range g.Lanes {
		put(line, g.lane(i), name, view.Strong)
	}
	g.emit(b, line)
	b.WriteByte('\n')
}

// put writes text over a line, one character a column.
func put(line []glyph, at int, text string, style view.Style) {
	for _, c := range text {
		if at >= 0 && at < len(line) {
			line[at] = glyph{string(c), 1, style}
		}
		at++
	}
}

// row draws a row, and more lines below it when its note is long.
func (g *drawing) row(b *strings.Builder, r *view.DiagramRow) {
	line := g.tracks(r)
	put(line, g.mark-len(r.Mark), r.Mark, view.Quiet)
	put(line, g.mark+1+g.time-len(r.Time), r.Time, view.Quiet)
	note := r.Note
	if r.Rule {
		g.rule(line, r.Style)
	}
	if a := r.Arrow; a != nil {
		g.arrow(line, r)
		if !g.labels {
			note = append(view.Terms(view.L(a.Label+" ")), note...)
		}
	}
	switch r.Dot {
	case view.Point:
		put(line, g.lane(r.At), g.point, r.Style)
	case view.Cross:
		put(line, g.lane(r.At), g.cross, r.Style)
	}
	for i, part := range fold(glyphs(note), g.room(), g.room()) {
		if i > 0 {
			line = g.tracks(r)
		}
		g.emit(b, append(line, part...))
		b.WriteByte('\n')
	}
}

// tracks is a line with nothing but the lanes.
func (g *drawing) tracks(r *view.DiagramRow) []glyph {
	line := blanks(g.side())
	for i, t := range r.Tracks {
		put(line, g.lane(i), g.track[t.Line], t.Style)
	}
	return line
}

// trackAt is how the lane at a column is drawn; ok is false between lanes.
func (g *drawing) trackAt(r *view.DiagramRow, column int) (line view.TrackLine, ok bool) {
	i := (column - g.first) / g.step
	if (column-g.first)%g.step != 0 || i >= len(r.Tracks) {
		return 0, false
	}
	return r.Tracks[i].Line, true
}

// rule draws a line across all lanes.
func (g *drawing) rule(line []glyph, style view.Style) {
	for x := g.first - 1; x < g.side()-1; x++ {
		if line[x].blank() {
			put(line, x, g.pens.rule, style)
		}
	}
}

// short is how many columns from its lane an arrow ends.
func short(a *view.Arrow) int {
	if a.End == view.Arrives {
		return 1
	}
	return 2
}

// arrow draws an arrow.
func (g *drawing) arrow(line []glyph, r *view.DiagramRow) {
	a := r.Arrow
	if a.From < 0 || a.To < 0 || a.From == a.To {
		return
	}
	from, to, dir := g.lane(a.From), g.lane(a.To), 1
	tail, stroke, end, open := g.tailRight, g.stroke, g.right, g.open
	if to < from {
		dir, tail, end, open = -1, g.tailLeft, g.left, g.openLeft
	}
	switch a.End {
	case view.Lost:
		end = g.lost
	case view.Flies:
		stroke, end = g.flying, open
	}
	last := to - dir*short(a)
	for x := from + dir; x != last; x += dir {
		if t, on := g.trackAt(r, x); on {
			put(line, x, cmp.Or(g.crossed[t], stroke), r.Style)
		} else {
			put(line, x, stroke, r.Style)
		}
	}
	t, _ := g.trackAt(r, from)
	put(line, from, cmp.Or(tail[t], stroke), r.Style)
	put(line, last, end, r.Style)
	if g.labels {
		g.label(line, r, from, dir)
	}
}

// space is the columns for an arrow's label, between its first lane and the next.
func (g *drawing) space(a *view.Arrow) int {
	if d := a.To - a.From; d == 1 || d == -1 {
		return g.step - 1 - short(a)
	}
	return g.step - 1
}

func (g *drawing) fits(a *view.Arrow) bool { return len([]rune(a.Label)) <= g.space(a) }

// label puts an arrow's label beside its first lane.
func (g *drawing) label(line []glyph, r *view.DiagramRow, from, dir int) {
	n := len([]rune(r.Arrow.Label))
	at := from + dir + dir*min(1, g.space(r.Arrow)-n)
	if dir < 0 {
		at -= n - 1
	}
	for _, s := range view.Terms(view.L(r.Arrow.Label)) {
		style := s.Style
		if style == view.Plain {
			style = r.Style
		}
		put(line, at, s.Text, style)
		at += len([]rune(s.Text))
	}
}

// legend says what the lanes' lines mean.
func (g *drawing) legend(b *strings.Builder) {
	var line view.Line
	for _, t := range g.Legend {
		line = append(line, view.S(t.Style, g.track[t.Line]), view.S(view.Plain, " "+t.Name+"   "))
	}
	g.text(b, line, 2)
}
