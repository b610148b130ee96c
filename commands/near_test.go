package commands

import (
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
