package judge_test

import (
	"math/rand/v2"
	"testing"

	"raftlab/cluster/judge"
	"raftlab/raft"
)

// nonsense is a report of anything.
type nonsense struct{ *rand.Rand }

func (r nonsense) number() uint64 {
	if r.IntN(40) == 0 {
		return 1<<53 - 1 - uint64(r.IntN(3)) // the largest number of the protocol
	}
	return uint64(r.IntN(5))
}

func (r nonsense) log() (l raft.Log) {
	if r.IntN(4) == 0 {
		l.CompactTo(uint64(r.IntN(4)), r.number())
	}
	for range r.IntN(5) {
		l.Append(raft.Entry{Term: r.number(), Kind: raft.Kind(r.IntN(4)), Data: []string{"x=1", "S1 S2", "S9 old"}[r.IntN(3)]})
	}
	return l
}

func (r nonsense) state() raft.State {
	s := raft.State{ID: 1, CurrentTerm: r.number(), VotedFor: raft.ID(r.IntN(4)), Log: r.log(), CommitIndex: r.number(), LastApplied: r.number(),
		Role: raft.Role(r.IntN(4)), Leader: raft.ID(r.IntN(4)), Votes: raft.SetOf(raft.ID(r.IntN(5)), raft.ID(r.IntN(5)))}
	if first := s.Log.FirstIndex(); first > 1 {
		t, _ := s.Log.Term(first - 1)
		s.Snapshot = &raft.Snapshot{Index: first - 1, Term: t, Configuration: raft.Configuration{Voters: everyone(3)}}
	}
	for range r.IntN(6) {
		s.Peers = append(s.Peers, raft.Peer{NextIndex: r.number(), MatchIndex: r.number()})
	}
	return s
}

func (r nonsense) message() raft.Message {
	switch r.IntN(8) {
	case 0:
		return &raft.RequestVote{Term: r.number(), CandidateID: raft.ID(r.IntN(4)), LastLogIndex: r.number(), LastLogTerm: r.number()}
	case 1:
		return &raft.RequestVoteReply{Term: r.number(), VoteGranted: r.IntN(2) == 0}
	case 2, 3:
		l := r.log()
		m := &raft.AppendEntries{Term: r.number(), LeaderID: raft.ID(r.IntN(4)), PrevLogIndex: r.number(), PrevLogTerm: r.number(), LeaderCommit: r.number()}
		if l.LastIndex() >= l.FirstIndex() {
			m.Entries = l.Slice(l.FirstIndex(), l.LastIndex())
		}
		return m
	case 4:
		return &raft.AppendEntriesReply{Term: r.number(), Success: r.IntN(2) == 0, MatchIndex: r.number(), PrevLogIndex: r.number(), ConflictIndex: r.number()}
	case 5:
		return &raft.InstallSnapshot{Term: r.number(), LeaderID: raft.ID(r.IntN(4)), Snapshot: &raft.Snapshot{Index: r.number(), Term: r.number(), Configuration: raft.Configuration{Voters: everyone(3)}}}
	case 6:
		return &raft.InstallSnapshotReply{Term: r.number(), MatchIndex: r.number()}
	}
	return &raft.PreVote{Term: r.number(), CandidateID: raft.ID(r.IntN(4)), LastLogIndex: r.number(), LastLogTerm: r.number()}
}

func (r nonsense) input() raft.Input {
	switch r.IntN(8) {
	case 0:
		return raft.ElectionTimeout()
	case 1:
		return raft.HeartbeatTimeout()
	case 2:
		return raft.Propose("x=1")
	case 3:
		return raft.Compact(r.number(), "")
	}
	return raft.Receive(raft.Envelope{From: raft.ID(2 + r.IntN(2)), To: 1, Message: r.message()})
}

// Whatever a program reports is judged: the judge never gives up, and says the same
// when it is asked again.
func TestAnyReport(t *testing.T) {
	r := nonsense{rand.New(rand.NewPCG(1, 2))}
	initial := raft.Configuration{Voters: everyone(3)}
	told := 0
	for range 10 * many(500) {
		j := judge.Judge{Can: judge.Can{PreVote: r.IntN(2) == 0, Sticky: r.IntN(2) == 0, ParallelWrite: r.IntN(2) == 0}}
		node := raft.Restored(r.state(), initial, &raft.Options{Naive: true})
		var kept judge.Kept
		disk := raft.Stable{CurrentTerm: r.number(), VotedFor: raft.ID(r.IntN(3)), Log: r.log(), Initial: initial}
		if r.IntN(3) == 0 {
			kept, _ = j.Start(&disk, r.number(), &judge.Report{State: node.State(), Disk: &disk})
		}
		for range 3 {
			after := node.Reported(r.state(), &raft.Options{Naive: true})
			rep := &judge.Report{State: after.State(), TellsVotes: r.IntN(2) == 0, TellsMatch: r.IntN(2) == 0, Disk: &disk, RestartElection: r.IntN(2) == 0,
				TookIndex: r.number(), TookTerm: r.number()}
			for range r.IntN(3) {
				rep.Send = append(rep.Send, raft.Envelope{From: 1, To: raft.ID(2 + r.IntN(2)), Message: r.message()})
			}
			in := r.input()
			next, found := j.Step(node, kept, in, rep)
			again, same := j.Step(node, kept, in, rep)
			if next.Hash(nil) != again.Hash(nil) || len(found) != len(same) {
				t.Fatalf("%v, and asked again %v", found, same)
			}
			for _, d := range found {
				if d.Did == "" || d.Paper == "" || d.Yours == "" || d.Rule == nil || d.Kind == "" || d.Server != 1 {
					t.Fatalf("%+v", d)
				}
			}
			told += len(found)
			node, kept = after, next
		}
	}
	if told == 0 {
		t.Error("nonsense departs from nothing")
	}
}
