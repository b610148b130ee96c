package commands

import (
	"context"
	"strings"
	"testing"
)

// Whoever comes from elsewhere is told what it is called here. A word that is
// a command is no other word for one.
func TestOtherWords(t *testing.T) {
	for word, name := range otherWords {
		if table.Lookup(word) != nil || table.Lookup(name) == nil {
			t.Errorf("%s for %s: the first is a command, or the second is none", word, name)
		}
	}
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	for line, want := range map[string]string{"stop S1": "did you mean kill?", "help crash": "", "help reboot": "did you mean restart?", "elect S1": "did you mean timeout?"} {
		if err := s.Run(context.Background(), line, f); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
