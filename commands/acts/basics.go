package acts

import (
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

var (
	expectCondition = lab.Condition()
	expectPoints    = lang.Points()
	sourceFile      = lang.File()
	echoText        = lang.Rest("on|off|TEXT").Optional()
)

type holdsResult struct {
	Holds bool `json:"holds" doc:"always true, because an expectation that does not hold is an error"`
}

var _ = Commands.Register(&lang.Command{
	Name: "expect", Topic: lab.TopicScripts,
	Summary: "fails unless CONDITION holds",
	Args:    lang.Params{expectCondition, expectPoints},
	Details: "A failure prints the values of the names in the condition. If the condition asks about a leader, " +
		"an entry or a client that does not exist, it does not hold.\n\n" +
		"A true condition that names `violations` accepts the invariants broken so far. A broken invariant that " +
		"is not accepted makes the script fail at its end.",
	Examples: []string{
		`timeout S1; settle; expect leader.id == "S1"`,
		`expect all(nodes, .commit == 0) && len(violations) == 0`,
		`expect !("x" in S1.kv)`,
	},
	Results: []any{holdsResult{}},
	Run:     runExpect,
})

func runExpect(c *lang.Call) (*lang.Result, error) {
	cond := expectCondition.Of(c)
	v := lab.WorldOf(c.World).Vocabulary(cond)
	holds, err := cond.Holds(v)
	if err != nil {
		return nil, err
	}
	if !holds {
		return nil, cond.Unmet(v)
	}
	if cond.Names("violations") || cond.Names("departures") {
		lab.WorldOf(c.World).AcceptBreaches()
	}
	r := lang.OK().With(holdsResult{true})
	if c.Front.Interactive() && !c.Session.InScript() {
		r.Block(view.Says(view.Good, "It holds."))
	}
	return r, nil
}

var _ = Commands.Register(&lang.Command{
	Name: "source", Topic: lab.TopicScripts, Changes: true,
	Summary: "runs the commands in FILE",
	Args:    lang.Params{sourceFile},
	Details: "A relative path starts from the directory of the script that names it. `undo` takes back the whole " +
		"file as one command. The file stops at the first command that fails, and what was done before stays. " +
		"At a terminal, a file with `pause`, `predict` or `goal` is shown a beat at a time: Enter goes on, and you " +
		"may type any command in between.",
	Run: func(c *lang.Call) (*lang.Result, error) {
		if lesson.AtPrompt(c) {
			if own := Waits(c.Session, sourceFile.Of(c)); own != nil {
				return kept(lesson.LeadOwn(c, own, ""))
			}
		}
		return kept(lang.OK(), c.Source(sourceFile.Of(c)))
	},
})

// kept is the result of a script: what it did before a failure stays.
func kept(r *lang.Result, err error) (*lang.Result, error) {
	if err != nil {
		return nil, lang.Kept(err)
	}
	return r, nil
}

// Waits is a script file as it is shown to a person whom it asks or waits for; nil where it
// does neither.
func Waits(s *lang.Session, path string) *lesson.OwnScript {
	return lesson.ReadOwn(s, path, inside)
}

// inside is what a call runs in its place.
func inside(c *lang.Call) lesson.Inside {
	switch c.Command.Name {
	case "source":
		return lesson.Inside{File: sourceFile.Of(c)}
	case "repeat":
		return lesson.Inside{Text: repeatText.Of(c), Times: repeatCount.Of(c)}
	}
	return lesson.Inside{}
}

type echoResult struct {
	Echo string `json:"echo" doc:"on or off"`
}

var _ = Commands.Register(&lang.Command{
	Name: "echo", Topic: lab.TopicScripts,
	Summary:  "switches the display of script lines on or off, or shows TEXT, or says whether it is on",
	Args:     lang.Params{echoText},
	Examples: []string{"echo on", "echo two leaders now"},
	Results:  []any{echoResult{}, lesson.TextResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		switch text := echoText.Of(c); text {
		case "":
			value := prose.Either(c.Session.Echo, "on", "off")
			return lang.Tell("echo is " + value).With(echoResult{value}), nil
		case "on", "off":
			c.Session.Echo = text == "on"
			return lang.OK(), nil
		default:
			return lang.Tell(prose.Visible(text)).With(lesson.TextResult{Text: prose.Visible(text)}), nil
		}
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "quit", Aliases: []string{"exit"}, Topic: lab.TopicScripts, Lasting: true, Leaves: true,
	Summary: "ends the session, or the script",
	Details: "In a script it ends that file, and the next file starts. At the prompt it leaves raftlab.",
	Run: func(c *lang.Call) (*lang.Result, error) {
		if c.Session.InScript() && !lesson.Reciting(c) {
			return nil, lang.ErrFileEnd
		}
		return nil, lang.ErrQuit
	},
})
