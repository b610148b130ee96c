package commands

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// A command's story is told whole when it is short. Of a long one the milestones
// are told, and how much else there was.
const (
	shortStory = 16 // lines
	longStory  = 20
	fewLost    = 4 // messages
)

// milestones are the events that a long story keeps.
var milestones = map[cluster.EventKind]bool{
	cluster.Voted: true, cluster.RoleChanged: true, cluster.Committed: true, cluster.Truncated: true,
	cluster.Lost: true, cluster.Crashed: true, cluster.Restarted: true, cluster.Wiped: true,
	cluster.SnapshotLoaded: true, cluster.Answered: true, cluster.SessionTold: true, cluster.Abandoned: true,
	cluster.Corrupted: true, cluster.Breached: true, cluster.LinksCut: true, cluster.LinksHealed: true,
	cluster.Given: true, cluster.SettingChanged: true, cluster.MembersChanged: true, cluster.ServerAdded: true,
	cluster.TransferBegun: true, cluster.TransferOver: true, cluster.SnapshotTaken: true,
}

// milestonesOf leaves the lost messages to the sum where they are many: with a
// server down, every heartbeat loses one.
func milestonesOf(events []cluster.Event) map[cluster.EventKind]bool {
	lost := 0
	for i := range events {
		if events[i].Kind == cluster.Lost {
			lost++
		}
	}
	if lost <= fewLost {
		return milestones
	}
	few := maps.Clone(milestones)
	delete(few, cluster.Lost)
	return few
}

// tellStory is what happened, line by line.
func tellStory(events []cluster.Event, omitted int) view.Text {
	whole := storyLines(events, nil)
	if len(whole) <= shortStory && omitted == 0 {
		return view.Text{Lines: whole, Indent: 6}
	}
	lines := storyLines(events, milestonesOf(events))
	if extra := len(lines) - longStory; extra > 0 {
		gap := view.LS(view.Quiet, fmt.Sprintf("      … %d more lines like these", extra))
		lines = append(append(lines[:longStory/2:longStory/2], gap), lines[len(lines)-longStory/2:]...)
	}
	lines = append(lines, view.LS(view.Quiet, "      "+storySum(events, omitted)))
	if won := electionWon(events); won != "" {
		lines = append(lines, view.LS(view.Strong, "      "+won))
	}
	return view.Text{Lines: lines, Indent: 6}
}

// electionWon is how the last election of the events was won, or "": who voted for
// the leader and, of the answers that arrived among these events, who refused.
func electionWon(events []cluster.Event) string {
	var leader *cluster.Event
	refused := map[string][]string{} // by candidate and term
	election := func(who string, term uint64) string { return fmt.Sprint(who, " ", term) }
	for i := range events {
		e := &events[i]
		if e.Kind == cluster.RoleChanged && e.To == raft.Leader.String() {
			leader = e
		}
		if m, ok := e.Body.(*raft.RequestVoteReply); ok && e.Kind == cluster.Delivered && !m.VoteGranted {
			key := election(e.Node, m.Term)
			refused[key] = append(refused[key], e.Peer)
		}
	}
	if leader == nil {
		return ""
	}
	others := slices.DeleteFunc(slices.Clone(leader.Votes), func(id string) bool { return id == leader.Node })
	if len(others) == 0 {
		return fmt.Sprintf("%s wins term %d with its own vote", leader.Node, leader.Term)
	}
	text := fmt.Sprintf("%s wins term %d: votes from %s", leader.Node, leader.Term, strings.Join(others, " "))
	if no := refused[election(leader.Node, leader.Term)]; len(no) > 0 {
		text += ", refused by " + strings.Join(no, " ")
	}
	return text
}

// storySum counts what a long story leaves out.
func storySum(events []cluster.Event, omitted int) string {
	count, sent, early := map[cluster.EventKind]int{}, map[string]bool{}, 0
	for i := range events {
		e := &events[i]
		count[e.Kind]++
		sent[e.Message] = sent[e.Message] || e.Kind == cluster.Sent || e.Kind == cluster.Duplicated
		if e.Kind == cluster.Delivered && !sent[e.Message] {
			early++
		}
	}
	before := ""
	if early > 0 {
		before = fmt.Sprintf(" (%d sent before)", early)
	}
	text := fmt.Sprintf("%d delivered%s, %d sent, %d lost", count[cluster.Delivered], before, count[cluster.Sent],
		count[cluster.Lost])
	if omitted > 0 {
		return fmt.Sprintf("so far: %s; %d events followed (type events for the last)", text, omitted)
	}
	return text + "; type events for all"
}

// committedApplied is the kind of an event that tells of two: that entries are
// committed, and that they are applied.
const committedApplied cluster.EventKind = "committed and applied"

// sameRange tells whether what is committed is what is applied then.
func sameRange(committed, applied *cluster.Event) bool {
	return committed.Kind == cluster.Committed && committed.Node == applied.Node &&
		committed.First == applied.First && committed.Last == applied.Last
}

// takenAs tells whether the last event that is told says that a client's command
// became this entry.
func takenAs(told []*cluster.Event, e *cluster.Event) bool {
	if len(told) == 0 {
		return false
	}
	last := told[len(told)-1]
	return last.Kind == cluster.Accepted && last.Node == e.Node && last.Last == e.First && last.Last == e.Last &&
		last.Term == e.Term
}

// storyLines is the events of the wanted kinds (nil: of all), those that are
// alike on one line.
func storyLines(events []cluster.Event, wanted map[cluster.EventKind]bool) []view.Line {
	var told []*cluster.Event
	for i := range events {
		e := &events[i]
		if wanted != nil && e.Kind == cluster.Voted && e.Peer == e.Node {
			continue // a candidate votes for itself
		}
		switch {
		case e.Kind == cluster.Ticked || e.Kind == cluster.ClockTicked:
		case e.Kind == cluster.Applied:
			if k := len(told) - 1; k >= 0 && i > 0 && told[k] == &events[i-1] && sameRange(told[k], e) {
				both := *told[k]
				both.Kind = committedApplied
				told[k] = &both
			} else {
				told = append(told, e)
			}
		case e.Kind == cluster.Appended && takenAs(told, e): // said already
		case wanted == nil || wanted[e.Kind]:
			told = append(told, e)
		}
	}
	var lines []view.Line
	for len(told) > 0 {
		n := 1
		for n < len(told) && alike(told[n-1], told[n]) {
			n++
		}
		lines = append(lines, numbered(told[0].Position, storyLine(told[:n])))
		told = told[n:]
	}
	return lines
}

// alike tells whether b can stand on the line of a, the event before it.
func alike(a, b *cluster.Event) bool {
	switch {
	case a.Kind == cluster.Given:
		return (b.Kind == cluster.Committed || b.Kind == committedApplied) && a.Node == b.Node
	case a.Kind != b.Kind:
		return false
	case a.Kind == cluster.Sent || a.Kind == cluster.Dropped:
		return a.Node == b.Node && a.Type == b.Type && cluster.FieldsText(a.Body) == cluster.FieldsText(b.Body)
	case a.Kind == cluster.Voted:
		return a.Peer == b.Peer && a.Term == b.Term && a.Peer != a.Node
	case a.Kind == cluster.Committed || a.Kind == committedApplied:
		return a.First == b.First && a.Last == b.Last && a.Terms == b.Terms && a.Node != b.Node &&
			a.From == b.From && a.From != raft.Leader.String()
	}
	return false
}

// storyLine is events that are alike.
func storyLine(events []*cluster.Event) view.Line {
	first, last := events[0], events[len(events)-1]
	switch {
	case first.Kind == cluster.Sent || first.Kind == cluster.Dropped:
		return messagesLine(events)
	case first == last:
		return eventLine(first)
	case first.Kind == cluster.Given:
		return append(eventLine(first), view.S(view.Committed, fmt.Sprintf(", committed up to %d", last.Last)))
	}
	who := make([]string, len(events))
	for i, e := range events {
		who[i] = e.Node
	}
	if first.Kind == cluster.Voted {
		return view.L(fmt.Sprintf("%s vote for %s in term %d", strings.Join(who, " "), first.Peer, first.Term))
	}
	return committedLine(strings.Join(who, " "), first, "learn", "apply")
}

// committedLine tells a leader, which commits, from followers, which learn of it
// (Figure 2, Leaders 4, and AppendEntries receiver 5).
func committedLine(who string, e *cluster.Event, learn, apply string) view.Line {
	applied, what := e.Kind == committedApplied, entriesTold(e)
	switch {
	case e.From == raft.Leader.String() && applied:
		return view.LS(view.Committed, fmt.Sprintf("%s commits and applies %s", who, what))
	case e.From == raft.Leader.String():
		return view.LS(view.Committed, fmt.Sprintf("%s commits %s", who, what))
	}
	text := fmt.Sprintf("%s %s that %s %s committed", who, learn, what, isOrAre(e))
	if applied {
		them := "it"
		if e.First != e.Last {
			them = "them"
		}
		text += fmt.Sprintf(" and %s %s", apply, them)
	}
	return view.LS(view.Committed, text)
}

// numbered puts the position before a line, to go to.
func numbered(position uint64, line view.Line) view.Line {
	return append(view.Line{view.S(view.Quiet, fmt.Sprintf("%5s ", fmt.Sprintf("#%d", position)))}, line...)
}

// messagesLine is equal messages to several servers, all sent or all dropped.
func messagesLine(events []*cluster.Event) view.Line {
	first, last := events[0], events[len(events)-1]
	to, ids := make([]string, len(events)), make([]string, len(events))
	for i, e := range events {
		to[i], ids[i] = e.Peer, e.Message
	}
	name := strings.Join(ids, " ")
	if first.Kind == cluster.Sent && first != last { // numbered in a row
		name = first.Message + ".." + last.Message
	}
	fate := view.S(view.Quiet, "  "+name)
	if first.Kind == cluster.Dropped {
		fate = view.S(view.Warn, "  "+name+" dropped")
	}
	return view.Line{
		view.S(view.Plain, fmt.Sprintf("%s -> %s  ", first.Node, strings.Join(to, " "))),
		view.S(view.Message, first.Type+" "+cluster.FieldsText(first.Body)),
		fate,
	}
}

// entries is a range of log indexes in words.
func entries(first, last uint64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d–%d", first, last)
}

// isOrAre is the verb for the entries of an event.
func isOrAre(e *cluster.Event) string {
	if e.First == e.Last {
		return "is"
	}
	return "are"
}

// entriesTold is the entries that an event is about, with their terms where these
// differ.
func entriesTold(e *cluster.Event) string {
	if e.Terms != "" {
		return fmt.Sprintf("%s (terms %s)", entries(e.First, e.Last), e.Terms)
	}
	return entries(e.First, e.Last)
}

// entriesToldOfTerm is the same for entries that were appended: it also says of which
// term they are where that is one.
func entriesToldOfTerm(e *cluster.Event) string {
	if e.Terms == "" {
		return fmt.Sprintf("%s of term %d", entries(e.First, e.Last), e.Term)
	}
	return entriesTold(e)
}

// eventLine is one event in words.
func eventLine(e *cluster.Event) view.Line {
	if e.Body != nil {
		return messageLine(e)
	}
	plain := func(format string, args ...any) view.Line { return view.L(fmt.Sprintf(format, args...)) }
	switch e.Kind {
	case cluster.Ticked:
		return view.LS(view.Quiet, e.Node+"'s clock ticks")
	case cluster.ClockTicked:
		return plain("time passes: tick %d", e.Clock)
	case cluster.ElectionTimeout:
		return plain("%s's election timer fires", e.Node)
	case cluster.HeartbeatDue:
		return plain("%s's heartbeat is due", e.Node)
	case cluster.QuorumChecked:
		return plain("%s's election timeout passes without answers from a majority (CheckQuorum)", e.Node)
	case cluster.RoleChanged:
		return view.Line{view.S(view.Plain, e.Node+" becomes "), view.S(lab.RoleStyle(e.To), e.To),
			view.S(view.Plain, fmt.Sprintf(" in term %d (was %s)", e.Term, e.From))}
	case cluster.TermChanged:
		return plain("%s enters term %d", e.Node, e.Term)
	case cluster.Voted:
		if e.Peer == e.Node {
			return plain("%s votes for itself in term %d", e.Node, e.Term)
		}
		return plain("%s votes for %s in term %d", e.Node, e.Peer, e.Term)
	case cluster.Appended:
		return plain("%s appends %s", e.Node, entriesToldOfTerm(e))
	case cluster.Truncated:
		line := fmt.Sprintf("%s deletes %s", e.Node, entriesTold(e))
		if e.Text != "" { // by the leader's append
			line += map[bool]string{true: ", which conflicts", false: ", which conflict"}[e.First == e.Last] +
				" with the leader's"
		}
		return view.LS(view.Warn, line)
	case cluster.Committed, committedApplied:
		return committedLine(e.Node, e, "learns", "applies")
	case cluster.Applied:
		return plain("%s applies %s", e.Node, entries(e.First, e.Last))
	}
	return memberLine(e)
}

// memberLine is an event of the configuration, of leadership that is handed over or
// leased, or of a snapshot.
func memberLine(e *cluster.Event) view.Line {
	plain := func(format string, args ...any) view.Line { return view.L(fmt.Sprintf(format, args...)) }
	switch e.Kind {
	case cluster.MembersChanged:
		if e.Last == 0 {
			return plain("%s uses the configuration from before its log: %s", e.Node, e.Text)
		}
		return plain("%s now uses the configuration of entry %d: %s", e.Node, e.Last, e.Text)
	case cluster.ServerAdded:
		return plain("%s is created, empty, in no configuration yet", e.Node)
	case cluster.TransferBegun:
		return plain("%s starts handing leadership to %s", e.Node, e.Peer)
	case cluster.TransferOver:
		return view.LS(view.Warn, fmt.Sprintf("%s gives up handing leadership to %s", e.Node, e.Peer))
	case cluster.LeaseBegun:
		return plain("%s has a lease for %d ticks", e.Node, e.First)
	case cluster.LeaseEnded:
		return plain("%s's lease is over", e.Node)
	case cluster.MinimumPassed:
		return plain("%s has not heard a leader for the minimum election timeout", e.Node)
	case cluster.SnapshotTaken:
		return plain("%s takes a snapshot up to entry %d", e.Node, e.Last)
	case cluster.SnapshotLoaded:
		return plain("%s installs the snapshot up to entry %d of term %d", e.Node, e.Last, e.Term)
	}
	return userLine(e)
}

// userLine is an event of a client.
func userLine(e *cluster.Event) view.Line {
	plain := func(format string, args ...any) view.Line { return view.L(prose.Visible(fmt.Sprintf(format, args...))) }
	switch e.Kind {
	case cluster.ReadBegun:
		return plain("%s sends %s to %s", e.Client, e.Text, e.Node)
	case cluster.Requested:
		return plain("%s sends %s to %s", e.Client, e.Text, e.Node)
	case cluster.Redirected:
		return plain("%s redirects %s to %s", e.Node, e.Client, e.Peer)
	case cluster.Unanswered:
		why, _, _ := strings.Cut(e.Text, ";") // what to do about it is for the user's own mistakes
		return plain("%s rejects %s's request: %s", e.Node, e.Client, why)
	case cluster.Accepted:
		return plain("%s appends it as entry %d of term %d", e.Node, e.Last, e.Term)
	case cluster.Answered:
		return view.LS(view.Good, prose.Visible(fmt.Sprintf("%s replies to %s: %s", e.Node, e.Client, resultText(e.Text))))
	case cluster.SessionTold:
		return plain("%s %s", e.Client, e.Text)
	case cluster.Abandoned:
		return view.LS(view.Warn, fmt.Sprintf("%s cannot know what became of its request: %s", e.Client, e.Text))
	}
	return deedLine(e)
}

// deedLine is an event that a person brought about.
func deedLine(e *cluster.Event) view.Line {
	plain := func(format string, args ...any) view.Line { return view.L(prose.Visible(fmt.Sprintf(format, args...))) }
	switch e.Kind {
	case cluster.Crashed:
		return view.Line{view.S(view.Down, e.Node+" crashes"), view.S(view.Plain, "; "+e.Text)}
	case cluster.Restarted:
		return plain("%s restarts as follower, term %d, from its disk: last entry %d", e.Node, e.Term, e.Last)
	case cluster.Frozen:
		return plain("%s freezes: no timer fires and its mail waits, but its clock keeps running", e.Node)
	case cluster.Thawed:
		return plain("%s resumes", e.Node)
	case cluster.Synced:
		return plain("%s's disk is synced: term %d, last entry %d", e.Node, e.Term, e.Last)
	case cluster.Wiped:
		return view.LS(view.Warn, e.Node+"'s disk is wiped")
	case cluster.LinksCut:
		if _, single := e.Detail.(cluster.CutLinks); !single {
			return plain("%s", e.Text)
		}
		return plain("cut: %s", e.Text)
	case cluster.LinksHealed:
		return plain("mended: %s", e.Text)
	case cluster.BugSet:
		who := "every server"
		if e.Node != "" {
			who = e.Node
		}
		if e.Text == cluster.UnknownBug {
			return view.LS(view.Bad, "a rule is broken in every server")
		}
		return view.LS(view.Bad, fmt.Sprintf("bug %s is %s in %s", e.Text, e.To, who))
	case cluster.BugGuessed:
		return plain("guessed: %s, which is %s", e.Text, e.To)
	case cluster.BugRevealed:
		return plain("revealed: %s", e.Text)
	case cluster.SettingChanged:
		return plain("%s: %s (was %s)", e.Text, e.To, e.From)
	case cluster.TimerSet:
		return plain("%s's %s timer now fires in %s", e.Node, e.Text, prose.Plural(int(e.First), "tick"))
	case cluster.Given:
		return plain("%s is given a state by hand: term %d, last entry %d", e.Node, e.Term, e.Last)
	case cluster.Breached:
		return view.LS(view.Bad, "BREACH of "+e.Text)
	}
	return plain("%s %s %s", e.Kind, e.Node, e.Text)
}

func resultText(result string) string {
	if result == "" {
		return "(nothing)"
	}
	return result
}

// messageLine is an event about a message.
func messageLine(e *cluster.Event) view.Line {
	from, to := e.Peer, e.Node
	if e.Kind != cluster.Delivered && e.Kind != cluster.Lost && e.Kind != cluster.Corrupted {
		from, to = e.Node, e.Peer
	}
	what := view.S(view.Message, e.Type+" "+cluster.FieldsText(e.Body))
	route := view.S(view.Plain, fmt.Sprintf("%s -> %s  ", from, to))
	tail := func(style view.Style, text string) view.Line {
		return view.Line{route, what, view.S(style, "  "+text)}
	}
	switch e.Kind {
	case cluster.Sent:
		return tail(view.Quiet, e.Message)
	case cluster.Delivered:
		return tail(view.Quiet, e.Message+" arrives")
	case cluster.Lost:
		return tail(view.Warn, e.Message+" is lost: "+e.Text)
	case cluster.Dropped:
		return tail(view.Warn, e.Message+" is dropped")
	case cluster.Duplicated:
		return tail(view.Quiet, e.Message+", "+e.Text)
	case cluster.Delayed:
		return tail(view.Quiet, e.Message+" is delayed, "+e.Text)
	case cluster.Injected:
		return tail(view.Quiet, e.Message+" "+e.Text)
	case cluster.Corrupted:
		return tail(view.Bad, e.Node+" refuses "+e.Message+": "+e.Text)
	}
	return tail(view.Plain, e.Message+" "+string(e.Kind))
}
