package commands

import (
	"context"
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// A transcript holds the last mdCommands commands, and tells of each one at most
// mdEvents events.
const (
	mdCommands = 200
	mdEvents   = 2_000
)

// exportTranscript is the commands that lead here, each with its story and the
// state after it.
func exportTranscript(c *Call) (text, told string, err error) {
	h := labOf(c).history
	lines := h.Past()
	if len(lines) == 0 {
		return "", "", Errorf("there is nothing to write: no command has changed anything yet")
	}
	left := max(0, len(lines)-mdCommands)
	var b strings.Builder
	p := h.Place()
	fmt.Fprintf(&b, "# Transcript of %s, to #%d\n\n", p.Branch.Name, p.Position)
	w := h.World()
	fmt.Fprintf(&b, "Written by raftlab. %s, seed %d.", prose.Plural(w.Size(), "server"), w.Seed())
	if left > 0 {
		fmt.Fprintf(&b, " The first %s are left out.", prose.Plural(left, "command"))
	}
	b.WriteString("\n")
	for i, l := range lines[left:] {
		if c.Ctx.Err() != nil {
			return "", "", Interrupted(fmt.Sprintf("after %d of %d commands", i, len(lines)-left))
		}
		events, omitted := eventsOf(c.Ctx, h, l.Start, min(l.End, p.Position))
		fmt.Fprintf(&b, "\n## %d. %s\n\n", left+i+1, mdCode(l.Text))
		if story := tellStory(events, omitted); len(story.Lines) > 0 {
			b.WriteString(mdFence(story.Lines))
		}
		after := h.WorldAt(cluster.Place{Branch: p.Branch, Position: min(l.End, p.Position)})
		b.WriteString(mdBlocks(statusBlocks(after)))
	}
	told = fmt.Sprintf("a transcript of %s", prose.Plural(len(lines)-left, "command"))
	if left > 0 {
		told += fmt.Sprintf(" (the first %d left out)", left)
	}
	return b.String(), told, nil
}

// eventsOf is what happened after position from, up to position to.
func eventsOf(ctx context.Context, h *cluster.History, from, to uint64) (events []cluster.Event, omitted int) {
	h.Walk(h.Place().Branch, from+1, to, func(w *cluster.World, more []cluster.Event) bool {
		for _, e := range more {
			if e.Position > from && e.Position <= to {
				events = append(events, e)
			}
		}
		if len(events) >= mdEvents && w.Position() < to {
			omitted = int(to - w.Position())
			return false
		}
		return ctx.Err() == nil
	})
	return events, omitted
}

// mdBlocks is blocks as Markdown.
func mdBlocks(blocks []view.Block) string {
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

var mdMarks = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "|", `\|`, "\n", " ")

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
		if i < len(t.Right) && t.Right[i] {
			return "--:"
		}
		return "---"
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

// mdFence is lines as they stand, fenced off by more marks than they have.
func mdFence(lines []view.Line) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(strings.TrimRight(prose.Visible(l.String()), " ") + "\n")
	}
	fence := "```"
	for strings.Contains(text.String(), fence) {
		fence += "`"
	}
	return fence + "text\n" + text.String() + fence + "\n"
}

// mdCode is text as code within a line.
func mdCode(text string) string {
	text = prose.Visible(text)
	mark := "`"
	for strings.Contains(text, mark) {
		mark += "`"
	}
	if len(mark) > 1 {
		return mark + " " + text + " " + mark
	}
	return mark + text + mark
}
