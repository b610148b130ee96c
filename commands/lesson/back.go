package lesson

import (
	"fmt"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// screenful is the lines of a screen of 80 columns, less the prompt and some for lines that are broken.
const screenful = 18

// comeBack goes on at a beat that somebody has left. Its text may speak of what stood above it, so that is drawn
// again, as far as both fit the screen.
func (l *run) comeBack(c *lang.Call, beat int) error {
	above, shown := &held{Frontend: c.Front}, &held{Frontend: c.Front}
	l.above = func() {
		if i := l.lookBefore(l.beats[beat-1]); i > 0 && firstWord(l.lines[l.beats[beat-1]]) == "say" {
			_ = l.student.recite(c, l.script, above, i, i+1, func(int) {})
		}
	}
	front := c.Front
	c.Front = shown
	err := l.to(c, beat)
	c.Front, l.above = front, nil
	for _, b := range l.student.Asking() {
		shown.rows += rows(b)
	}
	tell(c, quiet(l.back)) // which may scroll away: the prompt says it, too
	if above.rows+shown.rows < screenful {
		above.release()
	}
	shown.release()
	return err
}

// lookBefore is the line of the last picture that stands right before a line, of the state that the cluster has there;
// 0: none does.
func (l *run) lookBefore(line int) int {
	for i := line - 1; i > 0; i-- {
		if !l.types(i) {
			continue
		}
		call, _, err := l.student.ParseNext(l.lines[i], 0)
		if err != nil || call == nil || call.Command.Changes || len(l.student.Commands(l.lines[i])) > 1 {
			return 0
		}
		return i
	}
	return 0
}

// held is a frontend that shows what it is told to only at the end, and counts its lines.
type held struct {
	lang.Frontend
	all  []func()
	rows int
}

func (h *held) Show(r *lang.Result) {
	h.all = append(h.all, func() { h.Frontend.Show(r) })
	for _, b := range r.View {
		h.rows += rows(b)
	}
	if r.Err != nil {
		h.rows += rows(view.Lines(r.Err.Error()))
	}
}

func (h *held) Echo(line string) {
	h.all = append(h.all, func() { h.Frontend.Echo(line) })
	h.rows++
}

func (h *held) release() {
	for _, show := range h.all {
		show()
	}
}

// rows is about how many lines a block has on a screen of 80 columns.
func rows(b view.Block) (n int) {
	const width = 72 // what is broken between words seldom fills a line
	lines := func(text string) int { return max(1, (len([]rune(text))+width-1)/width) }
	switch b := b.(type) {
	case view.Prose:
		return lines(b.Words.String())
	case view.Text:
		for _, l := range b.Lines {
			n += lines(l.String())
		}
		return n
	case view.Table:
		if n = len(b.Rows); len(b.Head) > 0 {
			n++
		}
		for _, row := range b.Rows {
			wide := 0
			for _, cell := range row {
				wide += len([]rune(cell.String())) + 2
			}
			n += (wide - 1) / width
		}
		return n
	}
	return len(fmt.Sprint(b)) // which is too many
}
