package lesson

import (
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// TextResult is what `say` has as its result, and whatever else shows a text.
type TextResult struct {
	Text string `json:"text" doc:"what is shown"`
}

var (
	sayText     = lang.Rest("TEXT").Optional()
	quietlyThis = lang.Nested()
)

// narration is the commands that tell, wait, and do without a word.
func (m *Matter) narration() []*lang.Command {
	return []*lang.Command{{
		Name: "say", Topic: m.Scripts,
		Summary: "shows TEXT",
		Args:    lang.Params{sayText},
		Details: "TEXT is shown exactly as you type it, to the end of the line, a `;`, or a `#` at the start of " +
			"a word. Quotes and brackets protect these two characters.",
		Results: []any{TextResult{}},
		Run: func(c *lang.Call) (*lang.Result, error) {
			text := prose.Visible(sayText.Of(c))
			r := lang.OK().With(TextResult{text})
			if c.Session.InScript() {
				r.Line("") // narration stands apart from what the commands show
			}
			return r.Block(view.Prose{Words: view.LS(view.Strong, text)}), nil
		},
	}, {
		Name: "pause", Topic: m.Scripts,
		Summary: "waits for Enter",
		Details: "It waits only if input and output are terminals, even inside a script. Otherwise it does " +
			"nothing. In a script, you can type a command instead of Enter. It is run, and the script then continues " +
			"from its own state.",
		Run: func(c *lang.Call) (*lang.Result, error) {
			if _, ok := c.World.(Ground); ok && c.Session.InScript() {
				return lang.OK(), studentOf(c).interlude(c, nil, "Enter goes on, or type a command",
					func(line string) bool { return line == "" })
			}
			if c.Front.Interactive() {
				c.Front.Pause("Enter goes on")
			}
			if c.Ctx.Err() != nil {
				return nil, lang.ErrInterrupted
			}
			return lang.OK(), nil
		},
	}, {
		Name: "quietly", Changes: true,
		Summary: "does COMMAND and shows only what it came to, in a line",
		Args:    lang.Params{quietlyThis},
		Details: "Use it for what a lesson has shown before and only repeats to get somewhere. The " +
			"line says who won an " +
			"election or voted, and what was committed or deleted. A failure is still shown, and JSON " +
			"still has all events.",
		Results: []any{lang.AnyResult{}},
		Run: func(c *lang.Call) (*lang.Result, error) {
			inner := quietlyThis.Of(c)
			inner.Ctx, inner.Front = c.Ctx, lang.Silent{Frontend: c.Front}
			defer c.Session.Use(inner.Front)()
			done, err := c.Session.Attempt(inner, nil)
			c.SaveAs("%s", inner.Saved())
			if done == nil {
				done = lang.OK()
			}
			return &lang.Result{Summed: true, Value: done.Value}, err
		},
	}}
}

// interlude waits in a script, until what is typed is enough. Commands that are typed before
// are run, as at the prompt, and what they do to the world is put aside.
func (s *Student) interlude(c *lang.Call, question []view.Block, prompt string, enough func(line string) bool) error {
	ground := groundOf(c)
	at, here := ground.Now(), ground.Here()
	for c.Front.Interactive() {
		line, ok := c.Front.Ask(question, prompt)
		switch {
		case c.Ctx.Err() != nil:
			return lang.ErrInterrupted
		case !ok || line == "quit": // Ctrl-D leaves, here as at the prompt
			return lang.ErrQuit
		}
		if enough(line) {
			break
		}
		if err := s.Aside(c.Ctx, s.AtPrompt(line), s.Front); lang.Ends(err) {
			return err
		}
	}
	if ground.Here() != here {
		ground.Goto(at)
		report(c, s.Front, lang.OK().Block(view.Says(view.Quiet,
			"Back to the script's own state; history keeps yours.")))
	}
	return nil
}
