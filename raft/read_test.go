package raft_test

import (
	"errors"
	"fmt"
	"testing"

	"raftlab/raft"
)

// read asks the server for a read and tells what it says of reads at once.
func (s *server) read(number uint64, byLease bool) (out []raft.Envelope, ready []raft.ReadReady) {
	s.t.Helper()
	out = s.must(raft.Read(number, byLease))
	return out, s.o.Reads
}

func wantReads(t failer, what string, got []raft.ReadReady, wanted ...raft.ReadReady) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		t.Fatalf("%s: %+v, want %+v", what, got, wanted)
	}
}

// answerRound is a follower's answer to an append of that round.
func (s *server) answerRound(from raft.ID, round uint64) []raft.ReadReady {
	s.t.Helper()
	s.receive(from, &raft.AppendEntriesReply{Term: s.CurrentTerm, Success: true, MatchIndex: s.MatchIndex(from), Round: round})
	return s.o.Reads
}

// §8, thesis 6.4: a read waits for a round of heartbeats that began after it
// and that a majority has answered; answers to earlier ones do not count.
func TestReadIndex_RoundOfAMajority(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(5, 1, 0))
	s.lead()
	s.propose("x")
	s.ack(2, 1)
	s.ack(3, 1)
	out, ready := s.read(1, false)
	wantReads(t, "at once", ready)
	each(t, out, ids(5)[1:], func(m *raft.AppendEntries) { want(t, "the round", m.Round, 2) })
	wantReads(t, "with an answer to an earlier append", s.answerRound(4, 1))
	wantReads(t, "with another", s.answerRound(5, 1))
	wantReads(t, "with one of the round", s.answerRound(2, 2))
	wantReads(t, "with the same again", s.answerRound(2, 2))
	wantReads(t, "with two of the round", s.answerRound(3, 2), raft.ReadReady{Number: 1, Index: 1})
	wantReads(t, "with three", s.answerRound(4, 2))
	// A refusal shows as well that the follower knows of no later leader.
	s.read(2, false)
	s.read(3, false)
	s.answerRound(2, 3)
	s.receive(5, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 1, ConflictIndex: 1, Round: 3})
	wantReads(t, "with a refusal", s.o.Reads, raft.ReadReady{Number: 2, Index: 1})
	s.answerRound(2, 4)
	wantReads(t, "with two of a later round", s.answerRound(3, 4), raft.ReadReady{Number: 3, Index: 1})
	// An answer to an earlier round that comes late takes nothing back.
	s.read(5, false)
	s.answerRound(2, s.Round)
	s.answerRound(2, 1)
	wantReads(t, "with two, though one came late before", s.answerRound(3, s.Round), raft.ReadReady{Number: 5, Index: 1})
	// What is lost is asked again by the next heartbeat.
	s.read(4, false)
	each(t, s.beat(), ids(5)[1:], func(m *raft.AppendEntries) { want(t, "the round of the heartbeat", m.Round, 6) })
}

// A read that a follower asks about is answered to the follower, and to nobody else.
func TestReadIndex_ForAnother(t *testing.T) {
	s := start(t, 1, raft.Options{NoOp: true}, stable(3, 1, 0))
	s.lead()
	s.ack(2, 1)
	s.receive(2, &raft.ReadIndex{Term: 2, Number: 5})
	out := s.receive(3, &raft.AppendEntriesReply{Term: 2, Success: true, MatchIndex: 1, Round: s.Round})
	wantReads(t, "of its own clients", s.o.Reads)
	r, to := only[*raft.ReadIndexReply](t, out)
	want(t, "the answer", *r, raft.ReadIndexReply{Term: 2, Number: 5, Index: 1, Success: true})
	want(t, "its receiver", to, 2)
}

// A cluster of one answers at once.
func TestReadIndex_Alone(t *testing.T) {
	s := leader(t, 1, 1)
	s.propose("x")
	_, ready := s.read(1, false)
	wantReads(t, "alone", ready, raft.ReadReady{Number: 1, Index: 1})
}

// Thesis 6.4: a new leader does not know what is committed before an entry of
// its own term is; a read waits for that entry, and without one is refused.
func TestReadIndex_AfterOwnTermEntry(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0, 1, 1))
	s.lead()
	wontDo(s, "own term", func() ([]raft.Envelope, error) {
		return s.input(raft.Read(1, false))
	})
	wontDo(s, "own term", func() ([]raft.Envelope, error) {
		s.must(raft.LeaseGranted())
		return s.input(raft.Read(1, true))
	})
	s.propose("x", "y")
	s.read(2, false)
	wantReads(t, "with a majority", s.answerRound(2, 2), raft.ReadReady{Number: 2, Index: 3})
	want(t, "commitIndex", s.CommitIndex, 0)
	s.ack(2, 4)
	s.read(3, false)
	wantReads(t, "when it is committed", s.answerRound(2, 3), raft.ReadReady{Number: 3, Index: 4})
}

// A deposed leader cannot answer, however long it believes that it leads; when
// it learns better, its reads fail.
func TestReadIndex_DeposedLeader(t *testing.T) {
	w := newWorld(t, 5, raft.Options{NoOp: true})
	w.timeout(1)
	w.among(1, 2)
	w.propose(1, "lost")
	w.s[1].read(1, false)
	w.among(3, 4, 5)
	w.timeout(3)
	w.propose(3, "kept")
	w.among(1, 2)
	for range 3 {
		w.beat(1)
		wantReads(t, "what S1 answers", w.s[1].o.Reads)
	}
	_, ready := w.s[1].read(2, false)
	wantReads(t, "what S1 answers", ready)
	w.heal()
	w.post(w.s[1].beat())
	for w.s[1].Role == raft.Leader {
		w.deliver(0)
	}
	wantReads(t, "when it steps down", w.s[1].o.Reads, raft.ReadReady{Number: 1, Failed: true}, raft.ReadReady{Number: 2, Failed: true})
	// Also when it steps down by itself, or leads again: old answers say nothing then.
	s := leader(t, 3, 1)
	s.propose("x")
	s.read(1, false)
	s.must(raft.CheckQuorum())
	wantReads(t, "when CheckQuorum makes it step down", s.o.Reads, raft.ReadReady{Number: 1, Failed: true})
	s = leader(t, 3, 1)
	s.propose("x")
	s.ack(2, 1)
	s.read(1, false)
	s.receive(2, &raft.AppendEntries{Term: 2, LeaderID: 2})
	wantReads(t, "when another leads", s.o.Reads, raft.ReadReady{Number: 1, Failed: true})
	s.lead()
	s.propose("y")
	s.read(2, false)
	s.receive(2, &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 1, Round: 9})
	wantReads(t, "by an answer of its earlier term", s.o.Reads)
}

// Thesis 6.4: a follower asks the leader for the index, whose answer it gets
// once the leader has made sure.
func TestReadIndex_Follower(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.propose(1, "x")
	w.did(w.s[1].learn(4))
	w.beat(1)
	for _, id := range []raft.ID{2, 4} { // a learner may ask, too
		f := w.s[id]
		out, ready := f.read(7, false)
		wantReads(t, "at once", ready)
		m, to := only[*raft.ReadIndex](t, out)
		want(t, "who is asked", to, 1)
		out = w.s[1].receive(id, m)
		each(t, out, []raft.ID{2, 3, 4}, func(*raft.AppendEntries) {})
		w.s[1].receive(4, &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 3, Round: w.s[1].Round})
		wantReads(t, "the leader's own", w.s[1].o.Reads)
		want(t, "sent with a learner's answer", len(w.s[1].o.Send), 0)
		out = w.s[1].receive(3, &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 3, Round: w.s[1].Round})
		r, to := only[*raft.ReadIndexReply](t, out)
		want(t, "who is answered", to, id)
		want(t, "the answer", *r, raft.ReadIndexReply{Term: 1, Number: 7, Index: 3, Success: true})
		f.receive(1, r)
		wantReads(t, "then", f.o.Reads, raft.ReadReady{Number: 7, Index: 3})
		f.receive(1, r)
		wantReads(t, "when it comes twice", f.o.Reads)
	}
	// A leader that steps down, or does not lead, says so.
	w.s[1].receive(2, &raft.ReadIndex{Term: 1, Number: 8})
	out := w.s[1].receive(3, &raft.AppendEntries{Term: 2, LeaderID: 3})
	want(t, "the first answer", *out[0].Message.(*raft.ReadIndexReply), raft.ReadIndexReply{Term: 2, Number: 8})
	r, _ := only[*raft.ReadIndexReply](t, w.s[1].receive(2, &raft.ReadIndex{Term: 2, Number: 9}))
	want(t, "a follower's answer", *r, raft.ReadIndexReply{Term: 2, Number: 9})
	f := w.s[2]
	f.read(9, false)
	f.receive(1, r)
	wantReads(t, "then", f.o.Reads, raft.ReadReady{Number: 9, Failed: true})
	c := candidate(t, 3, 2)
	_, err := c.input(raft.Read(1, false))
	var not *raft.NotLeader
	if !errors.As(err, &not) || not.Leader != 0 {
		t.Errorf("error %v", err)
	}
}

// §6: rounds are counted by the configuration in force: both majorities of a
// joint one, no learners, and not the leader when it is not a member.
func TestReadIndex_ByConfiguration(t *testing.T) {
	for _, c := range []struct {
		what    string
		conf    raft.Configuration
		answers []raft.ID
		ready   bool
	}{
		{"joint, old ones only", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{2, 3}, false},
		{"joint, new ones only", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{4, 5}, false},
		{"joint, both", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{2, 5}, true},
		{"learners", raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4, 5)}, []raft.ID{4, 5}, false},
		{"a voter", raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4, 5)}, []raft.ID{4, 3}, true},
	} {
		s := memberLeader(t, c.conf)
		s.propose("x")
		s.read(1, false)
		var got []raft.ReadReady
		for _, id := range c.answers {
			s.receive(id, &raft.AppendEntriesReply{Term: 2, Success: true, Round: 2})
			got = append(got, s.o.Reads...)
		}
		want(t, c.what+": answered", len(got) == 1, c.ready)
	}
	w := newWorld(t, 4, raft.Options{NoOp: true})
	w.timeout(1)
	if _, err := w.s[1].remove(1); err != nil {
		t.Fatal(err)
	}
	w.s[1].read(1, false)
	wantReads(t, "with one of three, the leader being none of them", w.s[1].answerRound(2, 2))
	wantReads(t, "with two of three", w.s[1].answerRound(3, 2), raft.ReadReady{Number: 1, Index: 1})
}

// Thesis 6.4: a server that asked its leader, and then begins an election or hears
// of another leader or term, tells its client that the read has failed: an answer
// may never come.
func TestReadIndex_AskedInVain(t *testing.T) {
	for what, then := range map[string]func(s *server){
		"its timer fires":           func(s *server) { s.timeout() },
		"it is told to take over":   func(s *server) { s.receive(2, &raft.TimeoutNow{Term: 2, LeaderID: 2}) },
		"another leads":             func(s *server) { s.appended(3, 3, 0, 0, 0) },
		"it votes in a later term":  func(s *server) { s.granted(3, 3, 0, 0) },
		"an answer of a later term": func(s *server) { s.receive(3, &raft.AppendEntriesReply{Term: 3}) },
	} {
		for _, preVote := range []bool{false, true} {
			s := start(t, 1, raft.Options{PreVote: preVote}, stable(3, 2, 0))
			s.appended(2, 2, 0, 0, 0)
			s.read(7, false)
			s.read(8, false)
			s.appended(2, 2, 0, 0, 0)
			wantReads(t, "when its leader is heard again", s.o.Reads)
			then(s)
			wantReads(t, what, s.o.Reads, raft.ReadReady{Number: 7, Failed: true}, raft.ReadReady{Number: 8, Failed: true})
			s.receive(2, &raft.ReadIndexReply{Term: 2, Number: 7, Index: 1, Success: true})
			wantReads(t, what+", and the answer comes late", s.o.Reads)
		}
	}
}

// Thesis 6.4: a read that was asked about is answered once, by its own number,
// in whatever order the answers come; one that was given up is not answered.
func TestReadIndex_AnswersInAnyOrder(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 2, 0))
	s.appended(2, 2, 0, 0, 0)
	for number := range uint64(5) {
		s.read(number+1, false)
	}
	s.must(raft.ReadTimeout(3))
	s.must(raft.ReadTimeout(1))
	s.must(raft.ReadTimeout(9)) // one that was never asked
	for _, c := range []struct {
		number uint64
		ready  bool
	}{{4, true}, {3, false}, {1, false}, {4, false}, {2, true}, {9, false}} {
		s.receive(2, &raft.ReadIndexReply{Term: 2, Number: c.number, Index: 6, Success: true})
		if c.ready {
			wantReads(t, "then", s.o.Reads, raft.ReadReady{Number: c.number, Index: 6})
		} else {
			wantReads(t, "then", s.o.Reads)
		}
	}
	s.timeout()
	wantReads(t, "what is left when it begins an election", s.o.Reads, raft.ReadReady{Number: 5, Failed: true})
}

// §5.1 holds for reads' messages too: a later term is taken, and ends a leader.
func TestReadIndex_HigherTerm(t *testing.T) {
	for role, make := range roles {
		for _, m := range []raft.Message{&raft.ReadIndex{Term: 7, Number: 1}, &raft.ReadIndexReply{Term: 7, Number: 1}} {
			s := make(t, 3, 2)
			s.receive(3, m)
			want(t, "the term of a "+role.String()+" after "+m.Type(), s.CurrentTerm, 7)
			want(t, "its role", s.Role, raft.Follower)
		}
	}
}

// leaseLeader is S1 leading term 2 of three with one entry committed, and leases.
func leaseLeader(t failer) *server {
	s := start(t, 1, raft.Options{StickyFollower: true, Lease: true}, stable(3, 1, 0))
	s.lead()
	s.propose("x")
	s.ack(2, 1)
	return s
}

// Thesis 6.4.1: with a lease a leader answers at once, without one after a
// round; it has one only while the driver says so, only while it leads, and
// never once it has begun to hand leadership over, for then others may vote
// though they have heard of it.
func TestLease(t *testing.T) {
	s := leaseLeader(t)
	want(t, "it has a lease", s.Lease, false)
	s.must(raft.LeaseGranted())
	out, ready := s.read(1, true)
	wantReads(t, "by lease", ready, raft.ReadReady{Number: 1, Index: 1})
	want(t, "sent", len(out), 0)
	_, ready = s.read(2, false)
	wantReads(t, "one that does not want it", ready)
	s.must(raft.LeaseExpired())
	_, ready = s.read(3, true)
	wantReads(t, "when it is over", ready)
	// Each heartbeat is a round, and the driver hears of those that a majority answered.
	before := s.Round
	s.beat()
	round := s.Round
	want(t, "the heartbeat's round", round, before+1)
	s.answerRound(2, round)
	want(t, "the round that was answered", s.o.QuorumRound, round)
	s.answerRound(3, round)
	want(t, "told again", s.o.QuorumRound, 0)
	s.beat()
	s.answerRound(3, round+1)
	want(t, "the next round that was answered", s.o.QuorumRound, round+1)
	s.must(raft.LeaseGranted())
	s.receive(3, &raft.AppendEntries{Term: 3, LeaderID: 3})
	want(t, "a follower has a lease", s.Lease, false)
	s.must(raft.LeaseGranted())
	want(t, "a follower is given one", s.Lease, false)
	s.lead()
	want(t, "a new leader has one", s.Lease, false)
	want(t, "its rounds begin anew", s.Round, 1)
}

// Thesis 6.4.1, 3.10: no lease in a transfer; nor after one that was given up,
// when the target may have been told: its election may come at any time, and
// stickiness does not stop it.
func TestLease_Transfer(t *testing.T) {
	s := leaseLeader(t)
	s.must(raft.LeaseGranted())
	s.ack(3, 0)
	out, err := s.transfer(3) // it lacks the entry, and is not told yet
	want(t, "the error", err, nil)
	want(t, "who is told", sentTimeoutNow(out), 0)
	want(t, "a lease in a transfer", s.Lease, false)
	s.must(raft.LeaseGranted())
	want(t, "a lease given in a transfer", s.Lease, false)
	s.must(raft.TransferTimeout())
	s.must(raft.LeaseGranted())
	want(t, "a lease after one that did not come to it", s.Lease, true)
	out, err = s.transfer(2)
	want(t, "the error", err, nil)
	want(t, "who is told", sentTimeoutNow(out), 2)
	s.must(raft.TransferTimeout())
	s.must(raft.LeaseGranted())
	want(t, "a lease after one that did", s.Lease, false)
	s.propose("y")
	_, ready := s.read(1, true)
	wantReads(t, "by lease", ready)
	// In another term that is past.
	s.receive(3, &raft.AppendEntriesReply{Term: 3})
	s.lead()
	s.must(raft.LeaseGranted())
	want(t, "a lease in its next term", s.Lease, true)
}

// Thesis 6.4.1: where leases are, a voter that heard of a leader gives no vote,
// whichever way it came to the candidate's term.
func TestLease_VoterAlreadyInTheTerm(t *testing.T) {
	s := start(t, 2, raft.Options{StickyFollower: true, Lease: true}, stable(3, 1, 0))
	s.receive(1, &raft.AppendEntries{Term: 1, LeaderID: 1})
	request := &raft.RequestVote{Term: 2, CandidateID: 3}
	r, _ := only[*raft.RequestVoteReply](t, s.receive(3, request))
	want(t, "granted", r.VoteGranted, false)
	s.receive(3, &raft.RequestVoteReply{Term: 2}) // an answer to something old
	want(t, "the term", s.CurrentTerm, 2)
	want(t, "it has heard of S1", s.HeardLeader, true)
	r, _ = only[*raft.RequestVoteReply](t, s.receive(3, request))
	want(t, "granted when it comes again", r.VoteGranted, false)
	s.must(raft.MinimumElectionTimeout())
	r, _ = only[*raft.RequestVoteReply](t, s.receive(3, request))
	want(t, "granted after the minimum election timeout", r.VoteGranted, true)
}

// Thesis 6.4.1: where leases are, a server that restarts cannot know whether it
// had heard of a leader, and so acts as if it had.
func TestLease_RestartedVoter(t *testing.T) {
	for _, lease := range []bool{false, true} {
		s := start(t, 2, raft.Options{StickyFollower: true, Lease: lease}, stable(3, 0, 0))
		want(t, "a new server has heard of a leader", s.HeardLeader, false)
		s.receive(1, &raft.AppendEntries{Term: 1, LeaderID: 1})
		s.restart(2)
		want(t, "a restarted server has heard of one", s.HeardLeader, lease)
		want(t, "it votes", s.granted(3, 2, 0, 0), !lease)
		s.must(raft.MinimumElectionTimeout())
		want(t, "it votes after the minimum election timeout", s.granted(3, 2, 0, 0), true)
	}
}
