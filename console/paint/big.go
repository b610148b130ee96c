package paint

import (
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/view"
)

const (
	bigHeight = 3 // lines of a letter; with the bars below a row has one more
	bigAround = 4 // lines of words above the rows, and of the prompt below
	headGap   = 3 // blanks between the words of the head, and before the tail
	tailGap   = 2 // blanks between the words of the tail
	leastTail = 4 // words of the tail that long words must leave room for
)

// letters are drawn of points, two of them above each other in each character
// of the screen.
var letters = map[rune][5]string{
	'0': {"###", "# #", "# #", "# #", "###"},
	'1': {" # ", "## ", " # ", " # ", "###"},
	'2': {"###", "  #", "###", "#  ", "###"},
	'3': {"###", "  #", "###", "  #", "###"},
	'4': {"# #", "# #", "###", "  #", "  #"},
	'5': {"###", "#  ", "###", "  #", "###"},
	'6': {"###", "#  ", "###", "# #", "###"},
	'7': {"###", "  #", "  #", "  #", "  #"},
	'8': {"###", "# #", "###", "# #", "###"},
	'9': {"###", "# #", "###", "  #", "###"},
	'A': {"###", "# #", "###", "# #", "# #"},
	'C': {"###", "#  ", "#  ", "#  ", "###"},
	'D': {"## ", "# #", "# #", "# #", "## "},
	'E': {"###", "#  ", "###", "#  ", "###"},
	'F': {"###", "#  ", "###", "#  ", "#  "},
	'L': {"#  ", "#  ", "#  ", "#  ", "###"},
	'N': {"#  #", "## #", "# ##", "#  #", "#  #"},
	'O': {"###", "# #", "# #", "# #", "###"},
	'P': {"###", "# #", "###", "#  ", "#  "},
	'R': {"###", "# #", "## ", "# #", "# #"},
	'S': {"###", "#  ", "###", "  #", "###"},
	'T': {"###", " # ", " # ", " # ", " # "},
	'W': {"#   #", "#   #", "# # #", "## ##", "#   #"},
	'X': {"# #", "# #", " # ", "# #", "# #"},
	'Z': {"###", "  #", " # ", "#  ", "###"},
	'-': {"   ", "   ", "###", "   ", "   "},
	'…': {"     ", "     ", "     ", "     ", "# # #"},
}

// letter is how c is drawn; a character that nobody has drawn is a block.
func letter(c rune) [5]string {
	if l, ok := letters[c]; ok {
		return l
	}
	return [5]string{"###", "###", "###", "###", "###"}
}

// drawn is a word's points, row by row; the row below the letters is empty.
func drawn(text string) [2 * bigHeight]string {
	var rows [2 * bigHeight]string
	for i, c := range []rune(text) {
		for y := range rows {
			row := ""
			if l := letter(c); y < len(l) {
				row = l[y]
			}
			if i > 0 {
				rows[y] += " "
			}
			rows[y] += row + strings.Repeat(" ", len(letter(c)[0])-len(row))
		}
	}
	return rows
}

// bigCell is a word with its place on the screen.
type bigCell struct {
	view.BigWord
	width, gap int  // of its column; gap: the blanks before it
	more       bool // the word before it has a bar, too
}

// big draws block letters, or writes ordinary ones where these have no room.
func (r Renderer) big(b *strings.Builder, big view.Big) {
	ascii := big.Glyphs == view.ASCIIGlyphs || big.Glyphs == view.AutoGlyphs && r.ASCII
	for _, short := range []bool{false, true} {
		if ascii {
			break
		}
		if rows := r.bigLayout(big, short); rows != nil {
			for _, row := range rows {
				r.bigRow(b, row)
			}
			return
		}
	}
	r.table(b, smallTable(big))
}

// bigLayout places the words, or is nil when there is no room for them.
func (r Renderer) bigLayout(big view.Big, short bool) [][]bigCell {
	if len(big.Rows)*(bigHeight+1)+bigAround > r.rows() {
		return nil
	}
	head, tail := bigColumns(big, short)
	room := r.Width
	for _, w := range head {
		room -= w + headGap
	}
	from := fittingTail(tail, room)
	shown, least := len(tail)-from, leastTail
	if short {
		least = 1
	}
	if room < -headGap || shown < min(least, len(tail)) {
		return nil
	}
	rows := make([][]bigCell, len(big.Rows))
	for y, row := range big.Rows {
		for x, word := range row.Head {
			if short && word.Short != "" {
				word.Text = word.Short
			}
			rows[y] = append(rows[y], bigCell{word, head[x], min(x, 1) * headGap, false})
		}
		gap := headGap
		if from > 0 {
			rows[y] = append(rows[y], bigCell{view.BigWord{Text: "…", Style: view.Quiet}, 5, gap, false})
			gap = tailGap
		}
		for x := from; x < len(row.Tail); x++ {
			more := x > from && row.Tail[x].Bar && row.Tail[x-1].Bar
			rows[y] = append(rows[y], bigCell{row.Tail[x], tail[x], gap, more})
			gap = tailGap
		}
	}
	return rows
}

// bigColumns is how wide the columns of heads and tails are.
func bigColumns(big view.Big, short bool) (head, tail []int) {
	widen := func(columns []int, x int, text string) []int {
		if x == len(columns) {
			columns = append(columns, 0)
		}
		columns[x] = max(columns[x], len(drawn(text)[0]))
		return columns
	}
	for _, row := range big.Rows {
		for x, word := range row.Head {
			if short && word.Short != "" {
				word.Text = word.Short
			}
			head = widen(head, x, word.Text)
		}
		for x, word := range row.Tail {
			tail = widen(tail, x, word.Text)
		}
	}
	return head, tail
}

// fittingTail is from where on the tail fits into the room, with three dots
// before it where that is not the first word.
func fittingTail(tail []int, room int) int {
	all := 0
	for x, w := range tail {
		all += w + min(x, 1)*tailGap
	}
	from := 0
	for from < len(tail) && all > room {
		if all -= tail[from] + tailGap; from == 0 {
			all += 5 + tailGap
		}
		from++
	}
	return from
}

// bigRow draws one row of words, and the bars below them.
func (r Renderer) bigRow(b *strings.Builder, row []bigCell) {
	lines := make([][]glyph, bigHeight+1)
	for _, cell := range row {
		points := drawn(cell.Text)
		pad := blanks(cell.width - len(points[0]))
		for y := range bigHeight {
			lines[y] = append(lines[y], blanks(cell.gap)...)
			for x := range points[0] {
				lines[y] = append(lines[y], glyph{halves(points[2*y][x], points[2*y+1][x]), 1, cell.Style})
			}
			lines[y] = append(lines[y], pad...)
		}
		bar := &lines[bigHeight]
		*bar = append(*bar, barGlyphs(cell.gap, cell.more, cell.Style)...)
		*bar = append(*bar, barGlyphs(cell.width, cell.Bar, cell.Style)...)
	}
	for _, line := range lines {
		r.emit(b, line)
		b.WriteByte('\n')
	}
}

func barGlyphs(n int, bar bool, style view.Style) []glyph {
	gs := blanks(n)
	for i := range gs {
		if bar {
			gs[i] = glyph{"▀", 1, style}
		}
	}
	return gs
}

// halves is two points above each other in one character.
func halves(upper, lower byte) string {
	switch {
	case upper == '#' && lower == '#':
		return "█"
	case upper == '#':
		return "▀"
	case lower == '#':
		return "▄"
	}
	return " "
}

// smallTable is the same in ordinary letters; words with a bar stand in brackets.
func smallTable(big view.Big) view.Table {
	t := view.Table{Fixed: 1}
	for _, row := range big.Rows {
		cells := each.As(row.Head, func(w view.BigWord) view.Line { return view.LS(w.Style, w.Text) })
		var tail view.Line
		for _, w := range row.Tail {
			text := " " + w.Text + " "
			if w.Bar {
				text = "[" + w.Text + "]"
			}
			tail = append(tail, view.S(w.Style, text))
		}
		t.Rows = append(t.Rows, append(cells, tail))
	}
	return t
}
