package tell

import (
	"fmt"

	"raftlab/cluster/event"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// named is a message with its sender: S1's RequestVote (m12).
func named(m event.Mail) string { return fmt.Sprintf("%s's %s (%s)", m.From, m.Type(), m.Name()) }

// ofMail is what happens to messages. The story shows the message, and then what
// happens to it.
func ofMail(e *event.Event) (Phrase, bool) {
	m, ok := e.Mail()
	if !ok {
		if x, bad := e.What.(event.Corrupted); bad { // a snapshot's data
			return Phrase{Who: e.Node.String(), Does: "refuses", Did: "refused", What: "a snapshot",
				After: ": " + x.Why, Style: view.Bad, Milestone: true}, true
		}
		return Phrase{}, false
	}
	p := Phrase{Note: Nothing}
	style, tail := view.Quiet, ""
	switch x := e.What.(type) {
	case event.Sent:
		p.Past, p.Brief = does(m, m.Message.MessageTerm()), answer(m)
	case event.Injected:
		tail, p.Past = " by hand", named(m)+", hand-made, was put in flight"
	case event.Delivered:
		tail, p.Past, p.Brief = " arrives", named(m)+" reached "+m.To.String(), arrival(m)
	case event.Lost:
		style, tail, p.Milestone = view.Warn, " is lost: "+x.Why(), true
		p.Past = fmt.Sprintf("%s to %s was lost%s: %s", named(m), m.To, Here, x.Why())
	case event.Dropped:
		style, tail, p.Past = view.Warn, " is dropped", fmt.Sprintf("%s to %s was dropped", named(m), m.To)
	case event.Duplicated:
		tail = fmt.Sprintf(", a copy of m%d", x.Of)
		p.Past = fmt.Sprintf("%s%s, was put in flight", named(m), tail)
		p.Note = fmt.Sprintf("m%d is sent twice: %s is a copy of m%d", x.Of, m.Name(), x.Of)
	case event.Delayed:
		tail = fmt.Sprintf(" is delayed, due at tick %d", x.Due)
		p.Past, p.Note = fmt.Sprintf("%s was delayed%s, due at tick %d", named(m), Here, x.Due), m.Name()+tail
	case event.Corrupted:
		style, p.Style, p.Milestone = view.Bad, view.Bad, true
		p.Past = fmt.Sprintf("%s refused %s%s: %s", m.To, named(m), Here, x.Why)
		p.Note, p.Brief = "refuses it: "+x.Why, fmt.Sprintf("%s refuses it: %s", m.To, x.Why)
		p.Line = mailLine(m, style, fmt.Sprintf("%s refuses %s: %s", m.To, m.Name(), x.Why))
		return p, true
	}
	switch e.What.(type) {
	case event.Lost, event.Dropped:
		p.Brief = fmt.Sprintf("lost: a %s from %s to %s", m.Type(), m.From, m.To)
	}
	p.Line = mailLine(m, style, m.Name()+tail)
	return p, true
}

// mailLine is a message, and what happens to it.
func mailLine(m event.Mail, style view.Style, text string) view.Line {
	return view.Line{view.S(view.Plain, fmt.Sprintf("%s -> %s  ", m.From, m.To)),
		view.S(view.Message, m.Type()+" "+event.FieldsText(m.Message)), view.S(style, "  "+text)}
}

// does says of a message that was sent what it does rather than what it is called.
// asked is the term of the request that it answers, where it answers one.
func does(mail event.Mail, asked uint64) string {
	from, to, id := mail.From, mail.To, mail.Name()
	s := fmt.Sprintf
	switch m := mail.Message.(type) {
	case *raft.RequestVote:
		return s("%s asked %s for its vote in term %d%s (%s)", from, to, m.Term, Here, id)
	case *raft.PreVote:
		return s("%s asked %s whether it would vote for it in term %d%s (%s)", from, to, m.Term, Here, id)
	case *raft.RequestVoteReply:
		return s("%s %s %s its vote in term %d%s (%s)", from, granted(m.VoteGranted), to, asked, Here, id)
	case *raft.PreVoteReply:
		return s("%s %s %s its vote in term %d, beforehand,%s (%s)", from, granted(m.VoteGranted), to, asked, Here, id)
	case *raft.AppendEntries:
		if n := len(m.Entries); n > 0 {
			return s("%s sent %s %s%s (%s)", from, to, Entries(m.PrevLogIndex+1, m.PrevLogIndex+uint64(n)), Here, id)
		}
		return s("%s sent %s an empty append, a heartbeat,%s (%s)", from, to, Here, id)
	case *raft.AppendEntriesReply:
		switch {
		case m.Success && m.MatchIndex == 0:
			return s("%s accepted %s's empty append%s (%s)", from, to, Here, id)
		case m.Success:
			return s("%s confirmed to %s that it holds the log up to entry %d%s (%s)", from, to, m.MatchIndex, Here, id)
		}
		return s("%s refused %s's append after index %d%s (%s)", from, to, m.PrevLogIndex, Here, id)
	case *raft.InstallSnapshot:
		return s("%s sent %s its snapshot up to (%d, term %d)%s (%s)", from, to, m.Snapshot.Index, m.Snapshot.Term,
			Here, id)
	case *raft.InstallSnapshotReply:
		return s("%s answered %s's snapshot: it holds the log up to %d%s (%s)", from, to, m.MatchIndex, Here, id)
	case *raft.TimeoutNow:
		return s("%s told %s to start an election%s (%s)", from, to, Here, id)
	case *raft.ReadIndex:
		return s("%s asked %s for a read index%s (%s)", from, to, Here, id)
	case *raft.ReadIndexReply:
		if m.Success {
			return s("%s told %s that a read needs index %d%s (%s)", from, to, m.Index, Here, id)
		}
		return s("%s refused %s a read index%s (%s)", from, to, Here, id)
	}
	return s("%s sent %s a %s%s (%s)", from, to, mail.Type(), Here, id)
}

func granted(yes bool) string { return prose.Either(yes, "granted", "refused") }

// arrival is the arrival of a message in the words of a schedule.
func arrival(mail event.Mail) string {
	from, to := mail.From, mail.To
	reaches := func(what string) string { return fmt.Sprintf("%s's %s reaches %s", from, what, to) }
	switch m := mail.Message.(type) {
	case *raft.RequestVote:
		return fmt.Sprintf("%s asks %s for its vote in term %d", from, to, m.Term)
	case *raft.RequestVoteReply:
		return reaches(prose.Either(m.VoteGranted, "vote", "refusal"))
	case *raft.PreVote:
		return fmt.Sprintf("%s asks %s whether it would have its vote", from, to)
	case *raft.PreVoteReply:
		return reaches(Yes(m.VoteGranted))
	case *raft.AppendEntries:
		switch n := uint64(len(m.Entries)); n {
		case 0:
			return reaches("heartbeat")
		case 1:
			return reaches(Entries(m.PrevLogIndex+1, m.PrevLogIndex+1))
		default:
			return fmt.Sprintf("%s's %s reach %s", from, Entries(m.PrevLogIndex+1, m.PrevLogIndex+n), to)
		}
	case *raft.AppendEntriesReply:
		if m.Success {
			return reaches(fmt.Sprintf("confirmation up to %d", m.MatchIndex))
		}
		return reaches("refusal")
	case *raft.InstallSnapshot:
		if m.Snapshot != nil {
			return reaches(fmt.Sprintf("snapshot up to %d", m.Snapshot.Index))
		}
	case *raft.InstallSnapshotReply:
		return reaches(fmt.Sprintf("confirmation up to %d", m.MatchIndex))
	}
	return reaches(mail.Type())
}

// answer is an answer, in the words of a schedule, that nothing else tells.
func answer(mail event.Mail) string {
	switch m := mail.Message.(type) {
	case *raft.RequestVoteReply:
		if m.VoteGranted {
			return fmt.Sprintf("%s says yes", mail.From)
		}
		return fmt.Sprintf("%s refuses", mail.From)
	case *raft.PreVoteReply:
		return fmt.Sprintf("%s says %s", mail.From, Yes(m.VoteGranted))
	case *raft.AppendEntriesReply:
		if !m.Success {
			return fmt.Sprintf("%s refuses", mail.From)
		}
	}
	return Nothing
}
