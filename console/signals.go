package console

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts decides what Ctrl-C ends: the command that runs, or the line that
// is being typed; in a script the second one ends the process.
type interrupts struct {
	mu     sync.Mutex
	cancel context.CancelFunc // of the command that runs, nil at the prompt
	count  int                // since the command began
	hard   bool               // a second one ends the process
	keys   *keyboard          // nil without a terminal
	die    func(code int)
}

// tooLarge is SIGXFSZ on every Unix; elsewhere there is no such signal.
const tooLarge = syscall.Signal(25)

// begin makes the context of a command; end must follow.
func (i *interrupts) begin(hard bool) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cancel, i.count, i.hard = cancel, 0, hard
	return ctx
}

// end tells whether the command was interrupted.
func (i *interrupts) end() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.cancel()
	i.cancel = nil
	return i.count > 0
}

// stop ends the running command without it counting as a Ctrl-C.
func (i *interrupts) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cancel != nil {
		i.cancel()
	}
}

// interrupt is a Ctrl-C, from the keyboard or from elsewhere.
func (i *interrupts) interrupt() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cancel == nil {
		if i.keys != nil {
			i.keys.interrupt()
		}
		return
	}
	i.count++
	i.cancel()
	if i.keys != nil {
		i.keys.discard()
	}
	if i.hard && i.count > 1 {
		i.die(exitInterrupted)
	}
}

// watch listens to signals until the returned function is called. A signal
// that was ignored when the process began stays so (nohup, a job in the
// background). Without SIGPIPE a write to a reader that is gone is an
// error, and without the other one a write beyond the limit of a file's size.
func (i *interrupts) watch() (stop func()) {
	signal.Ignore(syscall.SIGPIPE, tooLarge)
	ch := make(chan os.Signal, 8)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(ch, s)
		}
	}
	go func() {
		for s := range ch {
			switch s {
			case syscall.SIGTERM:
				i.die(exitTerminated)
			case syscall.SIGHUP:
				i.die(exitHungUp)
			case syscall.SIGQUIT:
				i.die(exitQuit)
			default:
				i.interrupt()
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(ch)
	}
}
