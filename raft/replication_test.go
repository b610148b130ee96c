package raft_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"raftlab/raft"
)

// shape is an append in short: prev, then the terms it adds.
func shape(m *raft.AppendEntries) string {
	text := fmt.Sprint(m.PrevLogIndex, "/", m.PrevLogTerm, " +")
	for _, e := range m.Entries {
		text += fmt.Sprint(" ", e.Term)
	}
	return text
}

// shapes are the appends sent to one server, with bars between.
func shapes(out []raft.Envelope, to raft.ID) string {
	var all []string
	for _, e := range out {
		if m, ok := e.Message.(*raft.AppendEntries); ok && e.To == to {
			all = append(all, shape(m))
		}
	}
	return strings.Join(all, " | ")
}

// leaderOf is S1 leading term 2 of three servers, over the given log.
func leaderOf(t failer, opts raft.Options, log ...uint64) *server {
	s := start(t, 1, opts, stable(3, 1, 0, log...))
	s.lead()
	return s
}

// §5.3: a heartbeat sends again what was lost.
func TestHeartbeatResendsLostAppend(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	want(t, "sent", shapes(s.propose("x"), 2), "0/0 + 2")
	want(t, "sent by the heartbeat", shapes(s.beat(), 2), "0/0 + 2")
	s.ack(2, 1)
	out := s.beat()
	want(t, "sent to S2, which has it", shapes(out, 2), "1/2 +")
	want(t, "sent to S3, which has not", shapes(out, 3), "0/0 + 2")
	// With pipeline the leader learns of the loss from a refusal.
	for _, opts := range []raft.Options{{Pipeline: true}, {Pipeline: true, ConflictTerm: true}, {Pipeline: true, Window: 1}} {
		w := newWorld(t, 3, opts)
		w.timeout(1)
		w.s[1].propose("lost", "lost too")
		w.beat(1)
		want(t, "S2's last index after a heartbeat", w.s[2].Log.LastIndex(), 2)
		want(t, "commitIndex", w.s[1].CommitIndex, 2)
	}
}

// A success that leaves the follower behind is answered at once with what is
// missing; one that does not is not answered.
func TestSuccessIsAnsweredWithTheRest(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	s.propose("a")
	s.propose("b")
	s.propose("c")
	want(t, "sent after a success at 1", shapes(s.ack(2, 1), 2), "1/2 + 2 2")
	want(t, "nextIndex", s.NextIndex(2), 2)
	want(t, "sent after a success at 3", len(s.ack(2, 3)), 0)
	want(t, "sent after a late success at 1", len(s.ack(2, 1)), 0)
	want(t, "nextIndex", s.NextIndex(2), 4)
	want(t, "matchIndex", s.MatchIndex(2), 3)
	want(t, "the leader's own matchIndex", s.MatchIndex(1), 3)
}

// Figure 2, Leaders 3: a success counts for what it confirms, not for what the
// leader has by then.
func TestSuccessConfirmsWhatWasSent(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	s.propose("a")
	s.propose("b")
	s.ack(2, 1)
	want(t, "matchIndex", s.MatchIndex(2), 1)
	want(t, "commitIndex", s.CommitIndex, 1)
}

// Without pipeline nextIndex moves on replies, so that every append begins
// where the last confirmed one ended (Figure 2).
func TestNextIndexMovesOnReplies(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	want(t, "first", shapes(s.propose("a"), 2), "0/0 + 2")
	want(t, "second", shapes(s.propose("b"), 2), "0/0 + 2 2")
	want(t, "nextIndex", s.NextIndex(2), 1)
	s.ack(2, 2)
	want(t, "third", shapes(s.propose("c"), 2), "2/2 + 2")
}

// With pipeline it moves on sending.
func TestPipeline(t *testing.T) {
	s := leaderOf(t, raft.Options{Pipeline: true})
	want(t, "first", shapes(s.propose("a"), 2), "0/0 + 2")
	want(t, "second", shapes(s.propose("b"), 2), "1/2 + 2")
	want(t, "nextIndex", s.NextIndex(2), 3)
	want(t, "matchIndex", s.MatchIndex(2), 0)
	want(t, "sent after a success at 1", len(s.ack(2, 1)), 0)
	// The second was lost; the heartbeat is refused.
	want(t, "heartbeat", shapes(s.beat(), 2), "2/2 +")
	out := s.receive(2, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 2, ConflictIndex: 2})
	want(t, "sent after the refusal", shapes(out, 2), "1/2 + 2")
	// Once S2 has confirmed more, the same refusal again is old news.
	s.ack(2, 2)
	s.propose("c")
	want(t, "sent after it is heard again", len(s.receive(2, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 2, ConflictIndex: 2})), 0)
	want(t, "nextIndex", s.NextIndex(2), 4)
}

// An empty append is checked as any other (§5.3): after a lost append a
// heartbeat is refused, or nothing would be missed.
func TestHeartbeatIsChecked(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 2, 0, 1))
	want(t, "success of a heartbeat at 2", s.appended(2, 2, 2, 2, 0).Success, false)
	want(t, "success of a heartbeat at 1 of term 2", s.appended(2, 2, 1, 2, 0).Success, false)
	want(t, "success of a heartbeat at 1", s.appended(2, 2, 1, 1, 0).Success, true)
}

// With Window, no more appends with entries are in flight than it says.
func TestWindow(t *testing.T) {
	s := leaderOf(t, raft.Options{Pipeline: true, Window: 2})
	want(t, "first", shapes(s.propose("a"), 2), "0/0 + 2")
	want(t, "second", shapes(s.propose("b"), 2), "1/2 + 2")
	want(t, "third", shapes(s.propose("c"), 2), "")
	want(t, "fourth", shapes(s.propose("d"), 2), "")
	want(t, "after the first answer", shapes(s.ack(2, 1), 2), "2/2 + 2 2")
	want(t, "fifth", shapes(s.propose("e"), 2), "")
	want(t, "the heartbeat opens the window", shapes(s.beat(), 2), "4/2 + 2")
	want(t, "fifth to S3, where nothing was answered", s.NextIndex(3), 6)
	// A window of one holds back the second; what has no entries is not held back.
	s = leaderOf(t, raft.Options{NoOp: true, Pipeline: true, Window: 1})
	want(t, "the second with a window of one", shapes(s.propose("a"), 2), "")
	s.ack(2, 1)
	want(t, "a read's heartbeat with the window full", shapes(s.must(raft.Read(1, false)), 2), "2/2 +")
	// Answers to heartbeats open it no further than it is.
	s = leaderOf(t, raft.Options{NoOp: true, Pipeline: true, Window: 1})
	for range 3 {
		s.ack(2, 1)
	}
	want(t, "the first after answers to what has no entries", shapes(s.propose("a"), 2), "1/2 + 2")
	want(t, "the second", shapes(s.propose("b"), 2), "")
	// A refusal opens it as well.
	s = leaderOf(t, raft.Options{Pipeline: true, Window: 1})
	s.propose("a")
	s.propose("b")
	out := s.receive(2, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 0})
	want(t, "sent after a refusal of prev 0, which no follower gives", len(out), 0)
	s = leaderOf(t, raft.Options{Pipeline: true, Window: 1}, 1)
	s.propose("a")
	out = s.receive(2, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 1, ConflictIndex: 1})
	want(t, "sent after a refusal", shapes(out, 2), "0/0 + 1 2")
}

// MaxEntries limits an append; the rest follows on each success.
func TestMaxEntries(t *testing.T) {
	s := leaderOf(t, raft.Options{MaxEntries: 2})
	want(t, "sent", shapes(s.propose("a", "b", "c", "d", "e"), 2), "0/0 + 2 2")
	want(t, "then", shapes(s.ack(2, 2), 2), "2/2 + 2 2")
	want(t, "then", shapes(s.ack(2, 4), 2), "4/2 + 2")
	want(t, "then", len(s.ack(2, 5)), 0)
}

// MaxBytes limits it too. An entry over the limit travels alone, and none is
// left out.
func TestMaxBytes(t *testing.T) {
	s := leaderOf(t, raft.Options{MaxBytes: 4})
	out := s.propose("aa", "bb", "c", "this is large", "d", "eeee", "f")
	var got []string
	next := uint64(0)
	for len(out) > 0 {
		m := out[0].Message.(*raft.AppendEntries)
		want(t, "prevLogIndex", m.PrevLogIndex, next)
		text := ""
		for _, e := range m.Entries {
			text += e.Data + " "
		}
		got = append(got, text)
		next += uint64(len(m.Entries))
		out = s.ack(2, next)
	}
	want(t, "what each append carries", strings.Join(got, "| "), "aa bb | c | this is large | d | eeee | f ")
	want(t, "with one byte at most", shapes(leaderOf(t, raft.Options{MaxBytes: 1}).propose("a", "b"), 2), "0/0 + 2")
}

// Figure 2, Leaders 4: a leader that is its own majority commits as soon as it has
// appended, for no answer will come: its no-op, a command, several at once.
func TestAloneCommitsAtOnce(t *testing.T) {
	s := start(t, 1, raft.Options{NoOp: true}, stable(1, 0, 0))
	s.timeout()
	want(t, "commitIndex after the no-op", s.CommitIndex, 1)
	s.propose("a")
	want(t, "commitIndex after a command", s.CommitIndex, 2)
	s.propose("b", "c")
	want(t, "commitIndex after two at once", s.CommitIndex, 4)
	want(t, "lastApplied", s.LastApplied, 4)
}

// Servers with the same nextIndex share one message, and what was sent never
// changes.
func TestSentMessagesNeverChange(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	out := s.propose("a")
	if out[0].Message != out[1].Message {
		t.Error("two messages where one would do")
	}
	f := s.Clone()
	s.propose("b")
	f.Step(raft.Propose("c"), &raft.Output{})
	want(t, "what was sent", shapes(out, 2), "0/0 + 2")
	want(t, "its data", out[0].Message.(*raft.AppendEntries).Entries[0].Data, "a")
}

// §5.3: refusals that are old news do not move nextIndex, least below what is
// known to match.
func TestStaleRefusal(t *testing.T) {
	for _, conflictTerm := range []bool{false, true} {
		s := leaderOf(t, raft.Options{ConflictTerm: conflictTerm}, 1, 1, 1, 1)
		refusal := &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 4, ConflictIndex: 4}
		want(t, "sent after a refusal", shapes(s.receive(2, refusal), 2), "3/1 + 1")
		want(t, "sent after its duplicate", len(s.receive(2, refusal)), 0)
		want(t, "nextIndex", s.NextIndex(2), 4)
		s.ack(2, 4)
		s.propose("y")
		s.ack(2, 5)
		want(t, "sent after it comes late", len(s.receive(2, refusal)), 0)
		want(t, "nextIndex", s.NextIndex(2), 6)
		want(t, "sent after a refusal of an older leadership", len(s.receive(3, &raft.AppendEntriesReply{Term: 1, PrevLogIndex: 4, ConflictIndex: 1})), 0)
		want(t, "nextIndex of S3", s.NextIndex(3), 5) // S3 has confirmed nothing
		// One that would go back behind what matches stops there.
		s = leaderOf(t, raft.Options{ConflictTerm: true, Pipeline: true}, 1, 1, 1, 1)
		s.ack(2, 2)
		out := s.receive(2, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 4, ConflictIndex: 1})
		want(t, "what is sent again, and not what matches", shapes(out, 2), "2/1 + 1 1")
		want(t, "nextIndex after it was sent what is missing", s.NextIndex(2), 5)
		want(t, "matchIndex", s.MatchIndex(2), 2)
	}
}

// A follower that has lost what it confirmed (its disk was wiped, or never
// synced) is brought up to date again by the same leader.
func TestFollowerThatLostItsLog(t *testing.T) {
	for _, conflictTerm := range []bool{false, true} {
		for _, most := range []int{0, 1, 3} {
			w := newWorld(t, 3, raft.Options{ConflictTerm: conflictTerm, MaxEntries: most})
			w.timeout(1)
			w.propose(1, "a", "b", "c", "d")
			w.settle()
			w.given(2, stable(3, 0, 0))
			w.beat(1)
			want(t, "the log's end after one heartbeat", w.s[2].Log.LastIndex(), w.s[1].Log.LastIndex())
		}
		w := newWorld(t, 3, raft.Options{ConflictTerm: conflictTerm})
		w.timeout(1)
		w.propose(1, "a", "b", "c", "d")
		w.settle()
		w.given(2, stable(3, 0, 0))
		w.beat(1)
		want(t, "the log's end", w.s[2].Log.LastIndex(), w.s[1].Log.LastIndex())
		want(t, "commitIndex", w.s[1].CommitIndex, w.s[1].Log.LastIndex())
	}
}

// Acknowledgements of an earlier term do not count (§5.1): a leader that comes
// back may hold other entries there.
func TestStaleAckIsIgnored(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(5, 0, 0))
	s.lead()
	s.propose("x")
	s.receive(2, &raft.AppendEntriesReply{Term: 2})
	s.lead()
	want(t, "the term", s.CurrentTerm, 3)
	s.propose("y")
	for _, id := range ids(5)[1:] {
		s.receive(id, &raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: 2})
		want(t, "matchIndex", s.MatchIndex(id), 0)
	}
	want(t, "commitIndex", s.CommitIndex, 0)
}

// A refusal, or success, says nothing to a server that does not lead.
func TestReplyToFollowerIsIgnored(t *testing.T) {
	s := follower(t, 3, 2)
	before := fingerprint(s.Node)
	s.ack(2, 5)
	s.receive(3, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: 3, ConflictIndex: 1})
	s.receive(3, &raft.InstallSnapshotReply{Term: 2, MatchIndex: 3})
	want(t, "the state", fingerprint(s.Node), before)
}

// Corruption is reported, and changes nothing: a confirmation of entries that
// the leader never had, a second leader of a term (§5.2), impossible terms.
func TestCorruptMessages(t *testing.T) {
	s := leaderOf(t, raft.Options{}, 1)
	refused[*raft.Corrupt](s, 2, &raft.AppendEntriesReply{Term: 2, Success: true, MatchIndex: 2})
	refused[*raft.Corrupt](s, 2, &raft.AppendEntries{Term: 2, LeaderID: 2})
	// Terms in a log never go down, and a leader has none above its own.
	for _, terms := range [][]uint64{{0}, {1, 0}, {2, 1}, {3}, {1, 4}} {
		refused[*raft.Corrupt](follower(t, 3, 1), 2, &raft.AppendEntries{Term: 2, LeaderID: 2, Entries: entries(0, terms...)})
	}
	refused[*raft.Corrupt](follower(t, 3, 2), 2, &raft.AppendEntries{Term: 2, LeaderID: 2, PrevLogIndex: 1, PrevLogTerm: 2, Entries: entries(1, 1)})
	s.must(raft.CheckQuorum())
	want(t, "the role, as S2 was not heard", s.Role, raft.Follower)
}

// Figure 3: what is committed is never overwritten. An append that would do it
// is corruption, and changes nothing, its term included.
func TestCommittedEntriesStay(t *testing.T) {
	for _, term := range []uint64{2, 3} {
		s := start(t, 1, raft.Options{}, stable(3, 2, 0, 1, 1, 2))
		s.appended(2, 2, 2, 1, 2)
		want(t, "commitIndex", s.CommitIndex, 2)
		refused[*raft.Corrupt](s, 3, &raft.AppendEntries{Term: term, LeaderID: 3, PrevLogIndex: 1, PrevLogTerm: 1, Entries: entries(1, 2)})
		refused[*raft.Corrupt](s, 3, &raft.AppendEntries{Term: term, LeaderID: 3, Entries: entries(0, 1, 2, 2)})
		wantTerms(t, s, 1, 1, 2)
		// What follows is free to go, and an old leader is refused as ever.
		r := s.appended(3, 1, 0, 0, 0, 1, 1)
		want(t, "the answer to term 1", *r, raft.AppendEntriesReply{Term: 2})
		s.appended(2, 3, 0, 0, 0, 1, 1, 3)
		wantTerms(t, s, 1, 1, 3)
	}
}

// §5.5: the same append twice, or an older one after a newer one, does no harm.
func TestDuplicateAndReorderedAppends(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0))
	for range 2 {
		r := s.appended(2, 1, 0, 0, 0, 1, 1)
		want(t, "matchIndex", r.MatchIndex, 2)
		wantTerms(t, s, 1, 1)
	}
	want(t, "the second saves nothing", s.o.Save.Any(), false)
	r := s.appended(2, 1, 0, 0, 0, 1) // sent before the one of two
	want(t, "matchIndex of the shorter one", r.MatchIndex, 1)
	wantTerms(t, s, 1, 1)
	s.appended(2, 1, 2, 1, 2, 1)
	want(t, "commitIndex", s.CommitIndex, 2)
	s.appended(2, 1, 0, 0, 0) // the leader's first heartbeat, late
	want(t, "commitIndex after it", s.CommitIndex, 2)
	wantTerms(t, s, 1, 1, 1)
	r = s.appended(2, 1, 4, 1, 0, 1) // ahead of what is missing
	want(t, "success of an append with a hole before it", r.Success, false)
	wantTerms(t, s, 1, 1, 1)
}

// Figure 2, Leaders 4: a leader with old entries goes on to commit once it has
// one of its own term.
func TestOldEntriesDoNotStopCommitting(t *testing.T) {
	s := leaderOf(t, raft.Options{}, 1, 1)
	s.propose("x")
	s.propose("y")
	s.ack(2, 4)
	want(t, "commitIndex", s.CommitIndex, 4)
}

// A proposal to a server that does not lead tells who does (§8).
func TestProposeToFollower(t *testing.T) {
	for _, c := range []struct {
		s      *server
		leader raft.ID
	}{{follower(t, 3, 1), 2}, {candidate(t, 3, 1), 0}} {
		for _, in := range []raft.Input{raft.Propose("x"), raft.ProposeBatch([]string{"x"}), raft.HeartbeatTimeout(), raft.CheckQuorum()} {
			before := fingerprint(c.s.Node)
			out, err := c.s.input(in)
			var not *raft.NotLeader
			if !errors.As(err, &not) || *not != (raft.NotLeader{Node: 1, Leader: c.leader}) {
				t.Fatalf("error %v, want S1 names %q", err, c.leader)
			}
			want(t, "messages sent", len(out), 0)
			want(t, "the state", fingerprint(c.s.Node), before)
		}
	}
}

// §7: entries that a snapshot covers agree, so an append that begins before it
// is taken; what it covers is skipped.
func TestAppendAcrossSnapshot(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0))
	s.appended(2, 1, 0, 0, 3, 1, 1, 1, 1)
	s.compact(3)
	want(t, "first index", s.Log.FirstIndex(), 4)
	want(t, "matchIndex within the snapshot", s.appended(2, 1, 0, 0, 0, 1, 1).MatchIndex, 2)
	want(t, "matchIndex just before its end", s.appended(2, 1, 2, 1, 0, 1).MatchIndex, 3)
	want(t, "matchIndex across it", s.appended(2, 1, 1, 1, 0, 1, 1, 1, 1).MatchIndex, 5)
	want(t, "matchIndex from its end", s.appended(2, 1, 3, 1, 0, 1).MatchIndex, 4)
	wantTerms(t, s, 1, 1)
	want(t, "the log", logText(&s.Log), "(3/1) 1:command:4@1 1:command:5@1")
}

// §5.3 at a snapshot's end: the term there is checked like any other.
func TestAppendAtSnapshotOfAnotherTerm(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 2, 0))
	s.appended(2, 2, 0, 0, 3, 1, 1, 1, 1)
	s.compact(3)
	want(t, "success after entry 3 of term 2", s.appended(2, 2, 3, 2, 0, 2).Success, false)
	want(t, "success after entry 3 of term 1", s.appended(2, 2, 3, 1, 0, 2).Success, true)
}

// §7: a snapshot covers applied entries only, and more than the one before.
func TestCompactIsRefused(t *testing.T) {
	s := start(t, 1, raft.Options{}, stable(3, 1, 0))
	s.appended(2, 1, 0, 0, 2, 1, 1, 1)
	for _, index := range []uint64{3, 4, 0} {
		if _, err := s.input(raft.Compact(index, "")); err == nil {
			t.Errorf("a snapshot to %d was taken; 2 entries are applied", index)
		}
	}
	s.compact(2)
	want(t, "first index", s.Log.FirstIndex(), 3)
	want(t, "the snapshot's term", s.Snapshot.Term, 1)
	if _, err := s.input(raft.Compact(2, "")); err == nil {
		t.Error("the same snapshot was taken twice")
	}
}

// §7: when the follower has the snapshot, the leader goes on from its end, and
// the snapshot's entries count as held.
func TestSnapshotReplyGoesOn(t *testing.T) {
	s := leaderOf(t, raft.Options{})
	s.propose("a", "b", "c")
	s.ack(2, 3)
	s.compact(2)
	s.propose("d")
	out := s.beat() // nextIndex of S3 is 1, before the log's start
	want(t, "sent to S3", out[1].Message.Type(), "InstallSnapshot")
	want(t, "sent when S3 has it", shapes(s.receive(3, &raft.InstallSnapshotReply{Term: 2, MatchIndex: 2}), 3), "2/2 + 2 2")
	want(t, "matchIndex", s.MatchIndex(3), 2)
	// A follower that lags again is sent the next snapshot as soon as it must be.
	s.ack(2, 4)
	s.compact(4)
	want(t, "sent to S3 with the next command", onlyTo(s.propose("e"), 3)[0].Message.Type(), "InstallSnapshot")
	want(t, "sent again before the heartbeat", len(onlyTo(s.propose("f"), 3)), 0)
	s.receive(3, &raft.InstallSnapshotReply{Term: 3})
	want(t, "the role after an answer of term 3", s.Role, raft.Follower)
}
