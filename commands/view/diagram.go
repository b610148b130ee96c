package view

// Diagram is a space-time diagram: a line for each lane, time downwards, and
// a row for each thing that happened. Who shows it may put the note beside the
// row or below it. Where not even the lanes have room, Text is shown instead,
// which says the same.
type Diagram struct {
	Title  List[Line]       `json:"title" doc:"lines above it"`
	Lanes  List[string]     `json:"lanes" doc:"the names of the lanes"`
	Rows   List[DiagramRow] `json:"rows" doc:"what happened, downwards"`
	Text   []Line           `json:"-"`                                        // all rows as text, a line each
	Legend List[Track]      `json:"legend" doc:"the tracks that need a word"` // each once
	Glyphs Glyphs           `json:"-"`
}

func (Diagram) block() {}

// DiagramRow is one thing that happened.
type DiagramRow struct {
	Mark   string      `json:"mark" doc:"its number"`
	Time   string      `json:"time" doc:"its time"`
	Tracks List[Track] `json:"tracks" doc:"how the lanes go on from here"`
	Arrow  *Arrow      `json:"arrow,omitempty" doc:"the message; absent where there is none"`
	Dot    Dot         `json:"dot" doc:"point, cross or empty"`
	At     int         `json:"at" doc:"the lane of the dot, from 0"`
	Rule   bool        `json:"rule" doc:"it concerns all lanes"`
	Style  Style       `json:"style" doc:"its style"`
	Note   Line        `json:"note" doc:"what happened, in words"`
}

// Track is how a lane is drawn for a while, and what that means.
type Track struct {
	Line  TrackLine `json:"line" doc:"none, thin, dashed, double, dotted or wavy"`
	Style Style     `json:"style" doc:"its style"`
	Name  string    `json:"means" doc:"what it means"`
}

// TrackLine is how the line of a lane looks.
type TrackLine uint8

const (
	NoTrack TrackLine = iota // the lane is not there
	Thin
	Dashed
	Double
	Dotted
	Wavy
)

// Dot is what marks a point on a lane.
type Dot uint8

const (
	NoDot Dot = iota
	Point
	Cross // an end, such as a crash
)

// Arrow goes from one lane to another.
type Arrow struct {
	From  int      `json:"from" doc:"the lane, from 0"`
	To    int      `json:"to" doc:"the lane, from 0"`
	Label string   `json:"label" doc:"what stands at it"`
	End   ArrowEnd `json:"end" doc:"arrives, lost or flies"`
}

// ArrowEnd is how far an arrow gets.
type ArrowEnd uint8

const (
	Arrives ArrowEnd = iota
	Lost             // it ends before the other lane
	Flies            // it is on its way
)

// Glyphs is which characters pictures are drawn with.
type Glyphs uint8

const (
	AutoGlyphs  Glyphs = iota // what the screen has, as far as that is known
	Unicode                   // box-drawing characters
	ASCIIGlyphs               // nothing but ASCII
)
