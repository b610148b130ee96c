package acts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	printValue      = lab.Expression()
	repeatCount     = lang.Count(1, 1_000_000)
	repeatText      = lang.Filled("COMMANDS").Explained("commands in quotes, separated by `;`: `\"put x 1; settle\"`")
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
	if err := cond.Met(lab.WorldOf(c.World).Vocabulary(cond)); err != nil {
		return nil, err
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

type valueResult struct {
	Value any `json:"value" doc:"the value of the expression, of whatever type it is"`
}

var _ = Commands.Register(&lang.Command{
	Name: "print", Topic: lab.TopicScripts,
	Summary: "shows the value of EXPRESSION",
	Args:    lang.Params{printValue},
	Details: "You write an expression like a condition (`help conditions`), but it can have any value. `watch " +
		"EXPRESSION` shows the value after each change.",
	Examples: []string{"timeout S1; settle; print leader.id", "print len(messages)", "print map(nodes, .log)"},
	Results:  []any{valueResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		cond := printValue.Of(c)
		v := lab.WorldOf(c.World).Vocabulary(cond)
		x, err := cond.Value(v)
		if err != nil {
			return nil, err
		}
		text := lab.Describe(x)
		switch y := x.(type) {
		case string:
			text = prose.Visible(y)
		case nil:
			if why := cond.Why(v); len(why) > 0 {
				text += ": " + strings.Join(why, "; ")
			}
		}
		if _, err := json.Marshal(x); err != nil { // an infinite number, a map by numbers
			x = text
		}
		return lang.Tell(text).With(valueResult{x}), nil
	},
})

var _ = Commands.Register(&lang.Command{
	Name: "repeat", Topic: lab.TopicScripts, Changes: true,
	Summary: "runs COMMANDS that many times",
	Args:    lang.Params{repeatCount, repeatText},
	Details: "It stops at the first command that fails, and what was done before stays. `undo` takes back the " +
		"whole repetition as one command.",
	Examples: []string{
		`timeout S1; settle; repeat 3 "put x 1; settle"`, `repeat 2 'tick 50 S2; settle; expect S2.role == "leader"'`,
	},
	Run: func(c *lang.Call) (*lang.Result, error) {
		n := repeatCount.Of(c)
		if own := waitsTyped(c, n, repeatText.Of(c)); own != nil {
			name := "repeat"
			if n == 1 {
				name = "script"
			}
			return kept(lesson.LeadOwn(c, own, name))
		}
		for i := range n {
			for line := range strings.Lines(repeatText.Of(c)) {
				err := c.Session.RunLine(c.Ctx, strings.TrimRight(line, "\r\n"))
				switch {
				case errors.Is(err, lang.ErrInterrupted):
					return nil, lang.Interrupted(fmt.Sprintf("in round %d of %d", i+1, n))
				case err != nil:
					return nil, lang.Kept(lang.Shown(err))
				}
			}
			c.Progress("round %d of %d", i+1, n)
		}
		return lang.OK(), nil
	},
})

// waitsTyped is what a person has typed as it is shown to them; nil where it waits for nothing.
func waitsTyped(c *lang.Call, times int, text string) *lesson.OwnScript {
	if !lesson.AtPrompt(c) || !strings.Contains(text, "pause") {
		return nil
	}
	name := lang.Observing[*lesson.Student](c.Session).Shell
	return lesson.ReadTyped(c.Session, name, lesson.Inside{Text: text, Times: times}, inside)
}

// Together is a line that was typed, or a text, as one command if there is a pause in it before its
// end, so that it stops there as a script does.
func Together(s *lang.Session, text string) string {
	var all []string
	for line := range strings.Lines(text) {
		all = append(all, s.Commands(line)...)
	}
	if len(all) < 2 || !slices.ContainsFunc(all[:len(all)-1], pauses) {
		return text
	}
	return "repeat 1 " + lang.Quote(text)
}

// pauses says whether a command is a pause, or holds one.
func pauses(command string) bool {
	word, rest, _ := strings.Cut(command, " ")
	return word == "pause" || word == "repeat" && strings.Contains(rest, "pause")
}

var _ = Commands.Register(&lang.Command{
	Name: "clear", Topic: lab.TopicScripts,
	Summary:  "clears the screen, if there is one",
	Examples: []string{"clear"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		return &lang.Result{Clear: true}, nil
	},
})
