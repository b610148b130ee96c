package cause

import (
	"cmp"
	"maps"
	"slices"

	"raftlab/cluster/event"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// reason finds the events that made the numbers of a decision so, where more can be
// said of them than the event itself does. d was decided at the event at.
type reason func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because

// reasons is how they are found, by rule.
var reasons = map[*raft.Rule]reason{
	raft.HigherTerm:             entered(peer, 0),
	raft.StaleTerm:              entered(self, 1),
	raft.VoteOnce:               last(gaveVoteAway),
	raft.CandidateUpToDate:      either(took(peer, 1), took(self, 3)),
	raft.VotesOfThisElection:    either(nil, whatItIsNow),
	raft.Majority:               votesCounted,
	raft.NoOpFirst:              either(elected(self, 8), noopSet),
	raft.AppendFromLeader:       elected(peer, 0),
	raft.PrevLogMatches:         either(nil, ownEntryThere),
	raft.DeleteConflict:         took(self, 0),
	raft.FollowerCommit:         either(leaderCommitted, nil),
	raft.ReplyOfThisTerm:        either(nil, whatItIsNow),
	raft.ReplyOfThisMember:      last(tookMembers),
	raft.MajorityHolds:          either(confirmations, nil),
	raft.CurrentTermOnly:        oldEntry,
	raft.NeedSnapshot:           either(last(compacted), nil),
	raft.OneChangeAtATime:       last(tookMembers),
	raft.OwnTermFirst:           elected(self, 8),
	raft.JointThenNew:           last(tookMembers),
	raft.RemovedLeaderStepsDown: last(tookMembers),
	raft.TransferUpToDate:       transferBegun,
	raft.TransferFirst:          transferBegun,
	raft.TransferElection:       termTaken,
	raft.ReadFromLeader:         either(nil, whatItIsNow),
	raft.ReadAfterOwnTerm:       elected(self, 8),
	raft.LeaseHeld:              last(leased),
	raft.Stickiness:             either(last(heard), nil),
	raft.CheckQuorumRule:        last(answered),
}

// self and peer are the two servers of a decision, to one of which each of its numbers belongs.
func self(d *raft.Decision) raft.ID { return d.Node }
func peer(d *raft.Decision) raft.ID { return d.Peer }

// last is the last event at the server that decided, before it did, of a kind.
func last(is func(d *raft.Decision, e *event.Event) bool) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
		return q.Because(q.LastAt(d.Node, at.Position, func(e *event.Event) bool { return is(d, e) }))
	}
}

// either is one reason for a decision that held, and another for one that did not; nil is none.
func either(held, not reason) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
		find := not
		if d.Holds {
			find = held
		}
		if find == nil {
			return nil
		}
		return find(q, d, at)
	}
}

// entered is when a server came to the term that a number is.
func entered(who func(*raft.Decision) raft.ID, number int) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
		return q.Because(q.LastAt(who(d), at.Position, func(e *event.Event) bool {
			return e.What == event.What(event.TermChanged{Term: d.Args[number]}) ||
				event.Is[event.Given](e) && event.As[event.Given](e).Term == d.Args[number]
		}))
	}
}

// took is how a server came to hold the entry whose index a number is.
func took(who func(*raft.Decision) raft.ID, number int) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
		return q.Because(q.Took(who(d), d.Args[number], at.Position))
	}
}

// elected is how a server came to lead, up to so many events later, since that may just have been.
func elected(who func(*raft.Decision) raft.ID, later uint64) reason {
	return func(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
		return q.Because(q.Elected(who(d), at.Position+later))
	}
}

func gaveVoteAway(d *raft.Decision, e *event.Event) bool {
	return d.Args[0] > 0 && event.As[event.Voted](e).For == raft.ID(d.Args[0])
}

func tookMembers(d *raft.Decision, e *event.Event) bool {
	x, ok := e.What.(event.MembersChanged)
	return ok && x.Index == d.Args[0]
}

func compacted(_ *raft.Decision, e *event.Event) bool {
	return event.Is[event.SnapshotTaken](e) || event.Is[event.SnapshotLoaded](e) || event.Is[event.Given](e)
}

func leased(_ *raft.Decision, e *event.Event) bool {
	return event.Is[event.LeaseBegun](e) || event.Is[event.LeaseEnded](e)
}

// heard is the last word of a leader, or that the server led itself.
func heard(_ *raft.Decision, e *event.Event) bool {
	return inquiry.HeardFrom(e) != 0 || inquiry.Wins(e) || event.Is[event.Restarted](e)
}

// answered is the last answer that a leader got.
func answered(_ *raft.Decision, e *event.Event) bool {
	return event.Is[event.Delivered](e) && raft.IsReply(e.Body()) || event.Is[event.RoleChanged](e)
}

// termTaken is for a server that took a message's term first, and then went on
// from it: its own term before is in no other number of the answer.
func termTaken(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	taken := q.Asked(at, raft.HigherTerm, true)
	if taken == nil || taken.Node != d.Node {
		return nil
	}
	return inquiry.Fact("%s was in term %d, and took term %d from the message first (%s)", d.Node, taken.Args[1],
		taken.Args[0], raft.HigherTerm.ID)
}

// whatItIsNow is how a server came to be no longer what an answer is for.
func whatItIsNow(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	if d.Rule == raft.ReplyOfThisTerm && d.Instead() != "" && d.Args[3] == 0 {
		return q.Because(q.LastAt(d.Node, at.Position, event.Is[event.MembersChanged]))
	}
	return q.Because(q.LastAt(d.Node, at.Position, event.Is[event.RoleChanged], event.Is[event.TermChanged],
		event.Is[event.Restarted]))
}

// votesCounted is the votes that a candidate had been given by then, each by the
// answer that it counted: not one of an earlier election, nor a second one.
func votesCounted(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	return answersCounted(q, d, at, func(e *event.Event) bool {
		return event.Is[event.Delivered](e) && tell.IsVoteReply(e.Body()) && !tell.SaysNo(e.Body()) &&
			!passedOver(q, e, raft.VotesOfThisElection)
	}, func(e *event.Event) bool {
		return event.Is[event.ElectionTimeout](e) || event.Is[event.RoleChanged](e) && !inquiry.Wins(e)
	})
}

// answersCounted is the first answer of each server that counts for the server that
// decided, since what began the counting; the earliest first.
func answersCounted(q *inquiry.Inquiry, d *raft.Decision, at *event.Event,
	counts, begins func(*event.Event) bool) []inquiry.Because {
	first := map[raft.ID]*event.Event{}
	q.LastAt(d.Node, at.Position+1, func(e *event.Event) bool {
		if counts(e) {
			first[e.Peer()] = e
		}
		return begins(e)
	})
	return q.Because(slices.SortedFunc(maps.Values(first),
		func(a, b *event.Event) int { return cmp.Compare(a.Position, b.Position) })...)
}

// passedOver tells whether an answer that arrived did not count, by one of some rules.
func passedOver(q *inquiry.Inquiry, e *event.Event, rules ...*raft.Rule) bool {
	return slices.ContainsFunc(rules, func(r *raft.Rule) bool {
		return q.Asked(e, r, false) != nil && len(q.After(e).BugsAgainst(r, e.Node)) == 0
	})
}

func noopSet(q *inquiry.Inquiry, _ *raft.Decision, at *event.Event) []inquiry.Because {
	return q.Because(q.Setting("noop", at.Position))
}

func ownEntryThere(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	switch {
	case d.Args[2] != 0:
		return took(self, 0)(q, d, at)
	case d.Args[3] == 0:
		return inquiry.Fact("%s's log is empty", d.Node)
	}
	return append(inquiry.Fact("%s's log ends at index %d", d.Node, d.Args[3]), took(self, 3)(q, d, at)...)
}

func leaderCommitted(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	return q.Because(q.LastAt(d.Peer, at.Position, func(e *event.Event) bool {
		return event.As[event.Committed](e).Has(d.Args[0])
	}))
}

// confirmations is the answers by which a leader knows who holds an entry.
func confirmations(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	voters := d.Halves[0].Of.Or(d.Halves[1].Of)
	if n := q.Before(at).State(d.Node); voters.Empty() && n != nil {
		voters = n.Configuration.AllVoters()
	}
	return answersCounted(q, d, at, func(e *event.Event) bool {
		match, ok := confirmed(e)
		return ok && match >= d.Args[0] && voters.Has(e.Peer()) &&
			!passedOver(q, e, raft.ReplyOfThisTerm, raft.ReplyOfThisMember)
	}, func(e *event.Event) bool {
		x, appended := e.What.(event.Appended)
		return event.Is[event.RoleChanged](e) || appended && x.First <= d.Args[0]
	})
}

// confirmed is up to where a message that arrives says that its sender's log
// agrees.
func confirmed(e *event.Event) (match uint64, ok bool) {
	if !event.Is[event.Delivered](e) {
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

func oldEntry(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	return q.Because(q.Took(d.Node, d.Args[0], at.Position+1), q.Elected(d.Node, at.Position+8))
}

func transferBegun(q *inquiry.Inquiry, d *raft.Decision, at *event.Event) []inquiry.Because {
	return q.Because(q.LastAt(d.Node, at.Position+1, event.Is[event.TransferBegun]))
}
