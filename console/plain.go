package console

import (
	"context"
	"io"

	"raftlab/commands/view"
	"raftlab/console/paint"
)

// plainReader reads lines without an editor, where the terminal is dumb or
// only one of input and output is a terminal.
type plainReader struct {
	keys   *keyboard
	render paint.Renderer
	out    io.Writer // where the prompt goes
}

func (p *plainReader) readLine(prompt view.Line) (string, error) {
	_, _ = io.WriteString(p.out, p.render.Prompt(prompt))
	line, err := p.keys.readLine(context.Background())
	if err != nil {
		_, _ = io.WriteString(p.out, "\n")
	}
	return line, err
}

func (p *plainReader) close() {}
