package lab

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
)

// asked is a condition or an expression as a lesson has it: of the cluster as it
// then is.
type asked struct {
	cond  *Cond
	world World
}

// Ask is it, of the cluster of a world.
func Ask(c *Cond, w World) asked { return asked{c, w} }

func (q asked) Text() string         { return q.cond.Source }
func (q asked) Holds() (bool, error) { return q.cond.Holds(q.world.Vocabulary(q.cond)) }
func (q asked) Value() (any, error)  { return q.cond.Value(q.world.Vocabulary(q.cond)) }
func (q asked) Unmet() *lang.Error   { return q.cond.Unmet(q.world.Vocabulary(q.cond)) }

// What follows is lesson.Ground, beside Here.

// lessonPlace is a place in the history, and how many commands led there.
type lessonPlace struct {
	cluster.Place
	past int
}

func (l *Lab) Now() lesson.Moment { return lessonPlace{l.History.Place(), len(l.History.Past())} }

func (l *Lab) Goto(m lesson.Moment) { l.History.Goto(m.(lessonPlace).Place) }

func (l *Lab) Since(m lesson.Moment) []string {
	from, past := m.(lessonPlace), l.History.Past()
	if len(past) <= from.past || !descends(l.History.Place().Branch, from.Branch) || from.past > 0 &&
		past[from.past-1].End != from.Position {
		return nil
	}
	var commands []string
	for _, line := range past[from.past:] {
		commands = append(commands, line.Text)
	}
	return commands
}

// descends says whether branch b began on branch a, or is it.
func descends(b, a *cluster.Branch) bool {
	for b != nil && b != a {
		b = b.Parent
	}
	return b == a
}

func (l *Lab) Anew() { l.Machine = UsualMachine }

func (l *Lab) Towards(ctx context.Context, to lesson.Condition) (command, how string) {
	cond := to.(asked).cond
	s := explore.Search{Grow: true, Goal: GoalOf(l, cond), Mail: cond.Uses("messages")}
	found := s.Run(ctx, l.World())
	if found.Outcome != explore.Reached || len(found.Path) == 0 {
		return "", ""
	}
	if d, ok := found.Path[0].(cluster.Deliver); ok {
		i := slices.IndexFunc(l.World().Flights(), func(f cluster.Flight) bool { return f.ID == d.ID })
		f := l.World().Flights()[i]
		how = fmt.Sprintf(", %s of %s to %s", f.Message.Type(), f.From, f.To)
	}
	if n := len(found.Path); n > 1 {
		how += ": the first of " + prose.Plural(n, "step")
	}
	return found.Path[0].String(), how
}

// GoalOf is a condition as the search asks it, a copy for each of its workers.
func GoalOf(l *Lab, cond *Cond) func(int, *cluster.World) bool {
	copies := make([]*Cond, runtime.GOMAXPROCS(0))
	for i := range copies {
		copies[i] = cond.Clone()
	}
	return func(worker int, w *cluster.World) bool {
		holds, err := copies[worker].Holds(VocabularyOf(w.Picture(copies[worker].Uses)))
		return err == nil && holds
	}
}
