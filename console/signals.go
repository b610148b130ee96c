package console

import (
	"context"
	"sync"

	"raftlab/console/term"
)

// interrupts decides what Ctrl-C ends: the command that runs, or the line that
// is being typed; in a script the second one ends the process.
type interrupts struct {
	mu     sync.Mutex
	cancel context.CancelFunc // of the command that runs, nil at the prompt
	count  int                // since the command began
	hard   bool               // a second one ends the process
	keys   *term.Keyboard     // nil without a terminal
	die    func(code int)
	sleep  func()
}

// use sets the keyboard; nil: there is none.
func (i *interrupts) use(keys *term.Keyboard) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = keys
}

// suspend is a Ctrl-Z that no prompt has taken for a key.
func (i *interrupts) suspend() {
	i.mu.Lock()
	keys := i.keys
	i.mu.Unlock()
	if keys == nil || !keys.Suspend() {
		i.sleep()
	}
}

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
	switch {
	case i.cancel == nil && i.keys != nil:
		i.keys.Interrupt()
		return
	case i.cancel == nil: // no command runs yet, and nobody types: a program may be starting, or a long run is read
		i.die(exitInterrupted)
		return
	}
	i.interruptLocked()
	if i.hard && i.count > 1 {
		i.die(exitInterrupted)
	}
}

func (i *interrupts) interruptLocked() {
	i.count++
	i.cancel()
	if i.keys != nil {
		i.keys.Discard()
	}
}

// interruptCommand ends the command that runs, and never what is typed or the process.
func (i *interrupts) interruptCommand() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.cancel != nil {
		i.interruptLocked()
	}
}
