package commands

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/trace"
	"raftlab/commands/lab"
	"raftlab/commands/prose"
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
		return wholeLine(r.Events[0])
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

// wholeLine is an event that concerns the cluster. Both directions of a link are
// written as one.
func wholeLine(e *cluster.Event) view.Line {
	links := cluster.DetailOf[cluster.CutLinks](e)
	if len(links) == 0 {
		return eventLine(e)
	}
	var words []string
	for _, l := range links {
		switch back := slices.Index(links, cluster.Link{From: l.To, To: l.From}); {
		case back < 0:
			words = append(words, l.String())
		case back > slices.Index(links, l):
			words = append(words, fmt.Sprintf("%s<->%s", l.From, l.To))
		}
	}
	short := *e
	short.Text = strings.Join(words, " ")
	return eventLine(&short)
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
	n := 0
	if ok && !slices.ContainsFunc(r.Events, func(e *cluster.Event) bool { return e.Kind == cluster.Appended }) {
		n = len(ae.Entries)
	}
	switch {
	case n > 1:
		return fmt.Sprintf("entries %d–%d", ae.PrevLogIndex+1, ae.PrevLogIndex+uint64(n))
	case n == 1:
		return fmt.Sprintf("entry %d", ae.PrevLogIndex+1)
	}
	return answerText(r.Message.Body)
}

// answerText is what a reply says.
func answerText(body raft.Message) string {
	yes := map[bool]string{true: "yes", false: "no"}
	switch m := body.(type) {
	case *raft.RequestVoteReply:
		return yes[m.VoteGranted]
	case *raft.PreVoteReply:
		return yes[m.VoteGranted]
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
		add(shortLine(e))
	}
	for _, group := range sentGroups(r.Sent) {
		add(sendsLine(r, group))
	}
	return line
}

// shownElsewhere says that another part of the row tells the event already.
func shownElsewhere(r *trace.Row, e *cluster.Event) bool {
	has := func(kind cluster.EventKind, to ...string) bool {
		return slices.ContainsFunc(r.Events, func(o *cluster.Event) bool {
			return o.Kind == kind && (len(to) == 0 || slices.Contains(to, o.To))
		})
	}
	switch e.Kind {
	case cluster.Delivered, cluster.Sent, cluster.Injected, cluster.Applied, cluster.ClockTicked, cluster.Ticked:
		return true
	case cluster.Voted:
		return e.Peer == e.Node
	case cluster.TermChanged:
		return has(cluster.RoleChanged, "candidate", "leader") || r.Message != nil && has(cluster.Voted)
	case cluster.RoleChanged:
		return e.To == "candidate" && has(cluster.RoleChanged, "leader")
	case cluster.Appended:
		return has(cluster.Accepted)
	}
	return false
}

// shortLine is an event in a few words that leave out the server.
func shortLine(e *cluster.Event) view.Line {
	plain := func(format string, args ...any) view.Line { return view.L(prose.Visible(fmt.Sprintf(format, args...))) }
	switch e.Kind {
	case cluster.ElectionTimeout:
		return plain("election timeout")
	case cluster.HeartbeatDue:
		return plain("heartbeat is due")
	case cluster.QuorumChecked:
		return plain("no majority was heard")
	case cluster.TermChanged:
		return plain("enters term %d", e.Term)
	case cluster.Voted:
		return plain("votes for %s", e.Peer)
	case cluster.RoleChanged:
		return roleLine(e)
	case cluster.Appended:
		return plain("appends %s", indexes(e))
	case cluster.Truncated:
		return view.LS(view.Warn, "deletes "+indexes(e))
	case cluster.Committed:
		if e.From == raft.Leader.String() {
			return view.LS(view.Committed, "commits "+indexes(e))
		}
		return view.LS(view.Committed, fmt.Sprintf("learns that %s %s committed", indexes(e), isOrAre(e)))
	case cluster.SnapshotTaken:
		return plain("snapshot up to %d", e.Last)
	case cluster.SnapshotLoaded:
		return plain("installs the snapshot up to %d", e.Last)
	}
	return shortDeed(e)
}

// shortDeed is the same for what clients and people do.
func shortDeed(e *cluster.Event) view.Line {
	plain := func(format string, args ...any) view.Line { return view.L(prose.Visible(fmt.Sprintf(format, args...))) }
	switch e.Kind {
	case cluster.Requested, cluster.ReadBegun:
		return plain("%s sends %s", e.Client, e.Text)
	case cluster.Accepted:
		return plain("appends it as entry %d", e.Last)
	case cluster.Answered:
		return view.LS(view.Good, prose.Visible(fmt.Sprintf("replies to %s: %s", e.Client, resultText(e.Text))))
	case cluster.SessionTold:
		return plain("%s %s", e.Client, e.Text)
	case cluster.Abandoned:
		return view.LS(view.Warn, fmt.Sprintf("%s cannot know what became of it", e.Client))
	case cluster.Crashed:
		return view.LS(view.Down, "crashes")
	case cluster.Restarted:
		return plain("restarts in term %d", e.Term)
	case cluster.Frozen:
		return plain("freezes")
	case cluster.Given:
		return plain("is given a state: term %d, last entry %d", e.Term, e.Last)
	case cluster.Duplicated:
		return plain("%s is sent twice: %s is %s", cluster.DetailOf[cluster.CopyOf](e), e.Message, e.Text)
	case cluster.Delayed:
		return plain("%s is delayed, %s", e.Message, e.Text)
	case cluster.Corrupted:
		return view.LS(view.Bad, "refuses it: "+prose.Visible(e.Text))
	}
	return withoutServer(eventLine(e), e.Node)
}

func roleLine(e *cluster.Event) view.Line {
	switch e.To {
	case "leader":
		return view.LS(view.Leader, fmt.Sprintf("leads term %d", e.Term))
	case "candidate":
		return view.LS(view.Candidate, fmt.Sprintf("candidate in term %d", e.Term))
	}
	return view.Line{view.S(view.Plain, "becomes "), view.S(lab.RoleStyle(e.To), e.To)}
}

func indexes(e *cluster.Event) string {
	if e.First == e.Last {
		return fmt.Sprint(e.First)
	}
	return fmt.Sprintf("%d–%d", e.First, e.Last)
}

// withoutServer takes the server's name from the beginning of a line.
func withoutServer(line view.Line, node string) view.Line {
	if node != "" && len(line) > 0 {
		line = slices.Clone(line)
		text := strings.TrimPrefix(line[0].Text, node)
		line[0].Text = strings.TrimPrefix(strings.TrimPrefix(text, "'s"), " ")
	}
	return line
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
	case r.Message != nil && strings.HasSuffix(m.Type, "Reply"):
		verb := "answers "
		if refuses(m.Body) {
			verb = "refuses, "
		}
		return view.L(verb + messageNames(group))
	case r.Events[0].Kind == cluster.Injected:
		return view.L(fmt.Sprintf("%s to %s is made by hand: %s", m.ID, m.To, m.Type))
	}
	return view.L("sends " + words.MessageType(m.Type).Short() + " " + messageNames(group))
}

func refuses(body raft.Message) bool {
	switch m := body.(type) {
	case *raft.RequestVoteReply:
		return !m.VoteGranted
	case *raft.PreVoteReply:
		return !m.VoteGranted
	case *raft.AppendEntriesReply:
		return !m.Success
	}
	return false
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
		switch e.Kind {
		case cluster.Applied, cluster.Sent:
		case cluster.Delivered:
			parts = append(parts, fmt.Sprintf("%s gets %s %s from %s (%s)", m.To, m.Type, m.ID, m.From,
				cluster.FieldsText(m.Body)))
		case cluster.Duplicated:
			parts = append(parts, fmt.Sprintf("%s %s from %s to %s is sent twice: %s is %s", e.Type,
				cluster.DetailOf[cluster.CopyOf](e), e.Node, e.Peer, e.Message, e.Text))
		case cluster.Delayed:
			parts = append(parts, fmt.Sprintf("%s %s from %s to %s is delayed, %s", e.Type, e.Message, e.Node, e.Peer, e.Text))
		case cluster.Injected:
			parts = append(parts, fmt.Sprintf("%s %s from %s to %s is made by hand (%s)", e.Type, e.Message, e.Node, e.Peer,
				cluster.FieldsText(e.Body)))
		default:
			parts = append(parts, eventLine(e).String())
		}
	}
	return strings.Join(append(parts, sendingText(r)...), "; ")
}

func wholeMessage(m *trace.Message) string {
	return fmt.Sprintf("%s %s from %s to %s (%s)", m.Type, m.ID, m.From, m.To, cluster.FieldsText(m.Body))
}

// sendingText says what a row sends, equal messages together.
func sendingText(r *trace.Row) []string {
	var parts []string
	for rest := r.Sent; len(rest) > 0; {
		m, n := rest[0], 1
		to := []string{m.To.String()}
		for n < len(rest) && rest[n].Type == m.Type && cluster.FieldsText(rest[n].Body) == cluster.FieldsText(m.Body) {
			to = append(to, rest[n].To.String())
			n++
		}
		if first := r.Events[0].Kind; first != cluster.Injected && first != cluster.Duplicated {
			parts = append(parts, fmt.Sprintf("%s sends %s %s to %s (%s)", m.From, m.Type, messageNames(rest[:n]),
				strings.Join(to, " "), cluster.FieldsText(m.Body)))
		}
		rest = rest[n:]
	}
	return parts
}
