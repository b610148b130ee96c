package console

import (
	"strings"

	"raftlab/commands/view"
	"raftlab/console/term"
)

// pin is the picture that stays on the top rows of the terminal.
type pin struct {
	of     func() []view.Block // what is pinned now; nothing: no picture
	shown  []view.Block        // what was drawn last
	typing bool                // a line is being edited
}

// drawPin draws what is pinned as it is now.
func (f *frontend) drawPin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drawPinLocked()
}

func (f *frontend) drawPinLocked() {
	if f.pin.of == nil {
		return
	}
	f.pin.shown = nil
	if !f.inJSON() {
		f.pin.shown = f.pin.of()
	}
	f.layPinLocked()
}

func (f *frontend) layPinLocked() {
	var lines []string
	if len(f.pin.shown) > 0 {
		lines = strings.Split(strings.TrimSuffix(f.onOut().Blocks(f.pin.shown), "\n"), "\n")
	}
	f.out.print(f.term.Top().Draw(lines, f.pin.typing))
}

// resized fits the picture to a screen of another size, also while a line is edited.
func (f *frontend) resized() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pin.of != nil && f.pin.typing {
		f.layPinLocked()
	}
}

// typing says whether a line is being edited.
func (f *frontend) typing(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pin.typing = on
}

// usePin lets pictures be pinned until the returned function is called, where the
// terminal can do that.
func (f *frontend) usePin(of func() []view.Block) (end func()) {
	if !f.Interactive() || f.keys == nil || term.Dumb() || !term.CanEdit {
		return func() {}
	}
	stop := term.WatchSize(f.resized)
	f.mu.Lock()
	f.pin.of = of
	f.mu.Unlock()
	return func() {
		stop()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pin.of = nil
		f.out.print(f.term.Top().Release())
	}
}
