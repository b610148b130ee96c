package term

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// escapeWait is how long the bytes after an Escape may take to still belong
// to it. Terminals send a sequence in one go.
const escapeWait = 50 * time.Millisecond

var ErrInterrupted = errors.New("interrupted")

// Keyboard is the one reader of the terminal. It gives the line editor one
// line at a time and nothing between two prompts, so that a command that
// waits for a key gets it.
type Keyboard struct {
	Echo func(line string) // shows a line from elsewhere that a command has waited for

	in   *os.File
	wake Waker

	mu          sync.Mutex
	cond        *sync.Cond
	up, closed  bool // a prompt is up; the keyboard is closed
	interrupted bool // Ctrl-C came as a signal, and no editor takes it as a key
	keys        bool // AnyKey waits
	suspended   bool // Ctrl-Z came as a signal meanwhile
	resized     bool // the screen got another size meanwhile
	decoder     decoder
	line        []byte // the begin of a line that the terminal edits itself
	asked       time.Time
	ground      string // of the screen, as the terminal said it

	handed handed // lines that come from elsewhere
}

// NewKeyboard reads what is typed on in.
func NewKeyboard(in *os.File) (*Keyboard, error) {
	k := &Keyboard{in: in}
	k.cond = sync.NewCond(&k.mu)
	return k, k.wake.Open()
}

// Read is called by the line editor, on its own goroutine and also when no
// prompt is up: it then waits. It returns at most one line.
func (k *Keyboard) Read(p []byte) (int, error) {
	for {
		k.mu.Lock()
		for !k.up && !k.closed {
			k.cond.Wait()
		}
		if k.closed {
			k.mu.Unlock()
			return 0, io.EOF
		}
		n := k.takeLocked(p)
		k.mu.Unlock()
		if n > 0 {
			return n, nil
		}
		if err := k.fill(); err != nil {
			return 0, err
		}
	}
}

// takeLocked moves decoded bytes to p, up to one that may end the line: then
// nothing more is read until the editor says that it did not.
func (k *Keyboard) takeLocked(p []byte) int {
	out := k.decoder.out
	n := min(len(p), len(out))
	for i, c := range out[:n] {
		if c == enter || c == CtrlC || c == CtrlD {
			n = i + 1
			k.up = false
			break
		}
	}
	copy(p, out[:n])
	k.decoder.out = append(out[:0], out[n:]...)
	return n
}

// fill reads what the terminal has, waiting for it, and decodes it.
func (k *Keyboard) fill() error {
	ready, err := k.wake.Await(k.in, -1)
	if err != nil || !ready {
		return err
	}
	buf := make([]byte, 4096)
	n, err := k.in.Read(buf)
	if n == 0 || err != nil {
		return io.EOF // hung up
	}
	k.mu.Lock()
	k.feedLocked(buf[:n])
	lone := k.decoder.pendingEscape()
	k.mu.Unlock()
	if !lone {
		return nil
	}
	if ready, err := k.wake.Await(k.in, escapeWait); err != nil || ready {
		return err
	}
	k.mu.Lock()
	k.decoder.dropEscape()
	k.mu.Unlock()
	return nil
}

// feedLocked decodes what was typed, and what the terminal answered.
func (k *Keyboard) feedLocked(typed []byte) {
	k.decoder.feed(typed)
	if k.decoder.ground != "" {
		k.ground = k.decoder.ground
	}
}

// sift takes the terminal's answer out of what was typed where no editor reads.
func (k *Keyboard) sift(typed []byte) []byte {
	m := wholeAnswer().FindSubmatch(typed)
	if m == nil {
		return typed
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ground = groundOf(string(m[1]))
	return wholeAnswer().ReplaceAll(typed, nil)
}

// Asked notes that the terminal was asked for its ground.
func (k *Keyboard) Asked() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = time.Now()
}

// Ground is dark or light, as the terminal said it, or "".
func (k *Keyboard) Ground() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ground
}

// answerTime is how long an answer may be on its way when a line is ended: what comes
// while a command runs the terminal would show.
const answerTime = 200 * time.Millisecond

// awaitAnswer waits for an answer that is due, in raw mode.
func (k *Keyboard) awaitAnswer(t *Terminal) {
	defer func() { _ = t.ExitRaw() }()
	for {
		k.mu.Lock()
		left := answerTime - time.Since(k.asked)
		due := !k.asked.IsZero() && k.ground == "" && left > 0
		k.mu.Unlock()
		if !due {
			return
		}
		_ = t.MakeRaw()
		_ = t.MakeRaw()
		if ready, err := k.wake.Await(k.in, left); err != nil || !ready {
			return
		}
		buf := make([]byte, 4096)
		n, err := k.in.Read(buf)
		if err != nil {
			return
		}
		k.mu.Lock()
		k.feedLocked(buf[:n])
		k.mu.Unlock()
	}
}

// open lets the editor read; also after a key that did not end the line.
func (k *Keyboard) open() {
	k.mu.Lock()
	k.up, k.interrupted = true, false
	k.layLocked()
	k.mu.Unlock()
	k.cond.Broadcast()
}

func (k *Keyboard) shut() {
	k.mu.Lock()
	k.up = false
	k.mu.Unlock()
	k.wake.Signal()
}

// Close ends a pending Read. The editor must be closed after it, or it waits
// for that Read forever.
func (k *Keyboard) Close() error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.cond.Broadcast()
	k.wake.Signal()
	return nil
}

// nextText is the text that a keyInsert stands for.
func (k *Keyboard) nextText() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.decoder.texts) == 0 {
		return ""
	}
	text := k.decoder.texts[0]
	k.decoder.texts = k.decoder.texts[1:]
	return text
}

// Interrupt is a Ctrl-C that came as a signal, not as a key.
func (k *Keyboard) Interrupt() {
	k.mu.Lock()
	if k.up {
		k.decoder.out = append(k.decoder.out, CtrlC)
	} else {
		k.interrupted = true
	}
	k.mu.Unlock()
	k.wake.Signal()
}

// Suspend is a Ctrl-Z that came as a signal; it tells whether whoever reads takes it as a key.
func (k *Keyboard) Suspend() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.up:
		k.decoder.special(keySuspend)
	case k.keys:
		k.suspended = true
	default:
		return false
	}
	k.wake.Signal()
	return true
}

// awaitsKey notes that AnyKey waits, or no longer.
func (k *Keyboard) awaitsKey(waits bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.suspended = waits, false
	k.resized = k.resized && waits // what came since it was asked counts
}

// ResizedKey is what AnyKey gives where the screen got another size, of which Resized tells.
const ResizedKey = "\x00resized"

// Resized ends the wait for any key, also one that is about to begin.
func (k *Keyboard) Resized() {
	k.mu.Lock()
	k.resized = true
	k.mu.Unlock()
	k.wake.Signal()
}

func (k *Keyboard) isResized() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.resized
}

func (k *Keyboard) isSuspended() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.suspended
}

// Discard forgets what was typed ahead, as a terminal does on Ctrl-C.
func (k *Keyboard) Discard() {
	k.mu.Lock()
	k.decoder = decoder{}
	k.line = nil
	k.handed.lines, k.handed.laid = nil, false
	k.mu.Unlock()
}

// ReadLine reads a line that the terminal itself edits: while a command waits
// for Enter, or where no line editor can run.
func (k *Keyboard) ReadLine(ctx context.Context) (string, error) {
	stop := context.AfterFunc(ctx, k.wake.Signal)
	defer stop()
	buf := make([]byte, 4096)
	for {
		k.mu.Lock()
		line, rest, found := strings.Cut(string(k.line), "\n")
		handed := false
		if found {
			k.line, k.handed.last = []byte(rest), false
		} else {
			line, handed = k.takeHandedLocked()
		}
		interrupted := k.interrupted
		k.interrupted = false
		k.mu.Unlock()
		switch {
		case ctx.Err() != nil || interrupted:
			return "", ErrInterrupted
		case handed:
			k.Echo(line)
			return line, nil
		case found:
			return strings.TrimSuffix(line, "\r"), nil
		}
		ready, err := k.wake.Await(k.in, -1)
		if err != nil {
			return "", err
		}
		if !ready {
			continue
		}
		n, err := k.in.Read(buf)
		if n == 0 || err != nil {
			return "", io.EOF
		}
		typed := k.sift(buf[:n])
		k.mu.Lock()
		k.line = append(k.line, typed...)
		k.mu.Unlock()
	}
}

// AnyKey waits for a key in raw mode, until ctx ends, and gives what it sent: nil
// when none was pressed, HandedKey when a line from elsewhere waits. A Ctrl-Z that comes as a
// signal is that key.
func (k *Keyboard) AnyKey(ctx context.Context) []byte {
	stop := context.AfterFunc(ctx, k.wake.Signal)
	defer stop()
	k.awaitsKey(true)
	defer k.awaitsKey(false)
	buf := make([]byte, 256)
	for ctx.Err() == nil {
		if k.isSuspended() {
			return []byte{CtrlZ}
		}
		if k.isResized() {
			return []byte(ResizedKey)
		}
		if k.Waits() {
			return []byte(HandedKey)
		}
		ready, err := k.wake.Await(k.in, -1)
		if err != nil {
			return nil
		}
		if !ready {
			continue
		}
		n, err := k.in.Read(buf)
		if err != nil {
			return nil
		}
		if typed := k.sift(buf[:n]); len(typed) > 0 {
			return typed
		}
	}
	return nil
}

// Unread puts back what AnyKey gave: the next prompt finds it typed.
func (k *Keyboard) Unread(typed []byte) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.decoder.feed(typed)
}
