package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/console/paint"
	"raftlab/docs"
)

// wall is a terminal of 80 columns on which somebody presses Enter. It keeps what stands
// there since they did so last.
type wall struct {
	rows  int
	shown strings.Builder
}

func (w *wall) painted(b []view.Block) string { return paint.Renderer{Width: 80, Height: 24}.Blocks(b) }

func (w *wall) blocks(b []view.Block)    { w.shown.WriteString(w.painted(b)) }
func (w *wall) Fits(b []view.Block) bool { return strings.Count(w.painted(b), "\n") < w.rows }
func (w *wall) Show(r *lang.Result) {
	w.blocks(r.View)
	if r.Err != nil {
		fmt.Fprintln(&w.shown, "FAILED: "+r.Err.Error())
	}
}
func (w *wall) Progress(string)                 {}
func (w *wall) Frame([]view.Block) lang.Pressed { return lang.NoKey }
func (w *wall) Echo(line string) {
	w.blocks([]view.Block{view.Text{Lines: []view.Line{view.L("> " + line)}, Indent: 2}})
}
func (w *wall) Interactive() bool                       { return true }
func (w *wall) Ask([]view.Block, string) (string, bool) { return "", false }

// beat is the text since the last Enter; it begins anew.
func (w *wall) beat(s session) string {
	w.blocks(s.Asking())
	text := w.shown.String() + s.Prompt().String()
	w.shown.Reset()
	return text
}

// everyBeat is what a person sees from one Enter to the next, in order. Questions are answered
// by the answer; at a goal they have the solution shown, or skip it.
func everyBeat(t *testing.T, line, answer, atGoal string) (beats []string) {
	s, err := openSession(commands.Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := &wall{rows: 24}
	for range 400 {
		_ = s.Run(context.Background(), line, w)
		beat := w.beat(s)
		if beats = append(beats, beat); strings.Contains(beat, "FAILED") {
			t.Errorf("after %s:\n%s", line, beat)
		}
		if strings.HasPrefix(s.Prompt().String(), "[") {
			return beats
		}
		switch line = s.EmptyLine(); {
		case s.Asking() != nil && answer != "":
			line = s.AtPrompt(answer)
		case strings.Contains(s.Prompt().String(), "goal "):
			line = atGoal
		}
	}
	t.Fatalf("%s does not end", line)
	return nil
}

// comingBack is every screen that a person sees who leaves at each prompt and comes back to it.
func comingBack(t *testing.T, line, answer string, rows int) (screens []string) {
	s, err := openSession(commands.Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	w, seen := &wall{rows: rows}, map[string]bool{}
	again := strings.TrimSuffix(line, " demo")
	for range 400 {
		_ = s.Run(context.Background(), line, w)
		asks := s.Asking() != nil
		w.shown.Reset()
		if strings.HasPrefix(s.Prompt().String(), "[") {
			return screens
		}
		at, _, _ := strings.Cut(s.Prompt().String(), "[") // what is in the brackets differs from time to time
		if at += s.EmptyLine(); !seen[at] || asks && !seen[at+" asks"] {
			seen[at], seen[at+" asks"] = true, seen[at+" asks"] || asks
			s.Leave()
			_ = s.Run(context.Background(), again, w)
			screens = append(screens, w.beat(s))
		}
		switch line = s.EmptyLine(); {
		case s.Asking() != nil && answer != "":
			line = s.AtPrompt(answer)
		case strings.Contains(s.Prompt().String(), "goal "):
			line = "solution"
		}
	}
	t.Fatalf("%s does not end", line)
	return nil
}

// A screen with more lines shows more of what stands above a beat.
func TestComingBackFillsATallScreen(t *testing.T) {
	lines := func(rows int) int {
		return strings.Count(strings.Join(comingBack(t, "scenario figure-8", "1", rows), ""), "\n")
	}
	if low, high := lines(24), lines(60); high <= low {
		t.Errorf("60 rows show %d lines, and 24 show %d", high, low)
	}
}

// Whoever comes back sees the beat on one screen, too, below what its text speaks of.
func TestComingBackFitsTheScreen(t *testing.T) {
	all := []string{"tour"}
	for _, name := range docs.Scenarios() {
		all = append(all, "scenario "+name)
	}
	for _, name := range docs.Lessons() {
		all = append(all, "lesson "+name)
	}
	for _, line := range all {
		for i, beat := range comingBack(t, line, "1", 24) {
			if n := strings.Count(beat, "\n") + 1; n > 24 || strings.Contains(beat, "FAILED") {
				t.Errorf("%s, screen %d has %d lines:\n%s", line, i, n, beat)
			}
		}
	}
}

// Every beat fits a screen of 24 lines and 80 columns: of lessons with right and with wrong answers and
// solutions, of demos, scenarios, stories of bugs, and the tour.
func TestEveryBeatFitsTheScreen(t *testing.T) {
	all := []string{"tour"}
	for _, name := range append(docs.Scenarios(), docs.Bugs()...) {
		all = append(all, "scenario "+name)
	}
	for _, name := range append(docs.Lessons(), "fast") {
		all = append(all, "lesson "+name, "lesson "+name+" demo")
	}
	for _, line := range all {
		for _, answer := range []string{"", "1", "no"} {
			if answer != "" && (!strings.HasPrefix(line, "lesson") || strings.HasSuffix(line, "demo")) {
				continue
			}
			for i, beat := range everyBeat(t, line, answer, "solution") {
				if n := strings.Count(beat, "\n") + 1; n > 24 {
					t.Errorf("%s, answered %q, screen %d has %d lines:\n%s", line, answer, i, n, beat)
				}
			}
		}
	}
}
