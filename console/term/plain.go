package term

import (
	"context"
	"io"

	"raftlab/commands/view"
	"raftlab/console/paint"
)

// Reader reads one line at the prompt: ErrInterrupted after Ctrl-C, with what was typed
// of the line, io.EOF when the user leaves.
type Reader interface {
	ReadLine(prompt view.Line) (string, error)
	Tell(text string) // shows whole lines above the one that is edited, from any goroutine
	Close()
}

// Asks is what an editor asks of whoever uses it.
type Asks struct {
	Complete func(line string, pos int) (from int, candidates []string)
	Wanted   func(line string, pos int) []string // what else may stand there, in words
	Hint     func(line string) string            // what comes next behind a line
	Ground   bool                                // the terminal is to be asked for the colour of its ground
	Suspend  func()                              // Ctrl-Z: stops the program, and returns when it goes on
}

// PlainReader reads lines without an editor, where the terminal is dumb or
// only one of input and output is a terminal.
type PlainReader struct {
	Keys   *Keyboard
	render paint.Renderer
	Out    io.Writer // where the prompt goes
}

func (p *PlainReader) ReadLine(prompt view.Line) (string, error) {
	_, _ = io.WriteString(p.Out, p.render.Prompt(prompt))
	line, err := p.Keys.ReadLine(context.Background())
	if err != nil {
		_, _ = io.WriteString(p.Out, "\n")
	}
	return line, err
}

func (p *PlainReader) Tell(text string) { _, _ = io.WriteString(p.Out, "\n"+text) }

func (p *PlainReader) Close() {}
