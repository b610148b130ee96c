package cluster

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/invariants"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// judged is a server whose steps are compared with the paper.
type judged interface {
	program.Node
	// Departures is where its last step, or its start, departs from the paper.
	Departures() []judge.Departure
}

// depart tells and remembers where the server's last step departs from the paper. A step
// that is only late is told, but does no harm. It reports whether there was any departure.
func (w *World) depart(s *server) bool {
	j, ok := s.node.(judged)
	if !ok || w.settings.Judge == setting.JudgeOff {
		return false
	}
	excepted := strings.Fields(w.settings.JudgeExcept)
	all := slices.DeleteFunc(slices.Clone(j.Departures()), func(d judge.Departure) bool {
		return slices.Contains(excepted, d.Rule.ID)
	})
	if len(all) == 0 {
		return false
	}
	for i := range all {
		d := &all[i]
		late := d.Kind == judge.Late
		if len(w.breaches) < maxBreaches && !(late && w.lateAgain(d)) {
			w.breaches = append(w.breaches, invariants.Breach{
				Property: d.Rule.ID, Text: s.id.String() + " departs from the paper: " + d.Did,
				Nodes: []raft.ID{s.id}, Term: s.state.CurrentTerm, Position: w.position + 1,
				OnPurpose: late, Departure: d,
			})
		}
	}
	tell(w, s.id, event.Departed{All: all})
	return true
}

// remember keeps the last requests of a judged server, so that a reply that is made by
// hand can answer one of them.
func (s *server) remember(sent []raft.Envelope) {
	if _, ok := s.node.(judged); !ok {
		return
	}
	s.waiting()
	for _, e := range sent {
		if raft.IsReply(e.Message) {
			continue
		}
		s.asked = append(slices.DeleteFunc(slices.Clone(s.asked), func(o raft.Envelope) bool {
			return o.To == e.To && o.Message.Type() == e.Message.Type()
		}), e)
	}
}

// answers pairs a reply that is made by hand with the last request of that kind that its
// receiver sent to its sender. Another program's server is given no reply that answers
// nothing.
func (w *World) answers(e raft.Envelope) error {
	s := w.servers[e.To-1]
	if _, ok := s.node.(judged); !ok || !raft.IsReply(e.Message) {
		return nil
	}
	if s.waits != nil && slices.ContainsFunc(s.asked, func(asked raft.Envelope) bool {
		return asked.To == e.From && raft.Pair(e.Message, asked.Message)
	}) {
		return nil
	}
	return fmt.Errorf("%s has sent %s nothing that a %s answers", e.To, e.From, e.Message.Type())
}

// lateAgain tells whether it was already noted that the server is late with this.
func (w *World) lateAgain(d *judge.Departure) bool {
	return slices.ContainsFunc(w.breaches, func(b invariants.Breach) bool {
		return b.OnPurpose && b.Departure != nil && b.Departure.Server == d.Server && b.Departure.Rule == d.Rule
	})
}

// Except stops the judge from looking at a rule.
func (w *World) Except(rule string) {
	w.another().settings.JudgeExcept = strings.TrimSpace(w.settings.JudgeExcept + " " + rule)
}

// Began is where the servers of a fresh cluster departed from the paper when they started, as
// events at position 0: nothing has happened yet.
func (w *World) Began() (events []event.Event) {
	for _, b := range w.Departures() {
		if b.Position > 0 {
			continue
		}
		last := len(events) - 1
		if last < 0 || events[last].Node != b.Departure.Server {
			events = append(events, event.Event{Node: b.Departure.Server, What: event.Departed{}})
			last++
		}
		all := append(event.As[event.Departed](&events[last]).All, *b.Departure)
		events[last].What = event.Departed{All: all}
	}
	return events
}

// Violations is the invariants that broke, in the order in which they did.
func (w *World) Violations() []invariants.Breach { return w.only(false) }

// Departures is where servers departed from the paper, in the order in which they did.
func (w *World) Departures() []invariants.Breach { return w.only(true) }

func (w *World) only(departures bool) (some []invariants.Breach) {
	for _, b := range w.breaches {
		if (b.Departure != nil) == departures {
			some = append(some, b)
		}
	}
	return some
}
