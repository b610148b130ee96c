//go:build unix

package term

import (
	"errors"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"
)

// CanEdit tells that the line editor works on this system.
const CanEdit = true

// Waker waits for the terminal in a way that another goroutine can end: a
// read of a terminal itself cannot be ended, and would steal the next key.
type Waker struct{ r, w *os.File }

// Open must come first.
func (w *Waker) Open() (err error) {
	w.r, w.w, err = os.Pipe()
	return err
}

// Signal ends a wait, or the next one.
func (w *Waker) Signal() { _, _ = w.w.Write([]byte{0}) }

// Await waits until f can be read (true), or Signal was called or the time is
// over (false); a negative time has no end.
func (w *Waker) Await(f *os.File, d time.Duration) (bool, error) {
	in, wake := int(f.Fd()), int(w.r.Fd())
	for {
		var set unix.FdSet
		set.Zero()
		set.Set(in)
		set.Set(wake)
		var limit *unix.Timeval
		if d >= 0 {
			tv := unix.NsecToTimeval(d.Nanoseconds())
			limit = &tv
		}
		_, err := unix.Select(max(in, wake)+1, &set, nil, nil, limit)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return false, err
		}
		if set.IsSet(wake) {
			_, _ = w.r.Read(make([]byte, 64))
			return false, nil
		}
		return set.IsSet(in), nil
	}
}

// stopSignal is what Ctrl-Z sends where the terminal takes it for that.
const stopSignal = unix.SIGTSTP

// stopAndGoOn stops all processes of the job, as the terminal would, and returns when it
// goes on; at once where the session's first process is one of them, for then there is no
// shell that could let them go on. A signal that was listened to does not stop a program
// in Go any more, even when nobody listens: hence the second one.
func stopAndGoOn() {
	if session, err := unix.Getsid(0); err != nil || session == unix.Getpgrp() {
		return
	}
	on := make(chan os.Signal, 1)
	signal.Notify(on, unix.SIGCONT)
	defer signal.Stop(on)
	signal.Reset(stopSignal)
	_ = unix.Kill(0, stopSignal)
	if unix.Kill(unix.Getpid(), unix.SIGSTOP) == nil {
		<-on
	}
}

// notifySize sends each change of the terminal's size to ch.
func notifySize(ch chan<- os.Signal) bool {
	signal.Notify(ch, unix.SIGWINCH)
	return true
}
