package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/docs"
)

// hintTime is how long a hint may be looked for.
const hintTime = 2 * time.Second

// teaching is what the lessons' room is told of Raft.
var teaching = lesson.Register(table, &lesson.Matter{
	Topic: TopicLessons, Scripts: TopicScripts, Thing: "cluster",
	Course: docs.Lessons, Text: docs.Lesson, Ending: ".raft",
	Condition:  lang.As(conditionKind, func(p *Parser, c *Cond) lesson.Condition { return asked{c, worldOf(p.World)} }),
	Expression: lang.As(expressionKind, func(p *Parser, c *Cond) lesson.Expression { return asked{c, worldOf(p.World)} }),
	Describe:   describe,
	Fillers:    []string{"server", "node", "term", "entry", "index"},
	Lenient:    "`s2`, `2` and `S2` are the same, `three` is 3, `y` is yes, and `none` is the empty vote.",
	GivesAway:  func(command string) bool { return strings.HasPrefix(command, "bug guess ") },
	Patience:   hintTime,
	Examples: map[string][]string{
		"say": {"say No server leads yet."}, "pause": {"pause"}, "quietly": {"quietly timeout S1; quietly settle; status"},
		"predict":  {`predict winner "Who becomes leader?"; timeout S2; settle; reveal winner leader.id`},
		"reveal":   {`predict votes "How many votes does S1 need?"; reveal votes len(nodes)/2 + 1`},
		"goal":     {`goal "S2 leads" leader.id == "S2" within 2; timeout S2; waypoint "S2 asks for votes" S2.role == "candidate"; settle; done`},
		"waypoint": {`timeout S1; settle; waypoint "somebody leads" leader != nil`},
		"lesson":   {"lesson 3", "lesson elections demo"},
	},
})

// asked is a condition or an expression as a lesson has it: of the cluster as it
// then is.
type asked struct {
	cond  *Cond
	world World
}

func (q asked) Text() string         { return q.cond.Source }
func (q asked) Holds() (bool, error) { return q.cond.Holds(q.world.Vocabulary(q.cond)) }
func (q asked) Value() (any, error)  { return q.cond.Value(q.world.Vocabulary(q.cond)) }
func (q asked) Unmet() *Error        { return unmet(q.cond, q.world.Vocabulary(q.cond)) }

// What follows is lesson.Ground, beside Here.

// lessonPlace is a place in the history, and how many commands led there.
type lessonPlace struct {
	cluster.Place
	past int
}

func (l *lab) Now() lesson.Moment { return lessonPlace{l.history.Place(), len(l.history.Past())} }

func (l *lab) Goto(m lesson.Moment) { l.history.Goto(m.(lessonPlace).Place) }

func (l *lab) Since(m lesson.Moment) []string {
	from, past := m.(lessonPlace), l.history.Past()
	if len(past) <= from.past || !descends(l.history.Place().Branch, from.Branch) || from.past > 0 &&
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

func (l *lab) Anew() { l.machine = usualMachine }

func (l *lab) Towards(ctx context.Context, to lesson.Condition) (command, how string) {
	cond := to.(asked).cond
	s := explore.Search{Grow: true, Goal: goalOf(l, cond), Mail: cond.Uses("messages")}
	found := s.Run(ctx, l.world())
	if found.Outcome != explore.Reached || len(found.Path) == 0 {
		return "", ""
	}
	if d, ok := found.Path[0].(cluster.Deliver); ok {
		i := slices.IndexFunc(l.world().Flights(), func(f cluster.Flight) bool { return f.ID == d.ID })
		f := l.world().Flights()[i]
		how = fmt.Sprintf(", %s of %s to %s", f.Message.Type(), f.From, f.To)
	}
	if n := len(found.Path); n > 1 {
		how += ": the first of " + prose.Plural(n, "step")
	}
	return found.Path[0].String(), how
}
