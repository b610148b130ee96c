package lesson

import (
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// comeBack goes on at a beat that somebody has left. Its text, or its question, may speak of what stood above it, so
// that is drawn again, as far as both fit the screen.
func (l *run) comeBack(c *lang.Call, beat int) error {
	above, shown := &held{Frontend: c.Front}, &held{Frontend: c.Front}
	l.above = func() {
		begins := firstWord(l.lines[l.beats[beat-1]])
		if i := l.lookBefore(l.beats[beat-1]); i > 0 && (begins == "say" || begins == "predict") {
			_ = l.student.recite(c, l.script, above, i, i+1, func(int) {})
		}
	}
	front := c.Front
	c.Front = shown
	err := l.to(c, beat)
	c.Front, l.above = front, nil
	back := []view.Block{quiet(l.back)}
	fits := func(blocks ...[]view.Block) bool {
		s, limited := front.(lang.Screen)
		return !limited || s.Fits(slices.Concat(blocks...))
	}
	if asks := l.student.Asking(); fits(back, shown.view, asks) { // else the prompt alone says it
		tell(c, back...)
		if fits(back, above.view, shown.view, asks) {
			above.release()
		}
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

// held is a frontend that shows what it is told to only at the end.
type held struct {
	lang.Frontend
	all  []func()
	view []view.Block // what that is
}

func (h *held) Show(r *lang.Result) {
	h.all = append(h.all, func() { h.Frontend.Show(r) })
	h.view = append(h.view, r.View...)
	if r.Err != nil {
		h.view = append(h.view, view.Lines(strings.Split(r.Err.Error(), "\n")...))
	}
}

func (h *held) Echo(line string) {
	h.all = append(h.all, func() { h.Frontend.Echo(line) })
	h.view = append(h.view, view.Lines("> "+line))
}

func (h *held) release() {
	for _, show := range h.all {
		show()
	}
}
