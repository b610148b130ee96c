package console

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
)

// markFlags is the command line of raftlab mark.
type markFlags struct {
	format choice
	out    string
	within time.Duration
}

func (m *markFlags) add(f *pflag.FlagSet) {
	m.format = choice{"text", []string{"text", "json"}}
	f.Var(&m.format, "format", "what is printed")
	f.StringVar(&m.out, "out", "", "write it to `FILE`")
	f.DurationVar(&m.within, "within", 10*time.Second, "the `TIME` that each answer has, such as 30s")
}

func (s *settings) checkMark() error {
	switch {
	case len(s.files) < 2:
		return errors.New("mark takes a check file and one answer at least, as in raftlab mark CHECK.raft ANSWER.raft")
	case s.mark.within < 10*time.Millisecond || s.mark.within > time.Hour:
		return fmt.Errorf("--within is a time from 10ms to 1h, not %v", s.mark.within)
	}
	return nil
}

// markUsage is the help of raftlab mark.
func markUsage() string {
	return `raftlab mark [FLAGS] CHECK ANSWERS

Marks answers to an exercise. CHECK is a script: what it does is given, then the
commands of an answer run, and then each line

  expect CONDITION points N "TITLE"

counts. allow COMMANDS and forbid COMMANDS say what an answer may use. Conditions
also know used, how often the answer gave each command: used["deliver"] <= 3.

  raftlab mark check.raft alice.raft bob.raft
  raftlab mark --format json --out marks.json check.raft answers/*.raft

` + newFlags(settingsFor("mark")).FlagUsages() + `
Exit codes: 0 every answer has all points; 1 one has not, or the check file fails;
2 the command line is wrong; 130 interrupted.
`
}
