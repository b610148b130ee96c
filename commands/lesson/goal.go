package lesson

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// goal is something to bring about.
type goal struct {
	title  string
	cond   Condition
	within int    // how many commands that change something it may take
	count  int    // how many such commands it has taken
	script string // the script that it is in, or ""
}

const defaultGoal = 20 // commands

var (
	goalTitle    = lang.Filled("TITLE").Explained("what to reach, in quotes")
	goalWithin   = lang.Count(1, 1000).Default(defaultGoal).Keyword("within")
	waypointText = lang.Filled("TEXT").Explained("what is reached here, in quotes")
)

// GoalResult is what `goal` and `again` have as their result.
type GoalResult struct {
	Condition string `json:"condition" doc:"the condition"`
	Goal      string `json:"goal" doc:"its title"`
	Within    int    `json:"within" doc:"how many commands it may take; 0 for any"`
}

// goals is the commands of which a goal and its solution consist.
func (m *Matter) goals() []*lang.Command {
	return []*lang.Command{{
		Name:    "goal",
		Summary: "asks the student to make CONDITION hold, within COUNT commands that change something",
		Args:    lang.Params{goalTitle, m.goal, goalWithin},
		Details: "In a lesson, the student then gets the prompt, with `hint`, `solution`, `skip` and `again` for " +
			"help. The author's solution follows in the script, up to `done`. A `waypoint` in it marks a step on " +
			"the way. Without a terminal, the solution is played, and the goal must then hold.",
		Results: []any{GoalResult{}},
		Run: func(c *lang.Call) (*lang.Result, error) {
			g := &goal{title: goalTitle.Of(c), cond: m.goal.Of(c), within: goalWithin.Of(c),
				script: c.Session.Innermost().Path}
			holds, err := g.cond.Holds()
			if err != nil {
				return nil, err
			}
			if holds {
				return nil, lang.Errorf("this goal holds already: %s", g.cond.Text()).
					WithHint("a goal is something that is still to be done")
			}
			studentOf(c).goal = g
			return g.tell(), nil
		},
	}, {
		Name:    "waypoint",
		Summary: "says that a step towards the goal is reached, if CONDITION holds; otherwise fails",
		Args:    lang.Params{waypointText, m.waypoint},
		Details: "Put it among the commands of a goal's solution. `hint` looks for the next command towards the " +
			"first waypoint that is not yet reached.",
		Run: func(c *lang.Call) (*lang.Result, error) {
			holds, err := m.waypoint.Of(c).Holds()
			switch l := studentOf(c).lesson; {
			case err != nil:
			case !holds:
				err = m.waypoint.Of(c).Unmet()
			case l != nil && l.solving && c.Front.Interactive():
				return lang.OK().Block(view.Says(view.Good, "Reached: "+prose.Visible(waypointText.Of(c))+".")), nil
			}
			return lang.OK(), err
		},
	}, {
		Name:    "done",
		Summary: "ends the solution of a goal, which must hold here",
		Run: func(c *lang.Call) (*lang.Result, error) {
			g := studentOf(c).goal
			if g == nil {
				return nil, lang.Errorf("no goal is open").WithHint(`goal "TITLE" CONDITION comes first`)
			}
			studentOf(c).goal = nil
			return g.done()
		},
	}}
}

// done sees whether a solution has reached the goal.
func (g *goal) done() (*lang.Result, error) {
	holds, err := g.cond.Holds()
	switch {
	case err != nil:
		return nil, err
	case !holds:
		e := g.cond.Unmet()
		e.Msg = "the solution misses the goal, which " + e.Msg
		return nil, e
	case g.count > g.within:
		return nil, lang.Errorf("the solution takes %s, and the goal allows %d", prose.Plural(g.count, "command"),
			g.within)
	}
	return lang.OK().Block(view.Says(view.Good, "Goal reached: "+prose.Visible(g.title)+".")), nil
}

// tell is the goal as a person reads it.
func (g *goal) tell() *lang.Result {
	return lang.Tell("").Block(
		view.Prose{Words: view.Line{view.S(view.Strong, "Goal: "+prose.Visible(g.title)+".")}},
		view.Text{Indent: 2, Lines: []view.Line{
			{view.S(view.Quiet, "  reached when "), view.S(view.Code, g.cond.Text()),
				view.S(view.Quiet, fmt.Sprintf(", in at most %s", prose.Plural(g.within, "command")))},
		}}).With(GoalResult{Goal: g.title, Condition: g.cond.Text(), Within: g.within})
}

// Around counts a call towards the goals that are open, and sees whether a person
// has reached theirs, the one that they stood before. As for undo, what a command
// does in several steps is one.
func (s *Student) Around(c *lang.Call) (after func(*lang.Result) error) {
	if l := s.lesson; l != nil && l.offer == c.Text && !s.InScript() {
		l.offer = "" // Enter goes on then
	}
	before := s.lesson.standing()
	if _, quiet := c.Front.(lang.Silent); quiet || c.Command == nil || s.goal == nil && s.lesson == nil {
		return nil
	}
	here := groundOf(c).Here()
	return func(r *lang.Result) error {
		if s.takenBack(c, r) {
			tell(c, s.Leave()...)
			return nil
		}
		on := c.Command.Changes && !c.Within && here != groundOf(c).Here()
		if g := s.goal; g != nil && on && g.script == s.Innermost().Path {
			g.count++
		}
		l := s.lesson
		before := cmp.Or(before, l.reopened(c, r))
		if s.InScript() || before == nil || l.standing() != before {
			return nil // the command itself opened the goal, or ended it
		}
		if on {
			before.count++
		}
		if before.count = max(0, before.count-r.Undone); c.Within {
			return nil
		}
		return l.look(c, on || here != groundOf(c).Here())
	}
}

// reopened is the goal before which a person is again who takes back what reached it, else nil.
func (l *run) reopened(c *lang.Call, r *lang.Result) *goal {
	if l == nil || l.stop != behindGoal || r.Undone <= 0 || l.student.InScript() {
		return nil
	}
	if holds, err := l.goal.cond.Holds(); err != nil || holds && groundOf(c).After(l.start) {
		return nil
	}
	tell(c, quiet("So the goal is open again."))
	_ = l.stand(c, beforeGoal)
	return l.goal
}

// whole tells whether all that is shown is one step of undo, and a person is at one of its stops.
func (l *run) whole() bool { return l != nil && l.show != nil && l.show.Whole && l.stop != away }

// takenBack tells whether a command has taken back all that is shown.
func (s *Student) takenBack(c *lang.Call, r *lang.Result) bool {
	return r.Undone > 0 && s.lesson.whole() && !s.InScript() && groundOf(c).Since(s.lesson.step) == nil
}

// standing is the goal that a person stands before, or nil.
func (l *run) standing() *goal {
	if l == nil || l.stop != beforeGoal {
		return nil
	}
	return l.goal
}

// open stands before a goal. In a demo its solution comes next, a command at a time.
func (l *run) open(c *lang.Call) error {
	if err := l.run(c, c.Front, l.at, l.at+1); err != nil {
		return err
	}
	if !l.asks() {
		l.solving = true
		return l.stand(c, atPause)
	}
	l.goal, l.start, l.over = l.student.goal, groundOf(c).Now(), false
	l.student.goal = nil
	if err := l.stand(c, beforeGoal); err != nil {
		return err
	}
	if l.redo(c); l.goal.count > 0 {
		if holds, _ := l.goal.cond.Holds(); holds {
			return l.look(c, false)
		}
	}
	tell(c, goalChoices())
	return nil
}

// look sees whether the goal is reached.
func (l *run) look(c *lang.Call, moved bool) error {
	g := l.goal
	holds, err := g.cond.Holds()
	if c.Ctx.Err() != nil {
		return nil
	}
	l.saveMoves(c)
	switch {
	case err == nil && holds && !groundOf(c).After(l.start):
		if moved {
			tell(c, view.Text{Lines: []view.Line{view.Typed("That is so here, too, but this was before the goal " +
				"began, so it does not count. `again` goes back to where it began.")}})
		}
	case err == nil && holds:
		how := fmt.Sprintf("Goal reached, in %s: %s.", prose.Plural(max(g.count, 1), "command"), prose.Visible(g.title))
		tell(c, view.Says(view.Good, how))
		l.passes(goalReached)
		return l.stand(c, behindGoal)
	case moved && g.count > g.within && !l.over:
		l.over = true
		report(c, lang.Tell(fmt.Sprintf("That makes %s, and the goal asks for %d at most. No harm done:",
			prose.Plural(g.count, "command"), g.within)).
			Block(choices("hint", "the next useful command", "again", "back to where the goal began", "solution",
				"shows how it is done")))
	}
	return nil
}

// passes keeps how a goal was passed.
func (l *run) passes(how string) {
	if l.kept.Goals == nil {
		l.kept.Goals = map[string]string{}
	}
	l.kept.Goals[l.lines[l.at]] = how
	l.save()
}

// behind goes on behind a goal, in the world that the script's own solution makes.
func (l *run) behind(c *lang.Call) error {
	done, ground := l.ends[l.at], groundOf(c)
	if way := l.way(); strings.Join(ground.Since(l.start), "; ") != strings.Join(way, "; ") {
		tell(c, quiet("The "+l.kind()+" continues from its own solution: "+prose.Few(way)+
			l.keptAs(c, l.start)))
		mine := ground.Now()
		ground.Goto(l.start)
		err := l.run(c, lang.Silent{Frontend: c.Front}, l.at, done+1)
		switch {
		case err == nil:
		case errors.Is(err, lang.ErrInterrupted):
			return err
		case l.stop != behindGoal:
			tell(c, view.Says(view.Bad, lang.OneLine(err)))
			return l.fallBack(c, l.at)
		default: // they are further than the script knows how to get
			tell(c, quiet("That solution fails here, so the lesson continues from yours."))
			ground.Goto(mine)
			l.student.goal = nil
		}
	}
	l.close()
	l.at = done
	return l.play(c)
}

// fallBack goes back to a goal whose solution fails. Raftlab's own servers do what it says,
// but those that a student writes may not yet.
func (l *run) fallBack(c *lang.Call, at int) error {
	says := "The lesson's own solution fails here, so the goal stays. "
	tell(c, view.Says(view.Warn, says+cmp.Or(l.wayOn(c, l.key()),
		"If the servers are your own, they are not there yet.")))
	l.solving, l.student.goal = false, nil
	if l.goal == nil {
		l.at = at - 1
		groundOf(c).Goto(l.start)
		return l.play(c)
	}
	l.restart(c)
	return l.stand(c, beforeGoal)
}

// way is the commands of the author's solution, as a student would type them.
func (l *run) way() (lines []string) {
	for i := l.at + 1; i < l.ends[l.at]; i++ {
		if l.types(i) {
			lines = append(lines, loud(l.lines[i]))
		}
	}
	return lines
}

// restart goes back to where the goal began.
func (l *run) restart(c *lang.Call) {
	groundOf(c).Goto(l.start)
	l.over = false
}

// saveMoves keeps what was done about a goal, for coming back to it.
func (l *run) saveMoves(c *lang.Call) {
	if moves := groundOf(c).Since(l.start); !slices.Equal(moves, l.kept.Moves) || l.goal.count != l.kept.Count {
		l.kept.Moves, l.kept.Count = moves, l.goal.count
		l.save()
	}
}

// redo does again what was done about the goal before the lesson was left, and shows the
// last of it.
func (l *run) redo(c *lang.Call) {
	moves := l.kept.Moves
	if len(moves) == 0 {
		return
	}
	report(c, lang.Tell("You had done: "+prose.Few(moves)))
	before := c.Front
	for i, move := range moves {
		var f lang.Frontend = lang.Silent{Frontend: before}
		if i == len(moves)-1 {
			before.Echo(move)
			f = before
		}
		restore := l.student.Use(f)
		l.stop = away // what is done again counts for nothing
		err := l.student.RunLine(c.Ctx, move)
		l.stop = beforeGoal
		if restore(); err != nil {
			l.restart(c)
			return
		}
	}
	l.goal.count = cmp.Or(l.kept.Count, len(moves))
}

// choices is commands, each with what it does.
func choices(pairs ...string) view.Table {
	t := view.Table{Fixed: 1}
	for i := 0; i < len(pairs); i += 2 {
		t.Add(view.Line{view.S(view.Plain, "  "), view.S(view.Code, pairs[i])}, view.L(pairs[i+1]))
	}
	return t
}

// goalChoices is what there is at a goal but the console's own commands.
func goalChoices() view.Table {
	return choices("hint", "the next useful command", "solution", "shows how it is done, a command at a time",
		"skip", "goes on without it", "again", "back to where the goal began")
}

// Guide is what can be done where the person is in a script.
func (s *Student) Guide() []view.Block {
	l := s.lesson
	if l == nil {
		return nil
	}
	move := []string{"back", "goes one beat back", "beat 7", "goes to that beat", "Ctrl-C", "leaves"}
	if l.onward {
		move = move[4:]
	}
	place := fmt.Sprintf("Beat %d of %d of %s.", l.beatAt(l.at), len(l.beats), l.label)
	switch l.stop {
	case beforeGoal:
		return []view.Block{view.Says(view.Strong,
			fmt.Sprintf("Your goal in %s: %s.", l.label, prose.Visible(l.goal.title))), goalChoices()}
	case atQuestion:
		move = append([]string{"ANSWER", "is your guess; any command runs first, and you are asked again",
			"Enter", "shows the answer without a guess"}, move...)
		return []view.Block{view.Says(view.Strong, place), choices(move...)}
	}
	return []view.Block{view.Says(view.Strong, place), choices(append([]string{"Enter", "goes on"}, move...)...)}
}

// Reply is the same in a sentence.
func (s *Student) Reply() string {
	l := s.lesson
	if l == nil {
		return s.waits
	}
	_, enter := s.Enter()
	enter = prose.Either(enter == "" || enter == "go on", "Enter goes on", "Enter runs "+enter)
	switch {
	case l.stop == beforeGoal:
		return "reach the goal with commands of your own, or type hint, solution, skip or again"
	case l.onward:
		return enter + ", Ctrl-C leaves, and you may type any command first"
	}
	return enter + ", back goes one beat back, q leaves, and you may type any command first"
}
