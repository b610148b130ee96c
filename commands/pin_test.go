//go:build !js

package commands

import (
	"context"
	"reflect"
	"testing"

	"raftlab/commands/lang"
)

// What is pinned is what the command of that name shows, though it asks less of the cluster.
func TestPinnedIsWhatTheCommandShows(t *testing.T) {
	s, err := NewSession(Options{Nodes: 5, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"status", "bug vote-any on; timeout S1; settle; put x 1; timeout S2; heartbeat S1",
		"set snapshot-every 2; put y 2 via S1; settle; kill S3; freeze S4; cut S1->S2; run 30", "new 9; timeout S2; settle"} {
		s.must(t, line)
		for _, name := range []string{"status", "cluster"} {
			s.must(t, "pin "+name)
			f := &lastShown{Silent: lang.Silent{Frontend: &screen{}}}
			if err := s.Run(context.Background(), name, f); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(s.Pinned()(), f.last.View) {
				t.Errorf("after %s: pin %s shows\n%v\n%s shows\n%v", line, name, s.Pinned()(), name, f.last.View)
			}
		}
		s.must(t, "pin log")
		if len(s.Pinned()()) == 0 {
			t.Error("pin log shows nothing")
		}
		s.must(t, "pin off")
	}
}
