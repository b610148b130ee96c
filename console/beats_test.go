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
type wall struct{ shown strings.Builder }

func (w *wall) blocks(b []view.Block) {
	w.shown.WriteString(paint.Renderer{Width: 80, Height: 24}.Blocks(b))
}
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
	w := &wall{}
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
