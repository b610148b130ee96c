package beside

import (
	"raftlab/commands/class"
	"raftlab/commands/stream"
	"raftlab/commands/view"
	"raftlab/console/term"
)

// Session is what a page asks of a session.
type Session interface {
	Complete(line string, pos int) (from int, candidates []string)
	Hint(line string) string
	Stream() *stream.Stream
	Class() *class.Room
	Moves() bool // the cluster runs by itself
}

// Host is the console, as the page beside it needs it.
type Host struct {
	Session func() Session
	Keys    func() *term.Keyboard               // nil where nobody types
	Typed   func(most int) []string             // the newest lines of the prompt's history, in their order
	Stop    func()                              // ends the command that runs, and nothing else
	Trusted func() bool                         // scripts may do what otherwise only a person may
	Tell    func(style view.Style, text string) // tells the person at the terminal, between two commands
	Render  func(blocks []view.Block) string    // as the terminal shows it
}
