package stream

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"raftlab/cluster/event"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
)

// mostStory is how many lines the story of one step has.
const mostStory = 16

// stepBetween is what differs between two scenes, with the story of how. events is what happened
// in between; ticks of clocks are told where nothing else says that time has passed.
func stepBetween(a, b *seen, events []event.Event, ticked string) *Step {
	s := &Step{Position: b.Position, Clock: b.Clock, Story: story(a, b, events, ticked)}
	if a.Branch != b.Branch {
		s.Branch = b.Branch
	}
	if a.TimeoutMax != b.TimeoutMax {
		s.TimeoutMax = b.TimeoutMax
	}
	for i, n := range b.Nodes {
		if i >= len(a.Nodes) || !reflect.DeepEqual(n, a.Nodes[i]) {
			s.Nodes = append(s.Nodes, n)
		}
	}
	s.Messages, s.Gone = mailBetween(a.Messages, b.Messages, events)
	s.InFlight = changed(a.InFlight, b.InFlight)
	s.Cut, s.Sides, s.Bugs = changed(a.Cut, b.Cut), changed(a.Sides, b.Sides), changed(a.Bugs, b.Bugs)
	s.Violations, s.Departures = changed(a.Violations, b.Violations), changed(a.Departures, b.Departures)
	s.Clients = changed(a.Clients, b.Clients)
	return s
}

// changed is the later value where it is another one.
func changed[T any](a, b T) *T {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	return &b
}

// mailBetween is what came into flight or changed there, and what left it, with its fate. Of a
// message that came and went in between only the fate is told.
func mailBetween(a, b []*Message, events []event.Event) (changed []*Message, gone []Gone) {
	was := make(map[string]*Message, len(a))
	for _, m := range a {
		was[m.ID] = m
	}
	is := make(map[string]bool, len(b))
	for _, m := range b {
		is[m.ID] = true
		if before := was[m.ID]; before == nil || !reflect.DeepEqual(before, m) {
			changed = append(changed, m)
		}
	}
	told := map[string]bool{}
	for i := range events {
		if m, ok := events[i].Mail(); ok && !is[m.Name()] {
			g := Gone{ID: m.Name(), Fate: "delivered"}
			switch x := events[i].What.(type) {
			case event.Delivered:
			case event.Corrupted: // it arrived, and was refused
				g.Why = short(x.Why)
			case event.Lost:
				g.Fate, g.Why = "lost", x.Why()
			case event.Dropped:
				g.Fate = "dropped"
			default:
				continue
			}
			if !told[g.ID] {
				gone = append(gone, g)
			}
			told[g.ID] = true
		}
	}
	for _, m := range a {
		if !is[m.ID] && !told[m.ID] { // it went without an event, or is beyond those that are listed
			gone = append(gone, Gone{ID: m.ID, Fate: "dropped"})
		}
	}
	return changed, gone
}

// story is what happened, in words.
func story(a, b *seen, events []event.Event, ticked string) []StoryLine {
	out := []StoryLine{}
	if a.Clock < b.Clock {
		out = append(out, StoryLine{Position: a.Position + 1, Kind: "clock", ticks: [2]int{a.Clock + 1, b.Clock}})
	} else if ticked != "" && len(events) == 0 {
		out = append(out, StoryLine{Position: a.Position + 1, Kind: "tick", Text: ticked})
	}
	milestone := tell.Milestone(events)
	tell.EachStory(events, nil, func(first *event.Event, line view.Line) {
		out = append(out, StoryLine{Position: first.Position, Kind: string(first.Kind()),
			Text: prose.Shorten(line.String(), mostText), milestone: milestone(first)})
	})
	return shortened(out)
}

// shortened tells the ticks of a story, those in a row at once, and leaves out what is too much.
func shortened(all []StoryLine) []StoryLine {
	out := []StoryLine{}
	for _, l := range all {
		if k := len(out) - 1; k >= 0 && l.Kind == "clock" && out[k].Kind == "clock" {
			out[k].ticks[1] = l.ticks[1]
			continue
		}
		out = append(out, l)
	}
	if len(out) > mostStory {
		out = slices.DeleteFunc(out, func(l StoryLine) bool { return !l.milestone && l.Kind != "more" })
		if len(out) > mostStory {
			n := len(out) - mostStory
			gap := StoryLine{Position: out[mostStory/2].Position, Kind: "more",
				Text: fmt.Sprintf("… %s", prose.Plural(n, "more line"))}
			out = slices.Concat(out[:mostStory/2], []StoryLine{gap}, out[len(out)-mostStory/2:])
		}
	}
	for i := range out {
		if t := out[i].ticks; t[0] > 0 && t[0] == t[1] {
			out[i].Text = fmt.Sprintf("time passes: tick %d", t[0])
		} else if t[0] > 0 {
			out[i].Text = fmt.Sprintf("time passes: ticks %d to %d", t[0], t[1])
		}
	}
	return out
}

// joined is two steps in a row as one.
func joined(a, b *Step) *Step {
	s := *b
	s.joins = a.joins && b.joins
	s.Story = shortened(slices.Concat(a.Story, b.Story))
	s.Branch, s.TimeoutMax = cmp.Or(b.Branch, a.Branch), cmp.Or(b.TimeoutMax, a.TimeoutMax)
	s.Nodes = over(a.Nodes, b.Nodes, func(n *Node) string { return n.ID })
	slices.SortFunc(s.Nodes, func(m, n *Node) int { return prose.ByNumber(m.ID, n.ID) })
	s.Messages = mailAfter(a.Messages, b)
	s.Gone = slices.Concat(a.Gone, b.Gone)
	s.InFlight = cmp.Or(b.InFlight, a.InFlight)
	s.Cut, s.Sides, s.Bugs = cmp.Or(b.Cut, a.Cut), cmp.Or(b.Sides, a.Sides), cmp.Or(b.Bugs, a.Bugs)
	s.Violations, s.Departures = cmp.Or(b.Violations, a.Violations), cmp.Or(b.Departures, a.Departures)
	s.Clients = cmp.Or(b.Clients, a.Clients)
	return &s
}

// mailAfter is what is left of messages after a step, and what it has put in flight.
func mailAfter(before []*Message, x *Step) []*Message {
	gone := map[string]bool{}
	for _, g := range x.Gone {
		gone[g.ID] = true
	}
	left := slices.DeleteFunc(slices.Clone(before), func(m *Message) bool { return gone[m.ID] })
	return over(left, x.Messages, func(m *Message) string { return m.ID })
}

// over is a list with what a later one has in its place, by name, and what is new behind.
func over[T any](a, b []T, name func(T) string) []T {
	at := make(map[string]int, len(a))
	out := slices.Clone(a)
	for i, x := range out {
		at[name(x)] = i
	}
	for _, x := range b {
		if i, has := at[name(x)]; has {
			out[i] = x
		} else {
			out = append(out, x)
		}
	}
	return out
}

// halved joins neighbours that are only deliveries and ticks, two and two; all of them where there
// are no such.
func halved(steps []*Step) []*Step {
	out := pairs(steps, func(a, b *Step) bool { return a.joins && b.joins })
	if len(out) > len(steps)*3/4 {
		out = pairs(steps, func(*Step, *Step) bool { return true })
	}
	return out
}

func pairs(steps []*Step, join func(a, b *Step) bool) []*Step {
	var out []*Step
	for i := 0; i < len(steps); i++ {
		if i+1 < len(steps) && join(steps[i], steps[i+1]) {
			out = append(out, joined(steps[i], steps[i+1]))
			i++
			continue
		}
		out = append(out, steps[i])
	}
	return out
}

// size is about how many bytes a step takes.
func (s *Step) size() int {
	n := 100 + 60*len(s.Gone)
	for _, l := range s.Story {
		n += 40 + len(l.Text)
	}
	for _, v := range s.Nodes {
		n += 500 + entriesSize(v.Entries)
		for key, value := range v.KV {
			n += 6 + len(key) + len(value)
		}
	}
	for _, m := range s.Messages {
		n += 200 + entriesSize(m.Entries)
	}
	return n
}

func entriesSize(all []Entry) int {
	n := 0
	for i := range all {
		n += 16 + len(all[i].Data)
	}
	return n
}
