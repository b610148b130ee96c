//go:build !js

package term

// aside is a line that was being edited when one from elsewhere came.
type aside struct {
	line []rune
	pos  int
	over bool
}

// isExtra tells whether a key is one of ours, which OnChange takes care of.
func isExtra(key rune) bool { return key >= keySuspend && key <= keyBack }

// putAside lets the line from elsewhere take the place of the one that is edited.
func (e *editor) putAside(line []rune, pos int) ([]rune, int) {
	if len(line) > 0 {
		e.kept = &aside{line, pos, e.over}
	}
	e.over = false
	line = []rune(e.keys.takeHanded())
	return line, len(line)
}

// takeUp is the line that was put aside.
func (e *editor) takeUp(line []rune, pos int) ([]rune, int) {
	k := e.kept
	if e.kept = nil; k == nil {
		return line, pos
	}
	e.over = k.over
	return k.line, k.pos
}
