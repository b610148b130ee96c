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
//	door.go           what is refused before any rule is asked: messages that no
//	                  correct server sends, stored state and options that
//	                  contradict themselves
//	log.go            the log
//	json.go           stored state and inputs as JSON, without loss
//	rules.go          the rulebook: every rule the code follows, with its place
//
// A Node is pure: it has no clock, no network, no disk, no goroutine and no
// randomness. A driver gives it one Input at a time (a message, a timer that
// ran out, a client's command), by Step, and gets one Output: what to save, what
// to send, what to apply, which timers to restart. Everything under Save must be
// on stable storage before anything else of the Output is acted on. State is what
// the server is then: Figure 2, to be read.
//
// What cannot be done is a typed error, and nothing has changed then: *NotLeader
// (ask another server), *Refused (not now, or not so), *Corrupt (a message that
// no correct server can have sent, with a Reason). New refuses what it cannot
// start from. Three things are the driver's to see to: a Message is never changed
// after it was sent; a Node is used by one goroutine at a time; and a read's number
// is never used again for the same server, not after a restart either, for a late
// answer to the first would answer the second.
//
// The example shows a whole driver.
//
// A Node clones cheaply (Clone), and equal inputs make equal Nodes.
package raft
