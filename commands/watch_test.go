package commands

import (
	"context"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/commands/lab"
	"raftlab/raft"
)

// What is shown by itself is shown when something has changed, and then once.
func TestWatchShowsWhatChanged(t *testing.T) {
	for _, c := range []struct {
		line string
		want int // times that the status is shown
	}{
		{"tick", 0},
		{"watch on", 1}, // at once
		{"watch on; tick; tick", 3},
		{"watch on; tick; say x; expect true; nosuch", 2},
		{"watch on; ! half", 1}, // taken back
		{"watch on; gaveup", 2}, // kept, though it failed
		{"watch on; whatif tick", 1},
		{"watch on; watch off; tick", 1},
		{"big on; tick", 2},
		{"big on; watch on; tick", 3}, // one of the two
	} {
		s, _, f := fake(t, Options{KeepGoing: true})
		for _, name := range []string{"watch", "big"} {
			s.Table.Register(table.Lookup(name))
		}
		_ = s.Run(context.Background(), c.line, f)
		got := strings.Count(f.text(), "no leader. tick") + strings.Count(f.text(), "No leader. ")
		if got != c.want {
			t.Errorf("%s: shown %d times, not %d\n%s", c.line, got, c.want, f.text())
		}
	}
}

// The settings of the console are what the commands of these names set.
func TestWatchAndBigAreSettings(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "set watch on", "watch off", "big on", "set big off", "set big on; set watch on; timeout S1")
	if text := f.text(); strings.Count(text, "no leader. tick 0") != 1 || strings.Count(text, "No leader.") != 4 {
		t.Error(text)
	}
	for _, name := range []string{"big", "watch"} {
		if value := s.Chosen()[name]; value != "on" {
			t.Errorf("%s is %s", name, value)
		}
	}
}

func TestWatchedValues(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "watch leader.id; watch len(messages); watch leader.id", "timeout S1", "settle", "undo", "new 3; watch S3.term", "new 2", "watch", "watch off; watch; tick")
	text := f.text()
	for _, want := range []string{
		"leader.id  not there\n", "len(messages)  4  (was 0)", `leader.id  "S1"  (was not there)`, `leader.id  not there  (was "S1")`,
		"S3.term  not there", "Watching leader.id, len(messages) and S3.term; watch off ends it.", "Nothing is watched",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if last := f.results[len(f.results)-1]; strings.Contains(f.text()[strings.Index(text, "Nothing is watched"):], "leader.id") || last.Err != nil {
		t.Error("watch off does not end it")
	}
	s.Run(context.Background(), "watch leader.nosuch; watch", f)
	if err := f.results[len(f.results)-1]; err.Err == nil || !strings.Contains(err.Err.Error(), "nosuch") {
		t.Errorf("a value that cannot be: %v", err.Err)
	}
}

// In demo mode the prompt says what Enter does, and the session what that is.
func TestDemo(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "status")
	if p := s.Prompt().String(); s.EmptyLine() != "" || strings.Contains(p, "Enter") {
		t.Errorf("without demo: %q %q", s.EmptyLine(), p)
	}
	for _, on := range []string{"demo on", "set demo on"} {
		mustRun(t, s, f, on)
		if p := s.Prompt().String(); s.EmptyLine() != "step" || !strings.HasSuffix(p, "] Enter: step > ") {
			t.Errorf("%s: %q %q", on, s.EmptyLine(), p)
		}
		mustRun(t, s, f, "demo off")
	}
	if s.EmptyLine() != "" {
		t.Error("demo off does not end it")
	}
}

// An empty line of a script does nothing, demo or not.
func TestDemoIsForThePromptOnly(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	if err := s.RunScript(context.Background(), "x", strings.NewReader("demo on\n\n\nexpect position == 0\n"), f); err != nil {
		t.Error(err)
	}
}

func TestSpreadAndAlign(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	left := func() []int {
		var out []int
		for _, id := range []raft.ID{1, 2, 3, 4, 5} {
			n, _ := s.world.(*lab.Lab).World().Timer(id)
			out = append(out, n)
		}
		return out
	}
	was := left()
	mustRun(t, s, f, "timers align")
	if got := left(); slices.Min(got) != slices.Max(got) || got[0] != slices.Min(was) {
		t.Errorf("aligned: %v, from %v", got, was)
	}
	mustRun(t, s, f, "timers spread S2 S4 S1")
	if got := left(); got[1] != was[0] || got[3] != was[0]+3 || got[0] != was[0]+6 || got[2] != was[0] {
		t.Errorf("spread: %v", got)
	}
	mustRun(t, s, f, "undo; undo; timers S3 7; timers")
	if got := left(); got[2] != 7 || !slices.Equal(append(slices.Clone(got[:2]), got[3:]...), append(slices.Clone(was[:2]), was[3:]...)) {
		t.Errorf("S3 set: %v, from %v", got, was)
	}
	if end := s.world.(*lab.Lab).History.Place().Branch.Lines(); len(end) != 1 || end[0].Text != "timers S3 7" {
		t.Errorf("the history has %v: looking is no step", end)
	}
	check := func(line, want string) {
		t.Helper()
		if err := s.Run(context.Background(), line, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	mustRun(t, s, f, "kill S5")
	check("timers spread S1 S5", "S5 has no election timer")
	check("timers align S1", "and there is one")
	check("timers S5 3", "S5 is down")
	check("timers S1 0", "from 1 to")
	check("timers sprad", "")
}

// Spread timers give a leader in the first term, aligned ones none, whatever
// the seed and the latency.
func TestSpreadElectsAndAlignSplits(t *testing.T) {
	for seed := range uint64(20) {
		for _, latency := range []string{"1", "1..6"} {
			s, f := labWith(t, Options{Nodes: 5, Seed: seed}, "set latency "+latency, "timers spread; run 60")
			mustRun(t, s, f, "expect len(leaders) == 1 && leader.term == 1")
			s, f = labWith(t, Options{Nodes: 5, Seed: seed}, "set latency "+latency, "timers align; run until S1.term == 1; run 15")
			mustRun(t, s, f, "expect leader == nil && all(nodes, .term == 1 && .vote == .id)")
		}
	}
}

// The events of presets are told in JSON and by events.
func TestTimerEvents(t *testing.T) {
	_, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timers S2 9; events")
	if e := f.results[0].Events; len(e) != 1 || event.As[event.TimerSet](e[0].(*event.Event)).Ticks != 9 {
		t.Errorf("%v", e)
	}
	if !strings.Contains(f.text(), "S2's election timer now fires in 9 ticks") {
		t.Error(f.text())
	}
}

// What is big says in words who leads, who is cut off, and what is broken.
func TestBigSaysItInWords(t *testing.T) {
	for line, want := range map[string]string{
		"big":             "No leader. 0 messages in flight. A bar below an entry: it is committed.\n\n",
		"timeout S1; big": "No leader. 4 messages in flight.",
		"bug vote-any on; timeout S1; settle; big":                "S1 leads term 1. 0 messages in flight. A bar below an entry: it is committed.\nBUG: vote-any. \n",
		"partition S1 S2 | S3 S4 S5; big":                         "\nPartition: S1 S2 | S3 S4 S5. \n",
		"timeout S1; settle; isolate S1; timeout S3; settle; big": "\nS1 leads term 1, S3 leads term 2. 0 messages in flight. A bar below an entry: it is committed.\nPartition: S1 | S2 S3 S4 S5. \n",
		"cut S1->S2; big":            "\nSome links are cut: links shows them. \n",
		"cut S1<->S2; big":           "\nSome links are cut",
		"cut S1<->S2; heal all; big": "A bar below an entry: it is committed.\n\n",
	} {
		_, f := labWith(t, Options{Nodes: 5, Seed: 1}, strings.Replace(line, "heal all", "heal", 1))
		if !strings.Contains("\n"+f.text(), want) {
			t.Errorf("%s: no %q in\n%s", line, want, f.text())
		}
	}
}
