package cluster

import (
	"errors"
	"fmt"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// SetBug switches one of the mistakes on or off, in one server or, when
// Node is 0, in all.
type SetBug struct {
	Name string
	On   bool
	Node raft.ID
}

func (a SetBug) String() string {
	text := "bug " + a.Name + " off"
	if a.On {
		text = "bug " + a.Name + " on"
	}
	if a.Node != 0 {
		text += " on " + a.Node.String()
	}
	return text
}

func (a SetBug) apply(w *World) error {
	m := rules.FindBug(a.Name)
	if m == nil {
		return fmt.Errorf("there is no bug %q; bugs lists them", a.Name)
	}
	if a.Node != 0 {
		if err := w.known(a.Node); err != nil {
			return err
		}
	}
	if w.riddle != nil {
		return errors.New("a hidden bug is on, for you to guess; bug guess NAME says which, and bug reveal gives up")
	}
	if !w.breakRule(m.Bit, a.On, a.Node) {
		return errors.New("a guest makes its own mistakes: bugs are for raftlab's own servers")
	}
	tell(w, a.Node, event.BugSet{Name: a.Name, On: a.On})
	return nil
}

// breakRule switches a mistake on or off, in one server or in all. It tells whether any of
// them can be made to make it.
func (w *World) breakRule(bit raft.Mutants, on bool, node raft.ID) (some bool) {
	bugs := make(rules.Mistakes, len(w.servers))
	for i := range bugs {
		id := raft.ID(i + 1)
		bugs[i] = w.bugs.Of(id)
		if node != 0 && node != id || !w.programs(id).Known().Errs {
			continue
		}
		switch some = true; {
		case on:
			bugs[i] |= bit
		default:
			bugs[i] &^= bit
		}
	}
	if some {
		w.another().bugs = bugs
		w.giveOptions()
	}
	return some
}

// optionsOf is the options of a server's core. As soon as one server makes a mistake on
// purpose, every server accepts what it is sent, as Figure 2 does: the mistake would be
// refused otherwise.
func (w *World) optionsOf(id raft.ID) *raft.Options {
	if len(w.Bugs()) == 0 {
		return w.options
	}
	o := *w.options
	o.Naive, o.Mutants = true, w.bugs.Of(id)
	if w.bug(rules.RemovedDisrupts, id) {
		o.StickyFollower = false
	}
	if w.bug(rules.PartialPartition, id) {
		o.PreVote = false
	}
	return &o
}

// giveOptions puts the options in force on every server that is up.
func (w *World) giveOptions() {
	for i := range w.servers {
		if w.servers[i].up() {
			s := w.mutable(raft.ID(i + 1))
			s.node.SetOptions(w.optionsOf(s.id))
		}
	}
}

// Bugs is the names of the mistakes that some server makes, in the order of the
// catalogue. While one must be guessed, it is UnknownBug alone.
func (w *World) Bugs() []string {
	all := w.bugs.All()
	if all == 0 {
		return nil
	}
	if w.riddle != nil {
		return []string{UnknownBug}
	}
	var names []string
	for _, m := range rules.AllBugs() {
		if all&m.Bit != 0 {
			names = append(names, m.Name)
		}
	}
	return names
}

// BugIn is the servers that make a mistake. It is none while a mistake must be guessed.
func (w *World) BugIn(name string) []raft.ID {
	m := rules.FindBug(name)
	if m == nil || w.riddle != nil {
		return nil
	}
	var ids []raft.ID
	for _, id := range w.IDs() {
		if w.bug(m.Bit, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// About is what the mistakes that servers make are about.
func (w *World) About() raft.Topics { return w.bugs.All().About() }

// bug tells whether a server makes this mistake.
func (w *World) bug(m raft.Mutants, id raft.ID) bool { return w.bugs.Of(id)&m != 0 }

// BugsAgainst is the mistakes that a server makes on purpose against a rule. It is none while
// they must be guessed.
func (w *World) BugsAgainst(rule *raft.Rule, id raft.ID) []*raft.Mutant {
	if w.riddle != nil || id == 0 {
		return nil
	}
	var found []*raft.Mutant
	all := rules.AllBugs()
	for i := range all {
		if m := &all[i]; m.Violates == rule && w.bug(m.Bit, id) {
			found = append(found, m)
		}
	}
	return found
}

// riddle is a mistake that every server makes and that you must guess. It is never
// changed; a new one takes its place.
type riddle struct {
	name    string
	guesses int
}

// UnknownBug is what Bugs says of a mistake that must be guessed.
const UnknownBug = "?"
