// Package judge compares one step of a server with the paper. The server is another
// program's: what it reports after an input is held against raftlab's own core,
// which is given the same input from the state that the server reported before.
// What Figure 2 settles is compared, and a difference is a Departure. All is plain
// values; nothing is kept but what the caller keeps.
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
	Disk                   *raft.Stable // what its disk holds before anything is sent
	RestartElection        bool         // it starts its election timer anew
	TookIndex, TookTerm    uint64       // where it says that a client's command stands; 0: it refused the command
}

// Can is what a server says that it does beyond Figure 2, or does not.
type Can struct {
	Snapshot, PreVote, Transfer, Sticky bool
	// as a leader it sends before its own write, and then does not count itself (thesis 10.2.1)
	ParallelWrite bool
	NoDisk        bool // it has no stable storage: judged as if all had been saved
}

// Judge judges the servers of one program.
type Judge struct{ Can Can }

// Kept is what must be known of a server at its next step and that it does not
// report: what the reference knows of votes and of other logs, what the server is
// late with, and what was said of it already. It is a plain value that nobody
// changes in place.
type Kept struct{}

// Hash is a hash of all of it, with the servers' names changed.
func (k *Kept) Hash(r raft.Renaming) uint64 { return 0 }

// Start judges what a server reports when it starts from a disk. committed is the
// commitIndex that the disk tells of, and that may therefore be known again; 0: none.
func (j *Judge) Start(stable *raft.Stable, committed uint64, r *Report) (Kept, []Departure) {
	return Kept{}, nil
}

// Step judges a step: what a server reports after an input. before is the Node
// that raft.Restored or Reported made of what it reported before that, and kept
// what its last step, or its start, came to. Neither is changed.
func (j *Judge) Step(before *raft.Node, kept Kept, in raft.Input, r *Report) (Kept, []Departure) {
	return kept, nil
}
