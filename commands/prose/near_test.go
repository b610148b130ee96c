package prose

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
		if got := strings.Join(Nearest(word, names), " "); got != want {
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
