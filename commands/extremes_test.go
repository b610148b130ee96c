package commands

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"raftlab/commands/lang"
)

// extreme is a line with `inject` or `given`, with numbers at the ends of what
// there is, or something else that lets their consequences show.
func extreme(rng *rand.Rand) string {
	one := func(words ...string) string { return words[rng.IntN(len(words))] }
	number := func() string {
		if rng.IntN(3) > 0 {
			return one("0", "1", "2", "3", "4", "1099511627776")
		}
		return one("0", "1", "2", "3", "5", "1099511627775", "1099511627776", "1099511627777", "9223372036854775807", "18446744073709551614",
			"18446744073709551615", "18446744073709551616", "-1", "007", "1e9")
	}
	place := func() string { return number() + "/" + one("0", "1", "2", number()) }
	node := func() string { return one("S1", "S2", "S3", "S1", "S2", "S3", "S1", "S2", "S3", "S4", "S130") }
	switch rng.IntN(16) {
	case 0:
		return fmt.Sprintf("given %s term %s", node(), number())
	case 1:
		return fmt.Sprintf("given %s vote %s log \"1 %s:x=1\" commit %s", node(), node(), number(), number())
	case 2:
		return fmt.Sprintf("given %s snapshot %s \"x=1\" log \"%s\"", node(), place(), number())
	case 3:
		return fmt.Sprintf("given %s term %s log \"1 2\" voters %s", node(), number(), node())
	case 4, 5:
		return "settle"
	case 6:
		return one("status", "log", "messages", "events", "why", "disk S1", "node S2", "config", "next", "diagram", "kv")
	case 7:
		return one("timeout S1", "timeout S2", "timeout S3", "put x 1", "snapshot S2", "heartbeat", "tick 3", "restart S1", "kill S1", "set prevote on", "set reads read-index", "get x via S2")
	}
	line := fmt.Sprintf("inject %s %s->%s", one("AE", "AER", "RV", "RVR", "PV", "PVR", "IS", "ISR", "TN", "ReadIndex", "ReadIndexReply"), node(), node())
	for range rng.IntN(4) {
		switch rng.IntN(8) {
		case 0:
			line += " prev=" + place()
		case 1:
			line += " last=" + place()
		case 2:
			line += fmt.Sprintf(" entries=\"%s:x=1 %s\"", number(), number())
		case 3:
			line += " match=" + number()
		case 4:
			line += " " + one("granted", "success") + "=" + one("true", "false", "maybe")
		case 5:
			line += " commit=" + number()
		default:
			line += " term=" + number()
		}
	}
	return line
}

// Hand-made messages and states with any numbers are errors of the line, or are
// refused where they arrive by the rule that says so; nothing panics, and what
// is refused breaks no invariant.
func TestExtremesAreRefused(t *testing.T) {
	lines := 30_000
	if testing.Short() {
		lines = 3000
	}
	rng := rand.New(rand.NewPCG(1, 1))
	refused := 0
	var s *Session
	var script []string
	for i := range lines {
		if i%60 == 0 {
			var err error
			if s, err = NewSession(Options{Nodes: 3, Seed: uint64(i), KeepGoing: true}); err != nil {
				t.Fatal(err)
			}
			script = nil
		}
		f, line := &screen{}, extreme(rng)
		script = append(script, line)
		err := s.Run(context.Background(), line, f)
		var broken *lang.Fault
		if errors.As(err, &broken) {
			t.Fatalf("%v after\n%s", err, strings.Join(script, "\n"))
		}
		refused += strings.Count(f.text(), " refuses m")
	}
	if refused < lines/200 {
		t.Errorf("only %d messages were refused in %d lines", refused, lines)
	}
	t.Logf("%d lines, %d messages refused where they arrived", lines, refused)
}
