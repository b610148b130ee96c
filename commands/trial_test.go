package commands

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is only tried leaves no trace, neither in the session nor in files.
func TestATrialLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ try, then string }{
		{"set output json", "settings"},
		{"set echo on", "settings"},
		{"watch leader.id", "watch"},
		{"watch on", "watch"},
		{"big on", "settings"},
		{"demo on", "demo"},
		{`predict who "Who leads?"`, "reveal who 1"},
		{`goal "x" leader != nil`, "done"},
		{"explore depth 2", "expect explored == nil"},
		{"could S1 win", "expect explored == nil; history; ! goto found"},
		{"bug random", "bugs; bug reveal"},
		{"checkpoint a", "goto a"},
	} {
		s, err := NewSession(Options{Nodes: 3, Seed: 1, KeepGoing: true})
		if err != nil {
			t.Fatal(err)
		}
		plain, tried := &screen{}, &screen{}
		_ = s.Run(context.Background(), c.then, plain)
		_ = s.Run(context.Background(), "whatif "+c.try, &screen{})
		_ = s.Run(context.Background(), c.then, tried)
		if plain.text() != tried.text() || s.OutputJSON() {
			t.Errorf("after whatif %s:\n%s\nwithout it:\n%s", c.try, tried.text(), plain.text())
		}
	}
	kept := memory{}
	for _, line := range []string{"save " + filepath.Join(dir, "x"), "export " + filepath.Join(dir, "x.html"), "lesson reset", "quit"} {
		s, err := NewSession(Options{Nodes: 3, Seed: 1, Store: kept})
		if err != nil {
			t.Fatal(err)
		}
		for _, how := range []string{"whatif ", "why not "} {
			err := s.Run(context.Background(), how+line, &screen{})
			if err == nil || !strings.Contains(err.Error(), "cannot be tried") {
				t.Errorf("%s%s: %v", how, line, err)
			}
		}
	}
	if files, _ := os.ReadDir(dir); len(files)+len(kept) > 0 {
		t.Errorf("a trial wrote %v %v", files, kept)
	}
}

// Where a word fits no form of a command, the error speaks of the form that
// takes something there, not of the one that wants a word of its own.
func TestTheFormThatSaysMostIsBlamed(t *testing.T) {
	for line, want := range map[string]string{
		"lesson 99":   "there is no lesson",
		"timers S9 5": "there is no S9",
		"watch foo":   "there is no foo",
	} {
		s, err := NewSession(Options{Nodes: 3, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(context.Background(), line, &screen{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", line, err, want)
		}
	}
}

// At a goal a script is one command, as for undo, and so is a new cluster,
// though it makes no event.
func TestAGoalCountsWhateverChangesTheWorld(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"own.raft": "# Own\n# 1 minutes\nnew 3\ngoal \"S1 leads\" leader.id == \"S1\" within 3\ntimeout S1\nsettle\ndone\n",
		"two.raft": "tick\ntick\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := &screen{interactive: true}
	for i, line := range []string{"lesson own.raft", "source two.raft", "new", "! new 100", "status", "tick"} {
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Fatal(line, err)
		}
		if want := []string{"0/3", "1/3", "2/3", "2/3", "2/3", "3/3"}[i]; place(s) != "lesson goal "+want+" " {
			t.Errorf("after %s it stands at %s, not %s", line, place(s), want)
		}
	}
}

// What a live cluster has no command for is told from what is no command.
func TestALiveClusterSaysWhereACommandGoes(t *testing.T) {
	s, err := NewSession(Options{Nodes: 3, Seed: 1, Live: &LiveOptions{Tick: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for line, want := range map[string]string{
		"goto":   "goto is not for a cluster that runs by itself",
		"nosuch": "unknown command",
	} {
		err := s.Run(context.Background(), line, &screen{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}
