package commands

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/trace"
	"raftlab/commands/diagrams"
	"raftlab/commands/prose"
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

// The page holds all of its parts, loads nothing, and text stays text.
func TestHTML(t *testing.T) {
	s := rude(t)
	rows, _ := rowsOf(t, s, "diagram last 500")
	text := exported(t, s, "export FILE", "a.html")
	for _, bad := range []string{"://", " src=", "url(", "@import", "<b>&amp;", "<x y="} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(text, "</script"); n != 2 {
		t.Errorf("%d ends of scripts", n)
	}
	_, data, _ := strings.Cut(text, `id="data">`)
	data, _, _ = strings.Cut(data, "</script>")
	var v struct {
		States [][]string
		Rows   []struct {
			Text    string
			Servers []int
		}
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		t.Fatal(err)
	}
	words := html.UnescapeString(text)
	for i, r := range v.Rows {
		if i >= len(rows) || strings.TrimSuffix(r.Text, ".") != prose.Visible(rows[i].Text) || len(r.Servers) != 3 {
			t.Fatalf("row %d: %+v", i, r)
		}
		if !strings.Contains(words, fmt.Sprintf("</a> %s</li>", r.Text)) {
			t.Errorf("row %d is not there in words", i)
		}
		for n, place := range r.Servers {
			cells := v.States[place]
			if role := rows[i].Roles[cells[0]]; cells[0] != fmt.Sprintf("S%d", n+1) || cells[1] != role {
				t.Errorf("row %d: %v, and it is a %s", i, cells, role)
			}
		}
	}
	if len(v.Rows) != len(rows) || !strings.Contains(text, `<p class="bug">BUG: vote-any`) {
		t.Errorf("%d rows, not %d; or the bug is not shown", len(v.Rows), len(rows))
	}
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

// driver presses keys on a page, and writes what it sees.
const driver = `<script>
window.addEventListener("load", function () {
  var out = [];
  function see(name) { out.push(name + ": " + document.getElementById("where").textContent + " / " + document.querySelectorAll(".chosen").length +
    " / " + document.querySelector("[aria-current]").id + " / " + [].map.call(document.querySelectorAll("#servers tr"), function (tr) { return tr.cells[1].textContent; }).join(" ") +
    " / " + document.querySelectorAll("#servers .changed").length + (document.getElementById("help").open ? " / help" : "")); }
  function press(key) { document.dispatchEvent(new KeyboardEvent("keydown", { key: key, bubbles: true, cancelable: true })); see(key); }
  see("start");
  ["ArrowDown", "ArrowRight", "ArrowUp", "End", "ArrowDown", "PageUp", "Home", "ArrowLeft", "?", "End", "?"].forEach(press);
  document.querySelectorAll(".band")[3].dispatchEvent(new MouseEvent("click", { bubbles: true }));
  see("click");
  document.querySelector("[data-go=next]").click();
  see("button");
  document.title = JSON.stringify(out);
});
window.onerror = function (e) { document.title = JSON.stringify(["error: " + e]); };
</script>`

// browser is a Chromium, if there is one.
func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("there is no Chromium")
	return ""
}

// The page does in a browser what it says: keys, clicks and buttons go from event
// to event, and the servers are shown as they were then.
func TestHTMLInABrowser(t *testing.T) {
	chromium := browser(t)
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; put x 1; settle")
	text := exported(t, s, "export FILE", "a.html")
	file := filepath.Join(t.TempDir(), "driven.html")
	if err := os.WriteFile(file, []byte(strings.Replace(text, "</body>", driver+"</body>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	page := url.URL{Scheme: "file", Path: file}
	out, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--dump-dom", page.String()).Output()
	if err != nil {
		t.Skipf("Chromium does not run here: %v", err)
	}
	_, title, _ := strings.Cut(string(out), "<title>")
	title, _, _ = strings.Cut(title, "</title>")
	var got []string
	if err := json.Unmarshal([]byte(html.UnescapeString(title)), &got); err != nil {
		t.Fatalf("%v: %s", err, title)
	}
	want := strings.Split(strings.TrimSpace(browsed), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("step %d differs:\n%s", i, strings.Join(got, "\n"))
			return
		}
	}
}

// browsed is, step by step: the position, how many rows are chosen, the sentence,
// the roles, and how many cells have changed.
const browsed = `
start: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0
ArrowDown: #7, 2 of 14 / 1 / e1 / candidate follower follower / 3
ArrowRight: #11, 3 of 14 / 1 / e2 / candidate follower follower / 3
ArrowUp: #7, 2 of 14 / 1 / e1 / candidate follower follower / 3
End: #50, 14 of 14 / 1 / e13 / leader follower follower / 0
ArrowDown: #50, 14 of 14 / 1 / e13 / leader follower follower / 0
PageUp: #15, 4 of 14 / 1 / e3 / leader follower follower / 6
Home: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0
ArrowLeft: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0
?: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0 / help
End: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0 / help
?: #1, 1 of 14 / 1 / e0 / candidate follower follower / 0
click: #15, 4 of 14 / 1 / e3 / leader follower follower / 6
button: #20, 5 of 14 / 1 / e4 / leader follower follower / 0
`
