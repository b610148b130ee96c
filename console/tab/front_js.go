package main

import (
	"context"
	"strings"
	"syscall/js"
	"time"

	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/console/paint"
)

// front is the page's text as a session sees it: a lang.Frontend.
type front struct {
	onText  js.Value                             // the page's function that shows a text, see put
	columns int                                  // of the page
	json    func() bool                          // results are shown as JSON
	next    func(context.Context) (string, bool) // the answer to a question
	ctx     context.Context                      // of the line that runs
	script  bool                                 // a script runs, which nobody answers
	breath  time.Time                            // when breathe last let go
}

// breathe lets the browser hand over what has come meanwhile, Ctrl-C above all: while Go
// computes, nothing else runs in a worker. Ten times a second is enough, and costs little.
func (f *front) breathe() {
	if now := time.Now(); now.Sub(f.breath) > time.Second/20 {
		time.Sleep(time.Millisecond)
		f.breath = time.Now()
	}
}

func (f *front) renderer() paint.Renderer {
	return paint.Renderer{Width: f.columns, Palette: paint.Marks()}
}

// put shows a text. kind is out, err, typed, prompt, progress (which the next one wipes) or clear.
func (f *front) put(kind, text string) { f.onText.Invoke(text, kind) }

func (f *front) blocks(all []view.Block) {
	if len(all) > 0 {
		f.put("out", f.renderer().Blocks(all))
	}
}

func (f *front) prompt(l view.Line) { f.put("prompt", f.renderer().Prompt(l)) }

// echo is the line that was typed, behind the prompt.
func (f *front) echo(line string) { f.put("typed", paint.Quote(line)) }

func (f *front) Show(r *lang.Result) {
	if f.json() {
		f.put("out", string(r.JSON())+"\n")
	} else if r.Clear {
		f.put("clear", "")
	} else {
		f.blocks(r.View)
	}
	if r.Err != nil && !r.Told && (f.script || !f.json()) {
		t := view.Text{}
		for i, l := range strings.Split(strings.TrimRight(r.Err.Error(), "\n"), "\n") {
			style := view.Plain
			if i == 0 {
				style = view.Bad
			}
			t.Lines = append(t.Lines, view.LS(style, l))
		}
		f.put("err", f.renderer().Blocks([]view.Block{t}))
	}
	f.breathe()
}

func (f *front) Progress(p string) {
	f.put("progress", paint.Quote(p))
	f.breathe()
}

func (f *front) Echo(line string) {
	if !f.json() {
		l := view.Line{view.S(view.Quiet, "> "), view.S(view.Code, line)}
		f.blocks([]view.Block{view.Text{Lines: []view.Line{l}, Indent: 2}})
	}
}

func (f *front) Interactive() bool { return !f.script }

func (f *front) Ask(question []view.Block, prompt string) (string, bool) {
	if !f.Interactive() {
		return "", false
	}
	f.blocks(question)
	f.put("prompt", paint.Quote(prompt)+" ")
	text, ok := f.next(f.ctx)
	f.echo(text)
	return strings.TrimSpace(text), ok
}

// Frame has nothing to draw: the picture moves by itself.
func (f *front) Frame([]view.Block) lang.Pressed {
	f.breathe()
	if f.ctx.Err() != nil {
		return lang.EndKey
	}
	return lang.NoKey
}
