// Package beside joins a console and the page beside it, which no browser serves.
package beside

import (
	"errors"

	"raftlab/commands"
	"raftlab/commands/view"
	"raftlab/console/term"
)

// Beside is no page.
type Beside struct{ Host }

// New is a console without a page.
func New(h Host) *Beside { return &Beside{h} }

// Page is none.
func (b *Beside) Page() commands.Page { return nil }

// Open serves nothing.
func (b *Beside) Open(string, bool) error { return errors.New("a browser serves no page") }

// Now is no page.
func (b *Beside) Now() (now commands.PageNow, ok bool) { return now, false }

// Complete is the session's.
func (b *Beside) Complete(line string, pos int) (from int, candidates []string, ok bool) {
	from, candidates = b.Session().Complete(line, pos)
	return from, candidates, true
}

// Hint is the session's.
func (b *Beside) Hint(line string) (hint string, ok bool) { return b.Session().Hint(line), true }

// AtPrompt does it.
func (b *Beside) AtPrompt(do func()) (ok bool) {
	do()
	return true
}

// Editing needs nothing.
func (b *Beside) Editing(term.Reader) (done func()) { return func() {} }

// Reads needs nothing.
func (b *Beside) Reads(bool) {}

// Blocks is nothing.
func (b *Beside) Blocks() []view.Block { return nil }

// End ends nothing.
func (b *Beside) End() {}
