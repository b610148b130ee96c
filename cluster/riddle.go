package cluster

import (
	"errors"
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/raft"
)

// Actions of the guessing game.
type (
	// RandomBug breaks a rule in every server, without telling which.
	RandomBug struct{ Seed uint64 }
	// GuessBug names it, or tries to.
	GuessBug struct{ Name string }
	// RevealBug gives up.
	RevealBug struct{}
)

func (a RandomBug) String() string { return fmt.Sprintf("bug random seed %d", a.Seed) }
func (a GuessBug) String() string  { return "bug guess " + a.Name }
func (RevealBug) String() string   { return "bug reveal" }

func (a RandomBug) apply(w *World) error {
	if on := w.Bugs(); len(on) > 0 && w.riddle == nil {
		return fmt.Errorf("a bug is on already: %s; switch it off first, or begin a new cluster",
			strings.Join(on, ", "))
	}
	if w.riddle != nil {
		return errors.New("a rule is broken already; bug guess NAME says which, and bug reveal gives up")
	}
	var fit []raft.Mutant
	for _, m := range rules.AllBugs() {
		if rules.Drawable(&m, len(w.servers)) {
			fit = append(fit, m)
		}
	}
	if len(fit) == 0 {
		return fmt.Errorf("it takes three servers to see a rule broken; this cluster has %d", len(w.servers))
	}
	m := fit[invariants.Mix(invariants.Mix(0, a.Seed), uint64(len(fit)))%uint64(len(fit))]
	w.another().riddle = &riddle{name: m.Name}
	w.breakRule(m.Bit, true, 0)
	tell(w, 0, event.BugSet{Name: UnknownBug, On: true})
	return nil
}

func (a GuessBug) apply(w *World) error {
	if w.riddle == nil {
		return errNoRiddle
	}
	if rules.FindBug(a.Name) == nil {
		return fmt.Errorf("there is no bug %q; bugs lists them", a.Name)
	}
	right := a.Name == w.riddle.name
	set := w.another()
	if set.riddle = (&riddle{w.riddle.name, w.riddle.guesses + 1}); right {
		set.riddle = nil
	}
	tell(w, 0, event.BugGuessed{Name: a.Name, Right: right})
	return nil
}

func (RevealBug) apply(w *World) error {
	if w.riddle == nil {
		return errNoRiddle
	}
	tell(w, 0, event.BugRevealed{Name: w.riddle.name})
	w.another().riddle = nil
	return nil
}

var errNoRiddle = errors.New("there is nothing to guess; bug random breaks a rule for you to find")

// Riddle tells whether a broken rule must be guessed, and how many guesses were wrong so
// far.
func (w *World) Riddle() (on bool, guesses int) {
	if w.riddle == nil {
		return false, 0
	}
	return true, w.riddle.guesses
}

// Close tells whether a guess violates the same rule as the riddle.
func (w *World) Close(guess string) bool {
	m := rules.FindBug(guess)
	return m != nil && w.riddle != nil && m.Violates == rules.FindBug(w.riddle.name).Violates
}
