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
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// hintTime is how long a hint may be looked for.
var hintTime = 2 * time.Second

// leg is the part of a solution that leads to a waypoint, or to the goal.
type leg struct {
	lines []string
	title string
	cond  *Cond
}

// legs is the solution of the goal that a person stands before.
func (l *lessonRun) legs() ([]leg, error) {
	var all []leg
	var lines []string
	for i := l.at + 1; i < l.ends[l.at]; i++ {
		switch word, _ := l.word(i); word {
		case "":
		case "waypoint":
			call, _, err := l.student.ParseNext(l.lesson.lines[i], 0)
			if err != nil {
				return nil, err
			}
			all = append(all, leg{lines, waypointText.Of(call), waypointCond.Of(call)})
			lines = nil
		case "expect":
		default:
			lines = append(lines, loud(l.lesson.lines[i]))
		}
	}
	return append(all, leg{lines, l.goal.title, l.goal.cond}), nil
}

// reached is the waypoint that comes next: the one after the last that holds now.
func reached(c *Call, legs []leg) leg {
	next := legs[0]
	for i := range legs[:len(legs)-1] {
		if yes, _ := legs[i].cond.Holds(worldOf(c.World).Vocabulary(legs[i].cond)); yes {
			next = legs[i+1]
		}
	}
	return next
}

// hint tells the next useful command.
func (l *lessonRun) hint(c *Call) (*Result, error) {
	legs, err := l.legs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Ctx, hintTime)
	defer cancel()
	to, command, how := l.nextCommand(ctx, c, legs)
	value := hintResult{Towards: to.title, Condition: to.cond.Source, Command: command}
	r := OK().With(value)
	towards := view.Prose{Words: view.Line{view.S(view.Plain, "Next to reach: "), view.S(view.Strong, prose.Visible(to.title)+".")}}
	if command == "" {
		return r.Line("No next command was found from here in two seconds.").Block(towards, view.Text{Indent: 2, Lines: []view.Line{
			{view.S(view.Quiet, "  that is when "), view.S(view.Code, to.cond.Source)},
			{view.S(view.Plain, "Perhaps it cannot be reached from here any more: "), view.S(view.Code, "again"), view.S(view.Plain, " goes back to where the goal began.")},
		}}), nil
	}
	return r.Block(towards, view.Text{Indent: 2, Lines: []view.Line{{view.S(view.Plain, "Try "), view.S(view.Code, command), view.S(view.Quiet, how)}}}), nil
}

// nextCommand is a command that leads on, and where to: the first of the
// shortest rest of the solution that reaches the goal from here, or else the
// next waypoint, or else of the schedule that a search finds.
func (l *lessonRun) nextCommand(ctx context.Context, c *Call, legs []leg) (to leg, command, how string) {
	legs = withoutGuess(c, legs)
	goal, rest := legs[len(legs)-1], []string{}
	for i := len(legs) - 1; i >= 0; i-- {
		for j := len(legs[i].lines) - 1; j >= 0; j-- {
			if rest = append([]string{legs[i].lines[j]}, rest...); l.leads(ctx, c, rest, goal.cond) {
				return legs[i], rest[0], ""
			}
		}
	}
	to = reached(c, legs)
	for from := len(to.lines) - 1; from >= 0; from-- {
		if l.leads(ctx, c, to.lines[from:], to.cond) {
			return to, to.lines[from], ""
		}
	}
	command, how = searchFor(ctx, labOf(c), to.cond)
	return to, command, how
}

// withoutGuess leaves a guess at the end of a solution away as long as the
// waypoint before it is not reached: what is to be found out is not told.
func withoutGuess(c *Call, legs []leg) []leg {
	n := len(legs) - 1
	if n == 0 || len(legs[n].lines) != 1 || !strings.HasPrefix(legs[n].lines[0], "bug guess ") {
		return legs
	}
	if yes, _ := legs[n-1].cond.Holds(worldOf(c.World).Vocabulary(legs[n-1].cond)); yes {
		return legs
	}
	return legs[:n]
}

// searchFor is the first step of a schedule that makes a condition hold.
func searchFor(ctx context.Context, lab *lab, cond *Cond) (command, how string) {
	s := explore.Search{Grow: true, Goal: goalOf(lab, cond), Mail: cond.Uses("messages")}
	found := s.Run(ctx, lab.world())
	if found.Outcome != explore.Reached || len(found.Path) == 0 {
		return "", ""
	}
	if d, ok := found.Path[0].(cluster.Deliver); ok {
		i := slices.IndexFunc(lab.world().Flights(), func(f cluster.Flight) bool { return f.ID == d.ID })
		f := lab.world().Flights()[i]
		how = fmt.Sprintf(", %s of %s to %s", f.Message.Type(), f.From, f.To)
	}
	if n := len(found.Path); n > 1 {
		how += ": the first of " + prose.Plural(n, "step")
	}
	return found.Path[0].String(), how
}

// leads says whether commands make a condition hold, on a trial.
func (l *lessonRun) leads(ctx context.Context, c *Call, lines []string, cond *Cond) bool {
	s, w := l.student, worldOf(c.World)
	defer s.Use(lang.Silent{Frontend: c.Front})()
	defer s.Reading(l.scriptFile())()
	w.Begin("")
	defer w.Rollback()
	for _, line := range lines {
		if s.RunLine(ctx, line) != nil {
			return false
		}
	}
	yes, err := cond.Holds(w.Vocabulary(cond))
	return err == nil && yes
}
