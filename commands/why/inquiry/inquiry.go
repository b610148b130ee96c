// Package inquiry looks back over what happened, for an answer to why: when a server
// went down, what put a message in flight, of which input an event came, and which
// decision it rests on. It has what an answer is made of.
package inquiry

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/history"
	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// Inquiry looks for reasons: over the record of what happened, up to now.
type Inquiry struct {
	*history.Record
	Ctx context.Context
	Lab *lab.Lab
	W   *cluster.World // now
}

// New begins to look back.
func New(c *lang.Call, l *lab.Lab) *Inquiry {
	q := &Inquiry{Record: l.History.Record(c.Ctx), Ctx: c.Ctx, Lab: l, W: l.World()}
	end := q.End()
	q.Record.Progress = func(position uint64) { // the first windows are no news
		if c.Front != nil && (position+1<<17 < end || c.Told != (time.Time{})) {
			c.Progress("looking at #%d of #%d (Ctrl-C ends it)", position, end)
		}
	}
	return q
}

// Now is a position after all events.
const Now uint64 = math.MaxUint64

// Latest is the last event up to now that is wanted, or nil.
func (q *Inquiry) Latest(wanted func(*event.Event) bool) *event.Event { return q.Last(Now, wanted) }

// LastAt is the last event at a server, before a position, that is of one of some kinds, or nil.
func (q *Inquiry) LastAt(id raft.ID, before uint64, kinds ...func(*event.Event) bool) *event.Event {
	return q.Last(before, func(e *event.Event) bool {
		return e.Node == id && slices.ContainsFunc(kinds, func(is func(*event.Event) bool) bool { return is(e) })
	})
}

// Because is an event as a cause; nil is none.
func (q *Inquiry) Because(events ...*event.Event) []Because {
	var out []Because
	for _, e := range events {
		if e != nil {
			out = append(out, Because{Position: e.Position, Text: q.Past(e), Bare: q.Bare(e)})
		}
	}
	return out
}

// BecauseThat is an event as a cause, with words before.
func (q *Inquiry) BecauseThat(words string, e *event.Event) []Because {
	if e == nil {
		return nil
	}
	return []Because{{Position: e.Position, Text: words + q.Past(e), Bare: words + q.Bare(e)}}
}

// Fact is a cause that is no event.
func Fact(format string, args ...any) []Because {
	return []Because{{Text: fmt.Sprintf(format, args...)}}
}

// Deed is the command that an event came of.
func (q *Inquiry) Deed(e *event.Event) Because {
	line := q.Line(e.Position)
	if line == nil {
		return Because{Text: "the world began like this"}
	}
	how := prose.Either(q.Lab.Replay, "as recorded", "your command")
	switch e.Action.(type) {
	case cluster.Advance, cluster.Tick, cluster.ClockTick:
		how = "you let time pass"
	}
	return Because{Position: line.Start + 1,
		Text: fmt.Sprintf("%s: %s (#%d)", how, prose.Shorten(prose.Visible(line.Text), 60), line.Start+1), ends: true}
}

// ByTime tells whether it was time that brought an event about, not a command
// for this very thing.
func ByTime(e *event.Event) bool {
	switch e.Action.(type) {
	case cluster.Advance, cluster.Tick:
		return true
	}
	return false
}

// Past is an event as something that has happened, with its position.
func (q *Inquiry) Past(e *event.Event) string { return tell.Happened(e, q.Trigger(e)) }

// Bare is Past without the position.
func (q *Inquiry) Bare(e *event.Event) string { return tell.Bare(e, q.Trigger(e)) }

// AskedTerm is the term of the request that an answer was given to.
func (q *Inquiry) AskedTerm(e *event.Event) uint64 {
	return tell.AskedTerm(e.Body(), q.Trigger(e))
}

// CauseOf is the decision that an event rests on; of several, the last that the
// core named.
func CauseOf(e *event.Event) *raft.Decision {
	if n := len(e.Cause); n > 0 {
		return e.Cause[n-1]
	}
	return nil
}

// Asked is the last decision about a rule, with this outcome, for the input that e
// came of; where e is a message, one about its receiver is better.
func (q *Inquiry) Asked(e *event.Event, rule *raft.Rule, holds bool) *raft.Decision {
	var found *raft.Decision
	for d := range each.Of(q.Decisions(e)) {
		if d.Rule == rule && d.Holds == holds && (found == nil || found.Peer != e.Peer() || d.Peer == e.Peer()) {
			found = d
		}
	}
	return found
}

// AskedEither is the last decision that held, else the last that did not.
func (q *Inquiry) AskedEither(e *event.Event, rule *raft.Rule) *raft.Decision {
	return cmp.Or(q.Asked(e, rule, true), q.Asked(e, rule, false))
}

// Trigger is the event that told of the input that e came of, or nil.
func (q *Inquiry) Trigger(e *event.Event) *event.Event {
	if t := q.At(e.Of); t != nil && (t.Node == e.Node || t.Node == 0) {
		return t
	}
	return nil
}

// Source is what e came of: an event, or your command.
func (q *Inquiry) Source(e *event.Event) []Because {
	t := q.Trigger(e)
	switch {
	case t == nil:
		return []Because{q.Deed(e)}
	case event.Is[event.Delivered](t) || ByTime(t):
		return q.Because(t)
	case event.Is[event.Requested](t) || event.Is[event.ReadBegun](t):
		return append(q.Because(t), q.Deed(t))
	case event.Is[event.ElectionTimeout](t) && countsOnClocks(q.Before(t)):
		return append(q.ByHand(t), q.Deed(t))
	}
	return []Because{q.Deed(t)}
}

// countsOnClocks tells whether servers refuse votes, or answer reads, because no
// clock has let an election timeout pass (thesis 4.2.3, 6.4.1).
func countsOnClocks(w *cluster.World) bool {
	s := w.Settings()
	return s.Stickiness || s.Reads == "lease"
}

// ByHand says of an election timer that a command fired whether its clock might
// have: what counts on clocks, such as a lease, may break by it.
func (q *Inquiry) ByHand(e *event.Event) []Because {
	w, id := q.Before(e), e.Node
	left, of := w.Timer(id)
	if left == 0 || q.Lab.Replay {
		return nil
	}
	ticks, heard := w.SinceHeard(id)
	if !heard {
		return Fact("fired by hand: its timer had %d of %d ticks left", left, of)
	}
	out := Fact("fired by hand, as no clock would: %s heard from a leader %s before, and an election timeout is %d at "+
		"least", e.Node, prose.Plural(ticks, "tick"), w.Settings().ElectionTimeout.Min)
	for _, leader := range w.Leaders() {
		if w.State(leader).Lease {
			out = append(out, Fact("%s's lease relies on no clock doing so, and may be broken now (%s, %s)", leader,
				rules.LeaseLasts.ID, rules.LeaseLasts.Place)...)
		}
	}
	return out
}
