package raft_test

import (
	"fmt"
	"slices"
	"testing"

	"raftlab/raft"
)

// One test for each property of Figure 2 and of sections 5.1 to 5.4, P01 to
// P26. P12 to P15 are about the length of timeouts, which the driver draws.

// follower, candidate and leader are S1 in that role at a term, of n servers.
func follower(t failer, n int, term uint64) *server {
	s := start(t, 1, raft.Options{}, stable(n, term, 0))
	s.appended(2, term, 0, 0, 0)
	return s
}

func candidate(t failer, n int, term uint64) *server {
	s := start(t, 1, raft.Options{}, stable(n, term-1, 0))
	s.timeout()
	return s
}

func leader(t failer, n int, term uint64) *server {
	s := start(t, 1, raft.Options{}, stable(n, term-1, 0))
	s.lead()
	return s
}

var roles = map[raft.Role]func(failer, int, uint64) *server{
	raft.Follower: follower, raft.Candidate: candidate, raft.Leader: leader,
}

// everyType is a message of each type that has a rule for terms.
func everyType(term uint64) []raft.Message {
	return []raft.Message{
		&raft.RequestVote{Term: term, CandidateID: 3},
		&raft.RequestVoteReply{Term: term},
		&raft.RequestVoteReply{Term: term, VoteGranted: true},
		&raft.AppendEntries{Term: term, LeaderID: 3},
		&raft.AppendEntriesReply{Term: term},
		&raft.AppendEntriesReply{Term: term, Success: true},
		&raft.InstallSnapshot{Term: term, LeaderID: 3, Snapshot: &raft.Snapshot{
			Index: 1, Term: 1, Configuration: raft.Configuration{Voters: raft.SetOf(1, 2, 3)}, Data: snapshotData([]string{"x"})}},
		&raft.InstallSnapshotReply{Term: term},
	}
}

func testHigherTerm(t *testing.T, role raft.Role) {
	for _, m := range everyType(7) {
		s := roles[role](t, 3, 2)
		want(t, "the role before", s.Role, role)
		s.receive(3, m)
		want(t, "the term after "+m.Type(), s.CurrentTerm, 7)
		want(t, "the role after "+m.Type(), s.Role, raft.Follower)
		want(t, "the stored term", s.disk.CurrentTerm, 7)
		if s.Leader == 2 || s.Leader == 1 {
			t.Fatalf("after %s of term 7 it still follows %s, the leader of term 2", m.Type(), s.Leader)
		}
	}
}

// §5.1: a follower that sees a higher term adopts it.
func TestP01_FollowerUpdatesTerm(t *testing.T) { testHigherTerm(t, raft.Follower) }

// §5.1: a candidate that sees a higher term adopts it and becomes follower.
func TestP02_CandidateUpdatesTerm(t *testing.T) { testHigherTerm(t, raft.Candidate) }

// §5.1: a leader that sees a higher term adopts it and becomes follower.
func TestP03_LeaderUpdatesTerm(t *testing.T) { testHigherTerm(t, raft.Leader) }

// §5.1: a message of a lower term changes nothing; a request is refused, and
// the answer tells the term.
func TestP04_StaleTermIsRefused(t *testing.T) {
	for role, make := range roles {
		for _, m := range everyType(2) {
			s := make(t, 3, 3)
			before := fingerprint(s.Node)
			out := s.receive(3, m)
			want(t, "the state after "+m.Type()+" to a "+role.String(), fingerprint(s.Node), before)
			if s.o.Save.Any() || s.o.RestartElectionTimer {
				t.Fatalf("%s of an old term: %+v", m.Type(), s.o)
			}
			switch m.(type) {
			case *raft.RequestVote:
				r, _ := only[*raft.RequestVoteReply](t, out)
				want(t, "the answer", *r, raft.RequestVoteReply{Term: 3})
			case *raft.AppendEntries:
				r, _ := only[*raft.AppendEntriesReply](t, out)
				want(t, "the answer", *r, raft.AppendEntriesReply{Term: 3})
			case *raft.InstallSnapshot:
				r, _ := only[*raft.InstallSnapshotReply](t, out)
				want(t, "the answer", *r, raft.InstallSnapshotReply{Term: 3})
			default:
				want(t, "the number of answers", len(out), 0)
			}
		}
	}
}

// §5.2: a server starts, and restarts, as follower, whatever it was.
func TestP05_StartsAsFollower(t *testing.T) {
	for _, make := range roles {
		s := make(t, 3, 3)
		s.restart(1)
		want(t, "the role", s.Role, raft.Follower)
		want(t, "the leader it knows", s.Leader, 0)
		want(t, "commitIndex", s.CommitIndex, 0)
	}
	want(t, "the role of a new server", start(t, 1, raft.Options{}, stable(3, 0, 0)).Role, raft.Follower)
}

// §5.2: each heartbeat interval a leader sends every follower an append
// without entries.
func TestP06_LeaderSendsHeartbeats(t *testing.T) {
	s := leader(t, 5, 1)
	for range 3 {
		each(t, s.beat(), ids(5)[1:], func(m *raft.AppendEntries) {
			want(t, "entries in a heartbeat", len(m.Entries), 0)
			want(t, "its term", m.Term, 1)
			want(t, "its leader", m.LeaderID, 1)
		})
		want(t, "the next heartbeat is asked for", s.o.RestartHeartbeatTimer, true)
	}
	f := follower(t, 3, 1)
	if _, err := f.input(raft.HeartbeatTimeout()); err == nil {
		t.Fatal("a follower sent heartbeats")
	}
}

// testElection: term + 1, candidate, own vote, a request to every other server.
func testElection(t *testing.T, s *server) {
	for range 2 { // the second is P08's in any case
		term := s.CurrentTerm
		each(t, s.timeout(), ids(5)[1:], func(m *raft.RequestVote) {
			want(t, "the request's term", m.Term, term+1)
			want(t, "the request's candidate", m.CandidateID, 1)
		})
		want(t, "the term", s.CurrentTerm, term+1)
		want(t, "the role", s.Role, raft.Candidate)
		want(t, "the vote", s.VotedFor, 1)
		want(t, "the votes", s.Votes, raft.SetOf(1))
		want(t, "the leader it knows", s.Leader, 0)
		want(t, "the timer starts anew", s.o.RestartElectionTimer, true)
	}
}

// §5.2: a follower that hears nothing for its timeout begins an election.
func TestP07_FollowerStartsElection(t *testing.T) { testElection(t, follower(t, 5, 2)) }

// §5.2: so does a candidate whose election came to nothing; the votes of the
// election before are gone.
func TestP08_CandidateStartsNewElection(t *testing.T) {
	s := candidate(t, 5, 2)
	s.receive(2, &raft.RequestVoteReply{Term: 2, VoteGranted: true})
	testElection(t, s)
}

// §5.2: a majority of grants makes a leader; refusals, however many, leave a
// candidate (Figure 4).
func TestP09_LeaderElectionInOneRound(t *testing.T) {
	const yes, no = true, false
	for _, c := range []struct {
		n       int
		answers []bool // of S2, S3, ...
		leads   bool
	}{
		{1, nil, true},
		{3, []bool{yes, yes}, true},
		{3, []bool{yes}, true},
		{3, []bool{no, yes}, true},
		{3, []bool{no, no}, false},
		{3, nil, false},
		{4, []bool{yes}, false},
		{4, []bool{yes, yes}, true},
		{5, []bool{yes, yes, yes, yes}, true},
		{5, []bool{yes, yes}, true},
		{5, []bool{yes}, false},
		{5, []bool{yes, no, no, no}, false},
		{5, []bool{no, no, no, no}, false},
	} {
		s := start(t, 1, raft.Options{}, stable(c.n, 0, 0))
		out := s.timeout()
		elected := raft.SetOf(1)
		for i, granted := range c.answers {
			if s.Role != raft.Leader {
				if granted {
					elected = elected.With(raft.ID(i + 2))
				}
				out = s.receive(raft.ID(i+2), &raft.RequestVoteReply{Term: 1, VoteGranted: granted})
			}
		}
		want(t, fmt.Sprintf("%d servers, answers %v: it leads", c.n, c.answers), s.Role == raft.Leader, c.leads)
		want(t, "the term", s.CurrentTerm, 1)
		if !c.leads {
			want(t, "the role", s.Role, raft.Candidate)
			continue
		}
		each(t, out, ids(c.n)[1:], func(m *raft.AppendEntries) { want(t, "a new leader's append is of term", m.Term, 1) })
		want(t, "the leader it knows", s.Leader, 1)
		want(t, "the votes that elected it", s.Votes, elected)
		want(t, "the heartbeat timer starts", s.o.RestartHeartbeatTimer, true)
	}
}

// The same grant twice is one vote (§5.2: votes from a majority of servers).
func TestVotesAreCountedByServer(t *testing.T) {
	s := candidate(t, 5, 1)
	for range 5 {
		s.receive(2, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	}
	want(t, "the role with S2's grant five times", s.Role, raft.Candidate)
	s.receive(9, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "the role with a stranger's vote", s.Role, raft.Candidate)
}

// §5.2: one vote a term, first come first served; the same candidate may be
// told yes again. Neither a restart, nor an append, nor an election won or
// lost frees the vote.
func TestP10_FollowerVote(t *testing.T) {
	for _, c := range []struct {
		vote, from raft.ID
		granted    bool
	}{{0, 2, true}, {0, 3, true}, {2, 2, true}, {3, 3, true}, {2, 3, false}, {3, 2, false}, {1, 2, false}} {
		s := start(t, 1, raft.Options{}, stable(3, 1, c.vote))
		want(t, fmt.Sprintf("vote %q, asked by %s: granted", c.vote, c.from), s.granted(c.from, 1, 0, 0), c.granted)
		want(t, "the timer starts anew", s.o.RestartElectionTimer, c.granted)
		want(t, "the stored vote", s.disk.VotedFor, map[bool]raft.ID{true: c.from, false: c.vote}[c.granted])
	}
	s := start(t, 3, raft.Options{}, stable(3, 0, 0))
	want(t, "S1 gets the vote", s.granted(1, 1, 0, 0), true)
	s.appended(1, 1, 0, 0, 0)
	want(t, "S2 gets it after S1's append", s.granted(2, 1, 0, 0), false)
	s.appended(1, 1, 0, 0, 0, 1)
	want(t, "S2 gets it after S1's entry", s.granted(2, 1, 9, 1), false)
	s.restart(3)
	want(t, "S2 gets it after a restart", s.granted(2, 1, 9, 1), false)
	want(t, "the leader's vote is free", leader(t, 3, 1).granted(3, 1, 9, 1), false)
	want(t, "the candidate's vote is free", candidate(t, 3, 1).granted(3, 1, 9, 1), false)
}

// §5.2: an append of the same or a higher term turns a candidate into a
// follower of it.
func TestP11_CandidateFallsBack(t *testing.T) {
	for _, term := range []uint64{2, 3} {
		s := candidate(t, 3, 2)
		s.appended(3, term, 0, 0, 0)
		want(t, "the role", s.Role, raft.Follower)
		want(t, "the leader it knows", s.Leader, 3)
		want(t, "the term", s.CurrentTerm, term)
		want(t, "the timer starts anew", s.o.RestartElectionTimer && s.o.HeardLeader, true)
		s.receive(2, &raft.RequestVoteReply{Term: term, VoteGranted: true})
		want(t, "the role after a late vote", s.Role, raft.Follower)
	}
}

// §5.3: a proposal is appended, handed out to be stored, and sent to each
// follower with the index and term of the entry before it; not yet committed.
// With the no-op it is entry 2, else entry 1.
func TestP16_LeaderStartsReplication(t *testing.T) {
	noops(t, func(t *testing.T, opts raft.Options, own uint64) {
		s := start(t, 1, opts, stable(3, 0, 0))
		s.lead()
		s.ack(2, own)
		s.ack(3, own)
		want(t, "commitIndex after the election", s.CommitIndex, own)
		each(t, s.propose("x"), ids(3)[1:], func(m *raft.AppendEntries) {
			want(t, "prevLogIndex", m.PrevLogIndex, own)
			want(t, "prevLogTerm", m.PrevLogTerm, own) // term 1, or 0 before the first entry
			want(t, "leaderCommit", m.LeaderCommit, own)
			if !slices.Equal(m.Entries, []raft.Entry{{Term: 1, Data: "x"}}) {
				t.Fatalf("entries %v", m.Entries)
			}
		})
		want(t, "the log is saved from", s.o.Save.LogFrom, own+1)
		want(t, "the last index", s.Log.LastIndex(), own+1)
		want(t, "commitIndex", s.CommitIndex, own)
		want(t, "the number applied", s.o.Apply.Len(), 0)
	})
}

// §5.3: stored on a majority: committed, handed out to be applied, and later
// messages carry the new commitIndex.
func TestP17_LeaderCommitsEntry(t *testing.T) {
	noops(t, func(t *testing.T, opts raft.Options, own uint64) {
		s := start(t, 1, opts, stable(3, 0, 0))
		s.lead()
		s.ack(2, own)
		s.propose("x")
		want(t, "messages sent on the commit", len(s.ack(2, own+1)), 0)
		want(t, "commitIndex", s.CommitIndex, own+1)
		want(t, "what is applied", s.o.Apply, raft.Range{First: own + 1, Last: own + 1})
		each(t, s.beat(), ids(3)[1:], func(m *raft.AppendEntries) { want(t, "leaderCommit", m.LeaderCommit, own+1) })
	})
}

// §5.3: an entry is committed exactly when a majority, the leader counted, has
// it. The no-op is committed with it.
func TestP18_LeaderAcknowledgesCommit(t *testing.T) {
	for _, c := range []struct {
		n         int
		acks      []raft.ID
		committed bool
	}{
		{1, nil, true},
		{2, nil, false}, {2, []raft.ID{2}, true},
		{3, nil, false}, {3, []raft.ID{2}, true}, {3, []raft.ID{2, 3}, true}, {3, []raft.ID{9}, false},
		{4, []raft.ID{2}, false}, {4, []raft.ID{2, 3}, true},
		{5, nil, false}, {5, []raft.ID{2}, false}, {5, []raft.ID{2, 2, 2}, false},
		{5, []raft.ID{2, 3}, true}, {5, []raft.ID{2, 3, 4}, true}, {5, []raft.ID{4, 5}, true},
	} {
		noops(t, func(t *testing.T, opts raft.Options, own uint64) {
			s := start(t, 1, opts, stable(c.n, 0, 0))
			s.lead()
			s.propose("x")
			for _, id := range c.acks {
				s.ack(id, own+1)
			}
			expected := uint64(0)
			if c.committed {
				expected = own + 1
			}
			want(t, fmt.Sprintf("%d servers, acks of %v: commitIndex", c.n, c.acks), s.CommitIndex, expected)
			want(t, "the number applied", uint64(len(s.applied)), expected)
		})
	}
}

// §5.3: a commit takes every earlier entry with it, other leaders' too,
// applied in order. With the no-op the election alone does it; without, the
// earlier entries wait for a proposal.
func TestP19_LeaderCommitsPrecedingEntries(t *testing.T) {
	for _, before := range [][]uint64{nil, {2}, {1, 2}, {1}, {1, 1, 2, 2}} {
		noops(t, func(t *testing.T, opts raft.Options, own uint64) {
			s := start(t, 1, opts, stable(3, 2, 0, before...))
			s.lead()
			old := uint64(len(before))
			s.ack(2, old+own)
			want(t, "commitIndex after the election", s.CommitIndex, (old+1)*own)
			s.propose("x")
			s.ack(2, old+own+1)
			want(t, "commitIndex", s.CommitIndex, old+own+1)
			for i, w := range s.applied {
				want(t, "the entry applied", w, word(s.Log.Entry(uint64(i+1))))
			}
			want(t, "the number applied", uint64(len(s.applied)), old+own+1)
		})
	}
}

// §5.3: a follower told of a commit applies up to it, in order, no further:
// not past what the leader has committed, and not past what it knows to agree.
func TestP20_FollowerCommitsEntry(t *testing.T) {
	for _, c := range []struct {
		terms          []uint64
		commit, expect uint64
	}{
		{[]uint64{1}, 1, 1}, {[]uint64{1, 1}, 2, 2}, {[]uint64{1, 1}, 1, 1}, {[]uint64{1, 1}, 0, 0}, {[]uint64{1, 1}, 9, 2}, {nil, 9, 0},
	} {
		s := start(t, 1, raft.Options{}, stable(3, 1, 0))
		s.appended(2, 1, 0, 0, c.commit, c.terms...)
		want(t, fmt.Sprintf("entries %v, leaderCommit %d: commitIndex", c.terms, c.commit), s.CommitIndex, c.expect)
		want(t, "the number applied", uint64(len(s.applied)), c.expect)
	}
	// What follows the last new entry may be another leader's (Figure 2, receiver 5).
	s := start(t, 1, raft.Options{}, stable(3, 3, 0, 1, 2, 2, 2))
	s.appended(2, 3, 1, 1, 4)
	want(t, "commitIndex after an empty append at 1", s.CommitIndex, 1)
	s.appended(2, 3, 1, 1, 4, 2)
	want(t, "commitIndex after an append of entry 2", s.CommitIndex, 2)
	s.appended(2, 3, 1, 1, 1)
	want(t, "commitIndex after a late append", s.CommitIndex, 2)
}

// §5.3: an append is taken only if the entry before it matches in index and
// term; else it is refused, and nothing of it counts, leaderCommit least.
func TestP21_FollowerChecksAppend(t *testing.T) {
	for _, c := range []struct {
		prev, prevTerm uint64
		ok             bool
		conflictTerm   uint64 // what a refusal tells (§5.3)
		conflictIndex  uint64
	}{
		{0, 0, true, 0, 0}, {1, 1, true, 0, 0}, {2, 2, true, 0, 0}, {3, 2, true, 0, 0},
		{1, 2, false, 1, 1}, {2, 1, false, 2, 2}, {3, 3, false, 2, 2}, {4, 4, false, 0, 4}, {9, 2, false, 0, 4},
	} {
		for _, add := range [][]uint64{nil, {4}} {
			s := start(t, 1, raft.Options{}, stable(3, 4, 0, 1, 2, 2))
			r := s.appended(2, 4, c.prev, c.prevTerm, 3, add...)
			what := fmt.Sprintf("prev %d/%d with %v: ", c.prev, c.prevTerm, add)
			want(t, what+"success", r.Success, c.ok)
			if c.ok {
				want(t, what+"matchIndex", r.MatchIndex, c.prev+uint64(len(add)))
				continue
			}
			want(t, what+"the answer", *r, raft.AppendEntriesReply{Term: 4, PrevLogIndex: c.prev, ConflictTerm: c.conflictTerm, ConflictIndex: c.conflictIndex})
			wantTerms(t, s, 1, 2, 2)
			want(t, what+"commitIndex", s.CommitIndex, 0)
			want(t, what+"heard the leader", s.Leader == 2 && s.o.RestartElectionTimer, true)
		}
	}
}

// §5.3: a refusal tells the first index that the follower stores for the
// conflicting term, as far back as its log goes.
func TestConflictIndex(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 4, 0, 1, 1, 1, 2, 2))
	want(t, "for term 1, which the log begins with", s.appended(2, 4, 3, 4, 0).ConflictIndex, 1)
	want(t, "for term 2", s.appended(2, 4, 5, 4, 0).ConflictIndex, 4)
	s.appended(2, 4, 2, 1, 2)
	s.compact(2)
	want(t, "for term 1, where a snapshot ends", s.appended(2, 4, 3, 4, 0).ConflictIndex, 3)
}

// §5.3: a conflicting entry goes with all after it; entries already there are
// kept: a short or late append removes nothing, and stores nothing again.
func TestP22_FollowerAppendsEntries(t *testing.T) {
	for _, c := range []struct {
		prev, prevTerm uint64
		add, expect    []uint64
		saveFrom       uint64
	}{
		{2, 2, []uint64{3}, []uint64{1, 2, 3}, 3},
		{1, 1, []uint64{3, 4}, []uint64{1, 3, 4}, 2},
		{0, 0, []uint64{1}, []uint64{1, 2, 2}, 0},
		{0, 0, []uint64{3}, []uint64{3}, 1},
		{0, 0, []uint64{1, 2}, []uint64{1, 2, 2}, 0},
		{0, 0, []uint64{1, 2, 2}, []uint64{1, 2, 2}, 0},
		{0, 0, []uint64{1, 2, 2, 4, 4}, []uint64{1, 2, 2, 4, 4}, 4},
		{0, 0, []uint64{1, 2, 4}, []uint64{1, 2, 4}, 3},
		{1, 1, nil, []uint64{1, 2, 2}, 0},
		{3, 2, []uint64{4}, []uint64{1, 2, 2, 4}, 4},
	} {
		s := start(t, 1, raft.Options{}, stable(3, 4, 0, 1, 2, 2))
		r := s.appended(2, 4, c.prev, c.prevTerm, 0, c.add...)
		want(t, "success", r.Success, true)
		want(t, "matchIndex", r.MatchIndex, c.prev+uint64(len(c.add)))
		wantTerms(t, s, c.expect...)
		want(t, fmt.Sprintf("%v after %d: the log is saved from", c.add, c.prev), s.o.Save.LogFrom, c.saveFrom)
	}
}

// §5.4.1: a vote request carries the candidate's last index and term and goes
// to every other server.
func TestP24_VoteRequest(t *testing.T) {
	for _, log := range [][]uint64{nil, {1}, {1, 2}, {1, 2, 2, 5}} {
		s := start(t, 1, raft.Options{}, stable(3, 5, 0, log...))
		each(t, s.timeout(), ids(3)[1:], func(m *raft.RequestVote) {
			lastTerm := uint64(0)
			if len(log) > 0 {
				lastTerm = log[len(log)-1]
			}
			want(t, "the request", *m, raft.RequestVote{Term: 6, CandidateID: 1, LastLogIndex: uint64(len(log)), LastLogTerm: lastTerm})
		})
	}
}

// §5.4.1: a vote is refused if the voter's log is more up to date: last term
// first, then length.
func TestP25_Voter(t *testing.T) {
	for _, c := range []struct {
		own             []uint64
		lastTerm, index uint64
		granted         bool
	}{
		{[]uint64{1}, 1, 1, true}, {[]uint64{1}, 1, 2, true}, {[]uint64{1, 1}, 1, 1, false}, // same term
		{[]uint64{1}, 2, 1, true}, {[]uint64{1}, 2, 2, true}, {[]uint64{1, 1}, 2, 1, true}, // the candidate's is later
		{[]uint64{2}, 1, 1, false}, {[]uint64{2}, 1, 2, false}, {[]uint64{2, 2}, 1, 1, false}, // the voter's is later
		{[]uint64{2}, 1, 9, false}, {[]uint64{1, 1, 1, 1}, 3, 1, true}, {[]uint64{1}, 0, 0, false}, {nil, 0, 0, true},
	} {
		s := start(t, 1, raft.Options{}, stable(3, 3, 0, c.own...))
		want(t, fmt.Sprintf("own log %v, candidate's ends %d/%d: granted", c.own, c.index, c.lastTerm), s.granted(2, 4, c.index, c.lastTerm), c.granted)
		want(t, "the term, taken in any case", s.CurrentTerm, 4)
		want(t, "the timer starts anew", s.o.RestartElectionTimer, c.granted)
	}
}

// §5.4.2: only entries of the leader's own term are committed by counting
// copies. The first own entry is the no-op, or the first proposal.
func TestP26_LeaderCommitsOnlyCurrentTerm(t *testing.T) {
	noops(t, func(t *testing.T, opts raft.Options, own uint64) {
		s := start(t, 1, opts, stable(3, 2, 0, 1, 2))
		s.lead()
		if own == 0 {
			s.propose("x")
		}
		wantTerms(t, s, 1, 2, 3)
		for match, commit := range []uint64{0, 0, 0, 3} {
			s.ack(2, uint64(match))
			want(t, fmt.Sprintf("commitIndex with %d on two of three", match), s.CommitIndex, commit)
		}
	})
}

// §5.2: stepping down within a term keeps the vote.
func TestE1_SteppingDownKeepsVote(t *testing.T) {
	s := candidate(t, 3, 1)
	s.appended(2, 1, 0, 0, 0)
	want(t, "the role", s.Role, raft.Follower)
	want(t, "the vote", s.VotedFor, 1)
	want(t, "S3 gets the vote", s.granted(3, 1, 0, 0), false)
	l := leader(t, 3, 1)
	l.must(raft.CheckQuorum())
	want(t, "the role", l.Role, raft.Follower)
	want(t, "S3 gets the vote", l.granted(3, 1, 0, 0), false)
}

// §5.2: a higher term frees the vote.
func TestE2_HigherTermFreesVote(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 2))
	s.appended(2, 2, 0, 0, 0)
	want(t, "the vote", s.VotedFor, 0)
	want(t, "the stored vote", s.disk.VotedFor, 0)
	want(t, "S3 gets the vote", s.granted(3, 2, 0, 0), true)
	want(t, "S2 gets it in the next term", s.granted(2, 3, 0, 0), true)
}

// Figure 2: the term and the vote of an election are on disk before anyone is
// asked.
func TestE3_ElectionIsStoredFirst(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 4, 0))
	out := s.timeout()
	want(t, "the output that asks also saves", s.o.Save.State && len(out) == 2, true)
	s.restart(1)
	want(t, "the term after a crash", s.CurrentTerm, 5)
	want(t, "the vote after a crash", s.VotedFor, 1)
	want(t, "S3 gets a vote in term 5", s.granted(3, 5, 0, 0), false)
	s.timeout()
	want(t, "the next election's term", s.CurrentTerm, 6)
}

// §5.1, Figure 2: a stale leader learns the term from anyone that it writes
// to, steps down, and remembers the term over a crash.
func TestE4_StaleLeaderLearnsTerm(t *testing.T) {
	w := newWorld(t, 3, raft.Options{})
	w.timeout(1)
	w.cut(1)
	w.timeout(2)
	want(t, "S1 leads term 1", w.s[1].Role, raft.Leader)
	want(t, "S2 leads term 2", w.s[2].Role, raft.Leader)
	w.heal()
	w.post(w.s[1].beat()[1:]) // to S3, a follower; S2 stays silent
	w.settle()
	want(t, "S1's role", w.s[1].Role, raft.Follower)
	want(t, "S1's term", w.s[1].CurrentTerm, 2)
	want(t, "the stored term", w.s[1].disk.CurrentTerm, 2)
	w.restart(1)
	want(t, "S1's term after a crash", w.s[1].CurrentTerm, 2)
	want(t, "S1's timer started when it stepped down", w.s[1].Role, raft.Follower)
}

// A leader that steps down has no election timer, and asks for one.
func TestSteppingDownStartsTimer(t *testing.T) {
	s := leader(t, 3, 1)
	s.receive(2, &raft.AppendEntriesReply{Term: 2})
	want(t, "the timer starts", s.o.RestartElectionTimer, true)
	s = leader(t, 3, 1)
	s.must(raft.CheckQuorum())
	want(t, "the timer starts", s.o.RestartElectionTimer, true)
	c := candidate(t, 3, 1)
	c.receive(2, &raft.RequestVoteReply{Term: 2})
	want(t, "a candidate's runs on", c.o.RestartElectionTimer, false)
}

// §5.2: votes of an earlier election do not count.
func TestE5_StaleVoteIsIgnored(t *testing.T) {
	s := candidate(t, 3, 1)
	s.timeout()
	s.receive(2, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "the role in term 2 with a vote of term 1", s.Role, raft.Candidate)
	s.receive(2, &raft.RequestVoteReply{Term: 2, VoteGranted: true})
	want(t, "the role with a vote of term 2", s.Role, raft.Leader)
	f := follower(t, 3, 1)
	f.receive(2, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	f.receive(3, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
	want(t, "a follower's role with two votes", f.Role, raft.Follower)
}

// §5.3: nothing commits without a majority; what was lost then may be
// replaced.
func TestE6_NoCommitWithoutQuorum(t *testing.T) {
	noops(t, func(t *testing.T, opts raft.Options, own uint64) {
		w := newWorld(t, 3, opts)
		w.timeout(1)
		w.propose(1, "5")
		want(t, "commitIndex with all", w.s[1].CommitIndex, own+1)
		w.cut(1)
		w.propose(1, "8")
		w.beat(1)
		want(t, "commitIndex alone", w.s[1].CommitIndex, own+1)
		want(t, "entries of S1", w.s[1].Log.LastIndex(), own+2)
		w.timeout(2)
		w.heal()
		w.propose(2, "9", "10", "11")
		w.beat(2)
		last := 2*own + 4
		for _, s := range w.s {
			want(t, s.ID.String()+"'s commitIndex", s.CommitIndex, last)
			want(t, "entry after the first", s.applied[last-3], "2:command:9")
			want(t, "8 is gone", slices.Contains(s.applied, "1:command:8"), false)
		}
	})
}

// §5.3: a run of conflicting entries is replaced at once after a partition
// heals.
func TestE7_RunOfEntriesIsReplaced(t *testing.T) {
	noops(t, func(t *testing.T, opts raft.Options, own uint64) {
		w := newWorld(t, 3, opts)
		w.timeout(1)
		w.propose(1, "5", "6")
		w.cut(1)
		w.propose(1, "21", "22", "23", "24")
		w.timeout(2)
		w.propose(2, "7", "8", "9")
		want(t, "S2's commitIndex", w.s[2].CommitIndex, 2*own+5)
		w.heal()
		w.beat(2)
		w.beat(2)
		want(t, "S1's role", w.s[1].Role, raft.Follower)
		want(t, "S1's log", logText(&w.s[1].Log), logText(&w.s[2].Log))
		want(t, "S1's commitIndex", w.s[1].CommitIndex, 2*own+5)
		want(t, "21 is gone", slices.Contains(w.s[1].applied, "1:command:21"), false)
	})
}

// A client's entry on a leader that crashes, or is cut off, before anyone has
// it is lost: without the no-op nothing shields it or brings it back (§5.3).
func TestEntryOfLoneLeaderIsNotCommitted(t *testing.T) {
	w := newWorld(t, 3, raft.Options{})
	w.timeout(1)
	w.propose(1, "5")
	w.s[1].propose("6") // never sent
	w.crash(1)
	w.timeout(2)
	w.restart(1)
	w.beat(2)
	w.beat(2)
	want(t, "S1's log is not touched yet", w.s[1].Log.LastIndex(), 2)
	want(t, "S1 applied", len(w.s[1].applied), 0) // 5 is of term 1, S2 has none of its own
	w.propose(2, "7")
	w.beat(2)
	wantTerms(t, w.s[1], 1, 2)
	want(t, "S1's commitIndex", w.s[1].CommitIndex, 2)
}

// Figure 2: a vote is on disk before it is answered, and a restarted server
// does not vote twice in a term.
func TestS1_VoteIsStoredFirst(t *testing.T) {
	s := start(t, 3, raft.Options{}, stable(3, 0, 0))
	want(t, "S1 gets the vote", s.granted(1, 1, 0, 0), true)
	want(t, "the output that answers also saves", s.o.Save.State, true)
	s.restart(3)
	want(t, "the vote after a crash", s.VotedFor, 1)
	want(t, "S2 gets a vote in the term", s.granted(2, 1, 0, 0), false)
	want(t, "S1 is told yes again", s.granted(1, 1, 0, 0), true)
	want(t, "nothing is saved again", s.o.Save.Any(), false)
	// In a term that was known before, only the vote is new.
	s = start(t, 3, raft.Options{}, stable(3, 1, 0))
	s.granted(1, 1, 0, 0)
	want(t, "the vote is saved", s.o.Save.State, true)
}

// §7, Figure 13: a snapshot older than the log changes nothing; a newer one
// replaces the log, or only its prefix if the rest agrees.
func TestS2_InstallSnapshot(t *testing.T) {
	snap := func(index, term uint64) *raft.InstallSnapshot {
		var words []string
		for i := range index {
			words = append(words, fmt.Sprintf("word %d", i+1))
		}
		return &raft.InstallSnapshot{Term: 4, LeaderID: 2, Snapshot: &raft.Snapshot{
			Index: index, Term: term, Configuration: raft.Configuration{Voters: raft.SetOf(1, 2, 3)}, Data: snapshotData(words)}}
	}
	for _, c := range []struct {
		what        string
		index, term uint64
		first       uint64
		rest        []uint64
		restore     bool
	}{
		{"of what is committed", 2, 1, 1, []uint64{1, 1, 2, 2, 3}, false},
		{"before what is committed", 1, 1, 1, []uint64{1, 1, 2, 2, 3}, false},
		{"whose rest agrees", 4, 2, 5, []uint64{3}, true},
		{"of the whole log", 5, 3, 6, []uint64{}, true},
		{"that contradicts the log", 4, 3, 5, []uint64{}, true},
		{"that contradicts the log early", 3, 3, 4, []uint64{}, true},
		{"beyond the log", 9, 4, 10, []uint64{}, true},
	} {
		s := start(t, 1, raft.Options{}, stable(3, 3, 0, 1, 1, 2, 2, 3))
		s.appended(2, 3, 2, 1, 2) // commits 2
		want(t, "commitIndex", s.CommitIndex, 2)
		r, to := only[*raft.InstallSnapshotReply](t, s.receive(2, snap(c.index, c.term)))
		want(t, "the answer", *r, raft.InstallSnapshotReply{Term: 4, MatchIndex: c.index})
		want(t, "its receiver", to, 2)
		want(t, "a snapshot "+c.what+": the first index", s.Log.FirstIndex(), c.first)
		wantTerms(t, s, c.rest...)
		want(t, "it is restored", s.o.Restore != nil, c.restore)
		want(t, "commitIndex", s.CommitIndex, max(2, c.index))
		want(t, "the leader it knows", s.Leader, 2)
		want(t, "the timer starts anew", s.o.RestartElectionTimer, true)
		before := logText(&s.Log)
		s.restart(1)
		want(t, "the log after a crash", logText(&s.Log), before)
		want(t, "commitIndex after a crash", s.CommitIndex, c.first-1)
	}
	refused[*raft.Corrupt](leader(t, 3, 4), 2, snap(4, 2)) // two leaders of a term
}

// §7: a follower behind the leader's log start gets a snapshot; a lost
// snapshot message is sent again, at the next heartbeat and not before.
func TestS3_LostSnapshotIsSentAgain(t *testing.T) {
	for _, opts := range []raft.Options{{NoOp: true}, {NoOp: true, Pipeline: true}, {NoOp: true, ConflictTerm: true, MaxEntries: 1}} {
		w := newWorld(t, 3, opts)
		w.timeout(1)
		w.cut(3)
		w.propose(1, "a", "b", "c", "d")
		w.s[1].compact(4)
		w.heal()
		w.lost = func(e raft.Envelope) bool { return e.Message.Type() == "InstallSnapshot" }
		w.beat(1)
		sent := 0
		for _, e := range w.s[1].propose("e") { // in between: not again
			if e.Message.Type() == "InstallSnapshot" {
				sent++
			}
		}
		want(t, "snapshots sent between heartbeats", sent, 0)
		want(t, "S3's last index", w.s[3].Log.LastIndex(), 1)
		w.heal()
		w.beat(1)
		w.beat(1)
		want(t, "snapshots that arrived", w.n["InstallSnapshot"], 1)
		want(t, "S3's snapshot", w.s[3].Snapshot.Index, 4)
		want(t, "S3's last index", w.s[3].Log.LastIndex(), 6)
		want(t, "S3's commitIndex", w.s[3].CommitIndex, 6)
		want(t, "what S3 applied", fmt.Sprint(w.s[3].applied), fmt.Sprint(w.s[1].applied))
	}
}
