package raft_test

import (
	"testing"

	"raftlab/raft"
)

func (s *server) transfer(to raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.TransferLeadership(to))
}

// sentTimeoutNow is to whom TimeoutNow is sent among out, or 0.
func sentTimeoutNow(out []raft.Envelope) raft.ID {
	for _, e := range out {
		if _, ok := e.Message.(*raft.TimeoutNow); ok {
			return e.To
		}
	}
	return 0
}

// Thesis 3.10: the target is told at once when it is up to date, and leads the
// next term; whatever PreVote and stickiness say, for the leader itself wishes it.
func TestTransfer(t *testing.T) {
	for _, opts := range []raft.Options{{NoOp: true}, {NoOp: true, PreVote: true, StickyFollower: true}, {PreVote: true, Pipeline: true}} {
		w := newWorld(t, 5, opts)
		w.timeout(1)
		w.propose(1, "a")
		want(t, "everybody has heard of S1", w.s[3].HeardLeader && w.s[5].HeardLeader, true)
		out, err := w.s[1].transfer(4)
		want(t, "the error", err, nil)
		m, to := only[*raft.TimeoutNow](t, out)
		want(t, "who is told", to, 4)
		want(t, "the message", *m, raft.TimeoutNow{Term: 1, LeaderID: 1})
		want(t, "the transferee", w.s[1].Transferee, 4)
		out = w.s[4].receive(1, m)
		each(t, out, []raft.ID{1, 2, 3, 5}, func(m *raft.RequestVote) { want(t, "it says that it is a transfer", m.Transfer, true) })
		w.post(out)
		w.settle()
		want(t, "S4's role", w.s[4].Role, raft.Leader)
		want(t, "S4's term", w.s[4].CurrentTerm, 2)
		want(t, "S4 goes by what it heard before", w.s[4].HeardLeader, false)
		want(t, "S1's role", w.s[1].Role, raft.Follower)
		want(t, "S1's transferee", w.s[1].Transferee, 0)
		w.propose(4, "b")
		w.beat(4)
		want(t, "S1's last word", w.s[1].applied[len(w.s[1].applied)-1], "2:command:b")
	}
}

// Thesis 3.10: until it is over, the leader takes nothing new; it brings the
// target up to date, and tells it only then.
func TestTransfer_CatchesUpFirst(t *testing.T) {
	for _, opts := range []raft.Options{{NoOp: true, MaxEntries: 1}, {NoOp: true, Pipeline: true, Window: 1}, {NoOp: true, ConflictTerm: true}} {
		w := newWorldAndSpare(t, 3, 1, opts)
		w.timeout(1)
		w.among(1, 2)
		w.propose(1, "a", "b", "c")
		w.heal()
		s := w.s[1]
		out, err := s.transfer(3)
		want(t, "the error", err, nil)
		want(t, "who is told before it is up to date", sentTimeoutNow(out), 0)
		wontDo(s, "handing leadership to S3", func() ([]raft.Envelope, error) {
			return s.input(raft.Propose("x"))
		})
		wontDo(s, "handing leadership to S3", func() ([]raft.Envelope, error) {
			return s.input(raft.ProposeBatch([]string{"x"}))
		})
		wontDo(s, "handing leadership to S3", func() ([]raft.Envelope, error) { return s.add(4) })
		wontDo(s, "handing leadership to S3", func() ([]raft.Envelope, error) { return s.reconfigure(1, 2) })
		wontDo(s, "handing leadership to S3 already", func() ([]raft.Envelope, error) { return s.transfer(2) })
		w.post(out)
		for w.s[3].Log.LastIndex() < 4 {
			if len(w.mail) == 0 {
				w.post(s.beat())
			}
			w.deliver(0)
			want(t, "S3's role before it is up to date", w.s[3].Role, raft.Follower)
		}
		w.settle()
		want(t, "S3's role", w.s[3].Role, raft.Leader)
	}
	// Each answer of the target is answered with the rest, and the last one with
	// the order to begin, which is given once.
	s := leaderOf(t, raft.Options{MaxEntries: 1})
	s.propose("a", "b", "c")
	s.ack(2, 3)
	out, err := s.transfer(3)
	want(t, "the error", err, nil)
	want(t, "sent to the target", shapes(out, 3), "0/0 + 2")
	want(t, "sent after its first answer", shapes(s.ack(3, 1), 3), "1/2 + 2")
	want(t, "sent after its second answer", shapes(s.ack(3, 2), 3), "2/2 + 2")
	m, to := only[*raft.TimeoutNow](t, s.ack(3, 3))
	want(t, "who is told", to, 3)
	want(t, "in which term", m.Term, 2)
	want(t, "sent after its last answer comes again", len(s.ack(3, 3)), 0)
	// With the log gone, by a snapshot.
	w := newWorld(t, 3, raft.Options{NoOp: true})
	w.timeout(1)
	w.among(1, 2)
	w.propose(1, "a", "b", "c")
	w.s[1].compact(4)
	w.heal()
	w.did(w.s[1].transfer(3))
	for range 3 {
		if w.s[1].Role == raft.Leader {
			w.beat(1)
		}
	}
	want(t, "S3's role", w.s[3].Role, raft.Leader)
}

// What cannot be, is refused with the reason.
func TestTransfer_Refusals(t *testing.T) {
	w := newWorldAndSpare(t, 3, 2, raft.Options{NoOp: true})
	w.timeout(1)
	w.did(w.s[1].learn(4))
	s := w.s[1]
	wontDo(s, "leads already", func() ([]raft.Envelope, error) { return s.transfer(1) })
	wontDo(s, "no vote", func() ([]raft.Envelope, error) { return s.transfer(4) })
	wontDo(s, "no vote", func() ([]raft.Envelope, error) { return s.transfer(5) })
	wontDo(w.s[2], "not the leader", func() ([]raft.Envelope, error) { return w.s[2].transfer(3) })
}

// Thesis 3.10: a transfer that does not come about is given up after an
// election timeout, and the leader serves again; a new one may begin.
func TestTransfer_GivenUp(t *testing.T) {
	w := newWorld(t, 3, raft.Options{NoOp: true})
	w.timeout(1)
	w.crash(3)
	s := w.s[1]
	w.did(s.transfer(3))
	s.must(raft.TransferTimeout())
	want(t, "the transferee", s.Transferee, 0)
	w.propose(1, "a")
	want(t, "commitIndex", s.CommitIndex, 2)
	w.did(s.transfer(2))
	want(t, "S2's role", w.s[2].Role, raft.Leader)
}

// §6: the change to Cnew that follows a joint configuration goes on in a
// transfer, and the target waits for it.
func TestTransfer_InJointConsensus(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	out, err := w.s[1].reconfigure(1, 2, 4)
	want(t, "the error", err, nil)
	w.did(w.s[1].transfer(2))
	want(t, "S2's role, as it has not the joint configuration", w.s[2].Role == raft.Leader && w.s[2].Log.LastIndex() < 2, false)
	w.post(out)
	w.settle()
	w.beat(w.leading())
	s := w.finish(2, 1, 4)
	want(t, "the configuration", *s.Configuration, conf(1, 2, 4))
	// One that does not belong to Cnew is not told, and the leader gives it up.
	w = newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	s = w.s[1]
	out, err = s.reconfigure(1, 2, 4)
	want(t, "the error", err, nil)
	w.among(1, 2, 4)
	w.did(s.transfer(3))
	w.post(out)
	w.settle()
	want(t, "the configuration", *s.Configuration, conf(1, 2, 4))
	w.heal()
	w.beat(1)
	want(t, "the transferee", s.Transferee, 3)
	want(t, "S3's role", w.s[3].Role, raft.Follower)
	s.must(raft.TransferTimeout())
	w.propose(1, "x")
}

// TimeoutNow of an old term, or to a leader, or to one without a vote, does
// nothing; one of a newer term is obeyed.
func TestTimeoutNow(t *testing.T) {
	m := func(term uint64) *raft.TimeoutNow { return &raft.TimeoutNow{Term: term, LeaderID: 2} }
	s := start(t, 1, raft.Options{PreVote: true}, stable(3, 3, 0))
	want(t, "sent for an old one", len(s.receive(2, m(2))), 0)
	want(t, "the role", s.Role, raft.Follower)
	each(t, s.receive(2, m(5)), []raft.ID{2, 3}, func(m *raft.RequestVote) { want(t, "the term", m.Term, 6) })
	l := leader(t, 3, 3)
	want(t, "sent by a leader", len(l.receive(2, m(3))), 0)
	want(t, "its role", l.Role, raft.Leader)
	l.receive(2, m(4))
	want(t, "its role after one of the next term", l.Role, raft.Candidate)
	learner := start(t, 4, raft.Options{}, raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4)}})
	want(t, "sent by a learner", len(learner.receive(2, m(1))), 0)
	want(t, "its role", learner.Role, raft.Follower)
}
