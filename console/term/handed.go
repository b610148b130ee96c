package term

import "unicode/utf8"

// handedMost is how many lines from elsewhere may wait for their turn.
const handedMost = 64

// HandedKey is what AnyKey gives where a line from elsewhere waits.
const HandedKey = string(keyHanded)

// handed are the lines that come from elsewhere than the keyboard, and are read as if
// they were typed: at the prompt, and where a command waits for a line.
type handed struct {
	lines []string
	laid  bool // the keys that bring the first of them are among those of the editor
	last  bool // the line that was read last is one of them
}

// Hand has a line read as if it were typed, when its turn comes. What a person is typing
// stays, and is there again at the next prompt. It may be called from any goroutine. It
// tells whether there is room for the line.
func (k *Keyboard) Hand(line string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.handed.lines) >= handedMost {
		return false
	}
	k.handed.lines = append(k.handed.lines, line)
	if k.up {
		k.layLocked()
	}
	k.wake.Signal()
	return true
}

// Waits tells whether a line from elsewhere waits for its turn.
func (k *Keyboard) Waits() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.handed.lines) > 0
}

// WasHanded tells whether the line that was read last came from elsewhere.
func (k *Keyboard) WasHanded() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.handed.last
}

// layLocked gives the editor the keys that bring the first line that waits.
func (k *Keyboard) layLocked() {
	if k.handed.last = false; len(k.handed.lines) == 0 || k.handed.laid {
		return
	}
	k.handed.laid = true
	k.decoder.special(keyHanded)
	k.decoder.out = append(k.decoder.out, enter)
}

// takeHanded is the first line that waits.
func (k *Keyboard) takeHanded() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	line, _ := k.takeHandedLocked()
	return line
}

func (k *Keyboard) takeHandedLocked() (line string, ok bool) {
	if k.handed.last = len(k.handed.lines) > 0; !k.handed.last {
		return "", false
	}
	line, k.handed.lines, k.handed.laid = k.handed.lines[0], k.handed.lines[1:], false
	return line, true
}

// bringBack has the editor take up the line that it put aside, before anything else.
func (k *Keyboard) bringBack() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.decoder.out = append(utf8.AppendRune(nil, keyBack), k.decoder.out...)
}
