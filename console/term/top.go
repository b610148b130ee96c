package term

import (
	"fmt"
	"strings"
)

// leastBelow is how many rows must be left for the prompt and what commands print.
const leastBelow = 8

// Top is the top rows of a terminal, where a picture stays while everything else
// scrolls below it. It is drawn between two keystrokes as well: the cursor and the line
// that is edited stay as they are. A nil *Top has no rows.
type Top struct {
	term       *Terminal
	rows       int // that it has, with the rule below; 0: none
	cols, high int // the screen that it was laid out for
}

// Top is the terminal's, at first without rows.
func (t *Terminal) Top() *Top {
	if t.top == nil {
		t.top = &Top{term: t}
	}
	return t.top
}

// Rows is how many rows it has.
func (p *Top) Rows() int {
	if p == nil {
		return 0
	}
	return p.rows
}

// How Draw may change the number of rows.
type Change uint8

const (
	Free  Change = iota // to what the picture has
	Grows               // never to fewer: it moves, and what is below is not to move with it
	Fixed               // not at all: a line is edited
)

// Draw is what shows these lines at the top. Where the screen is too small for them, the
// rows are given back.
func (p *Top) Draw(lines []string, how Change) string {
	cols, high := p.term.Width(), p.term.Height()
	rows := len(lines) + 1
	if p.rows > 0 && (how == Fixed || how == Grows && rows < p.rows) {
		rows = p.rows
	}
	if len(lines) == 0 || high-rows < leastBelow {
		return p.Release()
	}
	if p.rows == 0 && how == Fixed {
		return ""
	}
	var b strings.Builder
	if rows != p.rows || cols != p.cols || high != p.high {
		b.WriteString(p.resize(rows, high))
	}
	p.rows, p.cols, p.high = rows, cols, high
	b.WriteString("\x1b7\x1b[?25l")
	for i := range rows - 1 {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		fmt.Fprintf(&b, "\x1b[%d;1H%s\x1b[K", i+1, line)
	}
	fmt.Fprintf(&b, "\x1b[%d;1H%s\x1b[K\x1b[?25h\x1b8", rows, strings.Repeat("-", cols))
	return b.String()
}

// resize makes room for so many rows, or gives some back: what stands below moves down or
// up by as much, with the cursor, and loses nothing but what scrolls off.
func (p *Top) resize(rows, high int) string {
	region := fmt.Sprintf("\x1b[%d;%dr", rows+1, high)
	switch more := rows - p.rows; {
	case more > 0:
		room := strings.Repeat("\n", more) // below the cursor
		return fmt.Sprintf("%s\x1b[%dA\x1b7\x1b[%d;1H\x1b[%dL%s\x1b8\x1b[%dB", room, more, p.rows+1, more, region, more)
	case more < 0:
		return fmt.Sprintf("\x1b7%s\x1b[%d;1H\x1b[%dM\x1b8\x1b[%dA", region, rows+1, -more, -more)
	}
	return "\x1b7" + region + "\x1b8"
}

// Release is what lets the whole screen scroll again. The picture goes, unless the screen
// has changed its size since it was drawn: then nobody knows where it stands.
func (p *Top) Release() string {
	rows := p.Rows()
	if rows == 0 {
		return ""
	}
	p.rows = 0
	if p.term.Height() != p.high || p.term.Width() != p.cols {
		return "\x1b7\x1b[r\x1b8"
	}
	return fmt.Sprintf("\x1b7\x1b[r\x1b[1;1H\x1b[%dM\x1b8\x1b[%dA", rows, rows)
}

// Clear is what wipes the screen below the rows, or all of it where there are none.
func (p *Top) Clear() string {
	if p.Rows() == 0 {
		return ClearScreen
	}
	return fmt.Sprintf("\x1b[%d;1H\x1b[J\x1b[3J", p.rows+1)
}
