// Package raft is the Raft consensus algorithm, to be read beside the paper:
// Diego Ongaro and John Ousterhout, "In Search of an Understandable Consensus
// Algorithm (Extended Version)", and Ongaro's thesis, "Consensus: Bridging
// Theory and Practice". Names are those of the paper's Figure 2; the files
// follow its sections:
//
//	state.go          Figure 2's state, as a value
//	configuration.go  configurations as values (§6)
//	election.go       leader election (§5.2), who may win one (§5.4.1), terms (§5.1)
//	sending.go        what a leader takes, and what it sends (§5.3, §7)
//	replication.go    log replication (§5.3)
//	commit.go         which entries are committed (§5.3, §5.4.2)
//	snapshot.go       log compaction (§7)
//	membership.go     majorities, and how configurations change (§6, thesis 4)
//	transfer.go       leadership transfer (thesis 3.10)
//	read.go           reads that do not go through the log (§8, thesis 6.4)
//	prevote.go        PreVote, CheckQuorum, leader stickiness (thesis 4.2.3, 6.2, 9.6)
//	node.go           how a server starts, and is copied
//	input.go          all that a server can be given, and the one door, Step
//	door.go           what is refused before any rule is checked: messages that no
//	                  correct server sends, stored state and options that
//	                  contradict themselves
//	log.go            the log
//	json.go           stored state and inputs as JSON, without loss
//	rules.go          the rulebook: every rule that the code follows, with its place
//	verdict.go        how the numbers of a decision read
//
// A Node is pure: it has no clock, no network, no disk, no goroutine and no
// randomness. A driver calls Step with one Input at a time (a message, a timer that
// fired, a client's command), and gets one Output: what to save, what to send, what to
// apply, which timers to restart. Everything under Save must be on stable storage
// before the driver acts on anything else in the Output. State is the server's state
// after that, in the terms of Figure 2. It is read-only.
//
// An input that cannot be carried out is a typed error, and changes nothing: *NotLeader
// (ask another server), *Refused (not possible now, or not at all), *Corrupt (a message
// that no correct server can have sent, with a Reason). New returns an error for a
// state that it cannot start from.
//
// A driver must keep three rules. It never changes a Message that was sent. It uses a
// Node from one goroutine at a time. And it never uses a read's number twice for the
// same server, not even after a restart, because a late answer to the first read would
// answer the second.
//
// The example shows a complete driver.
//
// A Node clones cheaply (Clone), and equal inputs make equal Nodes.
package raft
