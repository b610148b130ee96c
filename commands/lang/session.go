// Package lang is a language of commands for a console: words and quotes, parameters
// that read and complete themselves, conditions' tails, scripts, sessions that run a line
// as one step and take it back when it fails, errors that point into the line. It knows
// nothing of what the commands are about: a World lists the names that there are and keeps
// the steps, Observers are told of what is done and show their own on top.
//
// A line is checked (checkLine), cut into words on demand (lexer, since a raw
// tail must not be), and read by the command's parameters (Parser.form). The
// same reading, stopped at the cursor, gives the completions. Each command of
// a line is read when its turn comes. A console of another matter, built in
// console_test.go, shows what it takes.
package lang

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

// Frontend is what a session needs of whoever shows it: the console, a test.
type Frontend interface {
	Show(r *Result)                    // after each command, also a failed one
	Progress(p string)                 // how far a long command is, at most 10 times a second; "" wipes it
	Frame(blocks []view.Block) Pressed // `play`: redraws in place
	Echo(line string)                  // a script's line, when `echo on`
	Interactive() bool                 // input and output are terminals

	// Ask shows a question and reads a line; ok is false when there is nobody
	// to ask, or the answer was Ctrl-C.
	Ask(question []view.Block, prompt string) (answer string, ok bool)
}

// Screen is a Frontend on which only so much stands at once.
type Screen interface {
	// Fits says whether all of it stands there above the prompt.
	Fits(blocks []view.Block) bool
}

// Pressed is what a person did while frames were shown.
type Pressed uint8

const (
	NoKey   Pressed = iota
	EndKey          // Escape or Ctrl-C: it ends here
	TypeKey         // any other: a line begins, which is read before the frames go on
	Unseen          // nothing: no frame can be redrawn here
)

// Sort is a sort of thing that has a name.
type Sort string

// Recorder keeps the history. Begin and its Commit or Rollback nest: `source`
// opens a step, and each command of the file one of its own within it. The
// outermost step is what `undo` takes back.
type Recorder interface {
	// Begin opens a step for the command.
	Begin(command string)
	// Commit closes the innermost step and keeps what was done since its
	// Begin. command is what reproduces it, or "" when the steps inside do.
	Commit(command string)
	// Rollback closes the innermost step and restores the world as it was at
	// its Begin.
	Rollback()
}

// World is what the commands act on, as far as the language needs to know it.
type World interface {
	Recorder
	// Names lists the things of a sort, sorted.
	Names(Sort) []string
	// Report completes the result of a command that has just run: its
	// position and its events, as values and as lines. r.View already holds
	// what the command itself had to show.
	Report(r *Result)
}

// Refuser is a World that, as it is now, cannot do some commands.
type Refuser interface {
	// Refuse says why a command cannot be done, and what to do instead; nil: it can.
	Refuse(c *Command) error
}

// Observer is told of what is done in a session, which knows nothing else of it:
// lessons, what is watched, a console's own settings.
type Observer interface {
	// Around is told of a call before it runs. The function that it returns, unless
	// nil, is told what came of it once that was shown; its error is the line's.
	Around(c *Call) (after func(r *Result) error)
	// Finish adds to a result, before it is shown, what the observer shows by itself.
	Finish(r *Result)
	// Keep remembers what of the observer a call may change; restore brings it back.
	Keep() (restore func())
}

// Guide is an observer that knows what a person can do where they are just now: help begins
// with it. Mostly it has nothing.
type Guide interface {
	Observer
	Guide() []view.Block
	Reply() string // the same in a sentence, for an answer where nothing is asked
}

// reply is what the guide says to a line that is no command; mostly nothing.
func (s *Session) reply() string {
	if g := Observing[Guide](s); g != nil && !s.InScript() {
		return g.Reply()
	}
	return ""
}

// Bystander is an observer that is told, too, of what is shown beside commands: between two of
// them, and what is wrong with a line that no command was read from. text is what was typed, or
// what of a script it belongs to.
type Bystander interface {
	Observer
	Beside(text string, r *Result)
}

// TellBeside tells the bystanders of what was shown beside commands.
func (s *Session) TellBeside(text string, r *Result) {
	for _, o := range s.observers {
		if b, ok := o.(Bystander); ok {
			b.Beside(text, r)
		}
	}
}

// Unmoved is an observer that takes no notice. Others embed it and are told of some things.
type Unmoved struct{}

func (Unmoved) Around(*Call) (after func(*Result) error) { return nil }
func (Unmoved) Finish(*Result)                           {}
func (Unmoved) Keep() (restore func())                   { return func() {} }

// Session is one user's dealings with one world: lines, scripts, and what is wrong
// with them.
type Session struct {
	Table        *Table
	world        World
	observers    []Observer
	Front        Frontend        // of what runs now; nil before the first line
	ctx          context.Context // of the line that runs
	files        []*Script       // being read, the innermost last
	Echo         bool            // a script's lines are shown before they run
	keepGoing    bool            // a script goes on after a failure
	Trying       bool            // what is done is taken back
	withoutFiles bool            // what is done is to be refused, so no file is to stay
	steps        int             // that are open, one in another
}

// NewSession joins a language and a world. With keepGoing a failure does not end
// what is read.
func NewSession(t *Table, w World, keepGoing bool) *Session {
	return &Session{Table: t, world: w, keepGoing: keepGoing}
}

// Observe lets observers be told from now on, in this order.
func (s *Session) Observe(all ...Observer) { s.observers = append(s.observers, all...) }

// Observing is the observer of a type among those of the session; its zero value
// where there is none.
func Observing[T Observer](s *Session) (found T) {
	for _, o := range s.observers {
		if t, ok := o.(T); ok {
			return t
		}
	}
	return found
}

// InScript says whether a file is being read.
func (s *Session) InScript() bool { return len(s.files) > 0 }

// Aside runs a line as if it were typed at the prompt, whatever is being read.
func (s *Session) Aside(ctx context.Context, line string, f Frontend) error {
	files, steps := s.files, s.steps
	s.files, s.steps = nil, 0
	defer func() { s.files, s.steps = files, steps }()
	return s.Run(ctx, line, f)
}

// Reading makes a script the innermost one until the returned function is called.
func (s *Session) Reading(f *Script) func() {
	f.steps = s.steps
	s.files = append(s.files, f)
	n := len(s.files)
	return func() { s.files = s.files[:n-1] }
}

// Innermost is the script whose line runs; an empty one at the prompt.
func (s *Session) Innermost() *Script {
	if len(s.files) == 0 {
		return &Script{}
	}
	return s.files[len(s.files)-1]
}

// Run runs one typed line, which may hold several commands. The error is the
// first failure, which was shown already, or ErrQuit.
func (s *Session) Run(ctx context.Context, line string, f Frontend) error {
	defer s.Use(f)()
	var first error
	for part := range strings.Lines(strings.TrimPrefix(line, BOM)) {
		err := s.RunLine(ctx, strings.TrimRight(part, "\r\n"))
		if first == nil {
			first = err
		}
		if err != nil && (Ends(err) || !s.keepGoing) {
			return joinEnd(first, err)
		}
	}
	return first
}

// Use makes f the frontend, and returns a function that brings the former one back.
func (s *Session) Use(f Frontend) func() {
	before := s.Front
	s.Front = f
	return func() { s.Front = before }
}

// Ends says whether an error ends the line and all that is being read, even if the session
// keeps going after failures.
func Ends(err error) bool { return leaves(err) || errors.Is(err, ErrInterrupted) }

// leaves says whether an error is no failure, but that of `quit`.
func leaves(err error) bool { return errors.Is(err, ErrQuit) || errors.Is(err, ErrFileEnd) }

// joinEnd is err, which ends a script, together with the first failure, after which the
// script went on; nil: there was none.
func joinEnd(first, err error) error {
	if first == nil || first == err {
		return err
	}
	return errors.Join(first, err)
}

// RunLine runs the commands of one line, each parsed when its turn comes,
// since what a word means depends on what the commands before it did.
func (s *Session) RunLine(ctx context.Context, line string) error {
	if err := checkLine(line); err != nil {
		return s.refuse(line, err)
	}
	defer func(around context.Context) { s.ctx = around }(s.ctx)
	s.ctx = ctx
	var first error
	for pos := 0; pos < len(line); {
		if ctx.Err() != nil {
			return joinEnd(first, ErrInterrupted)
		}
		c, next, err := s.ParseNext(line, pos)
		if c == nil {
			break
		}
		pos = next
		c.Ctx, c.Front = ctx, s.Front
		if err := s.runCall(c, err); err != nil {
			if first = joinEnd(first, err); Ends(err) || !s.keepGoing {
				return first
			}
		}
	}
	return first
}

// Stopped says whether Ctrl-C has ended the line that runs.
func (s *Session) Stopped() bool { return s.ctx != nil && s.ctx.Err() != nil }

// runCall runs and shows a call that was read; wrong is what was wrong with
// the reading.
func (s *Session) runCall(c *Call, wrong error) error {
	c.Within = s.steps > s.Innermost().steps
	after := s.around(c)
	r, err := s.Attempt(c, wrong)
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
	for _, told := range after {
		if more := told(r); err == nil {
			err = more
		}
	}
	return err
}

// around tells the observers of a call, and collects who is to be told what came of it.
func (s *Session) around(c *Call) (after []func(*Result) error) {
	for _, o := range s.observers {
		if told := o.Around(c); told != nil {
			after = append(after, told)
		}
	}
	return after
}

// complete fills in what every result has.
func (s *Session) complete(r *Result, c *Call, err error) {
	r.Command = c.Text
	if c.Negated {
		r.Command = "! " + c.Text
	}
	s.world.Report(r)
	for _, o := range s.observers {
		o.Finish(r)
	}
	var told *ScriptError
	var before shown
	if r.Told = errors.As(err, &told) || errors.As(err, &before); r.Told {
		r.Err = err
	} else if err != nil {
		r.Err = s.located(r.Command, err)
	}
}

// refuse shows what is wrong with a line that no command was read from.
func (s *Session) refuse(line string, err error) error {
	r := &Result{}
	s.world.Report(r)
	r.Err = s.located("", err)
	defer s.TellBeside(line, r)
	return s.show(r)
}

// show hands a result to the frontend and returns its error.
func (s *Session) show(r *Result) error {
	s.Front.Show(r)
	return r.Err
}

// Attempt runs a call. For `! COMMAND` a failure is a success, and the other way round. wrong is
// what was wrong with the reading, or nil.
func (s *Session) Attempt(c *Call, wrong error) (*Result, error) {
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
	restore, withoutFiles := s.keep(), s.withoutFiles
	s.withoutFiles = c.Command.Lasting
	s.world.Begin("")
	r, err := s.exec(c)
	s.withoutFiles = withoutFiles
	var broken *Fault
	switch {
	case err == nil || c.Command.Leaves && leaves(err):
		s.world.Rollback()
		restore()
		return nil, Errorf("expected this to fail, but it succeeded")
	case Ends(err) || errors.As(err, &broken) || isMistake(err):
		s.world.Commit("")
		return r, err
	}
	s.world.Commit("")
	return refused(err), nil
}

// RefusedResult is what a command comes to that failed as `!` said it would.
type RefusedResult struct {
	Refused string `json:"refused" doc:"the first line of the error that was expected"`
}

// refused is the result of such a command.
func refused(err error) *Result {
	first := Headline(err)
	r := &Result{Value: RefusedResult{first}}
	return r.Block(view.Text{Lines: []view.Line{{view.S(view.Quiet, "refused, as expected: "+first)}}})
}

// exec runs a call as one step of the history: it stands whole or not at
// all. A panic in it takes it back as well.
func (s *Session) exec(c *Call) (r *Result, err error) {
	if s.Trying && c.Command.Lasting {
		return nil, fmt.Errorf("%s %w; help %s says what it does", c.Command.Name, ErrLasting, c.Command.Name)
	}
	if w, may := s.world.(Refuser); may {
		if err := w.Refuse(c.Command); err != nil {
			return nil, err
		}
	}
	step := c.Command.Changes
	if step {
		s.world.Begin(c.Text)
		s.steps++
	}
	defer func() {
		if v := recover(); v != nil {
			r, err = nil, newFault(c, v)
		}
		if step {
			s.steps--
		}
		if keep := (kept{}); step && (err == nil || errors.As(err, &keep)) {
			s.world.Commit(c.Saved())
		} else if step {
			s.world.Rollback()
		}
		c.wipeProgress()
	}()
	if c.Ctx == nil { // a command inside another
		c.Ctx = context.Background()
	}
	c.Began = time.Now()
	return c.Command.Run(c)
}

// Trial runs a call that another has as its argument, shows nothing, and takes back
// what it did. look, unless nil, is called with the result before that is taken back.
func (c *Call) Trial(inner *Call, look func(*Result)) (*Result, error) {
	s := c.Session
	inner.Ctx, inner.Front = c.Ctx, Silent{Frontend: c.Front}
	defer s.keep()()
	defer s.Use(inner.Front)()
	defer func(was bool) { s.Trying = was }(s.Trying)
	s.Trying = true
	s.world.Begin("")
	defer s.world.Rollback()
	r, err := s.Attempt(inner, nil)
	if r == nil {
		r = &Result{}
	}
	s.world.Report(r)
	if look != nil {
		look(r)
	}
	return r, err
}

// keep remembers what observers know; restore brings it back. The world is not part
// of it.
func (s *Session) keep() (restore func()) {
	all := make([]func(), len(s.observers))
	for i, o := range s.observers {
		all[i] = o.Keep()
	}
	return func() {
		for _, restore := range all {
			restore()
		}
	}
}

// Silent is a frontend for what is only tried. It shows nothing but the progress, which it passes
// on to the Frontend in it, if there is one.
type Silent struct{ Frontend }

func (f Silent) Progress(p string) {
	if f.Frontend != nil {
		f.Frontend.Progress(p)
	}
}

func (Silent) Show(*Result)               {}
func (Silent) Echo(string)                {}
func (Silent) Frame([]view.Block) Pressed { return NoKey }
func (Silent) Interactive() bool          { return false }
func (Silent) Ask([]view.Block, string) (string, bool) {
	return "", false
}

// Fault is the error of a command that panicked, which is a mistake in its code.
type Fault struct{ error }

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
	return &Fault{c.Session.Table.domain.Fault(c, prose.Visible(fmt.Sprint(v))+where)}
}

func (f *Fault) Unwrap() error { return f.error }
