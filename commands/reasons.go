package commands

import (
	"raftlab/cluster"
	"raftlab/raft"
)

// reasons is why each rule exists, in a sentence: what would go wrong without.
var reasons = map[*raft.Rule]string{
	raft.HigherTerm: "Terms are Raft's clock: a server that kept its old role in a newer term would act " +
		"beside the leader that this term elected.",
	raft.StaleTerm: "A server that asks in an old term has been overtaken by an election, and must no " +
		"longer vote, lead or append.",
	raft.ElectionTimeoutRule: "A cluster whose leader is gone can do nothing until some server asks for votes.",
	raft.VoteOnce: "Any two majorities share a server: as long as that one votes once in a term, a term " +
		"has one leader.",
	raft.CandidateUpToDate: "A committed entry is on a majority, and every candidate must ask one of these " +
		"servers. A candidate that lacks the entry is refused there, so every later leader has it.",
	raft.VotesOfThisElection: "A vote is given for one term: a voter of an earlier one may since have voted " +
		"for another.",
	raft.Majority: "Two majorities always share a server, which keeps the one from contradicting the " +
		"other; two halves need not.",
	raft.AppendFromLeader: "A term has one leader, so a candidate that hears from it has lost.",
	raft.PrevLogMatches: "If a follower takes an append only where the entry before it agrees, its log agrees " +
		"all the way. So a confirmation means that everything up to there is stored.",
	raft.DeleteConflict: "Messages come late: an old append is shorter than what the follower has since stored " +
		"and confirmed, and must not take that back.",
	raft.FollowerCommit: "leaderCommit is about the leader's log. Beyond what this append has confirmed, the " +
		"follower's own log may hold something else.",
	raft.BackOff: "The leader finds the last entry on which the logs agree by going back until the " +
		"follower takes an append.",
	raft.ReplyOfThisTerm: "An answer says what a log held in the term in which it was given; it may have been " +
		"overwritten since.",
	raft.ReplyOfThisMember: "A server that was removed may lose its disk and be added again: what it stored before " +
		"says nothing of what it stores now.",
	raft.MajorityHolds: "Only what a majority has stored is met by every later election, and survives the loss " +
		"of any minority.",
	raft.CurrentTermOnly: "An entry of an older term can be on a majority and still be overwritten by a server " +
		"whose last entry is of a later term; an entry of the leader's own term shuts that server out (Figure 8).",
	raft.NeedSnapshot: "A follower that needs what the log no longer holds can only be brought up to date by " +
		"the state itself.",
	raft.SnapshotIsNewer: "An old snapshot knows less than the server has applied already.",
	raft.SnapshotKeepsSuffix: "The entries after the snapshot may have been confirmed and counted for a majority. " +
		"Discarding them would take that back.",
	raft.OneChangeAtATime: "Two changes under way at once can have majorities that do not meet.",
	raft.OwnTermFirst: "A new leader may not know of a configuration that was committed before it; changes " +
		"made from different configurations can have majorities that do not meet.",
	raft.OneServerAtATime: "Majorities of two configurations that differ by one server meet; by two, they need not.",
	raft.JointThenNew: "Servers change over at different moments: until all have, an old and a new majority " +
		"that do not meet could each elect a leader (Figure 10).",
	raft.RemovedLeaderStepsDown: "A leader that is no longer a member manages a cluster that does not count it; until " +
		"the change is committed it is still needed.",
	raft.TransferUpToDate: "A target whose log is behind cannot win, and meanwhile there is no leader.",
	raft.ReadAfterOwnTerm: "A new leader has every committed entry but does not know yet which they are, so it could " +
		"answer from before a write that was acknowledged.",
	raft.ReadConfirmed: "A leader that was replaced does not know it, and would answer without what its successor " +
		"has committed.",
	raft.LeaseHeld: "A lease says that no other server can have been elected. It holds only while every voter " +
		"refuses other candidates, and only if all clocks run at about the same speed.",
	raft.Stickiness: "A server that was removed, or cut off, would otherwise depose a leader that the " +
		"others hear well.",
	raft.PreVoteFirst: "A server that cannot win would otherwise raise the term and depose the leader when it is " +
		"heard again.",
	raft.CheckQuorumRule: "A leader that reaches no majority commits nothing, and keeps servers that do reach one from " +
		"electing a better leader.",

	raft.NoOpFirst: "What earlier leaders left is committed only with an entry of the new leader's term, and " +
		"no client may come for long.",
	raft.AppendCommand: "The leader's log decides the order of the commands, so it comes first and the " +
		"others copy it.",
	raft.SendMissing: "Messages are lost: the leader sends what a follower lacks until it confirms it, and a " +
		"follower that hears nothing for long starts an election.",
	raft.AppendNew: "Only what is stored can be confirmed, and only what a majority has stored survives.",
	raft.MatchConfirmed: "What a follower has stored decides what may be committed, and only its own answers tell " +
		"the leader.",
	raft.TransferFirst: "A leader that keeps taking commands may never see the target's log reach the end " +
		"of its own.",
	raft.RoundAnswered: "A majority that answers a round followed no other leader when it began.",
	raft.ReadAwaited: "Messages come late and twice: an index that belongs to another read may be too low " +
		"for this one.",
	raft.RefusalIsCurrent: "Messages come late: an old refusal would take nextIndex back behind what has been " +
		"confirmed since.",
	raft.ApplyCommitted: "State machines that apply the same commands in the same order stay the same; what is " +
		"not committed may still be replaced.",
	raft.SnapshotOfApplied: "What a snapshot replaces cannot be taken back, and only what is committed never will be.",
	raft.ConfigurationInForce: "If a server waited for the commit, it would count majorities of a cluster that the " +
		"leader has left already.",
	raft.LearnerCaughtUp: "A voter whose log is far behind counts in every majority and helps none: nothing could be " +
		"committed until it has caught up.",
	raft.TransferElection: "The old leader has stopped taking commands: each tick that its successor waits is a tick " +
		"without service.",
	raft.ReadFromLeader: "A follower may be behind: only the leader can know what is committed.",

	cluster.StableFirst: "A crash takes back what is not on stable storage: an answer that was given before speaks " +
		"of an entry, or a vote, that may be gone.",
	cluster.AnswerApplied: "An entry that is only appended may yet be overwritten, and the client believes it done.",
	cluster.ApplyOnce: "A client that got no answer must ask again, and cannot know whether its command was " +
		"done already.",
	cluster.LeaseEndsFirst: "A leader whose lease lasts longer than its voters wait answers reads beside its successor.",
}

// reasonFor is why the rule exists; its own words where nothing better is known.
func reasonFor(r *raft.Rule) string {
	if text := reasons[r]; text != "" {
		return text
	}
	return "The rule: " + r.Says + "."
}
