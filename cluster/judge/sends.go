package judge

import (
	"fmt"

	"raftlab/raft"
)

// sends checks that the requests that a server sends agree with its state.
func (s *step) sends() {
	for i := range s.report.Send {
		e := &s.report.Send[i]
		switch m := e.Message.(type) {
		case *raft.RequestVote:
			s.sendsRequestVote(m)
		case *raft.PreVote:
			s.sendsPreVote(m)
		case *raft.AppendEntries:
			s.sendsAppend(e.To, m)
		case *raft.InstallSnapshot:
			s.sendsSnapshot(e.To, m)
		}
	}
}

// sendsRequestVote checks that a candidate sends it, and that it says how the sender's log ends.
func (s *step) sendsRequestVote(m *raft.RequestVote) {
	a := s.after
	asks := a.Role == raft.Candidate && m.Term == a.CurrentTerm && m.CandidateID == a.ID
	if asks && s.ends(m.LastLogIndex, m.LastLogTerm) {
		return
	}
	values := []Compared{is("own role", a.Role), is("own currentTerm", a.CurrentTerm),
		is("its last index", a.Log.LastIndex()), is("its last term", a.Log.LastTerm()),
		is("lastLogIndex", m.LastLogIndex), is("lastLogTerm", m.LastLogTerm)}
	if !asks {
		s.depart(Forbidden, raft.ElectionTimeoutRule, "no", "yes",
			fmt.Sprintf("it asks for votes in term %d and is no candidate of that term", m.Term), values...)
	} else {
		s.depart(Forbidden, raft.ElectionTimeoutRule, fmt.Sprintf("%d of term %d", a.Log.LastIndex(), a.Log.LastTerm()),
			fmt.Sprintf("%d of term %d", m.LastLogIndex, m.LastLogTerm),
			fmt.Sprintf("its RequestVote says that its log ends with entry %d of term %d, and it does not",
				m.LastLogIndex, m.LastLogTerm), values...)
	}
}

// ends tells whether its log ends with this entry.
func (s *step) ends(index, term uint64) bool {
	return index == s.after.Log.LastIndex() && term == s.after.Log.LastTerm()
}

func (s *step) sendsPreVote(m *raft.PreVote) {
	a := s.after
	if m.Term != a.CurrentTerm+1 || m.CandidateID != a.ID || !s.ends(m.LastLogIndex, m.LastLogTerm) {
		s.depart(Forbidden, raft.PreVoteFirst,
			fmt.Sprintf("term %d, entry %d of term %d", a.CurrentTerm+1, a.Log.LastIndex(), a.Log.LastTerm()),
			fmt.Sprintf("term %d, entry %d of term %d", m.Term, m.LastLogIndex,
				m.LastLogTerm), "its PreVote does not say which term it would begin and how its log ends")
	}
}

// led tells whether the server leads the term, or did until it gave up in this step.
func (s *step) led(term uint64) bool {
	return term == s.after.CurrentTerm && (s.after.Role == raft.Leader || s.before.Role == raft.Leader && s.stays())
}

// sendsAppend checks that a leader sends it, with the entries and the commitIndex that it has.
func (s *step) sendsAppend(to raft.ID, m *raft.AppendEntries) {
	l := &s.after.Log
	t, have := l.Term(m.PrevLogIndex)
	switch {
	case !s.led(m.Term) || m.LeaderID != s.after.ID:
		s.depart(Forbidden, raft.SendMissing, "no", "yes",
			fmt.Sprintf("it sends %s an append of term %d and does not lead that term", to, m.Term),
			is("own role", s.after.Role), is("own currentTerm", s.after.CurrentTerm))
	case m.PrevLogIndex == 0 && m.PrevLogTerm == 0 && len(m.Entries) == 0 && m.LeaderCommit <= s.after.CommitIndex:
		// says nothing about any log, because before the first entry all logs agree
	case !have || t != m.PrevLogTerm:
		s.depart(Forbidden, raft.SendMissing, entryAt(l, m.PrevLogIndex), fmt.Sprintf("of term %d", m.PrevLogTerm),
			fmt.Sprintf("it sends %s an append that begins after entry %d of term %d, and its log has no such entry",
				to, int64(m.PrevLogIndex), m.PrevLogTerm),
			is("prevLogIndex", int64(m.PrevLogIndex)), is("prevLogTerm", m.PrevLogTerm), is("its last index",
				l.LastIndex()))
	case m.LeaderCommit > s.after.CommitIndex:
		s.depart(Forbidden, raft.SendMissing, s.after.CommitIndex, m.LeaderCommit,
			fmt.Sprintf("it tells %s that entry %d is committed, and its commitIndex is %d", to, m.LeaderCommit,
				s.after.CommitIndex),
			is("leaderCommit", m.LeaderCommit), is("own commitIndex", s.after.CommitIndex))
	default:
		for i := range m.Entries {
			index := m.PrevLogIndex + 1 + uint64(i)
			if index > l.LastIndex() || !same(l.At(index), &m.Entries[i]) {
				s.depart(Forbidden, raft.SendMissing, entryAt(l, index), fmt.Sprintf("of term %d", m.Entries[i].Term),
					fmt.Sprintf("it sends %s an entry %d that its log does not hold there", to, index),
					is("entry sent", fmt.Sprintf("%s of term %d", m.Entries[i].Data, m.Entries[i].Term)),
					is("its own", entryAt(l, index)))
				return
			}
		}
	}
}

// leavesOut checks that a candidate asks every other server for its vote when it begins an
// election, and that a leader sends an append to every other server when it becomes leader
// and at each heartbeat.
func (s *step) leavesOut() {
	a := s.after
	must := a.Role == raft.Leader && (s.before.Role != raft.Leader || s.in.Kind == raft.OnHeartbeatTimeout)
	for i := range s.out.Send {
		to := s.out.Send[i].To
		switch s.out.Send[i].Message.(type) {
		case *raft.RequestVote:
			if a.Role == raft.Candidate && s.sameTerm() && !s.writes(to, "RequestVote") {
				s.depart(Missing, raft.ElectionTimeoutRule, "a RequestVote", "none",
					fmt.Sprintf("it does not ask %s for its vote in term %d", to, a.CurrentTerm))
			}
		case *raft.PreVote:
			if a.Role != raft.Leader && !s.writes(to, "PreVote") && !s.writes(to, "RequestVote") {
				s.depart(Missing, raft.PreVoteFirst, "a PreVote", "none",
					fmt.Sprintf("it does not ask %s whether it would vote for it", to))
			}
		case *raft.AppendEntries, *raft.InstallSnapshot:
			if must && !s.writes(to, "AppendEntries") && !s.writes(to, "InstallSnapshot") {
				s.depart(Missing, raft.SendMissing, "an append", "none",
					fmt.Sprintf("it leads term %d and sends %s no append", a.CurrentTerm, to),
					is("input", s.in.Kind), is("own role before", s.before.Role))
			}
		}
	}
}

// writes tells whether the server sends another one a message of that type.
func (s *step) writes(to raft.ID, kind string) bool {
	for i := range s.report.Send {
		if e := &s.report.Send[i]; e.To == to && e.Message.Type() == kind {
			return true
		}
	}
	return false
}

// electionTimer checks that the timer restarts when the server grants a vote or hears its
// leader, and not without cause. A timer that has fired restarts by itself, and so does that
// of a leader that steps down. A candidate may restart its timer at will.
func (s *step) electionTimer() {
	a, b, must := s.after.Role, s.before.Role, s.out.RestartElectionTimer
	if must == s.report.RestartElection || s.misreplied || a == raft.Leader || s.in.Kind == raft.OnElectionTimeout {
		return
	}
	if s.elects() && !s.sameTerm() { // that it begins no term was told already
		return
	}
	values := []Compared{is("input", s.in), is("own role", a), is("own currentTerm", s.after.CurrentTerm)}
	switch {
	case must && b != raft.Leader:
		s.depart(Missing, ElectionTimer, "yes", "no", "it does not restart its election timer", values...)
	case must || a != raft.Follower || b != raft.Follower:
	case !s.stays():
		s.depart(Late, ElectionTimer, "no", "yes",
			"it restarts its election timer because it takes a higher term, and for nothing else", values...)
	default:
		s.depart(Forbidden, ElectionTimer, "no", "yes",
			"it restarts its election timer, and neither votes nor hears from its leader", values...)
	}
}
