package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/docs"
	"raftlab/raft"
)

// played is a session after a script, which must not fail but for `!` and what
// says so itself.
func played(t *testing.T, script string) (*Session, *inquiry.Inquiry) {
	t.Helper()
	s, err := NewSession(Options{Nodes: 5, Seed: 1, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	_ = s.Run(context.Background(), script, &screen{}) // some are meant to fail
	return s, inquiryOf(s)
}

func inquiryOf(s *Session) *inquiry.Inquiry {
	return inquiry.New(&Call{Ctx: context.Background()}, s.world.(*lab.Lab))
}

// sound says what is wrong with an answer, or nothing.
func sound(a *inquiry.Answer) string {
	switch {
	case a.Answer == "" || a.Rule == "" || a.Place == "" || a.Says == "":
		return "it has no answer, rule or place"
	case len(a.Because) == 0 && len(a.Nodes) == 0:
		return "it has no cause"
	case strings.Contains(strings.ToLower(a.Answer), "unknown"):
		return "it says unknown"
	case a.Unruled && a.Rule != rules.AsGiven.ID:
		return "no decision explains it"
	}
	for _, b := range a.Because {
		if b.Text == "" {
			return "a cause says nothing"
		}
	}
	return ""
}

// kindQuestions has a script for each kind of event, and what why says of the
// last one of that kind.
var kindQuestions = []struct {
	kind   event.What
	script string
	want   []string
}{
	{event.Ticked{}, "tick 3 S1", []string{"S1's clock ticked", "you let time pass: tick 3 S1 (#1"}},
	{event.ClockTicked{}, "tick", []string{"tick 1 passed", "you let time pass: tick (#1"}},
	{event.ElectionTimeout{}, "timeout S1; settle; heartbeat; settle; kill S1; run 40", []string{"TimerRunsOut", "section 5.2", "from 20..40", "last restarted when S1's AppendEntries", "S1 crashed at #"}},
	{event.HeartbeatDue{}, "timeout S1; settle; tick 5 S1", []string{"HeartbeatsRepeat", "Leaders 1", "heartbeat-interval: 5", "S1 became leader of term 1"}},
	{event.MinimumPassed{}, "timeout S1; settle; fire minimum S2", []string{"Stickiness", "your command: fire minimum S2 (#"}},
	{event.QuorumChecked{}, "set check-quorum on; timeout S1; settle; isolate S1; tick 20 S1", []string{"CheckQuorum, thesis 6.2", "needed: 3", "1 < 3"}},
	{event.Sent{}, "timeout S1; deliver m1", []string{"S2 granted S1 its vote in term 1", "CandidateUpToDate", "S1's RequestVote (m1) reached S2"}},
	{event.Unsent{}, "new 3 guest on S3; timeout S1; settle; isolate S3; put x 1; settle; snapshot S1; heal; heartbeat S1", []string{"S1 sent no InstallSnapshot to S3", "its program takes no snapshots", "NeedSnapshot"}},
	{event.Departed{}, "new 3 guest; bug vote-any on; timeout S1; timeout S2; settle", []string{"departs from the paper at #", "VoteOnce", "the paper says no, your server says yes"}},
	{event.Injected{}, "inject AppendEntries S1->S2 term=3", []string{"hand-made", "your command: inject AppendEntries S1->S2 term=3 (#1"}},
	{event.Delivered{}, "timeout S1; settle; timeout S3; deliver RV S3->S1", []string{"reached S1", "CandidateUpToDate", "S3 asked S1 for its vote in term 2", "your command: deliver RV S3->S1"}},
	{event.Lost{}, "cut S1->S2; timeout S1; deliver m1", []string{"MailIsLost", "the link S1->S2 is cut", "links were cut at #1", "S1 asked S2 for its vote"}},
	{event.Dropped{}, "timeout S1; drop m2", []string{"was dropped", "your command: drop m2 (#9"}},
	{event.Duplicated{}, "timeout S1; duplicate m2", []string{"MailIsDoubled", "a copy of m2", "your command: duplicate m2"}},
	{event.Delayed{}, "timeout S1; delay m2 7", []string{"was delayed", "your command: delay m2 7"}},
	{event.RoleChanged{}, "timeout S1; settle", []string{"S1 became leader of term 1 at #27", "Majority, Figure 2, Candidates 2", "votes: 3", "S2's RequestVoteReply (m5) reached S1 at #25"}},
	{event.TermChanged{}, "timeout S1; deliver m1", []string{"S2 entered term 1", "HigherTerm", "1 > 0", "S1 entered term 1 at #2"}},
	{event.Voted{}, "timeout S1; deliver m1", []string{"S2 voted for S1 in term 1", "CandidateUpToDate, Figure 2, RequestVote receiver 2; section 5.4.1"}},
	{event.Appended{}, "timeout S1; settle; put x 1; deliver AE S1->S3", []string{"S3 appended (2, term 1)", "from S1, leader of term 1", "AppendNew", "S1's AppendEntries"}},
	{event.Truncated{}, "given S1 log \"1 2\"; given S2 log \"1 1 1\"; timeout S1; settle", []string{"S2 deleted entries 2–3", "DeleteConflict, Figure 2, AppendEntries receiver 3", "1 < 2", "S2 was given its state by hand"}},
	{event.Committed{}, "timeout S1; settle; heartbeat; deliver AE S1->S2", []string{"S2 learned at #", "from S1 that entry 1 is committed", "FollowerCommit, Figure 2, AppendEntries receiver 5", "S1 committed entry 1 at #"}},
	{event.Applied{}, "timeout S1; settle", []string{"S1 applied entry 1", "ApplyCommitted, Figure 2, All Servers 1"}},
	{event.SnapshotTaken{}, "set snapshot-every 2; timeout S1; settle; put x 1; settle", []string{"S1 took a snapshot up to entry 2", "SnapshotsByThemselves, section 7", "snapshot-every: 2", "snapshot-every was set to 2"}},
	{event.SnapshotLoaded{}, "isolate S5; timeout S1; settle; put x 1; settle; snapshot S1; heal; heartbeat; settle", []string{"S5 installed a snapshot up to (2, term 1)", "SnapshotIsNewer, Figure 13", "2 > 0"}},
	{event.MembersChanged{}, "timeout S1; settle; add S6; deliver AE S1->S2", []string{"S2 used the configuration of entry 2", "ConfigurationInForce, thesis 4.1", "S1's AppendEntries"}},
	{event.MembersChanged{}, "new 4 seed 705085; set snapshot-every 1; set max-bytes 8; timeout S4; settle; add S5 as learner; timeout S2; run 42", []string{"SnapshotIsNewer", "from before its log", "InstallSnapshot"}},
	{event.TransferBegun{}, "timeout S1; settle; transfer S2", []string{"S1 started handing leadership to S2", "your command: transfer S2"}},
	{event.TransferOver{}, "timeout S1; settle; isolate S2; transfer S2; run 20", []string{"TransferIsGivenUp, thesis 3.10", "S1 started handing leadership to S2", "links were cut"}},
	{event.LeaseBegun{}, "set stickiness on; set reads lease; timeout S1; settle; heartbeat; settle", []string{"S1 got a lease", "LeaseLasts, thesis 6.4.1", "clock-bound", "AppendEntriesReply"}},
	{event.LeaseEnded{}, "set stickiness on; set reads lease; timeout S1; settle; heartbeat; settle; isolate S1; tick 20 S1", []string{"S1's lease ended", "S1 got a lease", "ran out"}},
	{event.ServerAdded{}, "timeout S1; settle; add S6", []string{"S6 was created, empty", "your command: add S6"}},
	{event.ReadBegun{}, "timeout S1; settle; get x reads read-index", []string{"C1 sent ", "ReadConfirmed, section 8", "your command: get x reads read-index"}},
	{event.Requested{}, "timeout S1; settle; put x 1", []string{"C1 sent ", "x=1", "your command: put x 1"}},
	{event.Redirected{}, "timeout S1; settle; put x 1 via S2", []string{"S2 redirected C1 to S1", "ClientsAsk, section 8", "S2 is: follower", "your command: put x 1 via S2"}},
	{event.Unanswered{}, "timeout S1; settle; put x 1; settle; kill S1; timeout S2; settle; put x 2", []string{"C1 got no reply from S1", "S1 is down", "ClientsAsk", "S1 crashed at #"}},
	{event.Accepted{}, "timeout S1; settle; put x 1", []string{"S1 appended C1's command as (2, term 1)", "AppendCommand, Figure 2, Leaders 2", "your command: put x 1"}},
	{event.Answered{}, "timeout S1; settle; put x 1; settle", []string{"S1 replied to C1", "ClientsAreAnswered, Figure 2, Leaders 2", "S1 applied entry 2", "C1 sent "}},
	{event.SessionTold{}, "set sessions on; timeout S1; settle; put x 1; settle", []string{"C1 has session 2", "ClientsAreAnswered", "S1 applied entry 2", "C1 sent "}},
	{event.Abandoned{}, "timeout S1; settle; put x 1; kill S1", []string{"C1 could no longer learn", "OutcomeUnknown, section 8", "S1 crashed before it replied", "your command: kill S1"}},
	{event.Crashed{}, "kill S2", []string{"S2 crashed at #1", "CrashForgets, Figure 2, State; section 5.5", "your command: kill S2 (#1"}},
	{event.Restarted{}, "kill S2; restart S2", []string{"RestartFromDisk", "your command: restart S2 (#2"}},
	{event.Frozen{}, "freeze S2", []string{"your command: freeze S2 (#1"}},
	{event.Thawed{}, "freeze S2; thaw S2", []string{"your command: thaw S2 (#2"}},
	{event.Synced{}, "sync S2", []string{"your command: sync S2 (#1"}},
	{event.Wiped{}, "kill S2; wipe S2", []string{"your command: wipe S2 (#2"}},
	{event.LinksCut{}, "partition S1 S2 | S3 S4 S5", []string{"links were cut", "your command: partition S1 S2 | S3 S4 S5"}},
	{event.LinksHealed{}, "isolate S1; heal", []string{"links were mended", "your command: heal"}},
	{event.SettingChanged{}, "set noop off", []string{"noop was set to off", "your command: set noop off (#1"}},
	{event.TimerSet{}, "timers S1 3", []string{"your command: timers S1 3 (#1"}},
	{event.BugSet{}, "bug vote-any on", []string{"vote-any is on", "your command: bug vote-any on"}},
	{event.BugGuessed{}, "bug random seed 1; bug guess vote-any", []string{"your command: bug guess vote-any"}},
	{event.BugRevealed{}, "bug random seed 1; bug reveal", []string{"your command: bug reveal"}},
	{event.Given{}, "given S1 log \"1\"", []string{"AsGiven", "your command: given S1 log"}},
	{event.Corrupted{}, "timeout S1; settle; inject AppendEntries S2->S1 term=1; settle", []string{"S1 refused S2", "MailIsPossible", "hand-made"}},
	{event.Breached{}, "new 3; bug vote-any on; timeout S1; timeout S2; deliver RV S1->S3; deliver RV S2->S3; deliver RVR", []string{"BREACH of Election Safety", "Figure 3", "vote-any is on", "became leader of term 1"}},
}

// Every kind of event that there is has its question, and why the answer.
func TestWhyKnowsEveryKind(t *testing.T) {
	asked := map[event.Kind]bool{}
	for _, c := range kindQuestions {
		kind := c.kind.Kind()
		asked[kind] = true
		s, q := played(t, c.script)
		e := q.Record.Last(q.Record.End()+1, func(e *event.Event) bool { return e.Kind() == kind })
		if e == nil {
			t.Errorf("%s: nothing of the kind happens in %s", kind, c.script)
			continue
		}
		if wrong := sound(cause.Of(q, e)); wrong != "" {
			t.Errorf("%s: %s", kind, wrong)
		}
		if p := tell.Of(e); p.Does == string(kind) {
			t.Errorf("%s has no phrase", kind)
		}
		says(t, s, fmt.Sprintf("why #%d", e.Position), c.want)
	}
	for _, k := range event.Kinds {
		if kind := k.What.Kind(); !asked[kind] {
			t.Errorf("no question for the kind %s", kind)
		}
	}
}

// ruleQuestions has for each rule a question whose answer names it, as held or
// as not held: every refusal is here.
var ruleQuestions = []struct {
	rule             *raft.Rule
	script, question string
	want             []string
}{ // @ asks about the last event that the rule explains
	{raft.HigherTerm, "timeout S1; settle; timeout S3; settle", "why S1 follower", []string{"S1 became follower of term 2", "2 > 1", "S3 entered term 2"}},
	{raft.StaleTerm, "timeout S1; settle; timeout S3; deliver RV S3->S2; heartbeat; deliver AE S1->S2", "why S2 refused S1", []string{"S2 refused S1's append", "1 < 2", "S2 entered term 2"}},
	{raft.StaleTerm, "timeout S1; settle; timeout S3; deliver RV S3->S2; inject RequestVote S5->S2 term=1 last=1/1; deliver RV S5->S2", "why S2 refused S5", []string{"S2 refused S5 its vote in term 1", "1 < 2"}},
	{raft.ElectionTimeoutRule, "timeout S1", "why S1 candidate", []string{"the new term: 1", "your command: timeout S1 (#1"}},
	{raft.VoteOnce, "timeout S1; timeout S2; settle", "why S1 refused S2", []string{"the vote already given in this term: S1", "S1 voted for itself"}},
	{raft.CandidateUpToDate, "timeout S1; settle; isolate S3; put x 1; settle; heal; timeout S3; settle", "why S2 refused S3", []string{
		"S2 refused S3 its vote in term 2", "S3's last entry: term 1, index 1", "S2's last entry: term 1, index 2", "2 > 1", "S2 appended (2, term 1) at #", "from S1, leader of term 1"}},
	{raft.VotesOfThisElection, "timeout S1; settle", "why m8", []string{"it does not count", "S1 became leader of term 1"}},
	{raft.Majority, "timeout S1; deliver m1; deliver RVR", "why", []string{"no majority yet", "votes: 2", "2 < 3"}},
	{raft.Majority, "timeout S1; settle", "why S1 leader", []string{"votes: 3", "S2's RequestVoteReply (m5) reached S1"}},
	{raft.NoOpFirst, "timeout S1; deliver m1 m2; deliver RVR", "why #20", []string{"S1 appended (1, term 1)", "section 8"}},
	{raft.AppendFromLeader, "timeout S1; timeout S2; settle", "why S2 follower", []string{"S1 became leader of term 1"}},
	{raft.AppendCommand, "timeout S1; settle; put x 1", "why #55", []string{"S1 appended (2, term 1)", "C1 sent ", "your command: put x 1"}},
	{raft.SendMissing, "timeout S1; settle; put x 1", "why", []string{"S1 sent S5 entry 2", "nextIndex: 2"}},
	{raft.SendMissing, "timeout S1; settle; heartbeat", "why", []string{"S1 sent S5 an empty append, a heartbeat", "your command: heartbeat"}},
	{raft.PrevLogMatches, "timeout S1; settle; isolate S5; put x 1; settle; kill S1; timeout S2; settle; heal; heartbeat; deliver AE S2->S5", "why S5 refused S2", []string{
		"S5 refused S2's append after index", "S5's log ends at index 1", "S5 appended (1, term 1)"}},
	{raft.PrevLogMatches, "given S1 log \"1 2\"; given S2 log \"1 1\"; timeout S1; deliver RV; deliver RVR; deliver AE S1->S2", "why S2 refused S1", []string{"prevLogTerm: 2", "S2's term there: 1", "1 < 2"}},
	{raft.DeleteConflict, "given S1 log \"1 2\"; given S2 log \"1 1\"; timeout S1; settle", "@", []string{"S2 deleted entry 2", "1 < 2", "S2 was given its state by hand"}},
	{raft.AppendNew, "timeout S1; settle; put x 1; deliver AE S1->S3", "@", []string{"S3 appended (2, term 1)", "S1's AppendEntries"}},
	{raft.FollowerCommit, "timeout S1; settle", "why 1 not committed", []string{"S2 S3 S4 S5 do not know it yet", "S1's commitIndex: 1"}},
	{raft.BackOff, "timeout S1; settle; isolate S5; put x 1; settle; kill S1; timeout S2; settle; heal; heartbeat; deliver AE S2->S5; deliver AER S5->S2", "@", []string{"S5 refused, so nextIndex of S5 goes back, 3→2", "is sent", "S5 refused S2's append"}},
	{raft.ReplyOfThisTerm, "timeout S1; settle; put x 1; deliver AE S1->S2; kill S1; restart S1; timeout S1; deliver AER S2->S1", "why", []string{"it does not count, because it is an answer of term 1, and S1 is in term 2", "1 < 2", "S1 became candidate of term 2"}},
	{raft.ReplyOfThisMember, "new 4; timeout S1; settle; put x 1; deliver AE; deliver AER S2->S1; deliver AER S3->S1; remove S4; deliver AE; deliver AER S2->S1; deliver AER S3->S1; kill S4; wipe S4; restart S4; add S4; deliver AER S4->S1", "why",
		[]string{"it does not count, because it answers what was sent before S4 was added anew", "1 < 2"}},
	{raft.RefusalIsCurrent, "given S1 log \"1 2\"; given S2 log \"1 1\"; timeout S1; deliver RV; deliver RVR; deliver AE S1->S2; duplicate AER S2->S1; deliver AER S2->S1", "why", []string{"the refusal does not count, because", "beyond nextIndex 2"}},
	{raft.MatchConfirmed, "timeout S1; settle; put x 1; deliver AE S1->S2; deliver AER", "why", []string{
		"matchIndex of S2 1→2; entry 2 is on 2 of 5 (S1 S2), 3 needed: not yet on a majority", "2 > 1"}},
	{raft.MatchConfirmed, "timeout S1; settle", "why", []string{"matchIndex of S5 0→1; entry 1 is on 5 of 5 (S1 S2 S3 S4 S5), 3 needed, and was committed before, at #49"}},
	{raft.ReadAwaited, "timeout S1; settle; get x via S2 reads read-index; settle", "@", []string{"S1's ReadIndexReply (m", "the read needs entry 1"}},
	{raft.RoundAnswered, "set stickiness on; set reads lease; timeout S1; settle; heartbeat; settle", "why #78", []string{"S1 got a lease", "a majority answered round 2 of heartbeats: 3 of 5 (S1 S2 S3), 3 needed"}},
	{raft.MajorityHolds, "timeout S1; settle; put x 1; settle", "why 2 committed", []string{"S1 committed entry 2 at #", "the highest index that a majority holds: 2", "S2's AppendEntriesReply"}},
	{raft.CurrentTermOnly, "set noop off; given S1 log \"1 2\"; given S2 log \"1 2\"; timeout S1; settle", "why 2 not committed", []string{"though a majority holds it", "5.4.2; Figure 8", "2 < 3", "put x 1"}},
	{raft.ApplyCommitted, "timeout S1; settle", "why #50", []string{"S1 applied entry 1", "1 > 0"}},
	{raft.SnapshotOfApplied, "timeout S1; settle; snapshot S1", "why", []string{"S1 took a snapshot up to entry 1", "your command: snapshot S1"}},
	{raft.NeedSnapshot, "isolate S5; timeout S1; settle; snapshot S1; heal; heartbeat", "why", []string{"S1 sent S5 its snapshot up to (1, term 1)", "1 < 2", "S1 took a snapshot"}},
	{raft.SnapshotIsNewer, "isolate S5; timeout S1; settle; snapshot S1; heal; heartbeat; duplicate IS; settle", "why S5", []string{"S5 answered S1's snapshot", "1 is not above 1"}},
	{raft.SnapshotKeepsSuffix, "given S5 log \"1 1 1 1\"; given S1 log \"1 2\"; isolate S5; timeout S1; settle; snapshot S1; heal; heartbeat; settle", "@", []string{"S5 deleted entry 4", "3 > 1"}},
	{raft.ConfigurationInForce, "timeout S1; settle; add S6; deliver AE S1->S2", "@", []string{"S2 used the configuration of entry 2", "S1's AppendEntries (m17) reached S2"}},
	{raft.LearnerCaughtUp, "timeout S1; settle; isolate S6; add S6 as learner; isolate S6; settle", "why not promote S6", []string{"promote S6 would fail", "S6's matchIndex: 0", "0 < 2"}},
	{raft.OneChangeAtATime, "timeout S1; settle; add S6", "why not remove S5", []string{"remove S5 would fail", "2 > 1", "S1 used the configuration of entry 2"}},
	{raft.OwnTermFirst, "set noop off; timeout S1; settle", "why not remove S5", []string{"the correction of 2015", "0 < 1", "S1 became leader of term 1"}},
	{raft.JointThenNew, "timeout S1; settle; reconfigure S1 S2 S3; settle", "@", []string{"S1 appended (3, term 1)", "2 = 2"}},
	{raft.RemovedLeaderStepsDown, "timeout S1; settle; remove S1; settle", "why S1 follower", []string{"S1 used the configuration of entry 2"}},
	{raft.TransferUpToDate, "timeout S1; settle; cut S1->S3; put x 1; settle; heal; transfer S3", "@", []string{"S1 started handing leadership to S3", "S3's matchIndex: 1", "1 < 2"}},
	{raft.TransferFirst, "timeout S1; settle; transfer S3", "why not add S6", []string{"the target: S3", "S1 started handing leadership to S3"}},
	{raft.TransferElection, "timeout S1; settle; transfer S3; deliver TN", "why S3 candidate", []string{"S3 became candidate of term 2", "TimeoutNow"}},
	{raft.ReadFromLeader, "timeout S1; settle; get x via S2 reads read-index; kill S1; restart S1; settle", "why S1 refused S2", []string{"S1 refused S2 a read index", "S1 restarted"}},
	{raft.ReadAfterOwnTerm, "set noop off; timeout S1; settle", "why not get x reads read-index", []string{"no entry of its own term", "S1 became leader of term 1"}},
	{raft.ReadConfirmed, "timeout S1; settle; get x reads read-index", "@", []string{"C1 sent ", "no majority has answered since the read came", "2 > 1"}},
	{raft.LeaseHeld, "set stickiness on; set reads lease; timeout S1; settle; isolate S1; tick 20 S1; get x", "@", []string{"it has no lease, so it asks a majority"}},
	{raft.Stickiness, "set stickiness on; timeout S1; settle; heartbeat; settle; timeout S2; settle", "why S3 refused S2", []string{"S3 refused S2 its vote in term 2", "S1's AppendEntries"}},
	{raft.PreVoteFirst, "set prevote on; timeout S1", "why S1 pre-candidate", []string{"the term it would begin: 1", "your command: timeout S1"}},
	{raft.CheckQuorumRule, "set check-quorum on; timeout S1; settle; isolate S1; run 40", "why S1 follower", []string{"servers heard: 1", "1 < 3"}},
}

// says runs a question and looks for what the answer should say; blanks and
// line ends are alike.
func says(t *testing.T, s *Session, question string, want []string) {
	t.Helper()
	f := &screen{}
	if err := s.Run(context.Background(), question, f); err != nil {
		t.Errorf("%s: %v", question, err)
		return
	}
	text := strings.Join(strings.Fields(f.text()), " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: no %q in\n%s", question, w, f.text())
		}
	}
}

// Every event of every scenario can be explained.
func TestWhyExplainsEveryScenario(t *testing.T) {
	seen := map[event.Kind]bool{}
	for _, name := range docs.Scenarios() {
		_, q := played(t, "scenario "+name)
		for p := uint64(1); p <= q.Record.End(); p++ {
			e := q.Record.At(p)
			if event.Is[event.Ticked](e) && seen[e.Kind()] {
				continue
			}
			seen[e.Kind()] = true
			if wrong := sound(cause.Of(q, e)); wrong != "" {
				t.Errorf("%s #%d (%s): %s: %+v", name, p, e.Kind(), wrong, cause.Of(q, e))
			}
		}
	}
	_ = raft.Rules
}

// Every rule of the rulebook has a question whose answer is that rule.
func TestWhyKnowsEveryRule(t *testing.T) {
	asked := map[*raft.Rule]bool{raft.OneServerAtATime: true} // no command can ask for two servers at once
	for _, c := range ruleQuestions {
		asked[c.rule] = true
		s, q := played(t, c.script)
		if c.question == "@" {
			e := q.Record.Last(q.Record.End()+1, func(e *event.Event) bool { return !idle(e) && cause.Of(q, e).Rule == c.rule.ID })
			if e == nil {
				t.Errorf("%s explains nothing in %s", c.rule.ID, c.script)
				continue
			}
			c.question = fmt.Sprintf("why #%d", e.Position)
		}
		says(t, s, c.question, append([]string{c.rule.ID + ", "}, c.want...))
	}
	for _, r := range raft.Rules() {
		if !asked[r] || r.Held == "" {
			t.Errorf("no question for the rule %s, or it has no words for why", r.ID)
		}
	}
}

// Every rule that why may name explains something in these tests, and where a
// rule of the world stands in the code is true.
func TestEveryWorldRuleStandsInTheCode(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range kindQuestions {
		_, q := played(t, c.script)
		for p := uint64(1); p <= q.Record.End(); p++ {
			seen[cause.Of(q, q.Record.At(p)).Rule] = true
		}
	}
	for _, c := range refusedCommands {
		seen[c.rule] = true // TestWhyNotNamesTheRule holds them to it
	}
	for _, r := range rules.World() {
		if !seen[r.ID] {
			t.Errorf("%s explains nothing", r.ID)
		}
		file, function, _ := strings.Cut(r.Code[0], ": ")
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil || !regexp.MustCompile(`(?m)^func (\([^)]*\) )?`+function+`\(`).Match(text) {
			t.Errorf("%s: there is no function %s in %s (%v)", r.ID, function, file, err)
		}
	}
}

// rule NAME knows each rule: where it stands, and how often it was asked.
func TestRuleKnowsEveryRule(t *testing.T) {
	s, _ := played(t, "timeout S1; timeout S2; settle")
	for _, r := range lab.AllRules() {
		if len(r.Code) == 0 {
			t.Errorf("nobody knows where %s stands in the code", r.ID)
		}
		says(t, s, "rule "+r.ID, []string{r.ID + ": " + r.InFull(), "paper " + r.Place, "code "})
	}
	says(t, s, "rule voteonce", []string{"raft/election.go: grantsVote", "vote-any", "8 times up to here: held 3, did not 5; last at #37 #35 #33 #31 #27"})
}

// JSON has what the text has.
func TestWhyInJSON(t *testing.T) {
	s, _ := played(t, "timeout S1; settle; isolate S3; put x 1; settle; heal; timeout S3; settle")
	f := &screen{}
	if err := s.Run(context.Background(), "why S2 refused S3 more", f); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Result struct {
			Answer, Rule, Place, Verdict string
			Position                     uint64
			Compared                     []inquiry.Compared
			Because, Chain               []inquiry.Because
		}
	}
	if err := json.Unmarshal(f.results[0].JSON(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if r.Rule != "CandidateUpToDate" || !strings.Contains(r.Place, "5.4.1") || r.Verdict != "2 > 1" || len(r.Compared) != 2 || r.Position == 0 ||
		len(r.Because) != 2 || r.Because[0].Position == 0 || len(r.Chain) < 5 || !strings.Contains(r.Answer, "refused") {
		t.Errorf("%s", f.results[0].JSON())
	}
	if last := r.Chain[len(r.Chain)-1]; !strings.Contains(last.Text, "your command: put x 1") {
		t.Errorf("the chain ends with %q", last.Text)
	}
}

// The answer is of the present: after going back, on another branch, after a
// branch that a search found.
func TestWhyAfterTimeTravel(t *testing.T) {
	s, _ := played(t, "timeout S1; settle; checkpoint elected; put x 1; settle; goto elected; timeout S2; settle")
	says(t, s, "why S2 leader", []string{"S2 became leader of term 2"})
	says(t, s, "goto main; why S1 leader", []string{"S1 became leader of term 1 at #27"})
	says(t, s, "goto 11; why", []string{"S2 granted S1 its vote in term 1"})
	says(t, s, "goto b2; why S1 follower", []string{"S1 became follower of term 2", "2 > 1"})
	says(t, s, "new 3; explore for leader.id == \"S3\" timeouts 1 crashes 0 drops 0 submits 0 terms 1; goto found; why S3 leader more", []string{"S3 became leader of term 1", "#1 your command: timeout S3"})
	f := &screen{}
	if err := s.Run(context.Background(), "goto 0; why", f); err == nil || !strings.Contains(err.Error(), "nothing has happened yet") {
		t.Errorf("at the beginning: %v", err)
	}
}

// What cannot be answered says what to ask instead.
func TestWhyRefusesUnsuitableQuestions(t *testing.T) {
	s, _ := played(t, "timeout S1; settle; put x 1; settle")
	for question, want := range map[string]string{
		"why S2 leader":       "ask why S2 not leader, or why S2 follower",
		"why S1 not leader":   "ask why S1 leader",
		"why no leader":       "ask why S1 leader",
		"why S2 voted S3":     "ask why S2 not voted S3",
		"why S2 not voted S1": "ask why S2 voted S1",
		"why S2 refused S1":   "why S2 voted S1",
		"why 2 not committed": "",
		"why 9 not committed": "the longest ends at 2",
		"why 9 committed":     "ask why 9 not committed",
		"why m999":            "the newest is m24",
		"why #999":            "they are #1 to #86",
		"why S2 not down":     "kill S2 does",
		"why S9":              "there is no S9",
		"why 4":               "no log has an entry 4",
		"why not kill S2":     "whatif kill S2",
		"why something":       "ask why",
		"why S1 sad":          "more, candidate, down, follower, leader",
	} {
		err := s.Run(context.Background(), question, &screen{})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", question, err, want)
		}
	}
}

// Whatever bug is on, and whatever goes wrong besides, every event can be
// explained, and what did not happen too.
func TestWhyWithEveryBug(t *testing.T) {
	const mishaps = "set loss 0.1; set duplication 0.1; run 60; put x 1; run 10; snapshot leader; kill leader; run 60; put y 1; run 5; restart all; put z 1; " +
		"get x; run 60; isolate leader; put x 2; run 60; heal; add S6; run 60; transfer S2; run 30"
	for _, m := range rules.AllBugs() {
		s, q := played(t, "bug "+m.Name+" on; "+mishaps)
		seen := map[event.Kind]int{}
		for p := uint64(1); p <= q.Record.End(); p++ {
			e := q.Record.At(p)
			if seen[e.Kind()]++; seen[e.Kind()] > 20 {
				continue
			}
			a := cause.Of(q, e)
			a.Unruled = a.Unruled && a.Bug == ""
			if wrong := sound(a); wrong != "" {
				t.Errorf("%s #%d (%s): %s: %+v", m.Name, p, e.Kind(), wrong, a)
			}
		}
		for _, question := range []string{"why no leader", "why S1 not leader", "why S2 not leader", "why S3 not voted S4", "why 3 not committed", "why S5 more"} {
			err := s.Run(context.Background(), question, &screen{})
			if broken := (*lang.Fault)(nil); errors.As(err, &broken) {
				t.Errorf("%s: %s: %v", m.Name, question, err)
			}
		}
	}
}

// A vote that is given twice is told by the rule that forbids it.
func TestWhyAVoteGivenTwice(t *testing.T) {
	s, _ := played(t, "new 3; bug vote-any on; timeout S1; timeout S2; deliver RV S1->S3; deliver RV S2->S3; deliver RVR")
	says(t, s, "why S3 voted S2", []string{"VoteOnce", "the vote that it knew of: S1", "vote-any is on in S3", "S3 voted for S1 in term 1"})
	says(t, s, "why", []string{"BREACH of Election Safety", "S1 became leader of term 1", "S2 became leader of term 1"})
}

// A vote that was forgotten is named, and what made the server forget it; by the
// answer to the request, too.
func TestWhyNamesAForgottenVote(t *testing.T) {
	const again = "; restart S2; timeout S3; deliver RV S3->S2"
	for _, c := range []struct{ script, question, want, bug string }{
		{"set fsync off; timeout S1; deliver RV S1->S2; kill S2" + again, "why S2 voted S3", "but that was not on disk, and the crash at #12 lost it. fsync was set to off", ""},
		{"set fsync off; timeout S2; kill S2" + again, "why S2 voted S3", "it gave this term's vote to itself at #4, but that was not on disk, and the crash at #8 lost it. fsync", ""},
		{"timeout S1; deliver RV S1->S2; kill S2; wipe S2" + again, "why S2 voted S3", "lost when its disk was wiped at #12.", ""},
		{"timeout S1; deliver RV S1->S2; given S2 term 1; timeout S3; deliver RV S3->S2", "why S2 voted S3", "but the state that it was given at #12 does not hold it.", ""},
		{"bug vote-not-stored on; timeout S1; deliver RV S1->S2; kill S2" + again, "why S2 voted S3", "not on disk, and the crash at #12 lost it.", "vote-not-stored"},
		{"bug vote-not-stored on; timeout S1; deliver RV S1->S2; kill S2" + again, "why", "not on disk, and the crash at #12 lost it.", "vote-not-stored"},
		{"bug term-not-stored on; timeout S1; deliver RV S1->S2; kill S2; restart S2; timeout S2", "why S2 voted S2", "vote to S1 at #10, but that was not on disk, and the crash at #12 lost it.", "term-not-stored"},
		{"bug append-clears-vote on; timeout S1; timeout S3; deliver RV S1->S2; deliver RVR; deliver AE S1->S2; deliver RV S3->S2", "why S2 voted S3", "but forgot it at #23.", "append-clears-vote"},
		{"bug winner-clears-vote on; timeout S1; timeout S3; deliver RV S1->S2; deliver RVR; deliver RV S3->S1", "why S1 voted S3", "vote to itself at #5, but forgot it at #20.", "winner-clears-vote"},
	} {
		s, _ := played(t, "new 3; "+c.script)
		f := &screen{}
		if err := s.Run(context.Background(), c.question, f); err != nil {
			t.Errorf("%s; %s: %v", c.script, c.question, err)
			continue
		}
		a := f.results[0].Value.(*inquiry.Answer)
		text := a.Answer
		for _, b := range a.Because {
			if b.Position == 1 || strings.HasPrefix(b.Text, "fsync") {
				text += " " + b.Text
			}
		}
		if a.Rule != raft.VoteOnce.ID || !strings.Contains(text, c.want) || c.bug != "" && !strings.HasPrefix(a.Bug, c.bug) || c.bug == "" && a.Bug != "" {
			t.Errorf("%s; %s: want %q and bug %q in %+v", c.script, c.question, c.want, c.bug, a)
		}
	}
}

// A bug that is to be guessed is not given away.
func TestWhyKeepsARiddle(t *testing.T) {
	s, q := played(t, "bug random seed 3; timeout S1; timeout S2; settle; put x 1; settle; kill S1; run 60; restart S1; run 60")
	names := lab.BugNames()
	for p := uint64(1); p <= q.Record.End(); p++ {
		f := &screen{}
		if err := s.Run(context.Background(), fmt.Sprintf("why #%d", p), f); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.Contains(f.text(), name+" is on") {
				t.Fatalf("why #%d tells that the bug is %s", p, name)
			}
		}
	}
}

// idle is what happens all the time, and is not what one asks about.
func idle(e *event.Event) bool {
	return event.Is[event.Ticked](e) || event.Is[event.ClockTicked](e)
}
