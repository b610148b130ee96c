package cluster

// Branch is the branch of that name, or nil.
func (h *History) Branch(name string) *Branch { return h.named(name) }

// Present is the branch that the present is on.
func (h *History) Present() *Branch { return h.branch }

// Failing is what a branch did from a position up to its first breach after that. It is a
// copy of the world there, and the actions. There are none if nothing broke up to position
// to.
func (b *Branch) Failing(from, to uint64) (*World, []Action) {
	w, at := b.worldAt(from)
	start := w.Clone()
	before := len(w.Breaches())
	var actions []Action
	for w.position < to {
		next, ok := b.next(at)
		if !ok {
			break
		}
		a := b.lines[next.line].action(next)
		if err := w.Apply(a); err != nil {
			break
		}
		actions = append(actions, a)
		if w.Harm(before) != nil {
			return start, actions
		}
		at = next
	}
	return start, nil
}

// FoundAt is Found for a schedule that leads on from another place.
func (h *History) FoundAt(p Place, actions []Action) error {
	branch, at := h.branch, h.at
	w, there := p.Branch.worldAt(p.Position)
	h.branch, h.at = p.Branch, there
	b := h.branchAt(w.position)
	h.branch, h.at = branch, at
	return h.keepFound(b, w, actions)
}
