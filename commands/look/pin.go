package look

import (
	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// pictures are what can be pinned, by name.
var pictures = map[string]func(*cluster.Picture) []view.Block{
	"status":  StatusBlocks,
	"log":     pinnedLog,
	"cluster": clusterBlocks,
}

var pinned = lang.OneOf("PICTURE", "status", "log", "cluster", "off").Optional()

// pinResult is what is pinned.
type pinResult struct {
	Pin string `json:"pin" doc:"status, log, cluster or off"`
}

var _ = Commands.Register(&lang.Command{
	Name: "pin", Topic: lab.TopicLooking,
	Summary: "keeps a picture on the top rows of the terminal while everything else scrolls below it",
	Args:    lang.Params{pinned},
	Details: "`pin cluster`, `pin status` and `pin log` keep what these commands show, and `pin off` takes it away. " +
		"The picture is drawn again after each command and while `play` runs. It is not shown where it would leave " +
		"fewer than eight rows for the prompt, and never while a script runs. What scrolls away below it may be " +
		"missing " +
		"when you scroll the terminal back.",
	Results:  []any{pinResult{}},
	Examples: []string{"pin cluster", "pin off", "pin"},
	Needs:    lab.Needs(lab.Stepping),
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		if pinned.Given(c) {
			s.pin = pinned.Of(c)
		}
		now := s.pin
		if now == "" {
			now = "off"
		}
		r := lang.OK().With(pinResult{now})
		switch {
		case now == "off" && !pinned.Given(c):
			return r.Line("Nothing is pinned; pin cluster keeps a picture of the cluster in sight."), nil
		case !pinned.Given(c):
			return r.Line(now + " is pinned; pin off takes it away."), nil
		case now != "off" && !c.Front.Interactive():
			return r.Line(now + " is pinned, which shows at a terminal only."), nil
		}
		return r, nil
	},
})

// Pinned is what stays in sight while everything else scrolls; mostly nothing.
func (s *Screen) Pinned() []view.Block {
	if draw := pictures[s.pin]; draw != nil {
		return draw(s.world.Picture(cluster.Everything))
	}
	return nil
}

// pinnedLog is the last entries of all logs, as many as two fingers can point at.
func pinnedLog(p *cluster.Picture) []view.Block {
	const most = 10
	last := 0
	for _, v := range p.Nodes {
		last = max(last, v.Last)
	}
	title := view.Text{Lines: []view.Line{view.LS(view.Strong, statusTitle(p))}}
	return []view.Block{title, logTable(p.Nodes, max(1, last-most+1), last)}
}
