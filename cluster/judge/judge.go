// Package judge compares one step of a server that is another program with the paper.
// It compares what the server reports after an input with what raftlab's own core does
// with the same input, from the state that the server reported before. Only what
// Figure 2 determines is compared; a difference is a Departure. Everything is a plain
// value, and the package itself keeps nothing.
//
//	compare.go  what is compared, in order
//	step.go     a step, with the reference's
//	replies.go  what the server replies to a request
//	state.go    term, vote, role, the votes counted, matchIndex
//	log.go      the log, and the entry of a client's command
//	commit.go   commitIndex and lastApplied
//	snapshot.go snapshots that it takes, receives and sends
//	sends.go    the requests that it sends, and its election timer
//	disk.go     what must be on its disk before it sends
//	start.go    how it starts
//	kept.go     what must be remembered from one step to the next
//	rules.go    the rules that a departure may name
package judge

import (
	"fmt"

	"raftlab/raft"
)

// Kind is how a step departs from the paper.
type Kind string

// The kinds of departures.
const (
	Forbidden Kind = "forbidden" // the server did what the paper rules out
	Missing   Kind = "missing"   // it left out what the paper demands in this very step
	Late      Kind = "late"      // it left out what may come a little later: listed, and stops nothing
)

// Departure is one difference between what a server did and what the paper says.
type Departure struct {
	Server   raft.ID
	Kind     Kind
	Rule     *raft.Rule // one of Rules
	Compared []Compared // what was compared
	Did      string     // what the server did, as a clause: "it votes for S3 in term 2"
	Paper    string     // what the paper says to that, in a few words: "no"
	Yours    string     // what the server says, in the same words: "yes"
}

// Sentence is the departure in a sentence; position is that of the step.
func (d *Departure) Sentence(position uint64) string {
	return fmt.Sprintf("%s departs from the paper at #%d: %s.", d.Server, position, d.Did)
}

// Verdict is what the paper says and what the server says, as a clause.
func (d *Departure) Verdict() string {
	return fmt.Sprintf("the paper says %s, your server says %s", d.Paper, d.Yours)
}

// Compared is one of the values that were compared: its name and the value, in words.
type Compared struct{ What, Value string }

// Report is what a server reports of one step, or of its start.
type Report struct {
	// State is its state after the step. It must come from raft.Restored or Reported,
	// which add the configuration of its log.
	State *raft.State
	// TellsVotes and TellsMatch say that the server reported State.Votes, and the
	// matchIndex in State.Peers. Otherwise they are unknown.
	TellsVotes, TellsMatch bool
	Send                   []raft.Envelope
	Disk                   *raft.Stable // what its disk holds before anything is sent; nil is not looked at
	RestartElection        bool         // it starts its election timer anew
	TookIndex, TookTerm    uint64       // where it says that a client's command stands; 0: it refused the command
}

// Can is what a server says it does beyond Figure 2, or does not do.
type Can struct {
	PreVote       bool // it asks before it begins a term (thesis 9.6)
	Sticky        bool // it does not vote while it hears a leader (thesis 4.2.3)
	ParallelWrite bool // as a leader it sends before its own write, and then does not count itself (thesis 10.2.1)
	NoDisk        bool // it has no stable storage: judged as if everything had been saved
}
