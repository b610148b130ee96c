package commands

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// A client is asked about by whatever name it has, and its answer speaks of
// what it asked.
func TestWhyOfAnyClient(t *testing.T) {
	for _, c := range []struct {
		script, question string
		want             []string
	}{
		{"timeout S1; settle; put x 1 as alice", "why alice", []string{"alice's x=1 is pending as entry 2 on S1", "1 of 5 voters"}},
		{"timeout S1; settle; put x 1 as alice; settle", "why ALICE", []string{"alice's x=1 is done: S1 replied ok"}},
		{"timeout S1; settle; put x 1 as c2; settle", "why C2 more", []string{"c2's x=1 is done", "the whole chain"}},
		{"timeout S1; settle; put x 1 as no-one; put x 2 as No-One; settle", "why No-One", []string{"No-One's x=2 is done"}},
		{"timeout S1; settle; put x 1 as alice; kill S1", "why alice", []string{"It may have been done or not; alice cannot know."}},
		{"timeout S1; settle; isolate S1; get x as alice reads read-index; kill S1", "why alice", []string{"A read changes nothing, so it can safely be sent again: retry alice."}},
	} {
		s, _ := played(t, c.script)
		says(t, s, c.question, c.want)
	}
	s, _ := played(t, "timeout S1; settle; put x 1 as alice")
	for _, question := range []string{"why bob", "why m99", "why S9", `why "alice"`, "why C1", "why no", "why alice leader"} {
		if err := s.Run(t.Context(), question, &screen{}); err == nil {
			t.Errorf("%s has an answer", question)
		}
	}
}

// What moved a leader's number is what did: its election or the configuration
// that brought the follower in, a reply, or, with pipeline on, a sending.
func TestWhyProgressNamesWhatMovedIt(t *testing.T) {
	for _, c := range []struct {
		script, question string
		want             []string
	}{
		{"isolate S2; timeout S1; settle", "why S1 next S2", []string{"S1's nextIndex for S2 is 1, as it was set when S1 became leader at #", "Majority,"}},
		{"isolate S2; timeout S1; settle", "why S1 match S2", []string{"matchIndex for S2 is 0, as it was set when S1 became leader"}},
		{"timeout S1; settle", "why S1 next S2", []string{"is 2: it was 1 until #", "MatchConfirmed,", "S2's AppendEntriesReply"}},
		{"timeout S1; settle; add S6", "why S1 next S6", []string{"is 2, as it was set when S6 became a member"}},
		{"given S1 term 3 log \"1 2 3\"; timeout S1; deliver RV; deliver RVR; deliver AE; deliver AER S3->S1", "why S1 next S3", []string{"is 3: it was 4 until #", "BackOff,", "S3's AppendEntriesReply"}},
		{"set pipeline on; isolate S2; timeout S1; settle; put x 1", "why S1 next S2", []string{"is 3: it was 2 until #", "SendMissing,", "S1 sent S2 entry 2"}},
		{"set pipeline on; isolate S2; timeout S1; settle", "why S1 next S2", []string{"is 2: it was 1 until #", "S1 sent S2 entry 1"}},
	} {
		s, _ := played(t, c.script)
		says(t, s, c.question, c.want)
	}
}

// The number that is named as the one before is the one that was, and the event is the
// last that changed it.
func TestWhyProgressIsTheNumbersOwn(t *testing.T) {
	s, q := played(t, "given S1 term 3 log \"1 2 3\"; timeout S1; settle; isolate S4; put x 1; put y 2; settle; heal; heartbeat; settle; kill S3; put z 1; settle; "+
		"restart S3; timeout S2; settle; add S6; settle; heartbeat; settle; snapshot S2; put x 9; settle")
	changed := 0
	for _, id := range q.W.IDs() {
		n := q.W.State(id)
		if n == nil || n.Role != raft.Leader {
			continue
		}
		for other := range n.Configuration.Members().Without(id).All() {
			for what, get := range map[string]func(*raft.State, raft.ID) uint64{"next": (*raft.State).NextIndex, "match": (*raft.State).MatchIndex} {
				now := get(n, other)
				a := askedWhy(t, s, fmt.Sprintf("why %s %s %s", id, what, other))
				e := q.Record.At(a.Position)
				before, after := q.Record.Before(e).State(id), q.Record.After(e).State(id)
				if after.Role != raft.Leader || get(after, other) != now {
					t.Errorf("%s: it is %d after #%d", a.Answer, get(after, other), a.Position)
				}
				if before.Role != raft.Leader || !before.Configuration.Members().Has(other) {
					continue // its numbers begin there
				}
				if changed++; !strings.Contains(a.Answer, fmt.Sprintf(" is %d: it was %d until #%d.", now, get(before, other), a.Position)) {
					t.Errorf("%s: it was %d", a.Answer, get(before, other))
				}
			}
		}
	}
	if changed < 8 {
		t.Errorf("asked for %d numbers that had changed", changed)
	}
}

// askedWhy is the answer to a question as it is typed.
func askedWhy(t *testing.T, s *Session, question string) *inquiry.Answer {
	t.Helper()
	f := &screen{}
	if err := s.Run(context.Background(), question, f); err != nil {
		t.Fatalf("%s: %v", question, err)
	}
	return f.results[len(f.results)-1].Value.(*inquiry.Answer)
}
