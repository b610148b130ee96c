package commands

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/rules"
	"raftlab/commands/tell"
	"raftlab/commands/why/cause"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// refusedCommands is commands that are refused, or redirected, with the rule
// that the answer must name and what else it must say.
var refusedCommands = []struct{ script, command, rule, want string }{
	{"timeout S1; settle", "put x 1 via S3", "ClientsAsk", "is not refused: S3 does not lead, and redirects C1 to S1, which appends it as entry 2"},
	{"timeout S1; settle", "get x via S2 reads lease", "ClientsAsk", "redirects C1 to S1, which takes the read"},
	{"timeout S1; settle", "timeout S1", "ElectionTimeout", "S1 became leader of term 1"},
	{"timeout S1; settle; add S6 as learner; settle", "timeout S6", "ConfigurationInForce", "learners S6"},
	{"kill S2", "timeout S2", "ServerIsRunning", "S2 crashed at #1"},
	{"kill S2", "kill S2", "ServerIsRunning", "S2 is: down S2 crashed at #1"},
	{"kill S2", "snapshot S2", "ServerIsRunning", "S2 crashed at #1"},
	{"freeze S2", "freeze S2", "ServerIsRunning", "S2 froze at #1"},
	{"", "thaw S2", "ServerIsRunning", "from the beginning"},
	{"", "restart S2", "RestartFromDisk", "from the beginning"},
	{"timeout S1; settle", "wipe S1", "RestartFromDisk", "S1 became leader of term 1"},
	{"timeout S1; freeze S2", "deliver m1", "ServerIsRunning", "S2 froze at #9"},
	{"", "deliver AE", "MailTakesTime", ""},
	{"", "heartbeat", "HeartbeatsRepeat", "no server has led so far"},
	{"timeout S1; settle", "heartbeat S2", "HeartbeatsRepeat", "S2 is: follower of term 1"},
	{"timeout S1; settle", "fire lease S2", "LeaseLasts", "S2 is: follower of term 1"},
	{"timeout S1; settle", "fire transfer S1", "TransferIsGivenUp", "S1 is: leader of term 1"},
	{"timeout S1; settle", "fire quorum S2", "CheckQuorum", "S2 is: follower of term 1"},
	{"timeout S1; settle; add S6", "add S7", "OneChangeAtATime", "2 > 1"},
	{"set noop off; timeout S1; settle", "add S6", "OwnTermFirst", "0 < 1"},
	{"timeout S1; settle", "add S2", "ConfigurationInForce", "S1's configuration: S1 S2 S3 S4 S5"},
	{"timeout S1; settle", "reconfigure S1 S2 S3 S4 S5", "ConfigurationInForce", "S1's configuration"},
	{"timeout S1; settle", "promote S2", "ConfigurationInForce", "not a learner"},
	{"", "add S6", "AppendCommand", "no server has led so far"},
	{"timeout S1; settle; add S6 as learner; settle", "transfer S6", "ConfigurationInForce", "S1 used the configuration of entry 2"},
	{"timeout S1; settle", "transfer S1", "TransferElection", "S1 became leader of term 1"},
	{"timeout S1; settle; freeze S1", "transfer S1", "ServerIsRunning", "S1 froze at #53"},
	{"timeout S1; settle; transfer S2", "transfer S3", "TransferFirst", "handing leadership to: S2"},
	{"timeout S1; settle; transfer S2", "put x 1", "TransferFirst", "handing leadership to: S2"},
	{"timeout S1; settle; transfer S2", "add S6", "TransferFirst", "the target: S2"},
	{"", "put x 1", "ClientsAsk", "no server has led so far"},
	{"timeout S1; settle; kill S1", "put x 1 via S2", "ClientsAsk", "leader it knows: S1 S1 crashed at #53"},
	{"timeout S1; settle; kill S2", "put x 1 via S2", "ServerIsRunning", "S2 crashed at #53"},
	{"timeout S1; settle; freeze S1", "put x 1", "ServerIsRunning", "S1 froze at #53"},
	{"", "get x via S2 reads read-index", "ReadFromLeader", "no server has led so far"},
	{"set noop off; timeout S1; settle", "get x reads read-index", "ReadAfterOwnTerm", "no entry of its own term"},
	{"", "retry", "CommandMakesSense", "C1 has sent nothing yet"},
	{"timeout S1; settle; snapshot S1", "snapshot S1", "SnapshotOfApplied", "S1 took a snapshot up to entry 1"},
	{"", "goto 99", "CommandMakesSense", ""},
	{"", "undo", "CommandMakesSense", ""},
}

// asks puts a question, and is its answer as a whole, with its text.
func asks(t *testing.T, s *Session, question string) (*inquiry.Answer, string) {
	t.Helper()
	f := &screen{}
	if err := s.Run(context.Background(), question, f); err != nil {
		t.Errorf("%s: %v", question, err)
		return nil, ""
	}
	a := f.results[0].Value.(*inquiry.Answer)
	text := a.Answer
	for _, n := range a.Compared {
		text += fmt.Sprintf(" %s: %v", n.Name, n.Value)
	}
	text += " " + a.Verdict
	for _, n := range a.Nodes {
		text += " " + n.Node + " " + n.Text
	}
	for _, b := range a.Because {
		text += " " + b.Text
	}
	return a, strings.Join(strings.Fields(text), " ")
}

// What is refused is refused by a rule, and never by your deed.
func TestWhyNotNamesTheRule(t *testing.T) {
	for _, c := range refusedCommands {
		s, _ := played(t, c.script)
		if a, text := asks(t, s, "why not "+c.command); a != nil && (a.Rule != c.rule || !strings.Contains(text, c.want)) {
			t.Errorf("%s; why not %s: want %s and %q in %s: %s", c.script, c.command, c.rule, c.want, a.Rule, text)
		}
	}
}

// Each is answered by its own cause, whatever is most common.
func TestWhyKnowsTheCause(t *testing.T) {
	const leased = "new 3; set stickiness on; set reads lease; timeout S1; settle; heartbeat; settle; isolate S1; fire minimum S3; timeout S2; settle"
	const joint = "timeout S1; settle; reconfigure S1 S2 S3; settle; reconfigure S1 S4 S5; cut S1->S2; cut S1->S3; deliver AE; deliver AER; deliver AE; "
	for _, c := range []struct{ script, question, rule, want string }{
		{"new 3; set prevote on; timeout S3", "why S3 not candidate", "PreVoteFirst", "a pre-candidate that asks first: it has 1 of the 2 promises of votes that it needs to begin term 1 (S3)"},
		{"new 3; set prevote on; timeout S3", "why S3 not leader", "PreVoteFirst", "1 of the 2 promises"},
		{"new 3; set prevote on; timeout S3", "why S2 not candidate", "TimerRunsOut", "it will be a pre-candidate first"},
		{"new 3", "why S2 not pre-candidate", "PreVoteFirst", "prevote is off"},
		{"timeout S1; settle; add S6 as learner; settle", "why S6 not candidate", "ConfigurationInForce", "it has no vote in its configuration"},
		{"set stickiness on; timeout S1; settle; heartbeat; settle; tick 3 S3; timeout S2; settle", "why S3 refused S2", "Stickiness", "ticks since S3 heard from a leader: 3 minimum election timeout: 20 3 < 20"},
		{"set stickiness on; timeout S1; settle; timeout S2; settle", "why S1 refused S2", "Stickiness", "a leader counts as having heard from itself"},
		{"new 3; timeout S1; settle; put x 1; transfer S3", "why S3 not leader", "TransferUpToDate", "S1 is handing leadership to it, but waits until it holds the whole log: it is known to hold it up to entry 1 of 2"},
		{"new 3; timeout S1; settle; transfer S3", "why S3 not leader", "TransferElection", "and told it so: m9 is in flight"},
		{"new 3; timeout S1; settle; transfer S3; drop TN", "why S3 not leader", "TransferElection", "but it was not told: S1's TimeoutNow (m9) to S3 was dropped"},
		{"new 3; timeout S1; settle; transfer S3; deliver TN", "why S3 not leader", "Majority", "TimeoutNow (m9) reached S3"},
		{"timeout S1; settle; isolate S1; timeout S3; settle", "why S1 leader", "Majority", "And S3 leads term 2, which S1 cannot hear."},
		{"timeout S1; settle; isolate S1; timeout S3; settle", "why S3 leader", "Majority", "And S1 still leads term 1: it cannot hear of term 2."},
		{"timeout S1; settle; freeze S1; timeout S3; settle", "why S1 leader", "Majority", "cannot hear, because it is frozen"},
		{leased, "why S1 leader", "Majority", "fired by hand, as no clock would: S2 heard from a leader 0 ticks before, and an election timeout is 20 at least S1's lease relies on no clock doing so"},
		{leased + "; get x via S1", "why", "ClientsAreAnswered", "but another led already, so this may be stale: S2 became leader of term 2"},
		{"timeout S1", "why #1", "ElectionTimeout", "fired by hand: its timer had"},
		{joint + "settle; cut S4->S1; cut S5->S1; timeout S4; deliver RV S4->S5; deliver RVR", "why S4 not leader", "Majority", "none of S1 S2 S3, 2 needed"},
		{joint + "deliver AER", "why 4 not committed", "MajorityHolds", "It lacks a majority of S1 S2 S3"},
		{joint + "fire quorum S1", "why S1 follower", "CheckQuorum", "S1 of S1 S2 S3, 2 needed"},
	} {
		s, _ := played(t, c.script)
		if a, text := asks(t, s, c.question); a != nil && (a.Rule != c.rule || !strings.Contains(text, c.want)) {
			t.Errorf("%s; %s: want %s and %q in %s: %s", c.script, c.question, c.rule, c.want, a.Rule, text)
		}
	}
}

// What next and why say of an election under a joint configuration counts both
// halves.
func TestNextCountsBothHalves(t *testing.T) {
	s, _ := played(t, "timeout S1; settle; reconfigure S1 S2 S3; settle; reconfigure S1 S4 S5; cut S1->S2; cut S1->S3; deliver AE; deliver AER; deliver AE; settle; isolate S1; isolate S2")
	const want = "it has the votes of S4 S5 of S1 S4 S5, 2 needed, and S3 of S1 S2 S3, 2 needed"
	says(t, s, "next", []string{want})
	says(t, s, "why S4 not leader", []string{want})
}

// someWorld plays random commands in a random world: settings, faults, joint
// configurations, learners, bugs as asked for. It is the session after them.
func someWorld(t *testing.T, seed uint64, bugs bool) (*Session, string) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	n := 3 + r.IntN(4)
	script := fmt.Sprintf("new %d seed %d", n, seed+1)
	some := func(words ...string) string { return words[r.IntN(len(words))] }
	node := func() string { return fmt.Sprintf("S%d", 1+r.IntN(n)) }
	for _, set := range []string{"prevote on", "stickiness on", "check-quorum on", "noop off", "fsync off", "reads lease", "pipeline on", "back-off conflict-term",
		"max-entries 1", "snapshot-every 3", "duplication 0.1", "loss 0.05", "reads read-index"} {
		if r.IntN(4) == 0 {
			script += "; set " + set
		}
	}
	if bugs {
		all := rules.AllBugs()
		script += "; bug " + all[r.IntN(len(all))].Name + " on"
	}
	if seed%5 == 4 { // votes that are lost
		script += fmt.Sprintf("; set fsync off; timeout S1; deliver RV S1->S2; kill S2; restart S2; timeout S3; deliver RV S3->S2; timeout S%d", n)
	}
	for range 30 {
		script += "; " + some("run 40", "run 15", "settle", "settle", "timeout "+node(), "timeout "+node(), "heartbeat", "put x 1", "put y 2", "get x", "step 5", "step 9", "deliver AER", "deliver AE",
			"kill "+node(), "restart all", "isolate "+node(), "heal", "freeze "+node(), "thaw all", "transfer "+node(), "snapshot "+node(), "add S7 as learner", "promote S7",
			"reconfigure S1 S2 S3", "reconfigure S1 S2 "+node(), "reconfigure S2 S3 "+node(), "remove "+node(), "duplicate AER", "duplicate RVR", "fire quorum "+node(), "fire minimum "+node(), "wipe "+node())
	}
	s, _ := played(t, strings.ReplaceAll(script, "; ", "\n"))
	return s, script
}

var sameNumbers = regexp.MustCompile(`^(\d+) = (\d+)$`)

var whyWorlds = flag.Int("why.worlds", 100, "in how many random worlds TestWhyInRandomWorlds asks")

// In random worlds: an answer that arrives is told with numbers that are the
// state's, before and after; both halves of each joint decision are shown; and
// no refusal rests on equal numbers.
func TestWhyInRandomWorlds(t *testing.T) {
	worlds, tried := *whyWorlds, map[string]int{}
	for seed := range uint64(worlds) {
		s, script := someWorld(t, seed, seed%4 == 3)
		q := inquiryOf(s)
		for p := uint64(1); p <= q.Record.End(); p++ {
			e := q.Record.At(p)
			if idle(e) || p%3 != seed%3 && !event.Is[event.Delivered](e) && !event.Is[event.Voted](e) {
				continue
			}
			a := cause.Of(q, e)
			tried["events"]++
			for _, wrong := range []string{repliesTell(q, e, a, tried), halvesShown(q, e, a, tried), noEqualRefusal(q, e, a), votesTell(q, e, a, tried)} {
				if wrong != "" {
					t.Errorf("%s\nwhy #%d (%s): %s: %+v", script, p, e.Kind(), wrong, a)
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	for _, kind := range []string{"match up", "match same", "back off", "stale", "vote counted", "vote late", "joint"} {
		if tried[kind] == 0 && worlds >= 60 {
			t.Errorf("no %s in %d worlds: %v", kind, worlds, tried)
		}
	}
	t.Log(tried)
}

// repliesTell compares the answer for a reply that arrived with what it did.
func repliesTell(q *inquiry.Inquiry, e *event.Event, a *inquiry.Answer, tried map[string]int) string {
	if !event.Is[event.Delivered](e) || !raft.IsReply(e.Body()) {
		return ""
	}
	before, after := q.Record.Before(e), q.Record.After(lastOfInput(q, e))
	id, peer := e.Node, e.Peer()
	b, n := before.State(id), after.State(id)
	if _, deliver := e.Action.(cluster.Advance); b == nil || n == nil || deliver && e.Began != e.Position {
		return ""
	}
	number := func(name string) any {
		for _, c := range a.Compared {
			if c.Name == name {
				return c.Value
			}
		}
		return nil
	}
	switch a.Rule {
	case raft.MatchConfirmed.ID:
		if number("matchIndex before") != b.MatchIndex(peer) || n.Role == raft.Leader && n.Configuration.Members().Has(peer) && number("matchIndex now") != n.MatchIndex(peer) {
			return fmt.Sprintf("matchIndex was %d and is %d", b.MatchIndex(peer), n.MatchIndex(peer))
		}
		if n.CommitIndex > b.CommitIndex != strings.Contains(a.Answer, " commits ") {
			return fmt.Sprintf("commitIndex went from %d to %d", b.CommitIndex, n.CommitIndex)
		}
		tried[map[bool]string{true: "match up", false: "match same"}[n.MatchIndex(peer) > b.MatchIndex(peer)]]++
	case raft.BackOff.ID:
		tried["back off"]++
		if number("nextIndex before") != b.NextIndex(peer) || !q.W.Settings().Pipeline && number("nextIndex now") != n.NextIndex(peer) || number("matchIndex") != b.MatchIndex(peer) {
			return fmt.Sprintf("nextIndex was %d and is %d", b.NextIndex(peer), n.NextIndex(peer))
		}
	case raft.ReplyOfThisTerm.ID, raft.RefusalIsCurrent.ID, raft.VotesOfThisElection.ID:
		tried["stale"]++
		if a.Rule == raft.VotesOfThisElection.ID {
			tried["vote late"]++
		}
		if n.MatchIndex(peer) != b.MatchIndex(peer) || n.NextIndex(peer) != b.NextIndex(peer) || n.CommitIndex != b.CommitIndex || n.Votes != b.Votes {
			return "it changed something"
		}
	case raft.Majority.ID:
		tried["vote counted"]++
		votes := b.Votes
		if !tell.SaysNo(e.Body()) {
			votes = votes.With(peer)
		}
		if len(a.Halves) == 0 || len(a.Halves[0].Have) != votes.And(b.Configuration.Voters).Len() {
			return fmt.Sprintf("the votes are %s", votes)
		}
	case raft.HigherTerm.ID:
		if n.CurrentTerm <= b.CurrentTerm {
			return fmt.Sprintf("the term was %d and is %d", b.CurrentTerm, n.CurrentTerm)
		}
	case raft.ReadAwaited.ID:
	default:
		return "an answer is explained by another's rule"
	}
	return ""
}

// lastOfInput is the last event that came of the same input as e.
func lastOfInput(q *inquiry.Inquiry, e *event.Event) *event.Event {
	for {
		next := q.Record.At(e.Position + 1)
		if next == nil || next.Began != e.Began {
			return e
		}
		e = next
	}
}

// counting is the rules that count a majority.
var counting = map[string]*raft.Rule{raft.Majority.ID: raft.Majority, raft.CheckQuorumRule.ID: raft.CheckQuorumRule, raft.MajorityHolds.ID: raft.MajorityHolds,
	raft.ReadConfirmed.ID: raft.ReadConfirmed, raft.RoundAnswered.ID: raft.RoundAnswered}

// halvesShown looks that each decision of a majority came out as its halves say,
// and that an answer by such a rule shows them: both, where there are two.
func halvesShown(q *inquiry.Inquiry, e *event.Event, a *inquiry.Answer, tried map[string]int) string {
	bugs := len(q.Record.After(e).Bugs()) > 0
	for _, d := range e.Decisions {
		if counting[d.Rule.ID] == nil {
			continue
		}
		if d.Halves[0].Of.Empty() {
			return d.Rule.ID + " tells nobody whom it counted"
		}
		if both := d.Halves[0].Holds() && (!d.Halves.Joint() || d.Halves[1].Holds()); both != d.Holds && !bugs && d.Rule != raft.MajorityHolds {
			return fmt.Sprintf("%s came out %t, but counted %s", d.Rule.ID, d.Holds, tell.Halves(d.Halves))
		}
		if d.Halves.Joint() {
			tried["joint"]++
			if text := tell.Verdict(&d); !d.Holds && !bugs && !strings.Contains(text, "needed") {
				return fmt.Sprintf("%s does not say which half failed: %q", d.Rule.ID, text)
			}
		}
	}
	if r := counting[a.Rule]; r != nil && e.Node != 0 {
		d := q.AskedEither(e, r)
		if d != nil && d.Halves.Joint() && len(a.Halves) != 2 {
			return "one half is missing"
		}
	}
	return ""
}

// noEqualRefusal looks that nothing is refused because two numbers are equal.
func noEqualRefusal(q *inquiry.Inquiry, e *event.Event, a *inquiry.Answer) string {
	for _, d := range e.Decisions {
		if text := tell.Verdict(&d); d.TurnsDown() && sameNumbers.MatchString(text) && !d.Halves.Joint() && len(q.Record.After(e).Bugs()) == 0 {
			return fmt.Sprintf("%s turned something down because %s: %+v", d.Rule.ID, text, d)
		}
	}
	return ""
}

// votesTell looks that a vote which was not the first of its term says so.
func votesTell(q *inquiry.Inquiry, e *event.Event, a *inquiry.Answer, tried map[string]int) string {
	v, ok := e.What.(event.Voted)
	if !ok {
		return ""
	}
	first := q.Record.Next(0, func(o *event.Event) bool {
		x, voted := o.What.(event.Voted)
		return o.Position >= e.Position || voted && o.Node == e.Node && x.Term == v.Term && x.For != v.For
	})
	if first.Position == e.Position {
		return ""
	}
	tried["voted twice"]++
	if a.Rule != raft.VoteOnce.ID || !strings.Contains(a.Answer, "it gave this term's vote to") {
		return fmt.Sprintf("it had voted for %s at #%d", event.As[event.Voted](first).For, first.Position)
	}
	return ""
}
