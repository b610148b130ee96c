// Package history is everything that was done to a world, and the way back to any of it. The
// commands stand in line.go, branches with copies of the world in branch.go, the tree and the
// present in history.go, and what undo takes back in undo.go. On these stand going to other
// places (travel.go), schedules that a search found (found.go), trials (trial.go), looking back
// at events (record.go), and the history as a script (script.go) and as data (kept.go).
package history

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/program"
)

// History is everything that was done, as a tree of branches, and the present, which is a
// place in it. It stores the actions (a run of equal ones as one) and copies of the world,
// many of them near the end of a branch and fewer before. To reach any place, it replays the
// few thousand events after the copy before it. Old events are found in the same way.
type History struct {
	present *cluster.World
	at      cursor // where in branch the present is
	branch  *Branch
	all     []*Branch
	units   int   // the number of the newest undo unit
	unit    int   // the number of the unit of the next command that no other command runs
	inside  *unit // the command that is being recorded
	left    Place // where the last goto began, for `goto -`
	marks   map[mark]Place
	undone  []jump // what was undone, for Redo
	open    *Line  // the command that is being recorded
}

// mark is the name of a checkpoint in a tree, whose root is tree.
type mark struct {
	tree *Branch
	name string
}

// New is a history that begins with a world.
func New(w *cluster.World) *History {
	h := &History{marks: map[mark]Place{}}
	h.New(w)
	h.left = h.Place()
	return h
}

// World is the present, to be read only.
func (h *History) World() *cluster.World { return h.present }

// Place is where the present is.
func (h *History) Place() Place { return Place{h.branch, h.present.Position()} }

// Present is the branch that the present is on.
func (h *History) Present() *Branch { return h.branch }

// Branches is every branch, in the order in which they began.
func (h *History) Branches() []*Branch { return h.all }

// Branch is the branch of that name, or nil.
func (h *History) Branch(name string) *Branch {
	for _, b := range h.all {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// New begins a new root with another world. The old root is kept.
func (h *History) New(w *cluster.World) {
	b := &Branch{copies: []worldCopy{{world: w.Clone()}}}
	if h.branch != nil {
		h.left = h.Place()
		if b.began = h.inside; b.began == nil {
			b.began = &unit{number: h.unit, text: "new", from: h.spot()}
		}
	}
	h.undone = nil
	h.addBranch(b)
	h.setPresent(w, cursor{})
}

func (h *History) addBranch(b *Branch) {
	b.Name = "main"
	for n := len(h.all) + 1; len(h.all) > 0 && (b.Name == "main" || h.inUse(b.Name)); n++ {
		b.Name = fmt.Sprintf("b%d", n)
	}
	h.branch = b
	h.all = append(h.all, b)
}

// setPresent replaces the present by a world, and moves the listener to it.
func (h *History) setPresent(w *cluster.World, at cursor) {
	if h.present != nil && w != h.present {
		w.Listen(h.present.Listener())
	}
	h.present, h.at = w, at
}

// inUse tells whether a branch, or a checkpoint of any tree, has a name.
func (h *History) inUse(name string) bool {
	for m := range h.marks {
		if m.name == name {
			return true
		}
	}
	return h.Branch(name) != nil
}

// free makes a name available. A branch that has it gets a number after its name.
func (h *History) free(taken string) {
	for n, other := 1, h.Branch(taken); other != nil && other.Name == taken; n++ {
		if name := fmt.Sprintf("%s%d", taken, n); !h.inUse(name) {
			other.Name = name
		}
	}
}

// Begin starts to record a command, inside the one that is not at its end.
func (h *History) Begin(text string) {
	w, number := h.present, h.unit
	if h.inside != nil {
		h.units++
		number = h.units
	}
	h.inside = &unit{number: number, outer: h.inside, text: text, from: h.spot()}
	h.open = &Line{Text: text, unit: h.inside, number: number, Start: w.Position(), End: w.Position()}
}

// End ends the command. text is the command that reproduces it; "" is the text that it began
// with. A command that did nothing is not kept.
func (h *History) End(text string) {
	l := h.open
	h.open, h.inside = nil, h.inside.outer
	if l != nil && len(l.runs) > 0 && text != "" {
		h.branch.lines[len(h.branch.lines)-1].Text = text
	}
}

// Do applies an action to the present and records it. If the present is not at the end of
// its branch, a new branch begins.
func (h *History) Do(a cluster.Action) error {
	if h.open == nil {
		panic("history: an action outside of a command")
	}
	before := h.present.Position()
	if err := h.present.Apply(a); err != nil {
		return err
	}
	h.record(a, before)
	return nil
}

// record adds an action that was done at position before.
func (h *History) record(a cluster.Action, before uint64) {
	if len(h.open.runs) == 0 {
		h.open.Start = before
		h.undone = nil
		h.fork()
		h.open.runs = make([]run, 0, 1)
		if u := h.open.unit; u.outer == nil && !u.later && u.from.isOn(endOf(h.branch, h.branch.lines)) {
			h.open.unit = nil
		}
		h.branch.lines = append(h.branch.lines, *h.open)
		h.at = cursor{line: len(h.branch.lines) - 1}
	}
	l := &h.branch.lines[len(h.branch.lines)-1]
	l.add(a)
	h.open.runs = l.runs
	l.End = h.present.Position()
	h.at = cursor{line: h.at.line, run: len(l.runs) - 1, done: int(l.runs[len(l.runs)-1].count)}
	h.branch.keepCopy(h.present, h.at)
}

// fork leaves the branch if the present is not at its end. The new branch has what came
// before, and the old one stays as it is.
func (h *History) fork() {
	if !h.atEnd() {
		h.addBranch(h.branchAt(h.open.Start))
	}
}

// branchAt is a new branch that leaves the present one here, at a position.
func (h *History) branchAt(position uint64) *Branch {
	old := h.branch
	b := &Branch{Parent: old, ForkAt: position, lines: slices.Clone(old.lines[:h.whole()])}
	if h.done() > h.whole() {
		b.lines = append(b.lines, old.lines[h.at.line].part(h.at, position))
	}
	for _, c := range old.copies {
		if c.before(h.at) || c.cursor == h.at {
			b.copies = append(b.copies, c)
		}
	}
	return b
}

// Checkpoint gives the present a name.
func (h *History) Checkpoint(name string) { h.marks[mark{h.branch.root(), name}] = h.Place() }

// Taken tells whether a checkpoint of the present tree has the name. A new world
// is another tree, which begins with no names.
func (h *History) Taken(name string) bool {
	_, taken := h.marks[mark{h.branch.root(), name}]
	return taken
}

// Checkpoints is the names of the present tree, sorted.
func (h *History) Checkpoints() []string {
	var names []string
	for m := range h.marks {
		if m.tree == h.branch.root() {
			names = append(names, m.name)
		}
	}
	slices.Sort(names)
	return names
}

// atEnd tells whether nothing on the branch lies ahead of the present.
func (h *History) atEnd() bool {
	return h.whole() == len(h.branch.lines)
}

// done is how many of the branch's lines have begun before the present.
func (h *History) done() int { return done(h.at) }

func done(at cursor) int {
	if at == (cursor{}) {
		return 0
	}
	return at.line + 1
}

// whole is how many of the branch's lines are completely done.
func (h *History) whole() int { return whole(h.branch.lines, h.at) }

func whole(lines []Line, at cursor) int {
	n := done(at)
	if n > 0 && at != endOf(nil, lines[:n]).at {
		n--
	}
	return n
}

// Past is the commands that lead to the present, the last one perhaps in part.
func (h *History) Past() []Line { return h.branch.lines[:h.done()] }

// Future is the commands of this branch that lie ahead.
func (h *History) Future() []Line { return h.branch.lines[h.whole():] }

// Anew is a world that begins as the present branch's did, with other programs.
func (h *History) Anew(programs program.Programs) (*cluster.World, error) {
	w := h.branch.copies[0].world
	return cluster.NewOf(programs, w.Size(), w.Seed(), *w.Settings(), w.MachineKind())
}
