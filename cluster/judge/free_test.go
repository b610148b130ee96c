package judge_test

import (
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/judge"
	"raftlab/raft"
)

// liberty is what Figure 2 leaves free, or lets come late: a variant of the core that
// takes it. late is the rules that it may be late with.
type liberty struct {
	name      string
	variant   *variant
	setup     []string
	can       judge.Can
	snapshots bool // servers take snapshots, and are told to transfer leadership, too
	late      []*raft.Rule
}

// onlyOn drops the appends that are sent on other inputs than these.
func onlyOn(kinds ...raft.InputKind) *variant {
	return as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		for _, k := range kinds {
			if in.Kind == k {
				return
			}
		}
		if before.Role == raft.Leader { // taking office is another thing
			o.Send = without(o.Send, isAppend)
		}
	})
}

// lateCommit has a leader raise commitIndex when its next heartbeat is due.
var lateCommit = &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
	before := *s.State()
	if owed := s.memo["owed"]; owed > s.CommitIndex && s.memo["term"] == s.CurrentTerm && s.Role == raft.Leader && in.Kind == raft.OnHeartbeatTimeout {
		if err := s.Node.Step(raft.SetCommitIndex(owed), o); err != nil {
			return err
		}
	}
	err := s.Node.Step(in, o)
	if s.CommitIndex > before.CommitIndex && before.Role == raft.Leader && s.Role == raft.Leader && in.Kind != raft.OnHeartbeatTimeout {
		s.memo["owed"], s.memo["term"] = s.CommitIndex, s.CurrentTerm
		s.CommitIndex, s.LastApplied, o.Apply = before.CommitIndex, before.LastApplied, raft.Range{}
		sayCommit(o, s.CommitIndex)
	}
	return err
}}

// sayCommit has appends say this commitIndex.
func sayCommit(o *raft.Output, commit uint64) {
	for i, e := range o.Send {
		if m, is := e.Message.(*raft.AppendEntries); is {
			c := *m
			c.LeaderCommit = commit
			o.Send[i].Message = &c
		}
	}
}

// tellCommit sends every follower an append without entries that says commitIndex at once.
func tellCommit(s *server, before raft.State, in raft.Input, o *raft.Output) {
	if s.Role != raft.Leader || s.CommitIndex == before.CommitIndex {
		return
	}
	for id := range s.Configuration.Members().Without(s.ID).All() {
		prev := s.MatchIndex(id)
		t, _ := s.Log.Term(prev)
		o.Send = append(o.Send, raft.Envelope{From: s.ID, To: id, Message: &raft.AppendEntries{
			Term: s.CurrentTerm, LeaderID: s.ID, PrevLogIndex: prev, PrevLogTerm: t, LeaderCommit: s.CommitIndex, Round: s.Round}})
	}
}

// allAgain sends the whole log in each append.
func allAgain(s *server, before raft.State, in raft.Input, o *raft.Output) {
	for i, e := range o.Send {
		if m, is := e.Message.(*raft.AppendEntries); is && s.Log.LastIndex() > 0 {
			c := *m
			c.PrevLogIndex, c.PrevLogTerm, c.Entries = 0, 0, s.Log.Slice(1, s.Log.LastIndex())
			o.Send[i].Message = &c
		}
	}
}

// nextTooLow has a new leader begin with nextIndex at its last index.
var nextTooLow = as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
	if s.Role == raft.Leader && before.Role != raft.Leader && s.Log.LastIndex() > 0 {
		for id := range s.Peers {
			s.Peers[id].NextIndex = s.Log.LastIndex()
		}
	}
})

// giveUp has a leader, or a candidate, become a follower of its own will.
func giveUp(s *server, before raft.State, in raft.Input, o *raft.Output) {
	if s.Role != before.Role || in.Kind != raft.OnMessage || s.CommitIndex%3 != 1 {
		return
	}
	if s.Role == raft.Leader || s.Role == raft.Candidate {
		s.Role, s.Peers, s.Votes, s.Leader = raft.Follower, nil, raft.Set{}, 0
		o.Send = without(o.Send, isAppend)
	}
}

// liberties is what a program may do or leave.
var liberties = []liberty{
	{name: "commands wait for the heartbeat, and so does what a refusal asks for", variant: onlyOn(raft.OnHeartbeatTimeout)},
	{name: "commands are sent with the next heartbeat or reply", variant: onlyOn(raft.OnHeartbeatTimeout, raft.OnMessage)},
	{name: "one entry in each append", setup: []string{"max-entries", "1"}},
	{name: "the whole log in each append", variant: as(allAgain)},
	{name: "nextIndex begins at the last index", variant: nextTooLow},
	{name: "a commit is told at once", variant: as(tellCommit)},
	{name: "heartbeats more often", variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if s.Role == raft.Leader && in.Kind == raft.OnMessage && before.Role == raft.Leader {
			more := &raft.Output{}
			_ = s.Node.Step(raft.HeartbeatTimeout(), more)
			o.Send = append(o.Send, more.Send...)
		}
	})},
	{name: "the leader is noted as vote", variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
		if s.VotedFor == 0 && s.Leader != 0 {
			s.VotedFor, o.Save.State = s.Leader, true
		}
	})},
	{name: "a conflicting entry is cut when the append is refused", variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
		if t, have := s.Log.Term(m.PrevLogIndex); have && t != m.PrevLogTerm && m.Term == s.CurrentTerm && m.PrevLogIndex > s.CommitIndex && !accepted(o) {
			cut(s, m.PrevLogIndex-1, o)
		}
	})},
	{name: "a leader or a candidate gives up", variant: as(giveUp)},
	{name: "requests of an older term get no reply", variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if m := in.Envelope.Message; in.Kind == raft.OnMessage && m.MessageTerm() < before.CurrentTerm {
			o.Send = nil
		}
	})},
	{name: "a candidate asks again, and restarts its timer, whenever a client comes", variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if s.Role == raft.Candidate && in.Kind == raft.OnMessage {
			o.RestartElectionTimer = true
			for id := range s.Configuration.AllVoters().Without(s.ID).All() {
				o.Send = append(o.Send, raft.Envelope{From: s.ID, To: id, Message: &raft.RequestVote{Term: s.CurrentTerm, CandidateID: s.ID, LastLogIndex: s.Log.LastIndex(), LastLogTerm: s.Log.LastTerm()}})
			}
		}
	})},
	{name: "what is committed is applied a step later", variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if s.LastApplied > before.LastApplied && s.Snapshot == before.Snapshot {
			s.LastApplied, o.Apply = before.LastApplied, raft.Range{}
		}
	})},
	{name: "a leader raises commitIndex with its next heartbeat", late: one(raft.MajorityHolds), variant: lateCommit},
	{name: "a follower raises commitIndex with the next heartbeat", late: one(raft.FollowerCommit), variant: onAppend(func(s *server, before raft.State, m *raft.AppendEntries, o *raft.Output) {
		if len(m.Entries) > 0 {
			s.CommitIndex, s.LastApplied, o.Apply = before.CommitIndex, before.LastApplied, raft.Range{}
		}
	})},
	{name: "a higher term alone restarts the election timer", late: one(judge.ElectionTimer), variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		o.RestartElectionTimer = o.RestartElectionTimer || s.CurrentTerm > before.CurrentTerm
	})},
	{name: "a PreVote for the term in which the vote was given is granted", setup: []string{"prevote", "on"}, can: judge.Can{PreVote: true},
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			m, is := in.Envelope.Message.(*raft.PreVote)
			if is && in.Kind == raft.OnMessage && m.Term == s.CurrentTerm && s.VotedFor == in.Envelope.From && m.LastLogIndex == s.Log.LastIndex() && m.LastLogTerm == s.Log.LastTerm() {
				o.Send[0].Message = &raft.PreVoteReply{Term: m.Term, VoteGranted: true}
			}
		})},
	{name: "a majority of PreVotes is not used at once", late: one(raft.PreVoteFirst), setup: []string{"prevote", "on"}, can: judge.Can{PreVote: true},
		variant: &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
			if m, is := in.Envelope.Message.(*raft.PreVoteReply); is && in.Kind == raft.OnMessage && m.Term == s.CurrentTerm+1 && m.VoteGranted {
				if s.memo["answers"]++; s.memo["answers"]%2 == 1 {
					return nil
				}
			}
			return s.Node.Step(in, o)
		}}},
	{name: "no vote for a candidate of the term whose leader was heard", variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
		if granted(o) && before.VotedFor == 0 && before.Leader != 0 && before.CurrentTerm == s.CurrentTerm {
			s.VotedFor, o.RestartElectionTimer = 0, false
			o.Send[0].Message = &raft.RequestVoteReply{Term: s.CurrentTerm}
		}
	})},
	{name: "so does that of a server that may ask first and need not vote", late: one(judge.ElectionTimer), can: judge.Can{PreVote: true, Sticky: true},
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			o.RestartElectionTimer = o.RestartElectionTimer || s.CurrentTerm > before.CurrentTerm
		})},
	{name: "a success confirms what is committed here, however short the append is", snapshots: true, setup: every2,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			for i := range o.Send {
				switch m := o.Send[i].Message.(type) {
				case *raft.AppendEntriesReply:
					if c := *m; m.Success {
						c.MatchIndex = max(m.MatchIndex, before.CommitIndex)
						o.Send[i].Message = &c
					}
				case *raft.InstallSnapshotReply:
					if c := *m; in.Envelope.Message.MessageTerm() == s.CurrentTerm {
						c.MatchIndex = max(m.MatchIndex, before.CommitIndex)
						o.Send[i].Message = &c
					}
				}
			}
		})},
	{name: "a log that has the snapshot's last entry stays, and what it covers is applied from there", snapshots: true, setup: every2,
		variant: onSnapshot(func(s *server, before raft.State, o *raft.Output) {
			if t, have := before.Log.Term(s.Snapshot.Index); have && t == s.Snapshot.Term {
				s.Log, s.Snapshot = before.Log, before.Snapshot
				o.Restore, o.Apply = nil, raft.Range{First: before.LastApplied + 1, Last: s.LastApplied}
			}
		})},
	{name: "a leader whose log begins later says a commit from index 0 on", snapshots: true, setup: every2,
		variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if s.Role != raft.Leader || s.Log.FirstIndex() == 1 || in.Kind != raft.OnHeartbeatTimeout {
				return
			}
			for id := range s.Configuration.Members().Without(s.ID).All() {
				o.Send = append(o.Send, raft.Envelope{From: s.ID, To: id, Message: &raft.AppendEntries{
					Term: s.CurrentTerm, LeaderID: s.ID, Round: s.Round}})
			}
		})},
	{name: "a leader writes while it sends, and does not count itself before", can: judge.Can{ParallelWrite: true}, variant: &variant{
		save: func(s *server, o *raft.Output) raft.Stable {
			was := s.unsaved
			s.unsaved = s.Node.Stable()
			if s.Role == raft.Leader && s.memo["own"] == s.CurrentTerm && s.CommitIndex <= was.Log.LastIndex() {
				return was
			}
			s.memo["own"] = 0
			if s.Role == raft.Leader {
				s.memo["own"] = s.CurrentTerm
			}
			return s.unsaved
		}}},
}

// What Figure 2 leaves free is never told, and what may come late is told as late.
func TestLibertiesDoNotDepart(t *testing.T) {
	for i := range liberties {
		l := &liberties[i]
		lates := 0
		for bits := range uint(8) {
			p := &judged{votes: bits&1 == 0, match: bits&1 == 0, variant: l.variant, judge: judge.Judge{Can: l.can}}
			setup := append(on(bits>>1, [2]string{"noop", "off"}, [2]string{"back-off", "linear"}), l.setup...)
			c := campaign{may: func(d *judge.Departure) bool {
				for _, r := range l.late {
					if d.Kind == judge.Late && d.Rule == r {
						lates++
						return true
					}
				}
				return false
			}}
			who := everyone(3)
			c.runs(t, l.name, p, many(600), func(seed uint64) (*cluster.World, error) {
				return mixture(p, 3+int(bits>>1&1), seed, who, setup...)
			}, wanderer{judged: who, beyond: l.snapshots})
		}
		if len(l.late) > 0 && lates == 0 {
			t.Errorf("%s: it was never late", l.name)
		}
	}
}

// A server that heard the leader of its term, and gave no vote in it, may refuse the
// term's other candidates; in a term of which it heard no leader it may not.
func TestNoVoteBesideALeader(t *testing.T) {
	for _, heard := range []bool{true, false} {
		var rules []string
		p := &judged{variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if s.ID == 5 && granted(o) {
				s.VotedFor, o.RestartElectionTimer = 0, false
				o.Send[0].Message = &raft.RequestVoteReply{Term: s.CurrentTerm}
			}
		}), told: func(_ *server, _ raft.Input, _ *judge.Report, found []judge.Departure) {
			for i := range found {
				rules = append(rules, found[i].Rule.ID)
			}
		}}
		w, err := mixture(p, 5, 1, everyone(5))
		if err != nil {
			t.Fatal(err)
		}
		s := scene{t, w}
		s.do(cluster.Timeout{Node: 2})
		s.elect(1, 3)
		s.deliver("RequestVote", 1, 4)
		s.deliver("RequestVoteReply", 4, 1)
		if heard {
			s.deliver("AppendEntries", 1, 5)
		}
		s.deliver("RequestVote", 2, 5)
		if got := slices.Contains(rules, raft.CandidateUpToDate.ID); got == heard {
			t.Errorf("it heard the leader: %t; told: %v", heard, rules)
		}
	}
}

// A refusal that comes of the vote of an earlier term says so, and any other does not.
func TestTheOldVoteIsTold(t *testing.T) {
	for _, old := range []raft.ID{0, 1} {
		var told []judge.Departure
		p := &judged{variant: as(func(s *server, before raft.State, in raft.Input, o *raft.Output) {
			if s.ID == 2 && granted(o) && s.CurrentTerm == 2 {
				s.VotedFor, o.RestartElectionTimer = old, false
				o.Send[0].Message = &raft.RequestVoteReply{Term: s.CurrentTerm}
			}
		}), told: func(_ *server, _ raft.Input, _ *judge.Report, found []judge.Departure) { told = append(told, found...) }}
		w, err := mixture(p, 3, 1, everyone(3))
		if err != nil {
			t.Fatal(err)
		}
		s := scene{t, w}
		s.elect(1, 2)
		s.do(cluster.Timeout{Node: 3}, cluster.Timeout{Node: 3})
		s.do(cluster.Deliver{ID: w.LastSent()}) // S3's last request, to S2
		if len(told) != 1 || told[0].Rule != raft.CandidateUpToDate {
			t.Fatalf("%+v", told)
		}
		if strings.HasSuffix(told[0].Did, ", and its votedFor is still S1") != (old == 1) {
			t.Errorf("%s, %v", told[0].Did, told[0].Compared)
		}
	}
}

// A refusal that comes of a higher term not taken says so, of a vote and of an append.
func TestTheTermNotTakenIsTold(t *testing.T) {
	for _, request := range []string{"RequestVote", "AppendEntries"} {
		var told []judge.Departure
		p := &judged{variant: &variant{step: func(s *server, in raft.Input, o *raft.Output) error {
			m := in.Envelope.Message
			if s.ID != 2 || in.Kind != raft.OnMessage || m.Type() != request || m.MessageTerm() <= s.CurrentTerm {
				return s.Node.Step(in, o)
			}
			var reply raft.Message = &raft.RequestVoteReply{Term: s.CurrentTerm}
			if request == "AppendEntries" {
				reply = &raft.AppendEntriesReply{Term: s.CurrentTerm}
			}
			o.Send = append(o.Send, raft.Envelope{From: s.ID, To: in.Envelope.From, Message: reply})
			return nil
		}}, told: func(_ *server, _ raft.Input, _ *judge.Report, found []judge.Departure) { told = append(told, found...) }}
		w, err := mixture(p, 3, 1, everyone(3))
		if err != nil {
			t.Fatal(err)
		}
		s := scene{t, w}
		if request == "RequestVote" {
			s.do(cluster.Timeout{Node: 1})
		} else {
			s.elect(1, 3)
		}
		s.deliver(request, 1, 2)
		if len(told) == 0 || !strings.HasSuffix(told[0].Did, ", and its currentTerm is still 0") {
			t.Fatalf("%s: %+v", request, told)
		}
		last := told[0].Compared[len(told[0].Compared)-2:]
		if last[0] != (judge.Compared{What: "the request's term", Value: "1"}) || last[1].Value != "0" {
			t.Errorf("%s: %v", request, last)
		}
	}
}
