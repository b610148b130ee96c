package raft

// Mutants is a set of bugs that a server has on purpose, one bit each. Mutant.Seen says where
// each comes from. In the code, each is one line beside the right one.
type Mutants uint64

// The bugs inside the core.
const (
	AppendClearsVote Mutants = 1 << iota
	WinnerClearsVote
	VoteNotStored
	TermNotStored
	VoteAny
	RepliesNotVoters
	StaleVoteReply
	NoLogCheck
	LengthOnly
	AndCompare
	CountOldTerm
	CommitOnRefusal
	NoMin
	MinWithLogLength
	CommitIndexPlusOne
	QuorumMinusOne
	HeartbeatUnchecked
	AlwaysTruncate
	MatchIsLogLength
	StaleAppendReply
	CommitStopsEarly
	HoleInBatch
	KeepsRoleAtHigherTerm
	IgnoresHigherTerm
	ChangeBeforeOwnTerm
	DirectChange
	ReadIndexBeforeNoop
	SnapshotDropsSuffix
	LearnerCounts
	StepDownClearsVote
	VoteKeepsTimer
	DeposedWithoutTimer
	RefusedAppendKeepsTimer
	CandidateIgnoresAppend
	TailKept
	HeartbeatNeverCommits
	RefusalAsMatch
	NextBelowMatch
	NextOffByOne
	TermsComparedWrongly
)

// Outside is the first of the bugs outside the core, which its driver has.
const Outside Mutants = 1 << 48

// Mutant describes one of the bugs.
type Mutant struct {
	Bit      Mutants
	Name     string
	Violates *Rule
	Breaks   string // the property, or liveness, or linearizability
	Nodes    int    // how many servers it takes to show
	Needs    []Need // the settings without which it does no harm
	Says     string // the wrong code
	Story    string // the shortest way to harm
	Seen     string // where it was seen, or is described
}

// Need is a setting of the driver, and the value that a bug needs it to have.
type Need struct{ Setting, Value string }

func (n Need) String() string { return n.Setting + " " + n.Value }

// AllMutants is every bug of the core, in the order of the rules.
func AllMutants() []Mutant { return mutants }

const live = "liveness"

// PaperAlone is what a bug breaks that does something else than Figure 2 says, and does no
// harm to any property by itself.
const PaperAlone = "Figure 2 alone"

var mutants = []Mutant{
	{AppendClearsVote, "append-clears-vote", VoteOnce, "Election Safety", 3, []Need{{"noop", "off"}},
		"the AppendEntries handler forgets votedFor",
		"S1 and S2 are candidates of term 1; S3 votes for S1, gets S1's empty append, and then votes for S2",
		"seen in camunda (5356), and printed in a blog post"},
	{WinnerClearsVote, "winner-clears-vote", VoteOnce, "Election Safety", 3, []Need{{"noop", "off"}},
		"a candidate that wins forgets votedFor",
		"S1 wins by S2, and then grants S3 a vote of the same term",
		"seen in daos-stack/raft (70)"},
	{VoteNotStored, "vote-not-stored", VoteOnce, "Election Safety", 3, nil,
		"votedFor is not saved",
		"S3 votes for S1, crashes, restarts, and votes for S2",
		"seen in akka-raft (62); Figure 2 says persistent"},
	{VoteAny, "vote-any", VoteOnce, "Election Safety", 3, nil,
		"the voter does not check whether it has voted",
		"S3 votes for S1, and then for S2",
		"ruled out by Figure 2, RequestVote receiver 2"},
	{RepliesNotVoters, "replies-not-voters", Majority, "Election Safety", 5, nil,
		"granted replies are counted, not the voters who gave them",
		"S2's grant arrives twice",
		"seen in xraft (27) and akka-raft (45)"},
	{StaleVoteReply, "stale-vote-reply", VotesOfThisElection, "Election Safety", 3, nil,
		"grants of an earlier term are counted",
		"a grant of term 1 arrives in the candidacy of term 2",
		"described in the Students' Guide to Raft"},
	{NoLogCheck, "no-log-check", CandidateUpToDate, "Leader Completeness", 3, nil,
		"votes are given without comparing logs",
		"S1 and S2 commit; S1 dies; S3, empty, wins",
		"seen in akka-raft (30)"},
	{LengthOnly, "length-only", CandidateUpToDate, "Leader Completeness", 3, nil,
		"only the last index is compared",
		"S1 has entries of term 1 alone; S2 and S3 commit in term 2; S1 wins",
		"seen in noraft (22)"},
	{AndCompare, "and-compare", CandidateUpToDate, live, 3, nil,
		"both index and term must be at least as large",
		"S1 has 1 1, S3 has 2, S2 is down: no server can ever win",
		"seen in hashicorp/raft (94) and dotNext (298)"},
	{CountOldTerm, "count-old-term", CurrentTermOnly, "Leader Completeness", 3, []Need{{"noop", "off"}},
		"an old term's entry is committed by counting replicas",
		"Figure 8; three servers suffice",
		"seen in logcabin (44), canonical/raft (220) and PySyncObj (169)"},
	{CommitOnRefusal, "commit-on-refusal", FollowerCommit, "State Machine Safety", 3, nil,
		"commitIndex advances although the append was refused",
		"a divergent entry lies below leaderCommit",
		"seen in students' code"},
	{NoMin, "no-min", FollowerCommit, "State Machine Safety", 3,
		[]Need{{"max-entries", "1"}, {"back-off", "conflict-term"}},
		"commitIndex becomes leaderCommit, without a minimum",
		"a stale second entry: the append stops short of it, leaderCommit does not",
		"seen in scylladb (9965)"},
	{MinWithLogLength, "min-with-log-length", FollowerCommit, "State Machine Safety", 3,
		[]Need{{"max-entries", "1"}, {"back-off", "conflict-term"}},
		"the minimum is taken with the log's length, not the last new entry",
		"as no-min, with a longer stale log",
		"seen in copycat (265), and printed in a blog post"},
	{CommitIndexPlusOne, "commit-index-plus-one", MajorityHolds, "State Machine Safety", 3, nil,
		"one entry beyond what a majority holds is committed",
		"the leader appends two entries, a majority confirms the first",
		"seen in students' code"},
	{QuorumMinusOne, "quorum-minus-one", Majority, "Election Safety", 4, nil,
		"half is taken for a majority",
		"an even cluster splits in two",
		"seen in students' code"},
	{HeartbeatUnchecked, "heartbeat-unchecked", PrevLogMatches, "Leader Completeness", 3, []Need{{"pipeline", "on"}},
		"an empty AppendEntries always succeeds",
		"an append is lost, and the next heartbeat acknowledged",
		"described in the Students' Guide to Raft"},
	{AlwaysTruncate, "always-truncate", DeleteConflict, "Leader Completeness", 3, nil,
		"the log is cut after prevLogIndex even without a conflict",
		"a delayed [a] arrives after [a, b] was acknowledged",
		"seen in akka-raft (66) and redpanda (17895)"},
	{MatchIsLogLength, "match-is-log-length", MatchConfirmed, "Leader Completeness", 3, nil,
		"matchIndex becomes the leader's log length when the reply comes",
		"send a, append b: the answer to a commits b",
		"described in the Students' Guide to Raft"},
	{StaleAppendReply, "stale-append-reply", ReplyOfThisTerm, "Leader Completeness", 5, nil,
		"acknowledgements of an earlier term are counted",
		"a leader that was elected again counts an old answer",
		"described in the Students' Guide to Raft"},
	{CommitStopsEarly, "commit-stops-early", MajorityHolds, live, 3, nil,
		"the commit scan ends at the first entry of an old term",
		"a new leader with one old entry never commits again",
		"seen in raftos (30)"},
	{HoleInBatch, "hole-in-batch", PrevLogMatches, "Log Matching", 3, []Need{{"max-bytes", "8"}},
		"an entry over the size limit is left out, later ones are kept",
		"small, large, small",
		"seen in logcabin (160)"},
	{TermNotStored, "term-not-stored", HigherTerm, "Election Safety", 3, nil,
		"currentTerm is not saved",
		"a restarted server votes again in a term in which it had voted",
		"ruled out by Figure 2: currentTerm is persistent"},
	{KeepsRoleAtHigherTerm, "keeps-role-at-higher-term", HigherTerm, "Election Safety", 3, nil,
		"a higher term is taken, and the role kept",
		"an old leader leads the new term",
		"ruled out by Figure 2, All Servers 2"},
	{IgnoresHigherTerm, "ignores-higher-term", HigherTerm, live, 3, nil,
		"the terms of replies are not looked at",
		"an old leader goes on for ever",
		"ruled out by Figure 2, All Servers 2"},
	{ChangeBeforeOwnTerm, "change-before-own-term", OwnTermFirst, "Leader Completeness", 4, []Need{{"noop", "off"}},
		"a membership change before an entry of the own term is committed",
		"the counterexample of 2015",
		"found on raft-dev in 2015; seen in copycat (23)"},
	{DirectChange, "direct-change", JointThenNew, "Election Safety", 3, nil,
		"Cold to Cnew at once, several servers",
		"Figure 10",
		"ruled out by section 6"},
	{ReadIndexBeforeNoop, "read-index-before-noop", ReadAfterOwnTerm, "linearizability", 3,
		[]Need{{"reads", "read-index"}}, "a read index before an entry of the own term is committed",
		"a new leader's commitIndex is too low",
		"seen in etcd (7331), tikv (6340) and redisraft (19)"},
	{SnapshotDropsSuffix, "snapshot-drops-suffix", SnapshotKeepsSuffix, "Leader Completeness", 3,
		[]Need{{"snapshot-every", "1"}}, "an old snapshot wipes the newer log", "Figure 13, step 6",
		"seen in camunda (6092)"},
	{LearnerCounts, "learner-counts", MajorityHolds, "Leader Completeness", 3, nil,
		"a learner is counted in the quorum",
		"an entry on leader and learner only is committed, with three voters",
		"ruled out by etcd's design of learners"},
	{StepDownClearsVote, "step-down-clears-vote", VoteOnce, PaperAlone, 5, []Need{{"noop", "off"}},
		"a candidate that steps down in its own term forgets its vote",
		"S2, a candidate of term 1, follows S1, the leader of term 1, and votes for S5 in term 1",
		"seen in a real system, where it was thought harmless for two years"},
	{VoteKeepsTimer, "vote-keeps-timer", ElectionTimeoutRule, PaperAlone, 3, nil,
		"granting a vote does not restart the election timer",
		"S2 votes for S1, and its own timer fires before S1 has won",
		"described in the Students' Guide to Raft"},
	{DeposedWithoutTimer, "deposed-without-timer", ElectionTimeoutRule, live, 3, nil,
		"a leader that steps down has no election timer",
		"S3 deposes S1 and cannot win, S2 is down: S1 could win, and never starts an election",
		"seen in students' code"},
	{RefusedAppendKeepsTimer, "refused-append-keeps-timer", ElectionTimeoutRule, PaperAlone, 3, nil,
		"an append that fails the consistency check does not restart the election timer",
		"S3 lacks entries, refuses the leader's append, and its timer fires while the leader looks for the match",
		"described in the Students' Guide to Raft"},
	{CandidateIgnoresAppend, "candidate-ignores-append", AppendFromLeader, PaperAlone, 3, nil,
		"a candidate does not follow a leader of its own term",
		"S2 loses the election, hears from the winner, and starts another election all the same",
		"ruled out by Figure 2, Candidates 3"},
	{TailKept, "tail-kept", DeleteConflict, "Log Matching", 5, nil,
		"after a conflict only the conflicting entry is replaced",
		"S1 and S2 have 1 1; S3's 2 replaces S1's first entry, and S1's second one stays",
		"seen in students' code"},
	{HeartbeatNeverCommits, "heartbeat-never-commits", FollowerCommit, PaperAlone, 3, nil,
		"an append without entries does not raise commitIndex",
		"S1 commits x=1, and no heartbeat tells S2 and S3",
		"seen in students' code"},
	{RefusalAsMatch, "refusal-as-match", MatchConfirmed, "Leader Completeness", 3, []Need{{"pipeline", "on"}},
		"the index in a refusal is taken for a match",
		"S2 lacks entry 1 and refuses entry 2; S1 takes that for entry 1, and commits it",
		"seen in students' code"},
	{NextBelowMatch, "next-below-match", RefusalIsCurrent, PaperAlone, 3, nil,
		"a late refusal takes nextIndex to matchIndex or below",
		"S3 refuses an append, catches up, and the copy of its refusal arrives",
		"seen in students' code"},
	{NextOffByOne, "next-off-by-one", SendMissing, PaperAlone, 3, nil,
		"nextIndex begins at the last index, not at the one after it",
		"a new leader sends an entry that every server has",
		"seen in students' code"},
	{TermsComparedWrongly, "terms-compared-wrongly", StaleTerm, live, 3, nil,
		"an append of the server's own term is refused as an old one",
		"S1 wins, every append is refused, and elections never end",
		"seen in students' code"},
}

// Topics is a set of things that a search needs to try only if a server has a bug about them.
type Topics uint8

const (
	AboutSizes      Topics = 1 << iota // commands of several sizes, where appends have a limit
	AboutSnapshots                     // when a snapshot is taken
	AboutOldAnswers                    // answers of an earlier term, which count again
	AboutMembers                       // changes of one member at a time (thesis 4.1)
	AboutLearners                      // members without a vote (thesis 4.2.1)
	AboutJoint                         // changes of several members at once (section 6)
)

var topics = []struct {
	mutants Mutants
	about   Topics
}{
	{StaleVoteReply | StaleAppendReply, AboutOldAnswers},
	{TermNotStored, AboutOldAnswers}, // the receiver's term goes back
	{HoleInBatch, AboutSizes},
	{SnapshotDropsSuffix, AboutSnapshots},
	{ChangeBeforeOwnTerm, AboutMembers},
	{LearnerCounts, AboutLearners},
	{DirectChange, AboutJoint},
}

// About is what these bugs are about, taken together.
func (m Mutants) About() (t Topics) {
	for i := range topics {
		if m&topics[i].mutants != 0 {
			t |= topics[i].about
		}
	}
	return t
}
