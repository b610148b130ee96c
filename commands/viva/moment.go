package viva

import (
	"fmt"
	"slices"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/judge"
	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// moment is one step of one server.
type moment struct {
	path     []cluster.Action // that lead there
	before   *cluster.World
	action   cluster.Action
	server   raft.ID
	mail     *cluster.Flight // that arrives; nil: something else happens
	was, now *raft.State     // of the server; was is nil where it was down
	sent     []raft.Envelope
	decided  []raft.Decision // by the paper's rules, in the same step
	departs  []judge.Departure
}

// subject is the server that an action is a step of, and the message that arrives there;
// 0: it is no step of a server, or of one that does not take it.
func subject(w *cluster.World, a cluster.Action) (id raft.ID, mail *cluster.Flight) {
	switch a := a.(type) {
	case cluster.Deliver:
		f := w.Flight(a.ID)
		if f == nil || w.Fate(f) != "" || w.Frozen(f.To) {
			return 0, nil
		}
		return f.To, f
	case cluster.Timeout:
		id = a.Node
	case cluster.Heartbeat:
		id = a.Node
	case cluster.Restart:
		return a.Node, nil
	}
	if id != 0 && (!w.Up(id) || w.Frozen(id)) {
		return 0, nil
	}
	return id, nil
}

// take takes a step on a copy of a world: what it is, or nil where it is no step of a server, and the world after it.
// An error says that the program has no answer, or that the step cannot be taken.
func take(w *cluster.World, a cluster.Action) (*moment, *cluster.World, error) {
	id, mail := subject(w, a)
	after := w.Clone()
	if id == 0 {
		return nil, after, after.Apply(a)
	}
	m := &moment{before: w, action: a, server: id, mail: mail, was: w.State(id)}
	l := &cluster.Listener{Decide: true, NoTicks: true}
	after.Listen(l)
	err := after.Apply(a)
	after.Listen(nil)
	if m.now = after.State(id); err != nil || m.now == nil {
		return nil, after, err
	}
	for e := range each.Of(l.Events) {
		if e.Node == id && len(e.Decisions) > 0 {
			m.decided = e.Decisions
		}
		switch x := e.What.(type) {
		case event.Sent:
			if x.From == id {
				m.sent = append(m.sent, raft.Envelope{From: x.From, To: x.To, Message: x.Message})
			}
		case event.Departed:
			m.departs = append(m.departs, x.All...)
		}
	}
	return m, after, nil
}

// message is what arrives, or nil.
func (m *moment) message() raft.Message {
	if m.mail == nil {
		return nil
	}
	return m.mail.Message
}

// reply is what the server replies to the request that arrives, or nil.
func (m *moment) reply() raft.Message {
	for _, e := range m.sent {
		if m.mail != nil && e.To == m.mail.From && raft.IsReply(e.Message) {
			return e.Message
		}
	}
	return nil
}

// to is the servers to which it sends messages of a type.
func (m *moment) to(kind string) (all raft.Set) {
	for _, e := range m.sent {
		if e.Message.Type() == kind {
			all = all.With(e.To)
		}
	}
	return all
}

// decision is what the paper's rule decided in this step, the last time; nil: nothing.
func (m *moment) decision(r *raft.Rule) (found *raft.Decision) {
	for i := range m.decided {
		if m.decided[i].Rule == r {
			found = &m.decided[i]
		}
	}
	return found
}

// decides is the decision on which the step rests: the first of these rules that turned
// something down, else the last that was asked.
func (m *moment) decides(rules ...*raft.Rule) (last *raft.Decision) {
	for _, r := range rules {
		d := m.decision(r)
		if d != nil && d.TurnsDown() {
			return d
		}
		if d != nil {
			last = d
		}
	}
	return last
}

// mark is what a question shows of the moment: two with the same mark look the same.
func (m *moment) mark() string { return markOf(m.before, m.action, m.server, m.mail) }

func markOf(w *cluster.World, a cluster.Action, id raft.ID, mail *cluster.Flight) string {
	text := fmt.Sprintf("%s %T", id, a)
	if mail != nil {
		text = fmt.Sprintf("%s %s %s", id, mail.From, mailWords(mail.Message))
		if q := raft.RequestOf(mail.Message); q != nil {
			text += " to " + mailWords(q)
		}
	}
	s := w.State(id)
	if s == nil {
		d := w.Stored(id)
		return text + fmt.Sprintf(" down %d %d %s", d.CurrentTerm, d.VotedFor, terms(&d.Log))
	}
	text += fmt.Sprintf(" %s %d %d %s %d %s", s.Role, s.CurrentTerm, s.VotedFor, entries(&s.Log), s.CommitIndex,
		s.Votes)
	if s.Role == raft.Leader {
		for _, other := range w.IDs() {
			text += fmt.Sprintf(" %d/%d", s.NextIndex(other), s.MatchIndex(other))
		}
	}
	return text
}

// mailWords is a message in the console's words.
func mailWords(m raft.Message) string { return m.Type() + " " + event.FieldsText(m) }

// terms is a log as conditions have it: the terms of its entries.
func terms(l *raft.Log) (text string) {
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		if text != "" {
			text += " "
		}
		text += fmt.Sprint(l.At(i).Term)
	}
	return text
}

func entries(l *raft.Log) (text string) {
	for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
		text += fmt.Sprintf("%d:%q ", l.At(i).Term, l.At(i).Data)
	}
	return text
}

// variants is the same moment with another message in each, one number or word of which is
// not as it was; what says so.
func (m *moment) variants(each func(what string, other *moment) (done bool)) {
	request := raft.RequestOf(m.message())
	try := func(what string, message, to raft.Message) bool {
		w := m.before.Clone()
		e := m.mail.Envelope
		e.Message = message
		if w.Apply(cluster.Inject{Envelope: e}) != nil {
			return false
		}
		if to != nil { // else it answers the last request, see Inject
			raft.Pair(message, to)
		}
		other, _, _ := take(w, cluster.Deliver{ID: w.LastSent()})
		return other != nil && each(what, other)
	}
	for _, message := range near(m.message()) {
		if try("With "+changed(m.message(), message), message, request) {
			return
		}
	}
	if reply, ok := m.message().(*raft.AppendEntriesReply); ok {
		last := *reply
		w := m.before.Clone()
		e := m.mail.Envelope
		if e.Message = &last; w.Apply(cluster.Inject{Envelope: e}) == nil {
			if to := raft.RequestOf(&last); to != nil {
				try("If it answered "+prose.Visible(mailWords(to)), &last, nil)
			}
		}
	}
}

// near is the messages that differ from one in one thing, and that a server could have sent.
func near(m raft.Message) []raft.Message {
	switch m := m.(type) {
	case *raft.RequestVote:
		return append(nearVote(m, -1), nearVote(m, 1)...)
	case *raft.AppendEntries:
		return append(nearAppend(m, -1), nearAppend(m, 1)...)
	case *raft.RequestVoteReply:
		other, newer, older := *m, *m, *m
		other.VoteGranted, newer.Term, older.Term = !m.VoteGranted, shifted(m.Term, 1), shifted(m.Term, -1)
		return []raft.Message{&other, &newer, &older}
	case *raft.AppendEntriesReply:
		other, newer, older := *m, *m, *m
		other.Success, newer.Term, older.Term = !m.Success, shifted(m.Term, 1), shifted(m.Term, -1)
		return []raft.Message{&other, &newer, &older}
	}
	return nil
}

// shifted is a number by one less or more, but not below 0.
func shifted(n uint64, by int) uint64 { return uint64(max(0, int64(n)+int64(by))) }

func nearVote(m *raft.RequestVote, by int) (all []raft.Message) {
	last, index, term := *m, *m, *m
	last.LastLogTerm = shifted(m.LastLogTerm, by)
	index.LastLogIndex = shifted(m.LastLogIndex, by)
	if m.LastLogIndex == 0 {
		index.LastLogTerm = 1
	} else if index.LastLogIndex == 0 {
		index.LastLogTerm = 0
	}
	term.Term = shifted(m.Term, by)
	for _, c := range []*raft.RequestVote{&last, &index, &term} {
		if *c != *m && c.Term > c.LastLogTerm && (c.LastLogIndex == 0) == (c.LastLogTerm == 0) {
			all = append(all, c)
		}
	}
	return all
}

func nearAppend(m *raft.AppendEntries, by int) (all []raft.Message) {
	prev, index, commit, entry, term := *m, *m, *m, *m, *m
	prev.PrevLogTerm = shifted(m.PrevLogTerm, by)
	if index.PrevLogIndex = shifted(m.PrevLogIndex, by); index.PrevLogIndex == 0 {
		index.PrevLogTerm = 0
	}
	commit.LeaderCommit = shifted(m.LeaderCommit, by)
	if term.Term = shifted(m.Term, by); len(m.Entries) > 0 {
		entry.Entries = slices.Clone(m.Entries)
		entry.Entries[0].Term = shifted(entry.Entries[0].Term, by)
	}
	all = append(all, &commit)
	for _, c := range []*raft.AppendEntries{&prev, &index, &entry, &term} {
		terms := []uint64{c.PrevLogTerm}
		terms = append(terms, each.As(c.Entries, func(e raft.Entry) uint64 { return e.Term })...)
		if terms = append(terms, c.Term); slices.IsSorted(terms) && (c.PrevLogIndex == 0) == (c.PrevLogTerm == 0) &&
			(c.PrevLogIndex > 0 || len(terms) < 2 || terms[1] > 0) {
			all = append(all, c)
		}
	}
	if n := len(m.Entries); n > 0 && by > 0 {
		c := *m
		c.Entries = m.Entries[:n-1]
		all = append(all, &c)
	}
	return all
}
