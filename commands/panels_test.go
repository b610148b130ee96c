package commands

import (
	"strings"
	"testing"
)

// Panels are the figure as the paper draws it, and say what is gone since the panel from
// which one came: (e) comes from (c), not from (d).
func TestPanels(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1}, "scenario figure-8")
	says(t, s, "panels a b c d e", []string{
		"S1 x 1 2 x 1 2 L 1 2 4 1 3 L [1 2 4]",
		"S5 1 x 1 3 x 1 3 L 1 3 x 1 3",
		"(d) entry 2 of term 2 is gone from S1, S2 and S3",
		"(d) entry 3 of term 4 is gone from S1",
	})
	f := &screen{}
	for line, want := range map[string]string{
		"panels":                     "PLACES is missing",
		"panels a nowhere":           "there is no position, checkpoint or branch",
		"panels a b c d e a b c d e": "panels takes from 1 to 9 places, not 10",
	} {
		if err := s.Run(t.Context(), line, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", line, err, want)
		}
	}
	f = &screen{}
	if err := s.Run(t.Context(), "panels d e", f); err != nil || strings.Contains(string(f.results[0].JSON()), "gone") {
		t.Errorf("(e) does not come from (d): %v %s", err, f.results[0].JSON())
	}
}
