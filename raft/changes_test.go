package raft_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftlab/raft"
)

// Membership changes, lived through (§6, thesis 4).

// newWorldAndSpare is newWorld, and servers beside it that are in no
// configuration.
func newWorldAndSpare(t failer, n, spare int, opts raft.Options) *world {
	t.Helper()
	w := newWorld(t, n, opts)
	w.ids = ids(n + spare)
	for _, id := range w.ids[n:] {
		w.s[id] = start(t, id, opts, raft.Stable{})
	}
	return w
}

// among lets only mail between the given servers arrive.
func (w *world) among(who ...raft.ID) {
	set := raft.SetOf(who...)
	w.lost = func(e raft.Envelope) bool { return !set.Has(e.From) || !set.Has(e.To) }
}

// The inputs of a change.

func (s *server) add(id raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.AddServer(id, false))
}

func (s *server) learn(id raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.AddServer(id, true))
}

func (s *server) promote(id raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.Promote(id))
}

func (s *server) remove(id raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.RemoveServer(id))
}

func (s *server) reconfigure(voters ...raft.ID) ([]raft.Envelope, error) {
	s.t.Helper()
	return s.input(raft.Reconfigure(raft.SetOf(voters...)))
}

// did posts what an input sends and settles; it must not have failed.
func (w *world) did(out []raft.Envelope, err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%v", err)
	}
	w.post(out)
	w.settle()
}

// wontDo wants a refusal with a text, and no change.
func wontDo(s *server, text string, f func() ([]raft.Envelope, error)) {
	s.t.Helper()
	before := fingerprint(s.Node)
	out, err := f()
	if err == nil || !strings.Contains(err.Error(), text) || len(out) > 0 || s.o.Save.Any() || fingerprint(s.Node) != before {
		s.t.Fatalf("%s: error %v, want one with %q and no change", s.ID, err, text)
	}
}

// Thesis 4.1: a change is in force on each server as soon as it is appended
// there, and the one before it again when another leader truncates it.
func TestSingleChange_InForceWhenAppendedAndRolledBack(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.among(1, 2)
	w.did(w.s[1].add(4))
	want(t, "S1's configuration", *w.s[1].Configuration, conf(1, 2, 3, 4))
	want(t, "S2's", *w.s[2].Configuration, conf(1, 2, 3, 4))
	want(t, "S3's", *w.s[3].Configuration, conf(1, 2, 3))
	want(t, "commitIndex, with two of four", w.s[1].CommitIndex, 1)
	w.crash(2)
	w.among(3, 2) // S3 asks by the old configuration, and S2 has the longer log
	w.timeout(3)
	want(t, "S3's role without S2", w.s[3].Role, raft.Candidate)
	w.restart(2)
	w.among(2, 3)
	w.timeout(2)
	want(t, "S2's role with two of four", w.s[2].Role, raft.Candidate)
	// Without S2 the change is gone.
	w = newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.among(1)
	w.did(w.s[1].add(4))
	want(t, "S1's configuration", *w.s[1].Configuration, conf(1, 2, 3, 4))
	w.among(2, 3)
	w.timeout(2)
	w.heal()
	w.beat(2)
	want(t, "S1's configuration, truncated", *w.s[1].Configuration, conf(1, 2, 3))
	want(t, "S4's", *w.s[4].Configuration, raft.Configuration{})
	w.did(w.s[2].add(4))
	w.beat(2)
	for id := range raft.SetOf(1, 2, 3, 4).All() {
		want(t, id.String()+"'s configuration", *w.s[id].Configuration, conf(1, 2, 3, 4))
		want(t, id.String()+"'s commitIndex", w.s[id].CommitIndex, w.s[2].CommitIndex)
	}
}

// Thesis 4.1: one change at a time, of one server.
func TestSingleChange_OneAtATime(t *testing.T) {
	w := newWorldAndSpare(t, 3, 2, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	w.among(1)
	w.did(s.add(4))
	for _, f := range []func() ([]raft.Envelope, error){
		func() ([]raft.Envelope, error) { return s.add(5) }, func() ([]raft.Envelope, error) { return s.remove(2) },
		func() ([]raft.Envelope, error) { return s.reconfigure(1, 2) }, func() ([]raft.Envelope, error) { return s.learn(5) },
	} {
		wontDo(s, "one at a time", f)
	}
	w.heal()
	w.beat(1)
	w.did(s.add(5))
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3, 4, 5))
}

// What makes no sense is refused with the reason, and changes nothing.
func TestChange_Refusals(t *testing.T) {
	w := newWorldAndSpare(t, 2, 2, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	wontDo(s, "already", func() ([]raft.Envelope, error) { return s.add(2) })
	wontDo(s, "already", func() ([]raft.Envelope, error) { return s.learn(1) })
	wontDo(s, "not a learner", func() ([]raft.Envelope, error) { return s.promote(2) })
	wontDo(s, "not a learner", func() ([]raft.Envelope, error) { return s.promote(4) })
	wontDo(s, "not in the configuration", func() ([]raft.Envelope, error) { return s.remove(4) })
	wontDo(s, "already", func() ([]raft.Envelope, error) { return s.reconfigure(1, 2) })
	wontDo(s, "needs a voter", func() ([]raft.Envelope, error) { return s.reconfigure() })
	w.did(s.remove(2))
	wontDo(s, "last voter", func() ([]raft.Envelope, error) { return s.remove(1) })
	f := w.s[2]
	for _, f := range []func() ([]raft.Envelope, error){
		func() ([]raft.Envelope, error) { return f.add(3) }, func() ([]raft.Envelope, error) { return f.reconfigure(1) },
		func() ([]raft.Envelope, error) { return f.remove(2) },
	} {
		_, err := f()
		var not *raft.NotLeader
		if !errors.As(err, &not) || not.Leader != 1 {
			t.Errorf("error %v, want S1 named", err)
		}
	}
}

// Ongaro's correction of 2015: no change before an entry of the leader's own
// term is committed.
func TestCorrection2015_OwnTermFirst(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{})
	w.timeout(1)
	wontDo(w.s[1], "2015", func() ([]raft.Envelope, error) { return w.s[1].add(4) })
	w.propose(1, "x")
	w.did(w.s[1].add(4))
	w.beat(1)
	w.timeout(2) // in a new term, the entries that are committed are of an old one
	want(t, "S2's role", w.s[2].Role, raft.Leader)
	wontDo(w.s[2], "2015", func() ([]raft.Envelope, error) { return w.s[2].remove(4) })
	wontDo(w.s[2], "2015", func() ([]raft.Envelope, error) { return w.s[2].reconfigure(1, 2) })
	w.among(2)
	w.s[2].propose("y") // appended and not committed
	wontDo(w.s[2], "2015", func() ([]raft.Envelope, error) { return w.s[2].remove(4) })
}

// figure2015 does the counterexample's elections and changes, as far as they
// are done; before is what each leader does first. It returns S1, which tries
// to lead term 3, and the change that S2 has committed.
func figure2015(t *testing.T, opts raft.Options, before func(w *world, leader raft.ID)) (w *world, committed uint64) {
	w = newWorldAndSpare(t, 4, 1, opts)
	change := func(out []raft.Envelope, err error) {
		if err == nil {
			w.did(out, nil)
		}
	}
	w.among(1, 2, 3, 4)
	w.timeout(1)
	before(w, 1)
	w.among(1, 5)
	change(w.s[1].add(5)) // D, on S1 and S5
	w.among(2, 3, 4)
	w.timeout(2)
	before(w, 2)
	w.among(2, 3)
	change(w.s[2].remove(4)) // E, on S2 and S3
	committed = w.s[2].CommitIndex
	w.among(1, 4, 5)
	w.beat(1) // S1 hears of term 2
	want(t, "S1's role before term 3", w.s[1].Role, raft.Follower)
	w.timeout(1)
	return w, committed
}

// The counterexample: two leaders each append a change that is one server away
// from C = {1 2 3 4}; by D = {1 2 3 4 5} S1 wins term 3 with S4 and S5, and
// overwrites E = {1 2 3}, which S2 and S3 had committed.
func TestCorrection2015_Counterexample(t *testing.T) {
	nothing := func(*world, raft.ID) {}
	w, committed := figure2015(t, raft.Options{AnyTermChange: true}, nothing)
	e := w.s[2].Log.Entry(1)
	want(t, "E is committed at", committed, 1)
	want(t, "E", e.Data, conf(1, 2, 3).String())
	want(t, "S1's role", w.s[1].Role, raft.Leader)
	want(t, "S1's entry there", w.s[1].Log.Entry(1).Data, conf(1, 2, 3, 4, 5).String())
	w.propose(1, "x")
	want(t, "S1 commits its own there", w.s[1].CommitIndex >= committed && w.s[1].Log.Entry(1) != e, true)
	refused[*raft.Corrupt](w.s[2], 1, &raft.AppendEntries{Term: 3, LeaderID: 1, Entries: []raft.Entry{w.s[1].Log.Entry(1)}})

	// With the correction neither change is taken before an entry of its
	// leader's term is committed …
	w, committed = figure2015(t, raft.Options{}, nothing)
	want(t, "what is committed", committed, 0)
	want(t, "S1's configuration", *w.s[1].Configuration, conf(1, 2, 3, 4))
	want(t, "S2's configuration", *w.s[2].Configuration, conf(1, 2, 3, 4))
	// … and then S1 cannot win: S4 has that entry, and S1 has not.
	for _, opts := range []raft.Options{{}, {NoOp: true}} {
		w, committed = figure2015(t, opts, func(w *world, leader raft.ID) { w.propose(leader, "first") })
		want(t, "E is committed", w.s[2].Log.Entry(committed).Data, conf(1, 2, 3).String())
		want(t, "S1's configuration", *w.s[1].Configuration, conf(1, 2, 3, 4, 5))
		want(t, "S1's role", w.s[1].Role, raft.Candidate)
		for range 5 {
			w.timeout(1)
		}
		want(t, "S1's role later", w.s[1].Role, raft.Candidate)
	}
}

// Figure 10: from {1 2 3} to {1 2 3 4 5} at once there could be two majorities,
// so it goes by joint consensus or one by one, never directly.
func TestFigure10_NoDirectSwitch(t *testing.T) {
	w := newWorldAndSpare(t, 3, 2, raft.Options{NoOp: true})
	w.timeout(1)
	w.among(1, 2)
	w.did(w.s[1].reconfigure(1, 2, 3, 4, 5))
	want(t, "what S1 appended", *w.s[1].Configuration, joint(raft.SetOf(1, 2, 3, 4, 5), raft.SetOf(1, 2, 3)))
	w.did(nil, nil)
	want(t, "commitIndex with a majority of the old ones", w.s[1].CommitIndex, 1)
	// {3 4 5} cannot elect: a majority of {1 2 3} is missing. {1 2} cannot: of {1 2 3 4 5}.
	w.among(3, 4, 5)
	w.timeout(3)
	want(t, "S3's role", w.s[3].Role, raft.Candidate)
	w.among(1, 2)
	w.s[1].must(raft.CheckQuorum())
	w.timeout(2)
	want(t, "S2's role", w.s[2].Role, raft.Candidate)
}

// Thesis 4.2.1: a learner is sent the log and the commit index, counts for
// nothing, holds no elections, and votes only once it is promoted, which waits
// until it has caught up.
func TestLearner(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.propose(1, "a", "b")
	w.among(1, 2, 3)
	w.did(w.s[1].learn(4))
	s := w.s[1]
	want(t, "the configuration", *s.Configuration, raft.Configuration{Voters: raft.SetOf(1, 2, 3), Learners: raft.SetOf(4)})
	want(t, "commitIndex", s.CommitIndex, 4)
	wontDo(s, "caught up", func() ([]raft.Envelope, error) { return s.promote(4) })
	w.heal()
	w.beat(1)
	w.beat(1)
	want(t, "the learner's log", logText(&w.s[4].Log), logText(&s.Log))
	want(t, "the learner's commitIndex", w.s[4].CommitIndex, 4)
	if _, err := w.s[4].input(raft.ElectionTimeout()); err == nil {
		t.Error("a learner began an election")
	}
	w.among(1, 4)
	w.propose(1, "c")
	want(t, "commitIndex with a learner's copy", s.CommitIndex, 4)
	want(t, "the learner's last index", w.s[4].Log.LastIndex(), 5)
	w.heal()
	w.beat(1)
	w.among(1, 2, 3)
	w.did(s.promote(4))
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3, 4))
	want(t, "what is known of S4's log stays", s.MatchIndex(4), 5)
	want(t, "commitIndex with three of four", s.CommitIndex, 6)
	w.among(1, 2, 4)
	w.crash(3)
	w.propose(1, "d")
	want(t, "commitIndex with S4 as one of three", s.CommitIndex, 7)
	// A learner is removed like any other.
	w.restart(3)
	w.heal()
	w.beat(1)
	w.did(s.remove(4))
	w.did(s.learn(4))
	w.did(s.remove(4))
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3))
}

// Figure 11: Cnew follows when Cold,new is committed, not when an entry before it
// is; and a leader that removes itself goes when its removal is committed, not
// before (thesis 4.2.2).
func TestAnEarlierCommitIsNotTheChange(t *testing.T) {
	s := start(t, 1, raft.Options{NoOp: true}, stable(3, 1, 0))
	s.lead()
	s.ack(2, 1)
	s.propose("x")
	s.did(s.reconfigure(1, 2))
	s.ack(2, 2)
	want(t, "commitIndex", s.CommitIndex, 2)
	want(t, "the last entry is Cold,new", s.Log.LastIndex(), 3)
	s.ack(2, 3)
	want(t, "the last entry is Cnew", s.Log.LastIndex(), 4)
	s = start(t, 1, raft.Options{NoOp: true}, stable(3, 1, 0))
	s.lead()
	s.ack(2, 1)
	s.propose("x")
	s.did(s.remove(1))
	s.ack(2, 2)
	s.ack(3, 2)
	want(t, "commitIndex", s.CommitIndex, 2)
	want(t, "the role before its removal is committed", s.Role, raft.Leader)
	s.ack(2, 3)
	s.ack(3, 3)
	want(t, "the role when it is", s.Role, raft.Follower)
}

// §7, thesis 4.1: a snapshot takes the configurations that it covers out of the
// log, and none that follows it.
func TestSnapshotAmongConfigurations(t *testing.T) {
	for _, c := range []struct {
		compact, index uint64
	}{{1, 3}, {2, 3}, {3, 0}, {4, 0}} {
		w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
		w.timeout(1)
		w.propose(1, "a")
		w.did(w.s[1].add(4)) // entry 3
		w.propose(1, "b")
		s := w.s[1]
		want(t, "the configuration's index before", s.ConfigurationIndex, 3)
		s.compact(c.compact)
		want(t, fmt.Sprintf("the configuration's index after a snapshot up to %d", c.compact), s.ConfigurationIndex, c.index)
		want(t, "the configuration in force", *s.Configuration, conf(1, 2, 3, 4))
		expect := conf(1, 2, 3)
		if c.compact >= 3 {
			expect = conf(1, 2, 3, 4)
		}
		want(t, "the snapshot's configuration", s.Snapshot.Configuration, expect)
	}
}

// Figure 12: a snapshot holds the configuration as of its end. A server that was
// added, and began without any, cannot take one of entries from before it knew.
func TestCompactWithoutConfiguration(t *testing.T) {
	w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.propose(1, "a")
	w.did(w.s[1].add(4)) // entry 3
	w.beat(1)
	s := w.s[4]
	want(t, "lastApplied", s.LastApplied, 3)
	want(t, "it may take a snapshot of that", s.State().MayCompact(), true)
	want(t, "a new one may", start(t, 4, raft.Options{}, raft.Stable{}).State().MayCompact(), false)
	for index, may := range map[uint64]bool{1: false, 2: false, 3: true} {
		c := s.Clone()
		err := c.Step(raft.Compact(index, ""), &raft.Output{})
		want(t, fmt.Sprintf("a snapshot up to %d", index), err == nil, may)
		if !may && (!strings.Contains(err.Error(), "Figure 12") || c.Snapshot != nil) {
			t.Errorf("refused with %v", err)
		}
	}
}

// A leader that is left alone is the majority of the new configuration, and
// commits it in the same input: nobody is there whose answer would.
func TestRemoveTheOnlyOther(t *testing.T) {
	w := newWorld(t, 2, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	want(t, "commitIndex", s.CommitIndex, 1)
	s.did(s.remove(2))
	want(t, "commitIndex when it is alone", s.CommitIndex, 2)
}

// Thesis 4.2.1: caught up is what holds all that is committed; one entry less is
// not.
func TestLearnerOneEntryShort(t *testing.T) {
	for match, may := range []bool{2: false, 3: false, 4: true} {
		w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
		w.timeout(1)
		w.propose(1, "a", "b")
		w.among(1, 2, 3)
		s := w.s[1]
		w.did(s.learn(4))
		want(t, "commitIndex", s.CommitIndex, 4)
		s.ack(4, uint64(match))
		_, err := s.promote(4)
		want(t, fmt.Sprintf("with %d of 4 it is promoted", match), err == nil, may)
	}
}

// A server that was removed, wiped and added again in one term is another member
// than it was: what it said in its earlier life does not count, whenever it comes.
// The paper's leader has given up the requests that this answers.
func TestReplyOfThisMember(t *testing.T) {
	for _, again := range []string{"as voter", "as learner", "jointly"} {
		s := start(t, 1, raft.Options{NoOp: true}, stable(4, 1, 0))
		s.lead()
		s.ack(2, 1)
		s.ack(3, 1)
		m, _ := only[*raft.AppendEntries](t, onlyTo(s.propose("a"), 4))
		s.ack(2, 2)
		s.ack(3, 2)
		s.did(s.remove(4))
		s.ack(2, 3)
		s.ack(3, 3)
		var out []raft.Envelope
		var err error
		switch again {
		case "as voter":
			out, err = s.add(4)
		case "as learner":
			out, err = s.learn(4)
		case "jointly":
			out, err = s.reconfigure(1, 2, 3, 4)
		}
		want(t, "the error", err, nil)
		now, _ := only[*raft.AppendEntries](t, onlyTo(out, 4))
		next := s.NextIndex(4)
		for _, late := range []raft.Message{
			&raft.AppendEntriesReply{Term: 2, Success: true, MatchIndex: 2, Round: m.Round},
			&raft.AppendEntriesReply{Term: 2, PrevLogIndex: 1, ConflictIndex: 1, Round: m.Round},
			&raft.AppendEntriesReply{Term: 2, PrevLogIndex: next - 1, ConflictIndex: 1, Round: m.Round},
			&raft.InstallSnapshotReply{Term: 2, MatchIndex: 2, Round: m.Round},
		} {
			want(t, again+": sent after a late answer", len(s.receive(4, late)), 0)
			want(t, again+": matchIndex", s.MatchIndex(4), 0)
			want(t, again+": nextIndex", s.NextIndex(4), next)
		}
		// An answer to what it was sent since counts, and so does one of the others
		// to what they were sent before.
		s.receive(2, &raft.AppendEntriesReply{Term: 2, Success: true, MatchIndex: 4, Round: m.Round})
		want(t, again+": matchIndex of S2", s.MatchIndex(2), 4)
		s.receive(4, &raft.AppendEntriesReply{Term: 2, PrevLogIndex: next - 1, ConflictIndex: 1, Round: now.Round})
		want(t, again+": nextIndex after a refusal of its own", s.NextIndex(4), next-1)
		s.receive(4, &raft.AppendEntriesReply{Term: 2, Success: true, MatchIndex: 2, Round: now.Round})
		want(t, again+": matchIndex after an answer of its own", s.MatchIndex(4), 2)
	}
}

func onlyTo(out []raft.Envelope, to raft.ID) []raft.Envelope {
	return slices.DeleteFunc(slices.Clone(out), func(e raft.Envelope) bool { return e.To != to })
}

// did is for an input that succeeds, and whose messages are lost.
func (s *server) did(_ []raft.Envelope, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%v", err)
	}
}

// §7: a snapshot that replaces the log takes the log's configurations with it,
// also those behind its own last entry: the configuration in force is the
// snapshot's, and after a restart too.
func TestSnapshotReplacesConfigurations(t *testing.T) {
	disk := stable(3, 1, 0, 1, 1, 1)
	disk.Log.Append(raft.Entry{Term: 1, Kind: raft.Config, Data: "S1 S2"})
	disk.Log.Append(raft.Entry{Term: 1, Kind: raft.Config, Data: "S1 S2 S3 S4"})
	s := start(t, 1, raft.Options{}, disk)
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3, 4))
	snapshot := &raft.Snapshot{Index: 3, Term: 2, Configuration: conf(1, 2, 3, 5), Data: snapshotData([]string{"a", "b", "c"})}
	s.receive(2, &raft.InstallSnapshot{Term: 2, LeaderID: 2, Snapshot: snapshot})
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3, 5))
	want(t, "its entry", s.ConfigurationIndex, 0)
	s.restart(1)
	want(t, "the configuration after a restart", *s.Configuration, conf(1, 2, 3, 5))
	// One that the log agrees with leaves what follows it, configurations too.
	s = start(t, 1, raft.Options{}, disk)
	s.receive(2, &raft.InstallSnapshot{Term: 2, LeaderID: 2, Snapshot: &raft.Snapshot{Index: 4, Term: 1, Configuration: conf(1, 2), Data: snapshotData([]string{"a", "b", "c", "d"})}})
	want(t, "the configuration", *s.Configuration, conf(1, 2, 3, 4))
	want(t, "its entry", s.ConfigurationIndex, 5)
}

// §6: new servers start empty, outside of any configuration: they hold no
// elections, and are sent the log, or a snapshot, from the beginning. The
// leader knows nothing of them, also of one that was removed and comes again.
func TestNewServerStartsEmpty(t *testing.T) {
	for _, compact := range []bool{false, true} {
		w := newWorldAndSpare(t, 3, 1, raft.Options{NoOp: true})
		if _, err := w.s[4].input(raft.ElectionTimeout()); err == nil {
			t.Fatal("a server without a configuration began an election")
		}
		w.timeout(1)
		w.propose(1, "a", "b")
		s := w.s[1]
		if compact {
			s.compact(3)
		}
		out, err := s.add(4)
		want(t, "the error", err, nil)
		want(t, "its matchIndex", s.MatchIndex(4), 0)
		w.did(out, nil)
		w.beat(1)
		w.beat(1)
		want(t, "its commitIndex", w.s[4].CommitIndex, s.CommitIndex)
		want(t, "what it applied", strings.Join(w.s[4].applied, " "), strings.Join(s.applied, " "))
		want(t, "its configuration", *w.s[4].Configuration, conf(1, 2, 3, 4))
		w.s[4].restart(4)
		want(t, "its configuration after a restart", *w.s[4].Configuration, conf(1, 2, 3, 4))
		last := w.s[4].Log.LastIndex()
		w.did(s.remove(4))
		want(t, "what S4 still gets", w.s[4].Log.LastIndex(), last)
		want(t, "what is known of it", s.MatchIndex(4), 0)
		w.propose(1, "c")
		w.among(1, 2, 3)
		out, err = s.add(4)
		want(t, "the error", err, nil)
		want(t, "matchIndex of one that comes again", s.MatchIndex(4), 0)
		want(t, "its nextIndex", s.NextIndex(4), s.Log.LastIndex())
		w.did(out, nil)
		w.heal()
		w.beat(1)
		want(t, "its last index", w.s[4].Log.LastIndex(), s.Log.LastIndex())
		want(t, "its matchIndex", s.MatchIndex(4), s.Log.LastIndex())
	}
}

// Thesis 4.2.1: a follower that is removed counts no more from then on, and is
// sent nothing; late answers of its own say nothing.
func TestRemoveFollower(t *testing.T) {
	w := newWorld(t, 3, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	w.among(1, 2)
	w.did(s.remove(3))
	want(t, "the configuration", *s.Configuration, conf(1, 2))
	want(t, "commitIndex", s.CommitIndex, 2)
	w.heal()
	each(t, s.beat(), []raft.ID{2}, func(*raft.AppendEntries) {})
	each(t, s.propose("x"), []raft.ID{2}, func(*raft.AppendEntries) {})
	s.ack(3, 3)
	want(t, "commitIndex with the removed one's copy", s.CommitIndex, 2)
	s.ack(2, 3)
	want(t, "commitIndex with the member's", s.CommitIndex, 3)
}

// Thesis 4.2.2: a leader that removes itself goes on until that is committed,
// by the others alone, and then steps down; it holds no elections afterwards.
func TestRemoveLeader(t *testing.T) {
	w := newWorld(t, 4, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	w.among(1, 2)
	w.did(s.remove(1))
	want(t, "the configuration", *s.Configuration, conf(2, 3, 4))
	want(t, "the role, with one of three", s.Role, raft.Leader)
	want(t, "commitIndex, itself not counted", s.CommitIndex, 1)
	w.propose(1, "x") // it still serves
	want(t, "the last index of S2", w.s[2].Log.LastIndex(), 3)
	want(t, "commitIndex", s.CommitIndex, 1)
	w.beat(1)
	s.must(raft.CheckQuorum()) // only S2 since
	want(t, "the role after CheckQuorum with one of three", s.Role, raft.Follower)
	if _, err := s.input(raft.ElectionTimeout()); err != nil {
		t.Errorf("it is needed until its removal is committed: %v", err)
	}
	w.among(1, 2, 3)
	w.timeout(1)
	want(t, "the role with two votes of three and its own", s.Role, raft.Follower)
	want(t, "its removal is committed", s.CommitIndex >= 2, true)
	var refusal *raft.Refused
	if _, err := s.input(raft.ElectionTimeout()); !errors.As(err, &refusal) {
		t.Errorf("a removed server began an election: %v", err)
	}
	w.heal()
	w.timeout(2)
	want(t, "S2's role", w.s[2].Role, raft.Leader)
	each(t, w.s[2].beat(), []raft.ID{3, 4}, func(*raft.AppendEntries) {})
}

// A leader that goes takes its last duties with it in the same input: reads
// fail and the transfer is over.
func TestRemoveLeader_ReadsFail(t *testing.T) {
	w := newWorld(t, 3, raft.Options{NoOp: true})
	w.timeout(1)
	s := w.s[1]
	out, err := s.remove(1)
	want(t, "the error", err, nil)
	s.must(raft.Read(7, false))
	for _, e := range out {
		w.s[e.To].receive(1, e.Message)
	}
	s.ack(2, 2)
	s.ack(3, 2)
	want(t, "the role", s.Role, raft.Follower)
	want(t, "the reads", fmt.Sprint(s.o.Reads), fmt.Sprint([]raft.ReadReady{{Number: 7, Failed: true}}))
}

// Figure 11: Cold,new is in force at once and needs majorities of both; Cnew
// is appended when Cold,new is committed, not before, and needs its own only.
func TestFigure11_JointConsensus(t *testing.T) {
	w := newWorldAndSpare(t, 3, 3, raft.Options{NoOp: true})
	w.timeout(1)
	s, c2 := w.s[1], raft.SetOf(4, 5)
	both := joint(c2.With(1), raft.SetOf(1, 2, 3))
	out, err := s.reconfigure(1, 4, 5)
	want(t, "the error", err, nil)
	want(t, "the configuration", *s.Configuration, both)
	each(t, out, ids(5)[1:], func(m *raft.AppendEntries) {})
	s.ack(2, 2)
	s.ack(3, 2)
	want(t, "commitIndex with the old ones", s.CommitIndex, 1)
	want(t, "the configuration", *s.Configuration, both)
	wontDo(s, "one at a time", func() ([]raft.Envelope, error) { return s.add(6) })
	out = s.ack(5, 2)
	want(t, "commitIndex with S5", s.CommitIndex, 2)
	want(t, "the configuration", *s.Configuration, conf(1, 4, 5))
	for _, e := range out {
		want(t, "an old one is sent Cnew", c2.Has(e.To), true)
	}
	wontDo(s, "one at a time", func() ([]raft.Envelope, error) { return s.add(6) })
	s.ack(2, 3) // no member any more
	want(t, "commitIndex with an old one's copy", s.CommitIndex, 2)
	s.ack(4, 3)
	want(t, "commitIndex with a new one's copy", s.CommitIndex, 3)
	_, err = s.add(6)
	want(t, "the error of the next change", err, nil)
}

// §6: while it is joint, new leaders need votes of both.
func TestFigure11_ElectionsNeedBoth(t *testing.T) {
	both := joint(raft.SetOf(3, 4, 5), raft.SetOf(1, 2, 3))
	for votes, wins := range map[raft.Set]bool{
		raft.SetOf(1, 2): false, raft.SetOf(4, 5): false, raft.SetOf(1, 4): true, raft.SetOf(2, 5): true, raft.SetOf(1): false, raft.SetOf(5): false,
	} {
		s := start(t, 3, raft.Options{}, raft.Stable{Initial: both})
		each(t, s.timeout(), []raft.ID{1, 2, 4, 5}, func(*raft.RequestVote) {})
		for id := range votes.All() {
			if s.Role != raft.Leader {
				s.receive(id, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
			}
		}
		want(t, "S3 leads with its own and those of "+votes.String(), s.Role == raft.Leader, wins)
	}
}

// finish lets servers of who time out in turn until one leads, its
// configuration is not joint, and the members that are up hold the same.
func (w *world) finish(who ...raft.ID) *server {
	w.t.Helper()
	for try := range 6 * len(who) {
		id := who[try%len(who)]
		s := w.s[id]
		for _, other := range w.s {
			other.must(raft.MinimumElectionTimeout())
		}
		if s.Role != raft.Leader {
			if out, err := s.input(raft.ElectionTimeout()); err == nil {
				w.post(out)
				w.settle()
			}
		}
		if s.Role == raft.Leader && s.Transferee == 0 && !s.opts.NoOp { // nothing old is committed without something new
			w.propose(id, "something")
		}
		for range 6 {
			if s.Role == raft.Leader {
				w.beat(id)
			}
		}
		if s.Role == raft.Leader && s.Configuration.Old.Empty() && w.membersAgree(s) {
			return s
		}
	}
	for _, id := range who {
		s := w.s[id]
		w.t.Fatalf("nobody finishes it: %s is a %s with %q, committed %d of %d", id, s.Role, *s.Configuration, s.CommitIndex, s.Log.LastIndex())
	}
	return nil
}

func (w *world) membersAgree(leader *server) bool {
	for id := range leader.Configuration.Members().With(leader.ID).All() {
		if s := w.s[id]; !w.down.Has(id) && (s.LastApplied != leader.Log.LastIndex() || !slices.Equal(s.applied, leader.applied)) {
			return false
		}
	}
	return true
}

// §6: whenever the leader crashes in a change by joint consensus, a new leader
// finishes it, or it is as if it had never been; also when the leader is not in
// Cnew, and when everybody snapshots what he has applied.
func TestFigure11_LeaderCrashInEachPhase(t *testing.T) {
	for _, c := range []struct {
		to   raft.Set
		opts raft.Options
	}{
		{raft.SetOf(1, 4, 5), raft.Options{NoOp: true}},
		{raft.SetOf(3, 4, 5), raft.Options{NoOp: true}},
		{raft.SetOf(4, 5, 6), raft.Options{NoOp: true, MaxEntries: 1}},
		{raft.SetOf(2, 3), raft.Options{NoOp: true, PreVote: true, Pipeline: true, MaxEntries: 1}},
	} {
		for _, compact := range []bool{false, true} {
			for _, arrive := range []bool{false, true} { // what is in flight when the leader crashes
				ends := map[string]int{}
				for crash := 0; ; crash++ {
					w := newWorldAndSpare(t, 3, 3, c.opts)
					w.timeout(1)
					w.propose(1, "x")
					check := newChecker(w)
					out, err := w.s[1].reconfigure(c.to.Slice()...)
					want(t, "the error", err, nil)
					w.post(out)
					step := 0
					for ; step < crash && len(w.mail) > 0; step++ {
						w.deliver(0)
						check.check()
						if compact {
							w.compactAll()
						}
					}
					if step < crash {
						break
					}
					w.crash(1)
					if !arrive {
						w.mail = nil
					}
					w.settle()
					if compact {
						w.compactAll()
					}
					s := w.finish(2, 3, 4, 5, 6)
					check.check()
					ends[s.Configuration.String()]++
					w.restart(1)
					s = w.finish(s.ID, 1, 2, 3, 4, 5, 6)
					check.check()
					if conf := *s.Configuration; conf.Voters != c.to && conf != conf3 {
						t.Fatalf("crash at %d: it ends with %s", crash, conf)
					}
				}
				if ends[c.to.String()] == 0 || !arrive && ends[conf3.String()] == 0 {
					t.Errorf("to %s, it always ends the same way: %v", c.to, ends)
				}
			}
		}
	}
}

var conf3 = conf(1, 2, 3)

// compactAll lets every server snapshot what it has applied.
func (w *world) compactAll() {
	w.t.Helper()
	for _, id := range w.ids {
		if s := w.s[id]; !w.down.Has(id) && s.LastApplied >= s.Log.FirstIndex() && s.MayCompact() {
			s.compact(s.LastApplied)
		}
	}
}

// §6, §7: a joint configuration that is only in the snapshot any more is
// finished by the next leader all the same.
func TestFigure11_JointConfigurationInSnapshot(t *testing.T) {
	w := newWorldAndSpare(t, 3, 2, raft.Options{NoOp: true})
	both := joint(raft.SetOf(1, 2, 3, 4, 5), raft.SetOf(1, 2, 3))
	var log raft.Log
	log.CompactTo(2, 1)
	for _, id := range w.ids {
		w.given(id, raft.Stable{CurrentTerm: 1, Log: log, Snapshot: &raft.Snapshot{Index: 2, Term: 1, Configuration: both, Data: snapshotData([]string{"a", "b"})}})
	}
	want(t, "the configuration", *w.s[2].Configuration, both)
	w.timeout(2)
	w.beat(2)
	w.beat(2)
	for _, id := range w.ids {
		want(t, id.String()+"'s configuration", *w.s[id].Configuration, conf(1, 2, 3, 4, 5))
	}
	want(t, "commitIndex", w.s[2].CommitIndex, 4)
}

// §7: InstallSnapshot carries the configuration, and a restart begins from it;
// what follows in the log counts on top of it.
func TestConfigurationInSnapshot(t *testing.T) {
	w := newWorldAndSpare(t, 5, 1, raft.Options{NoOp: true})
	w.timeout(1)
	w.cut(3)
	w.did(w.s[1].learn(6))
	s := w.s[1]
	conf := raft.Configuration{Voters: raft.SetOf(ids(5)...), Learners: raft.SetOf(6)}
	want(t, "the configuration", *s.Configuration, conf)
	s.compact(s.LastApplied)
	want(t, "the snapshot's", s.Snapshot.Configuration, conf)
	w.heal()
	w.beat(1)
	w.beat(1)
	f := w.s[3]
	want(t, "InstallSnapshot arrived", w.n["InstallSnapshot"] > 0, true)
	want(t, "S3's configuration", *f.Configuration, conf)
	f.restart(3)
	want(t, "S3's after a restart", *f.Configuration, conf)
	w.among(1, 3)
	w.did(s.promote(6))
	with := *f.Configuration
	want(t, "S3's with what follows", with.Voters, raft.SetOf(ids(6)...))
	f.restart(3)
	want(t, "that after a restart", *f.Configuration, with)
	w.among(2, 4, 5) // it was not committed; another leader takes it back
	w.timeout(2)
	want(t, "S2's role", w.s[2].Role, raft.Leader)
	w.heal()
	w.beat(2)
	w.beat(2)
	want(t, "S3's when what follows is truncated", *f.Configuration, conf)
	each(t, f.timeout(), []raft.ID{1, 2, 4, 5}, func(*raft.RequestVote) {})
}
