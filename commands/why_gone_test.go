package commands

import (
	"context"
	"strings"
	"testing"
)

// Of an entry that no log holds any more, why says on which servers it was, and
// what took each copy away.
func TestWhyOfALostEntry(t *testing.T) {
	lost := "Entry 2 of term 1 (x=1) was lost: no server's log holds it any more."
	for _, c := range []struct {
		setup string
		asks  []string
		want  []string
	}{
		{"set fsync off; timeout S1; settle; put x 1; settle; kill all", []string{"why 2 not committed", "why 2", "why x=1", "why x=1 not committed"},
			[]string{lost + " S1 had committed it at #48.", "it was not on disk, and the crash at #52 lost it", "the crash at #53 lost it",
				"the last copy was on S3: S3 crashed at #54", "fsync was set to off at #1", "CrashForgets"}},
		{"set fsync off; timeout S1; settle; put x 1; deliver AE S1->S2; kill all; restart all; timeout S1; settle", []string{"why x=1 not committed"},
			[]string{lost, "S2 had it from", "the last copy was on S2", "your command: kill all"}},
		{"timeout S1; settle; put x 1; drop all; kill S1; wipe S1; restart S1", []string{"why 2 not committed", "why 2", "why x=1"},
			[]string{lost, "its disk was wiped at #", "YourDeed", "your command: wipe S1"}},
		{"timeout S1; settle; isolate S1; put x 1; timeout S2; settle; heal; heartbeat S2; settle", []string{"why 2 not committed", "why x=1", "why x=1 not committed"},
			[]string{lost, "it deleted it at #", "since it conflicted with the leader's log", "DeleteConflict"}},
		{`given S2 log "1 1:x=1"; given S2 term 1`, []string{"why 2 not committed", "why 2"},
			[]string{lost, "it was given another state at #2", "AsGiven"}},
		{"set sessions on; timeout S1; settle; put y 1; settle; isolate S1; put x 9; timeout S2; settle; heal; heartbeat S2; settle", []string{"why x=9"},
			[]string{"Entry 4 of term 1 (x=9) was lost", "it deleted it at #"}},
	} {
		s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "new 3; "+c.setup)
		for _, ask := range c.asks {
			says(t, s, ask, c.want)
		}
	}
	// what is there, and what never was, is not told as lost
	for ask, want := range map[string]string{
		"why 9 not committed": "no log has an entry 9", "why y=7": "no log holds an entry that says", "why 2 not committed": "entry 2 is committed",
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "new 3; timeout S1; settle; put x 1; settle; heartbeat; settle")
		if err := s.Run(context.Background(), ask, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", ask, err, want)
		}
	}
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1}, "new 3; set fsync off; timeout S1; settle; put x 1; settle; kill all")
	says(t, s, "why 2 committed", []string{"S1 committed entry 2", "every copy of it was lost since; why 2 not committed tells how"})
}
