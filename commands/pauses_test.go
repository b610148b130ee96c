package commands

import (
	"context"
	"strings"
	"testing"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// typing runs lines as a person types them, each at the prompt, and returns what the last one shows.
func (f *screen) typing(s *Session, lines ...string) string {
	for _, line := range lines {
		f.results = nil
		if line = s.AtPrompt(line); line != "" {
			_ = s.Run(context.Background(), line, f)
		}
	}
	return f.text()
}

// Where a script waits, people type words that are no commands. Each goes on, leaves, or is told what there is to
// do; none is taken for the beginning of a command, and none ends the script.
func TestSmallWordsAtAPause(t *testing.T) {
	const here = "back goes one beat back, q leaves, and you may type any command first"
	for _, begins := range []string{"tour", "scenario figure-8", "lesson 4", "lesson 10 demo"} {
		for word, want := range map[string]string{
			"yes": "2/", "y": "2/", "OK": "2/", "go on": "2/", "continue": "2/",
			"no": here, "n": here, "3": here, "banana": here, "statsu": "did you mean status",
			"q": "waits at beat 1 of", "stop": "waits at beat 1 of", "?": "goes one beat back",
		} {
			s, f := learner(t, memory{})
			f.typing(s, begins)
			shown := f.typing(s, word)
			switch went := strings.Contains(place(s), " 2/"); {
			case word == "?" && strings.Contains(shown, "advances the clocks"), want == "2/" && !went, want != "2/" && (went || !strings.Contains(shown, want)):
				t.Errorf("%s, %s: at %q:\n%s", begins, word, place(s), shown)
			}
		}
	}
}

// A question takes an answer, and no cry for help; a goal says what leads to it.
func TestSmallWordsAtAQuestion(t *testing.T) {
	s, f := learner(t, memory{})
	ownLesson(t, "# Own\n# 1 minutes; 5.2\nnew 3\npredict who \"Who?\"\ntimeout S2; settle\nreveal who leader.id\n"+
		"pause\ngoal \"S2 is down\" !S2.up\nkill S2\ndone\n")
	f.typing(s, "lesson own.raft")
	for word, want := range map[string]string{"?": "is your guess", "help": "is your guess"} {
		if shown := f.typing(s, word); !strings.Contains(shown, want) || s.Asking() == nil {
			t.Errorf("%s at a question: %s", word, shown)
		}
	}
	if shown := f.typing(s, "q"); !strings.Contains(shown, "waits at beat 1") || inLesson(s) {
		t.Errorf("q at a question: %s", shown)
	}
	f.typing(s, "lesson own.raft", "S2")
	for !hasGoal(s) {
		f.typing(s, "ok")
	}
	for _, word := range []string{"yes", "no", "3", "ok"} {
		if shown := f.typing(s, word); !strings.Contains(shown, "or type hint, solution, skip or again") || !hasGoal(s) {
			t.Errorf("%s at a goal: %s", word, shown)
		}
	}
}

// player is a person who watches `play` for some ticks, and then presses a key.
type player struct {
	*screen
	ticks int
}

func (p *player) Interactive() bool { return true }
func (p *player) Frame([]view.Block) lang.Pressed {
	if p.ticks--; p.ticks < 0 {
		return lang.TypeKey
	}
	return lang.NoKey
}

// types types a line while `play` waits for it, and lets as many ticks pass after it.
func (p *player) types(t *testing.T, s *Session, line string, ticks int) {
	t.Helper()
	p.ticks, p.results = ticks, nil
	paused := s.Paused()
	if line = s.AtPrompt(line); line != "" {
		if err := s.Run(context.Background(), line, p); err != nil {
			t.Fatal(err)
		}
	}
	if paused != "" && s.Paused() == paused {
		if err := s.Run(context.Background(), paused, p); err != nil {
			t.Fatal(err)
		}
	}
}

// For undo a command that was typed while `play` runs is one with the time that has passed since, whatever was
// looked at in between; and so is the time before it.
func TestUndoInPlay(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle")
	p := &player{screen: f}
	at := func(clock, down string) {
		t.Helper()
		s.must(t, "expect clock == "+clock+" && len(filter(nodes, !.up)) == "+down)
	}
	p.types(t, s, "play 1000", 2)
	p.types(t, s, "status", 3)
	p.types(t, s, "kill S3", 4)
	p.types(t, s, "log", 1)
	p.types(t, s, "kill S2", 2)
	p.types(t, s, "pause", 0)
	if !strings.Contains(f.text(), "Time stands still at tick 12. Type play to let it go on.") || s.Paused() != "" {
		t.Errorf("pause: %s", f.text())
	}
	at("12", "2")
	for _, step := range []struct{ says, clock, down string }{
		{"Took back run 2; kill S2.", "10", "1"}, {"Took back 5 ticks; kill S3.", "5", "0"},
		{"Took back 5 ticks.", "0", "0"}, {"Took back settle.", "0", "0"},
	} {
		p.types(t, s, "undo", 0)
		if !strings.Contains(f.text(), step.says) {
			t.Errorf("%s, want %s", f.text(), step.says)
		}
		at(step.clock, step.down)
	}
	s.must(t, "redo; redo; redo; redo")
	at("12", "2")
	// while it plays on, each undo reaches the next command all the same
	p.types(t, s, "play 1000", 2)
	p.types(t, s, "undo", 1)
	p.types(t, s, "undo", 1)
	p.types(t, s, "stop", 0)
	at("11", "1")
	kept, _ := s.Kept()
	again, err := NewSession(Options{Resume: kept})
	if err != nil {
		t.Fatal(err)
	}
	again.must(t, "expect clock == 11; undo; expect clock == 5; undo; expect clock == 0 && leader.id == \"S1\"; undo; expect leader == nil")
	script, _ := s.world.Script()
	labWith(t, Options{Nodes: 3, Seed: 1}, append(script, "expect clock == 11")...)
}

// When undo takes a whole scenario back, the prompt is that of before, and the scenario can be resumed.
func TestUndoOfAScenario(t *testing.T) {
	for _, begins := range []string{"scenario figure-7", "tour"} {
		s, f := learner(t, memory{})
		f.typing(s, "timeout S3", begins, "kill S3", "undo")
		if !inLesson(s) {
			t.Errorf("%s is left by undo of a command at its stop", begins)
		}
		f.typing(s, "kill S3", "undo", "kill S2", "undo")
		shown := f.typing(s, "undo")
		if begins == "tour" { // its commands are steps of their own
			continue
		}
		if inLesson(s) || !strings.Contains(shown, "figure-7 waits at beat 1") {
			t.Errorf("%s: %q after undo:\n%s", begins, place(s), shown)
		}
		s.must(t, "expect S3.role == \"candidate\"")
		if f.typing(s, begins); !inLesson(s) {
			t.Errorf("%s does not begin again", begins)
		}
	}
}
