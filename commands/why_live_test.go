package commands

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A live cluster's own why replays what was recorded.
func TestWhyInALiveSession(t *testing.T) {
	s, err := NewSession(Options{Nodes: 3, Seed: 1, Live: &LiveOptions{Tick: 5 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := &screen{}
	for _, line := range []string{"run until leader != nil within 10000", "put x 1"} {
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	says(t, s, "why 2 committed", []string{"committed ent", "MajorityHolds", "from a replay of the run"})
	says(t, s, "rule Majority", []string{"haveMajority"})
	if err := s.Run(context.Background(), "why 9 not committed", f); err == nil || !strings.Contains(err.Error(), "no log has an entry 9") {
		t.Errorf("why 9 not committed: %v", err)
	}
}
