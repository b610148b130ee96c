package commands

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"raftlab/commands/lab"
	"raftlab/commands/lang"
)

// resumeLines are what a person types, in any order: most work somewhere, and what is
// refused changes nothing.
var resumeLines = []string{
	"timeout S1", "timeout S2", "settle", "put x 1", "put y 2; settle", "run 7", "step", "deliver S1->S2", "drop S1->S3",
	"kill S1", "restart S1", "partition S1 S2 | S3", "heal", "set latency 2", "set fsync off", "bug vote-any on", "bug vote-any off",
	"undo", "undo 2", "redo", "back 3", "back 40", "forward 2", "goto 5", "goto main:9", "goto -", "goto found", "checkpoint one", "checkpoint two",
	"goto one", "new 3 seed 4", "new 4", "machine counter; new 2; machine kv", "new 3 keep", "scenario figure-7", `repeat 3 "put z 3; step 2"`,
	"snapshot S1", "timers S3 7", "run until S1.role == \"candidate\" within 3", "explore for S2.role == \"candidate\" depth 3", "freeze S2", "thaw S2",
	"given S2 term 4 log \"1 4:x=9\"", "inject RV S1->S2 term=9 last=1/1", "submit \"a b; c\"", "tick 3 S2", "run; settle",
	`repeat 1 "goto 0; timeout S2; settle"`, `repeat 1 "new 2; timeout S1; new 3; timeout S2"`, `repeat 2 "timeout S1; undo; tick"`,
	`new 3; given S1 log "1 1"; given S2 log "1"; reachable?`, "goto found:6; step", "goto found; checkpoint b3",
	`repeat 1 "goto -; step; goto -; step"`, `repeat 1 "timeout S1; undo 2; tick"`,
}

// allOf is what a session shows of where it is, and of every way from there.
func allOf(s *Session) string {
	var b strings.Builder
	do := func(line string) {
		f := &screen{}
		err := s.Run(context.Background(), line, f)
		fmt.Fprintf(&b, "> %s: %v\n", line, err)
		for _, r := range f.results {
			r.Events = nil
			fmt.Fprintf(&b, "%s\n", r.JSON())
			for _, block := range r.View {
				b.WriteString(blockText(block) + "\n")
			}
		}
	}
	for _, line := range []string{"history", "status", "messages", "digest", "settings", "invariants"} {
		do(line)
	}
	for range 30 {
		do("undo")
	}
	do("redo")
	do("history")
	return b.String()
}

// A session that was kept and is taken up is the same in all that can be seen of it: the
// tree, the present, the checkpoints, and what undo takes back.
func TestASessionIsResumedWhole(t *testing.T) {
	rounds := 100
	if testing.Short() {
		rounds = 6
	}
	for seed := range rounds {
		r := rand.New(rand.NewPCG(uint64(seed), 9))
		s, err := NewSession(Options{Nodes: 3 + seed%3, Seed: uint64(seed)})
		if err != nil {
			t.Fatal(err)
		}
		var typed []string
		for range 5 + r.IntN(25) {
			line := resumeLines[r.IntN(len(resumeLines))]
			typed = append(typed, line)
			_ = s.Run(context.Background(), line, lang.Silent{})
		}
		data, n := s.Kept()
		if n == 0 {
			continue
		}
		again, err := NewSession(Options{Resume: data})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if told := again.Notices(); len(told) > 0 {
			t.Fatalf("seed %d: %s\n%s", seed, strings.Join(typed, "\n"), told)
		}
		if want, got := allOf(s), allOf(again); want != got {
			t.Fatalf("seed %d:\n%s\n%s", seed, strings.Join(typed, "\n"), firstDifference(want, got))
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("was: %s\nnow: %s\nafter %s", x[i], y[i], strings.Join(x[max(0, i-6):i], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, and %d", len(x), len(y))
}

// What is no session is refused in a sentence.
func TestWhatCannotBeResumed(t *testing.T) {
	for data, want := range map[string]string{
		"{":                           "damaged",
		"{}":                          "format 0",
		`{"format":2}`:                "reads 1",
		`{"format":1}`:                "no beginning",
		`{"format":1,"history":{}}`:   "no beginning",
		`{"format":1,"history":null}`: "no beginning",
	} {
		if _, err := NewSession(Options{Resume: []byte(data)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", data, err, want)
		}
	}
}

// After guest off new clusters have raftlab's own servers, and in a resumed session too.
func TestGuestOffIsResumed(t *testing.T) {
	o := Options{Nodes: 3, Seed: 1}
	s, err := NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	s.world.(*lab.Lab).Guests.Command = "no-such-program"
	for _, line := range []string{"guest off", "timeout S1"} {
		if err := s.Run(context.Background(), line, &screen{}); err != nil {
			t.Fatal(err)
		}
	}
	o.Resume, _ = s.Kept()
	o.Guests.Command = "no-such-program"
	again, err := NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Run(context.Background(), "new 3", &screen{}); err != nil {
		t.Error(err)
	}
}
