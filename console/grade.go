package console

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"raftlab/commands/files"
	"raftlab/commands/grade"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/viva"
	"raftlab/console/paint"
)

// What is asked of a server of somebody's own, raftlab grade, and of its author, raftlab viva.

// doGrade grades a program, or several. Its exit code is 0 when all that was asked for
// holds.
func (a *app) doGrade() (code int, err error) {
	switch {
	case a.files[0] == "kit":
		return 0, grade.WriteKit(a.files[1], a.front.out.print)
	case len(a.files) > 1:
		return a.gradeMany()
	}
	return a.gradeOne()
}

func (a *app) gradeOne() (code int, err error) {
	flags := &a.settings.grade
	var before []byte
	if flags.metadata != "" {
		if before, err = os.ReadFile(flags.metadata); err != nil {
			return exitFailed, fmt.Errorf("%s cannot be read: %s", prose.Visible(flags.metadata), files.Reason(err))
		}
	}
	if flags.format.value != "text" { // what cannot be written is told before the work, not after it
		if _, err = new(grade.Grade).Format(flags.format.value, a.painted, before); err != nil {
			return exitFailed, err
		}
	}
	o := flags.order(a.files[0])
	o.Progress = a.front.Progress
	g, err := grade.Run(a.front.ctx, o)
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	if !g.Holds() {
		code = exitFailed
	}
	if flags.format.value == "text" {
		return code, a.tellGrade(g.Blocks())
	}
	if grade.Lenient(flags.format.value) {
		code = 0
	}
	text, err := g.Format(flags.format.value, a.painted, before)
	if err != nil {
		return exitFailed, err
	}
	return code, a.write(flags.out, text)
}

// gradeMany grades several programs side by side.
func (a *app) gradeMany() (code int, err error) {
	flags := &a.settings.grade
	o := flags.order(a.files[0])
	o.Progress = a.front.Progress
	c, err := grade.RunMany(a.front.ctx, o, a.files[1:])
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	if !c.Holds() {
		code = exitFailed
	}
	if flags.lecture != "" {
		if err := a.write(flags.lecture, c.Lecture()); err != nil {
			return exitFailed, err
		}
	}
	if flags.format.value == "text" {
		return code, a.tellGrade(c.Blocks())
	}
	text, err := grade.JSON(c)
	if err != nil {
		return exitFailed, err
	}
	return code, a.write(flags.out, text)
}

// painted is blocks as text for another program.
func (a *app) painted(blocks []view.Block, colours bool) string {
	return paint.Renderer{Width: 100, Palette: paint.NewPaints(colours, a.theme).Now()}.Blocks(blocks)
}

// tellGrade shows blocks on the screen, or writes them to the file.
func (a *app) tellGrade(blocks []view.Block) error {
	if out := a.settings.grade.out; out != "" {
		return a.write(out, a.painted(blocks, false))
	}
	a.front.Show(&lang.Result{View: blocks})
	return nil
}

// unwritable is why a file cannot be written that the command line names: told before minutes of work, not
// after them.
func (a *app) unwritable() error {
	if a.grade.keep != "" {
		if err := os.MkdirAll(a.grade.keep, 0o777); err != nil {
			return fmt.Errorf("%s cannot be written: %s", prose.Visible(a.grade.keep), files.Reason(err))
		}
	}
	for _, file := range []string{a.grade.out, a.grade.lecture, a.viva.out, a.mark.out, a.search.save} {
		if file == "" {
			continue
		}
		if err := files.Try(file, nil, 0o644); err != nil {
			return fmt.Errorf("%s cannot be written: %s", prose.Visible(file), files.WhyUnwritten(err))
		}
	}
	return nil
}

// write prints a text, or writes it to a file.
func (a *app) write(file, text string) error {
	if file == "" {
		a.front.out.print(text)
		return nil
	}
	if err := files.Write(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("%s cannot be written: %s", prose.Visible(file), files.WhyUnwritten(err))
	}
	return nil
}

// doViva asks the author of a program about it. Its exit code is 0 when all that was asked
// was answered right.
func (a *app) doViva() (code int, err error) {
	flags := &a.settings.viva
	v, err := viva.Prepare(a.front.ctx, &viva.Order{Command: a.files[0], Nodes: int(flags.nodes.value),
		Questions: int(flags.questions.value), Seed: flags.seed.value, Progress: a.front.Progress})
	a.front.Progress("")
	if err != nil {
		return exitFailed, err
	}
	t := transcript{app: a, quiet: flags.sheet && (flags.out != "" || flags.format.value == "json")}
	if flags.sheet {
		t.show(v.Sheet()...)
	} else {
		t.show(v.Head()...)
		v.Examine(a.answers(), t.show)
		t.show(v.Sum()...)
	}
	if !flags.sheet && !v.Passed() || v.Error != "" {
		code = exitFailed
	}
	switch {
	case a.front.ctx.Err() != nil:
		return code, nil
	case flags.format.value == "json":
		text, err := grade.JSON(v)
		if err != nil {
			return exitFailed, err
		}
		return code, a.write(flags.out, text)
	case flags.out != "":
		return code, a.write(flags.out, a.painted(t.said, false))
	}
	return code, nil
}

// transcript is what is said in the course of a viva. With JSON on standard output it goes
// to standard error.
type transcript struct {
	*app
	quiet bool // it is only written down
	said  []view.Block
}

func (t *transcript) show(blocks ...view.Block) {
	t.said = append(t.said, blocks...)
	to, paints := t.front.out, t.front.onOut()
	if t.viva.format.value == "json" && t.viva.out == "" {
		to, paints.Palette = t.front.errs, t.front.errPaints.Now()
	}
	if !t.quiet {
		to.print(paints.Blocks(blocks))
	}
}

// answers reads standard input, a line for each answer: edited by the terminal where it is
// one.
func (a *app) answers() func() (string, bool) {
	var lines *bufio.Reader
	return func() (string, bool) {
		if a.front.keys != nil {
			to := a.front.out
			if a.viva.format.value == "json" {
				to = a.front.errs
			}
			to.print("> ")
			line, err := a.front.keys.ReadLine(a.front.ctx)
			if err != nil {
				to.print("\n")
			}
			return strings.TrimSpace(line), err == nil
		}
		if lines == nil {
			lines = bufio.NewReader(&stdinReader{front: a.front})
		}
		line, err := lines.ReadString('\n') // a long one is no answer, and not the end
		return strings.TrimSpace(line), (err == nil || line != "") && a.front.ctx.Err() == nil
	}
}
