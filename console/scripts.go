package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/files"
	"raftlab/commands/lang"
	"raftlab/console/term"
)

// script is something to run without a prompt.
type script struct {
	name string // in messages
	open func(context.Context) (io.ReadCloser, error)
	stay bool   // the prompt follows, whatever becomes of it
	led  string // the line that leads a person through it; "": nothing does
}

// scripts are those of the command line, in order.
func (a *app) scripts(prompt bool) []script {
	all := each.As(a.first,
		func(name string) script { return script{name, fileOpener(name), a.term.InTTY, a.leads(name)} })
	for _, text := range a.texts {
		all = append(all, script{"-c", reader(strings.NewReader(text)), prompt && a.term.InTTY, a.leadsText(text)})
	}
	for _, name := range a.files {
		s := script{name, fileOpener(name), prompt && a.term.InTTY, a.leads(name)}
		if name == "-" {
			s.name, s.open = "stdin", reader(&stdinReader{front: a.front})
		}
		all = append(all, s)
	}
	if prompt && !a.term.InTTY {
		all = append(all, script{"stdin", reader(&stdinReader{front: a.front}), false, ""})
	}
	return all
}

func reader(r io.Reader) func(context.Context) (io.ReadCloser, error) {
	return func(context.Context) (io.ReadCloser, error) { return io.NopCloser(r), nil }
}

// stdinReader is standard input up to Ctrl-C, which must not wait for a line.
type stdinReader struct {
	front *frontend
	wake  *term.Waker
}

func (r *stdinReader) Read(p []byte) (int, error) {
	ctx, in := r.front.ctx, r.front.term.In
	if r.wake == nil {
		r.wake = &term.Waker{}
		if err := r.wake.Open(); err != nil {
			return 0, err
		}
		context.AfterFunc(ctx, r.wake.Signal)
	}
	for ctx.Err() == nil {
		if ready, err := r.wake.Await(in, -1); ready || err != nil {
			return in.Read(p)
		}
	}
	return 0, io.EOF
}

func fileOpener(name string) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		r, err := files.Open(ctx, name)
		switch {
		case name == "":
			return nil, errors.New("the name of a script file is empty; a variable of the shell may not be set")
		case err != nil && ctx.Err() != nil:
			return nil, lang.ErrInterrupted
		case errors.Is(err, files.ErrDirectory):
			return nil, fmt.Errorf("%s: is a directory; give a script file", name)
		case errors.Is(err, os.ErrNotExist):
			return nil, fmt.Errorf("%s: cannot be read: %w%s", name, root(err), nearFile(name))
		case err != nil:
			return nil, fmt.Errorf("%s: cannot be read: %w", name, root(err))
		}
		return r, err
	}
}

// unreadable is why a script file that is named cannot be run, as far as that is known before; nil: each can.
// Behind --web it may be what was meant for an address.
func (a *app) unreadable() error {
	for _, name := range slices.Concat(a.first, a.files) {
		info, err := os.Stat(name)
		if name == "-" || err == nil && !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		r, err := fileOpener(name)(context.Background())
		switch near := nearAddress(name); {
		case err == nil:
			_ = r.Close()
		case near != "" && a.web.address == "":
			return fmt.Errorf("%w\n  an address of a page has a colon: --web %s", err, near)
		default:
			return err
		}
	}
	return nil
}

// script runs one script. It returns an exit code to leave with at once, or
// 0 and whether anything may follow.
func (a *app) script(s script) (code int, goOn bool) {
	if s.led != "" {
		return a.lead(s)
	}
	interrupted, err := a.attend(!s.stay, true, func() error {
		r, err := s.open(a.front.ctx)
		if err != nil {
			if !errors.Is(err, lang.ErrInterrupted) {
				a.front.tell(err)
			}
			return err
		}
		defer r.Close()
		return a.session.RunScript(a.front.ctx, s.name, r, a.front)
	}, s.name)
	var failure *lang.ScriptError
	quit := errors.Is(err, lang.ErrQuit)
	if err != nil && !quit || errors.As(err, &failure) { // with --keep-going quit may come after a failure
		a.failed = true
	}
	switch {
	case interrupted && !s.stay:
		return exitInterrupted, false
	case quit:
		return 0, false
	case a.front.out.failure() != nil:
		return exitFailed, false // run knows the code
	}
	return 0, err == nil || s.stay || a.keepGoing
}

// leads is the line that leads a person through a script file, since they read and it waits; else "".
func (a *app) leads(name string) string {
	if name == "-" || !a.canLead() || !a.session.Leads(name) {
		return ""
	}
	return "source " + lang.Quote(name)
}

// leadsText is the line that leads a person through a text behind -c; else "".
func (a *app) leadsText(text string) string {
	if !a.canLead() {
		return ""
	}
	return a.session.LeadsText(text)
}

func (a *app) canLead() bool { return a.term.Interactive() && term.CanEdit && !a.keepGoing && !a.json }

// lead leads a person through a script: at each of its stops the prompt is theirs.
func (a *app) lead(s script) (code int, goOn bool) {
	if s.name == "-c" {
		defer a.session.InShell()()
	}
	quit, err := a.line(s.led)
	if !quit && a.session.Led() {
		quit, err = a.prompts(true)
	}
	switch {
	case quit || a.front.out.failure() != nil:
		return 0, false
	case errors.Is(err, lang.ErrInterrupted) && !s.stay:
		return exitInterrupted, false
	case err != nil && !errors.Is(err, lang.ErrInterrupted):
		a.failed = true
	}
	return 0, err == nil || s.stay
}

// attend runs commands with Ctrl-C, the screen and panics taken care of. The
// frontend has shown what failed; a panic is told here.
func (a *app) attend(hard, script bool, do func() error, what string) (interrupted bool, err error) {
	a.front.begin(a.interrupts.begin(hard), script)
	panicked := guard(what, func() error {
		err = do()
		return nil
	})
	a.front.end()
	if panicked != nil {
		a.front.tell(panicked)
		err = panicked
	}
	return a.interrupts.end(), err
}
