package commands

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Options of a session, from the command line.
type Options struct {
	Nodes       int
	Seed        uint64
	KeepGoing   bool
	Interactive bool
	Live        *LiveOptions // a cluster that runs by itself; nil: step by step
	Store       Store        // what outlives the session; nil: nothing does
}

// LiveOptions are the choices of `raftlab live`.
type LiveOptions struct {
	Dir  string        // where stable storage is kept; "": in memory
	Tick time.Duration // 0: 50 ms
}

// Frontend is what a session needs of whoever shows it: the console, a test.
type Frontend interface {
	Show(r *Result)                        // after each command, also a failed one
	Progress(p string)                     // how far a long command is, at most 10 times a second; "" wipes it
	Pause(prompt string)                   // waits for Enter at a terminal, else returns at once
	Frame(blocks []view.Block) (stop bool) // `play`: redraws in place; true when a key was pressed
	Echo(line string)                      // a script's line, when `echo on`
	Interactive() bool                     // input and output are terminals

	// Ask shows a question and reads a line; ok is false when there is nobody
	// to ask, or the answer was Ctrl-C.
	Ask(question []view.Block, prompt string) (answer string, ok bool)
}

// Session is one user's dealings with one cluster.
type Session struct {
	table   *Table
	world   World
	options Options
	front   Frontend
	ctx     context.Context // of the line that runs
	files   []*scriptFile   // being read, the innermost last
	json    bool
	echo    bool
	glyphs  view.Glyphs
	unkept  bool         // what is typed is not kept for the next session
	demo    bool         // Enter alone does a step
	theme   string       // "" is the default
	look    look         // what is shown after each change
	close   func() error // ends what runs by itself, or nil
	notices []string     // of the start

	predictions  predictions
	goal         *goal      // of the script that is being read
	lesson       *lessonRun // that a person is in
	staged       bool       // a lesson is shown, and nobody asked
	keptBefore   *lessonsKept
	warned       bool // that progress is not kept
	trying       bool // what is done is taken back
	withoutFiles bool // what is done is to be refused, so no file is to stay
}

// NewSession starts a session with a fresh cluster.
func NewSession(o Options) (*Session, error) {
	if o.Live != nil {
		return newLiveSession(o)
	}
	w, err := newLab(o)
	if err != nil {
		return nil, err
	}
	return newSession(o, table, w), nil
}

// newSession joins a language and a world.
func newSession(o Options, t *Table, w World) *Session {
	return &Session{table: t, world: w, options: o}
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

// World is the cluster that the session talks to.
func (s *Session) World() World { return s.world }

// InScript says whether a file is being read.
func (s *Session) InScript() bool { return len(s.files) > 0 }

func (s *Session) OutputJSON() bool      { return s.json }
func (s *Session) KeepsHistory() bool    { return !s.unkept }
func (s *Session) SetOutputJSON(on bool) { s.json = on }
func (s *Session) Banner() []view.Block  { return s.world.Banner() }
func (s *Session) dir() string           { return s.innermost().dir }

// UnexpectedBreaches tells the breaches that no true expectation has named.
func (s *Session) UnexpectedBreaches() []string { return s.world.UnexpectedBreaches() }
func (s *Session) settingNames() []string {
	return prose.Names(s.world.Names(SortSetting), ConsoleSettings())
}
func (s *Session) innermost() *scriptFile {
	if len(s.files) == 0 {
		return &scriptFile{}
	}
	return s.files[len(s.files)-1]
}

// Run runs one typed line, which may hold several commands. The error is the
// first failure, which was shown already, or ErrQuit.
func (s *Session) Run(ctx context.Context, line string, f Frontend) error {
	defer s.use(f)()
	var first error
	for part := range strings.Lines(strings.TrimPrefix(line, bom)) {
		err := s.runLine(ctx, strings.TrimRight(part, "\r\n"))
		if first == nil {
			first = err
		}
		if err != nil && (ends(err) || !s.options.KeepGoing) {
			return joinEnd(first, err)
		}
	}
	return first
}

// use makes f the frontend and returns what undoes that.
func (s *Session) use(f Frontend) func() {
	before := s.front
	s.front = f
	return func() { s.front = before }
}

// ends says that an error ends the line and what reads it, whatever it says of
// going on after a failure.
func ends(err error) bool { return leaves(err) || errors.Is(err, ErrInterrupted) }

// leaves says that an error is no failure: `quit` was said.
func leaves(err error) bool { return errors.Is(err, ErrQuit) || errors.Is(err, errFileEnd) }

// joinEnd keeps an earlier failure in sight when `quit` or Ctrl-C ends a
// script that went on after it.
func joinEnd(first, err error) error {
	if first == nil || first == err {
		return err
	}
	return errors.Join(first, err)
}

// runLine runs the commands of one line, each parsed when its turn comes,
// since what a word means depends on what the commands before it did.
func (s *Session) runLine(ctx context.Context, line string) error {
	if err := checkLine(line); err != nil {
		return s.refuse(err)
	}
	s.ctx = ctx
	var first error
	for pos := 0; pos < len(line); {
		if ctx.Err() != nil {
			return joinEnd(first, ErrInterrupted)
		}
		c, next, err := s.parseNext(line, pos)
		if c == nil {
			break
		}
		pos = next
		c.Ctx, c.Front = ctx, s.front
		if err := s.runCall(c, err); err != nil {
			if first = joinEnd(first, err); ends(err) || !s.options.KeepGoing {
				return first
			}
		}
	}
	return first
}

// stopped says whether Ctrl-C has ended the line that runs.
func (s *Session) stopped() bool { return s.ctx != nil && s.ctx.Err() != nil }

// runCall runs and shows a call that was read; wrong is what was wrong with
// the reading.
func (s *Session) runCall(c *Call, wrong error) error {
	before, here := s.lesson.standing(), s.world.Here()
	r, err := s.attempt(c, wrong)
	if r == nil {
		r = &Result{}
	}
	if leaves(err) {
		s.complete(r, c, nil)
		s.show(r)
		return err
	}
	s.complete(r, c, err)
	err = s.show(r)
	if after := s.afterCommand(c, before, here != s.world.Here()); err == nil {
		err = after
	}
	return err
}

// complete fills in what every result has.
func (s *Session) complete(r *Result, c *Call, err error) {
	r.Command = c.Text
	if c.Negated {
		r.Command = "! " + c.Text
	}
	s.world.Report(r)
	s.watch(r)
	var told *ScriptError
	var before shown
	if r.Told = errors.As(err, &told) || errors.As(err, &before); r.Told {
		r.Err = err
	} else if err != nil {
		r.Err = s.located(r.Command, err)
	}
}

// refuse shows what is wrong with a line that no command was read from.
func (s *Session) refuse(err error) error {
	r := &Result{}
	s.world.Report(r)
	r.Err = s.located("", err)
	return s.show(r)
}

// show hands a result to the frontend and returns its error.
func (s *Session) show(r *Result) error {
	s.front.Show(r)
	return r.Err
}

// attempt runs a call, or turns a failure round for `! COMMAND`.
func (s *Session) attempt(c *Call, wrong error) (*Result, error) {
	switch {
	case wrong != nil && (!c.Negated || isMistake(wrong)):
		return nil, wrong
	case wrong != nil:
		return refused(wrong), nil
	case c.Negated:
		return s.negate(c)
	}
	return s.exec(c)
}

// negate runs a call that is to be refused. One that is not is taken back, with
// whatever it did: to the world, to the session, to files.
func (s *Session) negate(c *Call) (*Result, error) {
	kept := *s
	kept.predictions = s.predictions.clone()
	s.withoutFiles = c.Command.Lasting
	s.world.Begin("")
	r, err := s.exec(c)
	s.withoutFiles = kept.withoutFiles
	var broken *fault
	switch {
	case err == nil || c.Command == quitCommand && leaves(err):
		s.world.Rollback()
		*s = kept
		return nil, Errorf("it was to fail, but it did not")
	case ends(err) || errors.As(err, &broken) || isMistake(err):
		s.world.Commit("")
		return r, err
	}
	s.world.Commit("")
	return refused(err), nil
}

// refused is the result of a command that failed as `!` said it would.
func refused(err error) *Result {
	first, _, _ := strings.Cut(err.Error(), "\n")
	r := &Result{Value: refusedResult{first}}
	return r.Block(view.Text{Lines: []view.Line{{view.S(view.Quiet, "refused, as expected: "+first)}}})
}

// exec runs a call as one step of the history: it stands whole or not at
// all. A panic in it takes it back as well.
func (s *Session) exec(c *Call) (r *Result, err error) {
	if s.trying && c.Command.Lasting {
		return nil, fmt.Errorf("%s %w; help %s says what it does", c.Command.Name, errLasting, c.Command.Name)
	}
	step := c.Command.Changes
	if step {
		s.world.Begin(c.Text)
	}
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, newFault(c, v)
		}
		if keep := (kept{}); step && (err == nil || errors.As(err, &keep)) {
			s.world.Commit(c.command())
		} else if step {
			s.world.Rollback()
		}
		c.wipeProgress()
	}()
	if c.Ctx == nil { // a command inside another
		c.Ctx = context.Background()
	}
	c.began = time.Now()
	return c.Command.Run(c)
}

// Trial runs a call that another has as its argument, shows nothing, and
// takes back what it did. look, when set, sees the world before that.
func (c *Call) Trial(inner *Call, look func(*Result)) (*Result, error) {
	s := c.Session
	inner.Ctx, inner.Front = c.Ctx, silent{c.Front}
	kept := *s
	kept.predictions = s.predictions.clone()
	defer func() { *s = kept }()
	s.trying, s.front = true, inner.Front
	s.world.Begin("")
	defer s.world.Rollback()
	r, err := s.attempt(inner, nil)
	if r == nil {
		r = &Result{}
	}
	s.world.Report(r)
	if look != nil {
		look(r)
	}
	return r, err
}

// silent is a frontend for what is only tried.
type silent struct{ Frontend }

func (silent) Show(*Result)            {}
func (silent) Pause(string)            {}
func (silent) Echo(string)             {}
func (silent) Frame([]view.Block) bool { return false }
func (silent) Interactive() bool       { return false }
func (silent) Ask([]view.Block, string) (string, bool) {
	return "", false
}

// fault is a mistake of ours: a command that panicked.
type fault struct{ error }

// newFault says what panicked, where, and what to do about it.
func newFault(c *Call, v any) error {
	where := ""
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "raftlab/") {
			where = fmt.Sprintf(" (%s:%d)", f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
			break
		}
		if !more {
			break
		}
	}
	return &fault{Errorf("a fault of raftlab's own: %s%s", prose.Visible(fmt.Sprint(v)), where).
		WithHint("The cluster is as it was before the command. To report it:\nsave fault.raft, and write %s below the last line of that file.", prose.Visible(c.Text))}
}

func (f *fault) Unwrap() error { return f.error }
