package look

import (
	"slices"
	"strings"
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
	Hint:     "lesson 10 demo shows lesson 10 to a class; demo on makes Enter do a step",
	Examples: []string{"demo on", "demo off"},
	Results:  []any{demoResult{}},
	Needs:    lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		s.demo = demoOn.Or(c, s.demo)
		r := lang.OK().With(demoResult{s.demo})
		if s.demo {
			return r.Line("Enter alone does a " + demoLine + "; demo off ends that."), nil
		}
		return r.Line("An empty line does nothing; demo on lets Enter do a " + demoLine + "."), nil
	},
})

// firstLine is what Enter alone does before the first command: an election. tryNext is what is said
// after it.
const (
	firstLine = "play once"
	tryNext   = "Now try put x 1 and settle, or kill leader and run, or tour."
)

// EmptyLine is what an empty line at the prompt stands for; mostly nothing.
func (s *Screen) EmptyLine() string {
	_, stepwise := s.world.(*lab.Lab)
	line, _ := s.student().Enter()
	switch {
	case line != "":
		return line
	case s.demo:
		return demoLine
	case !s.begun && stepwise:
		s.opening = true
		return firstLine
	}
	return ""
}

// Paused is the line that lets time go on after the next command, if a key has stopped
// `play`; else "".
func (s *Screen) Paused() string { return s.paused }

// PlayOn sets what Paused returns.
func (s *Screen) PlayOn(line string) { s.paused = line }

// Playing is a line as it is meant at the prompt that stands while the clock does: some words only say
// that time stands still, or goes on.
func (s *Screen) Playing(line string) (meant string, ok bool) {
	switch {
	case s.demo && s.paused == "" && !s.Led() && lang.SaysYes(line):
		return demoLine, true
	case s.paused == "":
	case lang.SaysStop(line) || lang.SaysNo(line) || strings.TrimSpace(line) == "pause":
		return "play off", true
	case lang.SaysYes(line) || strings.TrimSpace(line) == "play":
		return "", true
	}
	return "", false
}

// AfterPlay is what is said once the first election has been played; "" after any other.
func (s *Screen) AfterPlay() (says string) {
	if s.opening {
		says, s.opening = tryNext, false
	}
	return says
}

// EndPlay lets time stand still from now on.
func (s *Screen) EndPlay() { s.paused = "" }

// enterDoes is what the prompt says of Enter alone: "" when that does nothing.
func (s *Screen) enterDoes() string {
	_, says := s.student().Enter()
	switch {
	case s.paused != "":
		return "play on"
	case says == "" && s.demo:
		return demoLine
	}
	return says
}

func (s *Screen) student() *lesson.Student { return lang.Observing[*lesson.Student](s.session) }

// Asking is the question that a lesson asks, above each prompt until it is answered.
func (s *Screen) Asking() []view.Block { return s.student().Asking() }

// Led says whether a lesson, a scenario or a script is being shown.
func (s *Screen) Led() bool { return s.student().Place().Command != "" }

// Leave leaves what a lesson or a scenario shows, and says how to come back; nil where there is nothing.
func (s *Screen) Leave() []view.Block { return s.student().Leave() }

// Prompt is the world's prompt with the lesson's beat and what Enter does, as far as there
// is room.
func (s *Screen) Prompt() view.Line {
	world := s.world.Prompt()
	long, short := s.student().Prompt()
	enter := s.enterDoes()
	with := func(place, world view.Line, enter string) view.Line {
		last := len(world) - 1
		p := slices.Clone(append(slices.Clone(place), world[:last]...))
		if enter != "" {
			p = append(p, view.S(view.Strong, " Enter: "+enter))
		}
		return append(p, world[last])
	}
	brief, broken := enter, without(world)
	least := broken
	switch does, _ := s.student().Enter(); {
	case enter == "" || long == nil:
	case does == enter: // it goes nowhere, so the prompt must say what it shows
		least = world[len(world)-1:]
	default:
		brief = "go on"
	}
	for _, p := range []view.Line{with(long, world, enter), with(short, world, enter), with(long, world, brief),
		with(short, world, brief), with(short, broken, brief), with(short, least, brief), with(short, broken, "")} {
		if !wide(p) { // what is broken matters more than the lesson's number, and who leads
			return p
		}
	}
	return world
}

// without is the world's prompt without who leads: what is broken, if anything is.
func without(world view.Line) view.Line {
	end := slices.IndexFunc(world, func(s view.Span) bool { return strings.HasSuffix(s.Text, "]") })
	rest := slices.Clone(world[end+1:])
	rest[0].Text = strings.TrimPrefix(rest[0].Text, " ")
	return rest
}

// PromptRoom is how many of 80 columns a prompt may take. The console shows > instead of one
// that leaves no room to type.
const PromptRoom = 64

func wide(prompt view.Line) bool { return utf8.RuneCountInString(prompt.String()) > PromptRoom }
