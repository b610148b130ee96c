package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/commands/lesson"
)

// atGoalOf is a student at the goal of a lesson that so many others come before.
func atGoalOf(t *testing.T, number, before int) (*Session, *screen) {
	t.Helper()
	s, f := learner(t, memory{})
	mustRun(t, s, f, fmt.Sprintf("lesson %d", number))
	for range before {
		mustRun(t, s, f, "skip")
	}
	return s, f
}

// A goal is something to do: no goal of the course is reached by going back to what was before it, nor by a new
// cluster alone.
func TestNoGoalIsReachedByGoingBack(t *testing.T) {
	eachLesson(t, func(t *testing.T, l shipped) {
		if l.name == "fast" || l.number == "16" {
			t.Skip("its beats are of other lessons, or about programs")
		}
		s, f := learner(t, memory{})
		mustRun(t, s, f, "lesson "+l.number)
		for goal := 1; inLesson(s); goal++ {
			for _, line := range []string{"undo", "undo 2", "undo 4", "undo 7", "new 3", "new 5", "new 7"} {
				_ = s.Run(context.Background(), line, f)
				if !hasGoal(s) {
					t.Errorf("goal %d is reached by %s", goal, line)
				}
				mustRun(t, s, f, "again")
			}
			mustRun(t, s, f, "skip")
		}
	})
}

// What a goal's title says is what must be done: roads beside it do not count.
func TestGoalsAreNotReachedBesideTheirPoint(t *testing.T) {
	for _, c := range []struct {
		lesson, before int
		line           string
	}{
		{4, 1, "set latency 1; run; run 50"},
		{4, 1, "timeout S1; settle; heartbeat; settle"},
		{5, 0, "put y 7; settle; kill S4 S5"},
		{5, 1, "kill all; wipe S1; wipe S3; restart all"},
		{8, 2, "kill S1 S2 S3; wipe S1; wipe S2; wipe S3; restart S1 S2 S3 S5"},
		{8, 0, "restart S1; put x 3 via S5; deliver AE S5->S1; kill S5"},
		{8, 2, "new 5; timeout S1; settle; put a 1; put b 2; settle; heartbeat; settle"},
		{9, 0, "put n 2; settle"},
		{10, 0, "put y 1 as C2; settle; isolate S1; put x 1; timeout S3; settle"},
		{10, 1, "drop all; heal; timeout S3; settle; put x old; settle"},
		{12, 1, "add S4 as learner; kill S3; put d 5; run 60; promote S4; run 3"},
	} {
		s, f := atGoalOf(t, c.lesson, c.before)
		if err := s.Run(context.Background(), c.line, f); err != nil { // and stays there, so that the next goal is none
			t.Fatalf("%s: %v", c.line, err)
		}
		if !hasGoal(s) {
			t.Errorf("lesson %d: %s reaches the goal", c.lesson, c.line)
		}
	}
}

// A goal is reached where its title is true, whatever else a student did.
func TestGoalsAreReachedInOtherWays(t *testing.T) {
	for _, c := range []struct {
		lesson, before int
		line           string
	}{
		{8, 0, "put x 3 via S5; put y 3 via S5; kill S5"},
		{8, 1, "timeout S1; settle; timeout S1; deliver RV; deliver RVR; put q 1; settle S1 S2 S3"},
		{8, 2, "set noop on; kill S1; restart S5; timeout S5; settle; timeout S5; settle; restart S1; heartbeat; settle"},
		{10, 1, "heal; timeout S2; run 50"},
		{12, 1, "transfer S2; settle; add S4 as learner; settle; kill S3; put d 4; settle; promote S4; settle"},
	} {
		s, f := atGoalOf(t, c.lesson, c.before)
		if err := s.Run(context.Background(), c.line, f); err != nil { // and stays there, so that the next goal is none
			t.Fatalf("%s: %v", c.line, err)
		}
		if hasGoal(s) {
			t.Errorf("lesson %d: %s does not reach the goal", c.lesson, c.line)
		}
	}
}

// Where a student takes back what reached a goal, the goal is open again, and again leads back to it in any case.
func TestAGoalThatIsReachedCanBeTriedAgain(t *testing.T) {
	s, f := atGoalOf(t, 3, 0)
	for _, c := range []struct{ line, place string }{
		{"transfer S2", "goal 1/5 "}, {"settle", "12/24 "}, {"! hint", "12/24 "}, {"undo", "goal 1/5 "},
		{"settle", "12/24 "}, {"tick", "12/24 "}, {"again", "goal 0/5 "}, {"timeout S2; settle", "12/24 "},
	} {
		if err := s.Run(context.Background(), c.line, f); err != nil {
			t.Fatal(err)
		}
		if got := place(s); got != "lesson 3 "+c.place {
			t.Errorf("after %s it stands at %s", c.line, got)
		}
	}
}

// What a student did is kept under its name, also where they took back a command of the lesson first.
func TestWhatAStudentDidIsNamed(t *testing.T) {
	s, f := learner(t, memory{})
	for _, line := range []string{"lesson 5", "undo", "timeout S2", "beat"} {
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Fatal(err)
		}
	}
	if text := f.text(); !strings.Contains(text, "Back to the lesson's own state. Yours is kept as branch b3 (goto b3).") {
		t.Error(text)
	}
}

// A hint leads on also where a student has gone astray: to the goal by another way, or else back to where there is one.
func TestHintsLeadOutOfDeadEnds(t *testing.T) {
	for _, c := range []struct {
		lesson, before int
		did, towards   string
		command        string
	}{
		{3, 0, "given S2 term 2", "S2 asks for votes", "undo 1"},
		{3, 0, "timeout S1; settle; timeout S2", "S2 asks for votes", "undo 3"},
		{6, 2, "timeout S1 S3; deliver RV S1->S2; deliver RVR; kill S2; restart S2", "Two leaders of term 1", "deliver m4"},
		{7, 0, "timeout S1; settle; isolate S1; put q 1; put r 1; put s 1", "S2 leads", "timeout S2"},
		{8, 2, "kill S2", "S1 is down, and S5 is up", "kill S1"},
		{8, 2, "kill S1; restart S5; run 200; restart S1; run 50", "S5 is a candidate", "undo 3"},
		{8, 2, "new 5", "S1 is down, and S5 is up", "again"},
	} {
		s, f := atGoalOf(t, c.lesson, c.before)
		mustRun(t, s, f, c.did)
		before := len(f.results)
		mustRun(t, s, f, "hint")
		got := f.results[before].Value.(lesson.HintResult)
		if got.Command != c.command || !strings.HasPrefix(got.Towards, c.towards) {
			t.Errorf("lesson %d after %s: %+v", c.lesson, c.did, got)
		}
	}
}
