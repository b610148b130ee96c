// Package lesson teaches in a console: beats that tell, questions before their answers
// are shown, goals that a person is to bring about, hints, and how far they are. It knows
// nothing of the matter that is taught. A console says what it must know in a Matter, and
// its World is a Ground: it names moments, goes to them, and may search for a way to one.
//
// A lesson is a script of the console's own language. Run from end to end it is a test
// of what it says; docs/teaching.md tells how to write one.
package lesson

import (
	"context"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// Student is what a session knows of the person who learns in it. It observes what
// they do.
type Student struct {
	lang.Unmoved
	*lang.Session
	matter *Matter
	store  Store // what outlives the session; nil: nothing does

	predictions predictions
	goal        *goal    // of the script that is being read
	lesson      *run     // the lesson, or other script, that they are in; nil: none
	left        Place    // the place that they left last
	waits       string   // what can be typed where a script waits by itself, a sentence; "": none does
	keptBefore  *allKept // what was kept last, for when the store cannot be used; nil: nothing yet
	warned      bool     // they were told that progress is not kept

	Shell string // the name that errors have for a text that is shown next; "": it was typed at the prompt
}

// NewStudent is a student at the start of a session. What must outlive the session goes to the
// store, unless that is nil.
func NewStudent(m *Matter, s *lang.Session, store Store) *Student {
	return &Student{matter: m, Session: s, store: store}
}

// studentOf is the person who makes a call.
func studentOf(c *lang.Call) *Student { return lang.Observing[*Student](c.Session) }

// groundOf is what a call works on.
func groundOf(c *lang.Call) Ground {
	if g, ok := c.World.(Ground); ok {
		return g
	}
	return onward{c.World}
}

// onward is a world that runs by itself: none of its moments comes back.
type onward struct{ lang.World }

func (onward) Here() string                                             { return "" }
func (onward) Now() Moment                                              { return nil }
func (onward) Goto(Moment)                                              {}
func (onward) Since(Moment) []string                                    { return nil }
func (onward) After(Moment) bool                                        { return true }
func (onward) Branch() string                                           { return "" }
func (onward) Together(Moment) func()                                   { return func() {} }
func (onward) Anew()                                                    {}
func (onward) Towards(context.Context, Condition) (command, how string) { return "", "" }

// Keep remembers predictions and goals.
func (s *Student) Keep() (restore func()) {
	kept := *s
	kept.predictions = s.predictions.clone()
	return func() { *s = kept }
}

// Reciting says whether a call is a line of a lesson.
func Reciting(c *lang.Call) bool { return scriptOf(c.Session.Innermost()) != nil }

// report shows a result between two commands.
func report(c *lang.Call, r *lang.Result) {
	r.Command = c.Text
	c.World.Report(r)
	c.Front.Show(r)
	if _, silent := c.Front.(lang.Silent); !silent {
		c.Session.TellBeside(c.Text, r)
	}
}

// tell shows blocks between two commands.
func tell(c *lang.Call, blocks ...view.Block) { report(c, lang.OK().Block(blocks...)) }
