package cause

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"raftlab/cluster"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// reason finds the events that made the numbers of a decision so, where more can be
// said of them than the event itself does. d was decided at the event at.
type reason func(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because

// reasons is how they are found, by rule.
var reasons map[*raft.Rule]reason

func init() { // what it refers to refers to it
	reasons = map[*raft.Rule]reason{
		raft.HigherTerm:             peerEntered,
		raft.StaleTerm:              selfEntered,
		raft.VoteOnce:               last(gaveVoteAway),
		raft.CandidateUpToDate:      lastEntries,
		raft.VotesOfThisElection:    whatItIsNow,
		raft.Majority:               votesCounted,
		raft.NoOpFirst:              noopSetting,
		raft.AppendFromLeader:       peerElected,
		raft.PrevLogMatches:         ownEntryThere,
		raft.DeleteConflict:         ownEntry,
		raft.FollowerCommit:         leaderCommitted,
		raft.ReplyOfThisTerm:        whatItIsNow,
		raft.ReplyOfThisMember:      last(tookMembers),
		raft.MajorityHolds:          confirmations,
		raft.CurrentTermOnly:        oldEntry,
		raft.NeedSnapshot:           whereHolds(last(compacted)),
		raft.OneChangeAtATime:       last(tookMembers),
		raft.OwnTermFirst:           selfElected,
		raft.JointThenNew:           last(tookMembers),
		raft.RemovedLeaderStepsDown: last(tookMembers),
		raft.TransferUpToDate:       transferBegun,
		raft.TransferFirst:          transferBegun,
		raft.TransferElection:       termTaken,
		raft.ReadFromLeader:         whatItIsNow,
		raft.ReadAfterOwnTerm:       selfElected,
		raft.LeaseHeld:              last(leased),
		raft.Stickiness:             whereHolds(last(heard)),
		raft.CheckQuorumRule:        last(answered),
	}
}

// last is the last event at the server that decided, before it did, of a kind.
func last(is func(d *raft.Decision, e *cluster.Event) bool) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
		return q.Because(q.Last(at.Position, func(e *cluster.Event) bool { return e.Node == d.Node && is(d, e) }))
	}
}

// whereHolds is a reason that only a decision has which held.
func whereHolds(r reason) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
		if !d.Holds {
			return nil
		}
		return r(q, d, at)
	}
}

func gaveVoteAway(d *raft.Decision, e *cluster.Event) bool {
	return d.Args[0] > 0 && cluster.As[cluster.Voted](e).For == raft.ID(d.Args[0])
}

func tookMembers(d *raft.Decision, e *cluster.Event) bool {
	x, ok := e.What.(cluster.MembersChanged)
	return ok && x.Index == d.Args[0]
}

func compacted(_ *raft.Decision, e *cluster.Event) bool {
	return cluster.Is[cluster.SnapshotTaken](e) || cluster.Is[cluster.SnapshotLoaded](e) || cluster.Is[cluster.Given](e)
}

func leased(_ *raft.Decision, e *cluster.Event) bool {
	return cluster.Is[cluster.LeaseBegun](e) || cluster.Is[cluster.LeaseEnded](e)
}

// heard is the last word of a leader, or that the server led itself.
func heard(_ *raft.Decision, e *cluster.Event) bool {
	return inquiry.HeardFrom(e) != 0 || cluster.As[cluster.RoleChanged](e).To == raft.Leader ||
		cluster.Is[cluster.Restarted](e)
}

// answered is the last answer that a leader got.
func answered(_ *raft.Decision, e *cluster.Event) bool {
	return cluster.Is[cluster.Delivered](e) && tell.Replies(e.Body()) || cluster.Is[cluster.RoleChanged](e)
}

// entered is when a server came to a term.
func entered(q *inquiry.Inquiry, id raft.ID, term, before uint64) *cluster.Event {
	return q.Last(before, func(e *cluster.Event) bool {
		return e.Node == id && (cluster.As[cluster.TermChanged](e).Term == term && cluster.Is[cluster.TermChanged](e) ||
			cluster.As[cluster.Given](e).Term == term && cluster.Is[cluster.Given](e))
	})
}

func peerEntered(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(entered(q, d.Peer, d.Args[0], at.Position))
}

func selfEntered(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(entered(q, d.Node, d.Args[1], at.Position))
}

// termTaken is for a server that took a message's term first, and then went on
// from it: its own term before is in no other number of the answer.
func termTaken(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	taken := q.Asked(at, raft.HigherTerm, true)
	if taken == nil || taken.Node != d.Node {
		return nil
	}
	return []inquiry.Because{{Text: fmt.Sprintf("%s was in term %d, and took term %d from the message first (%s)",
		d.Node,
		taken.Args[1], taken.Args[0], raft.HigherTerm.ID)}}
}

func lastEntries(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	if d.Holds {
		return q.Because(q.Took(d.Peer, d.Args[1], at.Position))
	}
	return q.Because(q.Took(d.Node, d.Args[3], at.Position))
}

// whatItIsNow is how a server came to be no longer what an answer is for.
func whatItIsNow(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	if d.Holds {
		return nil
	}
	if d.Rule == raft.ReplyOfThisTerm && tell.NotCurrent(d) != "" && d.Args[3] == 0 {
		return q.Because(q.Last(at.Position, inquiry.Did[cluster.MembersChanged](d.Node)))
	}
	return q.Because(q.Last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Node && (cluster.Is[cluster.RoleChanged](e) || cluster.Is[cluster.TermChanged](e) ||
			cluster.Is[cluster.Restarted](e))
	}))
}

// votesCounted is the votes that a candidate had been given by then, each by the
// answer that it counted: not one of an earlier election, nor a second one.
func votesCounted(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	first := map[raft.ID]*cluster.Event{}
	q.Last(at.Position+1, func(e *cluster.Event) bool {
		if e.Node != d.Node {
			return false
		}
		if cluster.Is[cluster.Delivered](e) && tell.IsVoteReply(e.Body()) && !tell.SaysNo(e.Body()) &&
			!passedOver(q, e, raft.VotesOfThisElection) {
			first[e.Peer()] = e
		}
		return cluster.Is[cluster.ElectionTimeout](e) || cluster.Is[cluster.RoleChanged](e) &&
			cluster.As[cluster.RoleChanged](e).To != raft.Leader
	})
	return inOrder(q, first)
}

// passedOver tells whether an answer that arrived did not count, by one of some rules.
func passedOver(q *inquiry.Inquiry, e *cluster.Event, rules ...*raft.Rule) bool {
	for _, r := range rules {
		if q.Asked(e, r, false) != nil && len(q.After(e).BugsAgainst(r, e.Node)) == 0 {
			return true
		}
	}
	return false
}

// inOrder is events as causes, the earliest first.
func inOrder(q *inquiry.Inquiry, events map[raft.ID]*cluster.Event) []inquiry.Because {
	return q.Because(slices.SortedFunc(maps.Values(events),
		func(a, b *cluster.Event) int { return cmp.Compare(a.Position, b.Position) })...)
}

func noopSetting(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	if d.Holds {
		return selfElected(q, d, at)
	}
	return q.Setting("noop", at.Position)
}

func peerElected(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(q.Elected(d.Peer, at.Position))
}

func selfElected(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(q.Elected(d.Node, at.Position+8)) // it may just have been
}

func ownEntry(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(q.Took(d.Node, d.Args[0], at.Position))
}

func ownEntryThere(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	switch {
	case d.Holds:
		return nil
	case d.Args[2] != 0:
		return ownEntry(q, d, at)
	case d.Args[3] == 0:
		return []inquiry.Because{{Text: d.Node.String() + "'s log is empty"}}
	}
	return append([]inquiry.Because{{Text: fmt.Sprintf("%s's log ends at index %d", d.Node, d.Args[3])}},
		q.Because(q.Took(d.Node, d.Args[3], at.Position))...)
}

func leaderCommitted(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	if !d.Holds {
		return nil
	}
	return q.Because(q.Last(at.Position, func(e *cluster.Event) bool {
		return e.Node == d.Peer && cluster.As[cluster.Committed](e).Has(d.Args[0])
	}))
}

// confirmations is the answers by which a leader knows who holds an entry.
func confirmations(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	if !d.Holds {
		return nil
	}
	first := map[raft.ID]*cluster.Event{}
	voters := d.Halves[0].Of.Or(d.Halves[1].Of)
	if n := q.Before(at).State(d.Node); voters.Empty() && n != nil {
		voters = n.Configuration.AllVoters()
	}
	q.Last(at.Position+1, func(e *cluster.Event) bool {
		if e.Node != d.Node {
			return false
		}
		match, ok := confirmed(e)
		if ok && match >= d.Args[0] && voters.Has(e.Peer()) &&
			!passedOver(q, e, raft.ReplyOfThisTerm, raft.ReplyOfThisMember) {
			first[e.Peer()] = e
		}
		x, appended := e.What.(cluster.Appended)
		return cluster.Is[cluster.RoleChanged](e) || appended && x.First <= d.Args[0]
	})
	return inOrder(q, first)
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

func oldEntry(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return append(q.Because(q.Took(d.Node, d.Args[0], at.Position+1)), selfElected(q, d, at)...)
}

func transferBegun(q *inquiry.Inquiry, d *raft.Decision, at *cluster.Event) []inquiry.Because {
	return q.Because(q.Last(at.Position+1, inquiry.Did[cluster.TransferBegun](d.Node)))
}
