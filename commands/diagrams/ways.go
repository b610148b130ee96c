package diagrams

import (
	"fmt"

	"raftlab/cluster/history"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// mostWays is how many other ways an export shows.
const mostWays = 8

// way is a stretch of a branch that left the way to the present, or was left by it.
type way struct {
	branch *history.Branch
	from   uint64 // the position at which they part
}

// told names the way, in words.
func (w way) told() string {
	return fmt.Sprintf("; and %s, which parts at #%d", prose.Visible(w.branch.Name), w.from)
}

// otherWays is the branches that a checkpoint names and that do not lead to the present,
// each from where it parts: what a scenario with two endings has besides. None where a
// call says itself what it wants; all branches where it asks for them.
func otherWays(c *lang.Call) []way {
	h := lab.Of(c).History
	var ends []history.Place
	switch all := exportBranches.Given(c); {
	case givenOf(c, diagramWhat) != "" && !all:
		return nil
	case all:
		for _, b := range h.Branches() {
			ends = append(ends, history.Place{Branch: b, Position: b.End()})
		}
	default:
		for _, name := range h.Checkpoints() {
			if at, err := h.Find(name); err == nil {
				ends = append(ends, at)
			}
		}
	}
	return waysTo(ends, h.Place())
}

// waysTo is the ways to those places that part from the way to here.
func waysTo(ends []history.Place, here history.Place) []way {
	on := map[*history.Branch]uint64{} // how far the way to the present goes along each branch
	for b, to := here.Branch, here.Position; b != nil; b = b.Parent {
		on[b] = to
		to = min(to, b.ForkAt)
	}
	var ways []way
	seen := map[*history.Branch]bool{}
	for _, at := range ends {
		if seen[at.Branch] || len(ways) == mostWays {
			continue
		}
		b, from := at.Branch, at.Branch.End()
		for ; b != nil; b = b.Parent {
			if to, shared := on[b]; shared {
				from = min(from, to)
				break
			}
			from = min(from, b.ForkAt)
		}
		if b != nil && at.Position > from {
			seen[at.Branch] = true
			ways = append(ways, way{at.Branch, from})
		}
	}
	return ways
}

// eachWay draws the other ways on which something happened, and says which they are.
func eachWay(c *lang.Call, rows int, draw func(*Stretch)) (told string, err error) {
	for _, w := range otherWays(c) {
		p := &Stretch{branch: w.branch, from: w.from + 1, to: w.branch.End()}
		if err := p.fill(c, rows, serverLines); err != nil {
			return "", err
		}
		if len(p.Rows) > 0 {
			draw(p)
			told += w.told()
		}
	}
	return told, nil
}
