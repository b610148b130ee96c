// Package judge compares one step of a server with the paper. The server is another
// program's: what it reports after an input is compared with what raftlab's own core
// does with the same input, from the state that the server reported before. What
// Figure 2 settles is compared, and a difference is a Departure; what it leaves free
// is not. Everything is a plain value, and nothing is kept but what the caller keeps.
//
//	compare.go  the rows of the comparison, in their order
//	step.go     a step, beside the reference's
//	replies.go  what the server replies to a request
//	state.go    term, vote, role, the votes counted, matchIndex
//	log.go      the log, and what a client's command came to
//	commit.go   commitIndex and lastApplied
//	snapshot.go snapshots that it takes, is sent and sends
//	sends.go    what it sends of its own, its election timer, its disk
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

// Verdict is who says what, as a clause.
func (d *Departure) Verdict() string {
	return fmt.Sprintf("the paper says %s, your server says %s", d.Paper, d.Yours)
}

// Compared is one of the values that were compared: what it is, in words, and the
// value as people read it.
type Compared struct{ What, Value string }

// Report is what a server reports of one step, or of its start, from the outside.
type Report struct {
	// State is how it is now. It is one that raft.Restored or Reported made, so
	// that it has the configuration of its log.
	State *raft.State
	// TellsVotes and TellsMatch: its State.Votes and the matchIndex in its
	// State.Peers are what it said, and not merely unknown.
	TellsVotes, TellsMatch bool
	Send                   []raft.Envelope
	Disk                   *raft.Stable // what its disk holds before anything is sent; nil is not looked at
	RestartElection        bool         // it starts its election timer anew
	TookIndex, TookTerm    uint64       // where it says that a client's command stands; 0: it refused the command
}

// Can is what a server says that it does beyond Figure 2, or does not.
type Can struct {
	Snapshot, Transfer bool
	PreVote            bool // it asks before it begins a term (thesis 9.6)
	Sticky             bool // it does not vote while it hears a leader (thesis 4.2.3)
	ParallelWrite      bool // as a leader it sends before its own write, and then does not count itself (thesis 10.2.1)
	NoDisk             bool // it has no stable storage: judged as if everything had been saved
}
