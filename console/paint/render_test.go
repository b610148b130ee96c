package paint

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/look"
	"raftlab/commands/view"
)

func at(width int, blocks ...view.Block) string { return Renderer{Width: width}.Blocks(blocks) }

func TestText(t *testing.T) {
	for _, c := range []struct {
		name   string
		width  int
		indent int
		text   string
		want   string
	}{
		{"fits", 20, 0, "one two", "one two\n"},
		{"fits to the column", 10, 0, "1234567890", "1234567890\n"},
		{"empty", 20, 0, "", "\n"},
		{"blanks", 20, 0, "   ", "\n"},
		{"no blanks at the end", 20, 0, "one   ", "one\n"},
		{"wraps at a blank", 10, 0, "one two three", "one two\nthree\n"},
		{"blank falls on the edge", 10, 0, "1234567890 next", "1234567890\nnext\n"},
		{"more blanks on the edge", 10, 0, "12345678    next", "12345678\nnext\n"},
		{"continuation", 12, 2, "one two three four", "one two\n  three four\n"},
		{"own blanks count", 12, 2, "  one two three", "  one two\n    three\n"},
		{"a long word", 10, 0, "1234567890123", "1234567890\n123\n"},
		{"a long word, indented", 10, 0, "  1234567890", "  12345678\n  90\n"},
		{"a deep indentation", 10, 40, "one two three four", "one two\n     three\n     four\n"},
		{"wide characters", 10, 0, "日本語日本語", "日本語日本\n語\n"},
		{"combining marks", 10, 0, "e\u0301234567890", "e\u0301234567890\n"},
		{"control characters", 40, 0, "a\x1b[31mb\x07\x00\x7f\u009b\u202ec", `a\x1b[31mb\x07\x00\x7f\x9b\u202ec` + "\n"},
		{"line ends", 40, 0, "a\nb\r\tc", `a\nb\r\tc` + "\n"},
		{"bad UTF-8", 40, 0, "a\xff\xc3", `a\xff\xc3` + "\n"},
		{"a mark on a quoted character", 40, 0, "\x01\u0301b", `\x01` + "\u0301b\n"},
	} {
		got := at(c.width, view.Text{Lines: []view.Line{view.L(c.text)}, Indent: c.indent})
		if got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

func TestProse(t *testing.T) {
	words := view.Line{view.S(view.Plain, "  one\n two "), view.S(view.Strong, " three"), view.S(view.Plain, "\tfour ")}
	if got, want := at(10, view.Prose{Words: words}), "one two\nthree four\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func row(cells ...string) []view.Line {
	var r []view.Line
	for _, c := range cells {
		r = append(r, view.L(c))
	}
	return r
}

var sample = view.Table{
	Head:  []string{"node", "role", "term", "log"},
	Rows:  [][]view.Line{row("S1", "leader", "12", "1 1 4 4 5 5 6 6 6"), row("S2", "follower", "3", "")},
	Fixed: 1,
	Right: []bool{false, false, true},
}

func TestTable(t *testing.T) {
	split := sample
	split.Split = true
	briefly := view.Table{Brief: true, Rows: [][]view.Line{row("S1", "it leads: votes of two, of three"), row("S2", "waits")}}
	for _, c := range []struct {
		name  string
		table view.Table
		width int
		want  string
	}{
		{"fits", sample, 80, `
node  role      term  log
S1    leader      12  1 1 4 4 5 5 6 6 6
S2    follower     3
`},
		{"its last column wraps", sample, 33, `
node  role      term  log
S1    leader      12  1 1 4 4 5 5
                      6 6 6
S2    follower     3
`},
		{"in pieces", split, 25, `
node  role      term
S1    leader      12
S2    follower     3
node  log
S1    1 1 4 4 5 5 6 6 6
S2
`},
		{"in pieces since nothing else fits", sample, 20, `
node  role      term
S1    leader      12
S2    follower     3
node  log
S1    1 1 4 4 5 5 6
      6 6
S2
`},
		{"a line for each cell", sample, 13, `
S1
  role leader
  term 12
  log 1 1 4 4
    5 5 6 6 6
S2
  role
    follower
  term 3
`},
		{"room for two clauses", briefly, 26, `
S1  it leads: votes of two
S2  waits
`},
		{"room for one", briefly, 25, `
S1  it leads
S2  waits
`},
		{"room for all", briefly, 36, `
S1  it leads: votes of two, of three
S2  waits
`},
		{"nothing", view.Table{}, 20, "\n"},
		{"only a head", view.Table{Head: []string{"a", "b"}}, 20, "\na  b\n"},
		{"no head", view.Table{Rows: [][]view.Line{row("a", "b"), row("cc", "d", "e"), nil}}, 20, "\na   b\ncc  d  e\n\n"},
		{"wide characters", view.Table{Rows: [][]view.Line{row("日本", "x"), row("a", "y")}}, 20, "\n日本  x\na     y\n"},
		{"an empty column", view.Table{Head: []string{"a", "", "b"}, Rows: [][]view.Line{row("1", "", "2")}}, 20, "\na  b\n1  2\n"},
		{"one column", view.Table{Rows: [][]view.Line{row("one two three")}}, 10, "\none two\nthree\n"},
	} {
		if got := "\n" + at(c.width, c.table); got != c.want {
			t.Errorf("%s:%s\nnot%s", c.name, got, c.want)
		}
	}
}

// Whatever is shown, no line is wider than the screen, none ends in a blank,
// and with colour the text is the same.
func TestNeverTooWide(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	alphabet := []string{"a", "word", "日", " ", "  ", "\x1b", "e\u0301", "-", "\xff", "longer-word"}
	text := func(n int) view.Line {
		var l view.Line
		for range random.Intn(n) {
			l = append(l, view.S(view.Style(random.Intn(int(view.Message)+1+1)), alphabet[random.Intn(len(alphabet))]))
		}
		return l
	}
	for i := range 3000 {
		width := MinWidth + random.Intn(40)
		table := view.Table{Fixed: random.Intn(4), Split: random.Intn(2) == 0}
		for c := range random.Intn(7) {
			table.Head = append(table.Head, fmt.Sprint("head", c))
			table.Right = append(table.Right, random.Intn(2) == 0)
		}
		for range random.Intn(5) {
			var cells []view.Line
			for range random.Intn(8) {
				cells = append(cells, text(12))
			}
			table.Rows = append(table.Rows, cells)
		}
		blocks := []view.Block{view.Text{Lines: []view.Line{text(40)}, Indent: random.Intn(30)}, view.Prose{Words: text(60)}, table}
		got := at(width, blocks...)
		for _, l := range strings.Split(got, "\n") {
			if columns(glyphs(view.L(l))) > width || strings.HasSuffix(l, " ") {
				t.Fatalf("run %d, %d columns: %q", i, width, l)
			}
		}
		coloured := Renderer{Width: width, Palette: newPalette(true, "auto")}.Blocks(blocks)
		if stripped := withoutColour(coloured); stripped != got {
			t.Fatalf("run %d: with colour %q, without %q", i, stripped, got)
		}
	}
}

// withoutColour removes what palette adds.
func withoutColour(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}

// Every cell of a table is on the screen, however narrow that is.
func TestTableLosesNothing(t *testing.T) {
	for width := MinWidth; width < 60; width++ {
		for _, split := range []bool{false, true} {
			table := sample
			table.Split = split
			got := strings.Join(strings.Fields(at(width, table)), "")
			for _, cell := range []string{"S1", "S2", "leader", "follower", "12", "3", "role", "term", "log"} {
				if !strings.Contains(got, cell) {
					t.Errorf("%d columns: no %s in\n%s", width, cell, at(width, table))
				}
			}
		}
	}
}

func TestPalette(t *testing.T) {
	t.Setenv("NO_COLOR", "1") // must not beat what was decided
	on, off := newPalette(true, "auto"), newPalette(false, "auto")
	if got := on.paint(view.Good, "x"); !strings.HasPrefix(got, "\x1b[32mx\x1b[") {
		t.Errorf("%q", got)
	}
	if got := off.paint(view.Good, "x"); got != "x" {
		t.Errorf("%q", got)
	}
	if got := on.paint(view.Style(200), "x"); got != "x" {
		t.Errorf("an unknown style: %q", got)
	}
	if !slices.Equal(slices.Sorted(maps.Keys(themes)), look.Themes) {
		t.Errorf("the themes are %v", slices.Sorted(maps.Keys(themes)))
	}
}

func TestMenu(t *testing.T) {
	words := []string{"one", "three", "five", strings.Repeat("w", 50)}
	for width := MinWidth; width < 70; width++ {
		for _, l := range strings.Split(Renderer{Width: width}.Menu(append([]string{}, words...)), "\n") {
			if len(l) > width {
				t.Errorf("%d columns: %q", width, l)
			}
		}
	}
	if got := (Renderer{Width: 14}).Menu([]string{"one", "three", "five"}); got != "one    three\nfive\n" {
		t.Errorf("%q", got)
	}
}
