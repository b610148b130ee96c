package cluster

import (
	"raftlab/cluster/event"
	"raftlab/raft"
)

// begin is told of each action before it is done.
func (l *Listener) begin(w *World, a Action) {
	l.action, l.began, l.input, l.decided = a, w.position+1, 0, nil
	w.out.Decided = w.out.Decided[:0]
}

// event counts an event. If there is a listener it returns the event, and the caller fills
// in what happened.
func (w *World) event(node raft.ID) *event.Event {
	w.position++
	l := w.listener
	if l == nil {
		return nil
	}
	if l.Limit > 0 && len(l.Events) >= l.Limit {
		l.Omitted++
		return &l.scrap
	}
	l.Events = append(l.Events, event.Event{Position: w.position, Clock: w.clock, Node: node, Action: l.action,
		Began: l.began, Of: l.input})
	return &l.Events[len(l.Events)-1]
}

// tell counts an event, and gives it to the listener. Without one it builds nothing.
func tell[T event.What](w *World, node raft.ID, what T) {
	if e := w.event(node); e != nil {
		e.What = what
	}
}

// tellInput is tell for an event that tells of an input. The input led to the next events.
func tellInput[T event.What](w *World, node raft.ID, what T) {
	tell(w, node, what)
	if w.listener != nil {
		w.listener.input = w.position
	}
}

// tellDone is tell for an effect of the present input. The core says which decisions led
// to it.
func tellDone[T event.What](w *World, node raft.ID, what T, effect raft.Effect) {
	if e := w.event(node); e != nil {
		e.What = what
		w.rests(e, effect)
	}
}

// rests fills in the decisions that led to an effect.
func (w *World) rests(e *event.Event, effect raft.Effect) {
	l := w.listener
	if len(l.decided) == 0 {
		return
	}
	for _, c := range w.out.Causes {
		if c.Effect == effect {
			e.Cause = append(e.Cause, &l.decided[c.On])
		}
	}
}

// ticked counts the tick of a server's clock.
func (w *World) ticked(id raft.ID) {
	if l := w.listener; l == nil || l.NoTicks {
		w.position++
		return
	}
	tell(w, id, event.Ticked{})
}

// decider is the event that an input's decisions belong to. This is the last event, which
// told of the input, or the next one if the action has told nothing yet. It is an index
// into the listener's events. It is -1 if that event is omitted or no listener wants
// decisions.
func (w *World) decider() int {
	l := w.listener
	if l == nil || !l.Decide {
		return -1
	}
	n := len(l.Events)
	switch {
	case w.position == w.began:
		return n
	case n > 0 && l.Events[n-1].Position == w.position:
		return n - 1
	}
	return -1
}

// tellDecisions gives the event of an input the decisions that the input led to.
func (w *World) tellDecisions(at int) {
	if at >= 0 && at < len(w.listener.Events) {
		e := &w.listener.Events[at]
		e.Decisions = w.listener.decided
		if len(e.Cause) == 0 {
			w.rests(e, raft.Answered)
		}
	}
}

// takeBackEvents removes the events after position, because their action failed.
func (w *World) takeBackEvents(position uint64) {
	if l := w.listener; l != nil {
		l.Omitted -= min(l.Omitted, int(w.position-position))
		for n := len(l.Events); n > 0 && l.Events[n-1].Position > position; n-- {
			l.Events = l.Events[:n-1]
		}
	}
	w.position = position
}
