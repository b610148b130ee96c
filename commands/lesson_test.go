package commands

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/commands/acts"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/look"
	"raftlab/docs"
)

// memory is a Store.
type memory map[string][]byte

func (m memory) Load(name string) ([]byte, error)    { return m[name], nil }
func (m memory) Save(name string, data []byte) error { m[name] = data; return nil }

// broken is a Store that cannot be used.
type broken struct{}

func (broken) Load(string) ([]byte, error) { return nil, errors.New("no place") }
func (broken) Save(string, []byte) error   { return errors.New("no place") }

// learner is a person at a terminal who answers wrongly.
func learner(t *testing.T, store lesson.Store) (*Session, *screen) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1, Store: store})
	f.interactive = true
	f.answer = func(string) string { return "99" }
	return s, f
}

// ownLesson writes a lesson into the present directory.
func ownLesson(t *testing.T, text string) {
	t.Helper()
	filesOf(t, map[string]string{"own.raft": text})
}

// shipped is a lesson of the course, and what a reader counts in it.
type shipped struct {
	name, file, text    string
	number              string
	pauses, goals, asks int
}

func eachLesson(t *testing.T, do func(t *testing.T, l shipped)) {
	for _, name := range append(docs.Lessons(), "fast") {
		text, _ := docs.Lesson(name)
		number, _, _ := strings.Cut(name, "-")
		count := func(word string) int { return strings.Count(text, "\n"+word) }
		t.Run(name, func(t *testing.T) {
			do(t, shipped{name: name, file: "lessons/" + name + ".raft", text: text, number: strings.TrimLeft(number, "0"),
				pauses: count("pause\n"), goals: count("goal "), asks: count("predict ")})
		})
	}
}

// place is where in a lesson a person is, as the prompt says it; "" outside of any.
func place(s *Session) string {
	long, _ := lang.Observing[*lesson.Student](s.Session).Prompt()
	return long.String()
}

// inLesson says whether a person is in a lesson, hasGoal also that it stands at a goal.
func inLesson(s *Session) bool { return place(s) != "" }
func hasGoal(s *Session) bool  { return strings.Contains(place(s), "goal ") }

// Run as a script, by name and in a demo, a lesson holds from end to end.
func TestLessonsTellTheTruth(t *testing.T) {
	eachLesson(t, func(t *testing.T, l shipped) {
		s, f := labWith(t, Options{Nodes: 3, Seed: 9}, "set noop off; run 20")
		if err := s.RunScript(context.Background(), l.file, strings.NewReader(l.text), f); err != nil {
			t.Fatal(err)
		}
		mustRun(t, s, f, "lesson "+l.number)
		f.interactive = true
		f.answer = func(question string) string { t.Errorf("a demo asks %q", question); return "" }
		mustRun(t, s, f, "lesson "+l.number+" demo")
		if f.paused < l.pauses+l.asks {
			t.Errorf("%d pauses of %d, and %d questions", f.paused, l.pauses, l.asks)
		}
		if n := s.UnexpectedBreaches(); len(n) != 0 {
			t.Errorf("unexpected breaches: %q", n)
		}
		f.answer = func(string) string { return "1" }
		mustRun(t, s, f, `predict who "Who?"; reveal who 1; ! done`)
		if inLesson(s) || s.InScript() || !strings.Contains(f.text(), "as you said") {
			t.Error("the session is not as it was")
		}
	})
}

// Whatever machine was chosen before, they are about the usual one.
func TestLessonsAndScenariosHaveTheirMachine(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 9})
	mustRun(t, s, f, "machine counter; scenario duplicate-command; machine counter; lesson 5; machine counter; lesson 5 demo")
}

// A student who answers all wrongly and gives up at each goal comes to the end,
// and a hint leads somewhere.
func TestLessonsAreKindToWhoeverGivesUp(t *testing.T) {
	eachLesson(t, func(t *testing.T, l shipped) {
		s, f := learner(t, memory{})
		mustRun(t, s, f, "lesson "+l.number)
		goals := 0
		for ; inLesson(s); goals++ {
			if !hasGoal(s) || goals > l.goals {
				t.Fatalf("the lesson does not go on: %s", f.text())
			}
			before := len(f.results)
			mustRun(t, s, f, "hint")
			if text := f.results[before].View; !strings.Contains(blockText(text[len(text)-1]), "Try ") {
				t.Errorf("goal %d: no hint at its beginning: %v", goals+1, text)
			}
			mustRun(t, s, f, "status")
			if goals%2 == 0 {
				mustRun(t, s, f, "solution")
			} else {
				mustRun(t, s, f, "skip")
			}
		}
		if goals != l.goals {
			t.Errorf("%d goals of %d", goals, l.goals)
		}
		if !strings.Contains(f.text(), "That was lesson "+l.number+",") {
			t.Error("the lesson does not end")
		}
		if strings.Contains(f.text(), "as you said") || strings.Count(f.text(), "; it is ") != strings.Count(f.text(), "Find out why.") {
			t.Error("an answer was right")
		}
	})
}

// A hint follows from where a student is, also where they have done things in another order than the solution.
func TestHintsFollowFromOtherWays(t *testing.T) {
	defer func(was time.Duration) { teaching.Patience = was }(teaching.Patience)
	teaching.Patience = 20 * time.Second
	for did, want := range map[string]string{
		"isolate S1; timeout S2; settle; put x 2; settle":          "Try kill S1",
		"isolate S1; timeout S2; settle; put x 2; settle; kill S1": "Try wipe S1",
		"kill S1; timeout S2; settle":                              "Try wipe S1",
	} {
		s, f := learner(t, memory{})
		for _, line := range []string{"lesson 2", "skip", did} {
			mustRun(t, s, f, line)
		}
		before := len(f.results)
		mustRun(t, s, f, "hint")
		view := f.results[before].View
		if text := blockText(view[len(view)-1]); !strings.Contains(text, want) {
			t.Errorf("after %s: %s", did, text)
		}
	}
}

// Hints alone lead to every goal.
func TestHintsLeadToTheGoal(t *testing.T) {
	defer func(was time.Duration) { teaching.Patience = was }(teaching.Patience)
	teaching.Patience = 20 * time.Second
	eachLesson(t, func(t *testing.T, l shipped) {
		store := memory{}
		s, f := learner(t, store)
		mustRun(t, s, f, "lesson "+l.number)
		for steps := 0; inLesson(s); steps++ {
			if !hasGoal(s) || steps > 100 {
				t.Fatalf("the hints do not end at %s", place(s))
			}
			before := len(f.results)
			mustRun(t, s, f, "hint")
			command := f.results[before].Value.(lesson.HintResult).Command
			if command == "" || strings.Contains(command, "quietly") {
				t.Fatalf("the hint %q before %s", command, place(s))
			}
			mustRun(t, s, f, command)
		}
		for _, how := range keptOf(t, store, l.name).Goals {
			if how != "reached" {
				t.Errorf("a goal was %s", how)
			}
		}
	})
}

// What a lesson lets one find out is not told by a hint before its evidence is
// there, nor by commands that do nothing before it.
func TestHintsDoNotGuessBeforeTheEvidence(t *testing.T) {
	ownLesson(t, `# A guess
# 1 minutes; nothing
new 3
bug random seed 1
goal "It has a name" len(bugs) == 1 && bugs[0] != "?" within 9
timeout S1
settle
waypoint "somebody leads" leader != nil
bug guess `+answer(t, 3, "1")+`
done
`)
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft")
	for _, step := range []string{"timeout S1", "settle", "bug guess " + answer(t, 3, "1")} {
		before := len(f.results)
		mustRun(t, s, f, "hint")
		if got := f.results[before].Value.(lesson.HintResult).Command; got != step {
			t.Errorf("the hint is %q, want %q", got, step)
		}
		mustRun(t, s, f, step)
	}
	if inLesson(s) {
		t.Error("the goal is not reached")
	}
}

// keptLesson is what is kept of a lesson.
type keptLesson struct {
	Goals map[string]string // how each was passed
}

func keptOf(t *testing.T, store memory, name string) keptLesson {
	t.Helper()
	var all struct{ Lessons map[string]keptLesson }
	if err := json.Unmarshal(store["lessons.json"], &all); err != nil || all.Lessons[name].Goals == nil {
		t.Fatalf("nothing is kept: %v", err)
	}
	return all.Lessons[name]
}

// Whoever leaves at any pause, and comes back another day, ends where those end
// who never left.
func TestLessonsCanBeLeftAnywhere(t *testing.T) {
	eachLesson(t, func(t *testing.T, l shipped) {
		straight, g := labWith(t, Options{Nodes: 5, Seed: 1}, "lesson "+l.number)
		store := memory{}
		for visits := 0; ; visits++ {
			s, f := learner(t, store)
			ctx, leave := context.WithCancel(context.Background())
			pauses := 0
			f.pause = func() {
				if pauses++; pauses > 5 { // more than any beat has
					leave() // Ctrl-C
				}
			}
			line := "lesson"
			if visits == 0 {
				line = "lesson " + l.number
			}
			if err := runOn(ctx, s, f, line); err != nil {
				t.Fatal(err)
			}
			if hasGoal(s) {
				f.pause = nil
				mustRun(t, s, f, "skip") // to the next goal or the end
			}
			if !inLesson(s) && strings.Contains(f.text(), "That was lesson "+l.number+",") {
				for _, look := range []string{"status", "digest", "messages", "clients"} {
					mustRun(t, s, f, look)
					mustRun(t, straight, g, look)
					if got, want := f.results[len(f.results)-1].JSON(), g.results[len(g.results)-1].JSON(); string(got) != string(want) {
						t.Errorf("%s\n%s\nwant\n%s", look, got, want)
					}
				}
				return
			}
			if visits > 2*(l.pauses+l.goals+l.asks+1) {
				t.Fatal("it does not end")
			}
		}
	})
}

func TestTheTemplateWorks(t *testing.T) {
	text, _ := docs.Lesson("template")
	ownLesson(t, text)
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft")
	if !hasGoal(s) {
		t.Fatal("no goal")
	}
	if got := s.Prompt().String(); !strings.HasPrefix(got, "lesson goal 0/6 [") {
		t.Errorf("prompt %q", got)
	}
	mustRun(t, s, f, "timeout S3; status")
	if got := s.Prompt().String(); !strings.HasPrefix(got, "lesson goal 1/6 [") {
		t.Errorf("prompt %q", got)
	}
	mustRun(t, s, f, "undo; timeout S3; timeout S3; settle")
	if inLesson(s) || !strings.Contains(f.text(), "Goal reached, in 3 commands") {
		t.Errorf("the goal is reached and nobody sees it:\n%s", f.text())
	}
}

const twoGoals = `# Two goals
# 1 minutes; nothing
new 3
goal "S1 leads" leader.id == "S1" within 2
timeout S1
settle
done
goal "S2 leads" leader.id == "S2" within 2
timeout S2; settle
done
say The end.
expect S2.term == 2
`

// A goal counts as undo does: what one command repeats is one, what could not be
// taken back takes nothing back, and so it is in the solution.
func TestAGoalCountsAsUndoDoes(t *testing.T) {
	ownLesson(t, strings.Replace(twoGoals, "timeout S1\nsettle\ndone", "repeat 9 tick\nrepeat 1 'new 3; timeout S1; settle'\ndone", 1))
	store := memory{}
	s, f := learner(t, store)
	mustRun(t, s, f, "lesson own.raft")
	for _, c := range []struct{ line, want string }{
		{`repeat 3 tick`, "1/2"}, {"! undo 99", "1/2"}, {"! redo 5", "1/2"}, {"undo", "0/2"}, {"redo", "1/2"}, {"! redo", "1/2"},
		{"whatif repeat 2 tick", "1/2"}, {"undo", "0/2"},
	} {
		_ = s.Run(context.Background(), c.line, f)
		if got := place(s); got != "lesson goal "+c.want+" " {
			t.Errorf("after %s it stands at %s, not %s", c.line, got, c.want)
		}
	}
	mustRun(t, s, f, "repeat 3 tick")
	s, f = learner(t, store) // another day
	mustRun(t, s, f, "lesson own.raft")
	if got := place(s); got != "lesson goal 1/2 " {
		t.Errorf("on coming back it stands at %s", got)
	}
	mustRun(t, s, f, "again; repeat 2 'kill S1; restart S1; timeout S1; settle'")
	if got := place(s); got != "lesson goal 0/2 " || !strings.Contains(f.text(), "Goal reached, in 1 command: S1 leads.") {
		t.Errorf("it stands at %s after\n%s", got, f.text())
	}
	mustRun(t, s, f, `expect leader.id == "S1" && S1.term == 1`)
}

// Over the limit, at the prompt of a goal, nothing bad happens.
func TestTakingLongIsNoCatastrophe(t *testing.T) {
	ownLesson(t, twoGoals)
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft")
	mustRun(t, s, f, "tick; tick; tick; tick")
	if n := strings.Count(f.text(), "No harm done"); n != 1 {
		t.Errorf("told %d times", n)
	}
	mustRun(t, s, f, "again")
	if got := s.Prompt().String(); !strings.HasPrefix(got, "lesson goal 0/2 [no leader #0]") {
		t.Errorf("prompt %q", got)
	}
	mustRun(t, s, f, "tick 3; kill S1; restart S1; timeout S1; settle")
	mustRun(t, s, f, `expect S1.term == 1 && leader.id == "S1"`)
	if !strings.HasPrefix(s.Prompt().String(), "lesson goal 0/2 [S1 leads t1 #") {
		t.Errorf("prompt %q", s.Prompt().String())
	}
	mustRun(t, s, f, "timeout S2; settle")
	if inLesson(s) {
		t.Error("the lesson goes on")
	}
	mustRun(t, s, f, "expect S2.term == 2")
}

// What was done about a goal is there when one comes back, predictions too.
func TestNothingIsLostOnLeaving(t *testing.T) {
	ownLesson(t, strings.Replace(twoGoals, "new 3\n", "new 3\npredict who \"Who?\"\ntimeout S1\nreveal who S1.vote\nnew 3\npause\n", 1))
	store := memory{}
	s, f := learner(t, store)
	f.answer = func(string) string { return "1" }
	mustRun(t, s, f, "lesson own.raft")
	mustRun(t, s, f, "timeout S1")
	s, f = learner(t, store)
	mustRun(t, s, f, "lesson")
	if got := s.Prompt().String(); !strings.HasPrefix(got, "lesson goal 1/2 [no leader #") {
		t.Errorf("prompt %q", got)
	}
	mustRun(t, s, f, "settle")
	mustRun(t, s, f, "skip")
	if !strings.Contains(f.text(), "predicted 1 of 1 right, reached 1 of 2 goals") {
		t.Error(f.text())
	}
	mustRun(t, s, f, "lesson own.raft")
	mustRun(t, s, f, "lesson reset own.raft; ! hint; ! lesson stop")
	if strings.Contains(string(store["lessons.json"]), "own.raft") {
		t.Errorf("kept: %s", store["lessons.json"])
	}
}

// Without a place to keep progress there is one warning, and all works.
func TestProgressThatCannotBeKept(t *testing.T) {
	ownLesson(t, twoGoals)
	s, f := learner(t, broken{})
	mustRun(t, s, f, "lesson own.raft; timeout S1; lesson stop; lesson own.raft")
	if got := s.Prompt().String(); !strings.HasPrefix(got, "lesson goal 1/2 [no leader #") {
		t.Errorf("prompt %q", got)
	}
	mustRun(t, s, f, "settle")
	mustRun(t, s, f, "skip; lessons")
	if n := strings.Count(f.text(), "not kept"); n != 1 {
		t.Errorf("%d warnings\n%s", n, f.text())
	}
	s, f = learner(t, memory{"lessons.json": []byte("{not json")})
	mustRun(t, s, f, "lesson own.raft; solution")
	mustRun(t, s, f, "skip; lessons")
	if n := strings.Count(f.text(), "not kept"); n != 1 {
		t.Errorf("%d warnings\n%s", n, f.text())
	}
}

// A lesson whose solution does not reach its goal fails, with its line.
func TestLessonsThatLieFail(t *testing.T) {
	for change, want := range map[[2]string]string{
		{"settle\ndone", "done"}:                          "own.raft:6: done: the solution misses the goal",
		{"within 2\ntimeout S1", "within 1\ntimeout S1"}:  "own.raft:7: done: the solution takes 2 commands, and the goal allows 1",
		{"timeout S1\n", "waypoint \"x\" S1.term == 9\n"}: "own.raft:5: waypoint",
		{`leader.id == "S1"`, "len(nodes) == 3"}:          "own.raft:4: goal \"S1 leads\" len(nodes) == 3 within 2: this goal holds already",
		{"S2.term == 2", "S2.term == 3"}:                  "own.raft:12: expect",
		{"timeout S1\n", "pause\n"}:                       "own.raft:5: between a goal",
		{"done\ngoal", "goal"}:                            "own.raft:7: the goal before it, in line 4, has no done",
		{"say", "done\nsay"}:                              "own.raft:11: done stands between",
		{"say", "reveal x 1\nsay"}:                        `own.raft:11: there was no question named "x"`,
		{"The end.", "The; end"}:                          "own.raft:11: a ; ends what say shows",
		{"# Two", "Two"}:                                  "own.raft:1: a lesson begins with its title",
		{"# 1 minutes", "# 1 hour"}:                       "own.raft:2: its second line",
	} {
		ownLesson(t, strings.Replace(twoGoals, change[0], change[1], 1))
		for _, line := range []string{"lesson own.raft", "lesson own.raft demo"} {
			s, f := labWith(t, Options{Nodes: 5, Seed: 1})
			err := s.Run(context.Background(), line, f)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q, %s: %v\nwant %q", change[1], line, err, want)
			}
			mustRun(t, s, f, "! done")
			if inLesson(s) || s.InScript() {
				t.Error("the session is not as it was")
			}
		}
	}
}

// Ctrl-C at a question leaves it open, and it is asked again.
func TestCtrlCAtAQuestion(t *testing.T) {
	ownLesson(t, "# A question\n# 1 minutes; nothing\nnew 3\npredict who \"Who?\"\ntimeout S1\nreveal who S1.vote\n")
	s, f := learner(t, memory{})
	ctx, leave := context.WithCancel(context.Background())
	f.answer = func(string) string { leave(); return "" }
	if err := runOn(ctx, s, f, "lesson own.raft"); err != nil || !strings.Contains(f.text(), "The lesson own.raft waits at beat 1 of 1: lesson resumes there.") {
		t.Errorf("%v\n%s", err, f.text())
	}
	if got := s.Prompt().String(); !strings.HasPrefix(got, "[") {
		t.Errorf("prompt %q", got)
	}
	f.answer = func(string) string { return "S1" }
	mustRun(t, s, f, "timeout S3; lesson")
	if inLesson(s) || !strings.Contains(f.text(), "predicted 1 of 1 right") {
		t.Error(f.text())
	}
	if !slices.ContainsFunc(f.results, func(r *Result) bool { return r.Command == "lesson" }) {
		t.Error("no result of lesson")
	}
}

// At a pause one may type commands; the lesson goes on from its own state.
func TestCommandsMayBeTypedAtAPause(t *testing.T) {
	const own = "# A pause\n# 1 minutes; nothing\nnew 3\ntimeout S1\npause\nexpect S1.role == \"candidate\" && S1.term == 1 && len(messages) == 2\nsay on\npause\n"
	for _, demo := range []string{"", " demo"} {
		ownLesson(t, own)
		s, f := learner(t, memory{})
		f.typed = []string{"status", "nonsense", "expect S1.term == 1; settle", "expect leader.id == \"S1\"; goal \"x\" S1.term == 9; hint", "", "timeout S1", "undo", ""}
		mustRun(t, s, f, "lesson own.raft"+demo)
		text := f.text()
		if strings.Count(text, "error: ") != 2 || !strings.Contains(text, "error: unknown command \"nonsense\"") || !strings.Contains(text, "error: no goal is open here") {
			t.Errorf("errors of what was typed:\n%s", text)
		}
		if strings.Count(text, "Back to the lesson's own state") != 2 || inLesson(s) || s.InScript() {
			t.Errorf("it does not go on:\n%s", text)
		}
	}
	s, f := learner(t, memory{})
	f.typed = []string{"lesson stop"}
	mustRun(t, s, f, "lesson own.raft")
	if inLesson(s) || f.paused != 1 || !strings.Contains(f.text(), "waits at beat 1 of 2") {
		t.Errorf("it was stopped, and goes on:\n%s", f.text())
	}
	s, f = learner(t, memory{})
	f.typed = []string{"", "quit"}
	if err := runOn(context.Background(), s, f, "lesson own.raft"); !errors.Is(err, lang.ErrQuit) {
		t.Errorf("quit at a pause: %v", err)
	}
}

// Ctrl-D leaves, at a pause and at a question, and the place is kept.
func TestCtrlDLeavesALesson(t *testing.T) {
	for _, text := range []string{"say one\npause\nsay two\n", "predict a \"one?\"\nreveal a 1\n"} {
		ownLesson(t, "# Own\n# 1 minutes; nothing\n"+text)
		s, f := learner(t, memory{})
		f.gone = true
		if err := runOn(context.Background(), s, f, "lesson own.raft"); !errors.Is(err, lang.ErrQuit) {
			t.Errorf("%q: %v", text, err)
		}
		if strings.Contains(f.text(), "two") {
			t.Errorf("%q goes on: %s", text, f.text())
		}
		mustRun(t, s, f, "! reveal a 1")
	}
}

// Whoever leaves in the moment of success finds the goal reached.
func TestAGoalStaysReached(t *testing.T) {
	ownLesson(t, twoGoals)
	store := memory{}
	s, f := learner(t, store)
	mustRun(t, s, f, "lesson own.raft; timeout S1")
	ctx, leave := context.WithCancel(context.Background())
	f.pause = leave
	if err := runOn(ctx, s, f, "settle"); err != nil || hasGoal(s) {
		t.Errorf("%v, %s", err, s.Prompt())
	}
	s, f = learner(t, store)
	f.typed = []string{`expect leader.id == "S1" && S2.role == "follower"; kill S2`}
	mustRun(t, s, f, "lesson")
	mustRun(t, s, f, "skip")
	if !strings.Contains(f.text(), "reached 1 of 2 goals") {
		t.Error(f.text())
	}
}

// Off the solution's way a hint is found by a search; where there is none, it
// says so and shows what to reach.
func TestHintsOffTheSolutionsWay(t *testing.T) {
	defer func(d time.Duration) { teaching.Patience = d }(teaching.Patience)
	teaching.Patience = 2 * time.Second
	ownLesson(t, "# Hints\n# 1 minutes; nothing\nnew 3\ngoal \"S1 leads term 1\" leader.id == \"S1\" && S1.term == 1\n"+
		"timeout S1\ndeliver m1\nwaypoint \"S2 has voted\" S2.vote == \"S1\"\ndeliver m3\ndone\n")
	for before, want := range map[string]string{
		"status":                          "Try timeout S1",
		"timeout S1":                      "Try deliver m1",
		"timeout S1; deliver m1":          "S1 leads term 1.\nTry deliver m3",
		"timeout S1; drop m1":             "Next to reach: S", // S2 votes no longer, but for a new term: or S3 does
		"timeout S1; deliver m2; drop m1": "S1 leads term 1.\nTry deliver m3",
	} {
		s, f := learner(t, memory{})
		mustRun(t, s, f, "lesson own.raft; "+before+"; hint")
		if got := f.text(); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %s", before, want, got)
		}
	}
	ownLesson(t, "# Hints\n# 1 minutes; nothing\nnew 3\ngoal \"S1 leads term 1\" leader.id == \"S1\" && S1.term == 1\ntimeout S1\ndeliver m1\ndeliver m3\ndone\n")
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft; timeout S1; drop m1; hint")
	if want := "Try deliver m2, RequestVote of S1 to S3: the first of 2 steps"; !strings.Contains(f.text(), want) {
		t.Errorf("no %q in %s", want, f.text())
	}
	mustRun(t, s, f, "again; timeout S2; settle; hint")
	if want := "Try undo 2: no next command was found from here"; !strings.Contains(f.text(), want) {
		t.Errorf("no %q in %s", want, f.text())
	}
}

// What helps at a goal is no guess: it counts neither as right nor as wrong.
func TestAskingForHelpIsNoGuess(t *testing.T) {
	for _, word := range []string{"hint", " Skip ", "solution"} {
		s, f := learner(t, memory{})
		f.answer = func(string) string { return word }
		mustRun(t, s, f, `predict who "Who leads?"; timeout S1; settle; reveal who leader.id`)
		if strings.Contains(f.text(), "Predictions:") || !strings.Contains(f.text(), "The answer: S1") {
			t.Errorf("%q: %s", word, f.text())
		}
	}
}

// Where a bug's name and a goal do not both fit, the goal still says how far
// one is.
func TestPromptOfAGoalFitsBesideABug(t *testing.T) {
	ownLesson(t, strings.ReplaceAll(twoGoals, "within 2", "within 1000"))
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft")
	mustRun(t, s, f, "bug snapshot-drops-suffix on; tick 400")
	if got := s.Prompt().String(); !strings.HasPrefix(got, "goal ") || !strings.Contains(got, "BUG:snapshot-drops-suffix") || len(got) > look.PromptRoom {
		t.Errorf("prompt %q", got)
	}
}

// back goes through every beat, over checkpoints and new clusters, and whoever goes on from
// the first one again ends where those end who never went back; a scenario is still one step of undo.
func TestBackGoesThroughEveryBeat(t *testing.T) {
	all := []string{"tour", "lesson 3 demo", "lesson 10 demo"}
	for _, name := range docs.Scenarios() {
		all = append(all, "scenario "+name)
	}
	for _, command := range all {
		straight, g := labWith(t, Options{Nodes: 5, Seed: 1}, command)
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		f.interactive = true
		types := func(line string) {
			t.Helper()
			if err := s.Run(context.Background(), line, f); err != nil {
				t.Fatalf("%s: %s at %s: %v", command, line, place(s), err)
			}
		}
		types(command)
		back := func() string { return s.AtPrompt("back") }
		for ; inLesson(s); types(s.EmptyLine()) {
			if place(s) == "" || back() == "beat 1" {
				continue
			}
			if far := back(); strings.Count(far, " ") != 1 {
				t.Fatalf("%s: back is %q", command, far)
			}
		}
		types(command) // from the beginning, since it was at its end
		for range 3 {
			types(s.EmptyLine())
		}
		for back() != "beat 1" {
			types(back())
		}
		for types(back()); inLesson(s); {
			types(s.EmptyLine())
		}
		for _, look := range []string{"status", "digest", "messages", "clients"} {
			mustRun(t, s, f, look)
			mustRun(t, straight, g, look)
			got, want := f.results[len(f.results)-1].JSON(), g.results[len(g.results)-1].JSON()
			if string(got) != string(want) {
				t.Errorf("%s: %s\n%s\nwant\n%s", command, look, got, want)
			}
		}
		name, isScenario := strings.CutPrefix(command, "scenario ")
		if isScenario && strings.Count(acts.ScenarioText(name), "\nnew ") == 1 {
			mustRun(t, s, f, "undo; undo; expect position == 0 && len(nodes) == 5")
		}
	}
}

// What quietly ran is summed up: who voted how, who leads, what was committed or deleted.
func TestQuietlyShowsItsEvidence(t *testing.T) {
	for script, want := range map[string]string{
		"quietly timeout S1":                                                        "",
		"quietly timeout S1; quietly settle":                                        "S1 wins term 1: votes from S2 S3; S1 commits entry 1",
		"timeout S1; quietly deliver RV":                                            "S2 S3 S4 S5 vote for S1 in term 1",
		"given S2 term 1 log 1:x=1; timeout S1; quietly deliver RV S1->S2":          "S2 refuses S1",
		"timeout S1; settle; put x 1; put y 2; quietly settle":                      "S1 commits entries 2–3",
		"timeout S1; settle; quietly heartbeat; quietly settle":                     "S2 S3 S4 S5 learn that entry 1 is committed",
		"given S2 term 3 log 1:x=1; timeout S1; settle; timeout S1; quietly settle": "S2 deletes entry 1, which conflicts with the leader's",
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		_ = s.Run(context.Background(), script, f)
		last := f.results[len(f.results)-1]
		text := ""
		for _, b := range last.View {
			text += strings.TrimSpace(blockText(b))
		}
		if want == "" && text != "" || !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", script, text, want)
		}
	}
}

// Every wrong answer is followed by a command that shows why, and it runs; where the evidence
// is a search that was just shown, or arithmetic, there is none.
func TestAWrongAnswerIsFollowedByItsEvidence(t *testing.T) {
	for expression, want := range map[string]string{
		`leader.id`: "why S1 leader", `S1.role`: "why S1 leader", `S2.role == "leader"`: "why S2 not leader", `S2.kv["x"]`: "kv S2",
		`clients["C1"].status == "done"`: "clients", `S2.last`: "log", `S2.vote`: "node S2", `S1.commit >= 2`: "log",
		`len(leaders)`: "status", `count(messages, .type == "AE")`: "messages", `explored.steps`: "", `2 + 2`: "", `S1.voters`: "config",
		`filter(nodes, .role == "follower")[0].id`: "why S2", `S2.term`: "status", `len(nodes)/2 + 1`: "rule Majority",
		`filter(nodes, .role == "follower" && .vote != .id)[0].id`: "why S2 voted S1",
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "timeout S1; settle")
		mustRun(t, s, f, "print "+expression)
		var value any
		switch expression {
		case "leader.id":
			value = "S1"
		case `filter(nodes, .role == "follower")[0].id`, `filter(nodes, .role == "follower" && .vote != .id)[0].id`:
			value = "S2"
		}
		got := teaching.Evidence(s.World(), expression, value)
		if got != want {
			t.Errorf("%s: %q, want %q", expression, got, want)
		}
		if got != "" {
			mustRun(t, s, f, got)
		}
	}
}

// A goal's solution goes a command for each Enter, and says which waypoint is reached: in a demo behind the
// goal's title, and where a student asks for it. Their own way is kept, and they are told where.
func TestASolutionGoesACommandAtATime(t *testing.T) {
	ownLesson(t, strings.Replace(twoGoals, "timeout S1\n", "timeout S1\nwaypoint \"S1 asks\" S1.role == \"candidate\"\n", 1))
	s, f := learner(t, memory{})
	step := func(line, prompt, shows string) {
		t.Helper()
		f.results = nil
		if line == "" {
			line = s.EmptyLine()
		}
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Fatal(err)
		}
		if got := s.Prompt().String(); !strings.Contains(got, prompt) || !strings.Contains(f.text(), shows) {
			t.Errorf("%s: at %q, want %q, after\n%s\nwithout %q", line, got, prompt, f.text(), shows)
		}
	}
	step("lesson own.raft demo", "Enter: timeout S1 > ", "Goal: S1 leads.")
	step("status", "Enter: timeout S1 > ", "")
	step("", "Enter: settle > ", "Reached: S1 asks.")
	step("kill S3", "Enter: settle > ", "")
	step("", "Enter: go on > ", "Back to the lesson's own state. Yours is kept as branch b2 (goto b2).")
	step("", "Enter: timeout S2; settle > ", "Goal: S2 leads.")
	step("", "Enter: go on > ", "Goal reached: S2 leads.")
	step("", "[S2 leads", "The end.")

	step("lesson own.raft", "goal 0/2", "Goal: S1 leads.")
	step("kill S3; timeout S1; settle", "Enter: go on > ", "Goal reached, in 3 commands")
	step("", "goal 0/2", "The lesson continues from its own solution: timeout S1; settle. Yours is kept as branch b4 (goto b4).")
	step("timeout S2; settle", "Enter: go on > ", "Goal reached, in 2 commands")
	step("", "[S2 leads", "The end.")
	if strings.Contains(f.text(), "own solution") {
		t.Errorf("it was the lesson's own way: %s", f.text())
	}
	step("lesson reset; lesson own.raft; tick; solution", "Enter: timeout S1 > ", "Back to where the goal began. Yours is kept as branch")
}

// Where the servers are a student's own, the lesson's solution may fail: then the goal stays,
// and a student who has reached it goes on from where they are.
func TestASolutionThatFails(t *testing.T) {
	ownLesson(t, `# Not there yet
# 1 minutes; nothing
new 3
goal "S2 leads" leader.id == "S2" within 9
timeout S1
waypoint "S2 asks for votes" S2.role == "candidate"
settle
done
say That was it.
`)
	s, f := learner(t, memory{})
	mustRun(t, s, f, "lesson own.raft")
	for _, line := range []string{"skip", "solution; beat"} {
		mustRun(t, s, f, line)
		for s.EmptyLine() == "beat" && !hasGoal(s) {
			_ = s.Run(context.Background(), "beat", f)
		}
		if !hasGoal(s) || !strings.Contains(f.text(), "solution fails here, so the goal stays") {
			t.Fatalf("after %s it stands at %s: %s", line, place(s), f.text())
		}
	}
	mustRun(t, s, f, "again; timeout S2; settle")
	if inLesson(s) || !strings.Contains(f.text(), "That was it.") {
		t.Errorf("it stands at %s: %s", place(s), f.text())
	}
}

// An answer that stands apart from its question comes with it, and what shows why an answer was
// wrong is not offered a second time.
func TestAnAnswerFarFromItsQuestion(t *testing.T) {
	ownLesson(t, "# Own\n# 1 minutes; nothing\nnew 3\npredict far \"Who?\"\npredict near \"How many?\"\nreveal near len(leaders)\npause\ntimeout S1; settle\n"+
		"status\nreveal far leader.id\nstatus\nreveal near len(leaders)\nreveal near len(messages)\n")
	s, f := learner(t, memory{})
	f.answer = func(string) string { return "7" }
	mustRun(t, s, f, "lesson own.raft")
	text := f.text()
	if strings.Count(text, "You were asked: Who?") != 1 || strings.Count(text, "You were asked: How many?") != 2 {
		t.Errorf("the questions come with answers that stand apart:\n%s", text)
	}
	for look, want := range map[string]int{"S1  leader": 2, "Nothing is in flight": 1} {
		if n := strings.Count(text, look); n != want {
			t.Errorf("%s is shown %d times, not %d:\n%s", look, n, want, text)
		}
	}
}
