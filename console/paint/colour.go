package paint

import (
	"sync"

	"github.com/fatih/color"

	"raftlab/commands/view"
)

// theme is what the styles look like. It must be readable from the back row,
// never faint. The six colours of terms are told apart without seeing red or green,
// since the odd terms are darker than the even ones.
type theme [view.Styles][]color.Attribute

// themes are by the names that `set theme` has.
var themes = map[string]theme{
	// The terminal's own colours, on a black and on a white screen; yellow not
	// bold, since many terminals make bold yellow a pale one.
	"auto": {
		view.Strong: {color.Bold},
		view.Good:   {color.FgGreen}, view.Bad: {color.FgRed, color.Bold}, view.Warn: {color.FgYellow},
		view.Leader: {color.FgGreen, color.Bold}, view.Candidate: {color.FgYellow}, view.Down: {color.FgRed},
		view.Committed: {color.FgGreen}, view.Pending: {color.FgYellow},
		view.Code: {color.FgCyan}, view.Message: {color.FgMagenta},
		view.Term1: of256(32), view.Term2: of256(136), view.Term3: of256(29),
		view.Term4: of256(169), view.Term5: of256(167), view.Term6: of256(98),
		view.Hint: of256(102),
	},
	// Bright colours for a black screen.
	"dark": {
		view.Strong: {color.FgHiWhite, color.Bold},
		view.Good:   {color.FgHiGreen}, view.Bad: {color.FgHiRed, color.Bold}, view.Warn: {color.FgHiYellow},
		view.Leader: {color.FgHiGreen, color.Bold}, view.Candidate: {color.FgHiYellow, color.Bold},
		view.Down: {color.FgHiRed}, view.Committed: {color.FgHiGreen}, view.Pending: {color.FgHiYellow},
		view.Code: {color.FgHiCyan}, view.Message: {color.FgHiMagenta},
		view.Term1: of256(75), view.Term2: of256(221), view.Term3: of256(43),
		view.Term4: of256(218), view.Term5: of256(209), view.Term6: of256(153),
		view.Hint: of256(145),
	},
	// Dark ones for a white screen, of the 256: no yellow, which a projector loses.
	"light": {
		view.Strong: {color.Bold},
		view.Good:   of256(22), view.Bad: append(of256(124), color.Bold), view.Warn: append(of256(130), color.Bold),
		view.Leader: append(of256(22), color.Bold), view.Candidate: append(of256(130), color.Bold),
		view.Down: of256(124), view.Committed: of256(22), view.Pending: of256(130),
		view.Code: of256(23), view.Message: of256(90),
		view.Term1: of256(25), view.Term2: of256(94), view.Term3: of256(23),
		view.Term4: of256(125), view.Term5: of256(88), view.Term6: of256(31),
		view.Hint: of256(59),
	},
	// No colour at all.
	"mono": {
		view.Strong: {color.Bold},
		view.Bad:    {color.Bold, color.ReverseVideo}, view.Warn: {color.Underline},
		view.Leader: {color.Bold, color.Underline}, view.Candidate: {color.Underline}, view.Down: {color.ReverseVideo},
		view.Committed: {color.Bold}, view.Code: {color.Underline},
	},
}

// of256 is a colour of the 256.
func of256(n color.Attribute) []color.Attribute { return []color.Attribute{38, 5, n} }

// Palette paints text in the colour of its style, or not at all.
type Palette struct {
	styles []*color.Color // nil without colour
	light  bool           // the ground of the screen is known to be light
}

// newPalette makes a palette. color.New listens to NO_COLOR by itself and to
// standard output only, so each colour is switched on explicitly.
func newPalette(on bool, name string) Palette {
	if !on {
		return Palette{light: name == "light"}
	}
	attributes := themes[name]
	styles := make([]*color.Color, len(attributes))
	for i, a := range attributes {
		if a != nil {
			styles[i] = color.New(a...)
			styles[i].EnableColor()
		}
	}
	return Palette{styles: styles, light: name == "light"}
}

// Paints is the palettes of a stream: one for each theme, as it is in use.
type Paints struct {
	on    bool
	theme func() string
	mu    sync.Mutex // the line editor paints from its own goroutine
	made  map[string]Palette
}

// NewPaints makes those of a stream; theme says which is in use.
func NewPaints(on bool, theme func() string) *Paints {
	return &Paints{on: on, theme: theme, made: map[string]Palette{}}
}

// On tells whether there are colours at all.
func (p *Paints) On() bool { return p.on }

// Now is the palette of the theme in use.
func (p *Paints) Now() Palette {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := p.theme()
	if _, ok := p.made[name]; !ok {
		p.made[name] = newPalette(p.on, name)
	}
	return p.made[name]
}

// Hint is a hint as it looks; "" where without colour it would look like what is typed.
func (p Palette) Hint(text string) string {
	if p.styles == nil || p.styles[view.Hint] == nil {
		return ""
	}
	return p.paint(view.Hint, text)
}

func (p Palette) paint(style view.Style, text string) string {
	if int(style) >= len(p.styles) || p.styles[style] == nil || text == "" {
		return text
	}
	return p.styles[style].Sprint(text)
}

// Marks is a palette for a page: a text of a style stands between ESC [ 100+style m and a reset.
func Marks() Palette {
	p := Palette{styles: make([]*color.Color, view.Styles)}
	for i := range p.styles {
		if view.Style(i) != view.Plain {
			p.styles[i] = color.New(color.Attribute(100 + i))
			p.styles[i].EnableColor()
		}
	}
	return p
}
