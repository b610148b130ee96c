package search

import (
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/view"
)

// A search that may keep no more states says so, and what to do; one whose time is up says that.
func TestUnfinishedSaysWhyAndHowToGoOn(t *testing.T) {
	w := cluster.New(7, 1, setting.Defaults())
	s := explore.Search{Grow: true, Memory: 4 << 20}
	full := s.Run(t.Context(), w)
	if !full.Full || full.Memory > 6<<20 {
		t.Errorf("%s after %d bytes, full: %v", full.Outcome, full.Memory, full.Full)
	}
	late := full
	late.Full = false
	for _, c := range []struct {
		r    explore.Result
		says string
	}{
		{full, "because it may keep no more states, with every schedule of up to 3 steps tried; bounds that allow less"},
		{late, "before its bounds, with every schedule of up to 3 steps tried; within says how long to look"},
	} {
		r, err := exploreResult(w, c.r, &lab.ExploredView{}, "no invariant breaks")
		if err != nil {
			t.Fatal(err)
		}
		last := r.View[len(r.View)-1].(view.Text)
		if text := last.Lines[0].String(); !strings.Contains(text, c.says) {
			t.Errorf("%s", text)
		}
	}
}
