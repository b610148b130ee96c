package console

import (
	"encoding/json"
	"errors"
	"strings"

	"raftlab/commands/guests"
	"raftlab/commands/lang"
)

// Servers of somebody's own: raftlab guest, and raftlab judge for what they did.

// doGuest is raftlab guest.
func (a *app) doGuest() (code int, err error) {
	switch a.files[0] {
	case "new":
		var text strings.Builder
		err := guests.New(a.files[1], &text)
		a.front.out.print(text.String())
		return 0, err
	case "reference":
		return 0, guests.Reference(a.front.ctx, a.term.In, a.front.out, a.search.bugs, a.judge.can)
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

// doJudge judges the log of a real run. Its exit code is 0 when nothing is wrong.
func (a *app) doJudge() (code int, err error) {
	code, err = a.judgeRun()
	if a.front.ctx.Err() == nil && errors.As(err, new(*guests.Unreadable)) {
		a.complain(err.Error())
		return exitUsage, nil
	}
	return code, err
}

func (a *app) judgeRun() (code int, err error) {
	o := a.settings.judge.order(a.files[0])
	o.In = a.term.In
	judged, err := guests.JudgeRun(a.front.ctx, o)
	if judged.First() != nil {
		code = exitFailed
	}
	if !a.json {
		a.front.Show(&lang.Result{View: judged.Blocks()})
		return code, err
	}
	text, failed := json.MarshalIndent(judged, "", " ")
	if failed != nil {
		return exitFailed, failed
	}
	a.front.out.print(string(text) + "\n")
	return code, err
}
