package paint

import (
	"slices"
	"strings"

	"raftlab/commands/view"
)

// Shorter is a prompt of at most so many columns. What matters least goes first: the name of the
// lesson, then who leads, then what Enter does, then the beat; or else there is the bare sign.
func Shorter(prompt view.Line, most int) view.Line {
	open := slices.IndexFunc(prompt, func(s view.Span) bool { return strings.HasPrefix(s.Text, "[") })
	end := slices.IndexFunc(prompt, func(s view.Span) bool { return strings.HasSuffix(s.Text, "]") })
	var place view.Line
	world, rest := prompt, prompt
	if open >= 0 && end > open {
		place, world, rest = prompt[:open], prompt[open:], prompt[end+1:]
	}
	short := slices.Clone(place)
	if len(short) > 0 {
		if _, behind, ok := strings.Cut(short[0].Text, " "); ok && behind != "" {
			short[0].Text = behind
		}
	}
	enter := func(s view.Span) bool { return strings.HasPrefix(s.Text, " Enter: ") }
	silent := slices.DeleteFunc(slices.Clone(rest), enter)
	for _, p := range []view.Line{prompt, slices.Concat(short, world), joined(short, rest), joined(short, silent),
		slices.DeleteFunc(slices.Clone(world), enter), joined(nil, silent)} {
		if columns(glyphs(p)) <= most {
			return p
		}
	}
	return view.L("> ")
}

// joined is two parts of a prompt with one blank between them.
func joined(place, rest view.Line) view.Line {
	rest = slices.Clone(rest)
	if len(rest) > 0 {
		rest[0].Text = strings.TrimLeft(rest[0].Text, " ")
	}
	return slices.Concat(place, rest)
}

// Columns is how many columns of the screen text takes. It must be quoted already (Quote).
func Columns(text string) int { return widths.StringWidth(text) }

// Prompt renders a prompt; unlike a line it keeps the blank at its end.
func (r Renderer) Prompt(l view.Line) string {
	text := r.line(l)
	if n := len(glyphs(l)); n > 0 && glyphs(l)[n-1].blank() {
		text += " "
	}
	return text
}

// Menu sets words in as many columns as fit.
func (r Renderer) Menu(words []string) string {
	r.Width = max(r.Width, MinWidth)
	wide := 0
	for i, w := range words {
		words[i] = Clip(w, r.Width-1)
		wide = max(wide, widths.StringWidth(words[i]))
	}
	each := max(1, (r.Width+gap-1)/(wide+gap))
	var b strings.Builder
	for i, w := range words {
		b.WriteString(w)
		if (i+1)%each == 0 || i == len(words)-1 {
			b.WriteByte('\n')
		} else {
			b.WriteString(strings.Repeat(" ", wide-widths.StringWidth(w)+gap))
		}
	}
	return b.String()
}
