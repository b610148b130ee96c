package history

import (
	"cmp"
	"fmt"
	"slices"
	"sort"

	"raftlab/cluster"
)

// Place is a past state: an event position on a branch.
type Place struct {
	Branch   *Branch
	Position uint64
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Branch.Name, p.Position) }

// Branch is one line of history, from the beginning of its world on.
type Branch struct {
	Name   string
	Parent *Branch // the branch that it left, or nil
	ForkAt uint64  // the position at which it left the parent
	lines  []Line  // the commands, the parent's up to the fork included
	copies []worldCopy

	// of a root
	began *unit   // the command that began it, or nil
	tree  *Branch // for a branch that a search found: the root whose names it shares; or nil
}

// worldCopy is a copy of the world at a cursor. It is never changed.
type worldCopy struct {
	cursor
	world *cluster.World
}

const (
	nearSpacing = 512  // events between copies near the end
	nearCopies  = 64   // how many copies are near
	farSpacing  = 8192 // events between copies behind, at least
	maxCopies   = 2048 // above which the spacing doubles
)

// End is the position of the branch's last event.
func (b *Branch) End() uint64 {
	if len(b.lines) == 0 {
		return 0
	}
	return b.lines[len(b.lines)-1].End
}

// Lines is the branch's commands.
func (b *Branch) Lines() []Line { return b.lines }

// root is the branch with which the tree begins. What a search found belongs to the tree in
// which it was found, even if it begins with another world.
func (b *Branch) root() *Branch {
	for b.Parent != nil || b.tree != nil {
		b = cmp.Or(b.Parent, b.tree)
	}
	return b
}

// beginning is the root that the branch left from.
func (b *Branch) beginning() *Branch {
	for b.Parent != nil {
		b = b.Parent
	}
	return b
}

// keepCopy keeps a copy of the world if the last one is far enough behind, and thins out the
// copies that are far behind.
func (b *Branch) keepCopy(w *cluster.World, at cursor) {
	last := b.copies[len(b.copies)-1]
	if w.Position()-last.world.Position() < nearSpacing {
		return
	}
	b.copies = append(b.copies, worldCopy{at, w.Clone()})
	spacing := uint64(farSpacing)
	for n := len(b.copies); n > maxCopies; n /= 2 {
		spacing *= 2
	}
	if i := len(b.copies) - nearCopies; i > 0 {
		if b.copies[i+1].world.Position()-b.copies[i-1].world.Position() < spacing {
			b.copies = slices.Delete(slices.Clip(b.copies), i, i+1)
		}
	}
	if len(b.copies) > maxCopies*3/2 {
		b.thin(spacing * 2)
	}
}

// thin keeps copies at least spacing events apart, except near the end.
func (b *Branch) thin(spacing uint64) {
	kept := b.copies[:1:1]
	for i, c := range b.copies[1:] {
		if c.world.Position()-kept[len(kept)-1].world.Position() >= spacing || i > len(b.copies)-nearCopies {
			kept = append(kept, c)
		}
	}
	b.copies = kept
}

// copyBefore is a copy of the world from before position. The caller may change it.
func (b *Branch) copyBefore(position uint64) (*cluster.World, cursor) {
	i := sort.Search(len(b.copies), func(i int) bool { return b.copies[i].world.Position() >= position })
	c := b.copies[max(i-1, 0)]
	return c.world.Clone(), c.cursor
}

// worldAt replays from the copy before position until position is reached.
func (b *Branch) worldAt(position uint64) (*cluster.World, cursor) {
	w, at := b.copyBefore(position + 1)
	at = b.replay(w, at, func(cursor) bool { return w.Position() >= position })
	return w, at
}

// worldAtCursor is the world at a place among the actions.
func (b *Branch) worldAtCursor(to cursor) *cluster.World {
	i := sort.Search(len(b.copies), func(i int) bool { return to.before(b.copies[i].cursor) }) - 1
	c := b.copies[max(i, 0)]
	w := c.world.Clone()
	b.replay(w, c.cursor, func(at cursor) bool { return !at.before(to) })
	return w
}

// replay applies the actions after at, until stop says so or none is left. It returns the
// cursor after the last action that it applied.
func (b *Branch) replay(w *cluster.World, at cursor, stop func(cursor) bool) cursor {
	for !stop(at) {
		next, ok := b.next(at)
		if !ok {
			break
		}
		a := b.lines[next.line].action(next)
		if err := w.Apply(a); err != nil {
			panic(fmt.Sprintf("history: %v does not replay: %v", a, err))
		}
		at = next
	}
	return at
}

// next is the cursor after the action that follows at.
func (b *Branch) next(at cursor) (cursor, bool) {
	if at.line >= len(b.lines) {
		return at, false
	}
	runs := b.lines[at.line].runs
	switch {
	case at.done < int(runs[at.run].count):
		at.done++
	case at.run+1 < len(runs):
		at = cursor{at.line, at.run + 1, 1}
	case at.line+1 < len(b.lines):
		at = cursor{at.line + 1, 0, 1}
	default:
		return at, false
	}
	return at, true
}

// HasIn tells whether a place lies on branch b: on its own part, or on what it
// shares with the branches that it left.
func (p Place) HasIn(b *Branch) bool {
	for end := b.End(); b != nil; b = b.Parent {
		if b == p.Branch {
			return p.Position <= end
		}
		end = min(end, b.ForkAt)
	}
	return false
}

// Failing is what a branch did from a position up to its first breach after that. It is a
// copy of the world there, and the actions. Where nothing broke up to position to, wrong is
// asked about the world there. There are no actions if it finds nothing either.
func (b *Branch) Failing(from, to uint64, wrong func(*cluster.World) bool) (*cluster.World, []cluster.Action) {
	w, at := b.worldAt(from)
	start := w.Clone()
	before := len(w.Breaches())
	var actions []cluster.Action
	for w.Position() < to {
		next, ok := b.next(at)
		if !ok {
			break
		}
		a := b.lines[next.line].action(next)
		if err := w.Apply(a); err != nil {
			break
		}
		actions = append(actions, a)
		if w.Harm(before) != nil {
			return start, actions
		}
		at = next
	}
	if !wrong(w) {
		return start, nil
	}
	return start, actions
}
