package judge

import (
	"errors"

	"raftlab/raft"
)

// Judge judges the servers of one program.
type Judge struct{ Can Can }

// Step judges a step: what a server reports after an input. before is the Node that
// raft.Restored or Reported made of the report before that, and kept is what the last Step,
// or Start, returned. Neither is changed. Where the paper leaves a choice, the departures are
// those of the choice that has the fewest. They are in the order in which a step is compared.
func (j *Judge) Step(before *raft.Node, kept Kept, in raft.Input, r *Report) (Kept, []Departure) {
	var best *step
	for _, c := range j.choices() {
		if c.forgets && !kept.heard {
			continue // the same as the choice before
		}
		s := &step{can: j.Can, node: before, before: before.State(), kept: kept, in: in, report: r, after: r.State,
			choice: c}
		s.compare()
		if len(s.found) == 0 {
			return s.keep(), nil
		}
		if best == nil || s.stops() < best.stops() {
			best = s
		}
	}
	return best.keep(), best.found
}

// stops is how many of a step's departures are not merely late.
func (s *step) stops() (n int) {
	for i := range s.found {
		if s.found[i].Kind != Late {
			n++
		}
	}
	return n
}

// Reference is what raftlab's own core does with an input in a server's place, with all that
// it decides. An error is that of Node.Step, and says that the paper settles nothing.
func (j *Judge) Reference(before *raft.Node, kept Kept, in raft.Input) (*raft.Output, error) {
	s := &step{can: j.Can, node: before, before: before.State(), kept: kept, in: in, choice: j.choices()[0]}
	out := &raft.Output{Record: true}
	return out, s.reference().Step(in, out)
}

// plain is the choice of a server that does nothing beyond Figure 2.
var plain = []choice{{options: &raft.Options{}}}

// choices is what the paper leaves this server to choose; each of them is correct. A server
// that can ask before it begins a term, or refuse votes while it hears a leader, need not do
// so. It may also have forgotten that it heard one.
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

// rows is what is compared, in the order in which a step's departures are told.
var rows = []func(*step){
	(*step).replies,
	(*step).currentTerm,
	(*step).votedFor,
	(*step).role,
	(*step).votes,
	(*step).matchIndex,
	(*step).clientCommand,
	(*step).leadersLog,
	(*step).followersLog,
	(*step).commitIndex,
	(*step).lastApplied,
	(*step).snapshot,
	(*step).sends,
	(*step).leavesOut,
	(*step).electionTimer,
	(*step).disk,
}

// compare compares the step, row by row. If no correct server can have sent the input, or
// Figure 2 says nothing about it, only what must never go back is compared.
func (s *step) compare() {
	s.owed, s.missed, s.unsaved = s.kept.owed, s.kept.missed, s.kept.unsaved
	ref := s.reference()
	err := ref.Step(s.in, &s.out)
	s.ref = ref.State()
	var notLeader *raft.NotLeader
	if s.settled = s.isFigure2s() && (err == nil || errors.As(err, &notLeader)); !s.settled {
		s.monotony()
		return
	}
	for _, row := range rows {
		row(s)
	}
}

// keep is what must be known at the next step.
func (s *step) keep() Kept {
	a := s.after
	k := Kept{unsaved: s.unsaved}
	stays := s.stays() && a.Role == s.before.Role
	if stays || a.Role == raft.Follower && s.before.Role == raft.Follower {
		k.owed, k.missed = s.owed, s.missed
	}
	if stays {
		k.blind = s.kept.blind || !s.settled && s.in.Kind == raft.OnMessage && a.Role != raft.Follower
	}
	if k.owed <= a.CommitIndex {
		k.owed = 0
	}
	if k.missed <= a.CommitIndex {
		k.missed = 0
	}
	s.keepLeader(&k)
	agrees := s.sameTerm() && a.Role == s.ref.Role // else the reference knows nothing of its election or its followers
	switch a.Role {
	case raft.Candidate, raft.PreCandidate:
		k.votes = s.keepVotes(agrees, stays)
	case raft.Leader:
		if agrees {
			k.transferee = s.ref.Transferee
			k.match = s.untold(s.ref)
		} else if stays {
			k.match = s.kept.match
		}
	}
	return k
}

// keepVotes is the votes that a candidate was sent and does not report.
func (s *step) keepVotes(agrees, stays bool) (votes raft.Set) {
	if agrees {
		votes = s.ref.Votes
	} else if stays {
		votes = s.kept.votes
	}
	if s.report.TellsVotes {
		votes = votes.Minus(s.after.Votes)
	}
	if s.after.VotedFor == s.after.ID {
		votes = votes.Without(s.after.ID)
	}
	return votes
}

// keepLeader notes what is known of the leader that the server heard.
func (s *step) keepLeader(k *Kept) {
	if s.after.VotedFor == 0 { // else no other server can get its vote in this term anyway
		k.led = s.stays() && s.kept.led || s.settled && s.sameTerm() && s.heardLeader()
	}
	if k.heard = s.kept.heard; s.settled && (s.can.PreVote || s.can.Sticky) {
		k.heard = s.ref.HeardLeader
	}
}

// untold is the reference's matchIndex for each server for which it is above the one that the
// leader reports; nil if there is none.
func (s *step) untold(ref *raft.State) []uint64 {
	var match []uint64
	for id := range ref.Peers {
		known := ref.Peers[id].MatchIndex
		if known == 0 || id < len(s.after.Peers) && s.after.Peers[id].MatchIndex >= known {
			continue
		}
		if match == nil {
			match = make([]uint64, len(ref.Peers))
		}
		match[id] = known
	}
	return match
}
