package help

import (
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
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
	Summary: "shows a newcomer in three minutes how a leader is elected, and loses what it did not commit",
	Details: "Enter runs each command, and you may type any other in between. It starts a cluster of " +
		"its own, and the " +
		"one before stays in the history. Without a terminal it runs straight through.",
	Examples: []string{"tour"},
	Results:  []any{tourResult{}},
	Needs:    lab.Needs(lab.Stepping, "leave with quit; tour at raftlab's own prompt begins it"),
	Run:      runTour,
})

func runTour(c *lang.Call) (*lang.Result, error) {
	return lesson.Lead(c, lesson.Show{Name: "tour", Text: docs.Tour, Again: "tour", End: afterTour})
}

// afterTour says what to try next.
func afterTour() *lang.Result {
	try := [][2]string{
		{"kill leader; run", "the leader crashes, and the others elect a new one"},
		{"next", "lists all that can happen now, with consequences"},
		{"lesson", "the course, with questions and exercises; lesson fast takes 45 minutes"},
		{"scenario figure-8", "the paper's hardest figure; scenarios lists more"},
	}
	r := lang.Tell("", "You have elected a leader, and seen one lose what it had not committed. What next?")
	t := view.Table{Fixed: 1}
	var commands []string
	for _, c := range try {
		commands = append(commands, c[0])
		t.Add(view.Line{view.S(view.Plain, "  "), view.S(view.Code, c[0])}, view.L(c[1]))
	}
	return r.Block(t).With(tourResult{commands})
}
