//go:build !js

package term

import (
	"os"
	"os/signal"
	"syscall"
)

// tooLarge is SIGXFSZ on every Unix; elsewhere there is no such signal.
const tooLarge = syscall.Signal(25)

// WatchSize tells of each change of the terminal's size until the returned function is
// called.
func WatchSize(resized func()) (stop func()) {
	ch := make(chan os.Signal, 1)
	if !notifySize(ch) {
		return func() {}
	}
	go func() {
		for range ch {
			resized()
		}
	}()
	return func() {
		signal.Stop(ch)
		close(ch)
	}
}

// WatchSignals listens to signals until the returned function is called. A signal
// that was ignored when the process began stays so (nohup, a job in the
// background). Without SIGPIPE a write to a reader that is gone is an
// error, and without the other one a write beyond the limit of a file's size.
// Ctrl-C interrupts, Ctrl-Z suspends; the others end the process, with the code of a shell.
func (t *Terminal) WatchSignals(interrupt, suspend func(), die func(code int)) (stop func()) {
	signal.Ignore(syscall.SIGPIPE, tooLarge)
	ch := make(chan os.Signal, 8)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	if !signal.Ignored(stopSignal) {
		t.stops = func() { signal.Notify(ch, stopSignal) }
		t.stops()
	}
	go func() {
		for s := range ch {
			switch s := s.(syscall.Signal); s {
			case stopSignal:
				suspend()
			case syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT:
				die(128 + int(s))
			default:
				interrupt()
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(ch)
	}
}
