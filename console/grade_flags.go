package console

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"raftlab/commands/grade"
	"raftlab/commands/viva"
)

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
	f.DurationVar(&g.within, "within", time.Minute, "the `TIME` that each program has, such as 90s;\n"+
		"a check that takes longer is not decided")
	f.StringVar(&g.checks, "checks", "", "play the checks in `DIR` as well, such as 2-mine.raft")
	f.StringVar(&g.keep, "keep", "", "write the schedules of failed checks to `DIR`; by default to raftlab's\n"+
		"state directory")
	f.StringVar(&g.metadata, "metadata", "", "read `FILE`, Gradescope's submission_metadata.json, to say which\n"+
		"checks held before")
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

// keepDir is where schedules go; "" where no place is known.
func (g *gradeFlags) keepDir() string {
	if g.keep != "" {
		return g.keep
	}
	dir, _ := statePath("grade")
	return dir
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
	f.Var(&v.seed, "seed", "the seed; the same seed asks the same questions")
	f.BoolVar(&v.sheet, "sheet", false, "ask nothing; print the questions, and the answers after them")
	f.Var(&v.format, "format", "what is printed at the end")
	f.StringVar(&v.out, "out", "", "write that to `FILE`")
}

func (s *settings) checkViva() error {
	if len(s.files) > 1 {
		return fmt.Errorf("viva takes one command, in quotes if it has several words; %q is one too many", s.files[1])
	}
	return s.checkCommand()
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
