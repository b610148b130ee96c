package lesson

import (
	"errors"
	"fmt"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	lessonDemo  = lang.Flag("demo")
	lessonStop  = lang.Literal("stop")
	lessonReset = lang.Literal("reset")
)

// LessonRow is a lesson in what `lessons` has as its result.
type LessonRow struct {
	Minutes  int    `json:"minutes" doc:"how long it takes, in minutes"`
	Name     string `json:"name" doc:"its name"`
	Number   int    `json:"number" doc:"its number"`
	Progress string `json:"progress" doc:"how far you are"`
	Reads    string `json:"reads" doc:"what to read in the paper"`
	Title    string `json:"title" doc:"its title"`
}

// LessonsResult is what `lessons` has as its result.
type LessonsResult struct {
	Lessons []LessonRow `json:"lessons" doc:"the lessons, in their order"`
}

// lessons is the commands that begin and leave lessons.
func (m *Matter) lessons() []*lang.Command {
	return []*lang.Command{{
		Name:    "lessons",
		Summary: "lists the lessons and how far you are",
		Results: []any{LessonsResult{}},
		Run:     listLessons,
	}, {
		Name: "lesson", Lasting: true,
		Summary: "starts a lesson, or continues it",
		Forms:   []lang.Params{{m.which, lessonDemo}, {lessonReset, m.which}, {lessonStop}},
		Details: "A lesson explains something, asks you to predict what will happen, and gives you the prompt " +
			"when it sets a goal. Ctrl-C leaves the lesson. `lesson` takes you back to the same point, even in a " +
			"later session. Each lesson starts a " + m.Thing +
			" of its own, and the one before stays in the history.\n\n" +
			"With `demo`, Enter takes the next step, no questions are asked, and the lesson's own solution " +
			"reaches the goals. A lesson in a script runs the same way, so it is also a test.\n\n" +
			"`lesson reset` forgets how far you are, in one lesson or in all of them. `lesson stop` gives you " +
			"the normal prompt back.",
		Run: runLesson,
	}}
}

func listLessons(c *lang.Call) (*lang.Result, error) {
	s := studentOf(c)
	kept, warning := s.lessonsKept()
	t := view.Table{Head: []string{"", "lesson", "minutes", "", "about"}, Fixed: 2, Right: []bool{true, false, true}}
	var values []LessonRow
	for _, l := range s.matter.shipped() {
		how := kept.Lessons[l.name].progress(l)
		number := ""
		if l.number > 0 {
			number = fmt.Sprint(l.number)
		}
		t.Rows = append(t.Rows, []view.Line{view.LS(view.Strong, number), view.LS(view.Code, l.short()),
			view.L(fmt.Sprint(l.minutes)),
			view.L(how), view.L(l.title)})
		values = append(values, LessonRow{Number: l.number, Name: l.short(), Title: l.title, Minutes: l.minutes,
			Reads: l.reads, Progress: how})
	}
	r := lang.OK().With(LessonsResult{values}).Block(t)
	r.Line("lesson NUMBER begins or goes on; lesson NUMBER demo shows it to a class.")
	if l := s.matter.fast(); l != nil {
		r.Line(fmt.Sprintf("Little time? lesson %s takes %d minutes.", l.name, l.minutes))
	}
	if c.Session.Table.Lookup("lesson") == nil {
		r.Line(s.matter.Elsewhere)
	}
	if warning != "" {
		r.Block(styled(view.Warn, warning))
	}
	return r, nil
}

// progress is how far a person is, in a few words.
func (k *kept) progress(l *script) string {
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

func runLesson(c *lang.Call) (*lang.Result, error) {
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
	if run := s.lesson; run != nil && run.script.name == l.name && run.goal != nil {
		return run.goal.tell(), nil // there already
	}
	return s.begin(c, l)
}

// chooseLesson is the lesson that was named, or the one begun last, or the
// first that is not done.
func (s *Student) chooseLesson(c *lang.Call) (*script, error) {
	if s.matter.which.Given(c) {
		return s.matter.which.Of(c).load()
	}
	if s.lesson != nil {
		return s.lesson.script, nil
	}
	kept, _ := s.lessonsKept()
	for _, l := range s.matter.shipped() {
		if k := kept.Lessons[l.name]; k != nil && k.Line > 0 && kept.Last == l.name {
			return l, nil
		}
	}
	if k := kept.Lessons[kept.Last]; k != nil && k.Line > 0 {
		return readFile(kept.Last)
	}
	for _, l := range s.matter.course() {
		if k := kept.Lessons[l.name]; k == nil || !k.Done {
			return l, nil
		}
	}
	return s.matter.course()[0], nil
}

// demonstrate runs a lesson from end to end and asks nothing.
func (s *Student) demonstrate(c *lang.Call, l *script) (*lang.Result, error) {
	defer func(ps predictions, demo bool) { s.predictions, s.staged, s.goal = ps, demo, nil }(s.predictions, s.staged)
	s.predictions, s.staged, s.lesson = predictions{}, true, nil
	report(c, c.Front, l.opening(""))
	err := s.recite(c, l, stage{c.Front}, 0, len(l.lines))
	if errors.Is(err, lang.ErrInterrupted) && !s.InScript() {
		return lang.Tell("", "The demo of "+l.label()+" ends here."), nil
	}
	return lang.OK(), err
}

// opening is the first thing that a lesson shows.
func (l *script) opening(how string) *lang.Result {
	head := view.Line{view.S(view.Strong, prose.Capital(l.label())+": "+l.title+".")}
	rest := prose.Plural(l.minutes, "minute")
	if l.reads != "" {
		rest += "; read along: " + l.reads
	}
	r := lang.OK().Block(view.Prose{Words: append(head, view.S(view.Plain, " "+prose.Capital(rest)+"."))})
	if how != "" {
		r.Block(view.Prose{Words: view.LS(view.Quiet, how)})
	}
	return r
}

// begin begins a lesson, or goes on where a person left it.
func (s *Student) begin(c *lang.Call, l *script) (*lang.Result, error) {
	all, warning := s.lessonsKept()
	run := &run{script: l, student: s, kept: all.Lessons[l.name]}
	how := "Enter goes on; you may also type commands there. Ctrl-C leaves to the prompt; lesson comes back to the " +
		"same place."
	switch {
	case run.kept == nil:
		run.kept = &kept{}
	case run.kept.Line > 0 && run.kept.Text == l.edition() && run.kept.Line <= len(l.lines):
		run.at = run.kept.Line - 1
		how = fmt.Sprintf("You are back at beat %d of %d.", l.beatAt(run.at), len(l.beats))
	case run.kept.Line > 0:
		how = "The lesson has changed since you were here, so it begins anew. " + how
	}
	if run.at == 0 {
		run.kept = &kept{Done: run.kept.Done}
	}
	run.kept.Text = l.edition()
	s.lesson, s.goal, s.predictions = run, nil, predictions{}
	for name, p := range run.kept.Predictions {
		s.predictions[name] = p
	}
	r := l.opening(how)
	if warning != "" {
		r.Block(styled(view.Warn, warning))
	}
	report(c, c.Front, r)
	if run.at > 0 {
		if err := run.run(c, lang.Silent{Frontend: c.Front}, 0, run.at); err != nil {
			s.lesson = nil
			return nil, err
		}
	}
	return run.ended(c, run.play(c))
}

func (s *Student) stopLesson() (*lang.Result, error) {
	if s.lesson == nil {
		return nil, lang.Errorf("no lesson is open").WithHint("lessons lists them")
	}
	l := s.lesson.script
	s.lesson, s.goal = nil, nil
	return lang.Tell(fmt.Sprintf("You have left %s; lesson goes on where you were.", l.label())), nil
}

// resetLessons forgets how far a person is, in one lesson or in all.
func (s *Student) resetLessons(c *lang.Call) (*lang.Result, error) {
	all, warning := s.lessonsKept()
	what := "all lessons"
	if s.matter.which.Given(c) {
		l, err := s.matter.which.Of(c).load()
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
		all, s.lesson, s.goal = &allKept{}, nil, nil
	}
	r := lang.Tell("How far you are in " + what + " is forgotten.")
	for _, w := range []string{warning, s.save(all)} {
		if w != "" {
			r.Block(styled(view.Warn, w))
		}
	}
	return r, nil
}
