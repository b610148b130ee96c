package commands

import (
	"strings"

	"raftlab/commands/view"
	"raftlab/docs"
)

var _ = Register(&Command{
	Name: "tour", Topic: TopicScripts, Changes: true,
	Summary: "shows a newcomer how to elect a leader and store something, in two minutes",
	Details: "It types each command at the prompt and waits for Enter. It begins with a cluster of its own; the one before stays in the history. " +
		"Off a terminal it runs straight through.",
	Examples: []string{"tour"},
	Run:      runTour,
})

func runTour(c *Call) (*Result, error) {
	s := c.Session
	echo := s.echo
	s.echo = true
	defer func() { s.echo = echo }()
	defer s.use(guide{c.Front, s})()
	if err := c.SourceText("tour", strings.NewReader(docs.Tour)); err != nil {
		return nil, Kept(err)
	}
	return OK().Line("", "You have elected a leader and stored a value. What next?").Block(
		suggestion("kill S1; run", "the leader crashes, and the others notice"),
		suggestion("next", "lists all that can happen now, with consequences"),
		suggestion("scenario figure-8", "the paper's hardest figure; scenarios lists more"),
	), nil
}

func suggestion(command, what string) view.Text {
	const room = 19 // the longest command, and two blanks
	return view.Text{Lines: []view.Line{{
		view.S(view.Plain, "  "), view.S(view.Code, command), view.S(view.Plain, strings.Repeat(" ", max(1, room-len(command)))+what),
	}}, Indent: room}
}

// guide is the frontend of the tour: it shows the commands as if they were
// being typed, and to a person leaves it to press Enter.
type guide struct {
	Frontend
	session *Session
}

func (g guide) Echo(line string) {
	switch word, _, _ := strings.Cut(line, " "); {
	case word == "say" || word == "expect" || strings.HasPrefix(word, "#"):
	case g.Interactive():
		g.Pause(g.session.Prompt().String() + line)
	default:
		g.Frontend.Echo(line)
	}
}
