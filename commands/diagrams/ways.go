package diagrams

import (
	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
)

// mostWays is how many other ways an export shows.
const mostWays = 8

// way is a stretch of a branch that left the way to the present, or was left by it.
type way struct {
	branch *cluster.Branch
	from   uint64 // the position at which they part
}

// otherWays is the branches that a checkpoint names and that do not lead to the present,
// each from where it parts: what a scenario with two endings has besides. None where a
// call says itself what it wants.
func otherWays(c *lang.Call) []way {
	h := lab.Of(c).History
	here := h.Place()
	on := map[*cluster.Branch]uint64{} // how far the way to the present goes along each branch
	for b, to := here.Branch, here.Position; b != nil; b = b.Parent {
		on[b] = to
		to = min(to, b.ForkAt)
	}
	var ways []way
	seen := map[*cluster.Branch]bool{}
	for _, name := range h.Checkpoints() {
		at, err := h.Find(name)
		if err != nil || seen[at.Branch] || givenOf(c, diagramWhat) != "" || len(ways) == mostWays {
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

// stretch is the way as a stretch to be drawn.
func (w way) stretch(c *lang.Call, rows int) (*Stretch, error) {
	p := &Stretch{branch: w.branch, from: w.from + 1, to: w.branch.End()}
	return p, p.fill(c, rows, serverViews)
}
