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
		Before: []view.Track{thin, thin}, Head: []string{"what", "full"}, Bugs: "a crack", Last: [][]string{{"pot", "yes"}, {"cup", "no"}},
		More: []Row{{Tip: "the pot\nthe cup", Left: -1, Text: "poured.", Command: "pour <cup>", States: [][]string{{"pot", "yes"}, {"cup", "yes"}}}, {Text: "broken."}, {Left: 0.5}},
	}
	text := p.SVG()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	page, err := p.Page()
	for what, text := range map[string]string{"class=\"lane down\"": text, "tea &lt;time&gt;": text, "<title>the pot\nthe cup</title>": text, "poured &amp; hot": text,
		"pour &lt;cup&gt;": page, `"states":[["pot","yes"],["cup","yes"]]`: page, "BUG: a crack": page} {
		if !strings.Contains(text, what) {
			t.Errorf("no %s in %s", what, text)
		}
	}
	if n := strings.Count(text, `class="arrow"`); err != nil || n != 2 {
		t.Errorf("%d arrows, %v", n, err)
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
