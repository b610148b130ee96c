package commands

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"raftlab/commands/acts"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/docs"
)

// lessons are the scripts in docs, by the command that runs them.
func lessons() map[string]string {
	all := map[string]string{"tour": docs.Tour}
	for _, name := range lab.ScenarioNames() {
		all["scenario "+name] = acts.ScenarioText(name)
	}
	return all
}

// labWith is a session with a real cluster that has done the lines.
func labWith(t *testing.T, o Options, lines ...string) (*Session, *screen) {
	t.Helper()
	s, err := NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	f := &screen{}
	for _, line := range lines {
		mustRun(t, s, f, line)
	}
	return s, f
}

func mustRun(t *testing.T, s *Session, f *screen, line string) {
	t.Helper()
	if err := runOn(context.Background(), s, f, line); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// runOn runs a line and then, at the stops of what is shown, what a person does there: they
// press Enter or type what they have to type, and answer questions. A goal ends it.
func runOn(ctx context.Context, s *Session, f *screen, line string) error {
	err := s.Run(ctx, line, f)
	for !lang.Ends(err) && ctx.Err() == nil && inLesson(s) && !hasGoal(s) {
		line := ""
		if question := s.Asking(); question == nil {
			line = f.atPause()
		} else if f.answer != nil {
			text := ""
			for _, b := range question {
				text += blockText(b)
			}
			line = f.answer(text)
		}
		switch {
		case f.gone:
			f.Show(lang.OK().Block(s.Leave()...))
			return lang.ErrQuit
		case ctx.Err() != nil: // Ctrl-C
			continue
		case line == "":
			line = s.EmptyLine()
		default:
			line = s.AtPrompt(line)
		}
		if e := s.Run(ctx, line, f); lang.Ends(e) {
			err = e
		}
	}
	if ctx.Err() != nil {
		f.Show(lang.OK().Block(s.Leave()...))
	}
	return err
}

// A lesson brings its own cluster: it does not matter what was before.
func TestLessonsHoldFromAnywhere(t *testing.T) {
	before := map[string]func() (*Session, *screen){
		"fresh": func() (*Session, *screen) { return labWith(t, Options{Nodes: 5, Seed: 1}) },
		"other": func() (*Session, *screen) {
			return labWith(t, Options{Nodes: 3, Seed: 99},
				"set noop off; set prevote on; set latency 1..3; set fsync off; set back-off conflict-term; set election-timeout 7..9",
				"run 30; put x 1; kill S2; cut S1->S3; freeze S3")
		},
	}
	for command := range lessons() {
		for name, start := range before {
			t.Run(command+"/"+name, func(t *testing.T) {
				s, f := start()
				mustRun(t, s, f, command)
				if n := s.UnexpectedBreaches(); len(n) != 0 {
					t.Errorf("unexpected breaches: %q", n)
				}
				if s.InScript() || s.Echo {
					t.Error("the session is not as it was")
				}
			})
		}
	}
}

// The cluster that was there before a lesson can be gone back to.
func TestLessonsKeepTheOldCluster(t *testing.T) {
	for command := range lessons() {
		s, f := labWith(t, Options{Nodes: 4, Seed: 1}, "timeout S2; settle; put k v; settle")
		mustRun(t, s, f, command)
		mustRun(t, s, f, `goto main; expect len(nodes) == 4 && leader.id == "S2" && S2.kv["k"] == "v"`)
	}
}

// After the tour `undo` takes back what was typed last, not all of it; a
// scenario is one step.
func TestUndoAfterALesson(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "tour")
	mustRun(t, s, f, `undo; expect len(leaders) == 2 && S1.entries[2].data == "x=old"`)
	s, f = labWith(t, Options{Nodes: 5, Seed: 1}, "scenario split-brain", "undo")
	mustRun(t, s, f, "expect position == 0 && len(leaders) == 0")
	world := func() uint64 { return s.world.(*lab.Lab).World().Fingerprint() }
	for command := range lessons() {
		if command == "tour" {
			continue
		}
		s, f = labWith(t, Options{Nodes: 4, Seed: 1}, "timeout S2; settle")
		before := world()
		mustRun(t, s, f, command)
		after := world()
		mustRun(t, s, f, "undo")
		if world() != before || len(s.world.(*lab.Lab).History.Future()) > 0 {
			t.Errorf("%s: undo does not lead to where it began", command)
		}
		if mustRun(t, s, f, "redo"); world() != after {
			t.Errorf("%s: redo does not lead to where it ended", command)
		}
	}
}

// What `save` writes after a lesson leads to the same place.
func TestLessonsCanBeSaved(t *testing.T) {
	for command := range lessons() {
		t.Run(command, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "saved.raft")
			s, f := labWith(t, Options{Nodes: 5, Seed: 1}, command, "save "+file)
			again, g := labWith(t, Options{Nodes: 3, Seed: 4}, "source "+file)
			for _, look := range []string{"status", "digest", "messages", "clients", "links", "timers", "bugs"} {
				mustRun(t, s, f, look)
				mustRun(t, again, g, look)
				want, got := f.results[len(f.results)-1].JSON(), g.results[len(g.results)-1].JSON()
				if !bytes.Equal(want, got) {
					t.Errorf("%s:\n%s\nafter save and source:\n%s", look, want, got)
				}
			}
		})
	}
}

// A person is asked to press Enter between the beats.
func TestLessonsWaitForAPerson(t *testing.T) {
	for command, text := range lessons() {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		f.interactive = true
		mustRun(t, s, f, command)
		beats := strings.Count("\n"+text, "\nsay ")
		if last := text[strings.LastIndexByte(strings.TrimSuffix(text, "\n"), '\n')+1:]; strings.HasPrefix(last, "say ") {
			beats-- // the last word is none
		}
		if f.paused < beats-1 {
			t.Errorf("%s: %d pauses for %d beats", command, f.paused, beats)
		}
	}
}

func TestLessonsAreWellMade(t *testing.T) {
	for command, text := range lessons() {
		if err := wellMade(text); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// wellMade holds a lesson to its form: it says what it shows, begins a cluster
// of its own, expects something in every beat, and fits a screen.
func wellMade(text string) error {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if !strings.HasPrefix(lines[0], "# ") {
		return fmt.Errorf("no comment in the first line")
	}
	begun, expected := false, true
	for i, line := range lines[1:] {
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case word == "say" && utf8.RuneCountInString(rest) > 160:
			return fmt.Errorf("line %d says more than two lines of 80 columns", i+2)
		case word != "say" && utf8.RuneCountInString(line) > 100:
			return fmt.Errorf("line %d is wider than 100 columns", i+2)
		case word == "say" && !expected:
			return fmt.Errorf("nothing is expected in the beat before line %d", i+2)
		case word == "say":
			expected = i == len(lines)-2 // the last word is no beat
		case word == "expect":
			expected = true
		case word == "new":
			begun = rest != ""
		case !begun:
			return fmt.Errorf("line %d comes before new COUNT", i+2)
		}
	}
	if !expected {
		return fmt.Errorf("nothing is expected in the last beat")
	}
	return nil
}

// wellMade is no test unless it can fail.
func TestBadLessonsAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"new 5\n":                     "no comment",
		"# x\nstatus\n":               "before new",
		"# x\nnew\nstatus\n":          "before new",
		"# x\nnew 5\nsay a\nsay b\n":  "before line 4",
		"# x\nnew 5\nsay a\nstatus\n": "last beat",
		"# x\nnew 5\nput x " + strings.Repeat("é", 97) + "\n": "100 columns",
		"# x\nnew 5\nsay " + strings.Repeat("é", 161) + "\n":  "two lines",
		"# x\nnew 5\nsay a\nstatus\nsay b\n":                  "before line 5",
	} {
		if err := wellMade(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
