package console

import (
	"context"
	"io"

	"raftlab/commands"
	"raftlab/commands/class"
	"raftlab/commands/lang"
	"raftlab/commands/stream"
	"raftlab/commands/view"
)

// session is what the console asks of a commands.Session.
type session interface {
	Run(ctx context.Context, line string, f lang.Frontend) error
	RunScript(ctx context.Context, name string, r io.Reader, f lang.Frontend) error
	Complete(line string, pos int) (from int, candidates []string)
	Wanted(line string, pos int) []string // what else may stand there
	Hint(line string) string              // what comes next behind a line
	Leads(path string) bool               // a person who sources the file is led through it
	LeadsText(text string) string         // the line that leads through a text behind -c; "": none
	InShell() (done func())               // errors name -c as the place of what is led through, until done
	Led() bool                            // a person is being led through something
	Prompt() view.Line
	EmptyLine() string // the line that an empty one stands for, mostly ""
	AtPrompt(line string) string
	Asking() []view.Block              // what is asked above each prompt, mostly nothing
	Leave() []view.Block               // leaves what is shown, and says how to come back; mostly nothing
	Paused() string                    // the line that runs by itself after the next one, mostly ""
	EndPlay()                          // makes Paused ""
	Theme() string                     // the name of the colours
	Pinned() func() []view.Block       // what stays in sight while the rest scrolls; nil: nothing
	Moves() bool                       // what is pinned changes by itself
	Stream() *stream.Stream            // what pages show
	Class() *class.Room                // who answers questions on them
	Pages() bool                       // what is longer than the screen is shown a screen at a time
	Kept() (data []byte, commands int) // the session, for --resume
	Resumes() string                   // the line that leads back to what was shown then, mostly ""
	KeepsHistory() bool
	Banner() []view.Block
	OutputJSON() bool
	SetOutputJSON(bool)
	UnexpectedBreaches() []string
	UnexpectedDepartures() []string
	Notices() []string // what a person must be told of the session's start
	SearchOutcome() string
	Close() error
}

// opener makes a session.
type opener func(commands.Options) (session, error)

// openSession returns a nil session with an error: a nil *commands.Session in
// the interface would not compare equal to nil.
func openSession(o commands.Options) (session, error) {
	s, err := commands.NewSession(o)
	if err != nil {
		return nil, err
	}
	return s, nil
}
