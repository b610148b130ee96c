package lesson

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// run is a lesson that a person is in: a place in its script. Nothing
// waits while they have the prompt; each command looks whether the goal is
// reached, and then the script goes on.
//
// At every beat the world is what the script alone makes of it, so that a
// lesson can be left and taken up anywhere: the lines before are run again,
// silently. Only between a goal and its done is it the student's.
type run struct {
	*script
	student *Student
	kept    *kept
	at      int // the next line

	goal  *goal  // that the person stands before; its line is at
	start Moment // where it began
	over  bool   // told that it takes long
}

// save keeps how far they are, and warns once where that cannot be.
func (l *run) save(c *lang.Call) {
	if warning := l.student.keep(l.script, l.kept); warning != "" {
		report(c, c.Front, lang.OK().Block(styled(view.Warn, warning)))
	}
}

func (l *script) scriptFile() *lang.Script {
	return &lang.Script{Name: l.file, Path: "lesson: " + l.name, Dir: l.dir, About: l}
}

// run runs lines of the script.
func (l *run) run(c *lang.Call, f lang.Frontend, from, to int) error {
	return l.student.recite(c, l.script, f, from, to)
}

// recite runs the lines from..to-1 of a lesson as a script.
func (s *Student) recite(c *lang.Call, l *script, f lang.Frontend, from, to int) error {
	file := l.scriptFile()
	if err := s.MayNest(file); err != nil {
		return err
	}
	defer s.Use(f)()
	defer s.Reading(file)()
	if from == 0 {
		groundOf(c).Anew()
	}
	for i := from; i < to; i++ {
		if c.Ctx.Err() != nil {
			return lang.ErrInterrupted
		}
		file.Line = i + 1
		l.echo(f, i)
		if err := s.RunLine(c.Ctx, l.lines[i]); err != nil {
			return err
		}
	}
	return nil
}

// notTyped are the commands of a lesson that a student would not type.
var notTyped = []string{"", "say", "pause", "expect", "predict", "reveal", "goal", "waypoint", "done"}

// loud is a line as a student would type it.
func loud(line string) string { return strings.ReplaceAll(line, "quietly ", "") }

// echo shows a line as if it were typed.
func (l *script) echo(f lang.Frontend, i int) {
	if word, _ := l.word(i); !slices.Contains(notTyped, word) {
		f.Echo(loud(l.lines[i]))
	}
}

// play goes on with the script, up to a goal, the end, or Ctrl-C.
func (l *run) play(c *lang.Call) error {
	for l.at < len(l.lines) {
		if word, _ := l.word(l.at); word == "goal" {
			return l.open(c)
		}
		l.mark(c)
		if err := l.run(c, stage{c.Front}, l.at, l.at+1); err != nil {
			return err
		}
		if word, _ := l.word(l.at); word == "predict" || word == "reveal" {
			l.kept.Predictions = l.student.predictions
			l.save(c)
		}
		l.at++
	}
	l.finish(c)
	return nil
}

// mark keeps the beat that begins here as the place to come back to.
func (l *run) mark(c *lang.Call) {
	if slices.Contains(l.beats, l.at) && l.kept.Line != l.at+1 {
		l.kept.Line, l.kept.Moves, l.kept.Predictions = l.at+1, nil, l.student.predictions
		l.save(c)
	}
}

// open stands before a goal: the prompt is the person's from here on.
func (l *run) open(c *lang.Call) error {
	l.mark(c)
	if err := l.run(c, c.Front, l.at, l.at+1); err != nil {
		return err
	}
	l.goal, l.start = l.student.goal, groundOf(c).Now()
	l.student.goal = nil
	l.over = false
	if l.redo(c); l.goal.count > 0 {
		if holds, _ := l.goal.cond.Holds(); holds {
			return l.look(c, false)
		}
	}
	report(c, c.Front, lang.OK().Block(goalChoices()).Line("The prompt is yours."))
	return nil
}

// standing is the goal that a person stands before, or nil.
func (l *run) standing() *goal {
	if l == nil {
		return nil
	}
	return l.goal
}

// close gives the goal up.
func (l *run) close() { l.goal, l.student.goal = nil, nil }

// restart goes back to where the goal began.
func (l *run) restart(c *lang.Call) {
	groundOf(c).Goto(l.start)
	l.over = false
}

// passed goes on behind a goal, in the world that the script's own solution
// makes.
func (l *run) passed(c *lang.Call, how string) error {
	if l.kept.Goals == nil {
		l.kept.Goals = map[string]string{}
	}
	l.kept.Goals[l.script.lines[l.at]] = how
	done := l.ends[l.at]
	l.close()
	if how != goalSkipped {
		if err := l.student.interlude(c); err != nil {
			return l.waits(c, err)
		}
	}
	if how != goalShown {
		l.restart(c)
		if err := l.run(c, lang.Silent{Frontend: c.Front}, l.at, done+1); err != nil {
			return err
		}
	}
	l.at = done + 1
	return l.waits(c, l.play(c))
}

// waits says where the lesson waits, when err is that it was cut short.
func (l *run) waits(c *lang.Call, err error) error {
	r, err := l.ended(c, err)
	if r != nil && len(r.View) > 0 {
		report(c, c.Front, r)
	}
	return err
}

// ended turns Ctrl-C into a place where the lesson waits.
func (l *run) ended(c *lang.Call, err error) (*lang.Result, error) {
	switch {
	case l.student.lesson != l && errors.Is(err, lang.ErrInterrupted):
		return lang.OK(), nil // what was typed at a pause has left it
	case !errors.Is(err, lang.ErrInterrupted):
		return lang.OK(), err
	}
	l.close()
	l.kept.Predictions = l.student.predictions
	l.save(c)
	return lang.Tell("", fmt.Sprintf("The lesson waits at beat %d of %d. The %s is yours; lesson comes back here.",
		l.beatAt(l.at), len(l.beats), l.student.matter.Thing)), nil
}

// scriptOf is the lesson that a script is, or nil.
func scriptOf(f *lang.Script) *script {
	l, _ := f.About.(*script)
	return l
}

// finish says how it went.
func (l *run) finish(c *lang.Call) {
	s := l.student
	l.kept.Line, l.kept.Moves, l.kept.Done, l.kept.Predictions = 0, nil, true, s.predictions
	l.save(c)
	s.lesson = nil
	r := lang.Tell("").Block(styled(view.Good, fmt.Sprintf("That was %s, %s.", l.label(), l.title)))
	if account := l.kept.account(); account != "" {
		if right, of := l.kept.Predictions.score(); right < of {
			account += ". What you did not predict you have now seen"
		}
		r.Block(view.Prose{Words: view.L("You " + account + ".")})
	}
	for _, next := range s.matter.course() {
		if next.number == l.number+1 && l.number > 0 {
			r.Block(view.Text{Lines: []view.Line{{view.S(view.Plain, "Next: "),
				view.S(view.Code, fmt.Sprintf("lesson %d", next.number)),
				view.S(view.Plain, fmt.Sprintf(", %s (%s).", next.title, prose.Plural(next.minutes, "minute")))}}})
		}
	}
	report(c, c.Front, r)
}

// account is the predictions and goals in a line.
func (k *kept) account() string {
	text := ""
	if right, of := k.Predictions.score(); of > 0 {
		text = fmt.Sprintf("predicted %d of %d right", right, of)
	}
	if len(k.Goals) > 0 {
		n := 0
		for _, how := range k.Goals {
			if how == goalReached {
				n++
			}
		}
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("reached %d of %s", n, prose.Plural(len(k.Goals), "goal"))
	}
	return text
}

// saveMoves keeps what was done about a goal, for coming back to it.
func (l *run) saveMoves(c *lang.Call) {
	if moves := groundOf(c).Since(l.start); !slices.Equal(moves, l.kept.Moves) || l.goal.count != l.kept.Count {
		l.kept.Moves, l.kept.Count = moves, l.goal.count
		l.save(c)
	}
}

// redo does again what was done about the goal before the lesson was left.
func (l *run) redo(c *lang.Call) {
	moves := l.kept.Moves
	if len(moves) == 0 {
		return
	}
	defer l.student.Use(lang.Silent{Frontend: c.Front})()
	for _, move := range moves {
		if l.student.RunLine(c.Ctx, move) != nil {
			l.restart(c)
			return
		}
	}
	l.goal.count = cmp.Or(l.kept.Count, len(moves))
	report(c, c.Front, lang.Tell("You had done: "+prose.Few(moves)))
}

// Prompt says where in a lesson one is, nothing outside of any; short is without
// the lesson's name.
func (s *Student) Prompt() (long, short view.Line) {
	l := s.lesson
	if l == nil {
		return nil, nil
	}
	name := "lesson "
	if l.number > 0 || l.named {
		name = l.label() + " "
	}
	if l.goal == nil {
		return view.L(name + "waits "), nil
	}
	goal := fmt.Sprintf("goal %d/%d ", l.goal.count, l.goal.within)
	return view.L(name + goal), view.L(goal)
}
