package history

import (
	"context"
	"slices"
	"sort"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/raft"
)

// Record looks back over what led to the present: the events with the rules
// that were consulted, the commands, and the states between. Events are not
// kept, so it finds them by replay, a window at a time.
type Record struct {
	Progress func(position uint64) // is told how far a long search has come; may be nil

	ctx     context.Context
	history *History
	windows []window // those looked at last
}

type window struct {
	number uint64
	events []event.Event
}

const (
	windowEvents = 4096 // in a window
	windowsKept  = 8
)

// Record begins to look back. A search ends early, as if nothing were found,
// when ctx does.
func (h *History) Record(ctx context.Context) *Record { return &Record{ctx: ctx, history: h} }

// End is the position of the present.
func (r *Record) End() uint64 { return r.history.present.Position() }

// At is the event at a position, or nil.
func (r *Record) At(position uint64) *event.Event {
	if position == 0 || position > r.End() {
		return nil
	}
	events := r.window((position - 1) / windowEvents)
	if i := int((position - 1) % windowEvents); i < len(events) {
		return &events[i]
	}
	return nil
}

// window is the events of a window, up to the present.
func (r *Record) window(number uint64) []event.Event {
	if i := slices.IndexFunc(r.windows, func(w window) bool { return w.number == number }); i >= 0 {
		return r.windows[i].events
	}
	from := number*windowEvents + 1
	if r.Progress != nil {
		r.Progress(from)
	}
	w := window{number, r.history.Events(from, from+windowEvents-1)}
	if len(r.windows) == windowsKept {
		r.windows = r.windows[1:]
	}
	r.windows = append(r.windows, w)
	return w.events
}

// Last is the last event before a position that is wanted, or nil.
func (r *Record) Last(before uint64, wanted func(*event.Event) bool) *event.Event {
	before = min(before, r.End()+1)
	for p := before - 1; p > 0 && before > 0; {
		number := (p - 1) / windowEvents
		events := r.window(number)
		for i := min(int(p-number*windowEvents), len(events)) - 1; i >= 0; i-- {
			if wanted(&events[i]) {
				return &events[i]
			}
		}
		if r.ctx.Err() != nil {
			return nil
		}
		p = number * windowEvents
	}
	return nil
}

// Next is the first event after a position that is wanted, or nil.
func (r *Record) Next(after uint64, wanted func(*event.Event) bool) *event.Event {
	for p := after + 1; p <= r.End() && r.ctx.Err() == nil; {
		number := (p - 1) / windowEvents
		events := r.window(number)
		for i := int(p - 1 - number*windowEvents); i < len(events); i++ {
			if wanted(&events[i]) {
				return &events[i]
			}
		}
		p = (number+1)*windowEvents + 1
	}
	return nil
}

// Message is the event that put a message in flight, by its number, or nil.
func (r *Record) Message(id uint64) *event.Event {
	copies := r.history.branch.copies
	i := sort.Search(len(copies), func(i int) bool { return copies[i].world.LastSent() >= id })
	if id == 0 || id > r.history.present.LastSent() {
		return nil
	}
	from := copies[max(i-1, 0)].world.Position()
	return r.Next(from, func(e *event.Event) bool { return e.IsOf(id) && e.SetsOff() })
}

// Decisions is the rules that were consulted for the input that e came of.
func (r *Record) Decisions(e *event.Event) []raft.Decision {
	for p := e.Position; p >= e.Began && p > 0; p-- {
		if o := r.At(p); o != nil && len(o.Decisions) > 0 {
			return o.Decisions
		}
	}
	return nil
}

// Before is the world as it was before the action that e came of, the caller's own.
func (r *Record) Before(e *event.Event) *cluster.World { return r.world(e.Began - 1) }

// After is the world as that action left it, the caller's own.
func (r *Record) After(e *event.Event) *cluster.World { return r.world(e.Position) }

func (r *Record) world(position uint64) *cluster.World {
	return r.history.WorldAt(Place{r.history.branch, position})
}

// Line is the command that the event at a position came of, or nil: positions
// from 1 on have one.
func (r *Record) Line(position uint64) *Line {
	lines := r.history.branch.lines
	i := sort.Search(len(lines), func(i int) bool { return lines[i].End >= position })
	if i == len(lines) || lines[i].Start >= position {
		return nil
	}
	return &lines[i]
}

// Firings counts how often a rule held and did not, over the whole record, and
// has the last positions where.
func (r *Record) Firings(rule *raft.Rule, keep int) (held, refused int, last []uint64) {
	r.Last(r.End()+1, func(e *event.Event) bool {
		for _, d := range e.Decisions {
			if d.Rule != rule {
				continue
			}
			if d.Holds {
				held++
			} else {
				refused++
			}
			if len(last) < keep && !slices.Contains(last, e.Position) {
				last = append(last, e.Position)
			}
		}
		return false
	})
	return held, refused, last
}

// Events is the events at positions from to to on the present branch, found by replaying.
func (h *History) Events(from, to uint64) []event.Event {
	to = min(to, h.present.Position())
	if from > to {
		return nil
	}
	l := &cluster.Listener{Decide: true}
	w, at := h.branch.copyBefore(from)
	w.Listen(l)
	h.branch.replay(w, at, func(cursor) bool { return w.Position() >= to })
	return slices.DeleteFunc(l.Events, func(e event.Event) bool { return e.Position < from || e.Position > to })
}
