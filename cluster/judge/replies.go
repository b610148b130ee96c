package judge

import (
	"fmt"
	"strings"

	"raftlab/raft"
)

// isReply tells whether a message is the result of an RPC.
func isReply(m raft.Message) bool { return strings.HasSuffix(m.Type(), "Reply") }

// reply is the first reply among messages, or nil, and the number of replies.
func reply(sent []raft.Envelope) (first *raft.Envelope, n int) {
	for i := range sent {
		if isReply(sent[i].Message) {
			if n++; first == nil {
				first = &sent[i]
			}
		}
	}
	return first, n
}

// replies checks that a request is answered once, as the paper says.
func (s *step) replies() {
	s.reply()
	s.misreplied = s.misreplied || len(s.found) > 0
}

func (s *step) reply() {
	want, _ := reply(s.out.Send)
	got, n := reply(s.report.Send)
	switch {
	case got == nil:
		s.noReply(want)
		return
	case want == nil || got.To != want.To || got.Message.Type() != want.Message.Type():
		s.depart(Forbidden, AnswerRequests, "no such reply", got.Message.Type(),
			fmt.Sprintf("it sends %s a %s that answers nothing", got.To, got.Message.Type()))
		return
	case n > 1:
		s.depart(Forbidden, AnswerRequests, "one reply", n, fmt.Sprintf("it answers one request with %d replies", n))
	}
	switch w := want.Message.(type) {
	case *raft.RequestVoteReply:
		s.voteReply(got.To, got.Message.(*raft.RequestVoteReply), w)
	case *raft.PreVoteReply:
		s.preVoteReply(got.To, got.Message.(*raft.PreVoteReply), w)
		return // the term of this reply is the one asked about if the vote is granted, else its own
	case *raft.AppendEntriesReply:
		s.appendReply(got.Message.(*raft.AppendEntriesReply), w)
	case *raft.InstallSnapshotReply:
		s.match(got.Message.(*raft.InstallSnapshotReply).MatchIndex, w.MatchIndex, "snapshot")
	}
	s.replyTerm(got.Message.MessageTerm())
}

// noReply notes that a request was not answered. A request of an older term may stay
// unanswered, as if it were lost, and so may one that the server ignores because it hears a
// leader.
func (s *step) noReply(want *raft.Envelope) {
	if want == nil {
		return
	}
	request := s.request()
	term := request.MessageTerm()
	if _, asks := request.(*raft.PreVote); asks || term < s.before.CurrentTerm || want.Message.MessageTerm() < term {
		return
	}
	s.depart(Missing, AnswerRequests, "a reply", "nothing",
		fmt.Sprintf("it does not answer %s's %s", want.To, request.Type()),
		is("the request's term", term), is("own currentTerm", s.before.CurrentTerm))
}

// replyTerm checks that a reply carries the server's present term.
func (s *step) replyTerm(term uint64) {
	if term == s.ref.CurrentTerm {
		return
	}
	rule := raft.StaleTerm
	if s.ref.CurrentTerm > s.before.CurrentTerm && term < s.ref.CurrentTerm {
		rule = raft.HigherTerm // it has not adopted the request's term
	}
	s.depart(Forbidden, rule, s.ref.CurrentTerm, term, fmt.Sprintf("its reply carries term %d", term),
		is("the reply's term", term), is("the term that the server must have now", s.ref.CurrentTerm))
}

func (s *step) voteReply(to raft.ID, got, want *raft.RequestVoteReply) {
	switch {
	case got.VoteGranted && !want.VoteGranted:
		s.depart(Forbidden, s.refused(raft.StaleTerm, raft.Stickiness, raft.VoteOnce, raft.CandidateUpToDate), "no",
			"yes",
			fmt.Sprintf("it votes for %s in term %d", to, got.Term))
	case !got.VoteGranted && want.VoteGranted && s.kept.led: // the term has its leader, and no other can win it
		s.misreplied = true
	case !got.VoteGranted && want.VoteGranted:
		s.voteRefused(to, s.ref.CurrentTerm)
	case got.VoteGranted && s.after.VotedFor != to:
		s.depart(Forbidden, raft.VoteOnce, to, is("", s.after.VotedFor).Value,
			fmt.Sprintf("it votes for %s in term %d, and its votedFor does not show it", to, got.Term),
			is("the candidate", to), is("votedFor", s.after.VotedFor))
	}
}

// voteRefused: the paper grants the vote. Often the new term was not entered, or with the
// vote of the term before, which is told.
func (s *step) voteRefused(to raft.ID, term uint64) {
	did, old := fmt.Sprintf("it refuses %s its vote in term %d", to, term), s.after.VotedFor
	did, compared := s.staysBehind(did, raft.CandidateUpToDate)
	if d := s.decision(raft.CandidateUpToDate); d != nil && !s.stays() && old != 0 && old == s.before.VotedFor {
		did += fmt.Sprintf(", and its votedFor is still %s", old)
		compared = append(comparedBy(d), is("votedFor in term "+fmt.Sprint(s.before.CurrentTerm), old),
			is("votedFor in term "+fmt.Sprint(term), old))
	}
	s.depart(Missing, raft.CandidateUpToDate, "yes", "no", did, compared...)
}

// staysBehind adds to a refusal that the server has not taken the request's higher term,
// which is then the reason for it.
func (s *step) staysBehind(did string, rule *raft.Rule) (string, []Compared) {
	term, now := s.ref.CurrentTerm, s.after.CurrentTerm
	d := s.decision(rule)
	if d == nil || now >= term {
		return did, nil
	}
	return fmt.Sprintf("%s, and its currentTerm is still %d", did, now),
		append(comparedBy(d), is("the request's term", term), is("currentTerm now", now))
}

func (s *step) preVoteReply(to raft.ID, got, want *raft.PreVoteReply) {
	if got.VoteGranted && !want.VoteGranted && !s.wouldVote(to) {
		s.depart(Forbidden, s.refused(raft.StaleTerm, raft.Stickiness, raft.CandidateUpToDate), "no", "yes",
			fmt.Sprintf("it says that it would vote for %s", to))
	}
}

// wouldVote tells whether a PreVote asks about the present term, in which the voter can give
// its vote, or has given it to this server. Then granting it is true, though of no use.
func (s *step) wouldVote(to raft.ID) bool {
	m, asks := s.request().(*raft.PreVote)
	b := s.before
	return asks && m.Term == b.CurrentTerm && (b.VotedFor == 0 || b.VotedFor == to) &&
		(m.LastLogTerm > b.Log.LastTerm() || m.LastLogTerm == b.Log.LastTerm() && m.LastLogIndex >= b.Log.LastIndex())
}

func (s *step) appendReply(got, want *raft.AppendEntriesReply) {
	switch {
	case got.Success && !want.Success:
		s.depart(Forbidden, s.refused(raft.StaleTerm, raft.PrevLogMatches), "no", "yes",
			"it replies success to an append that it must refuse")
	case !got.Success && want.Success:
		did, compared := s.staysBehind("it refuses an append that it must accept", raft.PrevLogMatches)
		s.depart(Missing, raft.PrevLogMatches, "yes", "no", did, compared...)
	case got.Success:
		s.match(got.MatchIndex, want.MatchIndex, "append")
	}
}

// match checks that a success confirms no more than the request has shown. It may also confirm
// what is committed here, because every later leader has that (section 5.4.3).
func (s *step) match(got, want uint64, what string) {
	if got > max(want, s.before.CommitIndex) {
		s.depart(Forbidden, raft.AppendNew, want, got,
			fmt.Sprintf("it confirms entry %d, but the %s reaches only to entry %d", got, what, want),
			is("the reply's matchIndex", got), is("the last entry that the "+what+" confirms", want))
	}
}
