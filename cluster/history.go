package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
)

// History is everything that was done, as a tree of branches, and the present, which is a
// place in it. It stores the actions (a run of equal ones as one) and copies of the world,
// many of them near the end of a branch and fewer before. To reach any place, it replays the
// few thousand events after the copy before it. Old events are found in the same way.
type History struct {
	present *World
	at      cursor // where in branch the present is
	branch  *Branch
	all     []*Branch
	units   int   // how many undo units there were
	unit    int   // the unit of the next command that no other command runs
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
	ForkAt uint64  // the position there
	lines  []Line  // the commands, the parent's up to the fork included
	copies []worldCopy

	// of a root
	began *unit   // the command that began it, or nil
	tree  *Branch // for a branch that a search found: the root whose names it shares; or nil
}

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

// Line is one recorded command.
type Line struct {
	Text       string // the command that does the same when it is replayed
	Start, End uint64 // positions before and after
	unit       *unit  // nil: a unit of its own, which began where the line before it ends
	number     int    // of the unit
	runs       []run
	whole      *cut // the line of which this is a part, if a branch left it midway
}

// cut is a whole line, with the number of its actions that are not in the part.
type cut struct {
	Line
	back int
}

// begun is the unit that the line belongs to.
func (l *Line) begun() *unit {
	if l.unit == nil {
		return &unit{number: l.number}
	}
	return l.unit
}

// run is count actions. They are one action again and again or, with a period, the actions
// of that many runs before it in turn. So a million ticks of every clock are a few runs.
type run struct {
	Action
	count, period int32
}

// action is the one before the cursor.
func (l *Line) action(at cursor) Action {
	r := &l.runs[at.run]
	if r.period > 0 {
		period := int(r.period)
		return l.runs[at.run-period+(at.done-1)%period].Action
	}
	return r.Action
}

// cursor is a place among the actions of a branch: those before it are done.
type cursor struct{ line, run, done int }

func (c cursor) before(d cursor) bool {
	if c.line != d.line {
		return c.line < d.line
	}
	if c.run != d.run {
		return c.run < d.run
	}
	return c.done < d.done
}

// worldCopy is a copy of the world at a cursor. It is never changed.
type worldCopy struct {
	cursor
	world *World
}

const (
	nearSpacing = 512  // events between copies near the end
	nearCopies  = 64   // how many copies are near
	farSpacing  = 8192 // events between copies behind, at least
	maxCopies   = 2048 // above which the spacing doubles
)

// NewHistory is a history that begins with a world.
func NewHistory(w *World) *History {
	h := &History{marks: map[mark]Place{}}
	h.New(w)
	h.left = h.Place()
	return h
}

// World is the present, to be read only.
func (h *History) World() *World { return h.present }

// Place is where the present is.
func (h *History) Place() Place { return Place{h.branch, h.present.position} }

// Branches is every branch, in the order in which they began.
func (h *History) Branches() []*Branch { return h.all }

// End is the position of the branch's last event.
func (b *Branch) End() uint64 {
	if len(b.lines) == 0 {
		return 0
	}
	return b.lines[len(b.lines)-1].End
}

// Lines is the branch's commands.
func (b *Branch) Lines() []Line { return b.lines }

// New begins a new root with another world. The old root is kept.
func (h *History) New(w *World) {
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

// inUse tells whether a branch, or a checkpoint of any tree, has a name.
func (h *History) inUse(name string) bool {
	for m := range h.marks {
		if m.name == name {
			return true
		}
	}
	return h.named(name) != nil
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
func (h *History) setPresent(w *World, at cursor) {
	if h.present != nil && w != h.present {
		w.Listen(h.present.listener)
	}
	h.present, h.at = w, at
}

// NextUnit begins an undo unit. What is recorded from now on is undone separately from what
// was recorded before.
func (h *History) NextUnit() { h.units++; h.unit = h.units }

// Begin starts to record a command, inside the one that is not at its end.
func (h *History) Begin(text string) {
	w, number := h.present, h.unit
	if h.inside != nil {
		h.units++
		number = h.units
	}
	h.inside = &unit{number: number, outer: h.inside, text: text, from: h.spot()}
	h.open = &Line{Text: text, unit: h.inside, number: number, Start: w.position, End: w.position}
}

func (h *History) spot() spot { return spot{h.branch, h.at, h.present.position} }

// End ends the command. text is the command that reproduces it, if that is not the one that
// it began with. A command that did nothing is not kept.
func (h *History) End(text string) {
	l := h.open
	h.open, h.inside = nil, h.inside.outer
	if l != nil && len(l.runs) > 0 && text != "" {
		h.branch.lines[len(h.branch.lines)-1].Text = text
	}
}

// Do applies an action to the present and records it. If the present is not at the end of
// its branch, a new branch begins.
func (h *History) Do(a Action) error {
	if h.open == nil {
		panic("cluster: an action outside of a command")
	}
	before := h.present.position
	if err := h.present.Apply(a); err != nil {
		return err
	}
	h.record(a, before)
	return nil
}

// record adds an action that was done at position before.
func (h *History) record(a Action, before uint64) {
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
	l.End = h.present.position
	h.at = cursor{line: h.at.line, run: len(l.runs) - 1, done: int(l.runs[len(l.runs)-1].count)}
	h.branch.keepCopy(h.present, h.at)
}

// add puts an action after the others, into the last run if it continues that.
func (l *Line) add(a Action) {
	k := len(l.runs)
	if k > 0 {
		last := &l.runs[k-1]
		if last.count < math.MaxInt32 && (repeats(a) && last.Action == a ||
			last.period > 0 && l.action(cursor{run: k - 1, done: int(last.count) + 1}) == a) {
			last.count++
			return
		}
	}
	if period := l.turns(a); period > 0 {
		l.runs = append(l.runs, run{nil, 1, int32(period)})
		return
	}
	l.runs = append(l.runs, run{a, 1, 0})
}

// turns is how many ticks ago the same tick was recorded, if only ticks came since. The
// ticks may come again in the same order, and add compares what comes next. 0 is none.
func (l *Line) turns(a Action) int {
	if !isTick(a) {
		return 0
	}
	k := len(l.runs)
	for i := k - 1; i >= max(0, k-MaxServers-1) && isTick(l.runs[i].Action); i-- {
		if l.runs[i].Action == a {
			return k - i
		}
	}
	return 0
}

// repeats tells whether a run may have the action more than once.
func repeats(a Action) bool {
	switch a.(type) {
	case Advance, DeliverNext:
		return true
	}
	return isTick(a)
}

func isTick(a Action) bool {
	switch a.(type) {
	case Tick, ClockTick:
		return true
	}
	return false
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

// Found keeps a schedule from the present as a branch called found, with each action as a
// command of its own. The present does not change. An earlier branch of that name gets a
// number after its name.
func (h *History) Found(actions []Action) error {
	return h.keepFound(h.branchAt(h.present.position), h.present.Clone(), actions)
}

// FoundFrom is Found for a schedule from another world.
func (h *History) FoundFrom(w *World, actions []Action) error {
	return h.keepFound(&Branch{copies: []worldCopy{{world: w.Clone()}}, tree: h.branch.root()}, w.Clone(), actions)
}

func (h *History) keepFound(b *Branch, w *World, actions []Action) error {
	for _, a := range actions {
		h.units++
		l := Line{Text: a.String(), number: h.units, Start: w.position, runs: []run{{a, 1, 0}}}
		if err := w.Apply(a); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		l.End = w.position
		b.lines = append(b.lines, l)
	}
	h.free("found")
	b.Name = "found"
	h.all = append(h.all, b)
	return nil
}

// Anew is a world that begins as the present branch's did, with other programs.
func (h *History) Anew(programs Programs) (*World, error) {
	w := h.branch.copies[0].world
	return NewOf(programs, w.Size(), w.seed, w.settings, w.kind)
}

// FoundAs is Found with another name for the branch.
func (h *History) FoundAs(name string, actions []Action) error {
	if err := h.Found(actions); err != nil {
		return err
	}
	b := h.named("found")
	h.free(name)
	b.Name = name
	return nil
}

// free makes a name available. A branch that has it gets a number after its name.
func (h *History) free(taken string) {
	for n, other := 1, h.named(taken); other != nil && other.Name == taken; n++ {
		if name := fmt.Sprintf("%s%d", taken, n); !h.inUse(name) {
			other.Name = name
		}
	}
}

// named is the branch of that name, or nil.
func (h *History) named(name string) *Branch {
	for _, b := range h.all {
		if b.Name == name {
			return b
		}
	}
	return nil
}

// part is the line up to a cursor in it.
func (l Line) part(at cursor, end uint64) Line {
	l.whole, l.End = &cut{l, actionsAfter(l.runs, at)}, end
	l.runs = slices.Clone(l.runs[:at.run+1])
	l.runs[at.run].count = int32(at.done)
	return l
}

// atEnd tells whether nothing on the branch lies ahead of the present.
func (h *History) atEnd() bool {
	return h.whole() == len(h.branch.lines)
}

// keepCopy keeps a copy of the world if the last one is far enough behind, and thins out the
// copies that are far behind.
func (b *Branch) keepCopy(w *World, at cursor) {
	last := b.copies[len(b.copies)-1]
	if w.position-last.world.position < nearSpacing {
		return
	}
	b.copies = append(b.copies, worldCopy{at, w.Clone()})
	spacing := uint64(farSpacing)
	for n := len(b.copies); n > maxCopies; n /= 2 {
		spacing *= 2
	}
	if i := len(b.copies) - nearCopies; i > 0 {
		if b.copies[i+1].world.position-b.copies[i-1].world.position < spacing {
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
		if c.world.position-kept[len(kept)-1].world.position >= spacing || i > len(b.copies)-nearCopies {
			kept = append(kept, c)
		}
	}
	b.copies = kept
}

// Mark is a state of the History to which Reset goes back, any number of times.
type Mark struct {
	h     History
	world *World
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
	listener := h.present.listener
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
	b.copies = slices.DeleteFunc(slices.Clone(b.copies), func(c worldCopy) bool { return c.world.position > end })
}

// Checkpoint gives the present a name.
func (h *History) Checkpoint(name string) { h.marks[mark{h.branch.root(), name}] = h.Place() }

// Taken tells whether a checkpoint of the present tree has the name. A new world
// is another tree, which begins with no names.
func (h *History) Taken(name string) bool {
	_, taken := h.marks[mark{h.branch.root(), name}]
	return taken
}

// root is the branch with which the tree begins. What a search found belongs to the tree in
// which it was found, even if it begins with another world.
func (b *Branch) root() *Branch {
	for b.Parent != nil || b.tree != nil {
		b = cmp.Or(b.Parent, b.tree)
	}
	return b
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

// Find is the place that a word names: a position on this branch, NAME:POSITION on another,
// a checkpoint, a branch (its end), or - for the place before the last goto.
func (h *History) Find(name string) (Place, error) {
	if name == "-" {
		return h.left, nil
	}
	if p, ok := h.marks[mark{h.branch.root(), name}]; ok {
		return p, nil
	}
	if n, err := ParseNumber(name, 0, 1<<62); err == nil {
		return h.within(Place{h.branch, uint64(n)})
	}
	base, at := name, ""
	if i := lastColon(name); i >= 0 {
		base, at = name[:i], name[i+1:]
	}
	for _, b := range h.all {
		if b.Name != base {
			continue
		}
		if base == name {
			return Place{b, b.End()}, nil
		}
		n, err := ParseNumber(at, 0, 1<<62)
		if err != nil {
			return Place{}, err
		}
		return h.within(Place{b, uint64(n)})
	}
	return Place{}, fmt.Errorf("there is no position, checkpoint or branch %q; history shows the tree", name)
}

func lastColon(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ':' {
			return i
		}
	}
	return -1
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
func (h *History) WorldAt(p Place) *World {
	w, _ := p.Branch.worldAt(p.Position)
	return w
}

// Retrace goes through a branch from its beginning to a place. It calls visit with the world
// before each action, and visit must apply the action. An error of visit ends Retrace, which
// returns it.
func (h *History) Retrace(p Place, visit func(w *World, a Action) error) error {
	w, at := p.Branch.copies[0].world.Clone(), cursor{}
	for w.position < p.Position {
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
func (h *History) Did(visit func(Action)) {
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

// copyBefore is a copy of the world from before position. The caller may change it.
func (b *Branch) copyBefore(position uint64) (*World, cursor) {
	i := sort.Search(len(b.copies), func(i int) bool { return b.copies[i].world.position >= position })
	c := b.copies[max(i-1, 0)]
	return c.world.Clone(), c.cursor
}

// worldAt replays from the copy before position until position is reached.
func (b *Branch) worldAt(position uint64) (*World, cursor) {
	w, at := b.copyBefore(position + 1)
	at = b.replay(w, at, func(cursor) bool { return w.position >= position })
	return w, at
}

// worldAtCursor is the world at a place among the actions.
func (b *Branch) worldAtCursor(to cursor) *World {
	i := sort.Search(len(b.copies), func(i int) bool { return to.before(b.copies[i].cursor) }) - 1
	c := b.copies[max(i, 0)]
	w := c.world.Clone()
	b.replay(w, c.cursor, func(at cursor) bool { return !at.before(to) })
	return w
}

// replay applies the actions after at, until stop says so or none is left. It returns the
// cursor after the last action that it applied.
func (b *Branch) replay(w *World, at cursor, stop func(cursor) bool) cursor {
	for !stop(at) {
		next, ok := b.next(at)
		if !ok {
			break
		}
		a := b.lines[next.line].action(next)
		if err := w.Apply(a); err != nil {
			panic(fmt.Sprintf("cluster: %v does not replay: %v", a, err))
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

// LastCommand is what the last command did on this branch, a line for each that it ran,
// and the place before it.
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

// beginning is the root that the branch left from.
func (b *Branch) beginning() *Branch {
	for b.Parent != nil {
		b = b.Parent
	}
	return b
}

// Redo goes to where undo came from that led here, or else forward over a unit of
// commands of this branch, count times.
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

func commands(k int) string {
	switch k {
	case 0:
		return "is nothing"
	case 1:
		return "is only 1 command"
	}
	return fmt.Sprintf("are only %d commands", k)
}

// endOf is the spot after lines, which are the first lines of branch b.
func endOf(b *Branch, lines []Line) spot {
	i := len(lines) - 1
	if i < 0 {
		return spot{branch: b}
	}
	runs := lines[i].runs
	return spot{b, cursor{i, len(runs) - 1, int(runs[len(runs)-1].count)}, lines[i].End}
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

// Events is the events at positions from to to on the present branch, found by replaying.
func (h *History) Events(from, to uint64) []Event {
	to = min(to, h.present.position)
	if from > to {
		return nil
	}
	l := &Listener{Decide: true}
	w, at := h.branch.copyBefore(from)
	w.Listen(l)
	h.branch.replay(w, at, func(cursor) bool { return w.position >= to })
	return slices.DeleteFunc(l.Events, func(e Event) bool { return e.Position < from || e.Position > to })
}

// Walk replays a branch up to position to. After each action that leads beyond position from,
// it calls visit with the world, and the action's events without the ticks of clocks. The world
// is Walk's own, and the next action changes it. Before the first of these actions, visit gets
// the world without events. Walk ends when visit returns false.
func (h *History) Walk(b *Branch, from, to uint64, visit func(w *World, events []Event) bool) {
	l := &Listener{NoTicks: true}
	w, at := b.copyBefore(from)
	w.Listen(l)
	b.replay(w, at, func(cursor) bool {
		events, _ := l.Take()
		if w.position < from {
			events = nil
		}
		return !visit(w, events) || w.position >= to
	})
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
