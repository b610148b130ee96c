package raft

import "strconv"

// Rule is one rule of the paper that the code follows, with all that is said of
// it. What tells of a decision (why, contrast, rule) takes the words from here.
type Rule struct {
	ID     string    // short, stable name
	Place  string    // where the paper or the thesis has it
	Code   []string  // where the code asks it: raft/election.go: observeTerm
	Says   string    // the rule in a sentence, in our words
	More   string    // what follows that sentence, with the mark that joins them; may be ""
	Reason string    // what would go wrong without it, in a sentence
	Args   [4]Number // what the numbers of a Decision are; one without a name is unused
	Pair   [2]int    // which two of them were compared, the first of which had to be greater; equal: none
	Held   string    // what it means that the rule held, as a clause
	Not    string    // what it means that it did not; "" where it always holds when it is asked

	Refuses bool   // it turns something down where it holds; the others do where they do not hold
	Counts  string // what is counted towards each majority: votes; "" where the rule counts none
	// Instead is what made a decision come out so where that was not the Pair, or "" where
	// it was; nil: it always was. Aside tells whether a number had no part in how the decision
	// came out, or is told better by its Halves; nil: all numbers had a part.
	Instead func(d *Decision) string
	Aside   func(d *Decision, i int) bool
}

// InFull is all that the rule says.
func (r *Rule) InFull() string { return r.Says + r.More }

// Number says what one of the numbers of a Decision is.
type Number struct {
	Whose string // the server's that it is of, as the rule says it: own, its, the leader's; else ""
	Other bool   // that is the other server, not the one that decides
	Name  string
	Sense Sense
	Zero  string // what 0 stands for; "" where it is a number like any other
}

// Sense is what a number stands for.
type Sense uint8

const (
	Plain    Sense = iota
	ServerID       // 0: no server
	RoleNumber
	YesOrNo // 1: yes
)

func number(name string) Number { return Number{Name: name} }
func own(name string) Number    { return Number{Whose: "own", Name: name} }
func its(name string) Number    { return Number{Whose: "its", Other: true, Name: name} }
func server(name string) Number { return Number{Name: name, Sense: ServerID} }
func yesNo(name string) Number  { return Number{Name: name, Sense: YesOrNo} }

var ownRole = Number{Whose: "own", Name: "role", Sense: RoleNumber}

// leaders is a number of the leader, which is the other server, or the one that decides.
func leaders(name string, other bool) Number {
	return Number{Whose: "the leader's", Other: other, Name: name}
}

func (n Number) orZero(stands string) Number {
	n.Zero = stands
	return n
}

// Phrase is the number's name with whose it is: own currentTerm.
func (n Number) Phrase() string {
	if n.Whose == "" {
		return n.Name
	}
	return n.Whose + " " + n.Name
}

// String adds what a value stands for that is no number.
func (n Number) String() string {
	switch {
	case n.Sense == YesOrNo:
		return n.Phrase() + " (1: yes)"
	case n.Zero != "":
		return n.Phrase() + " (0: " + n.Zero + ")"
	}
	return n.Phrase()
}

// Text is a value of it as people read it.
func (n Number) Text(v uint64) string {
	switch {
	case n.Sense == YesOrNo && v == 1:
		return "yes"
	case n.Sense == YesOrNo:
		return "no"
	case n.Sense == RoleNumber:
		return Role(v).String()
	case v == 0 && n.Zero != "":
		return n.Zero
	case v == 0 && n.Sense == ServerID:
		return "no one"
	case n.Sense == ServerID:
		return ID(v).String()
	}
	return strconv.FormatUint(v, 10)
}

var rulebook []*Rule

// Rules is the rulebook, in the paper's order.
func Rules() []*Rule { return rulebook }

func rule(r Rule) *Rule {
	rulebook = append(rulebook, &r)
	return &r
}

// The rules for terms (§5.1).
var (
	HigherTerm = rule(Rule{
		ID: "HigherTerm", Place: "Figure 2, All Servers 2; section 5.1",
		Code: []string{"raft/election.go: observeTerm"},
		Says: "a server that sees a higher term than its own adopts it and becomes a follower",
		Reason: "Terms are Raft's clock: a server that kept its old role in a newer term would compete with the " +
			"leader of that term.",
		Args: [4]Number{number("the message's term"), own("currentTerm")}, Pair: [2]int{0, 1},
		Held: "the term is higher, so the server adopts it", Not: "the term is not higher, and changes nothing",
	})
	StaleTerm = rule(Rule{
		ID: "StaleTerm", Place: "Figure 2, RequestVote receiver 1 and AppendEntries receiver 1; section 5.1",
		Code: []string{"raft/election.go: grantsVote", "raft/prevote.go: receivePreVote",
			"raft/replication.go: receiveAppendEntries", "raft/snapshot.go: receiveInstallSnapshot",
			"raft/transfer.go: receiveTimeoutNow"},
		Says: "a request of an older term is refused, and the reply carries the newer term",
		Reason: "A server that asks in an old term has been overtaken by an election, and must no longer vote, " +
			"lead or append.",
		Args: [4]Number{number("the request's term"), own("currentTerm"),
			number("the sender's own term"), yesNo("it is a PreVote")},
		Pair: [2]int{0, 1},
		Held: "the term is old, so the answer is no", Not: "the term is not old",
		Refuses: true, Instead: staleSender, Aside: staleAside,
	})
)

// The rules of elections (§5.2, §5.4.1).
var (
	ElectionTimeoutRule = rule(Rule{
		ID: "ElectionTimeout", Place: "Figure 2, Followers 2 and Candidates 4; section 5.2",
		Code:   []string{"raft/election.go: startElection"},
		Says:   "a server that heard no leader for its election timeout begins an election",
		More:   ": a new term, its own vote, and a request to every other voter",
		Reason: "A cluster whose leader is gone can do nothing until some server asks for votes.",
		Args:   [4]Number{number("the new term"), number("last log index"), number("last log term")},
		Held:   "it begins a term and votes for itself",
	})
	VoteOnce = rule(Rule{
		ID: "VoteOnce", Place: "Figure 2, RequestVote receiver 2; section 5.2",
		Code: []string{"raft/election.go: grantsVote"},
		Says: "a server votes for at most one candidate in a term, first come first served",
		More: "; the same candidate may be told yes again",
		Reason: "Any two majorities share a server: if that server votes only once in a term, the term has at most " +
			"one leader.",
		Args: [4]Number{server("the vote already given in this term").orZero("none"),
			server("the candidate")},
		Held: "it has not voted in this term, or voted for this candidate",
		Not:  "it has voted for another candidate in this term",
	})
	CandidateUpToDate = rule(Rule{
		ID: "CandidateUpToDate", Place: "Figure 2, RequestVote receiver 2; section 5.4.1",
		Code: []string{"raft/election.go: upToDate"},
		Says: "the voter's log must not be more up-to-date than the candidate's",
		More: ": the later last term wins, then the longer log",
		Reason: "A committed entry is on a majority, and every candidate must ask one of these servers. A " +
			"candidate that lacks the entry is refused there, so every later leader has it.",
		Args: [4]Number{number("candidate's last term"), number("candidate's last index"),
			number("voter's last term"), number("voter's last index")},
		Held:    "the candidate's log is as up to date as its own, or more",
		Not:     "its own log is more up-to-date than the candidate's",
		Instead: newerLog,
	})
	VotesOfThisElection = rule(Rule{
		ID: "VotesOfThisElection", Place: "section 5.2",
		Code:   []string{"raft/election.go: receiveRequestVoteReply", "raft/prevote.go: receivePreVoteReply"},
		Says:   "a candidate counts only replies to its present election",
		More:   ": it must still be a candidate, in the term of the reply",
		Reason: "A vote is given for one term: a voter of an earlier one may since have voted for another.",
		Args: [4]Number{number("the answer's term"), own("currentTerm"),
			ownRole, yesNo("it answers a PreVote")},
		Pair: [2]int{0, 1},
		Held: "it counts for this election", Not: "it is not for this election, so it does not count",
		Instead: oldVote, Aside: oldVoteAside,
	})
	Majority = rule(Rule{
		ID: "Majority", Place: "Figure 2, Candidates 2; section 5.2",
		Code: []string{"raft/election.go: haveMajority"},
		Says: "a candidate with the votes of a majority of all voters becomes leader",
		Reason: "Two majorities always share a server, so they cannot contradict each other. Two halves need not " +
			"share one.",
		Args: [4]Number{number("votes"), number("voters"), number("needed")}, Pair: [2]int{0, 2},
		Held: "that is a majority", Not: "that is no majority yet",
		Counts: "votes", Aside: bothHalves,
	})
	NoOpFirst = rule(Rule{
		ID: "NoOpFirst", Place: "section 8; thesis 6.4",
		Code: []string{"raft/election.go: becomeLeader"},
		Says: "a new leader appends an entry of its own term at once, to commit what earlier leaders left and " +
			"to know what is committed",
		Reason: "What earlier leaders left is committed only with an entry of the new leader's term, and it may " +
			"be long until a client sends one.",
		Args: [4]Number{number("index"), own("currentTerm")},
		Held: "so it appends an entry of its own", Not: "noop is off, so it appends none",
	})
	AppendFromLeader = rule(Rule{
		ID: "AppendFromLeader", Place: "Figure 2, Candidates 3; section 5.2",
		Code:   []string{"raft/replication.go: follow"},
		Says:   "a candidate that hears from a leader of its own term becomes its follower",
		Reason: "A term has one leader, so a candidate that hears from it has lost.",
		Args:   [4]Number{leaders("term", true), own("currentTerm")}, Pair: [2]int{0, 1},
		Held: "another leads its term, so it gives way",
	})
)

// The rules of log replication (§5.3).
var (
	AppendCommand = rule(Rule{
		ID: "AppendCommand", Place: "Figure 2, Leaders 2; section 5.3",
		Code:   []string{"raft/replication.go: proposeBatch", "raft/replication.go: propose"},
		Says:   "a leader appends a client's command to its own log first, then sends it to the others",
		Reason: "The leader's log decides the order of the commands, so it comes first and the others copy it.",
		Args:   [4]Number{number("index"), own("currentTerm")},
		Held:   "the command goes to the end of its log",
	})
	SendMissing = rule(Rule{
		ID: "SendMissing", Place: "Figure 2, Leaders 1 and 3; sections 5.2 and 5.3",
		Code: []string{"raft/sending.go: sendAppend"},
		Says: "a leader sends each follower the entries from its nextIndex on",
		More: "; where none are missing, an empty append, the heartbeat that keeps it from an election",
		Reason: "Messages are lost: the leader sends what a follower lacks until it confirms it, and a follower " +
			"that hears nothing for long starts an election.",
		Args: [4]Number{number("nextIndex"), own("last index")}, Pair: [2]int{0, 1},
		Held: "entries are missing there, so they are sent", Not: "none are missing there, so it is a heartbeat",
	})
	PrevLogMatches = rule(Rule{
		ID: "PrevLogMatches", Place: "Figure 2, AppendEntries receiver 2; section 5.3",
		Code: []string{"raft/replication.go: prevMatches"},
		Says: "entries are accepted only if the log holds the entry before them, with the same term",
		More: " (the consistency check)",
		Reason: "If a follower accepts an append only if the entry before it agrees, its log agrees all the " +
			"way. So a confirmation means that everything up to there is stored.",
		Args: [4]Number{number("prevLogIndex"), number("prevLogTerm"),
			own("term there").orZero("none"), own("last index")},
		Held: "it holds the entry before the new ones", Not: "it does not hold the entry before the new ones",
		Instead: nothingThere,
	})
	DeleteConflict = rule(Rule{
		ID: "DeleteConflict", Place: "Figure 2, AppendEntries receiver 3; section 5.3",
		Code: []string{"raft/replication.go: storeEntries"},
		Says: "an entry that conflicts with a new one (same index, another term) is deleted, with all that follow it",
		More: "; entries that agree stay",
		Reason: "Messages come late: an old append is shorter than what the follower has since stored and " +
			"confirmed, and must not take that back.",
		Args: [4]Number{number("index"), own("term there"), leaders("term there", true)}, Pair: [2]int{1, 2},
		Held: "its entry conflicts with the leader's, and is deleted", Not: "its entry is the leader's, and stays",
	})
	AppendNew = rule(Rule{
		ID: "AppendNew", Place: "Figure 2, AppendEntries receiver 4; section 5.3",
		Code:   []string{"raft/replication.go: storeEntries"},
		Says:   "the new entries that the log does not hold yet are appended",
		Reason: "Only what is stored can be confirmed, and only what a majority has stored survives.",
		Args:   [4]Number{number("first index"), number("last index"), number("the last one's term")},
		Held:   "the entries are new, and appended",
	})
	FollowerCommit = rule(Rule{
		ID: "FollowerCommit", Place: "Figure 2, AppendEntries receiver 5; section 5.3",
		Code: []string{"raft/replication.go: receiveAppendEntries"},
		Says: "a follower's commitIndex is the leader's, but no further than the last entry that this message " +
			"has confirmed",
		Reason: "leaderCommit is about the leader's log. Beyond what this append has confirmed, the follower's " +
			"own log may hold something else.",
		Args: [4]Number{number("leaderCommit"), number("last new entry"), own("commitIndex before")},
		Held: "it learns of the commit", Not: "there is nothing new to commit",
		Instead: commitBefore,
	})
	BackOff = rule(Rule{
		ID: "BackOff", Place: "Figure 2, Leaders 3; section 5.3",
		Code: []string{"raft/replication.go: backOff"},
		Says: "a refused append lowers nextIndex and is tried again",
		Reason: "The leader finds the last entry on which the logs agree by going back until the follower " +
			"accepts an append.",
		Args: [4]Number{number("refused prevLogIndex"), number("nextIndex before"),
			number("nextIndex now"), number("matchIndex")}, Pair: [2]int{1, 2},
		Held: "so nextIndex goes back, and the append is tried again",
	})
	ReplyOfThisTerm = rule(Rule{
		ID: "ReplyOfThisTerm", Place: "section 5.1; section 5.3",
		Code:   []string{"raft/replication.go: answered"},
		Says:   "a reply counts only for the leader of the term in which it was sent, and only from a member",
		Reason: "A reply says what a log held when it was sent. In a later term that may have been overwritten.",
		Args: [4]Number{number("the answer's term"), own("currentTerm"),
			ownRole, yesNo("the sender is a member")},
		Pair: [2]int{0, 1},
		Held: "the answer is of this leader's term, and counts", Not: "the answer does not count",
		Instead: oldReply, Aside: oldReplyAside,
	})
	MatchConfirmed = rule(Rule{
		ID: "MatchConfirmed", Place: "Figure 2, Leaders 3; section 5.3",
		Code: []string{"raft/replication.go: confirmed"},
		Says: "a success says up to where the follower's log agrees",
		More: ": matchIndex and nextIndex move up to there, and never back",
		Reason: "What a follower has stored decides what may be committed, and only its own replies tell the " +
			"leader.",
		Args: [4]Number{number("matchIndex before"), number("the reply's matchIndex"),
			number("matchIndex now"), number("nextIndex before")},
		Pair: [2]int{1, 0},
		Held: "so matchIndex goes up", Not: "the leader knew that already, and nothing changes",
	})
	ReplyOfThisMember = rule(Rule{
		ID: "ReplyOfThisMember", Place: "Figure 2, volatile state on leaders; section 6",
		Code: []string{"raft/replication.go: answered"},
		Says: "a reply counts only if it is to something sent since the server was added",
		More: ": as a member before that, it may have had another disk",
		Reason: "A server that was removed may lose its disk and be added again: what it stored before says " +
			"nothing of what it stores now.",
		Args: [4]Number{number("the answer's round of appends"),
			number("the round in which the leader added the server").orZero("it was a member before")},
		Pair: [2]int{0, 1},
		Held: "it answers what was sent since the server was added",
		Not:  "it answers what was sent before the server was added anew, so it does not count",
	})
	RefusalIsCurrent = rule(Rule{
		ID: "RefusalIsCurrent", Place: "section 5.3; section 5.5",
		Code: []string{"raft/replication.go: backOff"},
		Says: "a refusal counts if the refused append began at or before nextIndex, and after what is known to " +
			"match",
		Reason: "Messages come late: an old refusal would move nextIndex back before what has been confirmed " +
			"since.",
		Args: [4]Number{number("refused prevLogIndex"), number("nextIndex"), number("matchIndex")},
		Held: "the refusal counts", Not: "the refusal is old, and does not count",
		Instead: oldRefusal,
	})
)

// The rules of commitment (§5.3, §5.4.2).
var (
	MajorityHolds = rule(Rule{
		ID: "MajorityHolds", Place: "Figure 2, Leaders 4; section 5.3",
		Code: []string{"raft/commit.go: maybeCommit"},
		Says: "an entry that a majority of the servers has stored may be committed",
		Reason: "Every later leader needs the vote of a server that has what a majority has stored, and it survives " +
			"the loss of any minority.",
		Args: [4]Number{number("the highest index that a majority holds"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "a majority holds it", Not: "a majority holds no more than what is committed",
		Counts: "holders",
	})
	CurrentTermOnly = rule(Rule{
		ID: "CurrentTermOnly", Place: "Figure 2, Leaders 4; section 5.4.2; Figure 8",
		Code: []string{"raft/commit.go: maybeCommit"},
		Says: "a leader commits by counting only entries of its own term",
		More: "; earlier ones are committed with them",
		Reason: "An entry of an older term can be on a majority and still be overwritten by a server whose last " +
			"entry is of a later term; an entry of the leader's own term shuts that server out (Figure 8).",
		Args: [4]Number{number("index"), number("the entry's term"), own("currentTerm")}, Pair: [2]int{1, 2},
		Held: "the entry is of the leader's own term",
		Not:  "the entry is of an earlier term, so counting servers does not commit it",
	})
	ApplyCommitted = rule(Rule{
		ID: "ApplyCommitted", Place: "Figure 2, All Servers 1; section 5.3",
		Code: []string{"raft/commit.go: advanceCommit"},
		Says: "what is committed and not applied yet is applied to the state machine, in the order of the log",
		Reason: "State machines that apply the same commands in the same order stay the same; what is not " +
			"committed may still be replaced.",
		Args: [4]Number{number("commitIndex"), number("lastApplied before")}, Pair: [2]int{0, 1},
		Held: "so it is applied",
	})
)

// The rules of snapshots (§7).
var (
	SnapshotOfApplied = rule(Rule{
		ID: "SnapshotOfApplied", Place: "section 7; Figure 12",
		Code:   []string{"raft/snapshot.go: compact"},
		Says:   "a snapshot covers applied entries only, and replaces the log up to the last of them",
		Reason: "What a snapshot replaces cannot be taken back, so it must be committed.",
		Args: [4]Number{number("lastIncludedIndex"), number("lastApplied"),
			number("first index before")}, Pair: [2]int{0, 1},
		Held: "it is applied, so a snapshot may cover it", Not: "it is not applied yet",
	})
	NeedSnapshot = rule(Rule{
		ID: "NeedSnapshot", Place: "section 7",
		Code: []string{"raft/sending.go: sendAppend"},
		Says: "a follower that needs an entry which the leader has discarded is sent the snapshot instead",
		Reason: "A follower that needs what the log no longer holds can only be brought up to date by the state " +
			"itself.",
		Args: [4]Number{number("nextIndex"), leaders("first index", false)}, Pair: [2]int{0, 1},
		Held: "the entry is gone from the leader's log", Not: "the entry is in the leader's log",
	})
	SnapshotIsNewer = rule(Rule{
		ID: "SnapshotIsNewer", Place: "Figure 13, receiver 5; section 7",
		Code:   []string{"raft/snapshot.go: receiveInstallSnapshot"},
		Says:   "a snapshot that covers no more than what is committed already changes nothing",
		Reason: "An old snapshot knows less than the server has applied already.",
		Args:   [4]Number{number("lastIncludedIndex"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "it covers more than what is committed here", Not: "it covers nothing new",
	})
	SnapshotKeepsSuffix = rule(Rule{
		ID: "SnapshotKeepsSuffix", Place: "Figure 13, receiver 6; section 7",
		Code:   []string{"raft/snapshot.go: receiveInstallSnapshot"},
		Says:   "where the log has the snapshot's last entry, with its term, the entries after it stay",
		More:   "; else the log is discarded",
		Reason: "A leader may have counted the entries after the snapshot for a majority.",
		Args: [4]Number{number("lastIncludedIndex"), number("lastIncludedTerm"),
			own("term there").orZero("none")}, Pair: [2]int{1, 2},
		Held: "the log holds its last entry, and keeps what follows",
		Not:  "the log does not hold its last entry, and is discarded",
	})
)

// The rules of membership changes (§6, thesis 4).
var (
	ConfigurationInForce = rule(Rule{
		ID: "ConfigurationInForce", Place: "thesis 4.1; section 6",
		Code: []string{"raft/state.go: appendEntry"},
		Says: "a server uses the latest configuration in its log, committed or not",
		Reason: "If a server waited for the commit, it would count majorities of a cluster that the leader has " +
			"left already.",
		Args: [4]Number{number("index of the configuration")},
		Held: "it is in force as soon as it is in the log",
	})
	LearnerCaughtUp = rule(Rule{
		ID: "LearnerCaughtUp", Place: "thesis 4.2.1",
		Code: []string{"raft/membership.go: promote"},
		Says: "a learner is given a vote only when it holds what is committed",
		Reason: "A voter whose log is far behind raises the majority that is needed without helping to reach it, so " +
			"nothing could be committed until it has caught up.",
		Args: [4]Number{its("matchIndex"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "the learner has caught up", Not: "the learner has not caught up",
	})
	OneChangeAtATime = rule(Rule{
		ID: "OneChangeAtATime", Place: "thesis 4.1; section 6",
		Code:   []string{"raft/membership.go: mayChange"},
		Says:   "a new change waits until the last configuration is committed",
		Reason: "Two changes under way at once can have majorities that share no server.",
		Args:   [4]Number{number("index of the last configuration"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "no other change is under way", Not: "another change is not committed yet",
		Instead: jointInForce,
	})
	OwnTermFirst = rule(Rule{
		ID: "OwnTermFirst", Place: "Ongaro's correction of 2015 to thesis 4.1",
		Code: []string{"raft/membership.go: mayChange"},
		Says: "a leader changes the membership only after an entry of its own term is committed",
		Reason: "A new leader may not know of a configuration that was committed before it; changes made from " +
			"different configurations can have majorities that share no server.",
		Args: [4]Number{number("term of the last committed entry"), own("currentTerm")}, Pair: [2]int{0, 1},
		Held: "an entry of its own term is committed", Not: "no entry of its own term is committed yet",
	})
	OneServerAtATime = rule(Rule{
		ID: "OneServerAtATime", Place: "thesis 4.1",
		Code: []string{"raft/membership.go: changeOne"},
		Says: "without joint consensus at most one server is added or removed, so that majorities overlap",
		Reason: "If two configurations differ by one server, any two of their majorities share a server. If they " +
			"differ by two, they need not.",
		Args: [4]Number{number("servers that differ")},
		Held: "one server at most differs", Not: "more than one server differs",
	})
	JointThenNew = rule(Rule{
		ID: "JointThenNew", Place: "section 6; Figure 11",
		Code: []string{"raft/membership.go: configurationCommitted"},
		Says: "the new configuration is appended only after the joint one is committed by both majorities",
		Reason: "Servers switch at different moments. Until all have, an old and a new majority that share no server " +
			"could each elect a leader (Figure 10).",
		Args: [4]Number{number("index of the joint configuration"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "the joint configuration is committed, so the new one follows",
		Not:  "the joint configuration is not committed yet",
	})
	RemovedLeaderStepsDown = rule(Rule{
		ID: "RemovedLeaderStepsDown", Place: "thesis 4.2.2; section 6",
		Code: []string{"raft/membership.go: configurationCommitted"},
		Says: "a leader that is not in the new configuration steps down when that is committed",
		Reason: "A leader that is no longer a member manages a cluster that does not count it; until the change " +
			"is committed it is still needed.",
		Args: [4]Number{number("index of the configuration"), own("commitIndex")}, Pair: [2]int{0, 1},
		Held: "the configuration without it is committed, so it steps down",
		Not:  "the configuration without it is not committed yet, so it still leads",
	})
)

// The rules of leadership transfer and reads (thesis 3.10, 6.4).
var (
	TransferUpToDate = rule(Rule{
		ID: "TransferUpToDate", Place: "thesis 3.10",
		Code:   []string{"raft/transfer.go: sendTimeoutNow"},
		Says:   "the target is told to start its election only when its log is the leader's",
		Reason: "A target whose log is behind cannot win, and meanwhile there is no leader.",
		Args:   [4]Number{its("matchIndex"), leaders("last index", false)}, Pair: [2]int{0, 1},
		Held: "its log is the leader's, so it may begin", Not: "its log is not the leader's yet",
	})
	TransferFirst = rule(Rule{
		ID: "TransferFirst", Place: "thesis 3.10",
		Code: []string{"raft/sending.go: mayAppend"},
		Says: "a leader that hands its leadership over accepts no commands and no changes until that is over, " +
			"so that the target can catch up",
		Reason: "A leader that keeps accepting commands may never see the target's log reach the end of its own.",
		Args:   [4]Number{server("the target")},
		Held:   "it hands its leadership to no other server",
		Not:    "it is handing its leadership over, and accepts nothing until then",
	})
	TransferElection = rule(Rule{
		ID: "TransferElection", Place: "thesis 3.10",
		Code: []string{"raft/transfer.go: receiveTimeoutNow"},
		Says: "a server that the leader tells to take over starts an election at once, as if its timer had fired",
		Reason: "The old leader has stopped accepting commands: each tick that its successor waits is a tick " +
			"without service.",
		Args: [4]Number{leaders("term", true), own("currentTerm"),
			ownRole, yesNo("it may campaign")},
		Held: "so it begins an election at once", Not: "it begins no election",
		Instead: mayNotCampaign,
	})
	ReadFromLeader = rule(Rule{
		ID: "ReadFromLeader", Place: "thesis 6.4",
		Code:   []string{"raft/read.go: read", "raft/read.go: receiveReadIndex"},
		Says:   "a follower that is asked for a read asks the leader from which index on the answer is up to date",
		More:   "; only a leader can say",
		Reason: "A follower may be behind: only the leader can know what is committed.",
		Args:   [4]Number{server("the leader it knows"), own("currentTerm")},
		Held:   "it asks the leader", Not: "it does not lead, so it cannot say",
	})
	ReadAwaited = rule(Rule{
		ID: "ReadAwaited", Place: "thesis 6.4",
		Code:   []string{"raft/read.go: receiveReadIndexReply"},
		Says:   "a read index is for the read that asked for it, and counts once",
		Reason: "Messages come late and twice: an index that belongs to another read may be too low for this one.",
		Args:   [4]Number{number("the read's number"), number("the read index").orZero("refused")},
		Held:   "it is for a read that waits here", Not: "no read waits for it here any more",
	})
	ReadAfterOwnTerm = rule(Rule{
		ID: "ReadAfterOwnTerm", Place: "section 8; thesis 6.4",
		Code: []string{"raft/read.go: startRead"},
		Says: "a leader knows what is committed only once its log has an entry of its own term, and reads wait " +
			"for that entry",
		Reason: "A new leader has every committed entry but does not know yet which they are, so its answer " +
			"could miss a write that was acknowledged.",
		Args: [4]Number{number("index of the first such entry").orZero("none"), own("currentTerm")},
		Held: "its log has an entry of its own term",
		Not:  "its log has no entry of its own term, so it cannot know what is committed",
	})
	ReadConfirmed = rule(Rule{
		ID: "ReadConfirmed", Place: "section 8; thesis 6.4",
		Code: []string{"raft/read.go: confirmReads"},
		Says: "before it answers a read, a leader exchanges heartbeats with a majority, because another " +
			"leader may have replaced it",
		Reason: "A leader that was replaced does not know it, and would answer without what its successor has " +
			"committed.",
		Args: [4]Number{number("the read's round of heartbeats"),
			number("the last round that a majority answered")},
		Pair:   [2]int{0, 1},
		Held:   "a majority has answered since the read came, so it still led then",
		Not:    "no majority has answered since the read came",
		Counts: "answers",
	})
	RoundAnswered = rule(Rule{
		ID: "RoundAnswered", Place: "thesis 6.4.1",
		Code: []string{"raft/read.go: confirmReads"},
		Says: "a round of heartbeats that a majority has answered shows that no other server led when it " +
			"began, and a lease counts from there",
		Reason: "A majority that answers a round followed no other leader when it began.",
		Args:   [4]Number{number("the last round that a majority answered"), number("the one before")},
		Pair:   [2]int{0, 1},
		Held:   "a majority has answered another round", Not: "no majority has answered another round",
		Counts: "answers",
	})
	LeaseHeld = rule(Rule{
		ID: "LeaseHeld", Place: "thesis 6.4.1",
		Code: []string{"raft/read.go: startRead"},
		Says: "while its lease lasts, a leader answers reads without heartbeats",
		Reason: "A lease says that no other server can have been elected. It holds only while every voter " +
			"refuses other candidates, and only if all clocks run at about the same speed.",
		Args: [4]Number{yesNo("the lease holds")},
		Held: "its lease lasts, so it answers at once", Not: "it has no lease, so it asks a majority",
	})
)

// The rules of PreVote, stickiness and CheckQuorum (thesis 4.2.3, 6.2, 9.6).
var (
	Stickiness = rule(Rule{
		ID: "Stickiness", Place: "thesis 4.2.3; section 6",
		Code: []string{"raft/prevote.go: heardRecently"},
		Says: "a server that heard from a current leader within the minimum election timeout neither votes nor " +
			"adopts the candidate's term",
		Reason: "A server that was removed, or cut off, would otherwise depose a leader that the others hear well.",
		Args:   [4]Number{number("the term asked about"), own("currentTerm")},
		Held:   "it heard from a leader recently, so it does not vote", Not: "it heard from no leader recently",
		Refuses: true,
	})
	PreVoteFirst = rule(Rule{
		ID: "PreVoteFirst", Place: "thesis 9.6",
		Code: []string{"raft/prevote.go: startPreVote"},
		Says: "before it begins a term, a server asks whether a majority would vote for it",
		Reason: "A server that cannot win would otherwise raise the term and depose the leader when it is heard " +
			"again.",
		Args: [4]Number{number("the term it would begin")},
		Held: "so it asks first, and begins no term",
	})
	CheckQuorumRule = rule(Rule{
		ID: "CheckQuorum", Place: "thesis 6.2",
		Code: []string{"raft/prevote.go: heardMajority"},
		Says: "a leader that did not hear from a majority within an election timeout steps down",
		Reason: "A leader that reaches no majority commits nothing, and keeps servers that do reach one from " +
			"electing a better leader.",
		Args: [4]Number{number("servers heard"), number("voters"), number("needed")}, Pair: [2]int{0, 2},
		Held: "a majority has answered", Not: "no majority has answered",
		Counts: "servers heard", Aside: bothHalves,
	})
)
