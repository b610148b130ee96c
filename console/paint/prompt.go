package paint

import (
	"slices"
	"strings"

	"raftlab/commands/view"
)

// Shorter is a prompt of at most so many columns: without what stands before
// its brackets, or else the bare sign.
func Shorter(prompt view.Line, most int) view.Line {
	if i := slices.IndexFunc(prompt, func(s view.Span) bool { return s.Text == "[" }); i > 0 &&
		columns(glyphs(prompt)) > most {
		prompt = prompt[i:]
	}
	if columns(glyphs(prompt)) > most {
		return view.L("> ")
	}
	return prompt
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
