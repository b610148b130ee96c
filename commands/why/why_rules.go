package why

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// causesOf finds the events that made the numbers of a rule's decision so, where
// more can be said of them than the event itself does. d was decided at the event at.
var causesOf map[*raft.Rule]func(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because

func init() { // what it refers to refers to it
	causesOf = map[*raft.Rule]func(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because{
		raft.HigherTerm:             peerEntered,
		raft.StaleTerm:              selfEntered,
		raft.VoteOnce:               voteGivenAway,
		raft.CandidateUpToDate:      lastEntries,
		raft.VotesOfThisElection:    whatItIsNow,
		raft.Majority:               votesCounted,
		raft.NoOpFirst:              noopSetting,
		raft.AppendFromLeader:       peerElected,
		raft.PrevLogMatches:         ownEntryThere,
		raft.DeleteConflict:         ownEntry,
		raft.FollowerCommit:         leaderCommitted,
		raft.ReplyOfThisTerm:        whatItIsNow,
		raft.ReplyOfThisMember:      lastMembers,
		raft.MajorityHolds:          confirmations,
		raft.CurrentTermOnly:        oldEntry,
		raft.NeedSnapshot:           compacted,
		raft.OneChangeAtATime:       lastMembers,
		raft.OwnTermFirst:           selfElected,
		raft.JointThenNew:           lastMembers,
		raft.RemovedLeaderStepsDown: lastMembers,
		raft.TransferUpToDate:       transferBegun,
		raft.TransferFirst:          transferBegun,
		raft.TransferElection:       termTaken,
		raft.ReadFromLeader:         whatItIsNow,
		raft.ReadAfterOwnTerm:       selfElected,
		raft.LeaseHeld:              lease,
		raft.Stickiness:             leaderHeard,
		raft.CheckQuorumRule:        lastAnswer,
	}
}

// outcome is what a decision means, in words.
func outcome(d *raft.Decision) string { return d.Rule.Outcome(d.Holds) }

// decided tells a decision: its rule, its numbers, and what made them so.
func (q *Inquiry) decided(a *Answer, d *raft.Decision, at *cluster.Event) {
	a.by(d.Rule)
	q.numbers(a, d)
	if d.Rule == raft.Stickiness && d.Holds {
		a.compareHeard(q.Record.Before(at), d.Node)
	}
	if f := causesOf[d.Rule]; f != nil {
		a.cause(f(q, d, at)...)
	}
	a.noteBugs(q.Record.After(at), d.Rule, d.Node)
}

// compareHeard adds how long ago a server heard from a leader, which is what
// stickiness looks at.
func (a *Answer) compareHeard(w *cluster.World, id raft.ID) {
	least := w.Settings().ElectionTimeout.Min
	if ticks, ok := w.SinceHeard(id); ok {
		a.compare("ticks since "+id.String()+" heard from a leader", ticks)
		a.compare("minimum election timeout", least)
		a.Verdict = relation(uint64(ticks), uint64(least))
	} else if n := w.State(id); n != nil && n.Role == raft.Leader {
		a.compare(id.String()+"'s role", n.Role.String())
		a.Verdict = "a leader counts as having heard from itself"
	}
}

// noteBugs says that a server breaks the rule on purpose.
func (a *Answer) noteBugs(w *cluster.World, r *raft.Rule, id raft.ID) {
	for _, m := range w.BugsAgainst(r, id) {
		a.noteBug(m, id)
	}
}

// noteBug says that a bug is on, once.
func (a *Answer) noteBug(m *raft.Mutant, id raft.ID) {
	text := fmt.Sprintf("%s is on in %s: %s", m.Name, id, m.Says)
	if !strings.Contains(a.Bug, text) {
		a.Bug = strings.TrimPrefix(a.Bug+"; "+text, "; ")
	}
}

// numbers is what was compared, with names.
func (q *Inquiry) numbers(a *Answer, d *raft.Decision) {
	a.Verdict = VerdictOf(d)
	if d.Rule == raft.CandidateUpToDate {
		a.compare(d.Peer.String()+"'s last entry", EntryPlace(d.Args[1], d.Args[0]))
		a.compare(d.Node.String()+"'s last entry", EntryPlace(d.Args[3], d.Args[2]))
		return
	}
	a.Halves = halvesOf(d.Halves)
	defer a.compareHalves(d)
	for i, name := range d.Rule.Args {
		if name != "" && !Beside(d, i) {
			name, value := Argument(name, d.Args[i])
			a.compare(ofWhom(name, d), value)
		}
	}
}

// Beside tells whether a number of a decision had no part in how it came out,
// or is told better with the halves of a joint configuration.
func Beside(d *raft.Decision, i int) bool {
	switch d.Rule {
	case raft.Majority, raft.CheckQuorumRule:
		return tell.Joint(d.Halves)
	case raft.StaleTerm: // a PreVote asks about the term after the sender's own
		return i >= 2 && d.Args[3] == 0 || i == 3
	case raft.ReplyOfThisTerm:
		return i == 2 && raft.Role(d.Args[2]) == raft.Leader || i == 3 && d.Args[3] == 1
	case raft.VotesOfThisElection:
		return i == 2 && d.Holds || i == 3
	}
	return false
}

// VerdictOf is what the numbers say: those that made the decision come out so.
func VerdictOf(d *raft.Decision) string {
	a := d.Args
	if tell.Joint(d.Halves) {
		return jointVerdict(d)
	}
	switch d.Rule {
	case raft.StaleTerm:
		if a[3] == 1 {
			return relation(a[2], a[1])
		}
	case raft.CandidateUpToDate:
		if a[0] != a[2] {
			return relation(a[2], a[0])
		}
		return relation(a[3], a[1])
	case raft.FollowerCommit:
		return exceeds(min(a[0], a[1]), a[2], d.Holds)
	case raft.PrevLogMatches:
		if !d.Holds && a[0] > a[3] {
			return relation(a[0], a[3])
		}
		return relation(a[2], a[1])
	case raft.ReplyOfThisTerm, raft.VotesOfThisElection, raft.TransferElection, raft.RefusalIsCurrent:
		if text := notCurrent(d); text != "" || d.Rule == raft.TransferElection || d.Rule == raft.RefusalIsCurrent {
			return text
		}
	case raft.OneChangeAtATime:
		if !d.Holds && a[0] <= a[1] {
			return "the joint configuration is still in force"
		}
	}
	if p := d.Rule.Pair; p[0] != p[1] {
		return exceeds(a[p[0]], a[p[1]], d.Holds)
	}
	return ""
}

// notCurrent is why an answer, or what a server is told, comes too late, where
// it is not the terms that say so.
func notCurrent(d *raft.Decision) string {
	a, role := d.Args, raft.Role(d.Args[2])
	switch {
	case d.Holds:
	case d.Rule == raft.RefusalIsCurrent:
		return oldRefusal(d)
	case d.Rule == raft.TransferElection && role == raft.Leader:
		return fmt.Sprintf("%s leads", d.Node)
	case d.Rule == raft.TransferElection:
		return fmt.Sprintf("%s has no vote", d.Node)
	case d.Rule == raft.ReplyOfThisTerm && a[0] == a[1] && role != raft.Leader:
		return fmt.Sprintf("%s does not lead: it is %s", d.Node, roleText(role.String()))
	case d.Rule == raft.ReplyOfThisTerm && a[3] == 0:
		return fmt.Sprintf("%s is not a member", d.Peer)
	case d.Rule == raft.VotesOfThisElection:
		return oldVote(d)
	}
	return ""
}

// oldVote is why a vote is for another election.
func oldVote(d *raft.Decision) string {
	switch a, role := d.Args, raft.Role(d.Args[2]); {
	case role == raft.Leader:
		return fmt.Sprintf("%s leads already", d.Node)
	case role == raft.Follower:
		return fmt.Sprintf("%s is a follower", d.Node)
	case role == raft.PreCandidate && a[3] == 1:
		return fmt.Sprintf("%s asks about term %d now", d.Node, a[1]+1)
	case a[0] == a[1] || a[3] == 1:
		return fmt.Sprintf("%s is %s", d.Node, roleText(role.String()))
	}
	return ""
}

// oldRefusal is why a refusal is of an append from before.
func oldRefusal(d *raft.Decision) string {
	switch a := d.Args; {
	case a[0] == 0:
		return "nothing is before entry 1"
	case a[0] >= a[1]:
		return fmt.Sprintf("the refused append began at %d, beyond nextIndex %d", a[0]+1, a[1])
	default:
		return fmt.Sprintf("%s is known to hold entry %d: matchIndex is %d", d.Peer, a[0], a[2])
	}
}

func EntryPlace(index, term uint64) string {
	if index == 0 {
		return "none"
	}
	return fmt.Sprintf("term %d, index %d", term, index)
}

// exceeds is two numbers of which the first had to be greater, or, where they
// are equal and that was enough, at least the other.
func exceeds(a, b uint64, holds bool) string {
	if a == b && !holds {
		return fmt.Sprintf("%d is not above %d", a, b)
	}
	return relation(a, b)
}

func relation(a, b uint64) string {
	switch {
	case a < b:
		return fmt.Sprintf("%d < %d", a, b)
	case a > b:
		return fmt.Sprintf("%d > %d", a, b)
	}
	return fmt.Sprintf("%d = %d", a, b)
}

// ofWhom puts names where the rulebook says own, its, or the candidate's.
func ofWhom(name string, d *raft.Decision) string {
	peer := "the other"
	if d.Peer != 0 {
		peer = d.Peer.String()
	}
	for _, x := range [][2]string{{"own ", d.Node.String() + "'s "}, {"its ", peer + "'s "},
		{"the leader's first", d.Node.String() + "'s first"},
		{"the leader's last", d.Node.String() + "'s last"}, {"the leader's term", peer + "'s term"},
		{"candidate's ", peer + "'s "}, {"the candidate's ", peer + "'s "}} {
		if rest, ok := strings.CutPrefix(name, x[0]); ok {
			return x[1] + rest
		}
	}
	return name
}

// Argument is the name of a number, and its value in words where it stands for
// a server, a role, or yes or no.
func Argument(name string, v uint64) (string, any) {
	name, hint, _ := strings.Cut(name, " (")
	zero, saysZero := strings.CutPrefix(strings.TrimSuffix(hint, ")"), "0: ")
	switch {
	case hint == "1: yes)":
		return name, map[uint64]string{0: "no", 1: "yes"}[v]
	case name == "own role":
		return name, raft.Role(v).String()
	case v == 0 && saysZero:
		return name, zero
	case name == "the vote already given in this term" || name == "the candidate" || name == "the leader it knows" ||
		name == "the target":
		if v == 0 {
			return name, "no one"
		}
		return name, raft.ID(v).String()
	}
	return name, v
}

// What follows is where the numbers come from.

// entered is when a server came to a term.
func (q *Inquiry) entered(id raft.ID, term, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool {
		return e.Node == id && (cluster.As[cluster.TermChanged](e).Term == term && cluster.Is[cluster.TermChanged](e) ||
			cluster.As[cluster.Given](e).Term == term && cluster.Is[cluster.Given](e))
	})
}

func peerEntered(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.entered(d.Peer, d.Args[0], at.Position))
}

// termTaken is for a server that took a message's term first, and then went on
// from it: its own term before is in no other number of the answer.
func termTaken(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	taken := q.asked(at, raft.HigherTerm, true)
	if taken == nil || taken.Node != d.Node {
		return nil
	}
	return []Because{{Text: fmt.Sprintf("%s was in term %d, and took term %d from the message first (%s)", d.Node,
		taken.Args[1], taken.Args[0], raft.HigherTerm.ID)}}
}

func selfEntered(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.entered(d.Node, d.Args[1], at.Position))
}

// took is when a server came to hold the entry at index that it held at the
// time.
func (q *Inquiry) took(id raft.ID, index, before uint64) *cluster.Event {
	if index == 0 {
		return nil
	}
	return q.last(before, func(e *cluster.Event) bool {
		return e.Node == id && (wrote(e, index) || cluster.As[cluster.SnapshotLoaded](e).Last >= index)
	})
}

func voteGivenAway(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && d.Args[0] > 0 && cluster.As[cluster.Voted](e).For == raft.ID(d.Args[0])
	}))
}

func lastEntries(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if d.Holds {
		return q.because(q.took(d.Peer, d.Args[1], at.Position))
	}
	return q.because(q.took(d.Node, d.Args[3], at.Position))
}

// whatItIsNow is how a server came to be no longer what an answer is for.
func whatItIsNow(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if d.Holds {
		return nil
	}
	if d.Rule == raft.ReplyOfThisTerm && notCurrent(d) != "" && d.Args[3] == 0 {
		return q.because(q.last(at.Position, func(e *cluster.Event) bool {
			return e.Node == d.Node &&
				cluster.Is[cluster.MembersChanged](e)
		}))
	}
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && (cluster.Is[cluster.RoleChanged](e) || cluster.Is[cluster.TermChanged](e) ||
			cluster.Is[cluster.Restarted](e))
	}))
}

// votesCounted is the votes that a candidate had been given by then, each by the
// answer that it counted: not one of an earlier election, nor a second one.
func votesCounted(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	first := map[raft.ID]*cluster.Event{}
	q.last(at.Position+1, func(e *cluster.Event) bool {
		if e.Node != d.Node {
			return false
		}
		if cluster.Is[cluster.Delivered](e) && IsVoteReply(e.Body()) && !IsRefusal(e.Body()) &&
			!q.passedOver(e, raft.VotesOfThisElection) {
			first[e.Peer()] = e
		}
		return cluster.Is[cluster.ElectionTimeout](e) ||
			cluster.Is[cluster.RoleChanged](e) && cluster.As[cluster.RoleChanged](e).To != raft.Leader
	})
	return q.inOrder(first)
}

// passedOver tells whether an answer that arrived did not count, by one of some rules.
func (q *Inquiry) passedOver(e *cluster.Event, rules ...*raft.Rule) bool {
	for _, r := range rules {
		if q.asked(e, r, false) != nil && len(q.Record.After(e).BugsAgainst(r, e.Node)) == 0 {
			return true
		}
	}
	return false
}

// inOrder is events as causes, the earliest first.
func (q *Inquiry) inOrder(events map[raft.ID]*cluster.Event) []Because {
	return q.because(slices.SortedFunc(maps.Values(events),
		func(a, b *cluster.Event) int { return cmp.Compare(a.Position, b.Position) })...)
}

func noopSetting(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if d.Holds {
		return selfElected(q, d, at)
	}
	return q.setting("noop", at.Position)
}

// setting is when a setting was last changed.
func (q *Inquiry) setting(name string, before uint64) []Because {
	return q.because(q.last(before, func(e *cluster.Event) bool {
		return cluster.As[cluster.SettingChanged](e).Name == name
	}))
}

func (q *Inquiry) elected(id raft.ID, before uint64) *cluster.Event {
	return q.last(before, func(e *cluster.Event) bool {
		return e.Node == id && cluster.As[cluster.RoleChanged](e).To == raft.Leader
	})
}

func peerElected(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.elected(d.Peer, at.Position))
}

func selfElected(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.elected(d.Node, at.Position+8)) // it may just have been
}

func ownEntry(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.took(d.Node, d.Args[0], at.Position))
}

func ownEntryThere(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	switch {
	case d.Holds:
		return nil
	case d.Args[2] != 0:
		return ownEntry(q, d, at)
	case d.Args[3] == 0:
		return []Because{{Text: d.Node.String() + "'s log is empty"}}
	}
	return append([]Because{{Text: fmt.Sprintf("%s's log ends at index %d", d.Node, d.Args[3])}},
		q.because(q.took(d.Node, d.Args[3], at.Position))...)
}

func leaderCommitted(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if !d.Holds {
		return nil
	}
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Peer && cluster.As[cluster.Committed](e).Has(d.Args[0])
	}))
}

// confirmations is the answers by which a leader knows who holds an entry.
func confirmations(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if !d.Holds {
		return nil
	}
	first := map[raft.ID]*cluster.Event{}
	voters := d.Halves[0].Of.Or(d.Halves[1].Of)
	if n := q.Record.Before(at).State(d.Node); voters.Empty() && n != nil {
		voters = n.Configuration.AllVoters()
	}
	q.last(at.Position+1, func(e *cluster.Event) bool {
		if e.Node != d.Node {
			return false
		}
		match, ok := confirmed(e)
		if ok && match >= d.Args[0] && voters.Has(e.Peer()) &&
			!q.passedOver(e, raft.ReplyOfThisTerm, raft.ReplyOfThisMember) {
			first[e.Peer()] = e
		}
		x, appended := e.What.(cluster.Appended)
		return cluster.Is[cluster.RoleChanged](e) || appended && x.First <= d.Args[0]
	})
	return q.inOrder(first)
}

// confirmed is up to where a message that arrives says that its sender's log
// agrees.
func confirmed(e *cluster.Event) (match uint64, ok bool) {
	if !cluster.Is[cluster.Delivered](e) {
		return 0, false
	}
	switch m := e.Body().(type) {
	case *raft.AppendEntriesReply:
		return m.MatchIndex, m.Success
	case *raft.InstallSnapshotReply:
		return m.MatchIndex, true
	}
	return 0, false
}

func oldEntry(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return append(q.because(q.took(d.Node, d.Args[0], at.Position+1)), selfElected(q, d, at)...)
}

func compacted(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if !d.Holds {
		return nil
	}
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && (cluster.Is[cluster.SnapshotTaken](e) || cluster.Is[cluster.SnapshotLoaded](e) ||
			cluster.Is[cluster.Given](e))
	}))
}

func lastMembers(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && cluster.Is[cluster.MembersChanged](e) &&
			cluster.As[cluster.MembersChanged](e).Index == d.Args[0]
	}))
}

func transferBegun(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.last(at.Position+1, func(e *cluster.Event) bool {
		return cluster.Is[cluster.TransferBegun](e) && e.Node == d.Node
	}))
}

func lease(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && (cluster.Is[cluster.LeaseBegun](e) || cluster.Is[cluster.LeaseEnded](e))
	}))
}

// leaderHeard is the last word of a leader that a server heard.
func leaderHeard(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	if !d.Holds {
		return nil
	}
	return q.because(q.last(at.Position, func(e *cluster.Event) bool {
		if e.Node != d.Node {
			return false
		}
		return heardFrom(e) != 0 || cluster.As[cluster.RoleChanged](e).To == raft.Leader ||
			cluster.Is[cluster.Restarted](e)
	}))
}

// heardFrom is the leader from which a message arrives by which it is heard, or 0.
func heardFrom(e *cluster.Event) raft.ID {
	x := cluster.As[cluster.Delivered](e)
	switch x.Message.(type) {
	case *raft.AppendEntries, *raft.InstallSnapshot:
		return x.From
	}
	return 0
}

// lastAnswer is the last answer that a leader got.
func lastAnswer(q *Inquiry, d *raft.Decision, at *cluster.Event) []Because {
	e := q.last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && (cluster.Is[cluster.Delivered](e) && tell.Replies(e.Body()) ||
			cluster.Is[cluster.RoleChanged](e))
	})
	return q.because(e)
}
