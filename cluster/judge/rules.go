package judge

import "raftlab/raft"

// The rules that the core checks nowhere, because it keeps them by the way it is written.
var (
	AnswerRequests = &raft.Rule{ID: "AnswerRequests",
		Code:  []string{"cluster/judge/replies.go: reply", "cluster/judge/replies.go: noReply"},
		Place: "Figure 2, RequestVote RPC and AppendEntries RPC; section 5.1",
		Says:  "a server answers each request of its own term or a higher one, once, in the step in which it arrives",
		Reason: "A candidate counts the answers and a leader commits by them. A server that says nothing helps " +
			"neither, and an old leader would never learn the newer term."}
	LeaderAppendOnly = &raft.Rule{ID: "LeaderAppendOnly", Place: "Figure 3, Leader Append-Only; section 5.3",
		Code: []string{"cluster/judge/log.go: leadersLog"},
		Says: "a leader never overwrites or deletes an entry of its log", More: "; it only appends new ones",
		Reason: "The leader's log decides what every other log becomes: an entry that it changes may already " +
			"be stored elsewhere, or committed."}
	ElectionTimer = &raft.Rule{ID: "ElectionTimer", Place: "Figure 2, Followers 2; section 5.2",
		Code: []string{"cluster/judge/sends.go: electionTimer"},
		Says: "a follower restarts its election timer when it hears from the current leader or grants a vote, " +
			"and at no other time",
		Reason: "A timer that is not restarted deposes a leader that works. One that is restarted without cause " +
			"lets a server with an old log keep putting off the election that the cluster needs."}
	Monotony = &raft.Rule{ID: "Monotony", Place: "Figure 2, State: currentTerm and commitIndex increase " +
		"monotonically; section 5.1", Says: "currentTerm and commitIndex never go back",
		Code: []string{"cluster/judge/commit.go: commitGoesBack", "cluster/judge/state.go: termGoesBack"},
		Reason: "A server whose term goes back may vote twice in a term. What is committed is never taken " +
			"back, so no server may forget that it knew."}
	StableFirst = &raft.Rule{ID: "StableFirst", Place: "Figure 2, persistent state; section 5.3",
		Code: []string{"cluster/act.go: save"},
		Says: "what a server must remember is on stable storage before it answers",
		Reason: "A crash takes back what is not on stable storage: an answer that was given before speaks of " +
			"an entry, or a vote, that may be gone."}
	StoreSnapshot = &raft.Rule{ID: "StoreSnapshot", Place: "Figure 13, receiver 5 and 8; section 7",
		Code: []string{"cluster/judge/snapshot.go: unlike", "cluster/judge/snapshot.go: passedOver"},
		Says: "a server stores a newer snapshot of its leader as it was sent, and its state machine goes on from there",
		Reason: "The leader no longer has the entries that the snapshot covers, so nothing else can bring " +
			"this server up to date."}
	RestartFromDisk = &raft.Rule{ID: "RestartFromDisk", Place: "Figure 2, State; section 5.2",
		Code: []string{"cluster/start.go: boot"},
		Says: "a server starts as a follower, from what its stable storage holds"}
)

// Own is the rules that only a judge checks.
func Own() []*raft.Rule {
	return []*raft.Rule{AnswerRequests, LeaderAppendOnly, ElectionTimer, Monotony, StoreSnapshot}
}

// Rules is every rule that a departure may name, in the order in which a step is compared.
// The last ones are for servers that go beyond Figure 2.
func Rules() []*raft.Rule {
	return []*raft.Rule{
		RestartFromDisk,
		AnswerRequests, raft.StaleTerm, raft.VoteOnce, raft.CandidateUpToDate, raft.PrevLogMatches, raft.AppendNew,
		Monotony, raft.ElectionTimeoutRule, raft.HigherTerm,
		raft.Majority, raft.VotesOfThisElection, raft.AppendFromLeader, raft.ReplyOfThisTerm,
		raft.AppendCommand, LeaderAppendOnly, raft.DeleteConflict,
		raft.MajorityHolds, raft.CurrentTermOnly, raft.FollowerCommit, raft.ApplyCommitted,
		raft.SendMissing, ElectionTimer, StableFirst,
		raft.Stickiness, raft.PreVoteFirst, raft.NeedSnapshot, raft.SnapshotIsNewer, raft.SnapshotKeepsSuffix,
		raft.SnapshotOfApplied, StoreSnapshot,
	}
}

// RuleNamed is the rule of that name, or nil.
func RuleNamed(name string) *raft.Rule {
	for _, r := range Rules() {
		if r.ID == name {
			return r
		}
	}
	return nil
}
