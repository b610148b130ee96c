// Package term is the terminal: the line editor with its history and its keys, the
// modes of the terminal, signals. It knows nothing of what the lines mean. A browser
// has none of this, and none_js.go says so there.
package term

import (
	"os"
	"strconv"
	"sync"

	"raftlab/console/paint"
)

const (
	pasteOn  = "\x1b[?2004h" // the terminal marks what is pasted
	pasteOff = "\x1b[?2004l"
	WipeLine = "\r\x1b[K"
	// ClearScreen wipes the screen and what was scrolled off it.
	ClearScreen = "\x1b[H\x1b[2J\x1b[3J"
)

// Terminal is the three standard streams and the mode of the terminal.
type Terminal struct {
	In, Out, Err          *os.File
	InTTY, OutTTY, ErrTTY bool

	stops func() // listens to the signal of Ctrl-Z; nil: nobody does

	mu     sync.Mutex
	before *mode // the mode to go back to; nil when not raw
	final  bool  // restored for good: the process is about to end
	top    *Top  // nil when nobody has asked for it
}

// New is the terminal of three streams, each of which may also be a file or a pipe.
func New(in, out, err *os.File) *Terminal {
	t := &Terminal{In: in, Out: out, Err: err}
	t.InTTY, t.OutTTY, t.ErrTTY = isTerminal(in), isTerminal(out), isTerminal(err)
	return t
}

func isTerminal(f *os.File) bool { return isTTY(int(f.Fd())) }

// Interactive tells whether a person reads and answers.
func (t *Terminal) Interactive() bool { return t.InTTY && t.OutTTY }

// MakeRaw hands over each key as it is pressed, Ctrl-C too.
func (t *Terminal) MakeRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final || t.before != nil {
		return nil
	}
	before, err := makeRaw(int(t.In.Fd()))
	if err == nil {
		t.before = before
	}
	return err
}

// ExitRaw goes back to the mode before MakeRaw.
func (t *Terminal) ExitRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restoreLocked()
}

func (t *Terminal) restoreLocked() error {
	if t.before == nil {
		return nil
	}
	err := setMode(int(t.In.Fd()), t.before)
	t.before = nil
	return err
}

// Suspend stops the program as Ctrl-Z stops others, with the terminal as it was found, and
// returns when it goes on. Where no shell could let it go on, it returns at once.
func (t *Terminal) Suspend() {
	t.mu.Lock()
	raw := t.before != nil
	if t.OutTTY {
		_, _ = t.Out.WriteString(t.top.Release())
	}
	_ = t.restoreLocked()
	t.mu.Unlock()
	if stopAndGoOn(); t.stops != nil {
		t.stops()
	}
	if raw {
		_ = t.MakeRaw()
	}
}

// Restore leaves the terminal as it was found, whatever goes on in other
// goroutines. It must be the last thing before the process ends.
func (t *Terminal) Restore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.OutTTY {
		_, _ = t.Out.WriteString(t.top.Release())
	}
	if t.before != nil && t.OutTTY {
		_, _ = t.Out.WriteString(pasteOff + "\r\n")
	}
	_ = t.restoreLocked()
	t.final = true
}

// Width is the number of columns of standard output.
func (t *Terminal) Width() int {
	if t.OutTTY {
		if w, _, err := size(int(t.Out.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w >= paint.MinWidth && w <= 10000 {
		return w
	}
	return 80
}

// Height is the number of lines of standard output.
func (t *Terminal) Height() int {
	if _, h, err := size(int(t.Out.Fd())); t.OutTTY && err == nil && h > 0 {
		return h
	}
	return 24
}
