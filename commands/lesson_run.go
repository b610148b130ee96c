package commands

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// student is what a session knows of the person who learns in it. It observes what
// they do.
type student struct {
	lang.Unmoved
	*lang.Session
	store Store // what outlives the session; nil: nothing does

	predictions predictions
	goal        *goal      // of the script that is being read
	lesson      *lessonRun // that they are in
	staged      bool       // a lesson is shown, and nobody asked
	keptBefore  *lessonsKept
	warned      bool // that progress is not kept
}

// studentOf is the person who makes a call.
func studentOf(c *Call) *student { return lang.Observing[*student](c.Session) }

// Keep remembers predictions and goals.
func (s *student) Keep() (restore func()) {
	kept := *s
	kept.predictions = s.predictions.clone()
	return func() { *s = kept }
}

// lessonRun is a lesson that a person is in: a place in its script. Nothing
// waits while they have the prompt; each command looks whether the goal is
// reached, and then the script goes on.
//
// At every beat the world is what the script alone makes of it, so that a
// lesson can be left and taken up anywhere: the lines before are run again,
// silently. Only between a goal and its done is it the student's.
type lessonRun struct {
	*lesson
	student *student
	kept    *lessonKept
	at      int // the next line

	goal  *goal         // that the person stands before; its line is at
	start cluster.Place // where it began
	past  int           // commands before it
	over  bool          // told that it takes long
}

// show shows something between two commands.
func (l *lessonRun) show(c *Call, r *Result) {
	r.Command = c.Text
	c.World.Report(r)
	c.Front.Show(r)
}

// save keeps how far they are, and warns once where that cannot be.
func (l *lessonRun) save(c *Call) {
	if warning := l.student.keep(l.lesson, l.kept); warning != "" {
		l.show(c, OK().Block(view.Text{Lines: []view.Line{view.LS(view.Warn, warning)}}))
	}
}

func (l *lesson) scriptFile() *lang.Script {
	return &lang.Script{Name: l.file, Path: "lesson: " + l.name, Dir: l.dir, About: l}
}

// run runs lines of the script.
func (l *lessonRun) run(c *Call, f Frontend, from, to int) error {
	return l.student.recite(c, l.lesson, f, from, to)
}

// recite runs the lines from..to-1 of a lesson as a script.
func (s *student) recite(c *Call, l *lesson, f Frontend, from, to int) error {
	file := l.scriptFile()
	if err := s.MayNest(file); err != nil {
		return err
	}
	defer s.Use(f)()
	defer s.Reading(file)()
	if from == 0 {
		labOf(c).machine = usualMachine
	}
	for i := from; i < to; i++ {
		if c.Ctx.Err() != nil {
			return ErrInterrupted
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
func (l *lesson) echo(f Frontend, i int) {
	if word, _ := l.word(i); !slices.Contains(notTyped, word) {
		f.Echo(loud(l.lines[i]))
	}
}

// stage is the frontend of a lesson: Ctrl-C at a pause or a question is no
// failure, the lesson says that it waits.
type stage struct{ Frontend }

func (s stage) Show(r *Result) {
	if r.Err == nil || !errors.Is(r.Err, ErrInterrupted) || len(r.Events) > 0 {
		s.Frontend.Show(r)
	}
}

// play goes on with the script, up to a goal, the end, or Ctrl-C.
func (l *lessonRun) play(c *Call) error {
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
func (l *lessonRun) mark(c *Call) {
	if slices.Contains(l.beats, l.at) && l.kept.Line != l.at+1 {
		l.kept.Line, l.kept.Moves, l.kept.Predictions = l.at+1, nil, l.student.predictions
		l.save(c)
	}
}

// open stands before a goal: the prompt is the person's from here on.
func (l *lessonRun) open(c *Call) error {
	l.mark(c)
	if err := l.run(c, c.Front, l.at, l.at+1); err != nil {
		return err
	}
	history := labOf(c).history
	l.goal, l.start, l.past = l.student.goal, history.Place(), len(history.Past())
	l.student.goal = nil
	l.over = false
	if l.redo(c); l.goal.count > 0 {
		if holds, _ := l.goal.holds(c); holds {
			return l.look(c, false)
		}
	}
	l.show(c, OK().Block(choices("hint", "the next useful command", "solution", "shows how it is done", "skip", "goes on without it",
		"again", "back to where the goal began")).Line("The prompt is yours."))
	return nil
}

// standing is the goal that a person stands before, or nil.
func (l *lessonRun) standing() *goal {
	if l == nil {
		return nil
	}
	return l.goal
}

// close gives the goal up.
func (l *lessonRun) close() { l.goal, l.student.goal = nil, nil }

// restart goes back to where the goal began.
func (l *lessonRun) restart(c *Call) {
	labOf(c).history.Goto(l.start)
	l.over = false
}

// passed goes on behind a goal, in the world that the script's own solution
// makes.
func (l *lessonRun) passed(c *Call, how string) error {
	if l.kept.Goals == nil {
		l.kept.Goals = map[string]string{}
	}
	l.kept.Goals[l.lesson.lines[l.at]] = how
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
		labOf(c).events.Take()
	}
	l.at = done + 1
	return l.waits(c, l.play(c))
}

// waits says where the lesson waits, when err is that it was cut short.
func (l *lessonRun) waits(c *Call, err error) error {
	r, err := l.ended(c, err)
	if r != nil && len(r.View) > 0 {
		l.show(c, r)
	}
	return err
}

// ended turns Ctrl-C into a place where the lesson waits.
func (l *lessonRun) ended(c *Call, err error) (*Result, error) {
	switch {
	case l.student.lesson != l && errors.Is(err, ErrInterrupted):
		return OK(), nil // what was typed at a pause has left it
	case !errors.Is(err, ErrInterrupted):
		return OK(), err
	}
	l.close()
	l.kept.Predictions = l.student.predictions
	l.save(c)
	return Tell("", fmt.Sprintf("The lesson waits at beat %d of %d. The cluster is yours; lesson comes back here.", l.beatAt(l.at), len(l.beats))), nil
}

const enterGoesOn = "Enter goes on"

// errLeft says that another lesson began, or this one was stopped, while it paused.
var errLeft = fmt.Errorf("%w: the lesson was left", ErrInterrupted)

// reciting says whether a call stands in a lesson.
func reciting(c *Call) bool { return lessonOf(c.Session.Innermost()) != nil }

// lessonOf is the lesson that a script is, or nil.
func lessonOf(f *lang.Script) *lesson {
	l, _ := f.About.(*lesson)
	return l
}

// interlude waits for Enter. Commands that are typed instead are run, as at the
// prompt, and what they do to the world is put aside when the lesson goes on.
func (s *student) interlude(c *Call) error {
	f, lesson, history := s.Innermost(), s.lesson, labOf(c).history
	prompt := enterGoesOn
	if l := lessonOf(f); l != nil {
		prompt = fmt.Sprintf("Enter goes on (%d of %d)", l.beatAt(f.Line-1), len(l.beats))
	}
	here := history.Place()
	for c.Front.Interactive() {
		line, ok := c.Front.Ask(nil, prompt)
		switch {
		case c.Ctx.Err() != nil:
			return ErrInterrupted
		case !ok: // Ctrl-D leaves, here as at the prompt
			return lang.ErrQuit
		}
		if line == "" {
			break
		}
		if err := s.typed(c, line); lang.Ends(err) {
			return err
		}
		if s.lesson != lesson {
			return errLeft
		}
	}
	if history.Place() != here {
		history.Goto(here)
		labOf(c).events.Take()
		s.Front.Show(s.reported(OK().Block(view.Text{Lines: []view.Line{view.LS(view.Quiet, "Back to the lesson's own state; history keeps yours.")}}), c))
	}
	return nil
}

// typed runs a line as if it were typed at the prompt.
func (s *student) typed(c *Call, line string) error {
	front := s.Front
	if on, ok := front.(stage); ok {
		front = on.Frontend
	}
	return s.Aside(c.Ctx, line, front)
}

// finish says how it went.
func (l *lessonRun) finish(c *Call) {
	s := l.student
	l.kept.Line, l.kept.Moves, l.kept.Done, l.kept.Predictions = 0, nil, true, s.predictions
	l.save(c)
	s.lesson = nil
	r := Tell("").Block(view.Text{Lines: []view.Line{view.LS(view.Good, fmt.Sprintf("That was %s, %s.", l.label(), l.title))}})
	if account := l.kept.account(); account != "" {
		if right, of := l.kept.Predictions.score(); right < of {
			account += ". What you did not foresee you have now seen"
		}
		r.Block(view.Prose{Words: view.L("You " + account + ".")})
	}
	for _, next := range course() {
		if next.number == l.number+1 && l.number > 0 {
			r.Block(view.Text{Lines: []view.Line{{view.S(view.Plain, "Next: "), view.S(view.Code, fmt.Sprintf("lesson %d", next.number)),
				view.S(view.Plain, fmt.Sprintf(", %s (%s).", next.title, prose.Plural(next.minutes, "minute")))}}})
		}
	}
	l.show(c, r)
}

// account is the predictions and goals in a line.
func (k *lessonKept) account() string {
	text := ""
	if right, of := k.Predictions.score(); of > 0 {
		text = fmt.Sprintf("foresaw %d of %d", right, of)
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
func (l *lessonRun) saveMoves(c *Call) {
	var moves []string
	h := labOf(c).history
	if past := h.Past(); len(past) > l.past && descends(h.Place().Branch, l.start.Branch) && (l.past == 0 || past[l.past-1].End == l.start.Position) {
		for _, line := range past[l.past:] {
			moves = append(moves, line.Text)
		}
	}
	if !slices.Equal(moves, l.kept.Moves) {
		l.kept.Moves = moves
		l.save(c)
	}
}

// descends says whether branch b began on branch a, or is it.
func descends(b, a *cluster.Branch) bool {
	for b != nil && b != a {
		b = b.Parent
	}
	return b == a
}

// redo does again what was done about the goal before the lesson was left.
func (l *lessonRun) redo(c *Call) {
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
	l.goal.count = len(moves)
	labOf(c).events.Take()
	r := Tell("You had done: " + texts(slices.Clone(moves)))
	l.show(c, r)
}

// Prompt says where in a lesson one is, nothing outside of any; short is without
// the lesson's name.
func (s *student) Prompt() (long, short view.Line) {
	l := s.lesson
	if l == nil {
		return nil, nil
	}
	name := "lesson "
	if l.number > 0 {
		name = fmt.Sprintf("lesson %d ", l.number)
	}
	if l.goal == nil {
		return view.L(name + "waits "), nil
	}
	goal := fmt.Sprintf("goal %d/%d ", l.goal.count, l.goal.within)
	return view.L(name + goal), view.L(goal)
}
