package help

import (
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// PageBlocks shows a page of docs: as much Markdown as these use. Paragraphs
// and lists are filled, code and tables are not, and of a transcript it shows
// what was typed.
func PageBlocks(page string) []view.Block {
	var blocks []view.Block
	for i, part := range pageParts(page) {
		if i > 0 {
			blocks = append(blocks, view.Lines(""))
		}
		blocks = append(blocks, part.block())
	}
	return blocks
}

// pagePart is the lines of a paragraph, a list, a table or some code.
type pagePart struct {
	lines []string
	code  string // the fence that it stands in
}

// pageParts cuts a page at its empty lines, but not within fences.
func pageParts(page string) []pagePart {
	var parts []pagePart
	var now pagePart
	end := func() {
		if len(now.lines) > 0 {
			parts = append(parts, now)
		}
		now = pagePart{}
	}
	fenced := false
	for line := range strings.SplitSeq(page, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			end()
			if fenced = !fenced; fenced {
				now.code = line
			}
		case line == "" && !fenced:
			end()
		default:
			now.lines = append(now.lines, line)
		}
	}
	end()
	return parts
}

func (p pagePart) block() view.Block {
	first := p.lines[0]
	switch {
	case p.code == "```console":
		return transcriptBlock(p.lines)
	case p.code != "" || strings.HasPrefix(first, "    "):
		return codeBlock(p.lines)
	case strings.HasPrefix(first, "- "):
		return listBlock(p.lines)
	case strings.HasPrefix(first, "| "):
		return tableBlock(p.lines)
	case strings.HasPrefix(first, "#"):
		return view.Says(view.Strong, strings.TrimLeft(first, "# "))
	}
	return view.Prose{Words: pageLine(strings.Join(p.lines, " "))}
}

// codeBlock is lines as they are.
func codeBlock(lines []string) view.Text {
	return view.Text{Indent: 2, Lines: each.As(lines, func(line string) view.Line {
		return view.LS(view.Code, "  "+strings.TrimPrefix(line, "    "))
	})}
}

// transcriptBlock is what was typed; whoever reads it at the prompt can do so too.
func transcriptBlock(lines []string) view.Text {
	var typed []string
	for _, line := range lines {
		if line, ok := strings.CutPrefix(line, "> "); ok {
			typed = append(typed, line)
		}
	}
	return codeBlock(typed)
}

// listBlock is a list's items, each with the lines that go on with it.
func listBlock(lines []string) view.Text {
	var items []string
	for _, line := range lines {
		if strings.HasPrefix(line, "- ") {
			items = append(items, line)
		} else {
			items[len(items)-1] += " " + strings.TrimSpace(line)
		}
	}
	return view.Text{Indent: 2, Lines: each.As(items, pageLine)}
}

// tableBlock is a table with a head.
func tableBlock(lines []string) view.Table {
	t := view.Table{Fixed: 1}
	for i, line := range lines {
		var row []view.Line
		for cell := range strings.SplitSeq(strings.Trim(line, "| "), " | ") {
			row = append(row, pageLine(strings.TrimSpace(cell)))
		}
		switch i {
		case 0:
			t.Head = append(t.Head, each.As(row, view.Line.String)...)
		case 1: // |---|---|
		default:
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

var (
	pageLink = prose.Pattern(`\[([^\]]*)\]\([^)]*\)`)
	pageMark = prose.Pattern("`[^`]+`|\\*\\*[^*]+\\*\\*|\\*[^* ][^*]*\\*")
)

// pageLine is a line without its marks: code and bold in their styles, links
// as their text. Code of several words keeps its quotes, or without colour
// nobody could tell where it ends.
func pageLine(text string) view.Line {
	var line view.Line
	text = pageLink().ReplaceAllString(text, "$1")
	at := 0
	for _, m := range pageMark().FindAllStringIndex(text, -1) {
		style, marks := view.Code, 1
		switch {
		case strings.HasPrefix(text[m[0]:], "**"):
			style, marks = view.Strong, 2
		case text[m[0]] == '*':
			style = view.Strong
		}
		if words := text[m[0]:m[1]]; style == view.Code && strings.Contains(words, " ") {
			marks = 0
		}
		line = append(line, view.S(view.Plain, text[at:m[0]]), view.S(style, text[m[0]+marks:m[1]-marks]))
		at = m[1]
	}
	return append(line, view.S(view.Plain, text[at:]))
}
