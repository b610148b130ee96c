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

// Draw is what shows these lines at the top. While a line is edited the picture keeps
// its size. Where the screen is too small for it, the rows are given back.
func (p *Top) Draw(lines []string, editing bool) string {
	cols, high := p.term.Width(), p.term.Height()
	rows := len(lines) + 1
	if editing && p.rows > 0 {
		rows = p.rows
	}
	if len(lines) == 0 || high-rows < leastBelow {
		return p.Release()
	}
	var b strings.Builder
	switch {
	case rows != p.rows && editing:
		return ""
	case p.rows == 0: // what stands on the screen moves to what has scrolled off
		fmt.Fprintf(&b, "\x1b[r\x1b[%d;1H%s\x1b[%d;%dr\x1b[%d;1H", high, strings.Repeat("\n", high), rows+1, high,
			rows+1)
	case rows != p.rows || cols != p.cols || high != p.high: // of another size it scrolls all of it again
		b.WriteString(strings.Repeat("\n", max(0, rows-p.rows))) // the cursor stays below
		fmt.Fprintf(&b, "\x1b7\x1b[%d;%dr", rows+1, high)
		for i := rows; i < p.rows; i++ {
			fmt.Fprintf(&b, "\x1b[%d;1H\x1b[K", i+1)
		}
		b.WriteString("\x1b8")
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

// Release is what lets the whole screen scroll again.
func (p *Top) Release() string {
	if p.Rows() == 0 {
		return ""
	}
	p.rows = 0
	return "\x1b7\x1b[r\x1b8"
}

// Clear is what wipes the screen below the rows, or all of it where there are none.
func (p *Top) Clear() string {
	if p.Rows() == 0 {
		return ClearScreen
	}
	return fmt.Sprintf("\x1b[%d;1H\x1b[J\x1b[3J", p.rows+1)
}
