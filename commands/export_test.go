package commands

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"raftlab/cluster/trace"
	"raftlab/commands/diagrams"
)

// exported is what an export writes into a file of that name.
func exported(t *testing.T, s *Session, command, name string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	mustRun(t, s, &screen{}, strings.Replace(command, "FILE", name, 1))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob("*.new"); len(left) > 0 {
		t.Errorf("%s is left behind", left)
	}
	return string(text)
}

// rude is a history with every kind of row, and with text that means something
// in XML, HTML, JSON, CSS and Markdown.
func rude(t *testing.T) *Session {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle",
		`put "</script><b>&amp;" "]]>--><x y='z'>\x01`+"`"+`**" via S1`, "drop AE S1->S2; duplicate AE; kill S3; settle",
		"bug vote-any on", "timeout S2; delay all 3; freeze S1; cut S2->S3; restart S3; set latency 1..2; run 3")
	return s
}

type svgElement struct {
	name  string
	attrs map[string]string
}

// wellFormed reads XML to its end.
func wellFormed(t *testing.T, text string) (elements []svgElement) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok {
			el := svgElement{e.Name.Local, map[string]string{}}
			for _, a := range e.Attr {
				el.attrs[a.Name.Local] = a.Value
			}
			elements = append(elements, el)
		}
	}
}

var numbers = regexp.MustCompile(`-?[0-9.]+`)

// A drawing is XML, has a band for each row and an arrow for each message, and
// nothing outside of its edges.
func TestSVG(t *testing.T) {
	s := rude(t)
	rows, _ := rowsOf(t, s, "diagram last 200")
	text := exported(t, s, "export FILE", "a.svg")
	count := map[string]int{}
	all := wellFormed(t, text)
	width, _ := strconv.ParseFloat(all[0].attrs["width"], 64)
	height, _ := strconv.ParseFloat(all[0].attrs["height"], 64)
	for _, e := range all {
		count[e.attrs["class"]]++
		if e.name == "path" && e.attrs["class"] == "arrow" {
			for i, n := range numbers.FindAllString(e.attrs["d"], -1) {
				if v, err := strconv.ParseFloat(n, 64); err != nil || v < 0 || v > []float64{width, height}[i%2] {
					t.Errorf("an arrow leaves the drawing: %s", e.attrs["d"])
				}
			}
		}
	}
	arrows := 0
	for _, r := range rows {
		if r.Message != nil {
			arrows++
		}
	}
	if count["band"] != len(rows) || count["arrow"] != arrows || count["title bad"] != 1 {
		t.Errorf("%d rows and %d messages: %v", len(rows), arrows, count)
	}
	if !strings.Contains(text, "BUG: vote-any") {
		t.Error("the bug that is on is not shown")
	}
}

// The arrow of a message begins in the row that sent it, also where that row is
// not drawn.
func TestArrowsBeginWhereTheyWereSent(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle")
	c := &Call{Ctx: context.Background(), Session: s.Session, World: s.World(), Front: f, Command: s.Table.Lookup("diagram")}
	p, err := diagrams.StretchOf(c, 60, nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(p *diagrams.Stretch, want map[string]float64) { // the row, counted from 0
		t.Helper()
		rows := p.Picture().More
		for i, r := range p.Rows {
			if m := r.Message; m != nil {
				if at, ok := want[m.ID]; ok && rows[i].Left != at {
					t.Errorf("%s begins at %.1f", m.ID, rows[i].Left)
				}
			}
		}
	}
	check(p, map[string]float64{"m1": 0, "m2": 0, "m3": 1, "m4": 2, "m5": 3, "m8": 6})
	votes := &trace.Trace{Before: p.Before}
	for _, r := range p.Rows {
		if r.Message == nil || r.Message.Type == "RequestVoteReply" {
			votes.Rows = append(votes.Rows, r)
		}
	}
	few := *p
	few.Trace = votes
	check(&few, map[string]float64{"m3": 0.5, "m4": 0.5})
}

// A long history is bounded, and the page says so.
func TestLongExports(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1}, "run 4000")
	for name, most := range map[string]int{"a.html": 1 << 20, "a.svg": 1 << 19} {
		text := exported(t, s, "export FILE", name)
		if len(text) > most || !strings.Contains(text, "is left out; last") {
			t.Errorf("%s: %d bytes, or no word on what is left out", name, len(text))
		}
	}
}

const transcript = "# Transcript of b2, to #11\n" + `
Written by raftlab. 3 servers, seed 1.

## 1. ` + "`timeout S1`" + `

` + "```text" + `
   #1 S1's election timer fires
   #2 S1 enters term 1
   #3 S1 votes for itself in term 1
   #4 S1 becomes candidate in term 1 (was follower)
   #5 S1 -> S2 S3  RequestVote term=1 last=0/0  m1..m2
` + "```" + `

no leader. tick 0, event #6, 2 messages in flight

| node | role | term | vote | leader | log | commit | applied | timer |  |
| --- | --- | --: | --- | --- | --: | --: | --: | --: | --- |
| S1 | candidate | 1 | S1 | - | 0 | 0 | 0 | 34 | votes: S1 |
| S2 | follower | 0 | - | - | 0 | 0 | 0 | 27 |  |
| S3 | follower | 0 | - | - | 0 | 0 | 0 | 35 |  |

## 2. ` + "`bug vote-any on`" + `

` + "```text" + `
   #7 bug vote-any is on in every server
` + "```" + `

no leader. tick 0, event #7, 2 messages in flight. **BUG: vote-any**

| node | role | term | vote | leader | log | commit | applied | timer |  |
| --- | --- | --: | --- | --- | --: | --: | --: | --: | --- |
| S1 | candidate | 1 | S1 | - | 0 | 0 | 0 | 34 | votes: S1 |
| S2 | follower | 0 | - | - | 0 | 0 | 0 | 27 |  |
| S3 | follower | 0 | - | - | 0 | 0 | 0 | 35 |  |

## 3. ` + "`deliver m1`" + `

` + "```text" + `
   #8 S1 -> S2  RequestVote term=1 last=0/0  m1 arrives
   #9 S2 enters term 1
  #10 S2 votes for S1 in term 1
  #11 S2 -> S1  RequestVoteReply term=1 granted=true  m3
` + "```" + `

no leader. tick 0, event #11, 2 messages in flight. **BUG: vote-any**

| node | role | term | vote | leader | log | commit | applied | timer |  |
| --- | --- | --: | --- | --- | --: | --: | --: | --: | --- |
| S1 | candidate | 1 | S1 | - | 0 | 0 | 0 | 34 | votes: S1 |
| S2 | follower | 1 | S1 | - | 0 | 0 | 0 | 32 |  |
| S3 | follower | 0 | - | - | 0 | 0 | 0 | 35 |  |
`

// A transcript ends where one is, and leaves out what was taken back.
func TestTranscript(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; kill S2; undo; bug vote-any on; deliver m1; status; drop m2; undo")
	if got := exported(t, s, "export FILE", "a.md"); got != transcript {
		t.Error(got)
	}
	text := exported(t, rude(t), "export FILE", "b.md")
	if !strings.Contains(text, "## 3. `` put \"</script>") {
		t.Errorf("a command with a backquote is not code: %s", text)
	}
}

// What existed keeps its name, and every refusal writes nothing.
func TestExportNames(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; put x 1; settle; bug vote-any on")
	for name, command := range map[string]string{"history.html": "export FILE", "other.html": "export linearizable FILE"} {
		if text := exported(t, s, command, name); !strings.Contains(text, "porcupine") && !strings.Contains(text, "linearization") || !strings.Contains(text, "BUG: vote-any") {
			t.Errorf("%s is not porcupine's picture with the bug that is on", name)
		}
	}
	if text := exported(t, s, "export diagram FILE", "history.html"); !strings.Contains(text, "Made by raftlab") {
		t.Error("export diagram history.html is no diagram")
	}
	t.Chdir(t.TempDir())
	for line, says := range map[string]string{
		"export a.txt": "does not say what to write", "export diagram": "does not say what to write", "export transcript a.html": "writes no .html file",
		"export a.md last 3": "takes no last COUNT", "export linearizable a.html S1": "takes no NODES", "export no/a.svg": "no such directory",
		"export diagram a.svg type=PV": "Nothing of that kind",
	} {
		err := s.Run(context.Background(), line, f)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", line, err)
		}
	}
	if left, _ := os.ReadDir("."); len(left) > 0 {
		t.Errorf("%v was written", left)
	}
	if err := os.Mkdir("dir.svg", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(context.Background(), "export dir.svg", f); err == nil {
		t.Error("a directory was written to")
	}
}
