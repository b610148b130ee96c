package tell

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"raftlab/cluster/event"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// A command's story is told whole when it is short. Of a long one the milestones
// are told, and how much else there was.
const (
	ShortStory = 16 // lines
	longStory  = 16
	fewLost    = 4 // messages
	fewGrave   = 4 // lines of what is left out

	// What a small screen has room for, beside the command and the next prompt.
	screenful, screenWidth = 22, 80
)

// Milestone tells whether a long story keeps an event. Lost messages are left to
// the sum where they are many: with a server down, every heartbeat loses one.
func Milestone(events []event.Event) func(*event.Event) bool {
	lost := lostOf(events)
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

func lostOf(events []event.Event) int {
	return len(each.Only(events, func(e event.Event) bool { return event.Is[event.Lost](&e) }))
}

// WholeStory is what happened, line by line.
func WholeStory(events []event.Event, omitted int) view.Text {
	var whole []view.Line
	n := lostOf(events) // those that share a line count, too
	EachStory(events, nil, func(first *event.Event, line view.Line) {
		whole = append(whole, Numbered(first.Position, line))
		if !event.Is[event.Lost](first) {
			n++
		}
	})
	if n <= ShortStory && rows(whole) <= screenful && omitted == 0 {
		return view.Text{Lines: whole, Indent: 6}
	}
	lines := milestones(events)
	lines = append(lines, view.LS(view.Quiet, "      "+storySum(events, omitted)))
	if won := electionWon(events); won != "" {
		lines = append(lines, view.LS(view.Strong, "      "+won))
	} else if refused := refusals(events); refused != "" {
		lines = append(lines, view.L("      "+refused))
	}
	return view.Text{Lines: lines, Indent: 6}
}

// milestones is a long story. Where it is very long, its middle is left out, except the gravest of it.
func milestones(events []event.Event) (lines []view.Line) {
	var firsts []*event.Event
	EachStory(events, Milestone(events), func(first *event.Event, line view.Line) {
		firsts, lines = append(firsts, first), append(lines, Numbered(first.Position, line))
	})
	if len(lines) <= longStory {
		return lines
	}
	half := longStory / 2 // lines of the beginning, and of the end
	if len(gravest(firsts, half)) > 0 {
		half -= fewGrave // which they and the gaps between them take
	}
	short, end := slices.Clone(lines[:half]), half
	for _, at := range append(gravest(firsts, half), len(lines)-half) {
		if at > end {
			gap := fmt.Sprintf("      … %s", prose.Plural(at-end, "more line"))
			short = append(short, view.LS(view.Quiet, gap))
		}
		short, end = append(short, lines[at]), at+1
	}
	return append(short, lines[end:]...)
}

// gravest is the places, in the middle of a story, of its first few breaches and departures, and, if there is room,
// new leaders. The story's lines have these first events; so many lines at each end are not its middle.
func gravest(firsts []*event.Event, end int) (places []int) {
	broken := func(e *event.Event) bool { return event.Is[event.Breached](e) || event.Is[event.Departed](e) }
	leads := func(e *event.Event) bool {
		x, ok := e.What.(event.RoleChanged)
		return ok && x.To == raft.Leader
	}
	for _, how := range []func(*event.Event) bool{broken, leads} {
		for i := end; i < len(firsts)-end && len(places) < fewGrave; i++ {
			if how(firsts[i]) {
				places = append(places, i)
			}
		}
	}
	slices.Sort(places)
	return places
}

// rows is how much of a screen lines take.
func rows(lines []view.Line) (n int) {
	for _, l := range lines {
		n += 1 + max(0, utf8.RuneCountInString(l.String())-1-6)/(screenWidth-6) // the rest is indented
	}
	return n
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
		for n < len(told) && Alike(told[n-1], told[n]) && oneEnd(told[0], told[1], told[n]) {
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
	case event.Sent, event.Dropped:
		return a.Kind() == b.Kind() && sameText(a, b) && a.Node == b.Node
	case event.Lost:
		y, ok := b.What.(event.Lost)
		return ok && x.By == y.By && sameText(a, b) && oneEnd(a, a, b)
	case event.Voted:
		y, ok := b.What.(event.Voted)
		return ok && x == y && x.For != a.Node
	case event.Committed:
		y, ok := b.What.(event.Committed)
		return ok && x == y && a.applied == b.applied && a.Node != b.Node && !x.Leader
	}
	return false
}

// oneEnd tells whether messages that are alike come from one server, or go to one.
func oneEnd(a, b, c Storied) bool {
	x, ok := a.Mail()
	y, _ := b.Mail()
	z, _ := c.Mail()
	return !ok || x.From == y.From && y.From == z.From || x.To == y.To && y.To == z.To
}

// sameText tells whether two messages say the same.
func sameText(a, b Storied) bool {
	x, y := a.Body(), b.Body()
	return x.Type() == y.Type() && event.FieldsText(x) == event.FieldsText(y)
}

// storyLine is events that are alike.
func storyLine(events []Storied) view.Line {
	first, last := events[0], events[len(events)-1]
	who := each.As(events, func(e Storied) string { return e.Node.String() })
	switch x := first.What.(type) {
	case event.Sent, event.Dropped, event.Lost:
		return messagesLine(events)
	case event.Committed:
		return commits(who, x, first.applied)
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

// messagesLine is equal messages, from one server or to one, all sent, all dropped, or all lost to the same.
func messagesLine(events []Storied) view.Line {
	if len(events) == 1 && !event.Is[event.Dropped](events[0].Event) {
		return Story(events[0].Event)
	}
	mails := each.As(events, func(e Storied) event.Mail { m, _ := e.Mail(); return m })
	ids := each.As(mails, event.Mail.Name)
	name := strings.Join(ids, " ")
	fate := view.S(view.Warn, "  "+name+" dropped")
	switch x := events[0].What.(type) {
	case event.Sent: // numbered in a row
		fate = view.S(view.Quiet, "  "+ids[0]+".."+ids[len(ids)-1])
	case event.Lost:
		fate = view.S(view.Warn, fmt.Sprintf("  %s are lost: %s", name, x.WhyAll(mails)))
	}
	ends := func(end func(m event.Mail) raft.ID) string {
		return strings.Join(slices.Compact(each.As(mails, func(m event.Mail) string { return end(m).String() })), " ")
	}
	return view.Line{
		view.S(view.Plain, fmt.Sprintf("%s -> %s  ", ends(func(m event.Mail) raft.ID { return m.From }),
			ends(func(m event.Mail) raft.ID { return m.To }))),
		view.S(view.Message, mails[0].Type()+" "+event.FieldsText(mails[0].Message)),
		fate,
	}
}

// NameOf is the message of an event, m12.
func NameOf(e *event.Event) string {
	m, _ := e.Mail()
	return m.Name()
}
