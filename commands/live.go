//go:build !js

package commands

import (
	"strings"

	"raftlab/cluster/live"
	"raftlab/cluster/machine"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/realtime"
	"raftlab/commands/view"
)

// newLiveSession starts a cluster that runs in real time, and a session with
// the commands that make sense there. Close ends both.
func newLiveSession(o Options) (*Session, error) {
	c, err := live.Start(live.Config{Nodes: o.Nodes, Dir: o.Live.Dir, Tick: o.Live.Tick, Seed: o.Seed,
		Machine: machine.New("kv")})
	if err != nil {
		return nil, err
	}
	here := table.Without(realtime.Lacks)
	realtime.Tell(here)
	s := newSession(o, here, realtime.New(c, replayed))
	s.close = c.Close
	for _, repair := range c.Repairs() {
		s.notices = append(s.notices, prose.Visible(repair.String()))
	}
	return s, nil
}

// replayed runs the record of a live run step by step, and then a call.
func replayed(c *lang.Call, script []string) (*lang.Result, error) {
	l, err := lab.New(1, 0, &lab.Guests{}, inWords)
	if err != nil {
		return nil, err
	}
	l.Replay = true
	s := newSession(Options{}, table, l)
	f := &lastShown{Silent: lang.Silent{Frontend: c.Front}}
	if err := s.RunScript(c.Ctx, "-c", strings.NewReader(strings.Join(script, "\n")), f); err != nil {
		return nil, err
	}
	err = s.Run(c.Ctx, c.Text, f)
	if f.last == nil || err != nil {
		return nil, err
	}
	r := lang.OK().With(f.last.Value).Block(f.last.View...)
	return r.Block(view.Text{Lines: []view.Line{view.LS(view.Quiet,
		"(from a replay of the run: save FILE writes it, and raftlab -i FILE goes there)")}, Indent: 2}), nil
}

// lastShown is a frontend that keeps the last result and shows none.
type lastShown struct {
	lang.Silent
	last *lang.Result
}

func (f *lastShown) Show(r *lang.Result) { f.last = r }
