package tell

import (
	"fmt"
	"strings"

	"raftlab/cluster/event"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// ofClock is what clocks and timers do.
func ofClock(e *event.Event) (Phrase, bool) {
	p := Phrase{Who: e.Node.String()}
	switch x := e.What.(type) {
	case event.Ticked:
		p.Its, p.Does, p.Did, p.Style = "clock", "ticks", "ticked", view.Quiet
		p.Note, p.Brief = Nothing, Nothing
	case event.ClockTicked:
		p.Who, p.Does, p.What = "time", "passes:", fmt.Sprintf("tick %d", e.Clock)
		p.Past = p.What + " passed"
		p.Note, p.Brief = Nothing, Nothing
	case event.ElectionTimeout:
		p.Its, p.Does, p.Did, p.Note, p.Brief = "election timer", "fires", "fired", "election timeout", Nothing
	case event.HeartbeatDue:
		p.Its, p.Does, p.Did, p.Brief = "heartbeat", "is due", "was due", p.Who+" sends heartbeats"
	case event.QuorumChecked:
		p.Its, p.Does = "election timeout", "passes"
		p.What, p.Note = "without answers from a majority (CheckQuorum)", "no majority was heard"
		p.Past = p.Who + "'s time to hear a majority passed"
	case event.MinimumPassed:
		p.Does, p.What = "has not heard", "a leader for the minimum election timeout"
		p.Past = p.Who + "'s minimum election timeout since it heard a leader passed"
	case event.TimerSet:
		p.Its, p.Does = x.Timer+" timer", "now fires"
		p.What = "in " + ticks(x.Ticks)
	case event.LeaseBegun:
		p.Does, p.Did, p.What = "has", "got", fmt.Sprintf("a lease for %d ticks", x.Ticks)
	case event.LeaseEnded:
		p.Its, p.Does, p.Did = "lease", "is over", "ended"
	default:
		return p, false
	}
	return p, true
}

// ofServer is what a server does to its term, role and log.
func ofServer(e *event.Event) (Phrase, bool) {
	p := Phrase{Who: e.Node.String()}
	switch x := e.What.(type) {
	case event.RoleChanged:
		p = ofRole(e.Node, x)
	case event.TermChanged:
		p.Does, p.Did, p.What, p.Brief = "enters", "entered", fmt.Sprintf("term %d", x.Term), Nothing
	case event.Voted:
		p.Does, p.Did, p.Milestone = "votes for", "voted for", true
		p.What, p.Note = fmt.Sprintf("%s in term %d", x.For, x.Term), fmt.Sprintf("votes for %s", x.For)
		if x.For == e.Node {
			p.What, p.Brief = fmt.Sprintf("itself in term %d", x.Term), Nothing
		}
	case event.Appended:
		p.Does, p.Did, p.What, p.Note = "appends", "appended", ofTerm(x), "appends "+indexes(x.Entries)
		p.Brief = p.Who + " appends " + WithTerms(x.Entries)
	case event.Truncated:
		p.Does, p.Did, p.What, p.Style, p.Milestone = "deletes", "deleted", WithTerms(x.Entries), view.Warn, true
		if p.Note, p.Brief = "deletes "+indexes(x.Entries), p.Who+" deletes "+p.What; x.Conflict {
			p.Detail = prose.Either(x.First == x.Last, ", which conflicts", ", which conflict") +
				" with the leader's"
		}
	case event.Committed:
		p = ofCommit(p.Who, x, false, true)
	case event.Applied:
		p.Does, p.Did, p.What, p.Note, p.Brief = "applies", "applied", Entries(x.First, x.Last), Nothing, Nothing
	case event.SnapshotTaken:
		p.Does, p.Did, p.What, p.Milestone = "takes", "took", fmt.Sprintf("a snapshot up to entry %d", x.Last), true
		p.Note = fmt.Sprintf("snapshot up to %d", x.Last)
	case event.SnapshotLoaded:
		p.Does, p.What = "installs", fmt.Sprintf("the snapshot up to entry %d of term %d", x.Last, x.Term)
		p.Past = fmt.Sprintf("%s installed a snapshot up to (%d, term %d)", e.Node, x.Last, x.Term)
		p.Note, p.Milestone = fmt.Sprintf("installs the snapshot up to %d", x.Last), true
	default:
		return p, false
	}
	return p, true
}

// ofRole is a change of role. A diagram and a schedule say what the server is now.
func ofRole(id raft.ID, x event.RoleChanged) Phrase {
	to := x.To.String()
	p := Phrase{Who: id.String(), Past: fmt.Sprintf("%s became %s of term %d", id, to, x.Term), Milestone: true}
	p.Line = view.Line{view.S(view.Plain, p.Who+" becomes "), view.S(RoleStyle(to), to),
		view.S(view.Plain, fmt.Sprintf(" in term %d (was %s)", x.Term, x.From))}
	p.NoteLine = view.Line{view.S(view.Plain, "becomes "), view.S(RoleStyle(to), to)}
	switch {
	case x.To == raft.Leader:
		p.NoteLine = nil
		p.Note, p.Style = fmt.Sprintf("leads term %d", x.Term), view.Leader
		p.Brief = p.Who + " " + p.Note
	case x.To == raft.Candidate:
		p.NoteLine = nil
		p.Note, p.Style = fmt.Sprintf("candidate in term %d", x.Term), view.Candidate
		p.Brief = fmt.Sprintf("%s is a candidate of term %d", id, x.Term)
	case x.To == raft.PreCandidate:
		p.Brief = fmt.Sprintf("%s asks whether it would win term %d", id, x.Term+1)
	case x.From == raft.Leader:
		p.Brief = fmt.Sprintf("%s no longer leads, in term %d", id, x.Term)
	default:
		p.Brief = fmt.Sprintf("%s is a follower in term %d", id, x.Term)
	}
	return p
}

// commits is the commit of entries by several servers at once; applied says that
// they also apply them.
func commits(who []string, x event.Committed, applied bool) view.Line {
	p := ofCommit(strings.Join(who, " "), x, applied, len(who) == 1)
	return p.Story()
}

// ofCommit tells a leader, which commits, from followers, which learn of it
// (Figure 2, Leaders 4, and AppendEntries receiver 5). Where the entries are applied
// at once, applied has that said with it; one is whether who is one server.
func ofCommit(who string, x event.Committed, applied, one bool) Phrase {
	what := WithTerms(x.Entries)
	p := Phrase{Who: who, Does: "commits", Did: "committed", What: what, Style: view.Committed, Milestone: true}
	if x.Leader {
		if p.Note = "commits " + indexes(x.Entries); applied {
			p.Does = "commits and applies"
		}
		return p
	}
	learn, apply := "learn", "apply"
	if one {
		learn, apply = "learns", "applies"
	}
	p.Does, p.What = learn+" that", fmt.Sprintf("%s %s committed", what, isOrAre(x.Entries))
	p.Past = fmt.Sprintf("%s learned%s that %s", who, Here, p.What)
	if p.Note = fmt.Sprintf("learns that %s %s committed", indexes(x.Entries), isOrAre(x.Entries)); applied {
		p.Detail = fmt.Sprintf(" and %s %s", apply, prose.Either(x.First == x.Last, "it", "them"))
	}
	return p
}

// ofMembers is what concerns the configuration and leadership that is handed over, and what other
// servers cannot do.
func ofMembers(e *event.Event) (Phrase, bool) {
	p := Phrase{Who: e.Node.String(), Milestone: true}
	switch x := e.What.(type) {
	case event.MembersChanged:
		p.Does, p.Did, p.After = "now uses", "used", ": "+x.Members.String()
		p.What = fmt.Sprintf("the configuration of entry %d", x.Index)
		if x.Index == 0 {
			p.Does, p.What = "uses", "the configuration from before its log"
		}
	case event.ServerAdded:
		p.Does, p.Did, p.What, p.Detail = "is created,", "was created,", "empty", ", not a member yet"
	case event.Unsent:
		p.Does, p.Did, p.What = "sends", "sent", fmt.Sprintf("no %s to %s", x.Type, x.To)
		p.After, p.Style = ": "+x.Why, view.Warn
	case event.TransferBegun:
		p.Does, p.Did, p.What = "starts", "started", "handing leadership to "+x.To.String()
	case event.TransferOver:
		p.Does, p.Did, p.What, p.Style = "gives up", "gave up", "handing leadership to "+x.To.String(), view.Warn
	default:
		return p, false
	}
	return p, true
}

// fromWhom is the past of what is told with the event that it came of: what a
// server took from its leader, and what it answered.
func fromWhom(e, came *event.Event) string {
	var mail event.Mail
	if came != nil {
		mail = event.As[event.Delivered](came).Mail
	}
	switch x := e.What.(type) {
	case event.Appended:
		what := fmt.Sprintf("(%d, term %d)", x.Last, x.Term)
		if x.First != x.Last {
			what = ofTerm(x)
		}
		text := fmt.Sprintf("%s appended %s%s", e.Node, what, Here)
		if m, ok := mail.Message.(*raft.AppendEntries); ok {
			text += fmt.Sprintf(", from %s, leader of term %d", mail.From, m.Term)
		}
		return text
	case event.Committed:
		switch mail.Message.(type) {
		case *raft.AppendEntries, *raft.InstallSnapshot:
			if !x.Leader {
				return fmt.Sprintf("%s learned%s from %s that %s %s committed", e.Node, Here, mail.From,
					WithTerms(x.Entries), isOrAre(x.Entries))
			}
		}
	case event.Sent:
		return does(x.Mail, AskedTerm(x.Message, came))
	}
	return ""
}

// AskedTerm is the term of the request that an answer was given to. Where the answer itself does not
// tell, came may: the event that it came of. Of what is no answer, it is its own.
func AskedTerm(m raft.Message, came *event.Event) uint64 {
	if request := raft.RequestOf(m); request != nil {
		return request.MessageTerm()
	}
	if came != nil && event.Is[event.Delivered](came) {
		return came.Body().MessageTerm()
	}
	return m.MessageTerm()
}
