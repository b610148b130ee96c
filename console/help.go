package console

import (
	"strings"
)

// helpWork is `raftlab help WORDS`: what the shell's word is for, and what the
// console has to say.
func (a *app) helpWork() int {
	code := 0
	interrupted, err := a.attend(true, true, func() error {
		code = a.doHelp(strings.Join(a.files, " "))
		return nil
	}, "help")
	switch {
	case err != nil:
		return exitFailed
	case interrupted:
		return exitInterrupted
	}
	return code
}

func (a *app) doHelp(about string) int {
	text := "help"
	for _, w := range a.files {
		text += " " + word(w)
	}
	shell := shellHelp(about)
	err := a.unseenLine(text)
	if err != nil && (shell == "" || a.json) {
		return a.misused("", err)
	}
	if shell != "" && !a.json {
		a.front.out.print(shell)
		if err == nil {
			a.front.out.print("\n")
		}
	}
	if err == nil && a.session.Run(a.front.ctx, text, a.front) != nil {
		return exitFailed
	}
	return 0
}
