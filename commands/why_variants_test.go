package commands

import (
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/commands/acts"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
)

// What was answered wrongly once, with another number of servers, other
// settings or after another story.
func TestWhyOfVariants(t *testing.T) {
	const forgot = "set fsync off; timeout S1; deliver RV S1->S2; kill S2; restart S2; timeout S3; deliver RV S3->S2"
	const stale = "new 3; set fsync off; timeout S1; settle; kill S2; transfer S2; restart S2; deliver TN S1->S2"
	for _, c := range []struct{ script, question, rule, want string }{
		{"new 6; timeout S2; settle; isolate S2; timeout S5; settle; put y 1 via S2; put z 3 via S2", "why 3", "DeleteConflict", "Entry 3 of term 1 (z=3), on S2, is not committed: it conflicts with the log of S5"},
		{"set max-entries 1; timeout S1; settle; put x 1; put x 2", "why 3", "MajorityHolds", "S2 lacks it; the next heartbeat sends entry 2 first (nextIndex 2)"},
		{"timeout S1; settle; put x 1; drop AE S1->S2; freeze S1", "why 2", "MajorityHolds", "S2 lacks it: S1 froze at #"},
		{"new 3; timeout S1; settle; put x 1; deliver AE S1->S2; deliver AER; freeze S1", "why 2 not committed", "FollowerCommit", "a leader that reaches them S1 froze at #"},
		{stale, "why S2 candidate", "TransferElection", "S2 was in term 0, and took term 1 from the message first"},
		{stale, "why #37", "TransferElection", "S2 was in term 0, and took term 1 from the message first"},
		{"set max-entries 1; new 3 keep; given S1 log \"1 1 1\"; given S2 log \"1 1\"; timeout S1; deliver RV S1->S2; deliver RVR; deliver AE S1->S2; deliver AER; deliver AE S1->S2; deliver AER", "why 3", "CurrentTermOnly", "entry 4 of term 2 follows it: both are committed when a majority holds that"},
		{forgot, "why S2 voted S1", "CandidateUpToDate", "S2 no longer knows of that vote (its vote now: S3, in term 1): S2 crashed at #"},
		{"given S2 term 3 vote S4 log \"1 2\"", "why S2 voted S4", "AsGiven", "S2's vote for S4 in term 3 was given by hand at #1."},
		{"new 3; timeout S1; drop RV S1->S2; settle", "why S2 not voted S1", "YourDeed", "S2 has not voted for S1 in term 1. S2 S1's RequestVote (m1) to S2 was dropped at #"},
		{"new 3; cut S1->S2; timeout S1; settle", "why S2 not voted S1", "MailIsLost", "the link S1->S2 is cut"},
		{"new 3; timeout S1", "why S2 not voted S1", "MailTakesTime", "the request, m1, is in flight"},
		{"new 3; set prevote on; timeout S1; settle S1", "why S2 not voted S1", "PreVoteFirst", "S1 only asks beforehand who would"},
		{"new 3; timeout S1; settle; add S4 as learner; settle; timeout S2; settle", "why S4 not voted S2", "ConfigurationInForce", "it has no vote in S2's configuration (S1 S2 S3 learners S4)"},
		{"new 3; timeout S1; settle; timeout S2; settle", "why S3 not voted S1", "", "S1 has not asked S3 for a vote in term 2."},
		{"new 3; timeout S3; timeout S3", "why S3 not leader", "Majority", "S3 voted for itself in term 2 at #"},
		{"new 3; set sessions on; timeout S1; settle; put x 1 as bob", "why bob", "MajorityHolds", "it is sent when entry 2, which registers bob's session, is applied. Entry 2 is not committed: S1 knows that 1 of 3 voters holds it"},
		{"new 3; timeout S1; settle; isolate S3; put x 2; settle; get x via S3 as B reads local", "why B", "ClientsAreAnswered", "a local read asks no other server, so S3 answers from what it has applied: up to entry 0, where entry 2 was committed already"},
		{"new 3; timeout S1; settle; isolate S3; get x via S3 as B reads read-index; timeout S2; settle", "why B", "ClientsAreAnswered", "pending at S3, which is in term 1 and does not know yet that S2 leads term 2"},
		{"new 3; timeout S1; settle; get x via S3 as B reads read-index", "why B", "ClientsAreAnswered", "its question to S1, m9, is in flight"},
		{"new 3; set reads lease; timeout S1; settle; heartbeat; settle; tick 5 S1; settle; tick 4 S1", "why S1 lease", "LeaseLasts", "a later round of heartbeats renewed it at #"},
		{"new 3; set noop off; timeout S1; settle", "why S3", "PrevLogMatches", "S3 accepted S1's empty append at #"},
		{"new 3; timeout S1; settle", "why S3", "PrevLogMatches", "S3 confirmed to S1 that it holds the log up to entry 1 at #"},
		{"scenario commit-stops-early", "why 2 not committed", "MajorityHolds", "Entry 2 is not committed, though S3 knows that a majority holds it: 3 of 3 (S1 S2 S3), 2 needed."},
		{"new 3; timeout S1; settle; add S4", "why S4 not leader", "ConfigurationInForce", "it has no vote, because it holds no configuration yet"},
		{"new 3; set reads lease; timeout S1; settle; heartbeat; settle; tick 5 S1; settle; tick 4 S1", "why S1 lease", "LeaseLasts", "ticks left: 14"},
	} {
		s, _ := played(t, c.script)
		if a, text := asks(t, s, c.question); a != nil && (c.rule != "" && a.Rule != c.rule || !strings.Contains(text, c.want)) {
			t.Errorf("%s; %s: want %s and %q in %s: %s", c.script, c.question, c.rule, c.want, a.Rule, text)
		}
	}
	s, _ := played(t, forgot)
	if err := s.Run(t.Context(), "why S2 not voted S1", &screen{}); err == nil || !strings.Contains(err.Error(), "S2 voted for S1 in term 1, at #12, though its disk no longer says so") {
		t.Errorf("%s: %v", forgot, err)
	}
}

// Without fsync an entry is lost where those that hold it crash.
func TestUnsyncedEntriesCanBeLost(t *testing.T) {
	for _, c := range []struct {
		script, question string
		steps            int
	}{
		{"new 3; set fsync off; timeout S1; settle; put x 1; settle; kill S1", "can 2 be lost", 2},
		{"new 6; set fsync off; timeout S1; settle; put x 1; settle; sync S2; kill S2", "can 2 be lost on S3 within 1s", 0},
		{"new 4; set fsync off; timeout S1; settle; put x 1", "can 2 be lost", 1},
	} {
		s, _ := played(t, c.script)
		f := &screen{}
		if err := s.Run(t.Context(), c.question, f); err != nil {
			t.Errorf("%s; %s: %v", c.script, c.question, err)
			continue
		}
		if a := f.results[0].Value.(*ask.Finding); (a.Answer == "yes") != (c.steps > 0) || a.Answer == "yes" && (a.Steps != c.steps || !a.Shortest) {
			t.Errorf("%s; %s: %s in %d steps (shortest: %v), want %d", c.script, c.question, a.Answer, a.Steps, a.Shortest, c.steps)
		}
	}
}

// What follows a commit is told after it: the configuration after a joint one
// (Figure 11), and a leader's stepping down that is no longer a member.
func TestWhatFollowsACommitIsToldAfterIt(t *testing.T) {
	for script, want := range map[string]string{
		"new 3; timeout S1; settle; reconfigure S1; settle":          "committed 2-2 members 3-3 appended 3-3 committed 3-3 applied 2-3",
		"new 3; timeout S1; settle; reconfigure S1; put x 1; settle": "committed 2-2 members 4-4 appended 4-4 committed 3-4 applied 2-4",
		"new 5; timeout S2; settle; reconfigure S2 S4 S5; settle":    "committed 2-2 members 3-3 appended 3-3 applied 2-2",
		"new 4; timeout S1; settle; remove S1; settle":               "committed 2-2 role 0-0 applied 2-2",
	} {
		_, q := played(t, script)
		e := q.Record.Last(q.Record.End()+1, func(e *event.Event) bool {
			x := event.As[event.Committed](e)
			return x.Leader && x.Last >= 2 && x.First == 2
		})
		var told []string
		for p := e.Began; p <= q.Record.End(); p++ {
			x := q.Record.At(p)
			if x.Began != e.Began {
				break
			}
			v := x.View()
			switch x.What.(type) {
			case event.Committed, event.MembersChanged, event.Appended, event.RoleChanged, event.Applied:
				told = append(told, fmt.Sprintf("%s %d-%d", v.Kind, v.First, v.Last))
			}
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("%s: %s, want %s", script, got, want)
		}
	}
}

// What save says runs a script does: a name that raftlab takes for one of its
// words, a flag or standard input is a file with ./ before it.
func TestSaveSaysHowToRunIt(t *testing.T) {
	for path, want := range map[string]string{"x.raft": "x.raft", "live": "./live", "-": "./-", "--json.raft": "./--json.raft", "a b.raft": "'a b.raft'", "it's.raft": `'it'\''s.raft'`, "/tmp/x": "/tmp/x"} {
		if got := acts.AsArgument(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

// A branch that begins takes no name that a checkpoint has.
func TestBranchesAvoidTakenNames(t *testing.T) {
	s, _ := played(t, "checkpoint b2; checkpoint b3; timeout S1; undo; timeout S2; goto b2; timeout S3")
	var names []string
	for _, b := range s.world.(*lab.Lab).History.Branches() {
		names = append(names, b.Name)
	}
	if got := strings.Join(names, " "); got != "main b4 b5" {
		t.Errorf("the branches are %s", got)
	}
}

// Of the answers that arrived only those are causes that counted: none of an
// earlier election or term, none twice, none of a learner.
func TestCausesAreWhatCounted(t *testing.T) {
	for _, c := range []struct{ script, question, want, not string }{
		{"new 3; timeout S1; deliver RV; timeout S1; deliver RVR; settle", "why S1 leader", "S2's RequestVoteReply (m7)", "m3 m4"},
		{"set prevote on; timeout S1; settle", "why S1 leader", "S2's RequestVoteReply", "PreVoteReply"},
		{"inject RequestVoteReply S4->S3 term=1 granted=true; timeout S3; timeout S3; settle", "why S3 leader", "RequestVoteReply", "(m1)"},
		{"new 3; timeout S1; settle; add S4 as learner; settle; put x 1; deliver AE S1->S4; deliver AER S4->S1; settle", "why 3", "S2's AppendEntriesReply", "S4's"},
		{"timeout S1; settle; put x 1; deliver AE S1->S2; deliver AER S2->S1; heartbeat; deliver AE S1->S2; deliver AER S2->S1; settle", "why 2", "S2's AppendEntriesReply (m21)", "m26"},
	} {
		s, _ := played(t, c.script)
		_, text := asks(t, s, c.question)
		for _, not := range strings.Fields(c.not) {
			if strings.Contains(text, not) || !strings.Contains(text, c.want) {
				t.Errorf("%s; %s: want %q and no %q in %s", c.script, c.question, c.want, not, text)
			}
		}
	}
}

// whatif shows what is behind the status, where nothing else changes.
func TestWhatifShowsTheFinerThings(t *testing.T) {
	for _, c := range []struct{ script, command, want string }{
		{"", "tick 1 S2", "S2 timer"},
		{"", "timers S1 3", "S1 timer"},
		{"timeout S1", "delay m1 9", "m1 due tick 1 tick 10"},
		{"cut S1->S2", "cut S2->S1", "S1 note cut to: S2 cut: S2; S2 note cut from: S1 cut: S1"},
		{`given S1 log "1:x=1"`, `given S1 log "1:x=2"`, "S1 entries 1:x=1 1:x=2"},
		{"timeout S1; settle; put x 1; deliver AE", "deliver AER S2->S1", "S1 match S2 1, S3 1, S4 1, S5 1 S2 2, S3 1, S4 1, S5 1"},
		{"timeout S1; settle; put x 1; settle; get x reads local", "get x reads local", "C1 request number 2, try 1 at S1, entry 2 (t1) number 3, try 1 at S1, entry 2 (t1)"},
	} {
		s, _ := played(t, c.script)
		f := &screen{}
		if err := s.Run(t.Context(), "whatif "+c.command, f); err != nil {
			t.Errorf("%s; whatif %s: %v", c.script, c.command, err)
			continue
		}
		var rows []string
		for _, d := range f.results[0].Value.(ask.WhatifResult).Differences {
			rows = append(rows, strings.Join([]string{d.What, d.A, d.B}, " "))
		}
		if text := strings.Join(rows, "; "); !strings.Contains(text, c.want) || strings.Count(text, " due ") > 1 {
			t.Errorf("%s; whatif %s: want %q in %s", c.script, c.command, c.want, text)
		}
	}
}

// can names the event by which an entry is committed: its server may be down by
// now, and knows nothing.
func TestCanNamesTheCommit(t *testing.T) {
	for _, script := range []string{"new 1; timeout S1; put x 1; kill S1", "new 5; timeout S1; settle; put x 1; settle; kill S1"} {
		s, q := played(t, script)
		f := &screen{}
		if err := s.Run(t.Context(), "can 2 be lost", f); err != nil {
			t.Fatal(err)
		}
		want := "It is committed: " + q.Past(q.CommittedFirst(2)) + "."
		if a := f.results[0].Value.(*ask.Finding); a.Answer != "no" || !strings.HasPrefix(a.Reason, want) {
			t.Errorf("%s: want %q in %s: %s", script, want, a.Answer, a.Reason)
		}
	}
}
