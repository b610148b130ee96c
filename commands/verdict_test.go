package commands

import (
	"context"
	"strings"
	"testing"
)

// A schedule may be longer than the screen, so what a search found comes below it: the
// verdict is what a reader sees above the next prompt.
func TestTheVerdictIsBelowTheSchedule(t *testing.T) {
	for line, verdict := range map[string]string{
		"new 3; bug vote-any on; explore":                                     "A breach of Election Safety in ",
		"new 3; bug no-log-check on; fuzz 2000":                               "A breach of Leader Completeness in ",
		"new 3; bug no-log-check on; explore; shrink found":                   "A breach of Leader Completeness in ",
		"new 3; explore for len(leaders) == 1":                                "Reached in ",
		"new 3; explore depth 4":                                              "Complete: ",
		"new 3; fuzz 3":                                                       "No breach. ",
		"new 3; could S2 win":                                                 "Yes: ",
		"new 3; timeout S1; settle; put x 1; checkpoint c; can 2 be lost":     "Yes: ",
		"new 3; given S1 term 1 vote S1; given S2 term 1 vote S1; reachable?": "Yes: ",
	} {
		s, err := NewSession(Options{Nodes: 5, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		f := &screen{}
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		text := strings.TrimSpace(f.text())
		text = text[max(0, strings.LastIndex(text, "#")):] // without what was done before
		at := strings.LastIndex(text, verdict)
		if at < 0 || strings.Count(text[at:], "\n") > 2 || strings.Contains(text[at:], "deliver m") {
			t.Errorf("%s: no %q at the end of\n%s", line, verdict, text)
		}
		scheduled := !strings.HasPrefix(verdict, "No") && !strings.HasPrefix(verdict, "Complete")
		if scheduled != strings.Contains(text[:max(0, at)], "timeout S") {
			t.Errorf("%s: the schedule is not above the verdict:\n%s", line, text)
		}
	}
}

// Time that passes ends an election, too, and says so; run quietly, it says who got no reply.
func TestARunTellsWhatItLeftUndone(t *testing.T) {
	for _, c := range []struct{ before, line, ends string }{
		{"new 2; cut S2; timeout S1", "run 2", "No one wins term 1: S1 has 1 of the 2 votes that it needs."},
		{"new 2; cut S2; timeout S1; run 2", "run 2", "2 ticks passed; the clock is at 4."}, // told before
		{"new 3; cut S1; timeout S1", "run 60", "60 ticks passed; the clock is at 60."},     // another was elected
		{"new 2; timeout S1; settle; put x 1; kill S2", "quietly run 9", "C1 has no reply yet."},
		{"new 2; timeout S1; settle; put x 1; kill S2; put y 1 as C2", "quietly run 9", "C1 and C2 have no reply yet."},
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1}, c.before)
		before := len(f.results)
		mustRun(t, s, f, c.line)
		last := f.results[before].View
		if got := blockText(last[len(last)-1]); got != c.ends {
			t.Errorf("%s; %s ends with %q", c.before, c.line, got)
		}
	}
}
