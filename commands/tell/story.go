package tell

import (
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// A command's story is told whole when it is short. Of a long one the milestones
// are told, and how much else there was.
const (
	ShortStory = 16 // lines
	longStory  = 16
	fewLost    = 4 // messages
)

// Milestone tells whether a long story keeps an event. Lost messages are left to
// the sum where they are many: with a server down, every heartbeat loses one.
func Milestone(events []event.Event) func(*event.Event) bool {
	lost := len(each.Only(events, func(e event.Event) bool { return event.Is[event.Lost](&e) }))
	return func(e *event.Event) bool {
		x, voted := e.What.(event.Voted)
		switch {
		case voted && x.For == e.Node: // a candidate votes for itself
			return false
		case lost > fewLost && event.Is[event.Lost](e):
			return false
		}
		return Of(e).Milestone
	}
}

// WholeStory is what happened, line by line.
func WholeStory(events []event.Event, omitted int) view.Text {
	whole := StoryLines(events, nil)
	if len(whole) <= ShortStory && omitted == 0 {
		return view.Text{Lines: whole, Indent: 6}
	}
	lines := StoryLines(events, Milestone(events))
	if extra := len(lines) - longStory; extra > 0 {
		gap := view.LS(view.Quiet, fmt.Sprintf("      … %s like these", prose.Plural(extra, "more line")))
		lines = append(append(lines[:longStory/2:longStory/2], gap), lines[len(lines)-longStory/2:]...)
	}
	lines = append(lines, view.LS(view.Quiet, "      "+storySum(events, omitted)))
	if won := electionWon(events); won != "" {
		lines = append(lines, view.LS(view.Strong, "      "+won))
	}
	return view.Text{Lines: lines, Indent: 6}
}

// storySum counts what a long story leaves out.
func storySum(events []event.Event, omitted int) string {
	delivered, sent, lost, early := 0, 0, 0, 0
	here := map[uint64]bool{} // sent among these events
	for i := range events {
		switch x := events[i].What.(type) {
		case event.Sent:
			sent++
			here[x.ID] = true
		case event.Duplicated:
			here[x.ID] = true
		case event.Lost:
			lost++
		case event.Delivered:
			if delivered++; !here[x.ID] {
				early++
			}
		}
	}
	before := ""
	if early > 0 {
		before = fmt.Sprintf(" (%d sent before)", early)
	}
	text := fmt.Sprintf("%d delivered%s, %d sent, %d lost", delivered, before, sent, lost)
	if omitted > 0 {
		return fmt.Sprintf("so far: %s; %d events followed (type events for the last)", text, omitted)
	}
	return text + "; type events for all"
}

// Storied is an event of a story. Where entries are committed and applied at once,
// one line tells both.
type Storied struct {
	*event.Event
	applied bool
}

// sameRange tells whether what is committed is what is applied then.
func sameRange(committed, applied *event.Event) bool {
	c, ok := committed.What.(event.Committed)
	a, _ := applied.What.(event.Applied)
	return ok && committed.Node == applied.Node && c.First == a.First && c.Last == a.Last
}

// takenAs tells whether the last event that is told says that a client's command
// became this entry.
func takenAs(told []Storied, e *event.Event) bool {
	if len(told) == 0 {
		return false
	}
	last, a := told[len(told)-1], event.As[event.Appended](e)
	x, ok := last.What.(event.Accepted)
	return ok && last.Node == e.Node && x.Last == a.First && x.Last == a.Last && x.Term == a.Term
}

// StoryLines is the events that are wanted (nil: all), those that are alike on
// one line, each with the position of the first.
func StoryLines(events []event.Event, wanted func(*event.Event) bool) (lines []view.Line) {
	EachStory(events, wanted, func(first *event.Event, line view.Line) {
		lines = append(lines, Numbered(first.Position, line))
	})
	return lines
}

// EachStory yields the lines of StoryLines without a position, each with its first event.
func EachStory(events []event.Event, wanted func(*event.Event) bool, yield func(*event.Event, view.Line)) {
	var told []Storied
	for i := range events {
		e := &events[i]
		switch e.What.(type) {
		case event.Ticked, event.ClockTicked:
			continue
		case event.Applied: // also where little is wanted: a state machine changes
			if k := len(told) - 1; k >= 0 && i > 0 && told[k].Event == &events[i-1] && sameRange(told[k].Event, e) {
				told[k].applied = true
				continue
			}
		case event.Appended:
			if takenAs(told, e) || wanted != nil && !wanted(e) {
				continue
			}
		default:
			if wanted != nil && !wanted(e) {
				continue
			}
		}
		told = append(told, Storied{Event: e})
	}
	for len(told) > 0 {
		n := 1
		for n < len(told) && Alike(told[n-1], told[n]) {
			n++
		}
		yield(told[0].Event, storyLine(told[:n]))
		told = told[n:]
	}
}

// Alike tells whether b can stand on the line of a, the event before it.
func Alike(a, b Storied) bool {
	switch x := a.What.(type) {
	case event.Given:
		return event.Is[event.Committed](b.Event) && a.Node == b.Node
	case event.Sent:
		y, ok := b.What.(event.Sent)
		return ok && equalMail(x.Mail, y.Mail)
	case event.Dropped:
		y, ok := b.What.(event.Dropped)
		return ok && equalMail(x.Mail, y.Mail)
	case event.Voted:
		y, ok := b.What.(event.Voted)
		return ok && x == y && x.For != a.Node
	case event.Committed:
		y, ok := b.What.(event.Committed)
		return ok && x == y && a.applied == b.applied && a.Node != b.Node && !x.Leader
	}
	return false
}

// equalMail tells whether a server sends the same to two others.
func equalMail(a, b event.Mail) bool {
	return a.From == b.From && a.Type() == b.Type() && event.FieldsText(a.Message) == event.FieldsText(b.Message)
}

// storyLine is events that are alike.
func storyLine(events []Storied) view.Line {
	first, last := events[0], events[len(events)-1]
	who := each.As(events, func(e Storied) string { return e.Node.String() })
	switch x := first.What.(type) {
	case event.Sent, event.Dropped:
		return messagesLine(events)
	case event.Committed:
		return Commits(who, x, first.applied)
	case event.Voted:
		if len(events) > 1 {
			return view.L(fmt.Sprintf("%s vote for %s in term %d", strings.Join(who, " "), x.For, x.Term))
		}
	case event.Given:
		if len(events) > 1 {
			upTo := event.As[event.Committed](last.Event).Last
			return append(Story(first.Event), view.S(view.Committed, fmt.Sprintf(", committed up to %d", upTo)))
		}
	}
	return Story(first.Event)
}

// Numbered puts the position before a line, to go to.
func Numbered(position uint64, line view.Line) view.Line {
	return append(view.Line{view.S(view.Quiet, fmt.Sprintf("%5s ", fmt.Sprintf("#%d", position)))}, line...)
}

// messagesLine is equal messages to several servers, all sent or all dropped.
func messagesLine(events []Storied) view.Line {
	to, ids := make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		to[i], ids[i] = e.Peer().String(), NameOf(e.Event)
	}
	name := strings.Join(ids, " ")
	sent := event.Is[event.Sent](events[0].Event)
	if sent && len(events) > 1 { // numbered in a row
		name = ids[0] + ".." + ids[len(ids)-1]
	}
	fate := view.S(view.Quiet, "  "+name)
	if !sent {
		fate = view.S(view.Warn, "  "+name+" dropped")
	}
	m := events[0].Body()
	return view.Line{
		view.S(view.Plain, fmt.Sprintf("%s -> %s  ", events[0].Node, strings.Join(to, " "))),
		view.S(view.Message, m.Type()+" "+event.FieldsText(m)),
		fate,
	}
}

// NameOf is the message of an event, m12.
func NameOf(e *event.Event) string {
	m, _ := e.Mail()
	return m.Name()
}
