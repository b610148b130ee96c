package paint

import (
	"strings"

	"raftlab/commands/view"
)

const (
	gap      = 2  // blanks between two columns of a table
	minLast  = 10 // the narrowest last column that wraps
	minSplit = 8  // the narrowest room beside the fixed columns
)

// column is a column of a table, measured.
type column struct {
	head  []glyph
	cells [][]glyph
	width int
	right bool
	fixed bool // repeated in each piece
}

// measure turns a table into columns, without those in which nothing stands.
func measure(t view.Table) []column {
	n := len(t.Head)
	for _, row := range t.Rows {
		n = max(n, len(row))
	}
	var cols []column
	for i := range n {
		c := column{cells: make([][]glyph, len(t.Rows)), right: i < len(t.Right) && t.Right[i], fixed: i < t.Fixed}
		if i < len(t.Head) {
			c.head = trimRight(glyphs(view.LS(view.Strong, t.Head[i])))
			c.width = columns(c.head)
		}
		for y, row := range t.Rows {
			if i < len(row) {
				c.cells[y] = trimRight(glyphs(row[i]))
				c.width = max(c.width, columns(c.cells[y]))
			}
		}
		if c.width > 0 {
			cols = append(cols, c)
		}
	}
	return cols
}

// table renders a table in one of three shapes, the first that fits: whole
// (its last column wrapped), in pieces, or as one line for each cell.
func (r Renderer) table(b *strings.Builder, t view.Table) {
	cols := measure(t)
	if len(cols) == 0 {
		return
	}
	last := len(cols) - 1
	room := r.Width - total(cols) + cols[last].width // for the last column
	if t.Brief {
		for y, cell := range cols[last].cells {
			cols[last].cells[y] = brief(cell, room)
		}
	}
	if cols[last].width <= room || !t.Split && room >= minLast {
		cols[last].width = min(cols[last].width, room)
		r.grid(b, cols)
		return
	}
	fixed := 0
	for fixed < last && (cols[fixed].fixed || fixed == 0 && !t.Split) {
		fixed++
	}
	room = r.Width - total(cols[:fixed])
	if fixed > 0 {
		room -= gap
	}
	if room < minSplit {
		r.records(b, cols)
		return
	}
	r.pieces(b, cols[:fixed], cols[fixed:], room)
}

// brief is a cell without its last clauses, as far as there is no room for them.
func brief(cell []glyph, room int) []glyph {
	for n := len(cell) - 1; n > 0 && columns(cell) > room; n-- {
		if cell[n].text == "," || cell[n].text == ":" {
			cell = cell[:n]
		}
	}
	return cell
}

// total is the width of columns side by side.
func total(cols []column) int {
	sum := gap * max(0, len(cols)-1)
	for _, c := range cols {
		sum += c.width
	}
	return sum
}

// pieces renders columns in groups that fit into the room beside the fixed.
func (r Renderer) pieces(b *strings.Builder, fixed, rest []column, room int) {
	for len(rest) > 0 {
		n := 1
		for n < len(rest) && total(rest[:n+1]) <= room {
			n++
		}
		rest[n-1].width = min(rest[n-1].width, room)
		r.grid(b, append(append([]column{}, fixed...), rest[:n]...))
		rest = rest[n:]
	}
}

// grid renders columns side by side.
func (r Renderer) grid(b *strings.Builder, cols []column) {
	if hasHead(cols) {
		r.row(b, cols, func(c column) []glyph { return c.head })
	}
	for y := range cols[0].cells {
		r.row(b, cols, func(c column) []glyph { return c.cells[y] })
	}
}

func hasHead(cols []column) bool {
	for _, c := range cols {
		if len(c.head) > 0 {
			return true
		}
	}
	return false
}

// row renders one cell of each column; a cell wider than its column wraps.
func (r Renderer) row(b *strings.Builder, cols []column, cell func(column) []glyph) {
	folded := make([][][]glyph, len(cols))
	height := 1
	for i, c := range cols {
		folded[i] = fold(cell(c), c.width, c.width)
		height = max(height, len(folded[i]))
	}
	for y := range height {
		var line []glyph
		for i, c := range cols {
			var text []glyph
			if y < len(folded[i]) {
				text = folded[i][y]
			}
			pad := blanks(max(0, c.width-columns(text)))
			if c.right {
				line = append(append(line, pad...), text...)
			} else {
				line = append(append(line, text...), pad...)
			}
			line = append(line, blanks(gap)...)
		}
		r.emit(b, line)
		b.WriteByte('\n')
	}
}

func blanks(n int) []glyph {
	gs := make([]glyph, n)
	for i := range gs {
		gs[i] = glyph{text: " ", width: 1}
	}
	return gs
}

// records renders each cell on a line of its own, for a screen on which not
// even two columns stand side by side.
func (r Renderer) records(b *strings.Builder, cols []column) {
	for y := range cols[0].cells {
		for i, c := range cols {
			if len(c.cells[y]) == 0 {
				continue
			}
			var line []glyph
			if i > 0 {
				line = append(blanks(gap), c.head...)
				line = append(line, blanks(min(1, len(c.head)))...)
			}
			for n, part := range fold(append(line, c.cells[y]...), r.Width, r.Width-2*gap) {
				if n > 0 {
					b.WriteString(strings.Repeat(" ", 2*gap))
				}
				r.emit(b, part)
				b.WriteByte('\n')
			}
		}
	}
}
