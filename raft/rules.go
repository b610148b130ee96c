package raft

// Rule is one rule of the paper that the code follows.
type Rule struct {
	ID    string    // short, stable name
	Place string    // where the paper or the thesis has it
	Says  string    // the rule, in our words
	Args  [4]string // what the numbers of a Decision are; "" is unused
}

var rulebook []*Rule

// Rules is the rulebook, in the paper's order.
func Rules() []*Rule { return rulebook }

func rule(id, place, says string, args ...string) *Rule {
	r := &Rule{ID: id, Place: place, Says: says}
	copy(r.Args[:], args)
	rulebook = append(rulebook, r)
	return r
}

// The rules for terms (§5.1).
var (
	HigherTerm = rule("HigherTerm", "Figure 2, All Servers 2; section 5.1",
		"a server that sees a higher term than its own takes it and becomes a follower",
		"the message's term", "own currentTerm")
	StaleTerm = rule("StaleTerm", "Figure 2, RequestVote receiver 1 and AppendEntries receiver 1; section 5.1",
		"a request of an older term is refused, and the answer carries the newer term",
		"the request's term", "own currentTerm", "the sender's own term", "it asks beforehand (1: yes)")
)

// The rules of elections (§5.2, §5.4.1).
var (
	ElectionTimeoutRule = rule("ElectionTimeout", "Figure 2, Followers 2 and Candidates 4; section 5.2",
		"a server that heard no leader for its election timeout begins an election: a new term, its own vote, and a request to every other voter",
		"the new term", "last log index", "last log term")
	VoteOnce = rule("VoteOnce", "Figure 2, RequestVote receiver 2; section 5.2",
		"a server votes for at most one candidate in a term, first come first served; the same candidate may be told yes again",
		"the vote already given in this term (0: none)", "the candidate")
	CandidateUpToDate = rule("CandidateUpToDate", "Figure 2, RequestVote receiver 2; section 5.4.1",
		"the voter's log must not be more up-to-date than the candidate's: the later last term wins, then the longer log",
		"candidate's last term", "candidate's last index", "voter's last term", "voter's last index")
	VotesOfThisElection = rule("VotesOfThisElection", "section 5.2",
		"only answers to this very election count: the server is still a candidate, of the answer's term",
		"the answer's term", "own currentTerm", "own role", "it was asked beforehand (1: yes)")
	Majority = rule("Majority", "Figure 2, Candidates 2; section 5.2",
		"a candidate with the votes of a majority of all voters becomes leader",
		"votes", "voters", "needed")
	NoOpFirst = rule("NoOpFirst", "section 8; thesis 6.4",
		"a new leader appends an entry of its own term at once, to commit what earlier leaders left and to know what is committed",
		"index", "own currentTerm")
	AppendFromLeader = rule("AppendFromLeader", "Figure 2, Candidates 3; section 5.2",
		"a candidate that hears from a leader of its own term becomes its follower",
		"the leader's term", "own currentTerm")
)

// The rules of log replication (§5.3).
var (
	AppendCommand = rule("AppendCommand", "Figure 2, Leaders 2; section 5.3",
		"a leader appends a client's command to its own log first, then sends it to the others",
		"index", "own currentTerm")
	SendMissing = rule("SendMissing", "Figure 2, Leaders 1 and 3; sections 5.2 and 5.3",
		"a leader sends each follower the entries from its nextIndex on; where none are missing, an empty append, the heartbeat that keeps it from an election",
		"nextIndex", "own last index")
	PrevLogMatches = rule("PrevLogMatches", "Figure 2, AppendEntries receiver 2; section 5.3",
		"entries are taken only when the log holds the entry before them, with the same term (the consistency check)",
		"prevLogIndex", "prevLogTerm", "own term there (0: none)", "own last index")
	DeleteConflict = rule("DeleteConflict", "Figure 2, AppendEntries receiver 3; section 5.3",
		"an entry that conflicts with a new one (same index, another term) is deleted, with all that follow it; entries that agree stay",
		"index", "own term there", "the leader's term there")
	AppendNew = rule("AppendNew", "Figure 2, AppendEntries receiver 4; section 5.3",
		"the new entries that the log does not hold yet are appended",
		"first index", "last index", "the last one's term")
	FollowerCommit = rule("FollowerCommit", "Figure 2, AppendEntries receiver 5; section 5.3",
		"a follower's commitIndex is the leader's, but no further than the last entry that this message has confirmed",
		"leaderCommit", "last new entry", "own commitIndex before")
	BackOff = rule("BackOff", "Figure 2, Leaders 3; section 5.3",
		"a refused append lowers nextIndex and is tried again",
		"refused prevLogIndex", "nextIndex before", "nextIndex now", "matchIndex")
	ReplyOfThisTerm = rule("ReplyOfThisTerm", "section 5.1; section 5.3",
		"an answer counts only for the leader of the term it was given in, and only from a member",
		"the answer's term", "own currentTerm", "own role", "the sender is a member (1: yes)")
	MatchConfirmed = rule("MatchConfirmed", "Figure 2, Leaders 3; section 5.3",
		"a success says up to where the follower's log agrees: matchIndex and nextIndex follow it, and never go back for it",
		"matchIndex before", "the reply's matchIndex", "matchIndex now", "nextIndex before")
	ReplyOfThisMember = rule("ReplyOfThisMember", "Figure 2, volatile state on leaders; section 6",
		"an answer counts only if it answers what was sent since the server was added: as a member before that, it may have had another disk",
		"the answer's round of appends", "the round in which the leader added the server (0: it was a member before)")
	RefusalIsCurrent = rule("RefusalIsCurrent", "section 5.3; section 5.5",
		"a refusal counts when the append that was refused began at nextIndex or before it, and behind what is known to match",
		"refused prevLogIndex", "nextIndex", "matchIndex")
)

// The rules of commitment (§5.3, §5.4.2).
var (
	MajorityHolds = rule("MajorityHolds", "Figure 2, Leaders 4; section 5.3",
		"an entry that a majority of the servers has stored may be committed",
		"the highest index that a majority holds", "own commitIndex")
	CurrentTermOnly = rule("CurrentTermOnly", "Figure 2, Leaders 4; section 5.4.2; Figure 8",
		"a leader commits by counting only entries of its own term; earlier ones are committed with them",
		"index", "the entry's term", "own currentTerm")
	ApplyCommitted = rule("ApplyCommitted", "Figure 2, All Servers 1; section 5.3",
		"what is committed and not applied yet is applied to the state machine, in the order of the log",
		"commitIndex", "lastApplied before")
)

// The rules of snapshots (§7).
var (
	SnapshotOfApplied = rule("SnapshotOfApplied", "section 7; Figure 12",
		"a snapshot covers applied entries only, and replaces the log up to the last of them",
		"lastIncludedIndex", "lastApplied", "first index before")
	NeedSnapshot = rule("NeedSnapshot", "section 7",
		"a follower that needs an entry which the leader has discarded is sent the snapshot instead",
		"nextIndex", "the leader's first index")
	SnapshotIsNewer = rule("SnapshotIsNewer", "Figure 13, receiver 5; section 7",
		"a snapshot that covers no more than what is committed already changes nothing",
		"lastIncludedIndex", "own commitIndex")
	SnapshotKeepsSuffix = rule("SnapshotKeepsSuffix", "Figure 13, receiver 6; section 7",
		"where the log has the snapshot's last entry, with its term, the entries after it stay; else the log is discarded",
		"lastIncludedIndex", "lastIncludedTerm", "own term there (0: none)")
)

// The rules of membership changes (§6, thesis 4).
var (
	ConfigurationInForce = rule("ConfigurationInForce", "thesis 4.1; section 6",
		"a server uses the latest configuration in its log, committed or not",
		"index of the configuration")
	LearnerCaughtUp = rule("LearnerCaughtUp", "thesis 4.2.1",
		"a learner is given a vote only when it holds what is committed",
		"its matchIndex", "own commitIndex")
	OneChangeAtATime = rule("OneChangeAtATime", "thesis 4.1; section 6",
		"a new change waits until the last configuration is committed",
		"index of the last configuration", "own commitIndex")
	OwnTermFirst = rule("OwnTermFirst", "Ongaro's correction of 2015 to thesis 4.1",
		"a leader changes the membership only after an entry of its own term is committed",
		"term of the last committed entry", "own currentTerm")
	OneServerAtATime = rule("OneServerAtATime", "thesis 4.1",
		"without joint consensus at most one server is added or removed, so that majorities overlap",
		"servers that differ")
	JointThenNew = rule("JointThenNew", "section 6; Figure 11",
		"the new configuration is appended only after the joint one is committed by both majorities",
		"index of the joint configuration", "own commitIndex")
	RemovedLeaderStepsDown = rule("RemovedLeaderStepsDown", "thesis 4.2.2; section 6",
		"a leader that is not in the new configuration steps down when that is committed",
		"index of the configuration", "own commitIndex")
)

// The rules of leadership transfer and reads (thesis 3.10, 6.4).
var (
	TransferUpToDate = rule("TransferUpToDate", "thesis 3.10",
		"the target is told to start its election only when its log is the leader's",
		"its matchIndex", "the leader's last index")
	TransferFirst = rule("TransferFirst", "thesis 3.10",
		"a leader that hands its leadership over accepts no commands and no changes until that is over, so that the target can catch up",
		"the target")
	TransferElection = rule("TransferElection", "thesis 3.10",
		"a server that the leader tells to take over starts an election at once, as if its timer had fired",
		"the leader's term", "own currentTerm", "own role", "it may campaign (1: yes)")
	ReadFromLeader = rule("ReadFromLeader", "thesis 6.4",
		"a follower that is asked for a read asks the leader from which index on the answer is up to date; only a leader can say",
		"the leader it knows", "own currentTerm")
	ReadAwaited = rule("ReadAwaited", "thesis 6.4",
		"a read index is for the read that asked for it, and counts once",
		"the read's number", "the read index (0: refused)")
	ReadAfterOwnTerm = rule("ReadAfterOwnTerm", "section 8; thesis 6.4",
		"a leader knows what is committed only once its log has an entry of its own term, and reads wait for that entry",
		"index of the first such entry (0: none)", "own currentTerm")
	ReadConfirmed = rule("ReadConfirmed", "section 8; thesis 6.4",
		"before it answers a read, a leader exchanges heartbeats with a majority, for another may have taken its place",
		"the read's round of heartbeats", "the last round that a majority answered")
	RoundAnswered = rule("RoundAnswered", "thesis 6.4.1",
		"a round of heartbeats that a majority has answered shows that no other server led when it began, and a lease counts from there",
		"the last round that a majority answered", "the one before")
	LeaseHeld = rule("LeaseHeld", "thesis 6.4.1",
		"while its lease lasts, a leader answers reads without heartbeats",
		"the lease holds (1: yes)")
)

// The rules of PreVote, stickiness and CheckQuorum (thesis 4.2.3, 6.2, 9.6).
var (
	Stickiness = rule("Stickiness", "thesis 4.2.3; section 6",
		"a server that heard from a current leader within the minimum election timeout neither votes nor takes the candidate's term",
		"the term asked about", "own currentTerm")
	PreVoteFirst = rule("PreVoteFirst", "thesis 9.6",
		"before it begins a term, a server asks whether a majority would vote for it",
		"the term it would begin")
	CheckQuorumRule = rule("CheckQuorum", "thesis 6.2",
		"a leader that did not hear from a majority within an election timeout steps down",
		"servers heard", "voters", "needed")
)
