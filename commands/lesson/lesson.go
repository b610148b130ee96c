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
	"time"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// Ground is the world that a lesson is played on.
type Ground interface {
	lang.World
	Here() string // names the present moment: another one, another text
	Now() Moment  // is the present moment, to come back to
	Goto(Moment)
	// Since is the commands that led from a moment to the present; none where the
	// present does not come of it.
	Since(Moment) []string
	// Anew is told that a lesson begins: what was chosen before does not count.
	Anew()
	// Towards searches for a way to make a condition hold: its first command, and a
	// remark on that. Both are "" where none is found while the context lasts.
	Towards(context.Context, Condition) (command, how string)
}

// Moment is one of the Ground's moments.
type Moment any

// Condition is a question about the present, compiled.
type Condition interface {
	Text() string // as it was written
	Holds() (bool, error)
	Unmet() *lang.Error // says why it does not hold
}

// Expression is a value of the present, compiled.
type Expression interface{ Value() (any, error) }

// Matter is what lessons must be told of what they teach.
type Matter struct {
	Topic   lang.Topic // of the commands about lessons
	Scripts lang.Topic // of those that any script has
	Thing   string     // what each lesson has one of for itself: cluster

	Course func() []string                          // the lessons by name, NUMBER-NAME, in their order
	Text   func(name string) (text string, ok bool) // of one
	Fast   string                                   // the name of a way through beats of the course; "": none
	Ending string                                   // of the name of a file that holds a script: .raft

	Condition  *lang.Kind[Condition]
	Expression *lang.Kind[Expression]
	Describe   func(value any) string // a value as a reader's words

	Fillers   []string                  // words of an answer that say nothing here, in small letters
	Lenient   string                    // how answers may be written, for the help
	GivesAway func(command string) bool // it tells what is to be found out; nil: none does
	Patience  time.Duration             // for how long a hint is looked for, in whole seconds
	Examples  map[string][]string       // for the help, by command
	Elsewhere string                    // what to do where the world has no lessons, a sentence

	// Needs are what the world must have for a command; nil: nothing.
	Needs func(command string) []lang.Need

	course   func() []*script      // read once
	fast     func() *script        // likewise; nil: there is none
	which    *lang.Arg[ref]        // LESSON
	reveal   *lang.Arg[Expression] // of `reveal`
	goal     *lang.Arg[Condition]  // of `goal`
	waypoint *lang.Arg[Condition]  // of `waypoint`
}

// Student is what a session knows of the person who learns in it. It observes what
// they do.
type Student struct {
	lang.Unmoved
	*lang.Session
	matter *Matter
	store  Store // what outlives the session; nil: nothing does

	predictions predictions
	goal        *goal // of the script that is being read
	lesson      *run  // that they are in
	staged      bool  // a lesson is shown, and nobody asked
	keptBefore  *allKept
	warned      bool // that progress is not kept
}

// NewStudent is one who has just come. What is to outlive the session goes to the store,
// unless that is nil.
func NewStudent(m *Matter, s *lang.Session, store Store) *Student {
	return &Student{matter: m, Session: s, store: store}
}

// studentOf is the person who makes a call.
func studentOf(c *lang.Call) *Student { return lang.Observing[*Student](c.Session) }

// groundOf is what a call works on.
func groundOf(c *lang.Call) Ground { return c.World.(Ground) }

// Keep remembers predictions and goals.
func (s *Student) Keep() (restore func()) {
	kept := *s
	kept.predictions = s.predictions.clone()
	return func() { *s = kept }
}

// Reciting says whether a call stands in a lesson.
func Reciting(c *lang.Call) bool { return scriptOf(c.Session.Innermost()) != nil }

// report shows a result between two commands.
func report(c *lang.Call, f lang.Frontend, r *lang.Result) {
	r.Command = c.Text
	c.World.Report(r)
	f.Show(r)
}

// styled is a block of one line.
func styled(style view.Style, text string) view.Text {
	return view.Text{Lines: []view.Line{view.LS(style, text)}}
}
