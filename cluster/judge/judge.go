// Package judge compares one step of a server with the paper. The server is another
// program's: what it reports after an input is compared with what raftlab's own core
// does with the same input, from the state that the server reported before. What
// Figure 2 settles is compared, and a difference is a Departure; what it leaves free
// is not. Everything is a plain value, and nothing is kept but what the caller keeps.
//
//	step.go     the reference, and the rows of the comparison in their order
//	replies.go  what the server replies to a request
//	state.go    term, vote, role, the votes counted, matchIndex
//	log.go      the log, and what a client's command came to
//	commit.go   commitIndex and lastApplied
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

// Judge judges the servers of one program.
type Judge struct{ Can Can }

// Step judges a step: what a server reports after an input. before is the Node
// that raft.Restored or Reported made of what it reported before that, and kept is
// what its last step, or its start, came to. Neither is changed. The departures
// come in the order in which a step is compared.
func (j *Judge) Step(before *raft.Node, kept Kept, in raft.Input, r *Report) (Kept, []Departure) {
	var first *step
	for _, c := range j.choices() {
		if c.forgets && !kept.heard {
			continue // it is as the choice before
		}
		s := &step{judge: j, node: before, before: before.State(), kept: kept, in: in, report: r, after: r.State,
			choice: c}
		s.compare()
		if len(s.found) == 0 {
			return s.keep(), nil
		}
		if first == nil {
			first = s
		}
	}
	return first.keep(), first.found
}

// Reference is what raftlab's own core does with an input in a server's place, with
// all that it decides. An error says that nothing is settled, as that of Node.Step.
func (j *Judge) Reference(before *raft.Node, kept Kept, in raft.Input) (*raft.Output, error) {
	s := &step{judge: j, node: before, before: before.State(), kept: kept, in: in, choice: j.choices()[0]}
	out := &raft.Output{Record: true}
	return out, s.reference().Step(in, out)
}

// choice is what the paper leaves a server to choose.
type choice struct {
	options *raft.Options
	forgets bool // it does not remember that it heard a leader
}

// plain is Figure 2 with nothing beyond it.
var plain = []choice{{options: &raft.Options{}}}

// choices is what the paper leaves this server to choose: with any of them it is
// right. One that can ask before it begins a term, or not vote while it hears a
// leader, need not do so, and may have heard none lately.
func (j *Judge) choices() []choice {
	if !j.Can.PreVote && !j.Can.Sticky {
		return plain
	}
	var all []choice
	for bits := range 4 {
		o := &raft.Options{PreVote: bits&1 == 0, StickyFollower: bits&2 == 0, AskedFirst: j.Can.PreVote}
		if o.PreVote && !j.Can.PreVote || o.StickyFollower && !j.Can.Sticky {
			continue
		}
		all = append(all, choice{options: o}, choice{o, true})
	}
	return all
}
