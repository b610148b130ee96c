// Package paint turns the blocks of a result into text for a screen: lines folded to
// its width, tables, pictures, block letters, colours. It knows no terminal and no
// Raft: the same blocks on the same screen are always the same text.
package paint

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"raftlab/commands/view"
)

// MinWidth is the narrowest screen that lines are fitted to.
const MinWidth = 10

// widths is fixed, not the locale's, so that the same run prints the same.
var widths = runewidth.Condition{StrictEmojiNeutral: true}

// Renderer turns blocks into text for a screen of the given width.
type Renderer struct {
	Width  int
	Height int // of the screen, where that matters; 0: 24 lines
	Palette
	ASCII bool // pictures are drawn with ASCII alone, unless their Glyphs say otherwise
}

// glyph is what takes one place on the screen: a character with the marks
// that combine with it.
type glyph struct {
	text  string
	width int
	style view.Style
}

func (g glyph) blank() bool { return g.text == " " }

// Blocks renders blocks one below the other, each line ended by a newline.
func (r Renderer) Blocks(blocks []view.Block) string {
	r.Width = max(r.Width, MinWidth)
	var b strings.Builder
	for _, block := range blocks {
		switch block := block.(type) {
		case view.Text:
			for _, l := range block.Lines {
				if block.Unfolded {
					b.WriteString(r.line(l) + "\n")
					continue
				}
				r.text(&b, l, block.Indent)
			}
		case view.Prose:
			r.prose(&b, block.Words)
		case view.Table:
			r.table(&b, block)
		case view.Diagram:
			r.diagram(&b, block)
		case view.Big:
			r.big(&b, block)
		case view.Scan:
			r.scan(&b, block.Text)
		}
	}
	return b.String()
}

// line renders one line without wrapping and without a newline.
func (r Renderer) line(l view.Line) string {
	var b strings.Builder
	r.emit(&b, glyphs(l))
	return b.String()
}

func (r Renderer) text(b *strings.Builder, l view.Line, indent int) {
	gs := glyphs(l)
	lead := 0
	for lead < len(gs) && gs[lead].blank() {
		lead++
	}
	// A deep indentation would leave no room on a narrow screen.
	indent = max(0, min(lead+indent, r.Width/2))
	for i, part := range fold(gs, r.Width, r.Width-indent) {
		if i > 0 {
			b.WriteString(strings.Repeat(" ", indent))
		}
		r.emit(b, part)
		b.WriteByte('\n')
	}
}

func (r Renderer) prose(b *strings.Builder, words view.Line) {
	flat := make(view.Line, len(words))
	for i, s := range words {
		flat[i] = view.S(s.Style, strings.Map(blankSpace, s.Text))
	}
	gs := glyphs(flat)
	filled := gs[:0]
	for _, g := range gs {
		if g.blank() && (len(filled) == 0 || filled[len(filled)-1].blank()) {
			continue
		}
		filled = append(filled, g)
	}
	for _, part := range fold(filled, r.Width, r.Width) {
		r.emit(b, part)
		b.WriteByte('\n')
	}
}

func blankSpace(c rune) rune {
	if c == '\n' || c == '\t' || c == '\r' {
		return ' '
	}
	return c
}

// emit writes glyphs in their colours, without the blanks at the end.
func (r Renderer) emit(b *strings.Builder, gs []glyph) {
	gs = trimRight(gs)
	for len(gs) > 0 {
		n := 1
		for n < len(gs) && gs[n].style == gs[0].style {
			n++
		}
		var run strings.Builder
		for _, g := range gs[:n] {
			run.WriteString(g.text)
		}
		b.WriteString(r.paint(gs[0].style, run.String()))
		gs = gs[n:]
	}
}

// fold breaks a line at blanks, or inside a word that is too long, into lines
// of at most first columns, then at most rest columns.
func fold(gs []glyph, first, rest int) [][]glyph {
	var lines [][]glyph
	for room := first; ; room = rest {
		n := fitting(gs, room)
		if n == len(gs) {
			return append(lines, gs)
		}
		lines = append(lines, trimRight(gs[:n]))
		gs = gs[n:]
		for len(gs) > 0 && gs[0].blank() {
			gs = gs[1:]
		}
		if len(gs) == 0 {
			return lines
		}
	}
}

// fitting is the number of glyphs to put on a line of room columns.
func fitting(gs []glyph, room int) int {
	used, word, begun := 0, 0, false
	for i, g := range gs {
		if g.blank() && begun {
			word = i
		}
		begun = begun || !g.blank()
		used += g.width
		if used <= room {
			continue
		}
		switch {
		case allBlank(gs[i:]):
			return len(gs) // blanks at the end are not shown
		case word > 0:
			return word
		}
		return max(i, 1)
	}
	return len(gs)
}

func allBlank(gs []glyph) bool {
	for _, g := range gs {
		if !g.blank() {
			return false
		}
	}
	return true
}

func trimRight(gs []glyph) []glyph {
	for len(gs) > 0 && gs[len(gs)-1].blank() {
		gs = gs[:len(gs)-1]
	}
	return gs
}

func columns(gs []glyph) int {
	n := 0
	for _, g := range gs {
		n += g.width
	}
	return n
}

// glyphs splits a line into glyphs. What does not print is quoted, so that no
// text, whoever wrote it, can steer the terminal.
func glyphs(l view.Line) []glyph {
	n := 0
	for _, s := range l {
		n += len(s.Text)
	}
	gs := make([]glyph, 0, n)
	for _, s := range l {
		gs = appendGlyphs(gs, s)
	}
	return gs
}

func appendGlyphs(gs []glyph, s view.Span) []glyph {
	start, begin := len(gs), 0 // begin: where the last glyph starts in s.Text
	for i := 0; i < len(s.Text); {
		c, size := utf8.DecodeRuneInString(s.Text[i:])
		if q := quoted(c, s.Text[i:i+size]); q != "" {
			for j := range q {
				gs = append(gs, glyph{q[j : j+1], 1, s.Style})
			}
			i += size
			start = len(gs) // nothing combines with a quoted character
			continue
		}
		w := 1
		if c >= utf8.RuneSelf {
			w = widths.RuneWidth(c)
		}
		if w == 0 && len(gs) > start {
			gs[len(gs)-1].text = s.Text[begin : i+size]
		} else {
			begin = i
			gs = append(gs, glyph{s.Text[i : i+size], w, s.Style})
		}
		i += size
	}
	return gs
}

// quoted is how a character that does not print is shown, "" for one that does.
func quoted(c rune, raw string) string {
	switch {
	case c >= ' ' && c < 0x7f:
		return ""
	case c == utf8.RuneError && len(raw) == 1:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case unicode.IsPrint(c), c == '\u00a0', c == '\u3000', c == '\u200d':
		return ""
	case c == '\n':
		return `\n`
	case c == '\r':
		return `\r`
	case c == '\t':
		return `\t`
	case c < 0x100:
		return fmt.Sprintf(`\x%02x`, c)
	}
	return fmt.Sprintf(`\u%04x`, c)
}

// Quote is text with everything that does not print quoted.
func Quote(text string) string {
	var b strings.Builder
	Renderer{}.emit(&b, glyphs(view.L(text)))
	return b.String()
}

// Clip cuts text to at most width columns. It must be quoted already.
func Clip(text string, width int) string {
	return widths.Truncate(text, max(width, 0), "")
}
