// Package look has the commands that show the cluster as it is, and what a session shows
// by itself: what is watched, what stays in sight, the settings of the console.
package look

import (
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

// Commands are those of this room.
var Commands lang.Set

// Screen is how a session shows things, and what it shows by itself after each command
// that changed something. It observes the session; undo does not touch it.
type Screen struct {
	lang.Unmoved
	session *lang.Session
	world   lab.World
	opening bool   // the first election is being played
	begun   bool   // a command was given
	paused  string // the line that lets `play` go on; "" when nothing waits

	json    bool
	Glyphs  view.Glyphs
	unkept  bool         // what is typed is not kept for the next session
	unsaved bool         // the session is not kept as it goes
	unpaged bool         // what is longer than the screen is printed at once
	demo    bool         // Enter alone does a step
	theme   string       // "" is the default
	faster  int          // mostPace less the milliseconds in which a page plays a command
	Paced   func(ms int) // is told of these when they change; nil: there are no pages
	pin     string       // the picture that stays in sight; "" or off: none
	Page    Page         // the page beside the console; nil where there is no place for one

	status bool // watch on: the status is shown after each change
	Big    bool // big on: the big letters are shown instead
	values []*watched
	shown  string // the moment that was shown last; "": show again
}

// New is the screen of a session. The caller makes it an observer of the session.
func New(s *lang.Session, w lab.World) *Screen { return &Screen{session: s, world: w} }

// Of is the screen of the session that a call is made in.
func Of(c *lang.Call) *Screen { return lang.Observing[*Screen](c.Session) }

func (s *Screen) OutputJSON() bool      { return s.json }
func (s *Screen) KeepsHistory() bool    { return !s.unkept }
func (s *Screen) SetOutputJSON(on bool) { s.json = on }
func (s *Screen) settingNames() []string {
	return prose.Names(s.world.Names(words.SortSetting), ConsoleSettings())
}

// Around notes that a command was given.
func (s *Screen) Around(*lang.Call) (after func(*lang.Result) error) {
	s.begun = true
	return nil
}

// Keep remembers the settings, and what is watched.
func (s *Screen) Keep() (restore func()) {
	kept, echo := *s, s.session.Echo
	return func() {
		paced := s.faster != kept.faster && s.Paced != nil
		if *s, s.session.Echo = kept, echo; paced {
			s.Paced(mostPace - s.faster)
		}
	}
}
