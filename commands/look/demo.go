package look

import (
	"unicode/utf8"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
	"raftlab/commands/view"
)

var demoOn = lang.OnOff().Optional()

// demoLine is what Enter alone does in demo mode.
const demoLine = "step"

type demoResult struct {
	Demo bool `json:"demo" doc:"Enter alone does a step"`
}

var _ = Commands.Register(&lang.Command{
	Name: "demo", Topic: lab.TopicLessons,
	Summary: "makes Enter alone do a `step`, so that you can lead a class through a run with one key",
	Args:    lang.Params{demoOn},
	Details: "While it is on, the prompt says what Enter does. This applies only at the prompt; an empty line in " +
		"a script still does nothing. `undo` takes a step back. `big on` and `watch on` show the state after " +
		"each step.",
	Examples: []string{"demo on", "demo off"},
	Results:  []any{demoResult{}},
	Needs:    lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		if demoOn.Given(c) {
			s.demo = demoOn.Of(c)
		}
		r := lang.OK().With(demoResult{s.demo})
		if s.demo {
			return r.Line("Enter alone does a " + demoLine + "; demo off ends that."), nil
		}
		return r.Line("An empty line does nothing; demo on lets Enter do a " + demoLine + "."), nil
	},
})

// firstLine is what Enter alone does before the first command: an election, and then
// a line that says what to try next.
const firstLine = "run; say Now try put x 1 and settle, or kill leader and run, or tour."

// EmptyLine is what an empty line at the prompt stands for; mostly nothing.
func (s *Screen) EmptyLine() string {
	_, stepwise := s.world.(*lab.Lab)
	switch {
	case s.demo:
		return demoLine
	case !s.begun && stepwise:
		return firstLine
	}
	return ""
}

// Paused is the line that lets time go on after the next command, since `play` was
// stopped by a key; mostly "".
func (s *Screen) Paused() string { return s.paused }

// PlayOn keeps the line that lets time go on.
func (s *Screen) PlayOn(line string) { s.paused = line }

// EndPlay lets time stand still from now on.
func (s *Screen) EndPlay() { s.paused = "" }

// enterDoes is what the prompt says of Enter alone: "" when that does nothing.
func (s *Screen) enterDoes() string {
	switch {
	case s.paused != "":
		return "play on"
	case s.demo:
		return demoLine
	}
	return ""
}

// Prompt is the world's, with what Enter does where that is not nothing.
func (s *Screen) Prompt() view.Line {
	world := s.world.Prompt()
	long, short := lang.Observing[*lesson.Student](s.session).Prompt()
	p := append(long, world...)
	if wide(p) { // what is broken matters more than the lesson's number
		if p = append(short, world...); wide(p) {
			p = world
		}
	}
	if last, does := len(p)-1, s.enterDoes(); does != "" && last >= 0 {
		p = append(p[:last:last], view.S(view.Strong, " Enter: "+does), p[last])
	}
	return p
}

// PromptRoom is what a prompt may take of 80 columns; the console shows > where
// a prompt leaves no room to type.
const PromptRoom = 64

func wide(prompt view.Line) bool { return utf8.RuneCountInString(prompt.String()) > PromptRoom }
