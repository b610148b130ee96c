package rules

import (
	"slices"

	"raftlab/cluster/judge"
	"raftlab/raft"
)

// The mistakes that are made outside the core, by the driver, which owns disk, time and
// clients, and by the state machine. The wrong line is beside the right one, where the code
// asks with bug whether it must run.
const (
	AckBeforeDurable raft.Mutants = raft.Outside << iota
	AckBeforeCommit
	NoSessions
	LocalRead
	LeaseAndClock
	RemovedDisrupts
	PartialPartition
	RepliesBeforeSaving
	TwoWrites
	AppliesOutOfOrder
)

// later is the bugs that no riddle draws, so that a seed draws what it always drew.
const later = raft.Outside - raft.StepDownClearsVote | ^(RepliesBeforeSaving - 1)

// The rules that only the driver can follow.
var (
	StableFirst   = judge.StableFirst
	AnswerApplied = &raft.Rule{ID: "AnswerApplied", Place: "Figure 2, Leaders 2; section 5.3",
		Code:   []string{"cluster/requests.go: ask"},
		Says:   "a server replies to a client when its entry is committed and applied, not before",
		Reason: "An entry that is only appended may yet be overwritten, and the client believes it done."}
	ApplyOnce = &raft.Rule{ID: "ApplyOnce", Place: "section 8; thesis 6.3",
		Code: []string{"cluster/act.go: twice"},
		Says: "a command whose number was applied already gets its reply, and is not applied again",
		Reason: "A client that got no answer must ask again, and cannot know whether its command was done " +
			"already."}
	LeaseEndsFirst = &raft.Rule{ID: "LeaseEndsFirst", Place: "thesis 6.4.1",
		Code:   []string{"cluster/clock.go: passFrozen", "cluster/clock.go: tickServer"},
		Says:   "a leader's lease is over, by every server's clock, before another leader can be elected",
		Reason: "A leader whose lease lasts longer than its voters wait answers reads beside its successor."}
)

// Driver is the rules that only the driver can follow.
func Driver() []*raft.Rule {
	return []*raft.Rule{StableFirst, AnswerApplied, ApplyOnce, LeaseEndsFirst}
}

// AllBugs is the one catalogue: every mistake that a server can be made to
// make, the core's and then the driver's.
func AllBugs() []raft.Mutant { return allBugs }

var allBugs = slices.Concat(raft.AllMutants(), []raft.Mutant{
	{Bit: AckBeforeDurable, Name: "ack-before-durable", Violates: StableFirst, Breaks: "Leader Completeness", Nodes: 3,
		Says:  "entries are acknowledged before they are on stable storage, where nothing but `sync` brings them",
		Story: "S2 acknowledges and crashes; S1 dies; S2 and S3 continue without the entry",
		Seen:  "seen in tikv (994) and yugabyte-db (32875)"},
	{Bit: AckBeforeCommit, Name: "ack-before-commit", Violates: AnswerApplied, Breaks: "Durability", Nodes: 3,
		Says:  "the leader replies to the client as soon as the entry is appended",
		Story: "a leader that is cut off answers, and is overwritten",
		Seen:  "seen in students' code"},
	{Bit: NoSessions, Name: "no-sessions", Violates: ApplyOnce, Breaks: "linearizability", Nodes: 3,
		Needs: []raft.Need{{Setting: "sessions", Value: "on"}},
		Says:  "a retried command is applied twice, because no server looks at its number",
		Story: "the reply is lost, and the client retries",
		Seen:  "ruled out by section 8"},
	{Bit: LocalRead, Name: "local-read", Violates: raft.ReadConfirmed, Breaks: "linearizability", Nodes: 3,
		Needs: []raft.Need{{Setting: "reads", Value: "read-index"}},
		Says:  "a server that believes that it leads answers reads at once",
		Story: "a deposed leader that does not know it answers",
		Seen:  "described in thesis 6.4"},
	{Bit: LeaseAndClock, Name: "lease-and-clock", Violates: LeaseEndsFirst, Breaks: "linearizability", Nodes: 3,
		Needs: []raft.Need{{Setting: "reads", Value: "lease"}},
		Says:  "the lease is counted by a clock of half the speed",
		Story: "the lease outlives the election timeout, and a deposed leader answers",
		Seen:  "seen in tikv (964), and across a transfer in openraft (1748)"},
	{Bit: RemovedDisrupts, Name: "removed-disrupts", Violates: raft.Stickiness, Breaks: "liveness", Nodes: 4,
		Needs: []raft.Need{{Setting: "stickiness", Value: "on"}},
		Says:  "plain Figure 2: a removed server's requests are answered, as if `stickiness` were off",
		Story: "it times out for ever, and deposes each leader",
		Seen:  "seen in logcabin (56), and described in thesis 4.2.3"},
	{Bit: PartialPartition, Name: "partial-partition", Violates: raft.PreVoteFirst, Breaks: "liveness", Nodes: 5,
		Needs: []raft.Need{{Setting: "prevote", Value: "on"}, {Setting: "check-quorum", Value: "on"}},
		Says:  "plain Figure 2: neither PreVote nor CheckQuorum, as if both were off",
		Story: "S1, S2 and S3 reach each other, S4 only S2, S5 only S3: elections never end",
		Seen:  "seen in a public outage of 2020"},
	{Bit: RepliesBeforeSaving, Name: "replies-before-saving", Violates: StableFirst,
		Breaks: "Election Safety", Nodes: 3,
		Says:  "a server replies first and saves then, so that its disk lacks its last step",
		Story: "S3 votes for S1, crashes before the vote is on disk, and votes for S2",
		Seen:  "seen in students' code"},
	{Bit: TwoWrites, Name: "two-writes", Violates: StableFirst, Breaks: "Election Safety", Nodes: 3,
		Says:  "a new term and the vote in it are saved one after the other, and the reply is sent between the two",
		Story: "S3 takes term 1, votes for S1, crashes before the vote is on disk, and votes for S2",
		Seen:  "seen in students' code"},
	{Bit: AppliesOutOfOrder, Name: "applies-out-of-order", Violates: raft.ApplyCommitted,
		Breaks: "State Machine Safety", Nodes: 3, Needs: []raft.Need{{Setting: "snapshot-every", Value: "1"}},
		Says:  "after a snapshot is installed, entries that it covers are applied again",
		Story: "S3 holds x=1, gets a snapshot with x=2, and applies x=1 after it",
		Seen:  "seen in students' code"},
})

// FindBug is the mistake of that name, or nil.
func FindBug(name string) *raft.Mutant {
	all := AllBugs()
	if i := slices.IndexFunc(all, func(m raft.Mutant) bool { return m.Name == name }); i >= 0 {
		return &all[i]
	}
	return nil
}

// Mistakes is the mistakes of each server, S1's first; if it is nil, no server makes any. It is
// never changed in place.
type Mistakes []raft.Mutants

// Of is the mistakes of a server. One that was created after they were switched on
// makes those that all the others make.
func (m Mistakes) Of(id raft.ID) raft.Mutants {
	switch {
	case len(m) == 0:
		return 0
	case int(id) <= len(m):
		return m[id-1]
	}
	common := ^raft.Mutants(0)
	for _, each := range m {
		common &= each
	}
	return common
}

// All is the mistakes that some server makes, and Any tells whether there is one.
func (m Mistakes) All() (all raft.Mutants) {
	for _, each := range m {
		all |= each
	}
	return all
}

func (m Mistakes) Any() bool { return m.All() != 0 }
