package history

import (
	"math"
	"slices"

	"raftlab/cluster"
)

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

// run is count actions. They are one action again and again or, with a period, the actions
// of that many runs before it in turn. So a million ticks of every clock are a few runs.
type run struct {
	cluster.Action
	count, period int32
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

// begun is the unit that the line belongs to.
func (l *Line) begun() *unit {
	if l.unit == nil {
		return &unit{number: l.number}
	}
	return l.unit
}

// action is the one before the cursor.
func (l *Line) action(at cursor) cluster.Action {
	r := &l.runs[at.run]
	if r.period > 0 {
		period := int(r.period)
		return l.runs[at.run-period+(at.done-1)%period].Action
	}
	return r.Action
}

// add puts an action after the others, into the last run if it continues that.
func (l *Line) add(a cluster.Action) {
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
func (l *Line) turns(a cluster.Action) int {
	if !isTick(a) {
		return 0
	}
	k := len(l.runs)
	for i := k - 1; i >= max(0, k-cluster.MaxServers-1) && isTick(l.runs[i].Action); i-- {
		if l.runs[i].Action == a {
			return k - i
		}
	}
	return 0
}

// repeats tells whether a run may have the action more than once.
func repeats(a cluster.Action) bool {
	switch a.(type) {
	case cluster.Advance, cluster.DeliverNext:
		return true
	}
	return isTick(a)
}

func isTick(a cluster.Action) bool {
	switch a.(type) {
	case cluster.Tick, cluster.ClockTick:
		return true
	}
	return false
}

// part is the line up to a cursor in it.
func (l Line) part(at cursor, end uint64) Line {
	l.whole, l.End = &cut{l, actionsAfter(l.runs, at)}, end
	l.runs = slices.Clone(l.runs[:at.run+1])
	l.runs[at.run].count = int32(at.done)
	return l
}

// actionsAfter counts the actions of the runs that lie ahead of a cursor.
func actionsAfter(runs []run, at cursor) int {
	n := int(runs[at.run].count) - at.done
	for _, r := range runs[at.run+1:] {
		n += int(r.count)
	}
	return n
}
