package ask_test

import (
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/commands/ask"
	"raftlab/commands/prose"
)

// However much is in flight, next tries out a bounded number of deliveries and
// every timer, and each number still does what it stands for.
func TestNextStaysShort(t *testing.T) {
	s, q := played(t, "timeout S1; settle; tick 1000")
	inFlight := len(q.W.Flights())
	if inFlight <= 2*ask.MostDeliveries {
		t.Fatalf("only %d messages in flight", inFlight)
	}
	f := &screen{}
	if err := s.Run(t.Context(), "next", f); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(f.text()), " ")
	if want := prose.Plural(inFlight-ask.MostDeliveries, "more message"); !strings.Contains(text, want) || !strings.Contains(text, "timeout S5") || strings.Count(text, "deliver m") != ask.MostDeliveries {
		t.Errorf("no %q, or not all timers, in the end of %s", want, text[max(0, len(text)-800):])
	}
	all := ask.Possibilities(q.W)
	last := all[ask.Deliveries(all)-1].Action.(cluster.Deliver)
	if want := q.W.Flights()[inFlight-1].ID; last.ID != want {
		t.Errorf("number %d delivers m%d, not m%d", ask.Deliveries(all), last.ID, want)
	}
}

// An election that wins without an if does so whatever older messages arrive
// first; two or three together may turn a server that none of them turns alone.
func TestNextAsksForEachServersWorstMail(t *testing.T) {
	for _, c := range []struct {
		setup, timer, brings string
	}{
		// The two confirmations commit the joint configuration, and S4 appends the next one; S5 votes for S3.
		{"new 5; timeout S4; settle; reconfigure S1 S4 S5; deliver AppendEntries S4->S2; timeout S3; deliver AppendEntries S4->S1", "timeout S1", "wins term 2, if it is over before"},
		{"new 6; timeout S6; settle; reconfigure S2 S1 S4 S6; deliver AppendEntries S6->S4; timeout S2; deliver RequestVote S2->S4; step 4", "timeout S3", "wins term 2, if it is over before"},
		{"new 5; timeout S4; settle; reconfigure S1 S4 S5; settle", "timeout S1", "wins term 2"},
		{"new 5; timeout S4; settle", "timeout S1", "wins term 2"},
		// Of very many messages, those of S5's latest election are the last that were sent.
		{"new 9; timeout S1; settle; tick 200", "timeout S8", "wins term 8, if it is over before"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c.setup)
		if err := s.Run(t.Context(), "next", f); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, row := range f.results[len(f.results)-1].Value.(ask.NextResult).Next {
			if row.Command == c.timer {
				found = true
				if row.Brings != c.brings && !(strings.HasSuffix(c.brings, "before") && strings.HasPrefix(row.Brings, c.brings)) {
					t.Errorf("%s: %s: %s", c.setup, row.Command, row.Brings)
				}
			}
		}
		if !found {
			t.Errorf("%s: no %s", c.setup, c.timer)
		}
	}
}

// A leader refuses because it leads; it has not heard of another one.
func TestNextSaysThatTheLeaderLeads(t *testing.T) {
	for _, set := range []string{"set stickiness on", "set prevote on", "set reads lease"} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "new 3; "+set+"; timeout S1; settle; heartbeat; settle")
		says(t, s, "next", []string{"cannot win term 2 because S1 leads term 1; S3 has heard a leader recently"})
	}
}
