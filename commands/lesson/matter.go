package lesson

import (
	"context"
	"time"

	"raftlab/commands/lang"
)

// Ground is the world that a lesson is played on.
type Ground interface {
	lang.World
	Here() string // a text for the present moment, which no other moment has
	Now() Moment  // the present moment, to come back to
	Goto(Moment)
	// Since is the commands that led from a moment to the present; nil where the
	// present does not come of it.
	Since(Moment) []string
	// After says whether the present was made after a moment, wherever in the history it is.
	After(Moment) bool
	// Branch is the name of the branch of the history that the present is on; "" where there is no history.
	Branch() string
	// Together makes what is done from now on, in the step that is open, one step of undo
	// with what led to a moment. apart ends that.
	Together(Moment) (apart func())
	// Anew tells the world that a lesson begins, so that what was chosen before does not count.
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
type Expression interface {
	Text() string // as it was written
	Value() (any, error)
}

// Matter is what lessons must be told of what they teach.
type Matter struct {
	Topic   lang.Topic // of the commands about lessons
	Scripts lang.Topic // of the commands that any script may have
	Thing   string     // what each lesson begins with a new one of: cluster

	Course func() []string                          // the lessons by name, NUMBER-NAME, in their order
	Text   func(name string) (text string, ok bool) // of one
	Fast   string                                   // the name of a way through beats of the course; "": none
	Ending string                                   // of the name of a file that holds a script: .raft

	Condition  *lang.Kind[Condition]
	Expression *lang.Kind[Expression]
	Describe   func(value any) string // a value in a reader's words

	Fillers   []string                             // words of an answer that say nothing here, in small letters
	Named     string                               // what a name such as s2 is one of, with its article: a server
	Exists    func(w lang.World, name string) bool // there is a thing of that name, in small letters; nil: there may be
	Things    func(w lang.World) []string          // the names of all such; nil: unknown
	OneOf     [][]string                           // words of which an answer is one
	Lenient   string                               // how answers may be written, for the help
	GivesAway func(command string) bool            // it tells what is to be found out; nil: none does
	// Evidence is the command that shows why an expression has its value, "" for none; nil: none has.
	Evidence func(w lang.World, expression string, value any) string
	// Stuck is what a person does where something other than a command is missing; "" or nil: nothing is.
	Stuck func(w lang.World) string
	// WayOn is what to do where a script of these lines fails, which a command begins; "" or nil: nothing is known.
	WayOn    func(w lang.World, lines []string, again string) string
	Patience time.Duration // for how long a hint is looked for, in whole seconds
	// Deeds are single commands that may lead on from where the world is, those first that a hint should rather
	// tell; nil: none are known.
	Deeds     func(lang.World) []string
	Examples  map[string][]string // for the help, by command
	Elsewhere string              // what to do where the world has no lessons, a sentence

	// Needs are what the world must have for a command; nil: nothing.
	Needs func(command string) []lang.Need

	shipped  func() []*script      // read once
	which    *lang.Arg[ref]        // LESSON
	reveal   *lang.Arg[Expression] // of `reveal`
	goal     *lang.Arg[Condition]  // of `goal`
	waypoint *lang.Arg[Condition]  // of `waypoint`
}
