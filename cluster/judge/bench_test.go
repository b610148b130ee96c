package judge_test

import (
	"testing"

	"raftlab/cluster/judge"
	"raftlab/raft"
)

// BenchmarkStep judges an append of one entry to a log of a hundred, as a follower
// takes it that departs from nothing.
func BenchmarkStep(b *testing.B) {
	var log raft.Log
	for range 100 {
		log.Append(raft.Entry{Term: 1, Data: "x=1"})
	}
	initial := raft.Configuration{Voters: everyone(3)}
	before := raft.State{ID: 2, CurrentTerm: 1, VotedFor: 1, Leader: 1, Log: log, CommitIndex: 99, LastApplied: 99}
	after := before
	after.Log.Append(raft.Entry{Term: 1, Data: "x=2"})
	after.CommitIndex, after.LastApplied = 100, 100
	mirror := raft.Restored(before, initial, &raft.Options{})
	in := raft.Receive(raft.Envelope{From: 1, To: 2, Message: &raft.AppendEntries{Term: 1, LeaderID: 1, PrevLogIndex: 100, PrevLogTerm: 1, LeaderCommit: 100,
		Entries: []raft.Entry{{Term: 1, Data: "x=2"}}}})
	next := mirror.Reported(after, &raft.Options{})
	disk := raft.Stable{CurrentTerm: 1, VotedFor: 1, Log: after.Log, Initial: initial}
	r := &judge.Report{State: next.State(), Disk: &disk, RestartElection: true,
		Send: []raft.Envelope{{From: 2, To: 1, Message: &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 101}}}}
	j := judge.Judge{}
	b.ReportAllocs()
	for b.Loop() {
		if _, found := j.Step(mirror, judge.Kept{}, in, r); len(found) > 0 {
			b.Fatal(found)
		}
	}
}
