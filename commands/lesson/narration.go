package lesson

import (
	"errors"
	"fmt"

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
				return lang.OK(), studentOf(c).interlude(c)
			}
			if c.Front.Interactive() {
				c.Front.Pause(enterGoesOn)
			}
			if c.Ctx.Err() != nil {
				return nil, lang.ErrInterrupted
			}
			return lang.OK(), nil
		},
	}, {
		Name: "quietly", Changes: true,
		Summary: "does COMMAND without showing its output",
		Args:    lang.Params{quietlyThis},
		Details: "Use it for what a lesson has shown before and only repeats to get somewhere. A failure is " +
			"still shown, and JSON still has all events.",
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
			return &lang.Result{Quiet: true, Value: done.Value}, err
		},
	}}
}

const enterGoesOn = "Enter goes on"

// errLeft says that another lesson began, or this one was stopped, while it paused.
var errLeft = fmt.Errorf("%w: the lesson was left", lang.ErrInterrupted)

// interlude waits for Enter. Commands that are typed instead are run, as at the
// prompt, and what they do to the world is put aside when the lesson goes on.
func (s *Student) interlude(c *lang.Call) error {
	f, lesson, ground := s.Innermost(), s.lesson, groundOf(c)
	prompt := enterGoesOn
	f.Stop++
	if l := scriptOf(f); l != nil {
		prompt = fmt.Sprintf("Press Enter to continue (%d of %d)", l.beatAt(f.Line-1), len(l.beats))
	} else if f.Stops > 0 {
		prompt = fmt.Sprintf("%s %d/%d: Enter goes on, or type a command", f.Name, f.Stop, f.Stops)
	}
	at, here := ground.Now(), ground.Here()
	for c.Front.Interactive() {
		line, ok := c.Front.Ask(nil, prompt)
		switch {
		case c.Ctx.Err() != nil:
			return lang.ErrInterrupted
		case !ok: // Ctrl-D leaves, here as at the prompt
			return lang.ErrQuit
		}
		if line == "" {
			break
		}
		if err := s.typed(c, line); lang.Ends(err) {
			return err
		}
		if s.lesson != lesson {
			return errLeft
		}
	}
	if ground.Here() != here {
		s.backTo(c, at)
	}
	return nil
}

// reading is what is being read: a lesson, or a script.
func (s *Student) reading() string {
	if scriptOf(s.Innermost()) != nil {
		return "lesson"
	}
	return "script"
}

// backTo leaves what a person did at a pause or at a question.
func (s *Student) backTo(c *lang.Call, at Moment) {
	groundOf(c).Goto(at)
	report(c, s.Front, lang.OK().Block(styled(view.Quiet,
		"Back to the "+s.reading()+"'s own state; history keeps yours.")))
}

// typed runs a line as if it were typed at the prompt.
func (s *Student) typed(c *lang.Call, line string) error {
	front := s.Front
	if on, ok := front.(stage); ok {
		front = on.Frontend
	}
	return s.Aside(c.Ctx, line, front)
}

// stage is the frontend of a lesson: Ctrl-C at a pause or a question is no
// failure, the lesson says that it waits.
type stage struct{ lang.Frontend }

func (s stage) Show(r *lang.Result) {
	if r.Err == nil || !errors.Is(r.Err, lang.ErrInterrupted) || len(r.Events) > 0 {
		s.Frontend.Show(r)
	}
}
