package linear

import (
	"sync"
	"time"
)

// History gathers what clients see, from any number of goroutines.
type History struct {
	mu    sync.Mutex
	begin time.Time
	ops   []Operation
}

// NewHistory is an empty history; its clock starts now.
func NewHistory() *History { return &History{begin: time.Now()} }

// Call notes that a client sends a command. The outcome is unknown until
// Return or NotDone says otherwise.
func (h *History) Call(client, command string) (number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, Operation{Client: client, Command: command, Call: h.now(), Unknown: true})
	return len(h.ops) - 1
}

// Return notes the result of a call; number is what Call returned.
func (h *History) Return(number int, result string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := &h.ops[number]
	o.Return, o.Result, o.Unknown = h.now(), result, false
}

// NotDone notes that the command of a call was not accepted, and never will be done.
func (h *History) NotDone(number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops[number].Command = ""
}

// now is taken while the lock is held, so that it never goes back.
func (h *History) now() int64 { return int64(time.Since(h.begin)) }

// Operations is the history so far, less what was not done.
func (h *History) Operations() []Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]Operation, 0, len(h.ops))
	for _, o := range h.ops {
		if o.Command != "" {
			out = append(out, o)
		}
	}
	return out
}
