package commands

import (
	"context"
	"strings"
	"testing"
)

// Where one of a few words could stand, the first line of the error names all of
// them, whichever form of the command they belong to.
func TestErrorsNameTheWordsThatFit(t *testing.T) {
	for line, want := range map[string]string{
		"machine foo":            "kv traffic-light counter log",
		"get x reads foo":        "log read-index lease local",
		"bug vote-any maybe":     "on off",
		"check foo":              "linearizable liveness",
		"explore foo":            "for within depth timeouts crashes",
		"run foo":                "TICKS until",
		"new 3 foo":              "seed keep",
		"given S1 foo":           "term vote log commit snapshot voters",
		"put x 1 foo":            "via as",
		"add S6 foo":             "as via",
		"timers foo":             "align spread",
		"why S3 sad":             "leader follower candidate pre-candidate down not",
		"inject AE S1->S2 foo=3": "term prev entries commit",
		"set noop maybe":         "on off",
		"set reads foo":          "log read-index lease local",
		"lesson foo":             "reset stop",
	} {
		s, err := NewSession(Options{Nodes: 5, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Run(context.Background(), line, &screen{})
		if err == nil {
			t.Errorf("%s is taken", line)
			continue
		}
		first, _, _ := strings.Cut(err.Error(), "\n")
		for _, word := range strings.Fields(want) {
			if !strings.Contains(first, word) {
				t.Errorf("%s: the first line does not name %s: %s", line, word, first)
			}
		}
	}
}
