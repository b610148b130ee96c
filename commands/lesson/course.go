package lesson

import (
	"fmt"

	"raftlab/commands/each"
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

var beatNumber = lang.Int("NUMBER", 1, 1000).Optional()

// beats is the command that moves in what is shown.
func (m *Matter) beats() []*lang.Command {
	return []*lang.Command{{
		Name: "beat", Lasting: true,
		Summary: "goes on in a lesson, a demo, a scenario or the tour, or goes to beat NUMBER of it",
		Args:    lang.Params{beatNumber},
		Details: "The prompt says where you are: 7/21 is beat 7 of 21. Enter goes on, and `back` alone " +
			"goes one beat back, " +
			"with the " + m.Thing + ". Whatever you type in between, each beat starts from the script's own state.",
		Run: func(c *lang.Call) (*lang.Result, error) {
			l := studentOf(c).lesson
			_, returns := c.World.(Ground)
			switch n := beatNumber.Of(c); {
			case l == nil || c.Session.InScript():
				return nil, lang.Errorf("nothing is being shown").WithHint("lesson, scenario or tour begins something")
			case !beatNumber.Given(c) && l.stop == atQuestion:
				return l.ended(c, l.answer(c, ""))
			case !beatNumber.Given(c):
				return l.ended(c, l.goOn(c))
			case !returns:
				return nil, lang.Errorf("a %s that runs by itself only goes on, and so does %s", m.Thing, l.label).
					WithHint("Enter goes on")
			case n > len(l.beats):
				return nil, lang.Errorf("%s has %s", l.label, prose.Plural(len(l.beats), "beat"))
			default:
				return l.ended(c, l.to(c, n))
			}
		},
	}}
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
			"when it sets a goal. Enter goes on, and you may type any command in between. Ctrl-C leaves the lesson. " +
			"`lesson` takes you back to the same beat, even in a later session. Each lesson starts a " + m.Thing +
			" of its own, and the one before stays in the history.\n\n" +
			"With `demo`, no questions are asked, and Enter runs the lesson's own solution of each " +
			"goal, a command at a " +
			"time. A lesson in a script runs from end to end and asks nothing, so it is also a test.\n\n" +
			"`lesson reset` forgets how far you are, in one lesson or in all of them. `lesson stop` gives you " +
			"the normal prompt back.",
		Run: runLesson,
	}}
}

func listLessons(c *lang.Call) (*lang.Result, error) {
	s := studentOf(c)
	kept, warning := s.lessonsKept()
	t := view.Table{Head: []string{"", "lesson", "minutes", "", "about"}, Fixed: 2, Brief: true,
		Right: []bool{true, false, true}}
	var values []LessonRow
	for _, l := range s.matter.shipped() {
		how, brief := kept.Lessons[l.name].progress(l)
		number := ""
		if l.number > 0 {
			number = fmt.Sprint(l.number)
		}
		t.Add(view.LS(view.Strong, number), view.LS(view.Code, l.short), view.L(fmt.Sprint(l.minutes)),
			view.L(brief), view.L(l.title))
		values = append(values, LessonRow{Number: l.number, Name: l.short, Title: l.title, Minutes: l.minutes,
			Reads: l.reads, Progress: how})
	}
	r := lang.OK().With(LessonsResult{values}).Block(t)
	r.Line("lesson NUMBER begins or goes on; lesson NUMBER demo shows it to a class.")
	for _, l := range each.Only(s.matter.shipped(), func(l *script) bool { return l.number == 0 }) {
		r.Line(fmt.Sprintf("Little time? lesson %s takes %d minutes.", l.name, l.minutes))
	}
	if c.Session.Table.Lookup("lesson") == nil {
		r.Line(s.matter.Elsewhere)
	}
	if warning != "" {
		r.Block(view.Says(view.Warn, warning))
	}
	return r, nil
}

// progress is how far a person is, in a few words, and in a word.
func (k *kept) progress(l *script) (words, word string) {
	switch {
	case k == nil:
	case k.Line > 0 && k.Text == l.edition():
		at, of := l.beatAt(k.Line-1), len(l.beats)
		return fmt.Sprintf("at beat %d of %d", at, of), fmt.Sprintf("%d/%d", at, of)
	case k.Done:
		words, word = "done", "done"
		if account := k.account(); account != "" {
			words += ": " + account
		}
		if right, of := k.Predictions.score(); of > 0 {
			word += fmt.Sprintf(", %d/%d", right, of)
		}
	}
	return words, word
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
	switch run := s.lesson; {
	case !AtPrompt(c):
		return s.demonstrate(c, l)
	case lessonDemo.Of(c):
		end := func() *lang.Result { return s.demoEnds(l) }
		return s.begin(c, l, &Show{Again: l.begins + " demo", End: end}, l.opening())
	case run != nil && run.show == nil && run.name == l.name && run.standing() != nil:
		return run.goal.tell(), nil // there already
	}
	return s.begin(c, l, nil, l.opening())
}

// chooseLesson is the lesson that was named, or the one begun last, or the
// first that is not done.
func (s *Student) chooseLesson(c *lang.Call) (*script, error) {
	if s.matter.which.Given(c) {
		return s.matter.which.Of(c).load()
	}
	if s.lesson != nil && s.lesson.minutes > 0 {
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
	defer func(ps predictions) { s.predictions, s.goal = ps, nil }(s.predictions)
	s.Leave()
	s.predictions = predictions{}
	report(c, l.opening())
	err := s.recite(c, l, c.Front, 0, len(l.lines), func(int) {})
	return l.failing(c, err, l.begins)
}

// opening is the first thing that a lesson shows.
func (l *script) opening() *lang.Result {
	head := view.Line{view.S(view.Strong, prose.Capital(l.label)+": "+l.title+".")}
	rest := prose.Plural(l.minutes, "minute")
	if l.reads != "" {
		rest += "; read along: " + l.reads
	}
	return lang.OK().Block(view.Prose{Words: append(head, view.S(view.Plain, " "+prose.Capital(rest)+"."))})
}

func (s *Student) stopLesson() (*lang.Result, error) {
	if s.lesson == nil {
		return nil, lang.Errorf("no lesson is open").WithHint("lessons lists them")
	}
	return lang.OK().Block(s.Leave()...), nil
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
		what = l.label
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
	s.left = Place{}
	r := lang.Tell("How far you are in " + what + " is forgotten.")
	for _, w := range []string{warning, s.save(all)} {
		if w != "" {
			r.Block(view.Says(view.Warn, w))
		}
	}
	return r, nil
}
