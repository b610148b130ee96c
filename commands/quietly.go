package commands

import "raftlab/commands/lang"

var quietlyThis = lang.Nested()

var _ = Register(&Command{
	Name: "quietly", Topic: TopicLessons, Changes: true,
	Summary:  "does COMMAND and shows nothing of it",
	Args:     Params{quietlyThis},
	Details:  "It is for what a lesson has shown before, and does again to get somewhere. A failure is shown, and JSON has all events.",
	Examples: []string{"quietly timeout S1; quietly settle; status"},
	Run: func(c *Call) (*Result, error) {
		inner := quietlyThis.Of(c)
		inner.Ctx, inner.Front = c.Ctx, lang.Silent{Frontend: c.Front}
		defer c.Session.Use(inner.Front)()
		done, err := c.Session.Attempt(inner, nil)
		c.SaveAs("%s", inner.Saved())
		if done == nil {
			done = OK()
		}
		return &Result{Quiet: true, Value: done.Value}, err
	},
})
