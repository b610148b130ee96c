package console

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"raftlab/commands/guests"
)

// checkGuest refuses what raftlab guest does not take.
func (s *settings) checkGuest() error {
	what := "guest takes new FILE, check COMMAND or reference, as in raftlab guest new my_raft.py"
	if len(s.files) == 0 {
		return errors.New(what)
	}
	switch n := len(s.files) - 1; s.files[0] {
	case "new":
		if n != 1 {
			return errors.New("guest new takes the name of one file, such as my_raft.py, my_raft.go or my_raft.js")
		}
	case "check":
		if n != 1 {
			return fmt.Errorf("guest check takes one command, in quotes, such as 'python3 my_raft.py', not %d words", n)
		}
	case "reference":
		if n != 0 {
			return errors.New("guest reference takes no word after it; --bug NAME has it make a mistake")
		}
	default:
		return fmt.Errorf("%s; %q is none of them", what, s.files[0])
	}
	return nil
}

// guestUsage is the help of raftlab guest.
func guestUsage() string {
	return `raftlab guest new FILE
raftlab guest check COMMAND
raftlab guest reference [--bug NAME] [--can snapshot]

A guest is a server whose algorithm is your own program, in any language.

  raftlab guest new my_raft.py    write a template (Python, Go or JavaScript, by the
                                  name's ending) and the kit that it needs
  raftlab guest check 'python3 my_raft.py'
                                  what is wrong with the program's answers
  raftlab guest reference         raftlab's own server as such a program; it reads
                                  questions and prints answers
  raftlab --nodes 3 --guest 'python3 my_raft.py'
                                  the console on three servers that run the program

docs/guest.md explains everything.

` + newFlags(settingsFor("guest")).FlagUsages() + `
Exit codes: 0 all went well; 1 the program's answers are wrong, or a file could not
be written; 2 the command line is wrong; 130 interrupted.
`
}

// judgeFlags is the command line of raftlab judge.
type judgeFlags struct {
	except, can []string
	open        bool // in the console
}

func (s *settings) addJudge(f *pflag.FlagSet) {
	f.BoolVar(&s.json, "json", false, "print one JSON object on standard output")
	f.BoolVarP(&s.judge.open, "interactive", "i", false, "step through the run at the prompt")
	f.StringSliceVar(&s.judge.except, "except", nil,
		"pass over departures from `RULES`, such as ElectionTimer,VoteOnce")
	f.StringSliceVar(&s.judge.can, "can", nil, "what the servers do beyond Figure 2 (`WORDS` such as no-disk,prevote)")
}

func (s *settings) checkJudge() error {
	if len(s.files) != 1 {
		return errors.New("judge takes the log of a run, as in raftlab judge run.jsonl; - is standard input")
	}
	return s.judge.order(s.files[0]).Wrong()
}

// order is what is to be judged.
func (j *judgeFlags) order(file string) *guests.RunOrder {
	return &guests.RunOrder{File: file, Except: j.except, Can: j.can}
}

// judgeUsage is the help of raftlab judge.
func judgeUsage() string {
	return `raftlab judge [FLAGS] FILE

Judges the log of a real run. Each line of FILE is a step that a server of yours
made, in the form of docs/guest.md. Every step is compared with the paper, and the
invariants are watched over all servers. The first mistake is named with its line.

  raftlab judge run.jsonl
  cat s1.jsonl s2.jsonl | raftlab judge -
  raftlab judge --except ElectionTimer --json run.jsonl
  raftlab judge -i run.jsonl      step through it at the prompt

` + newFlags(settingsFor("judge")).FlagUsages() + `
Exit codes: 0 nothing is wrong; 1 a server departs from the paper, or an invariant
is broken; 2 the command line is wrong, or a line cannot be read; 130 interrupted.
`
}
