package diagrams

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/event"
	"raftlab/cluster/trace"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

// The words of a diagram: a short note beside each row of the picture, and a
// sentence that says all of it.

// noteOf is what stands beside a row.
func noteOf(r *trace.Row) view.Line {
	m := r.Message
	switch r.Kind {
	case trace.Whole:
		return tell.Noted(r.Events[0])
	case trace.Loss:
		return view.LS(view.Warn, fmt.Sprintf("%s lost: %s", m.ID, m.Why))
	case trace.Drop:
		return view.LS(view.Warn, m.ID+" dropped")
	case trace.Flight:
		return view.LS(view.Pending, m.ID+" in flight"+flightText(m))
	case trace.Arrival:
		line := view.L(strings.TrimSpace(m.ID + " " + contentText(r)))
		if what := consequences(r); len(what) > 0 {
			line = append(append(line, view.S(view.Plain, ": ")), what...)
		}
		return line
	}
	return consequences(r)
}

// flightText is what a message in flight is up to.
func flightText(m *trace.Message) string {
	switch {
	case m.Why == "":
		return ""
	case m.Waits:
		return " and waits: " + m.Why
	}
	return ", would be lost: " + m.Why
}

// contentText is what a message brings, where its receiver's deeds do not say so.
func contentText(r *trace.Row) string {
	ae, ok := r.Message.Body.(*raft.AppendEntries)
	if ok && len(ae.Entries) > 0 && !slices.ContainsFunc(r.Events, event.Is[event.Appended]) {
		return tell.Entries(ae.PrevLogIndex+1, ae.PrevLogIndex+uint64(len(ae.Entries)))
	}
	return answerText(r.Message.Body)
}

// answerText is what a reply says.
func answerText(body raft.Message) string {
	switch m := body.(type) {
	case *raft.RequestVoteReply:
		return tell.Yes(m.VoteGranted)
	case *raft.PreVoteReply:
		return tell.Yes(m.VoteGranted)
	case *raft.AppendEntriesReply:
		if m.Success {
			return fmt.Sprintf("ok to %d", m.MatchIndex)
		}
		return fmt.Sprintf("no at %d", m.PrevLogIndex)
	case *raft.InstallSnapshotReply:
		return fmt.Sprintf("ok to %d", m.MatchIndex)
	}
	return ""
}

// consequences is what a row's events come to, separated by commas.
func consequences(r *trace.Row) view.Line {
	var line view.Line
	add := func(l view.Line) {
		if len(l) > 0 && len(line) > 0 {
			line = append(line, view.S(view.Plain, ", "))
		}
		line = append(line, l...)
	}
	for _, e := range r.Events {
		if shownElsewhere(r, e) {
			continue
		}
		add(tell.Noted(e))
	}
	for _, group := range sentGroups(r.Sent) {
		add(sendsLine(r, group))
	}
	return line
}

// shownElsewhere says that another part of the row tells the event already.
func shownElsewhere(r *trace.Row, e *event.Event) bool {
	becomes := func(roles ...raft.Role) bool {
		return slices.ContainsFunc(r.Events, func(o *event.Event) bool {
			x, ok := o.What.(event.RoleChanged)
			return ok && slices.Contains(roles, x.To)
		})
	}
	switch x := e.What.(type) {
	case event.Voted:
		return x.For == e.Node
	case event.TermChanged:
		return becomes(raft.Candidate, raft.Leader) ||
			r.Message != nil && slices.ContainsFunc(r.Events, event.Is[event.Voted])
	case event.RoleChanged:
		return x.To == raft.Candidate && becomes(raft.Leader)
	case event.Appended:
		return slices.ContainsFunc(r.Events, event.Is[event.Accepted])
	}
	return false
}

// sentGroups is messages of one type in a row.
func sentGroups(sent []*trace.Message) [][]*trace.Message {
	var groups [][]*trace.Message
	for i, m := range sent {
		if i > 0 && sent[i-1].Type == m.Type {
			groups[len(groups)-1] = append(groups[len(groups)-1], m)
		} else {
			groups = append(groups, []*trace.Message{m})
		}
	}
	return groups
}

// sendsLine says that messages of one type are sent.
func sendsLine(r *trace.Row, group []*trace.Message) view.Line {
	m := group[0]
	switch {
	case m.CopyOf != "":
		return nil // the event says so
	case r.Message != nil && raft.IsReply(m.Body):
		verb := prose.Either(tell.SaysNo(m.Body), "refuses, ", "answers ")
		return view.L(verb + messageNames(group))
	case event.Is[event.Injected](r.Events[0]):
		return view.L(fmt.Sprintf("%s to %s is made by hand: %s", m.ID, m.To, m.Type))
	}
	return view.L("sends " + words.MessageType(m.Type).Short() + " " + messageNames(group))
}

// messageNames is m1, m1 m2 or m1..m4; they are numbered in a row.
func messageNames(group []*trace.Message) string {
	first, last := group[0], group[len(group)-1]
	switch len(group) {
	case 1:
		return first.ID
	case 2:
		return first.ID + " " + last.ID
	}
	return first.ID + ".." + last.ID
}

// sentenceOf says all that is in a row.
func sentenceOf(r *trace.Row) string {
	m := r.Message
	switch r.Kind {
	case trace.Loss:
		return wholeMessage(m) + " is lost: " + m.Why
	case trace.Drop:
		return wholeMessage(m) + " is dropped"
	case trace.Flight:
		return "In flight: " + wholeMessage(m) + flightText(m)
	}
	var parts []string
	for _, e := range r.Events {
		switch x := e.What.(type) {
		case event.Applied, event.Sent:
		case event.Delivered:
			parts = append(parts, fmt.Sprintf("%s gets %s %s from %s (%s)", m.To, m.Type, m.ID, m.From,
				event.FieldsText(m.Body)))
		case event.Duplicated:
			parts = append(parts, fmt.Sprintf("%s m%d from %s to %s is sent twice: %s is a copy of m%d", x.Type(),
				x.Of, x.From, x.To, x.Name(), x.Of))
		case event.Delayed:
			parts = append(parts, fmt.Sprintf("%s %s from %s to %s is delayed, due at tick %d", x.Type(), x.Name(),
				x.From, x.To, x.Due))
		case event.Injected:
			parts = append(parts, fmt.Sprintf("%s %s from %s to %s is made by hand (%s)", x.Type(), x.Name(), x.From,
				x.To, event.FieldsText(x.Message)))
		default:
			parts = append(parts, tell.Story(e).String())
		}
	}
	return strings.Join(append(parts, sendingText(r)...), "; ")
}

func wholeMessage(m *trace.Message) string {
	return fmt.Sprintf("%s %s from %s to %s (%s)", m.Type, m.ID, m.From, m.To, event.FieldsText(m.Body))
}

// sendingText says what a row sends, equal messages together.
func sendingText(r *trace.Row) []string {
	var parts []string
	for rest := r.Sent; len(rest) > 0; {
		m, n := rest[0], 1
		to := []string{m.To.String()}
		for n < len(rest) && rest[n].Type == m.Type && event.FieldsText(rest[n].Body) == event.FieldsText(m.Body) {
			to = append(to, rest[n].To.String())
			n++
		}
		if first := r.Events[0]; !event.Is[event.Injected](first) && !event.Is[event.Duplicated](first) {
			parts = append(parts, fmt.Sprintf("%s sends %s %s to %s (%s)", m.From, m.Type, messageNames(rest[:n]),
				strings.Join(to, " "), event.FieldsText(m.Body)))
		}
		rest = rest[n:]
	}
	return parts
}
