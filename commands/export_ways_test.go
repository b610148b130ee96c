package commands

import (
	"strings"
	"testing"
)

// An export holds the way to the present and each other one that a checkpoint names; not
// one without a name, nor any where the call says what it wants. Figure 8 has both endings.
func TestExportsHoldBothWays(t *testing.T) {
	s, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.must(t, "timeout S1; settle; checkpoint fork; kill S1; checkpoint one; goto fork; kill S2; goto fork; kill S3")
	for _, file := range []string{"f.svg", "f.html", "f.md"} {
		text := exported(t, s, "export FILE", file)
		if !strings.Contains(text, "S1 crashes") || !strings.Contains(text, "S3 crashes") || strings.Contains(text, "S2 crashes") {
			t.Errorf("%s does not hold the way with a name and the present one: %.2000s", file, text)
		}
	}
	if text := exported(t, s, "export FILE last 3", "f.svg"); strings.Contains(text, "S1 crashes") {
		t.Error("export FILE last 3 draws another way as well")
	}
	s.must(t, "undo 2; checkpoint late; goto one")
	for _, file := range []string{"f.svg", "f.html"} {
		if text := exported(t, s, "export FILE", file); strings.Contains(text, "S3 crashes") || strings.Count(text, "S1 crashes") == 0 {
			t.Errorf("%s draws a way that leads to the present twice", file)
		}
	}

	s.must(t, "scenario figure-8")
	for _, file := range []string{"f.svg", "f.html", "f.md"} {
		text := exported(t, s, "export FILE", file)
		if !strings.Contains(text, "S5 becomes leader in term 5") && !strings.Contains(text, "leads term 5") ||
			!strings.Contains(text, "S1 commits") {
			t.Errorf("%s of figure-8 lacks an ending", file)
		}
	}
}
