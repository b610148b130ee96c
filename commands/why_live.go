//go:build !js

package commands

import (
	"strings"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// liveWhy answers from the record of a live run: a live cluster keeps no
// decisions, but the run so far, replayed step by step, decides the same.
func liveWhy(c *Call) (*Result, error) {
	lines, err := liveOf(c).Script()
	if err != nil {
		return nil, Errorf("%s", prose.Visible(err.Error())).
			WithHint("why needs the run's record, which it replays step by step")
	}
	c.Front.Progress("replaying the run so far")
	defer c.Front.Progress("")
	l, err := lab.New(1, 0, tellStory)
	if err != nil {
		return nil, err
	}
	l.Replay = true
	s := newSession(Options{}, table, l)
	f := &lastShown{Silent: lang.Silent{Frontend: c.Front}}
	if err := s.RunScript(c.Ctx, "-c", strings.NewReader(strings.Join(lines, "\n")), f); err != nil {
		return nil, err
	}
	err = s.Run(c.Ctx, c.Text, f)
	if f.last == nil || err != nil {
		return nil, err
	}
	r := OK().With(f.last.Value).Block(f.last.View...)
	return r.Block(view.Text{Lines: []view.Line{view.LS(view.Quiet,
		"(positions are those of the run replayed: save FILE writes it, raftlab -i FILE goes there)")}, Indent: 2}), nil
}

// lastShown is a frontend that keeps the last result and shows none.
type lastShown struct {
	lang.Silent
	last *Result
}

func (f *lastShown) Show(r *Result) { f.last = r }
