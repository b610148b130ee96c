package paint

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"unicode/utf8"

	"raftlab/commands/view"
)

var (
	thin   = view.Track{Line: view.Thin, Name: "thin"}
	double = view.Track{Line: view.Double, Name: "double"}
	dotted = view.Track{Line: view.Dotted, Name: "dotted"}
)

// small is a diagram with one of everything.
func small() view.Diagram {
	all := []view.Track{thin, double, dotted}
	row := func(mark string, a *view.Arrow, note string) view.DiagramRow {
		return view.DiagramRow{Mark: mark, Tracks: all, Arrow: a, Note: view.L(note)}
	}
	d := view.Diagram{Title: []view.Line{view.L("a title")}, Lanes: []string{"S1", "S2", "S3"}, Legend: all}
	d.Rows = []view.DiagramRow{
		row("#1", &view.Arrow{From: 0, To: 2, Label: "RV t1"}, "arrives"),
		row("#2", &view.Arrow{From: 1, To: 0, Label: "AER t1"}, "comes back"),
		row("#3", &view.Arrow{From: 0, To: 1, Label: "AE t1", End: view.Lost}, "lost"),
		row("#4", &view.Arrow{From: 2, To: 0, Label: "AE t1", End: view.Lost}, "lost"),
		row("", &view.Arrow{From: 1, To: 2, Label: "AE t1", End: view.Flies}, "flies"),
		row("", &view.Arrow{From: 2, To: 0, Label: "AE t1", End: view.Flies}, "flies"),
		{Mark: "#5", Tracks: all, Dot: view.Point, At: 1, Note: view.L("a point with a note that is longer than its room is wide")},
		{Mark: "#6", Tracks: all[:2], Dot: view.Cross, At: 0, Note: view.L("an end")},
		{Mark: "#10", Time: "12", Tracks: all, Rule: true, Note: view.L("a rule")},
	}
	for i := range d.Rows {
		d.Text = append(d.Text, view.L(fmt.Sprintf("sentence %d", i)))
	}
	return d
}

func TestDiagram(t *testing.T) {
	ascii := small()
	ascii.Glyphs = view.ASCIIGlyphs
	for _, c := range []struct {
		name  string
		width int
		d     view.Diagram
		want  string
	}{
		{"with labels", 58, small(), `
a title
    tick  S1       S2       S3
 #1       ├─RV t1──╫───────►·  arrives
 #2       │◄AER t1─╢        ·  comes back
 #3       ├─AE t1✗ ║        ·  lost
 #4       │ ✗──────╫──AE t1──  lost
          │        ╟╌AE t1> ·  flies
          │ <╌╌╌╌╌╌╫╌╌AE t1╌╌  flies
 #5       │        ●        ·  a point with a note that is
          │        ║        ·  longer than its room is
          │        ║        ·  wide
 #6       ✗        ║           an end
#10   12 ┄│┄┄┄┄┄┄┄┄║┄┄┄┄┄┄┄┄·┄ a rule
│ thin   ║ double   · dotted
`}, {"narrow, the labels beside it", 37, small(), `
a title
    tick  S1  S2  S3
 #1       ├───╫──►·  RV t1 arrives
 #2       │◄──╢   ·  AER t1 comes
          │   ║   ·  back
 #3       ├─✗ ║   ·  AE t1 lost
 #4       │ ✗─╫────  AE t1 lost
          │   ╟╌> ·  AE t1 flies
          │ <╌╫╌╌╌╌  AE t1 flies
 #5       │   ●   ·  a point with a
          │   ║   ·  note that is
          │   ║   ·  longer than its
          │   ║   ·  room is wide
 #6       ✗   ║      an end
#10   12 ┄│┄┄┄║┄┄┄·┄ a rule
│ thin   ║ double   · dotted
`}, {"ASCII", 58, ascii, `
a title
    tick  S1       S2       S3
 #1       |-RV t1--#------->.  arrives
 #2       |<AER t1-#        .  comes back
 #3       |-AE t1x #        .  lost
 #4       | x------#--AE t1--  lost
          |        #.AE t1> .  flies
          | <......#..AE t1..  flies
 #5       |        *        .  a point with a note that is
          |        #        .  longer than its room is
          |        #        .  wide
 #6       X        #           an end
#10   12 -|--------#--------.- a rule
| thin   # double   . dotted
`}, {"too narrow", 20, small(), `
a title
sentence 0
sentence 1
sentence 2
sentence 3
sentence 4
sentence 5
sentence 6
sentence 7
sentence 8
`},
	} {
		if got := at(c.width, c.d); got != c.want[1:] {
			t.Errorf("%s:\n%s\nnot\n%s", c.name, got, c.want[1:])
		}
	}
}

// Whatever a diagram holds and however wide the screen is: no line is wider, no
// row is missing, and ASCII is ASCII.
func TestDiagramsFit(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 100 {
		d := anyDiagram(r)
		for width := MinWidth; width <= 140; width += 1 + r.Intn(9) {
			got := Renderer{Width: width, ASCII: r.Intn(2) == 0}.Blocks([]view.Block{d})
			for line := range strings.Lines(got) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Fatalf("width %d: %d columns: %q", width, n, line)
				}
			}
			for i := range d.Rows {
				if !strings.Contains(got, fmt.Sprintf("<%d>", i)) {
					t.Fatalf("width %d: row %d is missing:\n%s", width, i, got)
				}
			}
		}
		d.Glyphs = view.ASCIIGlyphs
		if got := at(80, d); strings.ContainsFunc(got, func(c rune) bool { return c > '~' }) {
			t.Fatalf("not ASCII:\n%s", got)
		}
	}
}

func anyDiagram(r *rand.Rand) view.Diagram {
	lanes := 1 + r.Intn(12)
	d := view.Diagram{Lanes: make([]string, lanes)}
	for i := range d.Lanes {
		d.Lanes[i] = fmt.Sprintf("S%d", i+1)
	}
	for i := range r.Intn(20) {
		row := view.DiagramRow{
			Mark: fmt.Sprintf("#%d", r.Intn(1<<uint(r.Intn(30)))), At: r.Intn(lanes), Dot: view.Dot(r.Intn(3)), Rule: r.Intn(9) == 0,
			Note: view.L(fmt.Sprintf("<%d>", i) + strings.Repeat(" word", r.Intn(12))),
		}
		for range r.Intn(lanes + 1) {
			row.Tracks = append(row.Tracks, view.Track{Line: view.TrackLine(r.Intn(int(view.Wavy) + 1))})
		}
		if r.Intn(2) == 0 {
			row.Arrow = &view.Arrow{From: r.Intn(lanes+1) - 1, To: r.Intn(lanes+1) - 1, Label: "AER t" + fmt.Sprint(r.Intn(2000)), End: view.ArrowEnd(r.Intn(3))}
		}
		d.Rows = append(d.Rows, row)
		d.Text = append(d.Text, row.Note)
	}
	return d
}
