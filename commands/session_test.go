package commands

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
)

func TestALineRunsItsCommandsInOrderAndStopsAtAFailure(t *testing.T) {
	s, w, f := fake(t, Options{})
	err := s.Run(context.Background(), "tick; ;tick 2;; kill S9; tick 3", f)
	if err == nil || strings.Join(w.done, ",") != "tick 1 ,tick 2 " || len(f.results) != 3 {
		t.Errorf("did %q, %d results, %v", w.done, len(f.results), err)
	}
	if f.results[2].Err == nil || f.results[2].Command != "kill S9" || f.results[0].Err != nil {
		t.Errorf("%+v", f.results[2])
	}
}

func TestKeepGoingGoesOnAfterAFailureAndStillTells(t *testing.T) {
	s, w, f := fake(t, Options{KeepGoing: true})
	err := s.Run(context.Background(), "kill S9; tick; nosuch; tick 2", f)
	if err == nil || !strings.Contains(err.Error(), "there is no S9") || len(w.done) != 2 || len(f.results) != 4 {
		t.Errorf("did %q, %d results, %v", w.done, len(f.results), err)
	}
}

func TestBlankLinesAndCommentsDoNothing(t *testing.T) {
	s, _, f := fake(t, Options{})
	for _, line := range []string{"", "  ", "# tick", " ; ;# x", "\r\n", lang.BOM} {
		if err := s.Run(context.Background(), line, f); err != nil || len(f.results) > 0 {
			t.Errorf("%q: %v, %d results", line, err, len(f.results))
		}
	}
}

func TestACommandIsOneStepOrNothing(t *testing.T) {
	for _, c := range []struct {
		line   string
		done   string
		record string
	}{
		{"tick 5 # now", "tick 5 ", "begin tick 5, commit tick 5"},
		{"half", "", "begin half, rollback"},
		{"panic", "", "begin panic, rollback"},
		{"gaveup", "some", "begin gaveup, commit run 100"},
		{"kill S9", "", ""},
		{"say x", "", ""},
		{"expect clock == 1", "", ""},
		{"! half", "", "begin , begin half, rollback, commit "},
		{"! gaveup", "some", "begin , begin gaveup, commit run 100, commit "},
		{"! tick", "", "begin , begin tick, commit tick, rollback"},
		{"! kill S9", "", ""},
		{"whatif tick", "", "begin whatif tick, begin , begin tick, commit tick, rollback, commit whatif tick"},
	} {
		s, w, _ := fake(t, Options{})
		done, _ := w.run(s, c.line)
		if record := strings.Join(w.record, ", "); done != c.done || record != c.record {
			t.Errorf("%s\n  did  %q, want %q\n  told %q\n  want %q", c.line, done, c.done, record, c.record)
		}
		if len(w.steps) != 0 {
			t.Errorf("%s: a step stays open", c.line)
		}
	}
}

func TestNotTurnsAFailureRound(t *testing.T) {
	for line, ok := range map[string]bool{
		"! kill S9": true, "!kill S9": true, "! tick -1": true, "! half": true, "! expect clock == 1": true, "! ! tick": true,
		"! tick": false, "! expect clock == 0": false, "! ! kill S9": false, "! say x": false,
		"! panic": false, // a fault of ours is never what a script meant
		"!":       false,
		"! quit":  false,
		// Mistakes of the script are no refusals, wherever they stand.
		"! nosuch": false, `! put "x`: false, `! put "\q"`: false, "! expect clock ==": false, "! expect": false, "! expect (clock": false,
		"! whatif nosuch": false, "! whatif expect )": false, "! expect nosuch": false,
	} {
		s, _, f := fake(t, Options{})
		err := s.Run(context.Background(), line, f)
		if (err == nil) != ok {
			t.Errorf("%s: %v", line, err)
		}
		if r := f.results[0]; ok && !strings.HasPrefix(line, "! !") && (r.Command[0] != '!' || r.Value == nil) {
			t.Errorf("%s: %+v", line, r)
		}
	}
}

func TestAPanicIsToldAsAFaultWithItsPlace(t *testing.T) {
	s, w, _ := fake(t, Options{})
	_, err := w.run(s, "tick; panic")
	text := ""
	if err != nil {
		text = err.Error()
	}
	for _, want := range []string{"a fault of raftlab's own", "nil pointer", "fake_test.go:", "save fault.raft", "write panic below"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if !slices.Equal(w.done, []string{"tick 1 "}) {
		t.Errorf("did %q", w.done)
	}
}

func TestQuitEndsTheLine(t *testing.T) {
	s, w, f := fake(t, Options{KeepGoing: true})
	err := s.Run(context.Background(), "tick; kill S9; quit; tick 2", f)
	if !errors.Is(err, lang.ErrQuit) || !strings.Contains(err.Error(), "S9") || len(w.done) != 1 {
		t.Errorf("did %q, %v", w.done, err)
	}
	if last := f.results[len(f.results)-1]; last.Command != "quit" || last.Err != nil {
		t.Errorf("%+v", last)
	}
}

func TestCtrlCEndsTheLineBetweenCommands(t *testing.T) {
	s, w, f := fake(t, Options{KeepGoing: true})
	ctx, cancel := context.WithCancel(context.Background())
	stop := &stopper{screen: f, cancel: cancel}
	err := s.Run(ctx, "tick; tick 2", stop)
	if !errors.Is(err, ErrInterrupted) || len(w.done) != 1 {
		t.Errorf("did %q, %v", w.done, err)
	}
}

// stopper is a frontend on which the user presses Ctrl-C when it shows the
// first result.
type stopper struct {
	*screen
	cancel func()
}

func (s *stopper) Show(r *Result) {
	s.screen.Show(r)
	s.cancel()
}

func TestExpect(t *testing.T) {
	for _, c := range []struct{ line, fails string }{
		{`expect S1.term == 1`, ""},
		{`expect S1.term == 2`, "does not hold: S1.term is 1"},
		{`expect S1.term`, "a condition is true or false, but this is a number"},
		{`expect leader.id == "S1"`, "does not hold: leader.id has no value: no server leads"},
		{`expect clock % (clock + 0) == 1`, "has no answer: integer divide by zero"},
	} {
		s, w, _ := fake(t, Options{})
		_, err := w.run(s, c.line)
		if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: %v, want %q", c.line, err, c.fails)
		}
	}
}

func TestATrueExpectThatNamesViolationsAcceptsThem(t *testing.T) {
	for line, want := range map[string]int{
		"expect len(violations) == 0": 1, "expect len(violations) == 1": 0, "expect clock == 0": 0,
	} {
		s, w, _ := fake(t, Options{})
		w.run(s, line)
		if w.accepted != want {
			t.Errorf("%s: accepted %d times", line, w.accepted)
		}
	}
}

func TestConsoleSettings(t *testing.T) {
	s, _, f := fake(t, Options{})
	s.Run(context.Background(), "echo; echo on; echo", f)
	if got := f.text(); got != "echo is off\necho is on\n" {
		t.Errorf("%q", got)
	}
	if ok, err := s.SetConsole("output", "json"); !ok || err != nil || !s.OutputJSON() {
		t.Error("output json", ok, err)
	}
	if ok, err := s.SetConsole("output", "xml"); !ok || err == nil || !s.OutputJSON() {
		t.Error("output xml", ok, err)
	}
	if ok, _ := s.SetConsole("latency", "1"); ok {
		t.Error("latency is a setting of the world")
	}
}

func TestPauseAsksOnlyAPerson(t *testing.T) {
	s, _, f := fake(t, Options{})
	s.Run(context.Background(), "pause", f)
	f.interactive = true
	s.RunScript(context.Background(), "-c", strings.NewReader("pause"), f)
	if f.paused != 1 {
		t.Errorf("paused %d times", f.paused)
	}
}

func TestSayShowsNoControlCharacters(t *testing.T) {
	s, _, f := fake(t, Options{})
	s.Run(context.Background(), "say a\x1b[2Jb é", f)
	if got := f.text(); got != "a\\x1b[2Jb é\n" {
		t.Errorf("%q", got)
	}
}

func TestProgressIsRareAndWipedAtTheEnd(t *testing.T) {
	s, _, f := fake(t, Options{})
	s.Table.Register(&Command{Name: "long", Topic: lab.TopicTime, Summary: "takes long", Run: func(c *Call) (*Result, error) {
		for i := range 1000 {
			c.Progress("%d of 1000", i)
		}
		return OK(), nil
	}})
	s.Run(context.Background(), "long; tick", f)
	if n := len(f.progress); n < 2 || n > 500 || f.progress[n-1] != "" || f.progress[0] != "0 of 1000" {
		t.Errorf("%q", f.progress)
	}
}

// interruptedLater is a context that Ctrl-C ends when it has been asked so often.
type interruptedLater struct {
	context.Context
	left int
}

func (c *interruptedLater) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// Ctrl-C keeps what a command has done and says how far it came, and what is
// recorded of it leads there again.
func TestCtrlCKeepsWhatWasDone(t *testing.T) {
	for _, line := range []string{"tick 1000", "tick 1000 S1 S2", "step 1000", "run 1000", "run until false within 1000", "play 1000 for 1000",
		`repeat 1000 "tick; step"`, "roll"} {
		t.Run(line, func(t *testing.T) {
			asked := &interruptedLater{context.Background(), 12}
			s, f := labWith(t, Options{Nodes: 4, Seed: 3}, "set latency 1..3")
			before := s.world.(*lab.Lab).World().Position()
			err := s.Run(asked, line, f)
			if !errors.Is(err, lang.ErrInterrupted) || !regexp.MustCompile(`interrupted (after|in) `).MatchString(err.Error()) {
				t.Fatalf("it says %v", err)
			}
			w := s.world.(*lab.Lab)
			if w.World().Position() == before {
				t.Error("nothing is kept of what it did")
			}
			script, _ := w.Script()
			again, _ := labWith(t, Options{Nodes: 4, Seed: 3}, script...)
			if again.world.(*lab.Lab).World().Fingerprint() != w.World().Fingerprint() {
				t.Errorf("what is recorded does not lead there again:\n%s", strings.Join(script, "\n"))
			}
		})
	}
}
