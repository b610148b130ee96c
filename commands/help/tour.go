package help

import (
	"strings"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/look"
	"raftlab/commands/view"
	"raftlab/docs"
)

type tourResult struct {
	Try []string `json:"try" doc:"commands to try next"`
}

// The tour is not a step of `undo`: each command it types is one, as if the
// newcomer had typed it.
var _ = Commands.Register(&lang.Command{
	Name: "tour", Topic: lab.TopicScripts,
	Summary: "shows a newcomer how to elect a leader and store a value, in two minutes",
	Details: "It types each command at the prompt and waits for Enter. It starts a cluster of its own, and the " +
		"one before stays in the history. Without a terminal it runs straight through.",
	Examples: []string{"tour"},
	Results:  []any{tourResult{}},
	Needs:    lab.Needs(lab.Stepping, "leave with quit; tour at raftlab's own prompt begins it"),
	Run:      runTour,
})

func runTour(c *lang.Call) (*lang.Result, error) {
	s := c.Session
	echo := s.Echo
	s.Echo = true
	defer func() { s.Echo = echo }()
	defer s.Use(guide{c.Front, look.Of(c)})()
	if err := c.SourceText("tour", docs.Tour); err != nil {
		return nil, err
	}
	return afterTour(), nil
}

// afterTour says what to try next.
func afterTour() *lang.Result {
	try := [][2]string{
		{"kill S1; run", "the leader crashes, and the others elect a new one"},
		{"next", "lists all that can happen now, with consequences"},
		{"lesson", "a course, with questions and exercises; lessons lists it"},
		{"scenario figure-8", "the paper's hardest figure; scenarios lists more"},
		{"lessons", "a course with questions and exercises"},
	}
	r := lang.Tell("", "You have elected a leader and stored a value. What next?")
	t := view.Table{Fixed: 1}
	var commands []string
	for _, c := range try {
		commands = append(commands, c[0])
		t.Rows = append(t.Rows, []view.Line{{view.S(view.Plain, "  "), view.S(view.Code, c[0])}, view.L(c[1])})
	}
	return r.Block(t).With(tourResult{commands})
}

// guide is the frontend of the tour: it shows the commands as if they were
// being typed, and to a person leaves it to press Enter.
type guide struct {
	lang.Frontend
	screen *look.Screen
}

func (g guide) Echo(line string) {
	switch word, _, _ := strings.Cut(line, " "); {
	case word == "say" || word == "expect" || strings.HasPrefix(word, "#"):
	case g.Interactive():
		g.Pause(g.screen.Prompt().String() + line)
	default:
		g.Frontend.Echo(line)
	}
}
