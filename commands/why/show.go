package why

import (
	"cmp"
	"fmt"
	"strings"

	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/why/inquiry"
)

// blocks is the answer as text.
func blocks(a *inquiry.Answer) []view.Block {
	blocks := []view.Block{view.Text{Lines: []view.Line{view.LS(view.Strong, a.Answer)}, Indent: 2}}
	if a.Rule != "" {
		blocks = append(blocks, whyRow("rule",
			view.Line{view.S(view.Code, a.Rule), view.S(view.Plain, ", "+a.Place+": "+a.Brief)}))
	}
	if len(a.Compared) > 0 {
		blocks = append(blocks, numberRows(a)...)
	}
	for i, other := range a.Also {
		blocks = append(blocks, whyRow(prose.Either(i > 0, "", "also"), view.L(other)))
	}
	if a.Bug != "" {
		blocks = append(blocks, whyRow("bug", view.LS(view.Bad, a.Bug)))
	}
	for _, n := range nodeRows(a) {
		blocks = append(blocks, whyRow(n.Node, view.L(n.Text)))
	}
	for i, b := range a.Because {
		label := prose.Either(i > 0, "", "because")
		blocks = append(blocks, whyRow(label, view.L(b.Text)))
	}
	if len(a.Chain) > 0 {
		lines := view.Text{Lines: []view.Line{view.LS(view.Strong, "  the whole chain, the latest first")}, Indent: 8}
		for _, b := range a.Chain {
			mark := "" // the position, to go to
			if b.Position > 0 {
				mark = fmt.Sprintf("#%d", b.Position)
			}
			lines.Lines = append(lines.Lines,
				view.Line{view.S(view.Quiet, fmt.Sprintf("  %6s  ", mark)), view.S(view.Plain, b.Text)})
		}
		blocks = append(blocks, lines)
	}
	return blocks
}

// whyRow is a labelled line; what does not fit goes below its text. A label that is longer than the
// column has a line of its own.
func whyRow(label string, text view.Line) view.Block {
	const room = 9
	block := view.Text{Indent: 10}
	if len(label) > room {
		block.Lines = append(block.Lines, view.LS(view.Quiet, "  "+label))
		label = ""
	}
	if label == "" { // what does not fit goes below the blanks anyway
		block.Indent = 0
	}
	head := view.S(view.Quiet, fmt.Sprintf("  %-*s ", room, label))
	block.Lines = append(block.Lines, append(view.Line{head}, text...))
	return block
}

// nodeRows is the servers one by one, those of whom the same is said together. A clause that holds of
// several is said once, below them.
func nodeRows(a *inquiry.Answer) []inquiry.NodeReason {
	var rows, shared []inquiry.NodeReason
	of := map[string][]string{}
	for _, n := range a.Nodes {
		if of[n.Shared] = append(of[n.Shared], n.Node); n.Shared != "" && len(of[n.Shared]) == 2 {
			shared = append(shared, n)
		}
	}
	for _, n := range a.Nodes {
		if n.Shared != "" && len(of[n.Shared]) > 1 {
			n.Text = n.Own
		}
		if k := len(rows); k > 0 && rows[k-1].Text == n.Text {
			rows[k-1].Node += " " + n.Node
		} else {
			rows = append(rows, n)
		}
	}
	for i := range rows {
		if strings.Contains(rows[i].Node, " ") {
			rows[i].Text = cmp.Or(rows[i].Many, rows[i].Text)
		}
	}
	for _, n := range shared {
		rows = append(rows, inquiry.NodeReason{Text: fmt.Sprintf(n.Shared, prose.Or(of[n.Shared]))})
	}
	return rows
}

// numberRows is the numbers, as many on a line as 80 columns hold.
func numberRows(a *inquiry.Answer) []view.Block {
	const room = 67
	label, line, width := "compared", view.Line(nil), 0
	var rows []view.Block
	add := func(style view.Style, text string) {
		n := len([]rune(text))
		if width > 0 && width+3+n > room {
			rows = append(rows, whyRow(label, line))
			label, line, width = "", nil, 0
		}
		if width > 0 {
			text = "   " + text
		}
		line, width = append(line, view.S(style, text)), width+3+n
	}
	for _, n := range a.Compared {
		add(view.Plain, fmt.Sprintf("%s: %v", n.Name, n.Value))
	}
	if a.Verdict != "" {
		add(view.Strong, a.Verdict)
	}
	return append(rows, whyRow(label, line))
}
