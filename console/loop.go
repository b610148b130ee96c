package console

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/console/term"
)

// prompts reads and runs lines until the user leaves, or, while they are led through a script, to
// its end. The error is that of the last line.
func (a *app) prompts(led bool) (quit bool, last error) {
	in, remember, err := a.newReader()
	if err != nil {
		a.complain("no line can be read from the terminal: " + err.Error())
		a.failed = true
		return true, nil
	}
	defer in.Close()
	if !led {
		defer a.page.Reads(false)
	}
	defer a.front.usePin(a.session)()
	if !led {
		a.greet()
	}
	defer func() { a.show(a.session.Leave()) }()
	for (!led || a.session.Led()) && a.front.out.failure() == nil {
		a.keep()
		a.front.drawPin()
		a.ask(a.session.Asking())
		line, err := a.readLine(in)
		paused := a.session.Paused()
		switch {
		case errors.Is(err, term.ErrInterrupted):
			if a.session.EndPlay(); line == "" {
				a.show(a.session.Leave())
			}
			last = lang.ErrInterrupted
			continue
		case errors.Is(err, io.EOF):
			return true, nil
		case err != nil:
			a.front.tell(err)
			continue
		case strings.TrimSpace(line) != "":
			if remember(line); led && lang.SaysStop(line) { // nothing follows
				line = "quit"
			}
			line = a.session.AtPrompt(line)
		case paused == "":
			if line = a.session.EmptyLine(); line == "" {
				continue
			}
		}
		if line != "" {
			quit, last = a.line(line)
		}
		if quit || a.playOn(paused) {
			return true, last
		}
	}
	return false, last
}

// keep writes the session where it has changed.
func (a *app) keep() {
	k := &a.keeper
	if k.dead {
		return
	}
	data, commands := a.session.Kept()
	if commands == 0 || bytes.Equal(data, k.last) {
		return
	}
	if k.name == "" {
		k.name = filepath.Join(sessionsDir, fmt.Sprintf("%s-%d.json", time.Now().UTC().Format("20060102T150405.000"),
			os.Getpid()))
		removeOldSessions()
	}
	if err := (stateFiles{}).Save(k.name, data); err != nil {
		k.dead = true
		a.front.tellText(view.Warn, "this session is not kept for --resume: "+err.Error())
		return
	}
	k.last = data
}

// greet shows the banner, and goes back to what was shown in a session that is resumed.
func (a *app) greet() {
	if a.term.OutTTY && !a.session.OutputJSON() {
		a.front.drawPin() // first, or it would push the banner off the screen
		a.banner()
		a.show(a.page.Blocks())
	}
	if line := a.session.Resumes(); line != "" && a.resume {
		a.line(line)
	}
}

// readLine reads a line at the prompt.
func (a *app) readLine(in term.Reader) (string, error) {
	prompt := a.promptLine()
	a.front.typing(true)
	defer a.front.typing(false)
	defer a.page.Editing(in)()
	return in.ReadLine(prompt)
}

// ask prints a question, which a person has to see in JSON, too: there it goes to standard error.
func (a *app) ask(blocks []view.Block) {
	if len(blocks) > 0 && a.session.OutputJSON() {
		a.front.errs.print(a.front.onOut().Blocks(blocks))
		return
	}
	a.show(blocks)
}

// show prints what is for people only.
func (a *app) show(blocks []view.Block) {
	if len(blocks) > 0 && a.term.OutTTY && !a.session.OutputJSON() {
		a.front.out.print(a.front.onOut().Blocks(blocks))
	}
}

// banner greets, and says how to go on with what was left.
func (a *app) banner() {
	blocks := a.session.Banner()
	if a.resume {
		blocks = []view.Block{view.Lines("Your last session goes on here; history shows what you did.")}
	} else if line := resumeLine(); line != "" && !a.live {
		blocks = append(blocks, view.Says(view.Quiet, line))
	}
	a.front.out.print(a.front.onOut().Blocks(blocks))
}

// playOn runs the line that was waiting for a command to be over, unless that command
// has changed what follows. It tells whether to leave.
func (a *app) playOn(paused string) (quit bool) {
	if paused == "" || a.session.Paused() != paused {
		return false
	}
	quit, _ = a.line(paused)
	return quit
}

// asksGround tells whether the terminal is worth asking for the colour of its ground.
func (a *app) asksGround() bool {
	return a.front.outPaints.On() && a.session.Theme() == "auto" && os.Getenv("TERM") != "linux"
}

// newReader is the line editor with its history, or lines as they come where
// there is no screen to edit on.
func (a *app) newReader() (term.Reader, func(line string), error) {
	if !a.term.Interactive() || term.Dumb() || !term.CanEdit {
		p := &term.PlainReader{Keys: a.front.keys, Out: a.front.out}
		if !a.term.OutTTY {
			p.Out = a.front.errs
		}
		return p, func(string) {}, nil
	}
	h, err := keptHistory()
	warn := func(err error) {
		if err != nil {
			a.front.tellText(view.Warn, err.Error())
		}
	}
	warn(err)
	a.history = h
	e, err := term.NewEditor(a.term, a.front.keys, h, a.front.outPaints, a.front.out, a.asks())
	return e, func(line string) { warn(h.Add(line, a.session.KeepsHistory())) }, err
}

// asks is what the editor asks of the session, which pages ask as well.
func (a *app) asks() term.Asks {
	return term.Asks{
		Complete: func(line string, pos int) (from int, candidates []string) {
			from, candidates, _ = a.page.Complete(line, pos)
			return from, candidates
		},
		Wanted: func(line string, pos int) (says []string) {
			a.page.AtPrompt(func() { says = a.session.Wanted(line, pos) })
			return says
		},
		Hint: func(line string) string {
			hint, _ := a.page.Hint(line)
			return hint
		},
		Suspend: a.front.suspend, Ground: a.asksGround(),
	}
}

func (a *app) promptLine() (prompt view.Line) {
	err := guard("the prompt", func() error {
		prompt = a.session.Prompt()
		return nil
	})
	if err != nil {
		a.front.tell(err)
		return view.L("raftlab> ")
	}
	return prompt
}

// line runs one line and tells whether to leave; the error is what failed in it.
func (a *app) line(line string) (quit bool, err error) {
	_, err = a.attend(false, false, func() error {
		return a.session.Run(a.front.ctx, line, a.front)
	}, "`"+line+"`")
	return errors.Is(err, lang.ErrQuit), err
}
