package console

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"syscall"
)

// Exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130
	exitReaderGone  = 141
)

// output is standard output or standard error. Its first failure stays, and
// stops what is running: nobody reads what would follow.
type output struct {
	mu     sync.Mutex
	w      io.Writer
	err    error
	failed func() // told once, of the first failure
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	if o.err != nil {
		o.mu.Unlock()
		return 0, o.err
	}
	n, err := o.w.Write(p)
	o.err = err
	o.mu.Unlock()
	if err != nil && o.failed != nil {
		o.failed()
	}
	return n, err
}

func (o *output) print(text string) {
	if text != "" {
		_, _ = io.WriteString(o, text)
	}
}

// failure is the first error of a write, nil if there was none.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

// code is the exit code that a failed standard output calls for, with what to
// say about it; 0 when nothing failed.
func (o *output) code() (int, string) {
	err := o.failure()
	switch {
	case err == nil:
		return 0, ""
	case errors.Is(err, syscall.EPIPE):
		return exitReaderGone, ""
	case errors.Is(err, syscall.ENOSPC):
		return exitFailed, "cannot write to standard output: no space is left on the device; what follows is " +
			"missing there"
	}
	return exitFailed, fmt.Sprintf("cannot write to standard output: %v", root(err))
}

// root is the innermost error: "permission denied" without the path and the
// name of the system call around it.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
