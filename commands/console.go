package commands

import (
	"time"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

// Options of a session, from the command line.
type Options struct {
	Nodes       int
	Seed        uint64
	KeepGoing   bool
	Interactive bool
	Live        *LiveOptions // a cluster that runs by itself; nil: step by step
	Store       lesson.Store // what outlives the session; nil: nothing does
}

// LiveOptions are the choices of `raftlab live`.
type LiveOptions struct {
	Dir  string        // where stable storage is kept; "": in memory
	Tick time.Duration // 0: 50 ms
}

// Session is one user's dealings with one cluster. It observes itself for its settings.
type Session struct {
	*lang.Session
	lang.Unmoved
	settings
	look    look // what is shown after each change
	world   lab.World
	options Options
	begun   bool         // a command was given
	paused  string       // the line that lets `play` go on; "" when nothing waits
	close   func() error // ends what runs by itself, or nil
	notices []string     // of the start
}

// settings are those of the console: undo does not touch them.
type settings struct {
	json    bool
	glyphs  view.Glyphs
	unkept  bool   // what is typed is not kept for the next session
	unpaged bool   // what is longer than the screen is printed at once
	demo    bool   // Enter alone does a step
	theme   string // "" is the default
	pin     string // the picture that stays in sight; "" or off: none
}

// NewSession starts a session with a fresh cluster.
func NewSession(o Options) (*Session, error) {
	if o.Live != nil {
		return newLiveSession(o)
	}
	w, err := lab.New(o.Nodes, o.Seed, tellStory)
	if err != nil {
		return nil, err
	}
	return newSession(o, table, w), nil
}

// newSession joins a language and a world.
func newSession(o Options, t *lang.Table, w lab.World) *Session {
	s := &Session{world: w, options: o}
	s.Session = lang.NewSession(t, w, o.KeepGoing)
	s.look.session = s
	s.Observe(lesson.NewStudent(teaching, s.Session, o.Store), s, &s.look)
	return s
}

// Notices is what happened while the session started that a person must be
// told, also where there is no prompt: damaged files that were repaired.
func (s *Session) Notices() []string { return s.notices }

// Close ends what the session has running.
func (s *Session) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// sessionIn is the session of this console around one of the language.
func sessionIn(s *lang.Session) *Session { return lang.Observing[*Session](s) }

// sessionOf is the session that a call is made in.
func sessionOf(c *Call) *Session { return sessionIn(c.Session) }

// World is the cluster that the session talks to.
func (s *Session) World() lab.World { return s.world }

func (s *Session) OutputJSON() bool      { return s.json }
func (s *Session) KeepsHistory() bool    { return !s.unkept }
func (s *Session) SetOutputJSON(on bool) { s.json = on }
func (s *Session) Banner() []view.Block  { return s.world.Banner() }

// UnexpectedBreaches tells the breaches that no true expectation has named.
func (s *Session) UnexpectedBreaches() []string { return s.world.UnexpectedBreaches() }
func (s *Session) settingNames() []string {
	return prose.Names(s.world.Names(words.SortSetting), ConsoleSettings())
}

// Around notes that a command was given.
func (s *Session) Around(*Call) (after func(*Result) error) {
	s.begun = true
	return nil
}

// Keep remembers the settings.
func (s *Session) Keep() (restore func()) {
	kept, echo := s.settings, s.Echo
	return func() { s.settings, s.Echo = kept, echo }
}
