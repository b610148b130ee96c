package lesson

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// run is a script that a person is led through: a lesson, the same as a demo, or any
// script with pauses. It is a place in its lines. Nothing waits while they have the
// prompt: an empty line there goes on, every other one is run as ever, and what it did
// to the world is put aside when the script goes on.
//
// At every beat the world is what the script alone makes of it, so that it can be left
// and taken up anywhere: the lines before are run again, silently. Only between a goal
// and its done is it the student's.
type run struct {
	*script
	student *Student
	kept    *kept
	show    *Show // how it is shown to people who are asked nothing; nil: a lesson asks a student

	at      int // the line that was dealt with last
	stop    stop
	own     Moment         // where the script is, whatever was typed at the stop
	here    string         // Ground.Here at that moment
	step    Moment         // where the step of undo began that all of it is
	starts  map[int]Moment // where beats begin, by their first lines
	offer   string         // what Enter runs first, since it shows why an answer was wrong
	solving bool           // the solution of a goal is shown, a command at a time
	passing bool           // nothing leads back to it once it is left
	onward  bool           // nothing leads back in it, as the world runs by itself

	question *question
	twice    string // the question that the class must answer a second time before it goes on, or ""
	early    string // what the student answered in the first round
	goal     *goal  // that the person stands before; its line is at
	start    Moment // where it began
	over     bool   // they were told that the goal has taken more commands than it should
	back     string // says that they have come back to a beat; "" where it begins
	above    func() // draws again what stood above the beat that somebody comes back to; nil: nothing did
}

// stop is why the prompt is a person's in the middle of a script.
type stop uint8

const (
	away       stop = iota // they have left
	atPause                // or after something that is worth a pause
	atQuestion             // they have not answered it yet
	beforeGoal             // they have not reached it yet
	behindGoal             // they have reached it in a way of their own
)

// Show is a script that is shown.
type Show struct {
	Name  string              // as the prompt has it
	Text  string              // its lines
	Again string              // the command that shows it
	Whole bool                // all that it does is one step of `undo`
	Asks  bool                // as a lesson does: its questions are answered, its goals reached by whoever looks on
	End   func() *lang.Result // is shown at its end; nil: nothing is
}

// Lead shows a person a script, a beat at a time, or goes on where they left it. Where
// no person is at the prompt the script runs from end to end.
func Lead(c *lang.Call, show Show) (*lang.Result, error) {
	l := &script{file: show.Name, name: show.Name, label: show.Name, begins: show.Again, ends: map[int]int{}}
	l.lines = strings.Split(strings.TrimRight(show.Text, "\n"), "\n")
	if err := l.structure(); err != nil {
		return nil, err
	}
	s := studentOf(c)
	if AtPrompt(c) {
		return s.begin(c, l, &show, lang.OK())
	}
	err := s.recite(c, l, c.Front, 0, len(l.lines), func(int) {})
	if err != nil || show.End == nil {
		return l.failing(c, err, show.Again)
	}
	return show.End(), nil
}

// AtPrompt says whether a call was typed by a person at the prompt.
func AtPrompt(c *lang.Call) bool {
	return c.Front.Interactive() && !c.Session.InScript() && !c.Within
}

// save keeps how far they are, and warns once where that cannot be.
func (l *run) save() {
	if l.passing {
		return
	}
	if warning := l.student.keep(l); warning != "" && l.student.Front != nil {
		l.student.Front.Show(lang.OK().Block(view.Says(view.Warn, warning)))
	}
}

// scriptFile is the script as a session reads it, at line i.
func (l *script) scriptFile(i int) *lang.Script {
	return &lang.Script{Name: l.file, Path: "lesson: " + l.name, Dir: l.dir, Line: i + 1, About: l}
}

// reading is the session at line i, with all files that are being read there, until the
// returned function is called.
func (l *script) reading(s *lang.Session, i int) (end func()) {
	if l.places == nil {
		return s.Reading(l.scriptFile(i))
	}
	var files []*lang.Script
	for at := l.places[i]; at != nil; at = at.from {
		file := *at.file
		file.Line, file.About = at.row, l
		files = append(files, &file)
	}
	for _, file := range slices.Backward(files) {
		if undo := s.Reading(file); end == nil {
			end = undo
		}
	}
	return end
}

// run runs lines of the script, and remembers where beats begin.
func (l *run) run(c *lang.Call, f lang.Frontend, from, to int) error {
	return l.student.recite(c, l.script, f, from, to, func(i int) {
		if slices.Contains(l.beats, i) {
			l.starts[i] = groundOf(c).Now()
		}
	})
}

// recite runs the lines from..to-1 of a lesson as a script.
func (s *Student) recite(c *lang.Call, l *script, f lang.Frontend, from, to int, passes func(line int)) error {
	if err := s.MayNest(l.scriptFile(0)); err != nil {
		return err
	}
	defer s.Use(f)()
	if from == 0 && l.places == nil {
		groundOf(c).Anew()
	}
	for i := from; i < to; i++ {
		if c.Ctx.Err() != nil {
			return lang.ErrInterrupted
		}
		passes(i)
		if err := s.reciteLine(c, l, f, i); err != nil {
			return err
		}
	}
	return nil
}

func (s *Student) reciteLine(c *lang.Call, l *script, f lang.Frontend, i int) error {
	defer l.reading(s.Session, i)()
	l.echo(f, i)
	return s.RunLine(c.Ctx, l.lines[i])
}

// notTyped are the commands of a lesson that a student would not type.
var notTyped = []string{"", "say", "pause", "expect", "predict", "reveal", "goal", "waypoint", "done"}

// types says whether a line is a command as a student would type it.
func (l *script) types(i int) bool {
	word, _ := l.word(i)
	return !slices.Contains(notTyped, word)
}

// loud is a line as a student would type it.
func loud(line string) string { return strings.ReplaceAll(line, "quietly ", "") }

// echo shows a line as if it were typed.
func (l *script) echo(f lang.Frontend, i int) {
	if l.types(i) {
		f.Echo(loud(l.lines[i]))
	}
}

// begin begins a script, or goes on where a person left it.
func (s *Student) begin(c *lang.Call, l *script, show *Show, opening *lang.Result) (*lang.Result, error) {
	s.Leave()
	all, warning := s.lessonsKept()
	run := &run{script: l, student: s, show: show, starts: map[int]Moment{}}
	_, returns := c.World.(Ground)
	run.onward = !returns
	if run.passing = !returns || l.name == ""; run.passing {
		run.kept = &kept{}
	} else {
		run.kept = all.of(run)
	}
	if s.left.Command == run.key() && s.left.Edition == l.edition() {
		run.starts = s.left.Begins
	}
	beat, goes := 1, run.to
	how := "Enter goes on, or type any command. back goes one beat back, Ctrl-C leaves."
	if !returns {
		how = "Enter goes on, or type any command. Ctrl-C leaves."
	}
	switch k := run.kept; {
	case k.Line > 0 && k.Text == l.edition() && k.Line <= len(l.lines):
		beat, goes, opening = l.beatAt(k.Line-1), run.comeBack, lang.OK()
		run.back = fmt.Sprintf("You are back at beat %d of %d; beat 1 starts over.", beat, len(l.beats))
	case k.Line > 0:
		how = "It has changed since you were here, so it starts over. " + how
		fallthrough
	default:
		run.kept = &kept{Done: k.Done}
	}
	run.kept.Text = l.edition()
	s.lesson, s.goal, s.predictions = run, nil, predictions{}
	maps.Copy(s.predictions, run.kept.Predictions)
	if run.back == "" {
		opening.Block(quiet(how))
	}
	if warning != "" {
		opening.Block(view.Says(view.Warn, warning))
	}
	report(c, opening)
	return run.ended(c, goes(c, beat))
}

// to goes to a beat, and on from there.
func (l *run) to(c *lang.Call, beat int) error {
	return l.together(c, func() error {
		line := l.beats[beat-1]
		from := 0
		for at := range l.starts {
			if at <= line && at > from {
				from = at
			}
		}
		l.close()
		if begun, ok := l.starts[from]; ok {
			groundOf(c).Goto(begun)
		} else {
			l.starts[from] = groundOf(c).Now() // where all of it begins
		}
		if from < line {
			if err := l.run(c, lang.Silent{Frontend: c.Front}, from, line); err != nil && !lang.Ends(err) {
				return lang.Errorf("what comes before beat %d fails here: %s", beat, lang.OneLine(err))
			} else if err != nil {
				return err
			}
			l.student.goal = nil
		}
		if l.at = line - 1; l.above != nil {
			l.above()
		}
		return l.play(c)
	})
}

// asks says whether questions are put to who looks on, and goals left to them.
func (l *run) asks() bool { return l.show == nil || l.show.Asks }

// together makes one step of undo of all that a whole show does.
func (l *run) together(c *lang.Call, do func() error) error {
	if l.show == nil || !l.show.Whole {
		return do()
	}
	c.World.Begin("")
	defer c.World.Commit("")
	if l.step != nil {
		defer groundOf(c).Together(l.step)()
	}
	return do()
}

// play goes on behind the line that was dealt with last, up to a stop, the end, or Ctrl-C.
func (l *run) play(c *lang.Call) error {
	l.stop, l.offer = away, ""
	var looks []string                  // what the script has typed in the present state
	for did, shown := false, false; ; { // what has run since the stop: a command, anything that shows
		if l.at++; l.at >= len(l.lines) {
			l.finish(c)
			return nil
		}
		l.mark()
		word, name := l.word(l.at)
		switch {
		case word == "pause" && !shown: // Enter has just been pressed
			continue
		case word == "pause":
			return l.stand(c, atPause)
		case word == "goal":
			return l.open(c)
		case word == "predict":
			return l.pose(c, name)
		case l.solving && did && l.types(l.at):
			l.at--
			return l.stand(c, atPause)
		}
		var err error
		if looks, err = l.playLine(c, looks); err != nil {
			return l.failed(c, err)
		}
		did, shown = did || l.types(l.at), shown || word != "" && word != "expect"
		if l.halts(c, word, name, looks) {
			return l.stand(c, atPause)
		}
	}
}

// halts tells whether the script stops behind the line that has just been played: where the
// student's own part is done, or a prediction was wrong.
func (l *run) halts(c *lang.Call, word, name string, looks []string) bool {
	switch {
	case word == "done":
		l.solving = false
		return true
	case word == "reveal" && l.asks():
		l.kept.Predictions = l.student.predictions
		l.save()
		return l.misses(c, name, looks)
	}
	return false
}

// failed is what comes of a line that fails: where it is one of a solution that is shown to
// a student, the goal again.
func (l *run) failed(c *lang.Call, err error) error {
	if !l.solving || l.show != nil || errors.Is(err, lang.ErrInterrupted) {
		return err
	}
	return l.fallBack(c, l.goalOf(l.at))
}

// goalOf is the line of the goal whose solution a line is of.
func (l *run) goalOf(at int) int {
	for at > 0 {
		if at--; l.ends[at] > 0 {
			break
		}
	}
	return at
}

// playLine runs the line that it is at. looks is what the script has typed in the present state.
func (l *run) playLine(c *lang.Call, looks []string) ([]string, error) {
	if word, name := l.word(l.at); word == "reveal" {
		l.remind(c, name)
	}
	here := groundOf(c).Here()
	err := l.run(c, c.Front, l.at, l.at+1)
	if groundOf(c).Here() != here {
		return nil, err
	}
	return append(looks, l.lines[l.at]), err
}

// stand hands the prompt over.
func (l *run) stand(c *lang.Call, why stop) error {
	l.stop, l.own, l.here = why, groundOf(c).Now(), groundOf(c).Here()
	if why != behindGoal {
		l.step = l.own
	}
	return nil
}

// remind repeats a question that does not stand right above its answer.
func (l *run) remind(c *lang.Call, name string) {
	p, apart := l.student.predictions[name], false
	for i := l.at - 1; i >= 0 && p != nil; i-- {
		switch word, of := l.word(i); {
		case word == "predict" && of == name:
			if apart {
				tell(c, quiet("You were asked: "+prose.Visible(p.Question)))
			}
			return
		case slices.Contains(stops, word):
			apart = true
		}
	}
}

// misses says whether a question was answered wrongly. Then Enter shows what tells why:
// what the script shows next, or else what the Matter knows, unless it stands there already.
func (l *run) misses(c *lang.Call, name string, looks []string) bool {
	p := l.student.predictions[name]
	if p == nil || p.Answer == "" || p.Right {
		return false
	}
	if m := l.student.matter; l.next() == "" && m.Evidence != nil {
		call, _, err := l.student.ParseNext(l.lines[l.at], 0)
		if err != nil {
			return false
		}
		if truth, err := m.reveal.Of(call).Value(); err == nil {
			l.offer = m.Evidence(c.World, m.reveal.Of(call).Text(), truth)
		}
	}
	if slices.Contains(looks, l.offer) || l.offer != "" && l.offer == l.nextBeyondPause() {
		l.offer = ""
	}
	return l.offer != "" || l.next() != ""
}

// next is the command that the script types next, "" where it says or does something else
// before.
func (l *run) next() string { return l.nextFrom(l.at + 1) }

// nextBeyondPause is the same where a pause comes before it, else "".
func (l *run) nextBeyondPause() string {
	for i := l.at + 1; i < len(l.lines); i++ {
		switch word, _ := l.word(i); word {
		case "", "expect":
		case "pause":
			return l.nextFrom(i + 1)
		default:
			return ""
		}
	}
	return ""
}

func (l *run) nextFrom(from int) string {
	for i := from; i < len(l.lines); i++ {
		word, _ := l.word(i)
		switch {
		case word == "" || word == "expect" || l.solving && word == "waypoint":
		case word == "new" || !l.types(i) || word == "quietly" && !l.solving:
			return ""
		default:
			return loud(l.lines[i])
		}
	}
	return ""
}

// goOn goes on from a stop.
func (l *run) goOn(c *lang.Call) error {
	switch l.stop {
	case beforeGoal:
		report(c, l.goal.tell().Block(goalChoices()))
		return nil
	case behindGoal:
		return l.together(c, func() error { return l.behind(c) })
	}
	if l.secondRound(c) {
		return nil
	}
	l.backToOwn(c)
	return l.together(c, func() error { return l.play(c) })
}

// backToOwn leaves what a person did at a stop, and says where it is kept.
func (l *run) backToOwn(c *lang.Call) {
	kept := l.keptAs(c, l.own)
	if ground := groundOf(c); ground.Here() != l.here {
		tell(c, quiet("Back to the "+l.kind()+"'s own state."+kept))
	}
	groundOf(c).Goto(l.own)
}

// keptAs says where what a person did since a moment is kept.
func (l *run) keptAs(c *lang.Call, since Moment) string {
	ground := groundOf(c)
	did := ground.Since(since)
	theirs := len(did) > 0 || did == nil && ground.After(since)
	if name := ground.Branch(); name != "" && theirs {
		return fmt.Sprintf(" Yours is kept as branch %s (goto %s).", name, name)
	}
	return ""
}

// quiet is what is only said beside.
func quiet(text string) view.Prose { return view.Prose{Words: view.LS(view.Quiet, text)} }

// kind is what it is called.
func (l *run) kind() string { return prose.Either(l.show == nil || l.minutes > 0, "lesson", "script") }

// mark keeps the beat that begins here as the place to come back to.
func (l *run) mark() {
	if slices.Contains(l.beats, l.at) && l.kept.Line != l.at+1 {
		l.kept.Line, l.kept.Moves, l.kept.Predictions = l.at+1, nil, l.student.predictions
		l.save()
	}
}

// close gives the question or the goal up.
func (l *run) close() {
	l.twice, l.early = "", ""
	roomOf(l.student.Session).Drop()
	l.goal, l.student.goal, l.question, l.offer, l.solving, l.stop = nil, nil, nil, "", false, away
}

// ended makes of Ctrl-C a place to come back to.
func (l *run) ended(c *lang.Call, err error) (*lang.Result, error) {
	switch {
	case err == nil:
	case errors.Is(err, lang.ErrInterrupted):
		return lang.OK().Block(l.student.Leave()...), nil
	case l.student.lesson == l:
		if l.student.Leave(); l.places != nil { // it is mended, and begins anew
			l.kept.Line = 0
			l.save()
		}
	}
	return l.failing(c, err, l.key())
}

// failing is what comes of the script, with what to do where it fails. The command begins it again.
func (l *script) failing(c *lang.Call, err error, again string) (*lang.Result, error) {
	r := lang.OK()
	if way := l.wayOn(c, again); err != nil && !lang.Ends(err) && way != "" {
		r.Line(way)
	}
	return r, err
}

// wayOn is what to do where the script fails, a sentence; "": nothing is known.
func (l *script) wayOn(c *lang.Call, again string) string {
	if m := studentOf(c).matter; m.WayOn != nil {
		return m.WayOn(c.World, l.lines, again)
	}
	return ""
}

// Leave leaves what is shown, and says how to come back to it; nil where nothing is.
func (s *Student) Leave() []view.Block {
	l := s.lesson
	if l == nil {
		return nil
	}
	beat := l.beatAt(max(l.at, 0))
	l.close()
	if l.asks() {
		l.kept.Predictions = s.predictions
	}
	l.save()
	s.lesson, s.left, s.predictions = nil, l.place(), predictions{}
	name := l.label
	if l.minutes > 0 {
		name = prose.Capital(name)
	}
	if l.passing {
		return []view.Block{view.Lines("", fmt.Sprintf("%s ends at beat %d of %d.", name, beat, len(l.beats)))}
	}
	return []view.Block{view.Lines(""), view.Prose{Words: view.Line{
		view.S(view.Plain, fmt.Sprintf("%s waits at beat %d of %d: ", name, beat, len(l.beats))),
		view.S(view.Code, l.again()), view.S(view.Plain, " resumes there.")}}}
}

// again is the command that comes back.
func (l *run) again() string {
	if l.show == nil {
		return "lesson"
	}
	return l.show.Again
}

// Place is where somebody is, or was, in what is shown.
type Place struct {
	Command string         // the command that leads back there, from anywhere; "": nothing is shown
	Edition string         // of the script
	Begins  map[int]Moment // the beats that were reached, by their first lines
}

func (l *run) place() Place { return Place{l.key(), l.edition(), l.starts} }

// Place is where the person is just now.
func (s *Student) Place() Place {
	if s.lesson == nil {
		return Place{}
	}
	return s.lesson.place()
}

// Left says where they left an earlier session: what is begun again goes on from its moments.
func (s *Student) Left(p Place) { s.left = p }

// scriptOf is the lesson that a script is, or nil.
func scriptOf(f *lang.Script) *script {
	l, _ := f.About.(*script)
	return l
}

// finish says how it went.
func (l *run) finish(c *lang.Call) {
	s := l.student
	l.kept.Line, l.kept.Moves, l.kept.Done, l.kept.Predictions = 0, nil, true, s.predictions
	l.close()
	l.save()
	s.lesson, s.predictions = nil, predictions{}
	switch {
	case l.show == nil:
		report(c, l.account())
	case l.show.End != nil:
		report(c, l.show.End())
	}
}

// account is what a lesson came to.
func (l *run) account() *lang.Result {
	r := lang.Tell("").Block(view.Says(view.Good, fmt.Sprintf("That was %s, %s.", l.label, l.title)))
	if account := l.kept.account(); account != "" {
		if right, of := l.kept.Predictions.score(); right < of {
			account += ". You have now seen what you did not predict"
		}
		r.Block(view.Prose{Words: view.L("You " + account + ".")})
	}
	if next := l.student.matter.after(l.script); next != nil {
		r.Block(view.Text{Lines: []view.Line{view.Typed(fmt.Sprintf("Next: `lesson %d`, %s (%s).", next.number,
			next.title, prose.Plural(next.minutes, "minute")))}})
	}
	return r
}

// demoEnds is the last thing that a demo shows.
func (s *Student) demoEnds(l *script) *lang.Result {
	r := lang.Tell("").Block(view.Says(view.Good, fmt.Sprintf("That was the demo of %s, %s.", l.label, l.title)))
	ways := "`" + l.begins + "` lets you do it yourself."
	if next := s.matter.after(l); next != nil {
		ways += fmt.Sprintf(" Next: `lesson %d demo`, %s.", next.number, next.title)
	}
	return r.Block(view.Text{Lines: []view.Line{view.Typed(ways)}})
}

// Prompt says where one is, nothing outside of any script; short is without the name.
func (s *Student) Prompt() (long, short view.Line) {
	l := s.lesson
	if l == nil {
		return nil, nil
	}
	name := l.label + " "
	if l.minutes > 0 && l.short == "" { // a file of somebody's own has a long one
		name = "lesson "
	}
	place := fmt.Sprintf("%d/%d ", l.beatAt(l.at), len(l.beats))
	switch l.stop {
	case atQuestion:
		place += "your guess "
	case beforeGoal:
		place = fmt.Sprintf("goal %d/%d ", l.goal.count, l.goal.within)
	}
	return view.L(name + place), view.L(place)
}

// Enter is what an empty line at the prompt stands for, and what the prompt says of it; ""
// outside of any script.
func (s *Student) Enter() (line, says string) {
	l := s.lesson
	switch {
	case l == nil:
		return "", ""
	case l.offer != "":
		return l.offer, l.offer
	case l.stop == atPause:
		return "beat", cmp.Or(l.next(), "go on")
	case l.stop == behindGoal:
		return "beat", "go on"
	}
	return "beat", ""
}

// AtPrompt is a line as it is meant there: at a question one that is no command is an
// answer, `back` alone goes a beat back, and some words only say to go on, or to leave.
func (s *Student) AtPrompt(line string) string {
	l := s.lesson
	switch word := strings.TrimSpace(line); {
	case l == nil && s.waits != "" && lang.IsReply(word):
		return line
	case l == nil:
	case word == "back":
		return fmt.Sprintf("beat %d", max(1, l.beatAt(l.at)-1))
	case lang.SaysStop(word) && !l.onward:
		return "lesson stop"
	case lang.SaysYes(word) && (l.stop == atPause || l.stop == behindGoal):
		line, _ = s.Enter()
		return line
	case l.stop != atQuestion && lang.IsReply(word): // no is not node
		return line
	case l.stop != atQuestion:
	case isNoAnswer(word):
		return "beat"
	case !s.isCommand(word):
		return "answer " + lang.Quote(word)
	}
	return s.Session.AtPrompt(line)
}

// Asking is the question that a person is asked, nil where there is none.
func (s *Student) Asking() []view.Block {
	if s.lesson == nil || s.lesson.stop != atQuestion {
		return nil
	}
	return s.lesson.question.asked()
}
