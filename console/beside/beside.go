//go:build !js

// Package beside joins a console and the page beside it: what the session asks of the page, and what
// the page asks of the console.
package beside

import (
	"errors"
	"sync"
	"time"

	"raftlab/commands"
	"raftlab/commands/page"
	"raftlab/commands/view"
	"raftlab/console/term"
	"raftlab/console/web"
)

// Beside is the page beside a console: a commands.Page for the session, and a web.Presenter for the page.
type Beside struct {
	Host
	// gate is held by whoever uses the session: the console's own goroutine, except while a line is
	// edited. Then the editor asks for completions, and so do pages.
	gate chan struct{}

	mu      sync.Mutex
	server  *web.Server // nil: there is no page
	asked   string      // the address that was given to Open
	unwatch func()      // ends what feed began
	prompt  bool        // lines are read, now or later
	reader  term.Reader // edits a line just now; nil: none is edited
	untold  []string    // what to tell the person before the next prompt
}

// gateWait is how long a page waits for the gate, before it does without the session.
const gateWait = 300 * time.Millisecond

// New is a console without a page, so far.
func New(h Host) *Beside {
	b := &Beside{Host: h, gate: make(chan struct{}, 1)}
	b.gate <- struct{}{} // the console's goroutine uses the session
	return b
}

// Page is itself, for the session.
func (b *Beside) Page() commands.Page { return b }

// Open is of commands.Page.
func (b *Beside) Open(address string, typed bool) error {
	if web.Beyond(address) && !typed && !b.Trusted() {
		return errors.New("a script may not open the page to other machines unless raftlab runs with --trust")
	}
	server, err := web.Open(web.Config{Files: page.Files, Address: address, Presenter: b, Refused: b.tell})
	if err != nil {
		return err
	}
	unwatch := b.feed(server.Hub())
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server, b.asked, b.unwatch = server, address, unwatch
	return nil
}

// Close is of commands.Page.
func (b *Beside) Close() bool {
	b.mu.Lock()
	server, unwatch := b.server, b.unwatch
	b.server = nil
	b.mu.Unlock()
	if server == nil {
		return false
	}
	unwatch()
	server.Close()
	return true
}

// Now is of commands.Page.
func (b *Beside) Now() (now commands.PageNow, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server == nil {
		return now, false
	}
	return commands.PageNow{Address: b.server.Address(), Asked: b.asked, Local: b.server.Local(),
		Pages: b.server.Hub().Pages(), Refused: b.server.Refused()}, true
}

// Present is of commands.Page. The link is in no result: those are on the page.
func (b *Beside) Present() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.server != nil {
		b.Tell(view.Strong, b.server.PresenterLink())
	}
}

// Line is of web.Presenter.
func (b *Beside) Line(text string) error {
	b.mu.Lock()
	prompt, keys := b.prompt, b.Keys()
	b.mu.Unlock()
	switch {
	case !prompt || keys == nil:
		return web.ErrNoPrompt
	case !keys.Hand(text):
		return web.ErrBusy
	}
	return nil
}

// Interrupt is of web.Presenter.
func (b *Beside) Interrupt() { b.Stop() }

// Complete is of web.Presenter.
func (b *Beside) Complete(line string, pos int) (from int, candidates []string, ok bool) {
	ok = b.AtPrompt(func() { from, candidates = b.Session().Complete(line, pos) })
	return from, candidates, ok
}

// Hint is of web.Presenter.
func (b *Beside) Hint(line string) (hint string, ok bool) {
	ok = b.AtPrompt(func() { hint = b.Session().Hint(line) })
	return hint, ok
}

// History is of web.Presenter.
func (b *Beside) History() (lines []string) {
	b.AtPrompt(func() { lines = b.Typed(200) })
	return lines
}

// AtPrompt does something with the session while a line is edited; it says whether it could.
func (b *Beside) AtPrompt(do func()) (ok bool) {
	select {
	case b.gate <- struct{}{}:
	case <-time.After(gateWait):
		return false
	}
	defer func() {
		<-b.gate
		if recover() != nil { // a mistake in a completion must not take the program down with it
			ok = false
		}
	}()
	do()
	return true
}

// Editing surrounds the reading of a line: others may ask the session meanwhile.
func (b *Beside) Editing(in term.Reader) (done func()) {
	b.mu.Lock()
	b.reader = in
	untold := b.untold
	b.untold = nil
	b.mu.Unlock()
	for _, text := range untold {
		b.Tell(view.Warn, text)
	}
	<-b.gate
	return func() {
		b.gate <- struct{}{}
		b.mu.Lock()
		b.reader = nil
		b.mu.Unlock()
	}
}

// Reads says that lines are read from now on, or no more.
func (b *Beside) Reads(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prompt = on
}

// tell tells the person at the terminal something, between two keystrokes, or before the next prompt.
func (b *Beside) tell(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reader == nil {
		b.untold = append(b.untold, text)
		return
	}
	b.reader.Tell(b.Render([]view.Block{view.Says(view.Warn, text)}))
}

// End ends the page with the console, and tells what nobody has been told yet.
func (b *Beside) End() {
	b.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, text := range b.untold {
		b.Tell(view.Warn, "raftlab: "+text)
	}
	b.untold = nil
}

// Blocks is where the page is, nothing where there is none.
func (b *Beside) Blocks() []view.Block {
	if now, ok := b.Now(); ok {
		return commands.PageBlocks(now, false, true)
	}
	return nil
}

// liveBeat is how often a page is told of a cluster that runs by itself.
const liveBeat = 100 * time.Millisecond

// feed brings the stream to a hub until the returned function is called.
func (b *Beside) feed(h *web.Hub) (stop func()) {
	s, class := b.Session().Stream(), b.Session().Class()
	unfollow := s.Follow(h.Send)
	class.Seat(h)
	if !b.Session().Moves() {
		return func() {
			class.Seat(nil)
			unfollow()
		}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		beat := time.NewTicker(liveBeat)
		defer beat.Stop()
		for {
			select {
			case <-ended:
				return
			case <-beat.C:
				s.Beat()
			}
		}
	}()
	return func() {
		class.Seat(nil)
		unfollow()
		close(ended)
		<-done
	}
}
