//go:build !unix

package term

import (
	"os"
	"syscall"
	"time"
)

// CanEdit is off: the line editor is tried on Unix terminals only, and other
// systems edit lines in the terminal itself.
const CanEdit = false

// Waker does nothing here.
type Waker struct{}

func (w *Waker) Open() error { return nil }
func (w *Waker) Signal()     {}

// Await leaves the waiting to the read that follows.
func (w *Waker) Await(*os.File, time.Duration) (bool, error) { return true, nil }

// stopSignal is none here.
const stopSignal = syscall.Signal(-1)

func stopAndGoOn() {}

// notifySize cannot be had: no signal tells of it.
func notifySize(chan<- os.Signal) bool { return false }
