package diagrams

import (
	"context"
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/picture"
	"raftlab/commands/draw"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
)

// A transcript holds the last mdCommands commands, and tells of each one at most
// mdEvents events.
const (
	mdCommands = 200
	mdEvents   = 2_000
)

// exportTranscript is the commands that lead here, each with its story and the
// state after it.
func exportTranscript(c *lang.Call) (text, told string, err error) {
	h := lab.Of(c).History
	lines := h.Past()
	if len(lines) == 0 {
		return "", "", lang.Errorf("there is nothing to write: no command has changed anything yet")
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
	if err := writeCommands(c, &b, p, lines, left); err != nil {
		return "", "", err
	}
	for _, w := range otherWays(c) {
		lines, first := w.branch.Lines(), 0
		for first < len(lines) && lines[first].Start < w.from {
			first++
		}
		fmt.Fprintf(&b, "\n# Another way: %s, from #%d\n", w.branch.Name, w.from)
		end := history.Place{Branch: w.branch, Position: w.branch.End()}
		if err := writeCommands(c, &b, end, lines, max(first, len(lines)-mdCommands)); err != nil {
			return "", "", err
		}
	}
	told = fmt.Sprintf("a transcript of %s", prose.Plural(len(lines)-left, "command"))
	if left > 0 {
		told += fmt.Sprintf(" (the first %d left out)", left)
	}
	return b.String(), told, nil
}

// writeCommands writes the commands that lead to a place, without the first ones.
func writeCommands(c *lang.Call, b *strings.Builder, p history.Place, lines []history.Line, left int) error {
	h := lab.Of(c).History
	for i, l := range lines[left:] {
		if c.Ctx.Err() != nil {
			return lang.Interrupted(fmt.Sprintf("after %d of %d commands", i, len(lines)-left))
		}
		end := history.Place{Branch: p.Branch, Position: min(l.End, p.Position)}
		events, omitted := eventsOf(c.Ctx, h, p.Branch, l.Start, end.Position)
		fmt.Fprintf(b, "\n## %d. %s\n\n", left+i+1, draw.Code(l.Text))
		if story := tell.WholeStory(events, omitted); len(story.Lines) > 0 {
			b.WriteString(draw.Fence(story.Lines))
		}
		b.WriteString(draw.Markdown(look.StatusBlocks(picture.OfWorld(h.WorldAt(end), lab.Only()))))
	}
	return nil
}

// eventsOf is what happened after position from, up to position to.
func eventsOf(ctx context.Context, h *history.History, on *history.Branch, from, to uint64) (events []event.Event,
	omitted int) {
	h.Walk(on, from+1, to, func(w *cluster.World, more []event.Event) bool {
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
