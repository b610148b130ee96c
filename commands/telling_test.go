package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/tell"
	"raftlab/raft"
)

// voteAny is three servers that vote for anyone, and the shortest way to two
// leaders of one term.
func voteAny(t *testing.T) (*cluster.World, []cluster.Action) {
	t.Helper()
	w := cluster.New(3, 1, setting.Defaults())
	if err := w.Apply(cluster.SetBug{Name: "vote-any", On: true}); err != nil {
		t.Fatal(err)
	}
	return w, []cluster.Action{cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Deliver{ID: 3},
		cluster.Timeout{Node: 3}, cluster.Deliver{ID: 7}, cluster.Deliver{ID: 8}}
}

// A schedule is told step by step, and says where the rule is broken and what
// falls.
func TestScheduleIsTold(t *testing.T) {
	w, path := voteAny(t)
	before := w.Position()
	steps, err := tell.Schedule(w, path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"timeout S1: S1 is a candidate of term 1 [] ",
		"deliver m1: S2 votes for S1 in term 1 [] ",
		"deliver m3: S2's vote reaches S1; S1 leads term 1; S1 appends entry 1 [] ",
		"timeout S3: S3 is a candidate of term 1 [] ",
		"deliver m7: S2 votes for S3 in term 1 [VoteOnce] ",
		"deliver m8: S2's vote reaches S3; S3 leads term 1; S3 appends entry 1; BREACH of Election Safety [] Election Safety",
	}
	for i, s := range steps {
		if got := fmt.Sprintf("%s: %s %v %s", s.Command, s.Says, s.Broken, s.Breach); got != want[i] {
			t.Errorf("step %d:\ngot  %s\nwant %s", i+1, got, want[i])
		}
	}
	if w.Position() != before {
		t.Error("telling a schedule changed the world")
	}
}

// A rule that is broken in what is stored, and in nothing that can be seen, is
// broken where it is not stored.
func TestBrokenRuleShowsOnTheDisk(t *testing.T) {
	w := cluster.New(3, 1, setting.Defaults())
	if err := w.Apply(cluster.SetBug{Name: "vote-not-stored", On: true, Node: 2}); err != nil {
		t.Fatal(err)
	}
	steps, err := tell.Schedule(w, []cluster.Action{cluster.Timeout{Node: 1}, cluster.Deliver{ID: 1}, cluster.Deliver{ID: 3}, cluster.Kill{Node: 2}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1, 0, 0} {
		if len(steps[i].Broken) != want {
			t.Errorf("step %d: %v", i+1, steps[i].Broken)
		}
	}
}

// JSON has the schedule as a list, and the rule, the bug and the invariant.
func TestExploreTellsInJSON(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1})
	if err := s.Run(context.Background(), "bug vote-any on; explore timeouts 2 crashes 0 drops 0 submits 0 terms 1", f); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Result struct {
			Outcome, Property, Breach, Says string
			Steps                           int
			Bugs                            []struct{ Name, Rule, Place, Says string }
			Schedule                        []struct {
				Number, Position int
				Command, Says    string
				Broken           []string
			}
		}
	}
	if err := json.Unmarshal(f.results[1].JSON(), &got); err != nil {
		t.Fatal(err)
	}
	r := got.Result
	if r.Outcome != "breach" || r.Property != "Election Safety" || r.Says == "" || r.Breach == "" || len(r.Schedule) != r.Steps || r.Steps == 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Bugs) != 1 || r.Bugs[0].Name != "vote-any" || r.Bugs[0].Rule != raft.VoteOnce.ID {
		t.Errorf("%+v", r.Bugs)
	}
	if !slices.ContainsFunc(r.Schedule, func(s struct {
		Number, Position int
		Command, Says    string
		Broken           []string
	}) bool {
		return len(s.Broken) == 1 && s.Command != "" && s.Says != "" && s.Position > 0
	}) {
		t.Errorf("no step breaks the rule: %+v", r.Schedule)
	}
}

// The middle of a long story is left out, but not its first breaches, nor a new leader where there is room.
func TestALongStoryKeepsWhatIsGrave(t *testing.T) {
	s, _ := NewSession(Options{Nodes: 7, Seed: 1, KeepGoing: true})
	_ = s.Run(context.Background(), "bug vote-any on; timeout S1; settle S1 S2 S3; timeout S4; timeout S5; timeout S6; timeout S7", &screen{})
	from := s.world.(*lab.Lab).World().Position()
	_ = s.Run(context.Background(), "run 60", &screen{})
	l := s.world.(*lab.Lab)
	events := l.History.Events(from+1, l.World().Position())
	text, left := blockText(tell.WholeStory(events, 0)), 0
	for _, m := range regexp.MustCompile(`… (\d+) more line`).FindAllStringSubmatch(text, -1) {
		n, _ := strconv.Atoi(m[1])
		left += n
	}
	whole := len(tell.StoryLines(events, tell.Milestone(events)))
	if shown := strings.Count(text, "#"); shown+left != whole || left == 0 || strings.Count(text, "BREACH") != 4 {
		t.Errorf("%d lines of %d shown, %d left out:\n%s", shown, whole, left, text)
	}
}

// What is said of a client is not what its user chose, and what a crash would take is not called stable.
func TestSaysNoMoreThanIsSo(t *testing.T) {
	for _, c := range []struct{ script, line, says, not string }{
		{"timeout S1; settle; isolate S1; timeout S2; settle", "put x 1 via S1", "S1 still believes that it leads", "C1 still"},
		{"set fsync off; timeout S1; settle", "node S1", "written, unsynced", "on stable storage"},
		{"timeout S1; settle", "node S1", "on stable storage", "unsynced"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, c.script)
		mustRun(t, s, f, c.line)
		if text := f.text(); !strings.Contains(text, c.says) || strings.Contains(text, c.not) {
			t.Errorf("%s; %s: %s", c.script, c.line, text)
		}
	}
}
