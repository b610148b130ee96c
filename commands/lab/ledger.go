package lab

import (
	"fmt"
	"slices"

	"raftlab/cluster/history"
	"raftlab/cluster/invariants"
	"raftlab/cluster/setting"
)

// ledger is the breaches that no expectation has accepted yet, in the order in
// which they happened. Going back, or to another world, takes nothing from it: a
// script that broke an invariant has broken it. What a search finds is on a
// branch that nobody went along, so it is not in it.
//
// It is never changed in place, so that a step can keep it and restore it.
type ledger []entered

// entered is a breach, or a departure, and where it happened.
type entered struct {
	history.Place
	text     string
	departed bool
}

// enter adds what the last action broke: the breaches of the world beyond the
// first before. Wrong books of a server that errs on purpose are told and not
// added: a bug is expected to do harm, and that is a breach of its own.
func (l *Lab) enter(before int) { l.open = l.with(l.broken(before)) }

// takeUp enters what the start of the present cluster broke, if that was not done yet. A script that first turns the
// judge down, or begins with another cluster, does not answer for it.
func (l *Lab) takeUp() {
	l.open = l.with(l.began)
	l.began = nil
}

// with is the ledger with more, as far as it counts by the settings.
func (l *Lab) with(more ledger) ledger {
	all := slices.Clip(l.open)
	for _, e := range more {
		if !e.departed || l.Settings().Judge == setting.JudgeStop {
			all = append(all, e)
		}
	}
	return all
}

// broken is the breaches of the world beyond the first before.
func (l *Lab) broken(before int) (some ledger) {
	for _, b := range l.World().Breaches()[before:] {
		if !b.OnPurpose {
			at := history.Place{Branch: l.History.Place().Branch, Position: b.Position}
			some = append(some, entered{at, breachText(b), b.Departure != nil})
		}
	}
	return some
}

// AcceptBreaches takes as expected the breaches so far that `violations` lists
// at present. One that `shrink` has brought about in fewer steps, on a branch of
// its own, is the same breach, so it is the text that tells.
func (l *Lab) AcceptBreaches() {
	l.takeUp()
	present := l.World().Breaches()
	l.open = slices.DeleteFunc(slices.Clone(l.open), func(e entered) bool {
		return slices.ContainsFunc(present, func(b invariants.Breach) bool { return breachText(b) == e.text })
	})
}

func breachText(b invariants.Breach) string { return b.Property + ": " + b.Text }

// UnexpectedBreaches tells the others.
func (l *Lab) UnexpectedBreaches() []string { return l.unexpected(false) }

// UnexpectedDepartures tells where guests departed from the paper, and no expectation
// named it.
func (l *Lab) UnexpectedDepartures() []string { return l.unexpected(true) }

func (l *Lab) unexpected(departures bool) []string {
	var all []string
	for _, e := range l.with(l.began) {
		if e.departed != departures {
			continue
		}
		all = append(all, fmt.Sprintf("%s (#%d of %s)", e.text, e.Position, e.Branch.Name))
	}
	return all
}
