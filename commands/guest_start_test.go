package commands

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"raftlab/cluster/guest"
	"raftlab/commands/lab"
	"raftlab/raft"
)

// startingWrong is programs of which that of --guest starts with commitIndex 1.
func startingWrong(t *testing.T) *lab.Guests {
	t.Helper()
	programs := &lab.Guests{GuestOptions: lab.GuestOptions{Command: "mine"}}
	p, err := guest.OpenFunc(func() func([]byte) []byte {
		answer := guest.Reference(&raft.Options{})
		return func(line []byte) []byte {
			return bytes.ReplaceAll(answer(line), []byte(`"commitIndex":0`), []byte(`"commitIndex":1`))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Command = "mine"
	programs.Add(p)
	return programs
}

// A guest that departs from the paper when it starts says so at once, before the first event, and it counts as any
// other departure does. A cluster that nothing was done with counts only where no other follows it.
func TestDeparturesAtTheStart(t *testing.T) {
	programs := startingWrong(t)
	f := &screen{}
	s, err := NewSession(Options{Nodes: 5, Seed: 1, Programs: programs})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line, says, not string
		unexpected      int
	}{
		{"status", "DEPARTURE #0 RestartFromDisk: S5", "BREACH", 5},
		{"new 3 guest", "#0 S3 departs from the paper (RestartFromDisk): it starts with commitIndex 1", "S4", 3},
		{"departures", "why #0 explains the first", "#1", 3},
		{"why", "S1 departs from the paper at #0: it starts with commitIndex 1.", "", 3},
		{"timeout S1", "#1 S1's election timer fires", "#0", 3},
		{"why #1", "S1's election timer fired at #1", "", 3},
		{"expect len(departures) >= 3", "", "", 0},
	} {
		before := len(f.text())
		if err := s.Run(context.Background(), c.line, f); err != nil {
			t.Errorf("%s: %v", c.line, err)
		}
		text := strings.Join(strings.Fields(f.text()[before:]), " ")
		if !strings.Contains(text, c.says) || c.not != "" && strings.Contains(text, c.not) {
			t.Errorf("%s: not %q, or %q, in %s", c.line, c.says, c.not, text)
		}
		if got := s.UnexpectedDepartures(); len(got) != c.unexpected {
			t.Errorf("%s: %d unexpected: %v", c.line, len(got), got)
		}
	}
	if s, err = NewSession(Options{Nodes: 5, Seed: 1, Programs: programs}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"new 3 own; timeout S1", "new 3 guest; set judge say; timeout S1", "new 3 guest; new 3 own",
	} {
		if err := s.Run(context.Background(), line, f); err != nil || len(s.UnexpectedDepartures()) > 0 {
			t.Error(line, err, s.UnexpectedDepartures())
		}
	}
}

// A hint names the mistake of a person's own program before any command, because no command mends it.
func TestAHintNamesTheDeparture(t *testing.T) {
	ownLesson(t, "# Own\n# 1 minutes; section 5\nnew 3 guest\ngoal \"S1 leads\" "+
		"leader != nil\nnew 3 guest\ntimeout S1\nsettle\ndone\n")
	s, f := labWith(t, Options{Nodes: 5, Seed: 1, Programs: startingWrong(t)})
	f.interactive = true
	mustRun(t, s, f, "lesson own.raft")
	before := len(f.text())
	mustRun(t, s, f, "hint")
	text := strings.Join(strings.Fields(f.text()[before:]), " ")
	if !strings.Contains(text, "it starts with commitIndex 1 (RestartFromDisk). why #0 says more.") ||
		!strings.Contains(text, "guest reload") || strings.Contains(text, "Try ") {
		t.Error(text)
	}
}

// A reload plays the history silently, so it says itself where the edited program departs.
func TestAReloadNamesTheDepartures(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1})
	mustRun(t, s, f, "new 3 guest; bug vote-any on; timeout S1; timeout S2; deliver m1; guest reload")
	if text := strings.Join(strings.Fields(f.text()), " "); !strings.Contains(text,
		"It departs from the paper in 1 place, first at #17 (VoteOnce); departures lists them.") {
		t.Error(text)
	}
}
