package inquiry

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/cluster/event"
)

// longChain is how many causes are shown.
const longChain = 30

// Chain follows the causes of an answer back, the latest first, each once; explain
// gives those of an event.
func (q *Inquiry) Chain(a *Answer, explain func(*Inquiry, *event.Event) *Answer) {
	todo, seen := slices.Clone(a.Because), map[string]bool{}
	for len(todo) > 0 && q.Ctx.Err() == nil {
		at := latest(todo)
		b := todo[at]
		todo = slices.Delete(todo, at, at+1)
		if b.Position == 0 || seen[b.Text] {
			continue
		}
		seen[b.Text] = true
		if len(a.Chain) == longChain {
			a.Chain = append(a.Chain, Because{Text: fmt.Sprintf("… type why #%d more for the rest", b.Position)})
			return
		}
		b.Text = cmp.Or(b.Bare, b.Text)
		if e := q.At(b.Position); e != nil && !b.ends {
			x := explain(q, e)
			b.Text += "  (" + x.Rule + ")"
			todo = append(todo, x.Because...)
		}
		a.Chain = append(a.Chain, b)
	}
}

// latest is the place of the latest cause, an event before the command that it
// came of.
func latest(causes []Because) int {
	best := 0
	for i, b := range causes {
		if o := causes[best]; b.Position > o.Position || b.Position == o.Position && o.ends && !b.ends {
			best = i
		}
	}
	return best
}
