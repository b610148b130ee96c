//go:build !unix

package console

import (
	"os"
	"time"
)

// canEdit is off: the line editor is tried on Unix terminals only, and other
// systems edit lines in the terminal itself.
const canEdit = false

type waker struct{}

func (w *waker) open() error { return nil }
func (w *waker) signal()     {}

// await leaves the waiting to the read that follows.
func (w *waker) await(*os.File, time.Duration) (bool, error) { return true, nil }
