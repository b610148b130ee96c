package raft_test

import (
	"testing"

	"raftlab/raft"
)

// Thesis 9.6: with PreVote a server begins no term before a majority would
// vote for it; asking changes nothing persistent, on either side.
func TestPreVote(t *testing.T) {
	s := start(t, 1, raft.Options{PreVote: true}, stable(5, 2, 3, 1, 2))
	for range 3 {
		each(t, s.timeout(), ids(5)[1:], func(m *raft.PreVote) {
			want(t, "the request", *m, raft.PreVote{Term: 3, CandidateID: 1, LastLogIndex: 2, LastLogTerm: 2})
		})
		want(t, "the role", s.Role, raft.PreCandidate)
		want(t, "the term", s.CurrentTerm, 2)
		want(t, "the vote", s.VotedFor, 3)
		want(t, "something is saved", s.o.Save.Any(), false)
		want(t, "the timer starts anew", s.o.RestartElectionTimer, true)
	}
	yes := &raft.PreVoteReply{Term: 3, VoteGranted: true}
	s.receive(2, yes)
	s.receive(2, yes)
	s.receive(4, &raft.PreVoteReply{Term: 2})
	s.receive(5, &raft.PreVoteReply{Term: 2, VoteGranted: true}) // for another election
	want(t, "the role with one grant, twice", s.Role, raft.PreCandidate)
	each(t, s.receive(3, yes), ids(5)[1:], func(m *raft.RequestVote) { want(t, "the request's term", m.Term, 3) })
	want(t, "the role", s.Role, raft.Candidate)
	want(t, "the term", s.CurrentTerm, 3)
	want(t, "the votes", s.Votes, raft.SetOf(1))
	s.receive(4, yes)
	want(t, "the votes after a late grant", s.Votes, raft.SetOf(1))
	s.timeout()
	want(t, "the term after the next timeout", s.CurrentTerm, 3)
	// A refusal brings a higher term.
	s.receive(4, &raft.PreVoteReply{Term: 9})
	want(t, "the term", s.CurrentTerm, 9)
	want(t, "the role", s.Role, raft.Follower)
	// A leader ends it.
	s.timeout()
	s.appended(2, 9, 0, 0, 0)
	want(t, "the role", s.Role, raft.Follower)
	alone := start(t, 1, raft.Options{PreVote: true}, stable(1, 0, 0))
	alone.timeout()
	want(t, "the role of a server alone", alone.Role, raft.Leader)
}

// Thesis 9.6: yes to a log that is up to date, for a term that is new, when no
// leader was heard of late.
func TestPreVoteAnswer(t *testing.T) {
	for _, c := range []struct {
		what                 string
		term, last, lastTerm uint64
		heard, granted       bool
	}{
		{"as good a log", 4, 2, 3, false, true},
		{"a better log", 9, 1, 4, false, true},
		{"a worse log", 4, 1, 3, false, false},
		{"the present term", 3, 2, 3, false, false},
		{"an old term", 2, 2, 2, false, false},
		{"a leader about", 4, 2, 3, true, false},
		{"a leader about, and a term far ahead", 5, 2, 3, true, false},
		{"a leader about, and a term beyond all", 99, 9, 9, true, false},
	} {
		s := start(t, 1, raft.Options{}, stable(3, 3, 2, 1, 3))
		if c.heard {
			s.appended(2, 3, 2, 3, 0)
		}
		before := fingerprint(s.Node)
		r, to := only[*raft.PreVoteReply](t, s.receive(3, &raft.PreVote{Term: c.term, CandidateID: 3, LastLogIndex: c.last, LastLogTerm: c.lastTerm}))
		expect := raft.PreVoteReply{Term: 3}
		if c.granted {
			expect = raft.PreVoteReply{Term: c.term, VoteGranted: true}
		}
		want(t, c.what+": the answer", *r, expect)
		want(t, "its receiver", to, 3)
		want(t, "the state", fingerprint(s.Node), before)
		want(t, "something is saved", s.o.Save.Any() || s.o.RestartElectionTimer, false)
		if c.heard { // until the minimum election timeout has passed
			s.must(raft.MinimumElectionTimeout())
			r, _ = only[*raft.PreVoteReply](t, s.receive(3, &raft.PreVote{Term: c.term, CandidateID: 3, LastLogIndex: c.last, LastLogTerm: c.lastTerm}))
			want(t, c.what+", then no more: granted", r.VoteGranted, true)
		}
	}
	l := leader(t, 3, 3)
	r, _ := only[*raft.PreVoteReply](t, l.receive(3, &raft.PreVote{Term: 4, CandidateID: 3, LastLogIndex: 9, LastLogTerm: 3}))
	want(t, "a leader's answer", *r, raft.PreVoteReply{Term: 3})
	want(t, "its role", l.Role, raft.Leader)
}

// Thesis 9.6: a server that was cut off does not disturb a leader when it
// comes back.
func TestPreVoteDoesNotDisturb(t *testing.T) {
	for _, prevote := range []bool{true, false} {
		w := newWorld(t, 3, raft.Options{PreVote: prevote, NoOp: true})
		w.timeout(1)
		w.cut(3)
		for range 3 {
			w.timeout(3)
		}
		w.heal()
		w.beat(1)
		want(t, "S1 still leads", w.s[1].Role == raft.Leader, prevote)
		want(t, "S1 is still in term 1", w.s[1].CurrentTerm == 1, prevote)
	}
}

// Thesis 4.2.3: with stickiness, a server that heard from a current leader of
// late neither votes nor takes the candidate's term; a leader likewise. A
// leadership transfer is exempt.
func TestStickiness(t *testing.T) {
	for _, sticky := range []bool{true, false} {
		make := map[string]func() *server{
			"follower": func() *server {
				s := start(t, 1, raft.Options{StickyFollower: sticky}, stable(3, 1, 0))
				s.appended(2, 1, 0, 0, 0)
				return s
			},
			"leader": func() *server {
				s := start(t, 1, raft.Options{StickyFollower: sticky}, stable(3, 0, 0))
				s.lead()
				return s
			},
		}
		for what, f := range make {
			s := f()
			want(t, what+" votes", s.granted(3, 2, 9, 1), !sticky)
			want(t, what+" takes the term", s.CurrentTerm == 2, !sticky)
			want(t, what+" starts its timer", s.o.RestartElectionTimer, !sticky)
			asked := false
			for _, d := range s.o.Decided {
				asked = asked || d.Rule == raft.Stickiness && d.Holds
			}
			want(t, what+" gives the reason", asked, sticky)
			s = f()
			r, _ := only[*raft.RequestVoteReply](t, s.receive(3, &raft.RequestVote{Term: 2, CandidateID: 3, Transfer: true}))
			want(t, what+" votes in a transfer", r.VoteGranted, true)
		}
	}
	s := start(t, 1, raft.Options{StickyFollower: true}, stable(3, 1, 0))
	s.appended(2, 1, 0, 0, 0)
	want(t, "a leader was heard", s.HeardLeader && s.o.HeardLeader, true)
	s.must(raft.MinimumElectionTimeout())
	want(t, "a leader was heard", s.HeardLeader, false)
	want(t, "votes after the minimum election timeout", s.granted(3, 2, 0, 0), true)
	s.appended(3, 2, 0, 0, 0)
	s.timeout()
	want(t, "votes after its own timeout", s.granted(2, 4, 0, 0), true)
}

// Thesis 6.2: a leader that did not hear from a majority within an election
// timeout steps down, within its term.
func TestCheckQuorum(t *testing.T) {
	for _, c := range []struct {
		answers []raft.Message
		leads   bool
	}{
		{nil, false},
		{[]raft.Message{&raft.AppendEntriesReply{Term: 1, Success: true}}, false},
		{[]raft.Message{&raft.AppendEntriesReply{Term: 1, Success: true}, &raft.AppendEntriesReply{Term: 1, PrevLogIndex: 1, ConflictIndex: 1}}, true},
		{[]raft.Message{&raft.AppendEntriesReply{Term: 1, Success: true}, &raft.InstallSnapshotReply{Term: 1}}, true},
		{[]raft.Message{&raft.AppendEntriesReply{Term: 1, Success: true}, &raft.AppendEntriesReply{}}, false}, // of an old term
	} {
		s := leader(t, 5, 1)
		heard := false
		for i, m := range c.answers {
			s.receive(raft.ID(i+2), m)
			heard = heard || s.o.HeardQuorum
		}
		want(t, "a majority was heard, and the timeout counts anew", heard, c.leads)
		want(t, "it leads until the timeout", s.Role, raft.Leader)
		s.must(raft.CheckQuorum()) // an election timeout in silence, or with too few
		want(t, "the role", s.Role, raft.Follower)
		want(t, "the term", s.CurrentTerm, 1)
		want(t, "the vote", s.VotedFor, 1)
		want(t, "the leader it knows", s.Leader, 0)
	}
	s := leader(t, 3, 1)
	s.receive(9, &raft.AppendEntriesReply{Term: 1, Success: true})
	s.must(raft.CheckQuorum())
	want(t, "the role with a stranger's answer", s.Role, raft.Follower)
	alone := leader(t, 1, 1)
	alone.must(raft.CheckQuorum())
	want(t, "the role of a server alone", alone.Role, raft.Leader)
}
