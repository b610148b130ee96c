package draw

import (
	"strings"

	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Markdown is blocks as Markdown.
func Markdown(blocks []view.Block) string {
	var b strings.Builder
	for _, block := range blocks {
		switch block := block.(type) {
		case view.Text:
			for _, l := range block.Lines {
				b.WriteString("\n" + mdLine(l) + "\n")
			}
		case view.Prose:
			b.WriteString("\n" + mdLine(block.Words) + "\n")
		case view.Table:
			b.WriteString("\n" + mdTable(block))
		}
	}
	return b.String()
}

// mdLine is a line of text; what is bad is bold.
func mdLine(l view.Line) string {
	var b strings.Builder
	for _, s := range l {
		text := mdText(s.Text)
		if bold := strings.Trim(text, ". "); s.Style == view.Bad && bold != "" {
			text = strings.Replace(text, bold, "**"+bold+"**", 1)
		}
		b.WriteString(text)
	}
	return b.String()
}

var mdMarks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">",
	"&gt;", "&", "&amp;", "|", `\|`, "\n", " ")

// mdText is text that Markdown takes as it is; a # is meant only at a line's
// beginning, where these texts have none.
func mdText(text string) string { return mdMarks.Replace(prose.Visible(text)) }

func mdTable(t view.Table) string {
	var b strings.Builder
	columns := len(t.Head)
	row := func(cell func(int) string) {
		b.WriteString("|")
		for i := range columns {
			b.WriteString(" " + cell(i) + " |")
		}
		b.WriteString("\n")
	}
	row(func(i int) string { return mdText(t.Head[i]) })
	row(func(i int) string {
		return prose.Either(i < len(t.Right) && t.Right[i], "--:", "---")
	})
	for _, cells := range t.Rows {
		row(func(i int) string {
			if i < len(cells) {
				return mdText(cells[i].String())
			}
			return ""
		})
	}
	return b.String()
}

// Fence is lines as they stand, fenced off by more marks than they have.
func Fence(lines []view.Line) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(strings.TrimRight(prose.Visible(l.String()), " ") + "\n")
	}
	fence := longer("```", text.String())
	return fence + "text\n" + text.String() + fence + "\n"
}

// Code is text as code within a line.
func Code(text string) string {
	text = prose.Visible(text)
	mark := longer("`", text)
	if len(mark) > 1 {
		return mark + " " + text + " " + mark
	}
	return mark + text + mark
}

// longer is so many marks that text has no more of them in a row.
func longer(marks, text string) string {
	for strings.Contains(text, marks) {
		marks += "`"
	}
	return marks
}
