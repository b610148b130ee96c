package draw

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"raftlab/commands/view"
)

// A picture is drawn of whatever has lanes and rows; what is in it stays text.
func TestAPictureOfAnything(t *testing.T) {
	thin, bad := view.Track{Line: view.Thin, Name: "follower"}, view.Track{Line: view.Dotted, Name: "down"}
	p := &Picture{
		Diagram: view.Diagram{Title: []view.Line{view.L("tea <time>")}, Lanes: []string{"pot", "cup"}, Legend: []view.Track{thin, bad}, Rows: []view.DiagramRow{
			{Mark: "#1", Time: "1", Tracks: []view.Track{thin, thin}, Arrow: &view.Arrow{From: 0, To: 1, Label: "tea"}, Note: view.L("poured & hot")},
			{Mark: "#2", Time: "2", Tracks: []view.Track{thin, bad}, Dot: view.Cross, At: 1, Note: view.LS(view.Bad, "broken")},
			{Tracks: []view.Track{thin, bad}, Time: "2", Arrow: &view.Arrow{From: 0, To: 1, Label: "more", End: view.Flies}},
		}},
		Before: []view.Track{thin, thin},
		More:   []Row{{Tip: "the pot\nthe cup", Left: -1}, {}, {Left: 0.5}},
	}
	text := p.SVG()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	for what, text := range map[string]string{"class=\"lane down\"": text, "tea &lt;time&gt;": text, "<title>the pot\nthe cup</title>": text, "poured &amp; hot": text} {
		if !strings.Contains(text, what) {
			t.Errorf("no %s in %s", what, text)
		}
	}
	if n := strings.Count(text, `class="arrow"`); n != 2 {
		t.Errorf("%d arrows", n)
	}
}

// With a theme a picture looks the same on every ground; without one it follows the ground.
func TestThemes(t *testing.T) {
	for theme, paper := range map[string]string{"": "--paper:#fff;", "light": "--paper:#fff;", "dark": "--paper:#141414;"} {
		text := (&Picture{Theme: theme, Diagram: view.Diagram{Lanes: []string{"pot"}, Title: []view.Line{view.L("tea")},
			Rows: []view.DiagramRow{{Mark: "#1", Tracks: []view.Track{{Line: view.Thin}}}}}, Before: []view.Track{{Line: view.Thin}}, More: []Row{{}}}).SVG()
		if _, first, _ := strings.Cut(text, "{"); !strings.HasPrefix(first, paper) || strings.Contains(text, "@media") != (theme == "") {
			t.Errorf("theme %q: %.600s", theme, text)
		}
	}
}

// Markdown takes texts for what they are.
func TestMarkdownStaysText(t *testing.T) {
	got := Markdown([]view.Block{
		view.Text{Lines: []view.Line{{view.S(view.Plain, "a*b "), view.S(view.Bad, "<bad>.")}}},
		view.Table{Head: []string{"n", "|"}, Right: []bool{true}, Rows: [][]view.Line{{view.L("1"), view.L("x_y")}, {view.L("2")}}},
	}) + Code("a`b") + "\n" + Fence([]view.Line{view.L("```  ")})
	want := "\na\\*b **&lt;bad&gt;**.\n\n| n | \\| |\n| --: | --- |\n| 1 | x\\_y |\n| 2 |  |\n`` a`b ``\n````text\n```\n````\n"
	if got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
}
