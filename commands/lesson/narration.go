package lesson

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

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
		Details: "It waits only if input and output are terminals. Otherwise it does nothing. The prompt then says " +
			"where you are (`demo 3/7`). Enter goes on. You may type any command first, and the script then " +
			"continues from its own state. It is the same in a file, in `repeat`, in a line, after -c, and in `live`.",
		Run: func(c *lang.Call) (*lang.Result, error) {
			return lang.OK(), studentOf(c).interlude(c, nil, "Enter: go on",
				func(line string) bool { return line == "" || lang.SaysYes(line) })
		},
	}, {
		Name: "quietly", Changes: true,
		Summary: "runs COMMAND and shows only a summary, in one line",
		Args:    lang.Params{quietlyThis},
		Details: "Use it for a step that a lesson has shown before. The line says which server won an election, " +
			"which servers voted, and which entries were committed or deleted. A failure is still shown, and JSON " +
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
			return (&lang.Result{Summed: true, Value: done.Value}).Verdict(done.Decided), err
		},
	}}
}

// interlude waits in a script, until what is typed is enough. Commands that are typed before
// are run, as at the prompt, and what they do to the world is put aside. It is for what cannot be
// shown a beat at a time: a script from standard input, JSON, a lesson that a script names.
func (s *Student) interlude(c *lang.Call, question []view.Block, prompt string, enough func(line string) bool) error {
	ground := groundOf(c)
	prompt = s.place() + prompt + " >"
	at, here := ground.Now(), ground.Here()
	defer func() { s.waits = "" }()
	for c.Front.Interactive() {
		line, ok := c.Front.Ask(question, prompt)
		switch {
		case c.Ctx.Err() != nil:
			return lang.ErrInterrupted
		case !ok || line == "quit" || lang.SaysStop(line): // Ctrl-D leaves, here as at the prompt
			return lang.ErrQuit
		}
		if enough(line) {
			break
		}
		s.waits = "Enter goes on, q leaves, and you may type any command first"
		if err := s.Aside(c.Ctx, s.AtPrompt(line), s.Front); lang.Ends(err) {
			return err
		}
	}
	if c.Session.InScript() && ground.Here() != here {
		ground.Goto(at)
		tell(c, view.Says(view.Quiet, "Back to the script's own state; history keeps yours."))
	}
	return nil
}

// place is where in the script that is read one is, as a prompt says it.
func (s *Student) place() string {
	file := s.Innermost()
	if !s.InScript() {
		return ""
	}
	if l := scriptOf(file); l != nil {
		return fmt.Sprintf("%s %d/%d ", l.label, l.beatAt(file.Line-1), len(l.beats))
	}
	return cmp.Or(strings.TrimSuffix(filepath.Base(file.Name), filepath.Ext(file.Name)), "script") + " "
}
