package commands

import (
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/commands/prose"
)

// However much is in flight, next tries out a bounded number of deliveries and
// every timer, and each number still does what it stands for.
func TestNextStaysShort(t *testing.T) {
	s, q := played(t, "timeout S1; settle; tick 1000")
	inFlight := len(q.w.Flights())
	if inFlight <= 2*mostDeliveries {
		t.Fatalf("only %d messages in flight", inFlight)
	}
	f := &screen{}
	if err := s.Run(t.Context(), "next", f); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(f.text()), " ")
	if want := prose.Plural(inFlight-mostDeliveries, "more message"); !strings.Contains(text, want) || !strings.Contains(text, "timeout S5") || strings.Count(text, "deliver m") != mostDeliveries {
		t.Errorf("no %q, or not all timers, in the end of %s", want, text[max(0, len(text)-800):])
	}
	all := possibilities(q.w)
	last := all[deliveries(all)-1].action.(cluster.Deliver)
	if want := q.w.Flights()[inFlight-1].ID; last.ID != want {
		t.Errorf("number %d delivers m%d, not m%d", deliveries(all), last.ID, want)
	}
}
