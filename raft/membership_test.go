package raft_test

import (
	"testing"

	"raftlab/raft"
)

func conf(voters ...raft.ID) raft.Configuration {
	return raft.Configuration{Voters: raft.SetOf(voters...)}
}

func joint(voters, old raft.Set) raft.Configuration {
	return raft.Configuration{Voters: voters, Old: old}
}

// §5.2, §6: a majority, and in a joint configuration one of each.
func TestMajorities(t *testing.T) {
	set := raft.SetOf
	with := func(c raft.Configuration, learners ...raft.ID) raft.Configuration {
		c.Learners = set(learners...)
		return c
	}
	for _, c := range []struct {
		conf raft.Configuration
		who  raft.Set
		ok   bool
	}{
		{conf(1), set(1), true}, {conf(1), set(2), false}, {conf(), set(1, 2), false},
		{conf(1, 2), set(1), false}, {conf(1, 2), set(1, 2), true},
		{conf(1, 2, 3), set(1), false}, {conf(1, 2, 3), set(1, 3), true}, {conf(1, 2, 3), set(1, 4, 5), false},
		{conf(1, 2, 3, 4), set(1, 2), false}, {conf(1, 2, 3, 4), set(1, 2, 4), true},
		{conf(1, 2, 3, 4, 5), set(1, 2), false}, {conf(1, 2, 3, 4, 5), set(3, 4, 5), true},
		{with(conf(1, 2, 3), 4, 5), set(1, 4, 5), false}, {with(conf(1, 2, 3), 4, 5), set(1, 2), true},
		{joint(set(1, 2, 3, 4, 5), set(1, 2, 3)), set(1, 2), false},    // of the old ones only (Figure 10)
		{joint(set(1, 2, 3, 4, 5), set(1, 2, 3)), set(3, 4, 5), false}, // of the new ones only
		{joint(set(1, 2, 3, 4, 5), set(1, 2, 3)), set(2, 3, 4), true},
		{joint(set(4, 5, 6), set(1, 2, 3)), set(1, 2, 3), false},
		{joint(set(4, 5, 6), set(1, 2, 3)), set(1, 2, 4, 5), true},
		{joint(set(1), set(1, 2, 3)), set(1, 2), true}, {joint(set(1), set(1, 2, 3)), set(2, 3), false},
		{conf(63, 64, 127), set(64, 127), true}, {conf(63, 64, 127), set(127), false},
	} {
		want(t, c.conf.String()+" decided by "+c.who.String(), c.conf.Majority(c.who), c.ok)
	}
}

// memberLeader is S1 leading term 2 over one entry: the configuration.
func memberLeader(t failer, c raft.Configuration) *server {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0))
	s.receive(2, &raft.AppendEntries{Term: 1, LeaderID: 2, Entries: []raft.Entry{{Term: 1, Kind: raft.Config, Data: c.String()}}})
	want(t, "the configuration", *s.Configuration, c)
	s.timeout()
	for id := range c.AllVoters().Without(1).All() {
		if s.Role != raft.Leader {
			s.receive(id, &raft.RequestVoteReply{Term: 2, VoteGranted: true})
		}
	}
	want(t, "the role", s.Role, raft.Leader)
	return s
}

// §6: entries are committed, and leaders elected, by majorities of both
// configurations of a joint one; learners count for nothing (thesis 4.2.1),
// but get the log.
func TestCommitmentByConfiguration(t *testing.T) {
	for _, c := range []struct {
		what   string
		conf   raft.Configuration
		acks   []raft.ID
		commit uint64
	}{
		{"joint, old ones only", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{2, 3}, 0},
		{"joint, new ones only", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{4, 5}, 0},
		{"joint, both", joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3)), []raft.ID{2, 5}, 2},
		{"a learner", raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4, 5)}, []raft.ID{4, 5}, 0},
		{"a voter beside learners", raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4, 5)}, []raft.ID{3}, 2},
		{"four voters, one of them", conf(1, 2, 3, 4), []raft.ID{3}, 0},
		{"many voters", conf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), []raft.ID{2, 3, 4, 5, 11}, 2},
		{"many voters, one fewer", conf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), []raft.ID{3, 4, 5, 11}, 0},
	} {
		s := memberLeader(t, c.conf)
		out := s.propose("x")
		each(t, out, c.conf.Members().Without(1).Slice(), func(m *raft.AppendEntries) { want(t, "its term", m.Term, 2) })
		for _, id := range c.acks {
			s.ack(id, 2)
		}
		want(t, c.what+": commitIndex", s.CommitIndex, c.commit)
	}
	// Elections.
	s := start(t, 1, raft.Options{}, raft.Stable{Initial: joint(raft.SetOf(1, 4, 5), raft.SetOf(1, 2, 3))})
	each(t, s.timeout(), ids(5)[1:], func(m *raft.RequestVote) {})
	s.receive(2, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	s.receive(3, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "the role with the old ones only", s.Role, raft.Candidate)
	s.receive(5, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "the role with both", s.Role, raft.Leader)
}

// A leader that is no voter does not count itself (thesis 4.2.2), nor do a
// learner's vote and a learner's copy count.
func TestOnlyVotersCount(t *testing.T) {
	s := start(t, 1, raft.Options{}, raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4)}})
	each(t, s.timeout(), ids(3)[1:], func(m *raft.RequestVote) {})
	s.receive(4, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "the role with a learner's vote", s.Role, raft.Candidate)
	learner := start(t, 4, raft.Options{}, raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4)}})
	if _, err := learner.input(raft.ElectionTimeout()); err == nil {
		t.Error("a learner began an election")
	}
	want(t, "a learner's vote is granted, as the candidate may know better", learner.granted(1, 1, 0, 0), true)
}

// Thesis 4.1: a configuration is in force as soon as it is appended, and the
// one before it again when it is truncated.
func TestConfigurationFollowsLog(t *testing.T) {
	config := func(term uint64, c raft.Configuration) raft.Entry {
		return raft.Entry{Term: term, Kind: raft.Config, Data: c.String()}
	}
	two, three := conf(1, 2, 3, 4), conf(1, 2, 3, 4, 5)
	s := start(t, 1, raft.Options{}, stable(3, 1, 0))
	send := func(term, prev, prevTerm, commit uint64, e ...raft.Entry) {
		t.Helper()
		s.receive(2, &raft.AppendEntries{Term: term, LeaderID: 2, PrevLogIndex: prev, PrevLogTerm: prevTerm, Entries: e, LeaderCommit: commit})
	}
	want(t, "at first", *s.Configuration, conf(1, 2, 3))
	send(1, 0, 0, 0, raft.Entry{Term: 1}, config(1, two), raft.Entry{Term: 1})
	want(t, "when appended", *s.Configuration, two)
	want(t, "commitIndex", s.CommitIndex, 0)
	send(1, 3, 1, 0, config(1, three))
	want(t, "when the next is appended", *s.Configuration, three)
	copied := s.Clone()
	s.restart(1)
	want(t, "after a crash", *s.Configuration, three)
	send(2, 3, 1, 0, raft.Entry{Term: 2})
	want(t, "when the last is truncated", *s.Configuration, two)
	send(2, 1, 1, 0, raft.Entry{Term: 2})
	want(t, "when both are", *s.Configuration, conf(1, 2, 3))
	want(t, "in the copy", *copied.Configuration, three)
	send(2, 2, 2, 2, config(2, three))
	want(t, "when another takes their place", *s.Configuration, three)
	want(t, "in the copy", *copied.Configuration, three)
	// §7: a snapshot keeps the latest as of its last entry.
	s.compact(2)
	want(t, "the snapshot's", s.Snapshot.Configuration, conf(1, 2, 3))
	want(t, "after it", *s.Configuration, three)
	send(3, 2, 2, 0, raft.Entry{Term: 3})
	want(t, "when what follows the snapshot is truncated", *s.Configuration, conf(1, 2, 3))
	send(3, 3, 3, 4, config(3, two), raft.Entry{Term: 3})
	s.compact(4)
	want(t, "the next snapshot's", s.Snapshot.Configuration, two)
	s.restart(1)
	want(t, "after a crash", *s.Configuration, two)
	// A snapshot from the leader brings its own.
	s.receive(2, &raft.InstallSnapshot{Term: 3, LeaderID: 2, Snapshot: &raft.Snapshot{Index: 9, Term: 3, Configuration: three, Data: snapshotData(make([]string, 9))}})
	want(t, "with the leader's snapshot", *s.Configuration, three)
}

// A configuration survives being written as an entry.
func TestConfigurationText(t *testing.T) {
	for _, c := range []raft.Configuration{
		conf(1), conf(1, 2, 127), joint(raft.SetOf(1, 2), raft.SetOf(2, 3)), {Voters: raft.SetOf(1), Learners: raft.SetOf(64, 65)},
		{Voters: raft.SetOf(5), Old: raft.SetOf(6), Learners: raft.SetOf(7)}, {},
	} {
		got, err := raft.ParseConfiguration(c.String())
		want(t, "the error", err, nil)
		want(t, c.String(), got, c)
	}
	for _, bad := range []string{"S0", "S128", "1", "S", "S1 S2x", "S1x", "x", "S1,S2", "s1", "S-1", "S1.5"} {
		if c, err := raft.ParseConfiguration(bad); err == nil {
			t.Errorf("%q was read as %q", bad, c)
		}
	}
}

// A set is its members, in order, and nothing else.
func TestSet(t *testing.T) {
	s := raft.SetOf(1, 62, 63, 64, 65, 126, 127)
	want(t, "the members", s.String(), "S1 S62 S63 S64 S65 S126 S127")
	want(t, "the number", s.Len(), 7)
	for id := raft.ID(1); id <= raft.MaxID && id != 0; id++ {
		one := raft.SetOf(id)
		want(t, "the one member", one.Next(0), id)
		want(t, "after it", one.Next(id), 0)
		want(t, "has", one.Has(id) && one.Without(id).Empty() && s.With(id).Has(id), true)
		if id > 1 {
			want(t, "from below", one.Next(id-1), id)
		}
	}
	want(t, "intersection", s.And(raft.SetOf(63, 64, 66)), raft.SetOf(63, 64))
	want(t, "difference", s.Minus(raft.SetOf(1, 62, 63, 64, 65)), raft.SetOf(126, 127))
	want(t, "union", raft.SetOf(1).Or(raft.SetOf(127)), raft.SetOf(127, 1))
}
