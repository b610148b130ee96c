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
)

var (
	printValue  = lab.Expression()
	repeatCount = lang.Count(1, 1_000_000)
	repeatText  = lang.Filled("COMMANDS").Explained("commands in quotes, separated by `;`: `\"put x 1; settle\"`")
)

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

// Together is a line that was typed, or a text, as one command if a pause stands in it before its end:
// its stops are those of a script.
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
