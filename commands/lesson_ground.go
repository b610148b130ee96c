package commands

import (
	"fmt"
	"strings"
	"time"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/words"
	"raftlab/docs"
)

// hintTime is how long a hint may be looked for.
const hintTime = 2 * time.Second

// mend is what a person does whose own program has gone wrong on the way to a goal; "": it has not.
func mend(w lang.World) string {
	l, ok := w.(*lab.Lab)
	if !ok || len(l.World().Departures()) == 0 {
		return ""
	}
	b := l.World().Departures()[0]
	return fmt.Sprintf("%s (%s). `why #%d` says more. Change your program, save it, and type `guest reload`.",
		prose.Visible(b.Text), b.Property, b.Position)
}

// teaching is what the lessons' room is told of Raft.
var teaching = lesson.Register(table, &lesson.Matter{
	Topic: lab.TopicLessons, Scripts: lab.TopicScripts, Thing: "cluster",
	Course: docs.Lessons, Fast: "fast", Text: docs.Lesson, Ending: ".raft",
	Condition: lang.As(lab.ConditionKind, func(p *lang.Parser, c *lab.Cond) lesson.Condition {
		return lab.Ask(c, lab.WorldOf(p.World))
	}),
	Expression: lang.As(lab.ExpressionKind, func(p *lang.Parser, c *lab.Cond) lesson.Expression {
		return lab.Ask(c, lab.WorldOf(p.World))
	}),
	Describe: lab.Describe,
	Named:    "a server", Exists: func(w lang.World, name string) bool {
		id, ok := words.Number("S" + strings.TrimPrefix(name, "s"))
		if ok {
			_, ok = lab.WorldOf(w).Node(id)
		}
		return ok
	},
	Things:    func(w lang.World) []string { return lab.NodeNames(lab.WorldOf(w)) },
	OneOf:     [][]string{{"follower", "candidate", "leader"}, {"green", "yellow", "red"}},
	Evidence:  lab.Evidence,
	Fillers:   []string{"server", "node", "term", "entry", "index"},
	Lenient:   "`s2`, `2` and `S2` are the same, `three` is 3, `y` is yes, and `none` is the empty vote.",
	GivesAway: func(command string) bool { return strings.HasPrefix(command, "bug guess ") },
	Stuck:     mend,
	WayOn: func(w lang.World, lines []string, again string) string {
		if l, ok := w.(*lab.Lab); ok {
			return l.Guests.WayOn(l.World(), lines, again)
		}
		return ""
	},
	Patience:  hintTime,
	Deeds:     lab.Deeds,
	Elsewhere: "A lesson has a cluster that moves step by step: start raftlab without live.",
	Needs: func(command string) []lang.Need {
		switch command {
		case "say", "pause", "beat", "lessons":
			return nil
		case "lesson":
			return lab.Needs(lab.Stepping, "leave with quit; raftlab -c 'lesson 1', or lesson 1 at raftlab's own "+
				"prompt, begins it")
		}
		return lab.Needs(lab.Stepping)
	},
	Examples: map[string][]string{
		"say": {"say No server leads yet."}, "pause": {"pause"},
		"quietly": {"quietly timeout S1; quietly settle; status"},
		"predict": {`predict winner "Who becomes leader?"; timeout S2; settle; reveal winner leader.id`,
			`predict holds "Does S2 have the entry?" twice; reveal holds S2.last > 0`},
		"reveal": {`predict votes "How many votes does S1 need?"; reveal votes len(nodes)/2 + 1`},
		"goal": {`goal "S2 leads" leader.id == "S2" within 2; timeout S2; ` +
			`waypoint "S2 asks for votes" S2.role == "candidate"; settle; done`},
		"waypoint": {`timeout S1; settle; waypoint "A server leads" leader != nil`},
		"answer":   {"! answer S2"}, "beat": {"! beat 7"},
		"lesson": {"lesson 3", "lesson elections demo"},
	},
})
