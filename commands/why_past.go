package commands

import (
	"fmt"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/prose"
	"raftlab/raft"
)

// past is an event as something that has happened, with its position: "S3
// appended (4, term 3) at #112, from S2, leader of term 3".
func (q *inquiry) past(e *cluster.Event) string {
	say, ok := pasts[e.Kind]
	if !ok {
		panic("commands: why has no words for an event of the kind " + string(e.Kind))
	}
	text := say(q, e)
	at := fmt.Sprintf(" at #%d", e.Position)
	if strings.Contains(text, here) {
		return prose.Visible(strings.Replace(text, here, at, 1))
	}
	return prose.Visible(text) + at
}

// here is where in the words the position goes; without it, to their end. No
// text from outside holds it.
const here = "\x00"

// inTerms is what one says of the events of a kind.
type inTerms func(q *inquiry, e *cluster.Event) string

// said makes words from what the event holds.
func said(words string) inTerms {
	return func(_ *inquiry, e *cluster.Event) string {
		return strings.NewReplacer("{node}", e.Node, "{peer}", e.Peer, "{client}", e.Client, "{text}", e.Text,
			"{from}", e.From, "{to}", e.To, "{term}", fmt.Sprint(e.Term), "{first}", fmt.Sprint(e.First),
			"{last}", fmt.Sprint(e.Last), "{clock}", fmt.Sprint(e.Clock), "{mail}", mailOf(e), "{at}", here).Replace(words)
	}
}

// asTold makes words from the line that tells the event.
func asTold(q *inquiry, e *cluster.Event) string { return eventLine(e).String() }

// pasts has the words for every kind of event.
var pasts map[cluster.EventKind]inTerms

func init() { // what it refers to refers to it
	pasts = map[cluster.EventKind]inTerms{
		cluster.Ticked:          said("{node}'s clock ticked"),
		cluster.ClockTicked:     said("tick {clock} passed"),
		cluster.ElectionTimeout: said("{node}'s election timer fired"),
		cluster.HeartbeatDue:    said("{node}'s heartbeat was due"),
		cluster.MinimumPassed:   said("{node}'s minimum election timeout since it heard a leader passed"),
		cluster.QuorumChecked:   said("{node}'s time to hear a majority passed"),
		cluster.Sent:            pastSent,
		cluster.Injected:        said("{mail}, hand-made, was put in flight"),
		cluster.Delivered:       said("{mail} reached {node}"),
		cluster.Lost:            said("{mail} to {node} was lost{at}: {text}"),
		cluster.Dropped:         said("{mail} to {peer} was dropped"),
		cluster.Duplicated:      said("{mail}, {text}, was put in flight"),
		cluster.Delayed:         said("{mail} was delayed{at}, {text}"),
		cluster.RoleChanged:     said("{node} became {to} of term {term}"),
		cluster.TermChanged:     said("{node} entered term {term}"),
		cluster.Voted:           pastVoted,
		cluster.Appended:        pastAppended,
		cluster.Truncated:       pastTruncated,
		cluster.Committed:       pastCommitted,
		cluster.Applied:         pastApplied,
		cluster.SnapshotTaken:   said("{node} took a snapshot up to entry {last}"),
		cluster.SnapshotLoaded:  said("{node} installed a snapshot up to ({last}, term {term})"),
		cluster.MembersChanged:  pastMembers,
		cluster.TransferBegun:   said("{node} started handing leadership to {peer}"),
		cluster.TransferOver:    said("{node} gave up handing leadership to {peer}"),
		cluster.LeaseBegun:      said("{node} got a lease for {first} ticks"),
		cluster.LeaseEnded:      said("{node}'s lease ended"),
		cluster.ServerAdded:     said("{node} was created, empty"),
		cluster.ReadBegun:       said("{client} sent {text} to {node}{at}"),
		cluster.Requested:       said("{client} sent {text} to {node}{at}"),
		cluster.Redirected:      said("{node} redirected {client} to {peer}"),
		cluster.Unanswered:      pastUnanswered,
		cluster.Accepted:        said("{node} appended {client}'s command as ({last}, term {term})"),
		cluster.Answered:        pastAnswered,
		cluster.SessionTold:     said("{client} {text}"),
		cluster.Abandoned:       said("{client} could no longer learn what became of its request"),
		cluster.Crashed:         said("{node} crashed"),
		cluster.Restarted:       said("{node} restarted"),
		cluster.Frozen:          said("{node} froze"),
		cluster.Thawed:          said("{node} went on"),
		cluster.Synced:          said("{node}'s disk was synced"),
		cluster.Wiped:           said("{node}'s disk was wiped"),
		cluster.LinksCut:        said("links were cut{at}: {text}"),
		cluster.LinksHealed:     said("links were mended{at}: {text}"),
		cluster.SettingChanged:  said("{text} was set to {to}{at} (it was {from})"),
		cluster.BugSet:          asTold,
		cluster.BugGuessed:      asTold,
		cluster.BugRevealed:     asTold,
		cluster.TimerSet:        asTold,
		cluster.Given:           said("{node} was given its state by hand"),
		cluster.Corrupted:       said("{node} refused {mail}{at}: {text}"),
		cluster.Breached:        said("BREACH of {text}"),
	}
}

func pastTruncated(_ *inquiry, e *cluster.Event) string {
	return fmt.Sprintf("%s removed %s", e.Node, entriesTold(e))
}

func pastApplied(_ *inquiry, e *cluster.Event) string {
	return fmt.Sprintf("%s applied %s", e.Node, entries(e.First, e.Last))
}

func pastUnanswered(_ *inquiry, e *cluster.Event) string {
	return e.Node + " rejected " + e.Client + "'s request" + here + ": " + firstClause(e.Text)
}

func pastAnswered(_ *inquiry, e *cluster.Event) string {
	return e.Node + " replied to " + e.Client + here + ": " + resultText(e.Text)
}

func firstClause(text string) string {
	first, _, _ := strings.Cut(text, ";")
	return first
}

// mailOf names the message of an event: S1's RequestVote (m12).
func mailOf(e *cluster.Event) string {
	from, _ := route(e)
	return fmt.Sprintf("%s's %s (%s)", from, e.Type, e.Message)
}

// route is who sent the message of an event, and to whom.
func route(e *cluster.Event) (from, to string) {
	switch e.Kind {
	case cluster.Delivered, cluster.Lost, cluster.Corrupted:
		return e.Peer, e.Node
	}
	return e.Node, e.Peer
}

// pastSent says what a message does rather than what it is called.
func pastSent(q *inquiry, e *cluster.Event) string {
	s := fmt.Sprintf
	switch m := e.Body.(type) {
	case *raft.RequestVote:
		return s("%s asked %s for its vote in term %d%s (%s)", e.Node, e.Peer, m.Term, here, e.Message)
	case *raft.PreVote:
		return s("%s asked %s whether it would vote for it in term %d%s (%s)", e.Node, e.Peer, m.Term, here, e.Message)
	case *raft.RequestVoteReply:
		return s("%s %s %s its vote in term %d%s (%s)", e.Node, grantedText(m.VoteGranted), e.Peer, q.askedTerm(e),
			here, e.Message)
	case *raft.PreVoteReply:
		return s("%s %s %s its vote in term %d, beforehand,%s (%s)", e.Node, grantedText(m.VoteGranted), e.Peer,
			q.askedTerm(e), here, e.Message)
	case *raft.AppendEntries:
		if n := len(m.Entries); n > 0 {
			return s("%s sent %s %s%s (%s)", e.Node, e.Peer, entries(m.PrevLogIndex+1, m.PrevLogIndex+uint64(n)),
				here, e.Message)
		}
		return s("%s sent %s an empty append, a heartbeat,%s (%s)", e.Node, e.Peer, here, e.Message)
	case *raft.AppendEntriesReply:
		if m.Success {
			return s("%s confirmed to %s that it holds the log up to %d%s (%s)", e.Node, e.Peer, m.MatchIndex, here, e.Message)
		}
		return s("%s refused %s's append after index %d%s (%s)", e.Node, e.Peer, m.PrevLogIndex, here, e.Message)
	case *raft.InstallSnapshot:
		return s("%s sent %s its snapshot up to (%d, term %d)%s (%s)", e.Node, e.Peer, m.Snapshot.Index, m.Snapshot.Term,
			here, e.Message)
	case *raft.InstallSnapshotReply:
		return s("%s answered %s's snapshot: it holds the log up to %d%s (%s)", e.Node, e.Peer, m.MatchIndex, here, e.Message)
	case *raft.TimeoutNow:
		return s("%s told %s to start an election%s (%s)", e.Node, e.Peer, here, e.Message)
	case *raft.ReadIndex:
		return s("%s asked %s for a read index%s (%s)", e.Node, e.Peer, here, e.Message)
	case *raft.ReadIndexReply:
		if m.Success {
			return s("%s told %s that a read needs index %d%s (%s)", e.Node, e.Peer, m.Index, here, e.Message)
		}
		return s("%s refused %s a read index%s (%s)", e.Node, e.Peer, here, e.Message)
	}
	return s("%s sent %s a %s%s (%s)", e.Node, e.Peer, e.Type, here, e.Message)
}

func grantedText(granted bool) string {
	if granted {
		return "granted"
	}
	return "refused"
}

// askedTerm is the term of the request that an answer was given to.
func (q *inquiry) askedTerm(e *cluster.Event) uint64 {
	if t := q.trigger(e); t != nil && t.Kind == cluster.Delivered {
		return t.Term
	}
	return e.Term
}

func pastVoted(_ *inquiry, e *cluster.Event) string {
	if e.Peer == e.Node {
		return fmt.Sprintf("%s voted for itself in term %d", e.Node, e.Term)
	}
	return fmt.Sprintf("%s voted for %s in term %d", e.Node, e.Peer, e.Term)
}

// pastAppended says also from whom it came.
func pastAppended(q *inquiry, e *cluster.Event) string {
	what := fmt.Sprintf("(%d, term %d)", e.Last, e.Term)
	if e.First != e.Last {
		what = entriesToldOfTerm(e)
	}
	text := fmt.Sprintf("%s appended %s%s", e.Node, what, here)
	if t := q.trigger(e); t != nil && t.Kind == cluster.Delivered {
		if m, ok := t.Body.(*raft.AppendEntries); ok {
			text += fmt.Sprintf(", from %s, leader of term %d", t.Peer, m.Term)
		}
	}
	return text
}

func pastMembers(_ *inquiry, e *cluster.Event) string {
	if e.Last == 0 {
		return fmt.Sprintf("%s used the configuration from before its log%s: %s", e.Node, here, e.Text)
	}
	return fmt.Sprintf("%s used the configuration of entry %d%s: %s", e.Node, e.Last, here, e.Text)
}

// pastCommitted tells a leader, which commits, from a follower, which learns it.
func pastCommitted(q *inquiry, e *cluster.Event) string {
	if e.From == raft.Leader.String() {
		return fmt.Sprintf("%s committed %s", e.Node, entriesTold(e))
	}
	from := ""
	if t := q.trigger(e); t != nil && (t.Type == "AppendEntries" || t.Type == "InstallSnapshot") {
		from = " from " + t.Peer
	}
	return fmt.Sprintf("%s learned%s%s that %s %s committed", e.Node, here, from, entriesTold(e), isOrAre(e))
}
