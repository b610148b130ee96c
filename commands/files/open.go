package files

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// ErrDirectory is the error of Open for a directory.
var ErrDirectory = errors.New("it is a directory")

// Open opens a file for reading. A pipe or a terminal, which may wait for somebody else, waits no
// longer than ctx: opening and reading then end with ctx's error.
func Open(ctx context.Context, path string) (io.ReadCloser, error) {
	f, err := openWaiting(ctx, path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		_ = f.Close()
		return nil, ErrDirectory
	}
	r := &waitingReader{File: f, ctx: ctx}
	r.stop = context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	return r, nil
}

// openWaiting opens a file; a pipe opens only when somebody writes to it.
func openWaiting(ctx context.Context, path string) (*os.File, error) {
	if info, err := os.Stat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return os.Open(path)
	}
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
	}
	// We are the writer then, so that nobody else's text goes to who gave up.
	if w, err := os.OpenFile(path, os.O_WRONLY|nonblocking, 0); err == nil {
		if o := <-done; o.err == nil {
			_ = o.f.Close()
		}
		_ = w.Close()
	}
	return nil, ctx.Err()
}

// waitingReader is a file that is read until ctx ends.
type waitingReader struct {
	*os.File
	ctx  context.Context
	stop func() bool
}

func (r *waitingReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, r.ctx.Err()
	}
	n, err := r.File.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = cmp.Or(r.ctx.Err(), err)
	}
	return n, err
}

func (r *waitingReader) Close() error {
	r.stop()
	return r.File.Close()
}
