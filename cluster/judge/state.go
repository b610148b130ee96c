package judge

import (
	"fmt"

	"raftlab/raft"
)

// monotony checks what must never go back, whatever arrives.
func (s *step) monotony() {
	if a, b := s.after.CurrentTerm, s.before.CurrentTerm; a < b {
		s.termGoesBack()
	}
	s.commitGoesBack()
	s.appliedGoesBack()
}

func (s *step) termGoesBack() {
	a, b := s.after.CurrentTerm, s.before.CurrentTerm
	s.depart(Forbidden, Monotony, fmt.Sprintf("%d or more", b), a,
		fmt.Sprintf("its currentTerm goes back from %d to %d", b, a),
		is("currentTerm before", b), is("currentTerm now", a))
}

// currentTerm checks that the term rises by one when the server begins an election, and to a
// higher one that it sees, and else stays.
func (s *step) currentTerm() {
	a, r := s.after.CurrentTerm, s.ref.CurrentTerm
	if a == r {
		return
	}
	values := []Compared{is("currentTerm before", s.before.CurrentTerm), is("currentTerm now", a)}
	rule := raft.HigherTerm
	if s.elects() {
		rule = raft.ElectionTimeoutRule
	} else if m := s.request(); m != nil {
		values = append(values, is("the message's term", m.MessageTerm()))
	}
	switch {
	case a < s.before.CurrentTerm:
		s.termGoesBack()
	case s.before.Role == raft.PreCandidate && s.in.Kind == raft.OnMessage && s.preVotes():
	case a > r:
		s.depart(Forbidden, rule, r, a, fmt.Sprintf("its currentTerm becomes %d, and nothing has brought it there", a),
			values...)
	case s.elects():
		s.depart(Missing, rule, r, a, fmt.Sprintf("its election timer fires, and its currentTerm stays %d", a),
			values...)
	default:
		s.depart(Missing, rule, r, a, fmt.Sprintf("it does not take the higher term %d", r), values...)
	}
}

// preVotes checks that a server that asks first begins its term only after a majority says
// that it would vote for it. Waiting longer is allowed, because it only costs time.
func (s *step) preVotes() bool {
	a := s.after
	voters := s.ref.Configuration.AllVoters()
	told := []Compared{is("its PreVotes granted", list(s.ref.Votes.And(voters))), is("voters", list(voters))}
	next := s.before.CurrentTerm + 1
	switch {
	case s.elects() && a.CurrentTerm == s.before.CurrentTerm:
		s.depart(Late, raft.PreVoteFirst, "yes", "no",
			fmt.Sprintf("a majority would vote for it, and it does not begin term %d", next), told...)
	case a.CurrentTerm == next && a.Role == raft.Candidate && s.ref.CurrentTerm < next:
		s.depart(Forbidden, raft.PreVoteFirst, "no", "yes",
			fmt.Sprintf("it begins term %d, and no majority has said that it would vote for it", next), told...)
	default:
		return false
	}
	return true
}

// votedFor checks that a vote that was given in a term is kept in that term.
func (s *step) votedFor() {
	a, b := s.after.VotedFor, s.before.VotedFor
	switch {
	case !s.sameTerm():
	case s.elects() && a != s.after.ID:
		s.depart(Missing, raft.ElectionTimeoutRule, s.after.ID, is("", a).Value,
			"it begins an election and does not vote for itself",
			is("votedFor", a), is("the candidate", s.after.ID))
	case s.misreplied && s.in.Kind == raft.OnMessage && a == s.in.Envelope.From: // the vote that was told
	case s.stays() && b != 0 && a != b:
		did := fmt.Sprintf("its vote in term %d was for %s and is now for %s", s.after.CurrentTerm, b, a)
		if a == 0 {
			did = fmt.Sprintf("it forgets that it voted for %s in term %d", b, s.after.CurrentTerm)
		}
		s.depart(Forbidden, raft.VoteOnce, b, is("", a).Value, did, is("votedFor before", b), is("votedFor now", a))
	}
}

// role checks the role against Figure 4. A leader or a candidate may step down by itself.
func (s *step) role() {
	a, r, b := s.after.Role, s.ref.Role, s.before.Role
	led := s.stays() && b == raft.Leader
	did := fmt.Sprintf("it is a %s in term %d", a, s.after.CurrentTerm)
	switch {
	case !s.sameTerm() || a == r:
	case r == raft.Follower && a == b && !s.stays():
		s.depart(Missing, raft.HigherTerm, r, a, fmt.Sprintf("it takes term %d and stays a %s", s.after.CurrentTerm, a))
	case a == raft.Leader && !led:
		s.leads()
	case r == raft.Leader && !led:
		s.depart(Missing, raft.Majority, r, a,
			fmt.Sprintf("it has the votes of a majority in term %d and does not lead", s.after.CurrentTerm))
	case s.elects():
		s.depart(Missing, raft.ElectionTimeoutRule, r, a, fmt.Sprintf("it begins an election and is a %s", a))
	case r == raft.Follower && a != raft.Follower && s.heardLeader():
		s.depart(Missing, raft.AppendFromLeader, r, a,
			fmt.Sprintf("it hears from the leader of term %d and stays a %s", s.after.CurrentTerm, a),
			is("the leader's term", s.request().MessageTerm()), is("own currentTerm",
				s.before.CurrentTerm), is("own role", a))
	case r == raft.Follower && a != raft.Follower && !s.stays():
		s.depart(Missing, raft.HigherTerm, r, a, did)
	case led && a == raft.Candidate:
		s.depart(Forbidden, raft.Majority, r, a,
			fmt.Sprintf("it leads term %d and becomes a candidate of that term", s.after.CurrentTerm))
	}
}

// leads notes that the server became leader without a majority of votes.
func (s *step) leads() {
	if s.kept.blind { // it may have votes that are not known
		return
	}
	rule := raft.Majority
	if d := s.decision(raft.VotesOfThisElection); d != nil && !d.Holds {
		rule = raft.VotesOfThisElection
	}
	voters := s.ref.Configuration.AllVoters()
	s.depart(Forbidden, rule, "no", "yes", fmt.Sprintf("it leads term %d without the votes of a majority",
		s.after.CurrentTerm),
		is("votes in this term", list(s.ref.Votes.And(voters))), is("voters", list(voters)))
}

// list is the servers' names, or "none".
func list(s raft.Set) string {
	if s.Empty() {
		return "none"
	}
	return s.String()
}

// heardLeader tells whether a message of the present term's leader arrived.
func (s *step) heardLeader() bool {
	switch m := s.request().(type) {
	case *raft.AppendEntries:
		return m.Term == s.ref.CurrentTerm
	case *raft.InstallSnapshot:
		return m.Term == s.ref.CurrentTerm
	}
	return false
}

// votes checks that a candidate counts only votes that it was given in this term.
func (s *step) votes() {
	both := s.after.Role == raft.Candidate && s.ref.Role == raft.Candidate && s.sameTerm()
	if !both || !s.report.TellsVotes || s.kept.blind {
		return
	}
	if more := s.after.Votes.Minus(s.ref.Votes); !more.Empty() {
		s.depart(Forbidden, raft.VotesOfThisElection, list(s.ref.Votes), list(s.after.Votes),
			fmt.Sprintf("it counts a vote of %s in term %d", more, s.after.CurrentTerm))
	}
}

// matchIndex checks that a leader knows of another log no more than that server has confirmed
// in this term, and does not forget what it knew.
func (s *step) matchIndex() {
	both := s.after.Role == raft.Leader && s.ref.Role == raft.Leader && s.sameTerm()
	if !both || !s.report.TellsMatch {
		return
	}
	for id := range s.after.Configuration.Members().Without(s.after.ID).All() {
		told, known := s.after.MatchIndex(id), s.ref.MatchIndex(id)
		before := uint64(0)
		if s.stays() && s.before.Role == raft.Leader {
			before = s.before.MatchIndex(id)
		}
		switch {
		case told > known && told > max(s.before.CommitIndex, s.ref.CommitIndex) && !s.kept.blind:
			s.depart(Forbidden, raft.ReplyOfThisTerm, known, told,
				fmt.Sprintf("its matchIndex for %s becomes %d, but %s has confirmed only %d in this term", id, told, id,
					known),
				is("matchIndex now", told), is("confirmed in this term", known))
		case told < before:
			s.depart(Late, raft.ReplyOfThisTerm, before, told,
				fmt.Sprintf("its matchIndex for %s goes back from %d to %d", id, before, told),
				is("matchIndex before", before), is("matchIndex now", told))
		}
	}
}
