package console

import (
	"os"

	"github.com/fatih/color"

	"raftlab/commands/view"
)

// attributes are the colours of the styles. They must be readable on a black
// and on a white screen from the back row: never faint, never blue, and
// yellow not bold (many terminals make bold yellow a pale one).
var attributes = [...][]color.Attribute{
	view.Plain:     nil,
	view.Strong:    {color.Bold},
	view.Quiet:     nil,
	view.Good:      {color.FgGreen},
	view.Bad:       {color.FgRed, color.Bold},
	view.Warn:      {color.FgYellow},
	view.Leader:    {color.FgGreen, color.Bold},
	view.Candidate: {color.FgYellow},
	view.Follower:  nil,
	view.Down:      {color.FgRed},
	view.Committed: {color.FgGreen},
	view.Pending:   {color.FgYellow},
	view.Code:      {color.FgCyan},
	view.Message:   {color.FgMagenta},
}

// palette paints text in the colour of its style, or not at all.
type palette struct {
	styles []*color.Color // nil without colour
}

// newPalette makes a palette. color.New listens to NO_COLOR by itself and to
// standard output only, so each colour is switched on explicitly.
func newPalette(on bool) palette {
	if !on {
		return palette{}
	}
	styles := make([]*color.Color, len(attributes))
	for i, a := range attributes {
		if a != nil {
			styles[i] = color.New(a...)
			styles[i].EnableColor()
		}
	}
	return palette{styles}
}

func (p palette) paint(style view.Style, text string) string {
	if int(style) >= len(p.styles) || p.styles[style] == nil || text == "" {
		return text
	}
	return p.styles[style].Sprint(text)
}

// wantsColour decides for one stream: when is the value of --color.
func wantsColour(when string, terminal bool) bool {
	switch when {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal && os.Getenv("NO_COLOR") == "" && !dumb()
}

// dumb tells that the terminal understands no escape sequences.
func dumb() bool { return os.Getenv("TERM") == "dumb" }
