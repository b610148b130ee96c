package console

import (
	"strings"

	"raftlab/commands/view"
)

const (
	gap      = 2  // columns between two columns of a table
	minLast  = 10 // the narrowest last column that wraps
	minSplit = 8  // the narrowest room beside the fixed columns
)

// grid is a table whose cells are measured.
type grid struct {
	head  []view.Line
	rows  [][][]glyph // the head, when there is one, is the first
	wide  []int       // natural width of each column
	right []bool
}

func newGrid(t view.Table) grid {
	g := grid{right: t.Right}
	if strings.Join(t.Head, "") != "" {
		var cells []view.Line
		for _, h := range t.Head {
			cells = append(cells, view.LS(view.Strong, h))
		}
		g.head = cells
		g.add(cells)
	}
	for _, row := range t.Rows {
		g.add(row)
	}
	return g
}

func (g *grid) add(row []view.Line) {
	cells := make([][]glyph, len(row))
	for i, c := range row {
		cells[i] = trimRight(glyphs(c))
		if i == len(g.wide) {
			g.wide = append(g.wide, 0)
		}
		g.wide[i] = max(g.wide[i], columns(cells[i]))
	}
	g.rows = append(g.rows, cells)
}

// table renders a table in one of three shapes, the first that fits: whole
// (its last column wrapped), in pieces, or as one line for each cell.
func (r renderer) table(b *strings.Builder, t view.Table) {
	g := newGrid(t)
	n := len(g.wide)
	if n == 0 {
		return
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	last := r.width - total(g.wide[:n-1])
	if n > 1 {
		last -= gap
	}
	if g.wide[n-1] <= last || !t.Split && last >= minLast {
		r.grid(b, g, all, min(last, g.wide[n-1]))
		return
	}
	fixed := max(0, min(t.Fixed, n-1))
	if !t.Split && n > 1 {
		fixed = max(fixed, 1)
	}
	room := r.width
	if fixed > 0 {
		room -= total(g.wide[:fixed]) + gap
	}
	if room < minSplit {
		r.records(b, g)
		return
	}
	r.pieces(b, g, fixed, room)
}

// total is the width of columns side by side.
func total(wide []int) int {
	sum := gap * max(0, len(wide)-1)
	for _, w := range wide {
		sum += w
	}
	return sum
}

// pieces renders the columns after the fixed ones in groups that fit.
func (r renderer) pieces(b *strings.Builder, g grid, fixed, room int) {
	for from := fixed; from < len(g.wide); {
		to := from + 1
		for to < len(g.wide) && total(g.wide[from:to+1]) <= room {
			to++
		}
		var cols []int
		for i := range fixed {
			cols = append(cols, i)
		}
		for i := from; i < to; i++ {
			cols = append(cols, i)
		}
		r.grid(b, g, cols, min(g.wide[to-1], room))
		from = to
	}
}

// grid renders some columns of a table side by side; the last of them wraps
// at the given width.
func (r renderer) grid(b *strings.Builder, g grid, cols []int, last int) {
	for _, row := range g.rows {
		cells := make([]cell, len(cols))
		height := 1
		for i, c := range cols {
			cells[i] = cell{width: g.wide[c], right: c < len(g.right) && g.right[c]}
			if i == len(cols)-1 {
				cells[i].width = last
			}
			if c < len(row) {
				cells[i].lines = fold(row[c], cells[i].width, cells[i].width)
			}
			height = max(height, len(cells[i].lines))
		}
		for y := range height {
			r.emit(b, rowLine(cells, y))
			b.WriteByte('\n')
		}
	}
}

// cell is a cell of a row, folded to the width of its column.
type cell struct {
	lines [][]glyph
	width int
	right bool
}

// rowLine is line y of a row of cells.
func rowLine(cells []cell, y int) []glyph {
	var line []glyph
	for _, c := range cells {
		var text []glyph
		if y < len(c.lines) {
			text = c.lines[y]
		}
		pad := blanks(max(0, c.width-columns(text)))
		if c.right {
			line = append(append(line, pad...), text...)
		} else {
			line = append(append(line, text...), pad...)
		}
		line = append(line, blanks(gap)...)
	}
	return line
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
func (r renderer) records(b *strings.Builder, g grid) {
	rows := g.rows
	if g.head != nil {
		rows = rows[1:]
	}
	for _, row := range rows {
		for i, cell := range row {
			if len(cell) == 0 {
				continue
			}
			line := blanks(min(i, 1) * gap)
			if i < len(g.head) && i > 0 {
				line = append(line, glyphs(g.head[i])...)
				line = append(line, blanks(1)...)
			}
			indent := 2 * gap
			for y, part := range fold(append(line, cell...), r.width, r.width-indent) {
				if y > 0 {
					b.WriteString(strings.Repeat(" ", indent))
				}
				r.emit(b, part)
				b.WriteByte('\n')
			}
		}
	}
}
