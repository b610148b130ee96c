package tell

import (
	"fmt"
	"strings"

	"raftlab/cluster"
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
func Milestone(events []cluster.Event) func(*cluster.Event) bool {
	lost := len(each.Only(events, func(e cluster.Event) bool { return cluster.Is[cluster.Lost](&e) }))
	return func(e *cluster.Event) bool {
		x, voted := e.What.(cluster.Voted)
		switch {
		case voted && x.For == e.Node: // a candidate votes for itself
			return false
		case lost > fewLost && cluster.Is[cluster.Lost](e):
			return false
		}
		return Of(e).Milestone
	}
}

// WholeStory is what happened, line by line.
func WholeStory(events []cluster.Event, omitted int) view.Text {
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
func storySum(events []cluster.Event, omitted int) string {
	delivered, sent, lost, early := 0, 0, 0, 0
	here := map[uint64]bool{} // sent among these events
	for i := range events {
		switch x := events[i].What.(type) {
		case cluster.Sent:
			sent++
			here[x.ID] = true
		case cluster.Duplicated:
			here[x.ID] = true
		case cluster.Lost:
			lost++
		case cluster.Delivered:
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
	*cluster.Event
	applied bool
}

// sameRange tells whether what is committed is what is applied then.
func sameRange(committed, applied *cluster.Event) bool {
	c, ok := committed.What.(cluster.Committed)
	a, _ := applied.What.(cluster.Applied)
	return ok && committed.Node == applied.Node && c.First == a.First && c.Last == a.Last
}

// takenAs tells whether the last event that is told says that a client's command
// became this entry.
func takenAs(told []Storied, e *cluster.Event) bool {
	if len(told) == 0 {
		return false
	}
	last, a := told[len(told)-1], cluster.As[cluster.Appended](e)
	x, ok := last.What.(cluster.Accepted)
	return ok && last.Node == e.Node && x.Last == a.First && x.Last == a.Last && x.Term == a.Term
}

// StoryLines is the events that are wanted (nil: all), those that are alike on
// one line, each with the position of the first.
func StoryLines(events []cluster.Event, wanted func(*cluster.Event) bool) (lines []view.Line) {
	EachStory(events, wanted, func(first *cluster.Event, line view.Line) {
		lines = append(lines, Numbered(first.Position, line))
	})
	return lines
}

// EachStory yields the lines of StoryLines without a position, each with its first event.
func EachStory(events []cluster.Event, wanted func(*cluster.Event) bool, yield func(*cluster.Event, view.Line)) {
	var told []Storied
	for i := range events {
		e := &events[i]
		switch e.What.(type) {
		case cluster.Ticked, cluster.ClockTicked:
			continue
		case cluster.Applied: // also where little is wanted: a state machine changes
			if k := len(told) - 1; k >= 0 && i > 0 && told[k].Event == &events[i-1] && sameRange(told[k].Event, e) {
				told[k].applied = true
				continue
			}
		case cluster.Appended:
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
	case cluster.Given:
		return cluster.Is[cluster.Committed](b.Event) && a.Node == b.Node
	case cluster.Sent:
		y, ok := b.What.(cluster.Sent)
		return ok && equalMail(x.Mail, y.Mail)
	case cluster.Dropped:
		y, ok := b.What.(cluster.Dropped)
		return ok && equalMail(x.Mail, y.Mail)
	case cluster.Voted:
		y, ok := b.What.(cluster.Voted)
		return ok && x == y && x.For != a.Node
	case cluster.Committed:
		y, ok := b.What.(cluster.Committed)
		return ok && x == y && a.applied == b.applied && a.Node != b.Node && !x.Leader
	}
	return false
}

// equalMail tells whether a server sends the same to two others.
func equalMail(a, b cluster.Mail) bool {
	return a.From == b.From && a.Type() == b.Type() && cluster.FieldsText(a.Message) == cluster.FieldsText(b.Message)
}

// storyLine is events that are alike.
func storyLine(events []Storied) view.Line {
	first, last := events[0], events[len(events)-1]
	who := each.As(events, func(e Storied) string { return e.Node.String() })
	switch x := first.What.(type) {
	case cluster.Sent, cluster.Dropped:
		return messagesLine(events)
	case cluster.Committed:
		return Commits(who, x, first.applied)
	case cluster.Voted:
		if len(events) > 1 {
			return view.L(fmt.Sprintf("%s vote for %s in term %d", strings.Join(who, " "), x.For, x.Term))
		}
	case cluster.Given:
		if len(events) > 1 {
			upTo := cluster.As[cluster.Committed](last.Event).Last
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
	sent := cluster.Is[cluster.Sent](events[0].Event)
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
		view.S(view.Message, m.Type()+" "+cluster.FieldsText(m)),
		fate,
	}
}

// NameOf is the message of an event, m12.
func NameOf(e *cluster.Event) string {
	m, _ := e.Mail()
	return m.Name()
}
