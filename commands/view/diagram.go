package view

// Diagram is a space-time diagram: a line for each lane, time downwards, and
// a row for each thing that happened. Who shows it may put the note beside the
// row or below it. Where not even the lanes have room, Text is shown instead,
// which says the same.
type Diagram struct {
	Title  []Line   // above it
	Lanes  []string // their names
	Rows   []DiagramRow
	Text   []Line  // a line for each row
	Legend []Track // the tracks that need a word, each once
	Glyphs Glyphs
}

func (Diagram) block() {}

// DiagramRow is one thing that happened.
type DiagramRow struct {
	Mark, Time string  // its number and its time
	Tracks     []Track // how the lanes go on from here
	Arrow      *Arrow  // at most one
	Dot        Dot
	At         int  // the lane that the dot is on
	Rule       bool // it concerns all lanes
	Style      Style
	Note       Line
}

// Track is how a lane is drawn for a while, and what that means.
type Track struct {
	Line  TrackLine
	Style Style
	Name  string
}

// TrackLine is the way a lane's line looks.
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
	Cross // an end
)

// Arrow goes from one lane to another.
type Arrow struct {
	From, To int
	Label    string
	End      ArrowEnd
}

// ArrowEnd is how far an arrow gets.
type ArrowEnd uint8

const (
	Arrives ArrowEnd = iota
	Lost             // it ends before the other lane
	Flies            // it is on its way
)

// Glyphs is which characters pictures are made of.
type Glyphs uint8

const (
	AutoGlyphs  Glyphs = iota // what the screen has, as far as that is known
	Unicode                   // box-drawing characters
	ASCIIGlyphs               // nothing but ASCII
)
