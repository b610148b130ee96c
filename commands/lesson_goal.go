package commands

import (
	"fmt"

	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// goal is something to bring about.
type goal struct {
	title  string
	cond   *Cond
	within int    // commands that change something
	count  int    // those so far
	script string // the one that it stands in, or ""
}

const defaultGoal = 20 // commands

var (
	goalTitle    = lang.Filled("TITLE").Explained("what to reach, in quotes")
	goalCond     = Condition()
	goalWithin   = lang.Count(1, 1000).Default(defaultGoal).Keyword("within")
	waypointText = lang.Filled("TEXT").Explained("what is reached here, in quotes")
	waypointCond = Condition()
)

var _ = Register(&Command{
	Name: "goal", Topic: TopicLessons,
	Summary: "asks a person to make CONDITION hold, within COUNT commands that change something",
	Args:    Params{goalTitle, goalCond, goalWithin},
	Details: "In a lesson the prompt is then the student's: `hint`, `solution`, `skip` and `again` help. The author's solution follows, up to `done`, " +
		"with a `waypoint` where a step on the way is reached; without a terminal it is played, and the goal must then hold.",
	Examples: []string{`goal "S2 leads" leader.id == "S2" within 2; timeout S2; waypoint "S2 asks for votes" S2.role == "candidate"; settle; done`},
	Run: func(c *Call) (*Result, error) {
		g := &goal{title: goalTitle.Of(c), cond: goalCond.Of(c), within: goalWithin.Of(c), script: c.Session.Innermost().Path}
		holds, err := g.holds(c)
		if err != nil {
			return nil, err
		}
		if holds {
			return nil, Errorf("this goal holds already: %s", g.cond.Source).WithHint("a goal is something that is still to be done")
		}
		studentOf(c).goal = g
		return g.tell(), nil
	},
})

func (g *goal) holds(c *Call) (bool, error) { return g.cond.Holds(worldOf(c.World).Vocabulary(g.cond)) }

// tell is the goal as a person reads it.
func (g *goal) tell() *Result {
	return Tell("").Block(
		view.Prose{Words: view.Line{view.S(view.Strong, "Goal: "+prose.Visible(g.title)+".")}},
		view.Text{Indent: 2, Lines: []view.Line{
			{view.S(view.Quiet, "  reached when "), view.S(view.Code, g.cond.Source), view.S(view.Quiet, fmt.Sprintf(", in at most %s", prose.Plural(g.within, "command")))},
		}}).With(goalResult{Goal: g.title, Condition: g.cond.Source, Within: g.within})
}

var _ = Register(&Command{
	Name: "waypoint", Topic: TopicLessons,
	Summary:  "says that a step towards the goal is reached, where CONDITION holds; else it fails",
	Args:     Params{waypointText, waypointCond},
	Details:  "It stands among the commands of a goal's solution. `hint` looks for the next command towards the first waypoint that is not reached.",
	Examples: []string{`timeout S1; settle; waypoint "somebody leads" leader != nil`},
	Run: func(c *Call) (*Result, error) {
		v := worldOf(c.World).Vocabulary(waypointCond.Of(c))
		holds, err := waypointCond.Of(c).Holds(v)
		if err == nil && !holds {
			err = unmet(waypointCond.Of(c), v)
		}
		return OK(), err
	},
})

var _ = Register(&Command{
	Name: "done", Topic: TopicLessons,
	Summary: "ends the solution of a goal, which must hold here",
	Run: func(c *Call) (*Result, error) {
		g := studentOf(c).goal
		if g == nil {
			return nil, Errorf("no goal is open").WithHint(`goal "TITLE" CONDITION comes first`)
		}
		studentOf(c).goal = nil
		v := worldOf(c.World).Vocabulary(g.cond)
		holds, err := g.cond.Holds(v)
		switch {
		case err != nil:
			return nil, err
		case !holds:
			e := unmet(g.cond, v)
			e.Msg = "the solution misses the goal, which " + e.Msg
			return nil, e
		case g.count > g.within:
			return nil, Errorf("the solution takes %s, and the goal allows %d", prose.Plural(g.count, "command"), g.within)
		}
		return OK().Block(view.Text{Lines: []view.Line{view.LS(view.Good, "Goal reached: "+prose.Visible(g.title)+".")}}), nil
	},
})

// Around counts a call towards the goals that are open, and sees whether a person
// has reached theirs, the one that they stood before.
func (s *student) Around(c *Call) (after func(*Result) error) {
	before := s.lesson.standing()
	if _, quiet := c.Front.(lang.Silent); quiet || c.Command == nil {
		return nil
	}
	here := worldOf(c.World).Here()
	return func(r *Result) error {
		moved := 0
		switch {
		case r.Undone != 0:
			moved = -r.Undone
		case c.Command.Changes && !c.Within && here != worldOf(c.World).Here():
			moved = 1
		}
		return s.moved(c, before, moved)
	}
}

// moved is told by how many commands the world has gone on, or back.
func (s *student) moved(c *Call, before *goal, n int) error {
	if g := s.goal; g != nil && n > 0 && g.script == s.Innermost().Path {
		g.count++
	}
	l := s.lesson
	if s.InScript() || before == nil || l.standing() != before {
		return nil // the command itself opened the goal, or ended it
	}
	l.goal.count = max(0, l.goal.count+n)
	return l.look(c, n > 0 && c.Command.Changes)
}

// look goes on with the lesson when the goal is reached.
func (l *lessonRun) look(c *Call, moved bool) error {
	g := l.goal
	holds, err := g.holds(c)
	switch {
	case c.Ctx.Err() != nil:
		return nil
	case err != nil || !holds:
		if moved && g.count > g.within && !l.over {
			l.over = true
			l.show(c, Tell(fmt.Sprintf("That makes %s, and the goal asks for %d at most. No harm done:", prose.Plural(g.count, "command"), g.within)).
				Block(choices("hint", "the next useful command", "again", "back to where the goal began", "solution", "shows how it is done")))
		}
		l.saveMoves(c)
		return nil
	}
	l.saveMoves(c)
	how := fmt.Sprintf("Goal reached, in %s: %s.", prose.Plural(max(g.count, 1), "command"), prose.Visible(g.title))
	l.show(c, OK().Block(view.Text{Lines: []view.Line{view.LS(view.Good, how)}}))
	return l.passed(c, goalReached)
}

// choices is commands, each with what it does.
func choices(pairs ...string) view.Table {
	t := view.Table{Fixed: 1}
	for i := 0; i < len(pairs); i += 2 {
		t.Rows = append(t.Rows, []view.Line{{view.S(view.Plain, "  "), view.S(view.Code, pairs[i])}, view.L(pairs[i+1])})
	}
	return t
}

// atGoal is the lesson of a person who stands before a goal.
func atGoal(c *Call) (*lessonRun, error) {
	l := studentOf(c).lesson
	if l == nil || l.goal == nil || c.Session.InScript() {
		return nil, Errorf("no goal is open here").WithHint("lessons lists the lessons, and lesson goes on with the one begun last")
	}
	return l, nil
}

var _ = Register(&Command{
	Name: "hint", Topic: TopicLessons,
	Summary: "says the next useful command towards the lesson's goal",
	Details: "It is found from the present state: first by trying what the lesson's solution would do, then by a search of at most two seconds. " +
		"When none is found it says so, and shows what to reach next.",
	Run: func(c *Call) (*Result, error) {
		l, err := atGoal(c)
		if err != nil {
			return nil, err
		}
		return l.hint(c)
	},
})

var _ = Register(&Command{
	Name: "solution", Topic: TopicLessons, Lasting: true,
	Summary: "shows how the lesson's goal is reached, and goes on",
	Run: func(c *Call) (*Result, error) {
		l, err := atGoal(c)
		if err != nil {
			return nil, err
		}
		l.show(c, Tell("", "From where the goal began:"))
		l.restart(c)
		g := l.goal
		l.close()
		g.count, l.student.goal = 0, g
		if err := l.run(c, c.Front, l.at+1, l.ends[l.at]+1); err != nil {
			return l.ended(c, err)
		}
		return OK(), l.passed(c, goalShown)
	},
})

var _ = Register(&Command{
	Name: "skip", Topic: TopicLessons, Lasting: true,
	Summary: "leaves the lesson's goal as it is, and goes on behind it",
	Run: func(c *Call) (*Result, error) {
		l, err := atGoal(c)
		if err != nil {
			return nil, err
		}
		return OK(), l.passed(c, goalSkipped)
	},
})

var _ = Register(&Command{
	Name: "again", Topic: TopicLessons, Lasting: true,
	Summary: "goes back to where the lesson's goal began",
	Run: func(c *Call) (*Result, error) {
		l, err := atGoal(c)
		if err != nil {
			return nil, err
		}
		l.restart(c)
		l.goal.count, l.over = 0, false
		l.saveMoves(c)
		return l.goal.tell(), nil
	},
})
