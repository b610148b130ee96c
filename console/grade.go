package console

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"raftlab/commands/files"
	"raftlab/commands/grade"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/viva"
	"raftlab/console/paint"
)

// What is asked of a server of somebody's own, raftlab grade, and of its author, raftlab viva.

// gradeFlags is the command line of raftlab grade.
type gradeFlags struct {
	stage    number
	format   choice
	out      string
	within   time.Duration
	checks   string
	keep     string
	except   []string
	metadata string
	lecture  string
}

func (g *gradeFlags) add(f *pflag.FlagSet) {
	g.stage = number{0, 1, grade.LastStage}
	g.format = choice{"text", append([]string{"text"}, grade.Formats()...)}
	f.Var(&g.stage, "stage", "play stage N alone, from 1 to 6")
	f.Lookup("stage").DefValue = ""
	f.Var(&g.format, "format", "what is printed")
	f.StringVar(&g.out, "out", "", "write it to `FILE`")
	f.DurationVar(&g.within, "within", time.Minute, "the time for each program; what it cuts off is not decided")
	f.StringVar(&g.checks, "checks", "", "play the checks in `DIR` as well, such as 2-mine.raft")
	f.StringVar(&g.keep, "keep", "", "write the schedules of what does not hold to `DIR`; by default to raftlab's\n"+
		"state directory")
	f.StringVar(&g.metadata, "metadata", "", "Gradescope's submission_metadata.json, to tell what held before: `FILE`")
	f.StringVar(&g.lecture, "lecture", "", "write a script to `FILE` that shows a class the three rules that most\n"+
		"submissions broke")
	f.StringSliceVar(&g.except, "except", nil, "pass over departures from `RULES`, such as ElectionTimer,VoteOnce")
}

func (s *settings) checkGrade() error {
	if len(s.files) > 0 && s.files[0] == "kit" {
		if len(s.files) != 2 {
			return errors.New("grade kit takes the directory that it writes to, as in raftlab grade kit course")
		}
		return nil
	}
	many := len(s.files) > 1
	if err := s.checkCommand(); err != nil {
		return err
	}
	switch {
	case many != strings.Contains(s.files[0], grade.Place):
		return errors.New("to grade several submissions, write {} where the file goes, and the files after it, as in " +
			"raftlab grade 'python3 {}' a.py b.py")
	case many && !slices.Contains([]string{"text", "json"}, s.grade.format.value):
		return fmt.Errorf("--format %s is for one program; several are told as text or json", s.grade.format.value)
	case s.grade.lecture != "" && !many:
		return errors.New("--lecture is for several submissions")
	case s.grade.within < 10*time.Millisecond || s.grade.within > 24*time.Hour:
		return fmt.Errorf("--within is a time from 10ms to 24h, not %v", s.grade.within)
	}
	return s.grade.order(s.files[0]).Wrong()
}

// checkCommand refuses a command line without the command that starts a server: an empty one is mostly a
// variable of the shell that is not set.
func (s *settings) checkCommand() error {
	if len(s.files) > 0 && strings.TrimSpace(s.files[0]) != "" {
		return nil
	}
	return fmt.Errorf("%[1]s takes the command that starts your server, as in raftlab %[1]s 'python3 my_raft.py'; "+
		"raftlab's own is 'raftlab guest reference'", s.word)
}

// order is what is to be graded.
func (g *gradeFlags) order(command string) *grade.Order {
	return &grade.Order{Command: command, Stage: int(g.stage.value), Within: g.within, Checks: g.checks,
		Keep: g.keepDir(), Except: g.except}
}

// doGrade grades a program, or several. Its exit code is 0 when all that was asked for
// holds.
func (a *app) doGrade() (code int, err error) {
	switch {
	case a.files[0] == "kit":
		return 0, grade.WriteKit(a.files[1], a.front.out.print)
	case len(a.files) > 1:
		return a.gradeMany()
	}
	return a.gradeOne()
}

// keepDir is where schedules go; "" where no place is known.
func (g *gradeFlags) keepDir() string {
	if g.keep != "" {
		return g.keep
	}
	dir, _ := statePath("grade")
	return dir
}

func (a *app) gradeOne() (code int, err error) {
	flags := &a.settings.grade
	var before []byte
	if flags.metadata != "" {
		if before, err = os.ReadFile(flags.metadata); err != nil {
			return exitFailed, fmt.Errorf("%s cannot be read: %s", prose.Visible(flags.metadata), files.Reason(err))
		}
	}
	if flags.format.value != "text" { // what cannot be written is told before the work, not after it
		if _, err = new(grade.Grade).Format(flags.format.value, a.painted, before); err != nil {
			return exitFailed, err
		}
	}
	o := flags.order(a.files[0])
	o.Progress = a.front.Progress
	g, err := grade.Run(a.front.ctx, o)
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	if !g.Holds() {
		code = exitFailed
	}
	if flags.format.value == "text" {
		return code, a.tellGrade(g.Blocks())
	}
	if grade.Lenient(flags.format.value) {
		code = 0
	}
	text, err := g.Format(flags.format.value, a.painted, before)
	if err != nil {
		return exitFailed, err
	}
	return code, a.write(flags.out, text)
}

// gradeMany grades several programs side by side.
func (a *app) gradeMany() (code int, err error) {
	flags := &a.settings.grade
	o := flags.order(a.files[0])
	o.Progress = a.front.Progress
	c, err := grade.RunMany(a.front.ctx, o, a.files[1:])
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	if !c.Holds() {
		code = exitFailed
	}
	if flags.lecture != "" {
		if err := a.write(flags.lecture, c.Lecture()); err != nil {
			return exitFailed, err
		}
	}
	if flags.format.value == "text" {
		return code, a.tellGrade(c.Blocks())
	}
	text, err := grade.JSON(c)
	if err != nil {
		return exitFailed, err
	}
	return code, a.write(flags.out, text)
}

// painted is blocks as text for another program.
func (a *app) painted(blocks []view.Block, colours bool) string {
	return paint.Renderer{Width: 100, Palette: paint.NewPaints(colours, a.theme).Now()}.Blocks(blocks)
}

// tellGrade shows blocks on the screen, or writes them to the file.
func (a *app) tellGrade(blocks []view.Block) error {
	if out := a.settings.grade.out; out != "" {
		return a.write(out, a.painted(blocks, false))
	}
	a.front.Show(&lang.Result{View: blocks})
	return nil
}

// unwritable is why a file cannot be written that the command line names: told before minutes of work, not
// after them.
func (a *app) unwritable() error {
	if a.grade.keep != "" {
		if err := os.MkdirAll(a.grade.keep, 0o777); err != nil {
			return fmt.Errorf("%s cannot be written: %s", prose.Visible(a.grade.keep), files.Reason(err))
		}
	}
	for _, file := range []string{a.grade.out, a.grade.lecture, a.viva.out, a.mark.out, a.search.save} {
		if file == "" {
			continue
		}
		if err := files.Try(file, nil, 0o644); err != nil {
			return fmt.Errorf("%s cannot be written: %s", prose.Visible(file), files.WhyUnwritten(err))
		}
	}
	return nil
}

// write prints a text, or writes it to a file.
func (a *app) write(file, text string) error {
	if file == "" {
		a.front.out.print(text)
		return nil
	}
	if err := files.Write(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("%s cannot be written: %s", prose.Visible(file), files.WhyUnwritten(err))
	}
	return nil
}

// gradeUsage is the help of raftlab grade.
func gradeUsage() string {
	return `raftlab grade [FLAGS] COMMAND

Plays the exercise of docs/guest.md against your own server. COMMAND starts it.

  raftlab grade 'python3 my_raft.py'
  raftlab grade --stage 1 'python3 my_raft.py'
  raftlab grade 'python3 {}' alice.py bob.py
                               grade a class, and see which rules it broke
  raftlab grade kit DIR        write what a course needs: a starter repository,
                               and autograders for Gradescope and Classroom 50

` + strings.Join(grade.Contents(), "\n") + `

For what does not hold, the file with the shortest schedule is named:
raftlab -i FILE --guest COMMAND steps through it.

` + newFlags(settingsFor("grade")).FlagUsages() + `
Exit codes: 0 all checks hold; 1 one does not, or was not decided; 2 the command
line is wrong; 130 interrupted.
`
}

// vivaFlags is the command line of raftlab viva.
type vivaFlags struct {
	questions number
	nodes     number
	seed      number
	format    choice
	out       string
	sheet     bool
}

func (v *vivaFlags) add(f *pflag.FlagSet) {
	v.questions = number{5, 1, viva.MostQuestions}
	v.nodes = number{3, 2, 9}
	v.seed = number{1, 0, 1<<64 - 1}
	v.format = choice{"text", []string{"text", "json"}}
	f.Var(&v.questions, "questions", "how many questions are asked")
	f.Var(&v.nodes, "nodes", "how many servers run the program")
	f.Var(&v.seed, "seed", "another seed asks other questions, the same one the same")
	f.BoolVar(&v.sheet, "sheet", false, "ask nothing; print the questions and, behind them, the answers")
	f.Var(&v.format, "format", "what is printed at the end")
	f.StringVar(&v.out, "out", "", "write that to `FILE`")
}

func (s *settings) checkViva() error {
	if len(s.files) > 1 {
		return fmt.Errorf("viva takes one command, in quotes if it has several words; %q is one too many", s.files[1])
	}
	return s.checkCommand()
}

// doViva asks the author of a program about it. Its exit code is 0 when all that was asked
// was answered right.
func (a *app) doViva() (code int, err error) {
	flags := &a.settings.viva
	v, err := viva.Prepare(a.front.ctx, &viva.Order{Command: a.files[0], Nodes: int(flags.nodes.value),
		Questions: int(flags.questions.value), Seed: flags.seed.value, Progress: a.front.Progress})
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	t := transcript{app: a, quiet: flags.sheet && (flags.out != "" || flags.format.value == "json")}
	if flags.sheet {
		t.show(v.Sheet()...)
	} else {
		t.show(v.Head()...)
		v.Examine(a.answers(), t.show)
		t.show(v.Sum()...)
	}
	if !flags.sheet && !v.Passed() || v.Error != "" {
		code = exitFailed
	}
	switch {
	case a.front.ctx.Err() != nil:
		return code, nil
	case flags.format.value == "json":
		text, err := grade.JSON(v)
		if err != nil {
			return exitFailed, err
		}
		return code, a.write(flags.out, text)
	case flags.out != "":
		return code, a.write(flags.out, a.painted(t.said, false))
	}
	return code, nil
}

// transcript is what is said in the course of a viva. With JSON on standard output it goes
// to standard error.
type transcript struct {
	*app
	quiet bool // it is only written down
	said  []view.Block
}

func (t *transcript) show(blocks ...view.Block) {
	t.said = append(t.said, blocks...)
	to, paints := t.front.out, t.front.onOut()
	if t.viva.format.value == "json" && t.viva.out == "" {
		to, paints.Palette = t.front.errs, t.front.errPaints.Now()
	}
	if !t.quiet {
		to.print(paints.Blocks(blocks))
	}
}

// answers reads standard input, a line for each answer: edited by the terminal where it is
// one.
func (a *app) answers() func() (string, bool) {
	var lines *bufio.Reader
	return func() (string, bool) {
		if a.front.keys != nil {
			to := a.front.out
			if a.viva.format.value == "json" {
				to = a.front.errs
			}
			to.print("> ")
			line, err := a.front.keys.ReadLine(a.front.ctx)
			if err != nil {
				to.print("\n")
			}
			return strings.TrimSpace(line), err == nil
		}
		if lines == nil {
			lines = bufio.NewReader(&stdinReader{front: a.front})
		}
		line, err := lines.ReadString('\n') // a long one is no answer, and not the end
		return strings.TrimSpace(line), (err == nil || line != "") && a.front.ctx.Err() == nil
	}
}

// vivaUsage is the help of raftlab viva.
func vivaUsage() string {
	return fmt.Sprintf(`raftlab viva [FLAGS] COMMAND

Asks you about your own server: what does it answer in a situation that it was in?
COMMAND starts it. The program itself says what is right, so this shows whether you
understand the code that you hand in.

  raftlab viva 'python3 my_raft.py'
  raftlab viva --questions 10 --seed 7 'python3 my_raft.py'
  raftlab viva --sheet --out sheet.txt 'python3 my_raft.py'
                               questions with their answers, for a teacher

Answers are read from standard input, a line for each: yes or no, a number, the terms
of a log's entries (1 1 2), a role, or servers (S2). pass passes a question over.

%s
Exit codes: 0 every answer is right; 1 one is not, or was not given, or there is
nothing to ask; 2 the command line is wrong; 130 interrupted.
`, newFlags(settingsFor("viva")).FlagUsages())
}
