package history

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/setting"
)

// Find is the place that a word names: a position on this branch, NAME:POSITION on another,
// a checkpoint, a branch (its end), or - for the place before the last goto.
func (h *History) Find(name string) (Place, error) {
	if name == "-" {
		return h.left, nil
	}
	if p, ok := h.marks[mark{h.branch.root(), name}]; ok {
		return p, nil
	}
	if n, err := setting.ParseNumber(name, 0, 1<<62); err == nil {
		return h.within(Place{h.branch, uint64(n)})
	}
	base, at := name, ""
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		base, at = name[:i], name[i+1:]
	}
	for _, b := range h.all {
		if b.Name != base {
			continue
		}
		if base == name {
			return Place{b, b.End()}, nil
		}
		n, err := setting.ParseNumber(at, 0, 1<<62)
		if err != nil {
			return Place{}, err
		}
		return h.within(Place{b, uint64(n)})
	}
	return Place{}, fmt.Errorf("there is no position, checkpoint or branch %q; history shows the tree", name)
}

func (h *History) within(p Place) (Place, error) {
	if end := p.Branch.End(); p.Position > end {
		return p, fmt.Errorf("position %d is beyond the end of %s, which is %d", p.Position, p.Branch.Name, end)
	}
	return p, nil
}

// Goto makes a place the present: it goes to the end of the action that contains it.
func (h *History) Goto(p Place) {
	was := h.Place()
	w, at := p.Branch.worldAt(p.Position)
	h.branch = p.Branch
	h.setPresent(w, at)
	h.left = was
}

// WorldAt is the world at a place. The caller may change it.
func (h *History) WorldAt(p Place) *cluster.World {
	w, _ := p.Branch.worldAt(p.Position)
	return w
}

// Retrace goes through a branch from its beginning to a place. It calls visit with the world
// before each action, and visit must apply the action. An error of visit ends Retrace, which
// returns it.
func (h *History) Retrace(p Place, visit func(w *cluster.World, a cluster.Action) error) error {
	w, at := p.Branch.copies[0].world.Clone(), cursor{}
	for w.Position() < p.Position {
		next, ok := p.Branch.next(at)
		if !ok {
			return nil
		}
		if err := visit(w, p.Branch.lines[next.line].action(next)); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// Did calls visit with the actions that led to the present, with a run of equal ones only once.
func (h *History) Did(visit func(cluster.Action)) {
	for i, l := range h.branch.lines {
		for j, r := range l.runs {
			if h.at.before(cursor{i, j, 1}) {
				return
			}
			if r.period == 0 { // else visit had these actions already
				visit(r.Action)
			}
		}
	}
}

// Back goes back by that many actions, or as many as there are, and returns how many.
func (h *History) Back(count int) int {
	at, moved := h.at, 0
	for moved < count && at != (cursor{}) {
		step := min(at.done, count-moved)
		at.done -= step
		moved += step
		if at.done > 0 {
			break
		}
		switch {
		case at.run > 0:
			at.run--
		case at.line > 0:
			at.line--
			at.run = len(h.branch.lines[at.line].runs) - 1
		default:
			at = cursor{}
			continue
		}
		at.done = int(h.branch.lines[at.line].runs[at.run].count)
	}
	if moved > 0 {
		h.setPresent(h.branch.worldAtCursor(at), at)
	}
	return moved
}

// Forward goes forward by that many actions on this branch, or as many as there are, and
// returns how many.
func (h *History) Forward(count int) int {
	moved := 0
	h.at = h.branch.replay(h.present, h.at, func(cursor) bool { moved++; return moved > count })
	if moved > count {
		return count
	}
	return moved - 1
}

// Walk replays a branch up to position to. After each action that leads beyond position from,
// it calls visit with the world, and the action's events without the ticks of clocks. The world
// is Walk's own, and the next action changes it. Before the first of these actions, visit gets
// the world without events. Walk ends when visit returns false.
func (h *History) Walk(b *Branch, from, to uint64, visit func(w *cluster.World, events []event.Event) bool) {
	l := &cluster.Listener{NoTicks: true}
	w, at := b.copyBefore(from)
	w.Listen(l)
	b.replay(w, at, func(cursor) bool {
		events, _ := l.Take()
		if w.Position() < from {
			events = nil
		}
		return !visit(w, events) || w.Position() >= to
	})
}
