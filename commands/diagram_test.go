package commands

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/diagrams"
	"raftlab/commands/lab"
	"raftlab/commands/view"
)

// rowsOf is what a diagram command has in JSON.
func rowsOf(t *testing.T, s *Session, line string) (rows []diagrams.RowView, complete bool) {
	t.Helper()
	f := &screen{}
	mustRun(t, s, f, line)
	var v struct {
		Result struct {
			Rows     []diagrams.RowView
			Complete bool
		}
	}
	if err := json.Unmarshal(f.results[0].JSON(), &v); err != nil {
		t.Fatal(err)
	}
	return v.Result.Rows, v.Result.Complete
}

func ids(rows []diagrams.RowView) string {
	var out []string
	for _, r := range rows {
		if r.Message != nil {
			out = append(out, r.Message.ID+" "+string(r.Message.Fate))
		}
	}
	return strings.Join(out, ", ")
}

func TestDiagramFilters(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; put x 1; drop AE S1->S3; kill S3; heartbeat; settle S1 S2")
	for _, c := range []struct{ line, want string }{
		{"diagram type=RVR", "m3 delivered, m4 delivered"},
		{"diagram S2 S3", ""},
		{"diagram S3 type=AE", "m6 delivered, m10 dropped, m12 in flight"},
		{"diagram S1 S3 type=AE,AER last 2", "m10 dropped, m12 in flight"},
		{"diagram type=AE last 1 to 8", ""},
	} {
		rows, _ := rowsOf(t, s, c.line)
		if got := ids(rows); got != c.want {
			t.Errorf("%s: %s, not %s", c.line, got, c.want)
		}
	}
	if rows, whole := rowsOf(t, s, "diagram"); !whole || rows[0].Position != 1 || rows[0].Roles["S1"] != "candidate" || len(rows[0].Sent) != 2 {
		t.Errorf("the beginning: %+v", rows[0])
	}
	if rows, whole := rowsOf(t, s, "diagram last 3"); whole || len(rows) != 4 { // and one in flight
		t.Errorf("the last 3: %d", len(rows))
	}
}

// Every kind of row of every lesson has a note and a sentence, in words without
// gaps, and the picture of any part of it can be made.
func TestDiagramsOfTheLessons(t *testing.T) {
	kinds := map[string]bool{}
	for command := range lessons() {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		mustRun(t, s, f, command)
		f.results = nil
		mustRun(t, s, f, "diagram from 0; diagram last 7; diagram S1; diagram S1 S2")
		for _, r := range f.results {
			for _, d := range r.View {
				d, ok := d.(view.Diagram)
				if !ok {
					continue
				}
				for i, row := range d.Rows {
					note, text := row.Note.String(), d.Text[i].String()
					if note == "" || strings.Contains(note, ", ,") || strings.HasSuffix(note, ", ") || strings.HasPrefix(text, ";") || len(text) < 12 {
						t.Fatalf("%s: %q, %q", command, note, text)
					}
					if len(row.Tracks) != len(d.Lanes) {
						t.Fatalf("%s: %d tracks", command, len(row.Tracks))
					}
				}
			}
		}
		c := &Call{Ctx: context.Background(), Session: s.Session, World: s.World(), Front: f, Command: s.Table.Lookup("diagram")}
		p, err := diagrams.StretchOf(c, 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, p.Picture().SVG())
		for _, r := range p.Rows {
			for _, e := range r.Events {
				kinds[string(e.Kind())] = true
			}
		}
	}
	for _, kind := range []string{"crashed", "restarted", "snapshot", "installed", "members", "truncated", "committed", "answered", "cut", "healed", "set", "given"} {
		if !kinds[kind] {
			t.Errorf("no lesson's diagram has %s", kind)
		}
	}
}

// A diagram does not touch the present, wherever it looks.
func TestDiagramLooksOnly(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; checkpoint a; put x 1; settle", "goto a; put x 2; settle; back 2")
	l := s.World().(*lab.Lab)
	before, branches := l.History.Place(), len(l.History.Branches())
	for _, line := range []string{"diagram", "diagram from a to main", "diagram to b2:9", "diagram from 3", "diagram from main:30", "diagram S1 text"} {
		f.results = nil
		err := s.Run(context.Background(), line, f)
		if strings.HasSuffix(line, "text") != (err != nil) {
			t.Errorf("%s: %v", line, err)
		}
		if r := f.results[0]; len(r.Events) > 0 || l.History.Place() != before || len(l.History.Branches()) != branches {
			t.Errorf("%s: the present has changed", line)
		}
	}
	mustRun(t, s, f, `forward 99; expect S1.kv["x"] == "2"`)
}

func TestDiagramCompletes(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1})
	for line, want := range map[string]string{"diagram t": "text", "diagram S1 type=A": "type=AER", "diagram S1 la": "last", "diagram type=AE fr": "from"} {
		if _, got := s.Complete(line, len(line)); !slices.Contains(got, want) {
			t.Errorf("%s: %v", line, got)
		}
	}
}
