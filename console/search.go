package console

import (
	"strings"

	"raftlab/commands/lang"
)

// unseen shows nothing of what a command came to, and keeps what was wrong.
type unseen struct {
	*frontend
	err error
}

func (u *unseen) Show(r *lang.Result) {
	if r.Err != nil && u.err == nil {
		u.err = r.Err
	}
}
func (u *unseen) Echo(string) {}

// unseenLine runs a command line that is not shown.
func (a *app) unseenLine(text string) error {
	u := &unseen{frontend: a.front}
	err := a.session.Run(a.front.ctx, text, u)
	if u.err != nil {
		return u.err
	}
	return err
}

// searchWork is a search from the shell. Its exit code says what it came to: 0
// nothing was found, 1 something was, 2 it was not understood.
func (a *app) searchWork() int {
	code := 0
	interrupted, err := a.attend(true, true, func() error {
		code = a.doSearch()
		return nil
	}, a.search.command)
	switch {
	case err != nil:
		return exitFailed
	case interrupted && code == 0:
		return exitInterrupted
	}
	return code
}

func (a *app) doSearch() int {
	lines, err := a.search.setup()
	for _, text := range lines {
		if err == nil {
			err = a.unseenLine(text)
		}
	}
	if err != nil {
		return a.misused(a.search.command, err)
	}
	text := strings.Join(append([]string{a.search.command}, a.files...), " ")
	if err := a.session.Run(a.front.ctx, text, a.front); err != nil {
		if a.session.SearchOutcome() == "" && a.front.ctx.Err() == nil {
			return exitUsage
		}
		return exitFailed
	}
	switch a.session.SearchOutcome() {
	case "breach", "reached":
		return a.saved(exitFailed)
	}
	return 0
}

// saved writes what was found, where that is asked for.
func (a *app) saved(code int) int {
	if a.search.save == "" {
		return code
	}
	for _, text := range []string{"goto found", "save " + word(a.search.save)} {
		if err := a.unseenLine(text); err != nil {
			a.complain(err.Error())
			return code
		}
	}
	return code
}
