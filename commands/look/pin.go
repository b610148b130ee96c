package look

import (
	"cmp"

	"raftlab/cluster/picture"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// pictures are what can be pinned, by name, each with what it uses of the cluster that
// costs something: in a cluster that runs by itself it is drawn several times a second.
var pictures = map[string]struct {
	draw func(*picture.Picture) []view.Block
	uses []string
}{
	"status":  {StatusBlocks, nil},
	"log":     {pinnedLog, []string{"entries"}},
	"cluster": {ClusterBlocks, []string{"messages"}},
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
		"The picture is drawn again after each command and while `play` runs, and all the time in a cluster that " +
		"runs by itself. It is not shown where it would leave fewer than eight rows for the prompt, and never " +
		"while a script runs. What scrolls away below it may be missing when you scroll the terminal back.",
	Results:  []any{pinResult{}},
	Examples: []string{"pin cluster", "pin off", "pin"},
	Run: func(c *lang.Call) (*lang.Result, error) {
		s := Of(c)
		s.pin = pinned.Or(c, s.pin)
		now := cmp.Or(s.pin, "off")
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

// Pinned draws what stays in sight while everything else scrolls; nil: nothing does. Where
// the cluster runs by itself it may be called at any time.
func (s *Screen) Pinned() func() []view.Block {
	picture, world := pictures[s.pin], s.world
	if picture.draw == nil {
		return nil
	}
	return func() []view.Block { return picture.draw(world.Picture(lab.Only(picture.uses...))) }
}

// Moves says whether what is pinned changes by itself.
func (s *Screen) Moves() bool {
	_, moves := s.world.(lab.RealTime)
	return moves
}

// pinnedLog is the last entries of all logs, as many as two fingers can point at.
func pinnedLog(p *picture.Picture) []view.Block {
	const most = 10
	last := 0
	for _, v := range p.Nodes {
		last = max(last, v.Last)
	}
	title := view.Says(view.Strong, statusTitle(p))
	return []view.Block{title, logTable(p.Nodes, max(1, last-most+1), last)}
}
