package console

import (
	"strings"
	"time"

	"raftlab/commands/view"
	"raftlab/console/term"
)

// pinBeat is the time from one drawing to the next of a picture that changes by itself.
const pinBeat = 200 * time.Millisecond

// pin is the picture that stays on the top rows of the terminal.
type pin struct {
	session session             // whose picture it is; nil: there is no place for one
	draw    func() []view.Block // the picture as of the last command; nil: none
	shown   []view.Block        // what was drawn last
	typing  bool                // a line is being edited
}

// drawPin draws what is pinned as it is now.
func (f *frontend) drawPin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drawPinLocked()
}

func (f *frontend) drawPinLocked() {
	if f.pin.session == nil {
		return
	}
	f.pin.draw = nil
	if !f.inJSON() {
		f.pin.draw = f.pin.session.Pinned()
	}
	f.redrawPinLocked()
}

// redrawPinLocked draws again what was pinned before; also while a command runs.
func (f *frontend) redrawPinLocked() {
	f.pin.shown = nil
	if f.pin.draw != nil {
		f.pin.shown = f.pin.draw()
	}
	f.layPinLocked()
}

func (f *frontend) layPinLocked() {
	var lines []string
	if len(f.pin.shown) > 0 {
		lines = strings.Split(strings.TrimSuffix(f.onOut().Blocks(f.pin.shown), "\n"), "\n")
	}
	how := term.Free
	switch {
	case f.pin.typing:
		how = term.Fixed
	case f.watch != nil || f.pin.session.Moves():
		how = term.Grows
	}
	f.out.print(f.term.Top().Draw(lines, how))
}

// resized fits the picture to a screen of another size, also while a line is edited.
func (f *frontend) resized() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pin.session != nil && f.pin.typing {
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
func (f *frontend) usePin(s session) (end func()) {
	if !f.Interactive() || f.keys == nil || term.Dumb() || !term.CanEdit {
		return func() {}
	}
	stop := term.WatchSize(f.resized)
	f.mu.Lock()
	f.pin.session = s
	f.mu.Unlock()
	beat := time.NewTicker(pinBeat)
	if !s.Moves() {
		beat.Stop()
	}
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-beat.C:
				f.mu.Lock()
				if f.pin.draw != nil {
					f.redrawPinLocked()
				}
				f.mu.Unlock()
			}
		}
	}()
	return func() {
		stop()
		beat.Stop()
		close(ended)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.pin.session, f.pin.draw = nil, nil
		f.out.print(f.term.Top().Release())
	}
}
