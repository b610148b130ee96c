package history

import (
	"fmt"
	"slices"
)

// unit is a command, which is undone as a whole, with the commands that it ran, as source
// does. An undo among those takes back only the ones before it there.
type unit struct {
	number int
	outer  *unit // the command that ran it, or nil
	text   string
	from   spot // where the present was when it began
	later  bool // from is not known yet
}

// spot is a place among the actions.
type spot struct {
	branch *Branch
	at     cursor
	was    uint64 // the position there
}

// jump is a unit that was undone from one spot, and led to another.
type jump struct {
	from, to spot
	texts    []string // the unit's commands
}

// NextUnit begins an undo unit. What is recorded from now on is undone separately from what
// was recorded before.
func (h *History) NextUnit() { h.units++; h.unit = h.units }

// Unit is the undo unit of what is recorded.
func (h *History) Unit() int { return h.unit }

// LastUnit is the undo unit that led to the present, 0 where nothing was done.
func (h *History) LastUnit() int {
	if u := h.last(h.spot()); u != nil {
		return u.number
	}
	return 0
}

func (h *History) spot() spot { return spot{h.branch, h.at, h.present.Position()} }

// isOn tells whether back is the spot, seen from a branch that began later. A branch that a
// search found has none.
func (s spot) isOn(back spot) bool {
	if s.branch == nil {
		return true
	}
	b := back.branch
	for b != nil && b != s.branch {
		b = b.Parent
	}
	return b != nil && s.at == back.at
}

func (s spot) same(t spot) bool { return s.branch == t.branch && s.at == t.at }

// endOf is the spot after lines, which are the first lines of branch b.
func endOf(b *Branch, lines []Line) spot {
	i := len(lines) - 1
	if i < 0 {
		return spot{branch: b}
	}
	runs := lines[i].runs
	return spot{b, cursor{i, len(runs) - 1, int(runs[len(runs)-1].count)}, lines[i].End}
}

// Undo takes back the last count units of commands on this branch, and returns the texts of
// their commands. If there are not so many, it returns an error and changes nothing. It goes
// back to where the unit began, even if that is on another branch or in the world before new.
func (h *History) Undo(count int) ([]string, error) {
	at, undone := h.spot(), slices.Clip(h.undone)
	var all []string
	for k := range count {
		u := h.last(at)
		if u == nil {
			return nil, fmt.Errorf("there %s to undo on this branch", commands(k))
		}
		from := at
		var texts []string
		for before := u; before != nil && before.number == u.number; before = h.last(at) {
			lines := at.branch.lines[:done(at.at)]
			for len(lines) > 0 && h.unitOf(&lines[len(lines)-1]).number == u.number {
				texts = append(texts, lines[len(lines)-1].Text)
				lines = lines[:len(lines)-1]
			}
			if at = endOf(at.branch, lines); !before.from.isOn(at) {
				at = before.from
			}
		}
		if len(texts) == 0 {
			texts = []string{u.text}
		}
		all, undone = append(all, texts...), append(undone, jump{from, at, texts})
	}
	h.branch, h.undone = at.branch, undone
	h.setPresent(at.branch.worldAtCursor(at.at), at.at)
	return all, nil
}

// Redo does this count times: it goes back to where the undo that led here came from or, if
// none led here, forward over a unit of commands of this branch. It returns the texts of all
// these commands. If there are not so many, it returns an error and changes nothing.
func (h *History) Redo(count int) ([]string, error) {
	at, undone := h.spot(), h.undone
	var texts []string
	for k := range count {
		if n := len(undone) - 1; n >= 0 && undone[n].to.same(at) {
			for _, text := range slices.Backward(undone[n].texts) {
				texts = append(texts, text)
			}
			at, undone = undone[n].from, undone[:n]
			continue
		}
		lines := at.branch.lines
		next := whole(lines, at.at)
		if next == len(lines) {
			return nil, fmt.Errorf("there %s to redo on this branch", commands(k))
		}
		for u := h.unitOf(&lines[next]); next < len(lines) && h.unitOf(&lines[next]).number == u.number; next++ {
			texts = append(texts, lines[next].Text)
		}
		at = endOf(at.branch, lines[:next])
	}
	h.branch, h.undone = at.branch, undone
	h.setPresent(at.branch.worldAtCursor(at.at), at.at)
	return texts, nil
}

// last is the unit that led to a spot: that of the command before it, or of the command that
// began its world.
func (h *History) last(at spot) *unit {
	if n := done(at.at); n > 0 {
		return h.unitOf(&at.branch.lines[n-1])
	}
	if u := at.branch.beginning().began; u != nil {
		return h.outermost(u)
	}
	return nil
}

// LastCommand is the lines that the last command on this branch recorded, its own or those of the
// commands that it ran, and the place before it. There are none if nothing was done.
func (h *History) LastCommand() (did []Line, from Place) {
	past := h.Past()
	if len(past) == 0 {
		return nil, h.Place()
	}
	u, first := h.unitOf(&past[len(past)-1]), len(past)-1
	for first > 0 && h.unitOf(&past[first-1]).number == u.number {
		first--
	}
	if !u.from.isOn(endOf(h.branch, past[:first])) {
		return past[first:], Place{u.from.branch, u.from.was}
	}
	return past[first:], Place{h.branch, past[first].Start}
}

func (h *History) unitOf(l *Line) *unit { return h.outermost(l.begun()) }

// outermost is the unit around u, or u, that is not still being recorded.
func (h *History) outermost(u *unit) *unit {
	for u.outer != nil {
		for open := h.inside; open != nil; open = open.outer {
			if open.number == u.outer.number {
				return u
			}
		}
		u = u.outer
	}
	return u
}

func commands(k int) string {
	switch k {
	case 0:
		return "is nothing"
	case 1:
		return "is only 1 command"
	}
	return fmt.Sprintf("are only %d commands", k)
}

// outermost is the unit around all others.
func (u *unit) outermost() *unit {
	for u.outer != nil {
		u = u.outer
	}
	return u
}
