package history

import (
	"fmt"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
)

// Kept is a history as plain data that can be written to a file: its branches in the order in
// which they began, each with the place where it begins and the commands that follow.
type Kept struct {
	Branches []KeptBranch `json:"branches"`
	Marks    []KeptMark   `json:"marks,omitempty"`
	Here     KeptPlace    `json:"here"`
	Undone   []KeptUndone `json:"undone,omitempty"` // what redo would do again, the next one last
	Units    int          `json:"unitNumber"`       // the number of the newest unit
}

// KeptPlace is a position on a branch.
type KeptPlace struct {
	Branch string `json:"branch"`
	At     uint64 `json:"at"`
}

// KeptMark is a checkpoint.
type KeptMark struct {
	Name string `json:"name"`
	KeptPlace
}

// KeptUndone is what was undone together.
type KeptUndone struct {
	From     KeptPlace `json:"from"` // where the present was
	To       KeptPlace `json:"to"`   // where it came to
	Commands []string  `json:"commands"`
}

// KeptBranch is a branch: a root, which has a world of its own, or a branch that leaves another
// one at From.
type KeptBranch struct {
	Name  string     `json:"name"`
	From  *KeptPlace `json:"from,omitempty"`  // nil for a root
	Root  *KeptRoot  `json:"root,omitempty"`  // nil for any other
	Begun *KeptBegin `json:"begun,omitempty"` // nil for all but a root that `new` made
	Tree  string     `json:"tree,omitempty"`  // of a root that a search found: the one whose names it shares
	Units []KeptUnit `json:"units,omitempty"`
}

// KeptUnit is commands that undo takes back together, with all others of the same number.
type KeptUnit struct {
	Unit     int        `json:"unit"`
	Begun    *KeptBegin `json:"begun,omitempty"` // nil where undo goes back along the branch
	Commands []string   `json:"commands"`
}

// KeptBegin is where the present was when a command began, for one that begins a new world.
type KeptBegin struct {
	KeptPlace
	Unit    int    `json:"unit"`
	Command string `json:"command"`
}

// KeptRoot is the world that a root began with.
type KeptRoot struct {
	Nodes    int               `json:"nodes"`
	Seed     uint64            `json:"seed"`
	Machine  string            `json:"machine"`
	Settings map[string]string `json:"settings,omitempty"` // that are not the default
	Guest    *string           `json:"guest,omitempty"`    // the program that guests run; nil: none
	GuestOn  string            `json:"guestOn,omitempty"`  // which of them, as "S2 S3"
}

// Keep is the history as plain data.
func (h *History) Keep() *Kept {
	k := &Kept{Here: keptPlace(h.Place()), Units: h.units}
	for _, b := range h.all {
		k.Branches = append(k.Branches, b.keep())
	}
	for m, p := range h.marks {
		k.Marks = append(k.Marks, KeptMark{m.name, keptPlace(p)})
	}
	for _, u := range h.undone {
		k.Undone = append(k.Undone, KeptUndone{u.from.keep(), u.to.keep(), u.texts})
	}
	return k
}

func keptPlace(p Place) KeptPlace { return KeptPlace{p.Branch.Name, p.Position} }

func (b *Branch) keep() KeptBranch {
	k := KeptBranch{Name: b.Name}
	own := b.lines
	if b.Parent != nil {
		k.From = &KeptPlace{b.Parent.Name, b.ForkAt}
		own = b.lines[b.shared():]
	} else {
		k.Root = rootOf(b.copies[0].world)
	}
	if b.began != nil {
		k.Begun = b.began.outermost().keep()
	}
	if b.tree != nil {
		k.Tree = b.tree.Name
	}
	for i := range own {
		l := &own[i]
		if u := l.begun().outermost(); i == 0 || u.number != own[i-1].begun().outermost().number {
			k.Units = append(k.Units, KeptUnit{Unit: u.number})
			before := b.lines[:len(b.lines)-len(own)+i]
			if !u.from.isOn(endOf(b, before)) {
				k.Units[len(k.Units)-1].Begun = u.keep()
			}
		}
		u := &k.Units[len(k.Units)-1]
		u.Commands = append(u.Commands, l.script()...)
	}
	return k
}

func (u *unit) keep() *KeptBegin {
	return &KeptBegin{u.from.keep(), u.number, u.text}
}

func (s spot) keep() KeptPlace { return KeptPlace{s.branch.Name, s.was} }

// shared is how many lines the branch has from its parent.
func (b *Branch) shared() int {
	n := 0
	for n < len(b.lines) && n < len(b.Parent.lines) {
		ours, theirs := &b.lines[n], &b.Parent.lines[n]
		one := ours.begun().outermost().number == theirs.begun().outermost().number
		if !one || ours.Start != theirs.Start || ours.Text != theirs.Text || ours.End > b.ForkAt {
			break
		}
		n++
	}
	return n
}

func rootOf(w *cluster.World) *KeptRoot {
	r := &KeptRoot{Nodes: w.Size(), Seed: w.Seed(), Machine: w.MachineKind(), Settings: map[string]string{}}
	for _, d := range w.Settings().Unusual() {
		r.Settings[d.Name] = d.Get(w.Settings())
	}
	if on, program := w.Guests(); !on.Empty() {
		r.Guest, r.GuestOn = &program, on.String()
	}
	return r
}

// Begin is the world that a root began with. guests returns the programs of its guests.
func (r *KeptRoot) Begin(guests func(command, on string) (program.Programs, error)) (*cluster.World, error) {
	settings := setting.Defaults()
	for name, value := range r.Settings {
		d := setting.Find(name)
		if d == nil {
			return nil, fmt.Errorf("there is no setting %s", name)
		}
		if err := d.Set(&settings, value); err != nil {
			return nil, err
		}
	}
	programs := program.Own
	if r.Guest != nil {
		var err error
		if programs, err = guests(*r.Guest, r.GuestOn); err != nil {
			return nil, err
		}
	}
	return cluster.NewOf(programs, r.Nodes, r.Seed, settings, r.Machine)
}

// Fork leaves the present branch here with a new one of that name, even if the present is at
// its end.
func (h *History) Fork(name string) {
	b := h.branchAt(h.present.Position())
	h.addBranch(b)
	b.Name = name
}

// Root begins a root again, with its name. If a search found it, it shares the names of the
// root tree.
func (h *History) Root(w *cluster.World, name, tree string) {
	h.New(w)
	h.branch.Name = name
	if of := h.Branch(tree); of != nil {
		h.branch.tree, h.branch.began = of, nil
	}
}

// UseUnit makes the following commands part of the unit of that number. Later units have other
// numbers.
func (h *History) UseUnit(number int) {
	h.unit, h.units = number, max(h.units, number)
	if h.inside != nil {
		was, u := h.inside, *h.inside
		u.number = number
		h.inside = &u
		if h.open != nil && h.open.unit == was {
			h.open.unit, h.open.number = &u, number
		}
	}
}

// Join lets what is recorded now be taken back together with the command that led to the present.
func (h *History) Join() {
	if u := h.last(h.spot()); u != nil {
		h.UseUnit(u.number)
	}
}

// BeganAt says where the present was when the recorded command began. Call what it returns
// when that place exists too.
func (h *History) BeganAt(at KeptPlace) func() error {
	u := h.inside
	u.later = true
	return func() (err error) {
		u.from, err = h.keptSpot(at)
		return err
	}
}

// UseUndone makes redo do what was undone when the history was kept.
func (h *History) UseUndone(all []KeptUndone) error {
	for _, u := range all {
		from, err := h.keptSpot(u.From)
		if err != nil {
			return err
		}
		to, err := h.keptSpot(u.To)
		if err != nil {
			return err
		}
		h.undone = append(h.undone, jump{from, to, u.Commands})
	}
	return nil
}

func (h *History) keptSpot(k KeptPlace) (spot, error) {
	p, err := h.FindKept(k)
	if err != nil {
		return spot{}, err
	}
	_, at := p.Branch.worldAt(p.Position)
	return spot{p.Branch, at, p.Position}, nil
}

// FindKept is a place that was kept.
func (h *History) FindKept(at KeptPlace) (Place, error) {
	return h.Find(fmt.Sprintf("%s:%d", at.Branch, at.At))
}
