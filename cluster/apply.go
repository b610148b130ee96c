package cluster

import (
	"slices"
)

// Apply does what the action says, then looks whether every invariant still
// holds. An error says why nothing was done; nothing has changed then. It is a
// *Failure where a server had no answer.
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
		w.turn = turn{} // whoever intervenes ends the tick that was under way
	}
	w.checkInvariants()
	return nil
}

// carefully is Apply where a server may have no answer: then the world becomes what
// a copy from before is, but for who listens.
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
