package history

import (
	"fmt"

	"raftlab/cluster"
)

// Found keeps a schedule from the present as a branch called found, with each action as a
// command of its own. The present does not change. An earlier branch of that name gets a
// number after its name.
func (h *History) Found(actions []cluster.Action) error {
	return h.keepFound(h.branchAt(h.present.Position()), h.present.Clone(), actions)
}

// FoundFrom is Found for a schedule from another world.
func (h *History) FoundFrom(w *cluster.World, actions []cluster.Action) error {
	return h.keepFound(&Branch{copies: []worldCopy{{world: w.Clone()}}, tree: h.branch.root()}, w.Clone(), actions)
}

// FoundAt is Found for a schedule that leads on from another place.
func (h *History) FoundAt(p Place, actions []cluster.Action) error {
	branch, at := h.branch, h.at
	w, there := p.Branch.worldAt(p.Position)
	h.branch, h.at = p.Branch, there
	b := h.branchAt(w.Position())
	h.branch, h.at = branch, at
	return h.keepFound(b, w, actions)
}

func (h *History) keepFound(b *Branch, w *cluster.World, actions []cluster.Action) error {
	for _, a := range actions {
		h.units++
		l := Line{Text: a.String(), number: h.units, Start: w.Position(), runs: []run{{a, 1, 0}}}
		if err := w.Apply(a); err != nil {
			return fmt.Errorf("%s: %w", a, err)
		}
		l.End = w.Position()
		b.lines = append(b.lines, l)
	}
	h.free("found")
	b.Name = "found"
	h.all = append(h.all, b)
	return nil
}

// FoundAs is Found with another name for the branch.
func (h *History) FoundAs(name string, actions []cluster.Action) error {
	if err := h.Found(actions); err != nil {
		return err
	}
	b := h.Branch("found")
	h.free(name)
	b.Name = name
	return nil
}
