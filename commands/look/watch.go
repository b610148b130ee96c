package look

import (
	"fmt"
	"slices"

	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// watched is an expression whose value is shown.
type watched struct {
	cond *lab.Cond
	last string // its value when it was shown last
}

var (
	watchOn    = lang.OnOff()
	watchValue = lab.Expression()
)

type watchingResult struct {
	Watching []string `json:"watching" doc:"what is watched"`
}

var _ = Commands.Register(&lang.Command{
	Name: "watch", Topic: lab.TopicLooking,
	Summary: "shows the status, or the value of EXPRESSION, after each command that changed something",
	Forms:   []lang.Params{{}, {watchOn}, {watchValue}},
	Details: "You can watch several values. When one changes, its old value is shown, too. `watch off` stops " +
		"watching, and `watch` alone says what is being watched. `set watch on` does the same as `watch on`. " +
		"`play` redraws the status even without it.",
	Examples: []string{"watch on; timeout S1; settle", "watch leader.commit; watch len(messages); timeout S1; step 3",
		"watch off"},
	Results: []any{watchingResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		switch {
		case watchValue.Given(c):
			if cond := watchValue.Of(c); !slices.ContainsFunc(s.values,
				func(w *watched) bool { return w.cond.Source == cond.Source }) {
				s.values = append(s.values, &watched{cond: cond})
			}
			s.shown = ""
			return lang.OK(), nil
		case watchOn.Given(c):
			s.status, s.shown = watchOn.Of(c), ""
			if !watchOn.Of(c) {
				s.values = nil
			}
			return lang.OK(), nil
		}
		return s.watching(), nil
	},
})

// Watched is the expressions that are watched, as they were written.
func (s *Screen) Watched() []string {
	return each.As(s.values, func(w *watched) string { return w.cond.Source })
}

// watching says what is watched.
func (s *Screen) watching() *lang.Result {
	var names []string
	if s.status {
		names = append(names, "status")
	}
	names = append(names, s.Watched()...)
	r := lang.OK().With(watchingResult{append([]string{}, names...)})
	if len(names) == 0 {
		return r.Line("Nothing is watched: watch on shows the status after each change, watch EXPRESSION a value.")
	}
	return r.Line("Watching " + prose.Visible(prose.And(names)) + "; watch off ends it.")
}

// Finish adds to a result what the session shows by itself, when the world is
// not where it was when that was shown last.
func (s *Screen) Finish(r *lang.Result) {
	if !s.status && !s.Big && len(s.values) == 0 || s.session.Trying {
		return
	}
	here := s.moment()
	if here == s.shown {
		return
	}
	s.shown = here
	if len(s.values) > 0 {
		r.Block(s.watchedTable())
	}
	switch {
	case s.paused != "": // the picture of play shows it
	case s.Big:
		r.Block(s.BigStatus()...)
	case s.status:
		r.Block(StatusBlocks(s.world.Picture(lab.Only()))...)
	}
}

// moment names what the session would show by itself. A cluster that runs by itself is at another moment
// at each tick, so there it is what can be seen that counts.
func (s *Screen) moment() string {
	if _, live := s.world.(lab.RealTime); !live {
		return s.world.Here()
	}
	values := each.As(s.values, func(w *watched) string { return s.valueOf(w) })
	if !s.status && !s.Big {
		return fmt.Sprintf("%q", values)
	}
	return fmt.Sprintf("%q %+v", values, s.BigStatus())
}

// watchedTable is the watched values, each with what it was where it changed.
func (s *Screen) watchedTable() view.Table {
	t := view.Table{Fixed: 1}
	for _, w := range s.values {
		now, style := s.valueOf(w), view.Strong
		row := []view.Line{view.LS(view.Code, w.cond.Source), view.LS(style, now)}
		if w.last != "" && w.last != now {
			row[1] = append(row[1], view.S(view.Quiet, "  (was "+w.last+")"))
		}
		w.last = now
		t.Rows = append(t.Rows, row)
	}
	return t
}

// valueOf is a watched value in words. It is compiled again where the servers
// are others than before.
func (s *Screen) valueOf(w *watched) string {
	again, err := w.cond.For(lab.NodeNames(s.world))
	if err != nil {
		return "not there"
	}
	w.cond = again
	return again.Told(s.world.Vocabulary(again))
}
