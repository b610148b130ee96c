package history

import (
	"maps"
	"slices"

	"raftlab/cluster"
)

// Mark is a state of the History to which Reset goes back, any number of times.
type Mark struct {
	h     History
	world *cluster.World
	ends  []branchEnd // the ends of all branches
}

// branchEnd is how long a branch is. Its last line may grow.
type branchEnd struct {
	lines int
	last  Line
}

// Mark is the history as it is now, with its present.
func (h *History) Mark() *Mark {
	m := &Mark{h: h.copied(), world: h.present.Clone()}
	for _, b := range h.all {
		m.ends = append(m.ends, b.end())
	}
	return m
}

// copied is a copy of the history. What its branches hold is shared.
func (h *History) copied() History {
	c := *h
	c.all, c.marks = slices.Clone(h.all), maps.Clone(h.marks)
	return c
}

func (b *Branch) end() branchEnd {
	e := branchEnd{lines: len(b.lines)}
	if e.lines > 0 {
		e.last = b.lines[e.lines-1]
		e.last.runs = slices.Clone(e.last.runs)
	}
	return e
}

// Reset goes back to a mark, and removes all that was recorded since.
func (h *History) Reset(m *Mark) {
	listener := h.present.Listener()
	*h = m.h.copied()
	for i, b := range h.all {
		b.cutBack(m.ends[i])
	}
	h.present = m.world.Clone()
	h.present.Listen(listener)
}

func (b *Branch) cutBack(e branchEnd) {
	b.lines = b.lines[:e.lines]
	if e.lines > 0 {
		e.last.runs = slices.Clone(e.last.runs)
		b.lines[e.lines-1] = e.last
	}
	end := b.End()
	b.copies = slices.DeleteFunc(slices.Clone(b.copies), func(c worldCopy) bool { return c.world.Position() > end })
}
