package commands

import (
	"errors"
	"fmt"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	lessonWhich = lessonKind.New().Optional()
	lessonDemo  = lang.Flag("demo")
	lessonStop  = lang.Literal("stop")
	lessonReset = lang.Literal("reset")
)

var _ = Register(&Command{
	Name: "lessons", Topic: TopicLessons,
	Summary: "lists the lessons, with how far you are",
	Run: func(c *Call) (*Result, error) {
		kept, warning := studentOf(c).lessonsKept()
		t := view.Table{Head: []string{"", "lesson", "minutes", "", "about"}, Fixed: 2, Right: []bool{true, false, true}}
		var values []lessonRow
		for _, l := range course() {
			how := kept.Lessons[l.name].progress(l)
			t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, fmt.Sprint(l.number)), view.LS(view.Code, l.short()), view.L(fmt.Sprint(l.minutes)),
				view.L(how), view.L(l.title)})
			values = append(values, lessonRow{Number: l.number, Name: l.short(), Title: l.title, Minutes: l.minutes, Reads: l.reads, Progress: how})
		}
		r := OK().With(lessonsResult{values}).Block(t)
		r.Line("lesson NUMBER begins or goes on; lesson NUMBER demo shows it to a class.")
		if warning != "" {
			r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, warning)}})
		}
		return r, nil
	},
})

// progress is how far a person is, in a few words.
func (k *lessonKept) progress(l *lesson) string {
	switch {
	case k == nil:
		return ""
	case k.Line > 0 && k.Text == l.edition():
		return fmt.Sprintf("at beat %d of %d", l.beatAt(k.Line-1), len(l.beats))
	case k.Done && k.account() != "":
		return "done: " + k.account()
	case k.Done:
		return "done"
	}
	return ""
}

var _ = Register(&Command{
	Name: "lesson", Topic: TopicLessons, Lasting: true,
	Summary: "begins a lesson, or goes on with it",
	Forms:   []Params{{lessonWhich, lessonDemo}, {lessonReset, lessonWhich}, {lessonStop}},
	Details: "A lesson tells something, asks what will happen before it does, and at a goal hands over the prompt. Ctrl-C leaves it to the prompt, and `lesson` " +
		"comes back to the same beat, also in another session. Each begins with a cluster of its own; the one before stays in the history.\n\n" +
		"With `demo` Enter steps, nothing is asked, and the goals are reached by the lesson's own solution. So it is in a script, where a lesson is also a test.\n\n" +
		"`lesson reset` forgets how far you are, in one lesson or in all; `lesson stop` leaves the prompt as it was.",
	Examples: []string{"lesson 3", "lesson elections demo"},
	Run:      runLesson,
})

func runLesson(c *Call) (*Result, error) {
	s := studentOf(c)
	switch {
	case lessonStop.Given(c):
		return s.stopLesson()
	case lessonReset.Given(c):
		return s.resetLessons(c)
	}
	l, err := s.chooseLesson(c)
	if err != nil {
		return nil, err
	}
	if !c.Front.Interactive() || s.InScript() || lessonDemo.Of(c) {
		return s.demonstrate(c, l)
	}
	if run := s.lesson; run != nil && run.lesson.name == l.name && run.goal != nil {
		return run.goal.tell(), nil // there already
	}
	return s.begin(c, l)
}

// chooseLesson is the lesson that was named, or the one begun last, or the
// first that is not done.
func (s *student) chooseLesson(c *Call) (*lesson, error) {
	if lessonWhich.Given(c) {
		return lessonWhich.Of(c).load()
	}
	if s.lesson != nil {
		return s.lesson.lesson, nil
	}
	kept, _ := s.lessonsKept()
	for _, l := range course() {
		if k := kept.Lessons[l.name]; k != nil && k.Line > 0 && kept.Last == l.name {
			return l, nil
		}
	}
	if k := kept.Lessons[kept.Last]; k != nil && k.Line > 0 {
		return lessonFile(kept.Last)
	}
	for _, l := range course() {
		if k := kept.Lessons[l.name]; k == nil || !k.Done {
			return l, nil
		}
	}
	return course()[0], nil
}

// demonstrate runs a lesson from end to end and asks nothing.
func (s *student) demonstrate(c *Call, l *lesson) (*Result, error) {
	defer func(ps predictions, demo bool) { s.predictions, s.staged, s.goal = ps, demo, nil }(s.predictions, s.staged)
	s.predictions, s.staged, s.lesson = predictions{}, true, nil
	c.Front.Show(s.reported(l.opening(""), c))
	err := s.recite(c, l, stage{c.Front}, 0, len(l.lines))
	if errors.Is(err, ErrInterrupted) && !s.InScript() {
		return Tell("", "The demo of "+l.label()+" ends here."), nil
	}
	return OK(), err
}

// reported is a result that stands between two commands.
func (s *student) reported(r *Result, c *Call) *Result {
	r.Command = c.Text
	c.World.Report(r)
	return r
}

// opening is the first thing that a lesson shows.
func (l *lesson) opening(how string) *Result {
	head := view.Line{view.S(view.Strong, capital(l.label())+": "+l.title+".")}
	rest := prose.Plural(l.minutes, "minute")
	if l.reads != "" {
		rest += "; beside it, " + l.reads
	}
	r := OK().Block(view.Prose{Words: append(head, view.S(view.Plain, " "+capital(rest)+"."))})
	if how != "" {
		r.Block(view.Prose{Words: view.LS(view.Quiet, how)})
	}
	return r
}

func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}

// begin begins a lesson, or goes on where a person left it.
func (s *student) begin(c *Call, l *lesson) (*Result, error) {
	all, warning := s.lessonsKept()
	run := &lessonRun{lesson: l, student: s, kept: all.Lessons[l.name]}
	how := "Enter goes on; you may also type commands there. Ctrl-C leaves to the prompt; lesson comes back to the same place."
	switch {
	case run.kept == nil:
		run.kept = &lessonKept{}
	case run.kept.Line > 0 && run.kept.Text == l.edition() && run.kept.Line <= len(l.lines):
		run.at = run.kept.Line - 1
		how = fmt.Sprintf("You are back at beat %d of %d.", l.beatAt(run.at), len(l.beats))
	case run.kept.Line > 0:
		how = "The lesson has changed since you were here, so it begins anew. " + how
	}
	if run.at == 0 {
		run.kept = &lessonKept{Done: run.kept.Done}
	}
	run.kept.Text = l.edition()
	s.lesson, s.goal, s.predictions = run, nil, predictions{}
	for name, p := range run.kept.Predictions {
		s.predictions[name] = p
	}
	r := l.opening(how)
	if warning != "" {
		r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, warning)}})
	}
	c.Front.Show(s.reported(r, c))
	if run.at > 0 {
		if err := run.run(c, lang.Silent{Frontend: c.Front}, 0, run.at); err != nil {
			s.lesson = nil
			return nil, err
		}
		labOf(c).events.Take()
	}
	return run.ended(c, run.play(c))
}

func (s *student) stopLesson() (*Result, error) {
	if s.lesson == nil {
		return nil, Errorf("no lesson is open").WithHint("lessons lists them")
	}
	l := s.lesson.lesson
	s.lesson, s.goal = nil, nil
	return Tell(fmt.Sprintf("You have left %s; lesson goes on where you were.", l.label())), nil
}

// resetLessons forgets how far a person is, in one lesson or in all.
func (s *student) resetLessons(c *Call) (*Result, error) {
	all, warning := s.lessonsKept()
	what := "all lessons"
	if lessonWhich.Given(c) {
		l, err := lessonWhich.Of(c).load()
		if err != nil {
			return nil, err
		}
		what = l.label()
		delete(all.Lessons, l.name)
		if all.Last == l.name {
			all.Last = ""
		}
		if s.lesson != nil && s.lesson.name == l.name {
			s.lesson, s.goal = nil, nil
		}
	} else {
		all, s.lesson, s.goal = &lessonsKept{}, nil, nil
	}
	r := Tell("How far you are in " + what + " is forgotten.")
	for _, w := range []string{warning, s.save(all)} {
		if w != "" {
			r.Block(view.Text{Lines: []view.Line{view.LS(view.Warn, w)}})
		}
	}
	return r, nil
}
