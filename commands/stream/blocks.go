package stream

import (
	"raftlab/commands/each"
	"raftlab/commands/view"
)

// Span is a run of text of one style.
type Span struct {
	Style string `json:"s,omitempty" doc:"its style, in small letters; absent when it is plain"`
	Text  string `json:"t" doc:"the text"`
}

// TextBlock is lines that are shown as they are.
type TextBlock struct {
	Block  string   `json:"block" doc:"text"`
	Lines  [][]Span `json:"lines" doc:"the lines"`
	Indent int      `json:"indent" doc:"columns by which the rest of a wrapped line is indented"`
}

// ProseBlock is running text.
type ProseBlock struct {
	Block string `json:"block" doc:"prose"`
	Words []Span `json:"words" doc:"the text"`
}

// TableBlock is rows of cells.
type TableBlock struct {
	Block string     `json:"block" doc:"table"`
	Head  []string   `json:"head" doc:"the heads of the columns; empty where there are none"`
	Rows  [][][]Span `json:"rows" doc:"the rows: a list of cells, each a list of spans"`
	Fixed int        `json:"fixed" doc:"columns at the left that stay in sight"`
	Right []bool     `json:"right" doc:"the columns that are aligned right; what is missing is not"`
}

// DiagramBlock is a space-time diagram.
type DiagramBlock struct {
	Block  string         `json:"block" doc:"diagram"`
	Title  [][]Span       `json:"title" doc:"lines above it"`
	Lanes  []string       `json:"lanes" doc:"the names of the lanes"`
	Rows   []DiagramLine  `json:"rows" doc:"what happened, downwards"`
	Legend []DiagramTrack `json:"legend" doc:"the tracks that need a word"`
}

// DiagramLine is one thing that happened.
type DiagramLine struct {
	Mark   string         `json:"mark" doc:"its number"`
	Time   string         `json:"time" doc:"its time"`
	Tracks []DiagramTrack `json:"tracks" doc:"how the lanes go on from here"`
	Arrow  *DiagramArrow  `json:"arrow,omitempty" doc:"the message; absent where there is none"`
	Dot    string         `json:"dot" doc:"point, cross or empty"`
	At     int            `json:"at" doc:"the lane of the dot, from 0"`
	Rule   bool           `json:"rule" doc:"it concerns all lanes"`
	Style  string         `json:"style" doc:"its style"`
	Note   []Span         `json:"note" doc:"what happened, in words"`
}

// DiagramTrack is how a lane is drawn for a while.
type DiagramTrack struct {
	Line  string `json:"line" doc:"none, thin, dashed, double, dotted or wavy"`
	Style string `json:"style" doc:"its style"`
	Means string `json:"means" doc:"what it means"`
}

// DiagramArrow goes from one lane to another.
type DiagramArrow struct {
	From  int    `json:"from" doc:"the lane, from 0"`
	To    int    `json:"to" doc:"the lane, from 0"`
	Label string `json:"label" doc:"what stands at it"`
	End   string `json:"end" doc:"arrives, lost or flies"`
}

// BigBlock is rows of words in large letters.
type BigBlock struct {
	Block string    `json:"block" doc:"big"`
	Rows  []BigLine `json:"rows" doc:"the rows"`
}

// BigLine is one row.
type BigLine struct {
	Head []BigWord `json:"head" doc:"what is always shown"`
	Tail []BigWord `json:"tail" doc:"what may be left out from the left where there is no room"`
}

// BigWord is a word in large letters.
type BigWord struct {
	Text  string `json:"text" doc:"the word"`
	Short string `json:"short" doc:"a short form, or empty"`
	Style string `json:"style" doc:"its style"`
	Bar   bool   `json:"bar" doc:"with a bar below it"`
}

// styles is the names of view's styles, in their order.
var styles = [view.Styles]string{"", "strong", "quiet", "good", "bad", "warn", "leader", "candidate", "follower",
	"down", "committed", "pending", "code", "message", "term1", "term2", "term3", "term4", "term5", "term6", "hint"}

func spans(l view.Line) []Span {
	out := []Span{}
	for _, s := range l {
		if s.Text != "" {
			out = append(out, Span{styles[s.Style], s.Text})
		}
	}
	return out
}

func lines(all []view.Line) [][]Span {
	return append([][]Span{}, each.As(all, spans)...)
}

// blocks is what a command printed.
func blocks(all []view.Block) []any {
	out := []any{}
	for _, b := range all {
		switch b := b.(type) {
		case view.Text:
			out = append(out, TextBlock{"text", lines(b.Lines), b.Indent})
		case view.Prose:
			out = append(out, ProseBlock{"prose", spans(b.Words)})
		case view.Table:
			t := TableBlock{Block: "table", Head: append([]string{}, b.Head...), Rows: [][][]Span{}, Fixed: b.Fixed,
				Right: append([]bool{}, b.Right...)}
			t.Rows = append(t.Rows, each.As(b.Rows, lines)...)
			out = append(out, t)
		case view.Diagram:
			out = append(out, diagram(&b))
		case view.Big:
			big := BigBlock{Block: "big", Rows: []BigLine{}}
			for _, row := range b.Rows {
				big.Rows = append(big.Rows, BigLine{bigWords(row.Head), bigWords(row.Tail)})
			}
			out = append(out, big)
		}
	}
	return out
}

func bigWords(all []view.BigWord) []BigWord {
	return append([]BigWord{}, each.As(all,
		func(w view.BigWord) BigWord { return BigWord{w.Text, w.Short, styles[w.Style], w.Bar} })...)
}

var (
	trackLines = [...]string{view.NoTrack: "none", view.Thin: "thin", view.Dashed: "dashed", view.Double: "double",
		view.Dotted: "dotted", view.Wavy: "wavy"}
	dots      = [...]string{view.NoDot: "", view.Point: "point", view.Cross: "cross"}
	arrowEnds = [...]string{view.Arrives: "arrives", view.Lost: "lost", view.Flies: "flies"}
)

func diagram(d *view.Diagram) DiagramBlock {
	out := DiagramBlock{Block: "diagram", Title: lines(d.Title), Lanes: append([]string{}, d.Lanes...),
		Rows: []DiagramLine{}, Legend: tracks(d.Legend)}
	for r := range each.Of(d.Rows) {
		row := DiagramLine{Mark: r.Mark, Time: r.Time, Tracks: tracks(r.Tracks), Dot: dots[r.Dot], At: r.At,
			Rule: r.Rule, Style: styles[r.Style], Note: spans(r.Note)}
		if a := r.Arrow; a != nil {
			row.Arrow = &DiagramArrow{a.From, a.To, a.Label, arrowEnds[a.End]}
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func tracks(all []view.Track) []DiagramTrack {
	return append([]DiagramTrack{}, each.As(all,
		func(t view.Track) DiagramTrack { return DiagramTrack{trackLines[t.Line], styles[t.Style], t.Name} })...)
}

// StyleNames are the names that styles have on a page, in the order of view.Style.
func StyleNames() []string { return styles[:] }
