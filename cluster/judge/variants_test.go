package judge_test

import (
	"slices"
	"testing"

	"raftlab/cluster/judge"
	"raftlab/raft"
)

// as is a variant that lets the core do the step, and then changes what came of it.
func as(then func(s *server, before raft.State, in raft.Input, o *raft.Output)) *variant {
	return &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
		before := *s.State()
		before.Peers = slices.Clone(before.Peers)
		err := s.Node.Step(in, o)
		if err == nil {
			then(s, before, in, o)
		}
		return err
	}}
}

// onAppend is as, for an AppendEntries that arrived.
func onAppend(then func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output)) *variant {
	return as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if m, is := in.Envelope.Message.(*raft.AppendEntries); is && in.Kind == raft.OnMessage {
			then(s, before, m, o)
		}
	})
}

// accepted tells whether it replies success.
func accepted(o *raft.Output) bool {
	for _, e := range o.Send {
		if r, is := e.Message.(*raft.AppendEntriesReply); is {
			return r.Success
		}
	}
	return false
}

// granted tells whether it votes for another server.
func granted(o *raft.Output) bool {
	for _, e := range o.Send {
		if r, is := e.Message.(*raft.RequestVoteReply); is {
			return r.VoteGranted
		}
	}
	return false
}

// without is what is sent, less some of it.
func without(send []raft.Envelope, drop func(e *raft.Envelope) bool) []raft.Envelope {
	return slices.DeleteFunc(send, func(e raft.Envelope) bool { return drop(&e) })
}

// isAppend tells whether a message is an AppendEntries.
func isAppend(e *raft.Envelope) bool { _, is := e.Message.(*raft.AppendEntries); return is }

// asked is a variant that gives the core another message in a request's place.
func asked(change func(s *raft.State, m raft.Message) raft.Message) *variant {
	return &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
		if in.Kind == raft.OnMessage {
			if m := change(s.State(), in.Envelope.Message); m != nil {
				in.Envelope.Message = m
			}
		}
		return s.Node.Step(in, o)
	}}
}

// cut has a log end earlier, on the disk too.
func cut(s *server, after uint64, o *raft.Output) {
	s.Log.TruncateAfter(after)
	o.Save.LogFrom = after + 1
}

// common is the mistakes that students' programs show most often, and some more, so
// that each rule that a departure may name is broken by one.
var common = []mistake{
	{name: "step-down-clears-vote", says: "a candidate that gives way to the leader of its term forgets its vote", rules: one(raft.VoteOnce),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if before.Role == raft.Candidate && s.Role == raft.Follower && before.CurrentTerm == s.CurrentTerm {
				s.VotedFor, o.Save.State = 0, true
			}
		})},
	{name: "vote-keeps-timer", says: "granting a vote does not restart the election timer", rules: one(judge.ElectionTimer),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			o.RestartElectionTimer = o.RestartElectionTimer && (!granted(o) || before.Role == raft.Leader)
		})},
	{name: "deposed-without-timer", says: "a leader that steps down has no election timer", unseen: "raftlab starts that timer itself",
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if before.Role == raft.Leader && s.Role == raft.Follower && !granted(o) && !accepted(o) {
				o.RestartElectionTimer = false
			}
		})},
	{name: "refused-append-keeps-timer", says: "an append that fails the consistency check does not restart the timer", rules: one(judge.ElectionTimer),
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			o.RestartElectionTimer = o.RestartElectionTimer && (accepted(o) || before.Role == raft.Leader)
		})},
	{name: "old-append-restarts-timer", says: "an append of an old leader restarts the timer", rules: one(judge.ElectionTimer), some: "a candidate's timer is its own affair",
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			o.RestartElectionTimer = o.RestartElectionTimer || before.Role != raft.Leader
		})},
	{name: "candidate-ignores-append", says: "a candidate does not follow the leader of its own term", rules: one(raft.AppendFromLeader),
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if before.Role == raft.Candidate && before.CurrentTerm == s.CurrentTerm {
				s.Role, s.Votes, s.Leader = raft.Candidate, before.Votes, 0
			}
		}), some: "an append of an older term is none of its leader's"},
	{name: "tail-kept", says: "after a conflict only the conflicting entry is replaced", rules: one(raft.DeleteConflict), once: true,
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			for i := s.Log.LastIndex() + 1; accepted(o) && i <= before.Log.LastIndex(); i++ {
				s.Log.Append(before.Log.Entry(i))
			}
		})},
	{name: "heartbeat-never-commits", says: "an append without entries does not raise commitIndex", rules: one(raft.FollowerCommit),
		some: "once for each index",
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if len(m.Entries) == 0 {
				s.CommitIndex, s.LastApplied, o.Apply = before.CommitIndex, before.LastApplied, raft.Range{}
			}
		})},
	{name: "replies-before-saving", says: "a vote or a success is sent, and saved after that", rules: one(judge.StableFirst),
		some: "what is sent does not always rest on it, and a reply in the next step finds it saved",
		variant: &variant{save: func(s *server, o *raft.Output) raft.Stable {
			was := s.unsaved
			s.unsaved = s.Node.Stable()
			return was
		}}},
	{name: "vote-saved-last", says: "the vote is saved in a write of its own, after the reply", rules: one(judge.StableFirst), some: "while the disk lacks it, it is told once",
		variant: &variant{save: func(s *server, o *raft.Output) raft.Stable {
			d := s.Node.Stable()
			if d.CurrentTerm > s.disk.CurrentTerm {
				d.VotedFor = 0
			}
			return d
		}}},
	{name: "two-writes", says: "term and vote are saved one after the other", unseen: "a crash between two writes of one step is no step of the protocol", variant: &variant{}},
	{name: "never-saves-log", says: "the log is not saved", rules: one(judge.StableFirst), some: "told when something first rests on it",
		variant: &variant{save: func(s *server, o *raft.Output) raft.Stable {
			d := s.Node.Stable()
			d.Log = raft.Log{}
			return d
		}}},
	{name: "refusal-as-match", says: "the index in a refusal is taken for a match", rules: one(raft.ReplyOfThisTerm, raft.MajorityHolds),
		some: "no harm is in a match that is committed already", telling: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if m, is := in.Envelope.Message.(*raft.AppendEntriesReply); is && !m.Success && m.Term == s.CurrentTerm && s.Role == raft.Leader {
				p := &s.Peers[in.Envelope.From]
				p.MatchIndex = max(p.MatchIndex, m.PrevLogIndex)
			}
		})},
	{name: "next-below-match", says: "a late refusal takes nextIndex below matchIndex, to 0", rules: one(raft.SendMissing),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			m, is := in.Envelope.Message.(*raft.AppendEntriesReply)
			if is && !m.Success && m.Term == s.CurrentTerm && s.Role == raft.Leader && m.PrevLogIndex <= 1 {
				o.Send = append(o.Send, raft.Envelope{From: s.ID, To: in.Envelope.From, Message: &raft.AppendEntries{Term: s.CurrentTerm, LeaderID: s.ID, PrevLogIndex: ^uint64(0)}})
			}
		})},
	{name: "next-off-by-one", says: "nextIndex begins at the last index, not after it", unseen: "it costs an entry more in a message, and nextIndex is free",
		variant: nextTooLow},
	{name: "applies-out-of-order", says: "entries that a snapshot covers are applied again", rules: one(raft.ApplyCommitted), once: true, snapshots: true, setup: []string{"snapshot-every", "2"},
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if o.Restore != nil && before.LastApplied < s.LastApplied-1 {
				s.LastApplied--
			}
		})},
	{name: "snapshot-passed-over", says: "a server replies to a snapshot, and does not take it", rules: one(judge.StoreSnapshot), snapshots: true, setup: every2, once: true,
		variant: onSnapshot(func(s *server, before raft.State, o *raft.Output) {
			restore(s, before)
			o.Restore, o.Save.Snapshot = nil, false
		})},
	{name: "snapshot-data-changed", says: "the data of a leader's snapshot is not what is stored", rules: one(judge.StoreSnapshot), snapshots: true, setup: every2, once: true,
		variant: onSnapshot(func(s *server, before raft.State, o *raft.Output) { s.Snapshot = spoilt(s.Snapshot, 0) })},
	{name: "snapshot-not-saved", says: "a snapshot is in memory only", rules: one(judge.StableFirst), snapshots: true, setup: every2, once: true, some: "a disk that has the entries has all",
		variant: &variant{save: func(s *server, o *raft.Output) raft.Stable {
			if o.Restore != nil {
				return s.disk
			}
			return s.Node.Stable()
		}}},
	{name: "snapshot-keeps-conflict", says: "a snapshot keeps a log that does not hold its last entry", rules: one(raft.SnapshotKeepsSuffix, raft.AppendCommand), snapshots: true, setup: every2, once: true,
		variant: onSnapshot(func(s *server, before raft.State, o *raft.Output) {
			for i := s.Snapshot.Index + 1; s.Log.LastIndex() == s.Snapshot.Index && i <= before.Log.LastIndex(); i++ {
				s.Log.Append(before.Log.Entry(i))
			}
		})},
	{name: "snapshot-goes-back", says: "an old snapshot is put in place of a newer one", rules: one(raft.SnapshotIsNewer), snapshots: true, setup: every2, once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if m, is := in.Envelope.Message.(*raft.InstallSnapshot); is && in.Kind == raft.OnMessage && s.Snapshot != nil && m.Snapshot.Index < s.Snapshot.Index {
				s.Snapshot = m.Snapshot
			}
		})},
	{name: "snapshot-of-wrong-term", says: "a snapshot says the present term, not that of its last entry", rules: one(judge.StoreSnapshot), snapshots: true, setup: every2, once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if in.Kind == raft.OnSnapshot && s.Snapshot.Term != s.CurrentTerm {
				s.Snapshot = spoilt(s.Snapshot, s.CurrentTerm)
			}
		})},
	{name: "snapshot-of-unapplied", says: "a server covers its whole log, committed or not", rules: one(raft.SnapshotOfApplied, raft.ApplyCommitted), snapshots: true, setup: every2, once: true,
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if last := s.Log.LastIndex(); last > s.LastApplied && accepted(o) {
				s.Snapshot = &raft.Snapshot{Index: last, Term: s.Log.LastTerm(), Configuration: *s.Configuration}
			}
		})},
	{name: "snapshot-sent-is-old-state", says: "a leader sends other data than its snapshot's", rules: one(raft.NeedSnapshot), snapshots: true, setup: every2, once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			for i := range o.Send {
				if m, is := o.Send[i].Message.(*raft.InstallSnapshot); is {
					c := *m
					c.Snapshot = spoilt(m.Snapshot, 0)
					o.Send[i].Message = &c
				}
			}
		})},
	{name: "old-prevotes-counted", says: "a yes to an earlier round of PreVotes is counted", rules: one(raft.PreVoteFirst), can: judge.Can{PreVote: true}, setup: []string{"prevote", "on"}, once: true,
		some: "two voters that say yes are one majority as well",
		variant: asked(func(s *raft.State, m raft.Message) raft.Message {
			if r, is := m.(*raft.PreVoteReply); is && r.VoteGranted && r.Term <= s.CurrentTerm && s.Role == raft.PreCandidate {
				c := *r
				c.Term = s.CurrentTerm + 1
				return &c
			}
			return nil
		})},
	{name: "leader-would-vote", says: "a leader says that it would vote for another server", rules: one(raft.Stickiness), can: judge.Can{PreVote: true}, setup: []string{"prevote", "on"}, once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			for i := range o.Send {
				if m, is := o.Send[i].Message.(*raft.PreVoteReply); is && s.Role == raft.Leader && !m.VoteGranted && m.Term < in.Envelope.Message.MessageTerm() {
					c := *m
					c.VoteGranted = true
					o.Send[i].Message = &c
				}
			}
		})},
	{name: "old-vote-kept", says: "a server that takes a higher term keeps its vote of the term before", rules: one(raft.CandidateUpToDate),
		some: "a vote for the same candidate again",
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if s.CurrentTerm == before.CurrentTerm || in.Kind != raft.OnMessage || before.VotedFor == 0 {
				return
			}
			if granted(o) && before.VotedFor != in.Envelope.From {
				o.RestartElectionTimer = before.Role == raft.Leader
				o.Send = []raft.Envelope{{From: s.ID, To: in.Envelope.From, Message: &raft.RequestVoteReply{Term: s.CurrentTerm}}}
			}
			s.VotedFor = before.VotedFor
		})},
	{name: "equal-term-as-lower", says: "a request of the own term is refused as an old one", rules: one(raft.CandidateUpToDate, raft.PrevLogMatches, judge.ElectionTimer, raft.AppendFromLeader),
		some: "one that the server refuses anyway",
		variant: &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
			switch m := in.Envelope.Message.(type) {
			case *raft.RequestVote:
				if in.Kind == raft.OnMessage && m.Term == s.CurrentTerm {
					o.Send = append(o.Send, raft.Envelope{From: s.ID, To: in.Envelope.From, Message: &raft.RequestVoteReply{Term: m.Term}})
					return nil
				}
			case *raft.AppendEntries:
				if in.Kind == raft.OnMessage && m.Term == s.CurrentTerm {
					o.Send = append(o.Send, raft.Envelope{From: s.ID, To: in.Envelope.From, Message: &raft.AppendEntriesReply{Term: m.Term, PrevLogIndex: m.PrevLogIndex}})
					return nil
				}
			}
			return s.Node.Step(in, o)
		}}},
	{name: "lower-term-as-equal", says: "a request of an older term is taken as one of the own", rules: one(raft.StaleTerm, raft.AppendFromLeader),
		some: "one that the server refuses anyway",
		variant: asked(func(s *raft.State, m raft.Message) raft.Message {
			if r, is := m.(*raft.RequestVote); is && r.Term < s.CurrentTerm {
				c := *r
				c.Term = s.CurrentTerm
				return &c
			}
			return nil
		})},
	{name: "old-append-taken", says: "an append of an older term is taken as one of the own", rules: one(raft.StaleTerm, judge.ElectionTimer), once: true,
		some: "a candidate may give up at any time",
		variant: asked(func(s *raft.State, m raft.Message) raft.Message {
			if r, is := m.(*raft.AppendEntries); is && r.Term < s.CurrentTerm && s.Role != raft.Leader {
				c := *r
				c.Term = s.CurrentTerm
				return &c
			}
			return nil
		})},
	{name: "refusal-unsaid", says: "a request that is refused gets no reply", rules: one(judge.AnswerRequests), some: "to one of an older term, no reply is as good as a lost one",
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			o.Send = without(o.Send, func(e *raft.Envelope) bool {
				v, isVote := e.Message.(*raft.RequestVoteReply)
				a, isAppend := e.Message.(*raft.AppendEntriesReply)
				return isVote && !v.VoteGranted || isAppend && !a.Success
			})
		})},
	{name: "any-term-taken", says: "the term of each reply is taken, a lower one too", rules: one(judge.Monotony), once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if m, is := in.Envelope.Message.(*raft.AppendEntriesReply); is && in.Kind == raft.OnMessage && m.Term < s.CurrentTerm {
				s.CurrentTerm = m.Term
			}
		})},
	{name: "commit-goes-back", says: "a follower takes leaderCommit even where it is lower", rules: one(judge.Monotony),
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if accepted(o) && m.LeaderCommit < s.CommitIndex {
				s.CommitIndex = m.LeaderCommit
			}
		})},
	{name: "no-vote-for-itself", says: "a candidate does not vote for itself", rules: one(raft.ElectionTimeoutRule),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if in.Kind == raft.OnElectionTimeout {
				s.VotedFor = 0
			}
		})},
	{name: "term-up-by-two", says: "an election skips a term", rules: one(raft.ElectionTimeoutRule),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if in.Kind == raft.OnElectionTimeout {
				s.CurrentTerm++
			}
		})},
	{name: "asks-one-server", says: "a candidate asks only the first other server", rules: one(raft.ElectionTimeoutRule),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if in.Kind == raft.OnElectionTimeout && len(o.Send) > 1 {
				o.Send = o.Send[:1]
			}
		})},
	{name: "length-for-last-index", says: "lastLogIndex is one too low", rules: one(raft.ElectionTimeoutRule),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			for i, e := range o.Send {
				if m, is := e.Message.(*raft.RequestVote); is && m.LastLogIndex > 0 {
					c := *m
					c.LastLogIndex--
					o.Send[i].Message = &c
				}
			}
		})},
	{name: "follower-takes-command", says: "a follower appends a client's command", rules: one(raft.AppendCommand), once: true,
		variant: &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
			if in.Kind == raft.OnProposal && s.Role == raft.Follower && s.CurrentTerm > 0 {
				s.Log.Append(raft.Entry{Term: s.CurrentTerm, Data: in.Data})
				o.Index, o.Term, o.Save.LogFrom = s.Log.LastIndex(), s.CurrentTerm, s.Log.LastIndex()
				return nil
			}
			return s.Node.Step(in, o)
		}}},
	{name: "command-twice", says: "a leader appends a command twice", rules: one(raft.AppendCommand), once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if in.Kind == raft.OnProposal {
				s.Log.Append(raft.Entry{Term: s.CurrentTerm, Kind: in.Entry, Data: in.Data})
			}
		})},
	{name: "leader-rewrites", says: "a new leader puts its own term on its last entry", rules: one(judge.LeaderAppendOnly), once: true,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if last := s.Log.LastIndex(); s.Role == raft.Leader && before.Role != raft.Leader && last > 0 && s.Log.LastTerm() < s.CurrentTerm {
				e := s.Log.Entry(last)
				e.Term = s.CurrentTerm
				cut(s, last-1, o)
				s.Log.Append(e)
				o.Send = nil
			}
		})},
	{name: "last-entry-lost", says: "the last entry of an append is not stored", rules: one(raft.AppendNew), once: true,
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if accepted(o) && s.Log.LastIndex() > before.Log.LastIndex() && s.Log.LastIndex() > s.CommitIndex {
				cut(s, s.Log.LastIndex()-1, o)
			}
		})},
	{name: "unchecked-append", says: "entries are stored whatever stands before them", rules: one(raft.PrevLogMatches), once: true,
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if !accepted(o) && m.Term == s.CurrentTerm && len(m.Entries) > 0 {
				for _, e := range m.Entries {
					s.Log.Append(e)
				}
			}
		})},
	{name: "applies-first", says: "an entry is applied when it is stored", rules: one(raft.ApplyCommitted), once: true,
		variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
			if accepted(o) && s.Log.LastIndex() > s.CommitIndex {
				s.LastApplied = s.Log.LastIndex()
			}
		})},
	{name: "silent-to-one", says: "a leader forgets the last server in its list", rules: one(raft.SendMissing), some: "outside heartbeats it need not send",
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			o.Send = without(o.Send, func(e *raft.Envelope) bool { return isAppend(e) && e.To == 3 })
		})},
	{name: "commit-told-too-soon", says: "leaderCommit is the end of the leader's log", rules: one(raft.SendMissing),
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			sayCommit(o, s.Log.LastIndex())
		})},
	{name: "starts-empty", says: "a server that starts does not look at its disk", rules: one(judge.RestartFromDisk), some: "an empty disk is no other than none", once: true,
		variant: &variant{start: func(s raft.State) raft.State {
			return raft.State{ID: s.ID}
		}}},
}

var every2 = []string{"snapshot-every", "2"}

// onSnapshot is as, for an InstallSnapshot that the core took.
func onSnapshot(then func(s *server, before raft.State, o *raft.Output)) *variant {
	return as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if o.Restore != nil {
			then(s, before, o)
		}
	})
}

// restore has a server be as it was before.
func restore(s *server, before raft.State) {
	s.Log, s.Snapshot, s.CommitIndex, s.LastApplied = before.Log, before.Snapshot, before.CommitIndex, before.LastApplied
}

// spoilt is a snapshot with other data, or of another term.
func spoilt(c *raft.Snapshot, term uint64) *raft.Snapshot {
	other := *c
	if other.Data += "?"; term > 0 {
		other.Data, other.Term = c.Data, term
	}
	return &other
}

// Each of the mistakes that are made most often is told at its step, under its rule.
func TestCommonMistakesDepart(t *testing.T) { tried(t, common) }

// Every rule that a departure may name is broken by one of the mistakes.
func TestEveryRuleIsBroken(t *testing.T) {
	broken := map[*raft.Rule]bool{}
	for _, m := range append(slices.Clone(mutants), common...) {
		for _, r := range m.rules {
			broken[r] = true
		}
	}
	for _, r := range judge.Rules() {
		if !broken[r] {
			t.Errorf("no mistake breaks %s", r.ID)
		}
	}
}
