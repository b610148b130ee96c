package commands

import (
	"context"
	"time"

	"raftlab/cluster/guest"
	"raftlab/commands/acts"
	"raftlab/commands/class"
	"raftlab/commands/guests"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/look"
	"raftlab/commands/stream"
	"raftlab/commands/view"
)

// GuestOptions is what the command line says of servers that run another program.
type GuestOptions = lab.GuestOptions

// Page is the page beside the console, as whoever serves it offers it, and PageNow how it stands.
type (
	Page    = look.Page
	PageNow = look.PageNow
)

// PageBlocks is how the page stands, in words.
var PageBlocks = look.PageBlocks

// Options of a session, from the command line.
type Options struct {
	Nodes     int          // servers of the first cluster
	Seed      uint64       // of the first cluster
	KeepGoing bool         // a failure does not end a script
	Live      *LiveOptions // a cluster that runs by itself; nil: step by step
	Store     lesson.Store // what outlives the session; nil: nothing does
	Guests    lab.GuestOptions
	Programs  *lab.Guests      // those of somebody who ends them; nil: the session's own, as Guests says
	Resume    []byte           // a session that was Kept, which goes on; nil: a new one
	Run       *guests.RunOrder // the run of a real cluster, which is the history; nil: a fresh cluster
	Page      Page             // the page beside the console; nil: there is no place for one
	Link      string           // the address of the page in whose tab the session is; "": in no tab
}

// LiveOptions are the choices of `raftlab live`.
type LiveOptions struct {
	Dir  string        // where stable storage is kept; "": in memory
	Tick time.Duration // 0: 50 ms
}

// Session is one user's dealings with one cluster.
type Session struct {
	*lang.Session
	*look.Screen
	world   lab.World
	stream  *stream.Stream
	class   *class.Room
	close   func() error // ends what runs by itself, or nil
	notices []string     // see Notices
	resumes string       // see Resumes
}

// NewSession starts a session with a fresh cluster.
func NewSession(o Options) (*Session, error) {
	if o.Live != nil {
		return newLiveSession(o)
	}
	if o.Resume != nil {
		return resumed(o)
	}
	programs, end := o.Programs, func() error { return nil }
	if programs == nil {
		programs = &lab.Guests{GuestOptions: o.Guests}
		end = programs.Close
	}
	w, err := ground(o, programs)
	if err != nil {
		_ = end()
		return nil, err
	}
	s := newSession(o, table, w)
	s.close = end
	return s, nil
}

// ground is the lab that a session begins with: a fresh cluster, a kept one, or a real run.
func ground(o Options, programs *lab.Guests) (*lab.Lab, error) {
	if o.Run != nil {
		return guests.OpenRun(context.Background(), o.Run, programs, inWords)
	}
	return lab.New(o.Nodes, o.Seed, programs, inWords)
}

// newSession joins a language and a world.
func newSession(o Options, t *lang.Table, w lab.World) *Session {
	s := &Session{world: w}
	s.Session = lang.NewSession(t, w, o.KeepGoing)
	s.Screen = look.New(s.Session, w)
	s.Screen.Page = o.Page
	s.stream = stream.New(s.Session, w)
	s.stream.Prompt = s.Prompt
	s.class = class.New(s.stream)
	s.Observe(s.stream, s.class, lesson.NewStudent(teaching, s.Session, o.Store), s.Screen)
	s.Screen.Paced = s.stream.SetPace
	if l, ok := w.(*lab.Lab); ok {
		s.Observe(&lab.Counter{Lab: l}, l.Guests)
		l.Beside, l.Link = sessionBeside, o.Link
	}
	return s
}

// sessionBeside is a session for what a command plays beside the one that it is in.
func sessionBeside(nodes int, seed uint64) (*lang.Session, *lab.Lab, error) {
	s, err := NewSession(Options{Nodes: nodes, Seed: seed})
	if err != nil {
		return nil, nil, err
	}
	return s.Session, s.world.(*lab.Lab), nil
}

// Notices is what a person must be told of the session's start, even if there is no
// prompt: damaged files that were repaired, commands that could not be done again.
func (s *Session) Notices() []string { return s.notices }

// EndPrograms ends every other program that servers run: the process is about to end.
func EndPrograms() { guest.EndAll() }

// Close ends what the session has running.
func (s *Session) Close() error {
	if s.close == nil {
		return nil
	}
	return s.close()
}

// Stream is the session as items for a page that shows it.
func (s *Session) Stream() *stream.Stream { return s.stream }

// Class is the class that answers questions: Seat lets the pages in.
func (s *Session) Class() *class.Room { return s.class }

// World is the cluster that the session talks to.
func (s *Session) World() lab.World { return s.world }

func (s *Session) student() *lesson.Student { return lang.Observing[*lesson.Student](s.Session) }

// AtPrompt is a line as it is meant at the prompt.
func (s *Session) AtPrompt(line string) string {
	if meant, ok := s.Playing(line); ok {
		return meant
	}
	return acts.Together(s.Session, s.student().AtPrompt(line))
}

// Leads says whether a person who sources a file is led through it, since it waits for them.
func (s *Session) Leads(path string) bool { return acts.Waits(s.Session, path) != nil }

// LeadsText is the line that leads a person through a text behind -c, if it waits for them; else "".
func (s *Session) LeadsText(text string) (line string) {
	if line = acts.Together(s.Session, text); line == text {
		return ""
	}
	return line
}

// InShell makes errors name -c as the place of what is shown, until the returned function is called.
func (s *Session) InShell() (done func()) {
	s.student().Shell = "-c"
	return func() { s.student().Shell = "" }
}

func (s *Session) Banner() []view.Block { return s.world.Banner() }

// UnexpectedBreaches tells the breaches that no true expectation has named.
func (s *Session) UnexpectedBreaches() []string { return s.world.UnexpectedBreaches() }

// UnexpectedDepartures tells where guests departed from the paper, likewise.
func (s *Session) UnexpectedDepartures() []string { return s.world.UnexpectedDepartures() }

// SearchOutcome is what the last search came to (breach, reached, complete,
// bound), or "" when there was none, for a shell command that is to tell it by
// its exit code.
func (s *Session) SearchOutcome() string {
	if l, ok := s.world.(*lab.Lab); ok && l.Explored != nil {
		return l.Explored.Outcome
	}
	return ""
}
