package grade

import (
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/guest/testdata/mistakes"
)

// TestSnapshotMistakes: with each mistake with snapshots the finished example passes stage 6 up
// to the check that is about it, which names the rule; each check fails with one. It is each third one, or all if
// RAFTLAB_MISTAKES is set.
func TestSnapshotMistakes(t *testing.T) {
	failed, tried := map[string]bool{}, 0
	for k, m := range mistakes.PythonSnapshots {
		if _, all := gradings(); k%3 > 0 && !all {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			tried++
			g := graded(t, Order{Command: python(t, m.Replace...), Stage: 6})
			if g.Error != "" {
				t.Fatal(g.Error)
			}
			i := slices.IndexFunc(g.All(), func(c *Check) bool { return c.Verdict == Failed })
			if i < 0 {
				t.Fatal("every check holds")
			}
			c := g.All()[i]
			if failed[c.Number] = true; c.Number != m.Check || c.Finding.Rule != m.Rule {
				t.Errorf("%s: %s, not %s: %s\n%s", c.Number, c.Finding.Rule, m.Check, m.Rule, strings.Join(failures(g), "\n"))
			}
		})
	}
	all, err := exercise(&Order{Stage: 6})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all[0].Checks {
		if !failed[c.Number] && !t.Failed() && tried == len(mistakes.PythonSnapshots) {
			t.Errorf("%s fails with no mistake", c.Number)
		}
	}
}
