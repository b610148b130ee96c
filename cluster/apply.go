package cluster

import (
	"slices"
)

// Apply does what the action says, and then checks every invariant. An error says why
// nothing was done, and then nothing has changed. The error is a *Failure if a server had
// no answer.
func (w *World) Apply(a Action) error {
	if w.careful {
		return w.carefully(a)
	}
	if w.failure != nil {
		w.failure = nil
	}
	under := w.turn
	w.began = w.position
	if w.listener != nil {
		w.listener.begin(w, a)
	}
	_, time := a.(Advance)
	_, delivery := a.(DeliverNext)
	if !time && !delivery {
		w.flights.Unpark()
	}
	err := a.apply(w)
	if err == nil && w.failure == nil {
		w.followUp()
	}
	if w.failure != nil {
		err = w.failure
	}
	if err != nil {
		if w.work != nil {
			w.follow = nil
		}
		w.takeBackEvents(w.began)
		if w.listener != nil {
			w.listener.Refused, w.listener.RefusedAction = slices.Clone(w.out.Decided), a
		}
		return err
	}
	if !time && under.under {
		w.turn = turn{} // any other action ends the tick that was under way
	}
	w.checkInvariants()
	return nil
}

// carefully is Apply for a world in which a server may have no answer. If one has none,
// the world goes back to a copy made before, and keeps its listener.
func (w *World) carefully(a Action) error {
	before := w.Clone()
	w.careful = false
	err := w.Apply(a)
	if w.careful = true; w.failure != nil {
		w.lookedAt()
		before.listener, before.work, before.failure = w.listener, w.work, w.failure
		*w = *before
	}
	return err
}
