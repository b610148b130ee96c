package commands

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/tell"
	"raftlab/commands/why/inquiry"
	"raftlab/raft"
)

// Claims about words that point to what is still to come: a message that an answer
// waits for, what is advised, what a verdict says of an election.
const (
	mailHelps = "the message in flight that an answer waits for does what the answer says"
	adviceIs  = "what is advised for a lease gives one"
	verdictIs = "a verdict about an election is what happened"
	stepIs    = "what step says of the message that it chose is so"
)

var messageNamed = regexp.MustCompile(`\bm(\d+)\b`)

// named is the message in flight that a text names; nil where it names none, or one
// that cannot arrive now.
func (c *court) named(question, text string) *cluster.Flight {
	w := c.world()
	m := messageNamed.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	f := w.Flight(number1(m))
	if !c.holds(mailHelps, f != nil, "%s: %s: it is not in flight", question, text) || w.Waits(f) || w.Fate(f) != "" {
		return nil
	}
	return f
}

// votesOnTheirWay looks at what an answer says of the votes that a candidate lacks.
func (c *court) votesOnTheirWay(question string, a *inquiry.Answer, id raft.ID) {
	n := c.world().State(id)
	for _, line := range a.Nodes {
		if n == nil || n.Role != raft.Candidate && n.Role != raft.PreCandidate ||
			!strings.Contains(line.Text, "the request, m") && !strings.Contains(line.Text, "its answer, m") {
			continue
		}
		f, voter, said := c.named(question, line.Text), idOf(line.Node), question+": "+line.Node+" "+line.Text
		if f == nil {
			continue
		}
		w := c.world().Clone()
		if last := w.LastSent(); f.From == id {
			_ = w.Apply(cluster.Deliver{ID: f.ID})
			i := slices.IndexFunc(w.FlightsAfter(last), func(f cluster.Flight) bool { return f.From == voter && f.To == id })
			if !c.holds(mailHelps, i >= 0, "%s: it brings no answer", said) {
				continue
			}
			f = &w.FlightsAfter(last)[i]
		}
		answers := map[raft.Role]string{raft.Candidate: "RequestVoteReply", raft.PreCandidate: "PreVoteReply"}[n.Role]
		c.holds(mailHelps, f.Message.Type() == answers, "%s: the answer is a %s", said, f.Message.Type())
		if _ = w.Apply(cluster.Deliver{ID: f.ID}); !tell.SaysNo(f.Message) {
			m := w.State(id)
			counts := m.Votes.Has(voter) || m.Role != n.Role || m.CurrentTerm != n.CurrentTerm
			c.holds(mailHelps, counts, "%s: the vote does not count", said)
		}
	}
}

// entryOnItsWay looks at what an answer says of the messages that bring an entry of
// the leader's to a server, or bring back that it holds it.
func (c *court) entryOnItsWay(question string, a *inquiry.Answer, leader raft.ID, index uint64) {
	if leader == 0 || len(c.world().Breaches()) > 0 {
		return
	}
	for _, line := range a.Nodes {
		if !strings.Contains(line.Text, "on its way: m") && !strings.Contains(line.Text, "what is missing before it: m") {
			continue
		}
		f, id, said := c.named(question, line.Text), idOf(line.Node), question+": "+line.Node+" "+line.Text
		if f == nil {
			continue
		}
		w := c.world().Clone()
		term, _ := w.State(leader).Log.Term(index)
		last := w.LastSent()
		_ = w.Apply(cluster.Deliver{ID: f.ID})
		n, sent := w.State(leader), w.FlightsAfter(last)
		if n.Role != raft.Leader {
			continue
		}
		switch t, ok := w.Stored(id).Log.Term(index); {
		case f.From == id && strings.Contains(line.Text, "refused"):
			c.holds(mailHelps, slices.ContainsFunc(sent, func(f cluster.Flight) bool { return f.To == id }), "%s: nothing is sent", said)
		case f.From == id:
			c.holds(mailHelps, n.MatchIndex(id) >= index, "%s: it does not count", said)
		default: // taken, or refused for what is missing before it
			refused := slices.ContainsFunc(sent, func(f cluster.Flight) bool { return f.From == id && tell.SaysNo(f.Message) })
			c.holds(mailHelps, ok && t == term || refused, "%s: it does not bring the entry", said)
		}
	}
}

// leaseAdvised does what is advised to a leader without a lease, where nothing is in
// the way.
func (c *court) leaseAdvised(question string, a *inquiry.Answer, id raft.ID) {
	if !slices.ContainsFunc(a.Because, func(b inquiry.Because) bool { return strings.Contains(b.Text, "; settle begins one") }) {
		return
	}
	w := c.world().Clone()
	_ = w.Apply(cluster.Partition{})
	for _, v := range w.IDs() {
		_ = w.Apply(cluster.Thaw{Node: v})
		_ = w.Apply(cluster.Restart{Node: v})
	}
	for _, f := range w.Flights() {
		_ = w.Apply(cluster.Drop{ID: f.ID})
	}
	_ = w.Apply(cluster.Heartbeat{Node: id})
	leads := func() bool { n := w.State(id); return n != nil && n.Role == raft.Leader && !n.Lease }
	for leads() && w.Apply(cluster.DeliverNext{}) == nil {
	}
	c.holds(adviceIs, !leads(), "%s: %s: done, it has none", question, a.Answer)
}

var (
	nobodyWins = regexp.MustCompile(`No one wins term (\d+)`)
	winsWith   = regexp.MustCompile(`(S\d+) wins term (\d+): votes from (S\d+(?: S\d+)*), refused by (S\d+(?: S\d+)*)`)
	choseOf    = regexp.MustCompile(`m(\d+) came next: (.*)`)
)

// toldBy is what a command shows, with the verdicts of what it made happen.
func toldBy(r *Result) string {
	var events []event.Event
	for _, x := range r.Events {
		if e, ok := x.(*event.Event); ok {
			events = append(events, *e)
		}
	}
	text := blockText(tell.Verdicts(events))
	for _, b := range r.View {
		text += "\n" + blockText(b)
	}
	return text
}

// verdictOf looks at what a command says of elections, and step of its choice.
func (c *court) verdictOf(line string, before *cluster.World, done *Result) {
	text, q := toldBy(done), inquiryOf(c.s)
	for _, m := range nobodyWins.FindAllStringSubmatch(text, -1) {
		e := q.Latest(func(e *event.Event) bool { return inquiry.Wins(e) && e.View().Term == number1(m) })
		c.holds(verdictIs, e == nil, "%s: %s, but a server has won it", line, m[0])
	}
	for _, m := range winsWith.FindAllStringSubmatch(text, -1) {
		for _, v := range strings.Fields(m[4]) {
			no := q.Latest(func(e *event.Event) bool {
				x, ok := e.What.(event.Sent)
				return ok && x.From == idOf(v) && x.To == idOf(m[1]) && x.Type() == "RequestVoteReply" && tell.SaysNo(x.Message) &&
					fmt.Sprint(q.AskedTerm(e)) == m[2]
			})
			c.holds(verdictIs, no != nil, "%s: %s: %s has not refused it in that term", line, m[0], v)
		}
	}
	for _, m := range choseOf.FindAllStringSubmatch(text, 1) {
		chosen := before.Flight(number1(m))
		for _, f := range before.Flights() {
			if f.ID == chosen.ID || before.Waits(&f) || f.Held && f.Due > before.Clock() {
				c.holds(stepIs, f.ID == chosen.ID || !strings.HasSuffix(m[2], "all others"), "%s: %s, but %s is in flight", line, m[0], f.Name())
				continue
			}
			older := f.Due < chosen.Due || f.Due == chosen.Due && (f.ID < chosen.ID || !strings.Contains(m[2], "oldest"))
			c.holds(stepIs, !older, "%s: %s, but %s can arrive as well", line, m[0], f.Name())
		}
	}
}

// Scripts after which an answer once pointed to a message, a cause or a server that
// had nothing to do with it; not: what it must not say.
func TestAnswersPointToWhatMatters(t *testing.T) {
	for _, c := range []struct{ script, ask, says, not string }{
		{"new 3; timeout S1; settle", "why S3 leads", "S3 does not lead: it follows S1", "became"},
		{"new 3; timeout S1; settle", "why S1 leads", "S1 became leader of term 1", "does not"},
		{"new 3; set prevote on; timeout S1; deliver PV S1->S2; deliver PVR; drop RV S1->S3", "why S1 not leader",
			"S3 S1's RequestVote (m5) to S3 was dropped", "m2"},
		{"new 5; timeout S1; deliver RV S1->S2; timeout S1; drop RV", "why S1 not leader",
			"S2 S1's RequestVote (m6) to S2 was dropped", "its answer"},
		{"new 3; timeout S1; settle; put x 1; deliver AE; kill S1; restart S1; timeout S1; deliver RV; deliver RVR; drop AE",
			"why 2 not committed", "S3 holds it, but no answer of term 2 that says so reached S1", "on its way"},
		{"new 3; timeout S1; settle; put x 1; put y 2; drop AE S1->S3; settle; snapshot S1; heartbeat; put z 3; drop AE",
			"why 4 not committed", "S3 lacks it", "on its way"},
		{"new 3; timeout S1; settle; transfer S3; deliver TN; drop all; timeout S3", "why S3 not leader", "in term 3", "TimeoutNow"},
		{"new 3; timeout S1; settle; transfer S2; timeout S3; deliver RV S3->S1; drop RV; drop RVR; timeout S1; settle S1 S3; " +
			"drop AE S1->S2; transfer S2", "why S2 not leader", "but waits until it holds the whole log", "m9"},
		{"new 3; cut S2->S1; timeout S2; deliver RV S2->S1; heal; drop all; timeout S1; timeout S1; settle; timeout S2; " +
			"drop RV S2->S1; settle S2 S3; drop AE S2->S1", "why S1 leader", "S2's AppendEntries (m18) to S1 was dropped", "(m1)"},
		{"new 3; freeze S2; run", "why m1", "is waiting: S2 is frozen", ""},
		{"new 3; timeout S1; settle; heartbeat; settle", "why leader", "S1 became leader of term 1", "AppendEntriesReply"},
		{"new 3", "why leader", "No server leads", ""},
		{"new 3; timeout S1; settle; isolate S3; transfer S3; run 10; set election-timeout 15..30; run 15", "why #117",
			"gave up handing", "began: 15"},
		{"new 3; set election-timeout 3..5; set clock-bound 5; set reads lease; timeout S1; settle; heartbeat; settle",
			"why S1 no lease", "no round of heartbeats gives one", "settle begins one"},
		{"new 3; set reads lease; timeout S1; settle; transfer S2", "why S1 no lease", "handing leadership to S2", "settle begins one"},
		{"new 1; set reads lease; timeout S1; settle; heartbeat; settle", "why S1 no lease", "get x via S1 reads lease", "settle begins one"},
		{"new 3; timeout S1; settle; heartbeat; settle; set reads lease", "why S1 no lease", "has given it one", "no majority has answered"},
	} {
		s, _ := played(t, c.script)
		_, text := asks(t, s, c.ask)
		if !strings.Contains(text, c.says) || c.not != "" && strings.Contains(text, c.not) {
			t.Errorf("%s; %s: %s\nwant %q, and not %q", c.script, c.ask, text, c.says, c.not)
		}
	}
}

// Verdicts that once named a server that had no part in it, or a term that was won.
func TestVerdictsOfTheRightElection(t *testing.T) {
	late := "given S1 log \"1 1\"; given S2 log \"1 1\"; given S3 term 1; timeout S3; timeout S3; drop all; timeout S1; " +
		"drop RV S1->S3; timeout S3; drop RV S3->*; timeout S3; deliver RV S3->S2; drop RV S3->S1; drop RVR; " +
		"deliver RV S1->S2; timeout S1; timeout S1; timeout S1; drop RV S1->S3"
	for _, x := range []struct{ script, then, says, not string }{
		{"new 3; " + late, "settle", "S1 wins term 5: votes from S2", "refused by"},
		{"new 5; timeout S1; timeout S2; deliver RV S1->S3; deliver RV S1->S4; deliver RVR; drop AE; kill S1", "settle", "", "No one wins"},
		{"new 3; freeze S2; timeout S1", "step", "m2 came next: nothing else that was in flight can arrive yet", "oldest"},
		{"new 3; timeout S1; settle; put x 1; settle; checkpoint a; put y 2; settle; snapshot S1; put z 2; put z 3; put z 4; settle",
			"changes since a", "log 1 1 1 (was 1 1)", "1 entry new"},
	} {
		s, _ := played(t, x.script)
		f := &screen{}
		mustRun(t, s, f, x.then)
		text := toldBy(f.results[len(f.results)-1])
		text = strings.Join(strings.Fields(text), " ")
		if !strings.Contains(text, x.says) || strings.Contains(text, x.not) {
			t.Errorf("%s; %s: %s\nwant %q, and not %q", x.script, x.then, text, x.says, x.not)
		}
	}
}
