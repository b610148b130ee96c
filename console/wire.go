package console

import (
	"context"
	"errors"
	"io"

	"raftlab/commands"
	"raftlab/commands/view"
)

// open makes the session of package commands.
func open(s *settings, interactive bool) (session, error) {
	inner, err := commands.NewSession(commands.Options{
		Nodes: int(s.nodes.value), Seed: s.seed.value, KeepGoing: s.keepGoing, Interactive: interactive,
	})
	if err != nil {
		return nil, err
	}
	inner.SetOutputJSON(s.json)
	return &wired{inner}, nil
}

// wired is a session of package commands as the console knows one.
type wired struct{ inner *commands.Session }

func (w *wired) run(ctx context.Context, line string, f *frontend) error {
	return quitting(w.inner.Run(ctx, line, wiredFront{f}))
}

func (w *wired) runScript(ctx context.Context, name string, r io.Reader, f *frontend) error {
	return quitting(w.inner.RunScript(ctx, name, r, wiredFront{f}))
}

func (w *wired) complete(line string, pos int) (int, []string) { return w.inner.Complete(line, pos) }
func (w *wired) prompt() view.Line                             { return w.inner.Prompt() }
func (w *wired) banner() []view.Block                          { return w.inner.Banner() }
func (w *wired) json() bool                                    { return w.inner.OutputJSON() }
func (w *wired) unexpectedBreaches() int                       { return w.inner.UnexpectedBreaches() }

// quitting turns what `quit` returns into the console's word for it.
func quitting(err error) error {
	if errors.Is(err, commands.ErrQuit) {
		return errQuit
	}
	return err
}

// wiredFront is the frontend as package commands knows one.
type wiredFront struct{ *frontend }

func (w wiredFront) Show(r *commands.Result) {
	w.show(shown{err: r.Err, told: r.Told, view: r.View, json: r.JSON})
}
func (w wiredFront) Progress(p string)              { w.showProgress(p) }
func (w wiredFront) Pause(prompt string)            { w.pause(prompt) }
func (w wiredFront) Frame(blocks []view.Block) bool { return w.showFrame(blocks) }
func (w wiredFront) Echo(line string)               { w.echo(line) }
func (w wiredFront) Interactive() bool              { return w.interactive() }
