package console

import (
	"errors"
	"fmt"
	"strings"

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
raftlab guest reference [--bug NAME]

A guest is a server whose algorithm is your own program, in any language.

  raftlab guest new my_raft.py    write a template (Python, Go or JavaScript, by the
                                  name's ending) and the kit that it needs
  raftlab guest check 'python3 my_raft.py'
                                  what is wrong with the program's answers
  raftlab guest reference         raftlab's own server as such a program; it reads
                                  questions and prints answers
  raftlab --nodes 3 --guest 'python3 my_raft.py'
                                  the console on three servers that run the program

docs/guest.md tells it all.

` + newFlags(settingsFor("guest")).FlagUsages() + `
Exit codes: 0 all went well; 1 the program's answers are wrong, or a file could not
be written; 2 the command line is wrong; 130 interrupted.
`
}

// guestWork is raftlab guest.
func (a *app) guestWork() int {
	code := 0
	interrupted, err := a.attend(true, true, func() (err error) {
		code, err = a.doGuest()
		return err
	}, "guest")
	switch {
	case interrupted:
		return exitInterrupted
	case err != nil:
		a.complain(err.Error())
		return exitFailed
	}
	return code
}

func (a *app) doGuest() (code int, err error) {
	switch a.files[0] {
	case "new":
		var text strings.Builder
		err := guests.New(a.files[1], &text)
		a.front.out.print(text.String())
		return 0, err
	case "reference":
		return 0, guests.Reference(a.front.ctx, a.term.In, a.front.out, a.search.bugs)
	}
	checked, said, err := guests.Check(a.front.ctx, a.files[1])
	if err != nil {
		return exitFailed, err
	}
	a.front.out.print(a.front.onOut().Blocks(checked.Blocks(said)))
	if !checked.OK() {
		code = exitFailed
	}
	return code, nil
}
