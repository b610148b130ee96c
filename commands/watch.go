package commands

import (
	"slices"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// look is what a session shows by itself after each command that changed
// something.
type look struct {
	lang.Unmoved
	session *Session
	status  bool // watch on
	big     bool // big on; it stands for the status then
	values  []*watched
	shown   string // the moment that was shown last; "": show again
}

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

var _ = Register(&Command{
	Name: "watch", Topic: lab.TopicLooking,
	Summary: "shows the status, or the value of EXPRESSION, after each command that changed something",
	Forms:   []Params{{}, {watchOn}, {watchValue}},
	Details: "You can watch several values. When one changes, its old value is shown, too. `watch off` stops " +
		"watching, and `watch` alone says what is being watched. `set watch on` does the same as `watch on`. " +
		"`play` redraws the status even without it.",
	Examples: []string{"watch on; timeout S1; settle", "watch leader.commit; watch len(messages); timeout S1; step 3",
		"watch off"},
	Results: []any{watchingResult{}},
	Run: func(c *Call) (*Result, error) {
		s := sessionOf(c)
		switch {
		case watchValue.Given(c):
			if cond := watchValue.Of(c); !slices.ContainsFunc(s.look.values,
				func(w *watched) bool { return w.cond.Source == cond.Source }) {
				s.look.values = append(s.look.values, &watched{cond: cond})
			}
			s.look.shown = ""
			return OK(), nil
		case watchOn.Given(c):
			s.look.status, s.look.shown = watchOn.Of(c), ""
			if !watchOn.Of(c) {
				s.look.values = nil
			}
			return OK(), nil
		}
		return s.watching(), nil
	},
})

// watching says what is watched.
func (s *Session) watching() *Result {
	var names []string
	if s.look.status {
		names = append(names, "status")
	}
	for _, w := range s.look.values {
		names = append(names, w.cond.Source)
	}
	r := OK().With(watchingResult{append([]string{}, names...)})
	if len(names) == 0 {
		return r.Line("Nothing is watched: watch on shows the status after each change, watch EXPRESSION a value.")
	}
	return r.Line("Watching " + prose.Visible(prose.And(names)) + "; watch off ends it.")
}

// Keep remembers what is watched.
func (l *look) Keep() (restore func()) {
	kept := *l
	return func() { *l = kept }
}

// Finish adds to a result what the session shows by itself, when the world is
// not where it was when that was shown last.
func (l *look) Finish(r *Result) {
	s := l.session
	here := s.world.Here()
	if !l.status && !l.big && len(l.values) == 0 || here == l.shown || s.Trying {
		return
	}
	l.shown = here
	if len(l.values) > 0 {
		r.Block(s.watchedTable())
	}
	switch {
	case l.big:
		r.Block(s.bigStatus()...)
	case l.status:
		r.Block(statusBlocks(s.world.Picture(lab.Only()))...)
	}
}

// watchedTable is the watched values, each with what it was where it changed.
func (s *Session) watchedTable() view.Table {
	t := view.Table{Fixed: 1}
	for _, w := range s.look.values {
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
func (s *Session) valueOf(w *watched) string {
	again, err := w.cond.For(lab.NodeNames(s.world))
	if err != nil {
		return "not there"
	}
	w.cond = again
	return again.Told(s.world.Vocabulary(again))
}
