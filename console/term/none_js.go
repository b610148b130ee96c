package term

import (
	"errors"
	"io"

	"raftlab/console/paint"
)

// errNone is what a browser says to whoever asks it for a terminal.
var errNone = errors.New("there is no terminal in a browser; give the commands with -c, in a file, or on standard " +
	"input")

// mode stands for what no browser has.
type mode struct{}

func isTTY(int) bool             { return false }
func makeRaw(int) (*mode, error) { return nil, errNone }
func setMode(int, *mode) error   { return errNone }
func size(int) (int, int, error) { return 0, 0, errNone }

// NewEditor has no terminal to edit on.
func NewEditor(*Terminal, *Keyboard, *History, *paint.Paints, io.Writer, Asks) (Reader, error) {
	return nil, errNone
}

// WatchSize has no size to watch.
func WatchSize(func()) (stop func()) { return func() {} }

// WatchSignals has none to listen to: a browser sends no signal.
func (*Terminal) WatchSignals(_, _ func(), _ func(int)) (stop func()) { return func() {} }
