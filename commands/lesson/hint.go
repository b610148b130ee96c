package lesson

import (
	"context"
	"fmt"
	"slices"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// HintResult is what `hint` has as its result.
type HintResult struct {
	Command   string `json:"command" doc:"a useful next command; empty when none was found"`
	Condition string `json:"condition" doc:"when that is reached"`
	Towards   string `json:"towards" doc:"what it leads to"`
}

// atGoal is the lesson of a person who stands before a goal, or behind one where that will do.
func atGoal(c *lang.Call, behind bool) (*run, error) {
	switch l := studentOf(c).lesson; {
	case l == nil || c.Session.InScript():
		return nil, lang.Errorf("no goal is open here").
			WithHint("lessons lists the lessons, and lesson goes on with the one begun last")
	case l.standing() != nil || behind && l.stop == behindGoal:
		return l, nil
	case l.stop == behindGoal:
		return nil, lang.Errorf("this goal is reached").WithHint("Enter goes on, and again goes back to where it began")
	default:
		return nil, lang.Errorf("no goal is open here").WithHint("%s", l.student.Reply())
	}
}

// help is the commands that a person has before a goal.
func (m *Matter) help() []*lang.Command {
	before := func(name, summary, details string, lasting bool,
		do func(*run, *lang.Call) (*lang.Result, error)) *lang.Command {
		return &lang.Command{Name: name, Summary: summary, Details: details, Lasting: lasting,
			Run: func(c *lang.Call) (*lang.Result, error) {
				l, err := atGoal(c, name == "again")
				if err != nil {
					return nil, err
				}
				return do(l, c)
			}}
	}
	hint := before("hint", "suggests the next command towards the lesson's goal",
		"The hint starts from the present state. First it tries what the lesson's solution would do, and "+
			"then it searches for at most two seconds. If it finds nothing, it names the `undo` "+
			"after which the solution works again, if there is one.", false, (*run).hint)
	hint.Results = []any{HintResult{}}
	return []*lang.Command{
		hint,
		before("solution", "shows how to reach the lesson's goal, and continues", "", true, (*run).solution),
		before("skip", "continues the lesson without reaching its goal", "", true,
			func(l *run, c *lang.Call) (*lang.Result, error) {
				l.passes(goalSkipped)
				return l.ended(c, l.together(c, func() error { return l.behind(c) }))
			}),
		before("again", "goes back to where the lesson's goal began", "", true,
			func(l *run, c *lang.Call) (*lang.Result, error) {
				l.restart(c)
				l.goal.count = 0
				l.saveMoves(c)
				return l.goal.tell(), l.stand(c, beforeGoal)
			}),
	}
}

// solution shows the author's, a command at a time, from where the goal began.
func (l *run) solution(c *lang.Call) (*lang.Result, error) {
	r := lang.OK().Block(quiet("Back to where the goal began." + l.keptAs(c, l.start)))
	l.restart(c)
	l.passes(goalShown)
	g := l.goal
	l.close()
	g.count, l.student.goal, l.solving = 0, g, true
	return r, l.stand(c, atPause)
}

// leg is the part of a solution that leads to a waypoint, or to the goal.
type leg struct {
	lines []string
	title string
	cond  Condition
}

// legs is the solution of the goal that a person stands before.
func (l *run) legs() ([]leg, error) {
	var all []leg
	var lines []string
	for i := l.at + 1; i < l.ends[l.at]; i++ {
		switch word, _ := l.word(i); word {
		case "":
		case "waypoint":
			call, _, err := l.student.ParseNext(l.script.lines[i], 0)
			if err != nil {
				return nil, err
			}
			all = append(all, leg{lines, waypointText.Of(call), l.student.matter.waypoint.Of(call)})
			lines = nil
		case "expect":
		default:
			lines = append(lines, loud(l.script.lines[i]))
		}
	}
	return append(all, leg{lines, l.goal.title, l.goal.cond}), nil
}

// reached is the waypoint that comes next: the one after the last that holds now.
func reached(legs []leg) leg {
	next := legs[0]
	for i := range legs[:len(legs)-1] {
		if yes, _ := legs[i].cond.Holds(); yes {
			next = legs[i+1]
		}
	}
	return next
}

// hint tells the next useful command.
func (l *run) hint(c *lang.Call) (*lang.Result, error) {
	legs, err := l.legs()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Ctx, l.student.matter.Patience)
	defer cancel()
	to, command, how := reached(legs), "", ""
	stuck := ""
	if l.student.matter.Stuck != nil {
		stuck = l.student.matter.Stuck(c.World)
	}
	if stuck == "" {
		c.Progress("looking for a next command, for at most %v", l.student.matter.Patience)
		to, command, how = l.nextCommand(ctx, c, legs)
	}
	value := HintResult{Towards: to.title, Condition: to.cond.Text(), Command: command}
	r := lang.OK().With(value)
	towards := view.Prose{Words: view.Line{view.S(view.Plain, "Next to reach: "),
		view.S(view.Strong, prose.Visible(to.title)+".")}}
	if stuck != "" { // whatever comes next, that comes first
		return r.Block(view.Text{Indent: 2, Lines: []view.Line{view.Typed(stuck)}}), nil
	}
	if command == "" {
		return r.Line("No next command was found from here.").Block(towards,
			view.Text{Indent: 2, Lines: []view.Line{
				{view.S(view.Quiet, "  that is when "), view.S(view.Code, to.cond.Text())},
				view.Typed("Perhaps it cannot be reached from here any more: `again` goes back to where the goal " +
					"began."),
			}}), nil
	}
	return r.Block(towards, view.Text{Indent: 2,
		Lines: []view.Line{{view.S(view.Plain, "Try "), view.S(view.Code, command), view.S(view.Quiet, how)}}}), nil
}

// nextCommand is a command that leads on, and where to: the first of the
// shortest rest of the solution that reaches the goal from here, or else the
// next waypoint where the goal may follow, or else of the schedule that a search finds, or else the undo
// of what led away.
func (l *run) nextCommand(ctx context.Context, c *lang.Call, legs []leg) (to leg, command, how string) {
	all := len(legs)
	legs = l.student.matter.withoutGuess(legs)
	goal, rest := legs[len(legs)-1], []string{}
	for i := len(legs) - 1; i >= 0; i-- {
		for j := len(legs[i].lines) - 1; j >= 0; j-- {
			if rest = append([]string{legs[i].lines[j]}, rest...); l.leads(ctx, c, rest, goal.cond) {
				return legs[i], rest[0], ""
			}
		}
	}
	to = reached(legs)
	before, undo := l.regret(ctx, c, legs)
	way := l.wayTo(ctx, c, to)
	deed := ""
	if len(legs) == all && undo != "" && way != "" {
		_, deed = l.deed(ctx, c, legs, to)
	}
	if way != "" && (undo == "" || deed != "") { // else the goal may be out of reach from that waypoint
		return to, way, ""
	}
	patience := l.student.matter.Patience / 2
	if undo != "" {
		patience /= 2
	}
	search := func(to leg) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		command, how = groundOf(c).Towards(ctx, to.cond)
	}
	if way == "" {
		if search(to); command == "" && len(legs) == all {
			to, command = l.deed(ctx, c, legs, to)
		}
	}
	if command == "" && (way != "" || to.title != goal.title) {
		if search(goal); command != "" {
			to = goal
		}
	}
	if command == "" && undo != "" {
		return before, undo, ": no next command was found from here"
	}
	return to, command, how
}

// wayTo is a command with which the solution leads to a waypoint from here; "": it does not.
func (l *run) wayTo(ctx context.Context, c *lang.Call, to leg) string {
	for i, line := range slices.Backward(to.lines) {
		if l.leads(ctx, c, to.lines[i:], to.cond) {
			return line
		}
	}
	return ""
}

// regret is undo of as few of a person's commands as will do for a rest of the solution to reach the goal, and where
// that goes on; "" where that is not known.
func (l *run) regret(ctx context.Context, c *lang.Call, legs []leg) (to leg, undo string) {
	ctx, cancel := context.WithTimeout(ctx, l.student.matter.Patience/4)
	defer cancel()
	goal, did := legs[len(legs)-1], groundOf(c).Since(l.start)
	if did == nil { // a new cluster, say
		return legs[0], "again"
	}
	for n := range len(did) {
		undo = fmt.Sprintf("undo %d", n+1)
		if !l.staysBehindStart(ctx, c, undo) {
			break
		}
		rest := []string{}
		for _, to := range slices.Backward(legs) {
			for _, line := range slices.Backward(to.lines) {
				rest = append([]string{line}, rest...)
				if l.leads(ctx, c, append([]string{undo}, rest...), goal.cond) {
					return to, undo
				}
			}
		}
	}
	return leg{}, ""
}

// staysBehindStart says whether a command leads to a moment that still comes of where the goal began, on a trial.
func (l *run) staysBehindStart(ctx context.Context, c *lang.Call, line string) bool {
	defer l.student.Use(lang.Silent{Frontend: c.Front})()
	c.World.Begin("")
	defer c.World.Rollback()
	return l.student.RunLine(ctx, line) == nil && groundOf(c).Since(l.start) != nil
}

// deed is a single command behind which a rest of the solution reaches the goal, and where that rest goes on: a person
// has done what the solution does in another order, or to another thing. It is "" where none is known.
func (l *run) deed(ctx context.Context, c *lang.Call, legs []leg, next leg) (to leg, command string) {
	if l.student.matter.Deeds == nil {
		return next, ""
	}
	ctx, cancel := context.WithTimeout(ctx, l.student.matter.Patience/4)
	defer cancel()
	deeds, goal := l.student.matter.Deeds(c.World), legs[len(legs)-1]
	leads := func(rest []string) bool {
		i := slices.IndexFunc(deeds, func(deed string) bool {
			return ctx.Err() == nil && l.leads(ctx, c, append([]string{deed}, rest...), goal.cond)
		})
		if i >= 0 {
			command = deeds[i]
		}
		return i >= 0
	}
	var rest []string
	if leads(rest) {
		return goal, command
	}
	for _, to := range slices.Backward(legs) {
		for _, line := range slices.Backward(to.lines) {
			if rest = append([]string{line}, rest...); leads(rest) {
				return to, command
			}
		}
	}
	return next, ""
}

// withoutGuess leaves a guess at the end of a solution away as long as the
// waypoint before it is not reached: what is to be found out is not told.
func (m *Matter) withoutGuess(legs []leg) []leg {
	n := len(legs) - 1
	if n == 0 || len(legs[n].lines) != 1 || m.GivesAway == nil || !m.GivesAway(legs[n].lines[0]) {
		return legs
	}
	if yes, _ := legs[n-1].cond.Holds(); yes {
		return legs
	}
	return legs[:n]
}

// leads says whether commands make a condition hold, on a trial: all of them, or the first of them. Those behind the
// first that are refused there are left out, since what they do may be done already.
func (l *run) leads(ctx context.Context, c *lang.Call, lines []string, cond Condition) bool {
	s, w := l.student, c.World
	defer s.Use(lang.Silent{Frontend: c.Front})()
	defer l.reading(s.Session, l.at)()
	w.Begin("")
	defer w.Rollback()
	for i, line := range lines {
		if err := s.RunLine(ctx, line); err != nil && (i == 0 || ctx.Err() != nil) {
			return false
		}
		if yes, err := cond.Holds(); err == nil && yes {
			return true
		}
	}
	return false
}
