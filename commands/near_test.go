package commands

import (
	"context"
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"tick", "timeout", "timers", "kill", "partition", "put", "step", "settle", "status", "help", "S1"}
	for word, want := range map[string]string{
		"tikc": "tick", "KILL": "kill", "setle": "settle", "stp": "step", "part": "partition", "time": "timeout timers",
		"xyzzy": "", "": "", "s": "", "puz": "put", strings.Repeat("x", 1000): "",
	} {
		if got := strings.Join(nearest(word, names), " "); got != want {
			t.Errorf("%.20q: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for pair, want := range map[[2]string]int{
		{"", ""}: 0, {"a", ""}: 1, {"abc", "abd"}: 1, {"abc", "acb"}: 1, {"kitten", "sitting"}: 3, {"ab", "ba"}: 1,
	} {
		if got := distance(pair[0], pair[1]); got != want || distance(pair[1], pair[0]) != want {
			t.Errorf("%q: %d, want %d", pair, got, want)
		}
	}
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain é 日本": "plain é 日本", "\x1b[1m": `\x1b[1m`, "a\nb": `a\x0ab`, "\xff": `\xff`, "\u202eabc": `\u202eabc`, "\ufffd": "\ufffd",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whoever comes from elsewhere is told what it is called here. A word that is
// a command is no other word for one.
func TestOtherWords(t *testing.T) {
	for word, name := range otherWords {
		if table.Lookup(word) != nil || table.Lookup(name) == nil {
			t.Errorf("%s for %s: the first is a command, or the second is none", word, name)
		}
	}
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	for line, want := range map[string]string{"stop S1": "here that is called kill", "help crash": "", "help reboot": "here that is called restart", "elect S1": "here that is called timeout"} {
		if err := s.Run(context.Background(), line, f); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
