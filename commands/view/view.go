// Package view says what a command has to show, without saying how it looks.
// A command builds Blocks; the console gives them colour and fits them to the
// width of the screen. Every meaning that a Style carries must also be in the
// text, since colour may be off (NO_COLOR, a script, a colour-blind reader).
package view

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Style is the meaning of a piece of text, not its colour.
type Style uint8

const (
	Plain     Style = iota
	Strong          // what the eye should find first
	Quiet           // of less interest (never rendered faint on a projector theme)
	Good            // it went well; committed
	Bad             // a failure, a breach, a node that is down
	Warn            // something to notice
	Leader          // a leader
	Candidate       // a candidate or pre-candidate
	Follower        // a follower
	Down            // a dead node
	Committed       // a committed log entry
	Pending         // a log entry that is not committed
	Code            // something the reader can type
	Message         // an RPC
	Term1           // what belongs to a term: see OfTerm
	Term2
	Term3
	Term4
	Term5
	Term6
	Hint              // what may come next in a line that is typed; never without colour
	Styles int = iota // how many there are
)

// OfTerm is the style of a term. Neighbouring terms never have the same.
func OfTerm(term int) Style {
	if term < 1 {
		return Quiet
	}
	return Term1 + Style((term-1)%6)
}

var termIn = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(?:term[ =]|t)(\d+)\b`) })

// Terms is the line with the style of its term for each "term 3" and "t3" that was in plain text.
func Terms(l Line) Line {
	var out Line
	for _, s := range l {
		at := 0
		for _, m := range termIn().FindAllStringSubmatchIndex(s.Text, -1) {
			if term, err := strconv.Atoi(s.Text[m[2]:m[3]]); s.Style == Plain && err == nil {
				out = append(out, S(Plain, s.Text[at:m[0]]), S(OfTerm(term), s.Text[m[0]:m[1]]))
				at = m[1]
			}
		}
		out = append(out, S(s.Style, s.Text[at:]))
	}
	return slices.DeleteFunc(out, func(s Span) bool { return s.Text == "" })
}

// Span is a run of text of one style.
type Span struct {
	Style Style  `json:"s,omitempty" doc:"its style, in small letters; absent when it is plain"`
	Text  string `json:"t" doc:"the text"`
}

// Line is one line of text, or one cell of a table.
type Line []Span

// Block is something to show: a Text, Prose, a Table, a Diagram, Big letters or a Scan. It is written as
// JSON as a page gets it, not yet fitted to a width (docs/json.md).
type Block interface{ block() }

// Text is lines that are shown as they are, one below the other. A line that
// is wider than the screen is wrapped at blanks, the continuation indented by
// Indent columns more than the line's own leading blanks. Unfolded lines are not wrapped, so
// that they can be copied.
type Text struct {
	Lines    List[Line] `json:"lines" doc:"the lines"`
	Indent   int        `json:"indent" doc:"columns by which the rest of a wrapped line is indented"`
	Unfolded bool       `json:"-"`
}

// Prose is running text, refilled to the width of the screen.
type Prose struct {
	Words Line `json:"words" doc:"the text"`
}

// Table is rows of cells in columns. Where it is wider than the screen, a
// Table with Split set is cut into several, below each other, each repeating
// the first Fixed columns; otherwise its last column wraps.
type Table struct {
	Head  List[string] `json:"head" doc:"the heads of the columns; empty where there are none"`
	Rows  List[[]Line] `json:"rows" doc:"the rows: a list of cells, each a list of spans"`
	Fixed int          `json:"fixed" doc:"columns at the left that stay in sight"`
	Split bool         `json:"-"`
	Brief bool         `json:"-"` // cells of the last column that have no room lose what follows a comma or a colon
	Right List[bool]   `json:"right" doc:"the columns that are aligned right; what is missing is not"`
}

// Add adds a row.
func (t *Table) Add(cells ...Line) { t.Rows = append(t.Rows, cells) }

// Big is rows of words in letters several lines high, for a projector. Where
// the screen is too narrow, the Short forms of words stand for them, then fewer
// of the Tails are shown (the last), and at last ordinary letters.
type Big struct {
	Rows   List[BigRow] `json:"rows" doc:"the rows"`
	Glyphs Glyphs       `json:"-"` // without block characters it is ordinary letters
}

// BigRow is one row of words in columns: the heads of all rows begin at the left, and each word of a
// Tail is below the word at the same place in the other rows.
type BigRow struct {
	Head List[BigWord] `json:"head" doc:"what is always shown"`
	Tail List[BigWord] `json:"tail" doc:"what may be left out from the left where there is no room"`
}

// BigWord is a word of capital letters and digits.
type BigWord struct {
	Text  string `json:"text" doc:"the word"`
	Short string `json:"short" doc:"a short form, or empty"`
	Style Style  `json:"style" doc:"its style"`
	Bar   bool   `json:"bar" doc:"with a bar below it"`
}

// Scan is a text as a QR code, for a phone to read it from the screen. On one that is too narrow for it
// nothing is shown: the text stands elsewhere, too.
type Scan struct {
	Text string
}

func (Scan) block()  {}
func (Text) block()  {}
func (Prose) block() {}
func (Table) block() {}
func (Big) block()   {}

// S makes a Span.
func S(style Style, text string) Span { return Span{Text: text, Style: style} }

// L makes a Line of plain text.
func L(text string) Line { return Line{{Text: text}} }

// LS makes a Line of one style.
func LS(style Style, text string) Line { return Line{{Text: text, Style: style}} }

// Typed makes a Line of plain text. What is between backquotes gets the style Code.
func Typed(text string) (l Line) {
	for i, part := range strings.Split(text, "`") {
		if part != "" {
			l = append(l, S([]Style{Plain, Code}[i%2], part))
		}
	}
	return l
}

// String is the line's text without its styles.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Lines makes a Text block of plain lines.
func Lines(lines ...string) Text {
	t := Text{}
	for _, l := range lines {
		t.Lines = append(t.Lines, L(l))
	}
	return t
}

// Says makes a Text block of one line of one style.
func Says(style Style, text string) Text { return Text{Lines: []Line{LS(style, text)}} }
