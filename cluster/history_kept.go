package cluster

import "fmt"

// Kept is a history as plain data that can be written down: its branches in the order
// in which they began, each as what it leaves and the commands that follow, with which
// Restore makes it again.
type Kept struct {
	Branches []KeptBranch `json:"branches"`
	Marks    []KeptMark   `json:"marks,omitempty"`
	Here     KeptPlace    `json:"here"`
	Units    int          `json:"unitNumber"` // the last one that was given
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

// KeptBranch is a branch: a root, which has a world of its own, or what leaves another
// one at From.
type KeptBranch struct {
	Name  string     `json:"name"`
	From  *KeptPlace `json:"from,omitempty"`  // nil for a root
	Root  *KeptRoot  `json:"root,omitempty"`  // nil for any other
	Begun *KeptBegin `json:"begun,omitempty"` // nil for all but a root that `new` made
	Units []KeptUnit `json:"units,omitempty"`
}

// KeptUnit is commands that undo takes back together, with all others of that number.
type KeptUnit struct {
	Unit     int      `json:"unit"`
	Commands []string `json:"commands"`
}

// KeptBegin is where a new world was begun, and by which command.
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

// Keep is the history as plain data. What a search found from a world of its own, which
// no command leads to, is left out.
func (h *History) Keep() *Kept {
	k := &Kept{Here: keptPlace(h.Place()), Units: h.unit}
	for _, b := range h.all {
		if b.tree == nil {
			k.Branches = append(k.Branches, b.keep())
		}
	}
	for m, p := range h.marks {
		if p.Branch.tree == nil {
			k.Marks = append(k.Marks, KeptMark{m.name, keptPlace(p)})
		}
	}
	if h.branch.tree != nil {
		k.Here = keptPlace(Place{h.branch.root(), h.branch.root().End()})
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
	if p := b.prior; p != nil {
		k.Begun = &KeptBegin{KeptPlace{p.branch.Name, p.was}, p.unit, p.text}
	}
	for i := range own {
		l := &own[i]
		if i == 0 || l.Unit != own[i-1].Unit {
			k.Units = append(k.Units, KeptUnit{Unit: l.Unit})
		}
		u := &k.Units[len(k.Units)-1]
		u.Commands = append(u.Commands, l.script()...)
	}
	return k
}

// shared is how many lines the branch has from its parent.
func (b *Branch) shared() int {
	n := 0
	for n < len(b.lines) && n < len(b.Parent.lines) {
		ours, theirs := &b.lines[n], &b.Parent.lines[n]
		if ours.Start != theirs.Start || ours.Unit != theirs.Unit || ours.Text != theirs.Text || ours.End > b.ForkAt {
			break
		}
		n++
	}
	return n
}

func rootOf(w *World) *KeptRoot {
	r := &KeptRoot{Nodes: w.Size(), Seed: w.seed, Machine: w.kind, Settings: map[string]string{}}
	defaults := Defaults()
	for _, d := range settingsTable {
		if v := d.Get(&w.settings); v != d.Get(&defaults) {
			r.Settings[d.Name] = v
		}
	}
	if on, program := w.Guests(); !on.Empty() {
		r.Guest, r.GuestOn = &program, on.String()
	}
	return r
}

// Begin is the world that a root began with; guests says what runs the other program.
func (r *KeptRoot) Begin(guests func(command, on string) (Programs, error)) (*World, error) {
	settings := Defaults()
	for name, value := range r.Settings {
		d := FindSetting(name)
		if d == nil {
			return nil, fmt.Errorf("there is no setting %s", name)
		}
		if err := d.set(&settings, value); err != nil {
			return nil, err
		}
	}
	programs := Own
	if r.Guest != nil {
		var err error
		if programs, err = guests(*r.Guest, r.GuestOn); err != nil {
			return nil, err
		}
	}
	return NewOf(programs, r.Nodes, r.Seed, settings, r.Machine)
}

// Fork leaves the present branch here with a new one of that name, also where nothing
// lies ahead.
func (h *History) Fork(name string) {
	b := h.branchAt(h.present.position)
	h.addBranch(b)
	b.Name = name
}

// UseUnit lets what follows be taken back together with all of that unit.
func (h *History) UseUnit(unit int) { h.unit = unit }

// Unit is the undo unit of what is recorded.
func (h *History) Unit() int { return h.unit }
