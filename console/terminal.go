package console

import (
	"os"
	"strconv"
	"sync"

	"raftlab/console/paint"

	"github.com/chzyer/readline"
)

const (
	pasteOn  = "\x1b[?2004h" // the terminal marks what is pasted
	pasteOff = "\x1b[?2004l"
	wipeLine = "\r\x1b[K"
	// clearScreen wipes the screen and what was scrolled off it.
	clearScreen = "\x1b[H\x1b[2J\x1b[3J"
)

// terminal is the three standard streams and the mode of the terminal.
type terminal struct {
	in, out, err          *os.File
	inTTY, outTTY, errTTY bool

	mu     sync.Mutex
	before *readline.State // the mode to go back to; nil when not raw
	final  bool            // restored for good: the process is about to end
}

func newTerminal(in, out, err *os.File) *terminal {
	t := &terminal{in: in, out: out, err: err}
	t.inTTY, t.outTTY, t.errTTY = isTerminal(in), isTerminal(out), isTerminal(err)
	return t
}

func isTerminal(f *os.File) bool { return readline.IsTerminal(int(f.Fd())) }

// interactive tells that a person reads and answers.
func (t *terminal) interactive() bool { return t.inTTY && t.outTTY }

// makeRaw hands over each key as it is pressed, Ctrl-C too.
func (t *terminal) makeRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.final || t.before != nil {
		return nil
	}
	before, err := readline.MakeRaw(int(t.in.Fd()))
	if err == nil {
		t.before = before
	}
	return err
}

// exitRaw goes back to the mode before makeRaw.
func (t *terminal) exitRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.restoreLocked()
}

func (t *terminal) restoreLocked() error {
	if t.before == nil {
		return nil
	}
	err := readline.Restore(int(t.in.Fd()), t.before)
	t.before = nil
	return err
}

// restore leaves the terminal as it was found, whatever goes on in other
// goroutines. It must be the last thing before the process ends.
func (t *terminal) restore() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.before != nil && t.outTTY {
		_, _ = t.out.WriteString(pasteOff + "\r\n")
	}
	_ = t.restoreLocked()
	t.final = true
}

// width is the number of columns of standard output.
func (t *terminal) width() int {
	if t.outTTY {
		if w, _, err := readline.GetSize(int(t.out.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w >= paint.MinWidth && w <= 10000 {
		return w
	}
	return 80
}

// height is the number of lines of standard output.
func (t *terminal) height() int {
	if _, h, err := readline.GetSize(int(t.out.Fd())); t.outTTY && err == nil && h > 0 {
		return h
	}
	return 24
}
