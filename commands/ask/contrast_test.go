package ask_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/rules"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/docs"
	"raftlab/raft"
)

// Every rule that some bug breaks, and every rule of the rulebook, has its reason.
func TestEveryRuleHasAReason(t *testing.T) {
	for _, r := range raft.Rules() {
		if r.Reason == "" {
			t.Errorf("no reason is given for %s", r.ID)
		}
	}
	for _, m := range rules.AllBugs() {
		if m.Violates.Reason == "" {
			t.Errorf("%s breaks %s, for which no reason is given", m.Name, m.Violates.ID)
		}
	}
}

// The lanes part at the first decision that differs, on the history so far, on
// the branch found, and after the bug was switched on midway.
func TestContrastStopsWhereTheLanesPart(t *testing.T) {
	for _, c := range []struct{ setup, from, command string }{
		{"bug vote-any on; timeout S1; deliver m1; timeout S3; deliver m5", "what has happened so far", "deliver m5"},
		{"timeout S1; deliver m1; bug vote-any on; timeout S3; deliver m5; deliver m2", "what has happened so far", "deliver m5"},
		{"bug vote-any on; explore timeouts 2 crashes 0 drops 0 submits 0 terms 1", "the branch found", "deliver m7"},
	} {
		s, f := labWith(t, Options{Nodes: 3, Seed: 1}, strings.Split(c.setup, "; ")...)
		at := s.world.(*lab.Lab).History.Place()
		if err := s.Run(context.Background(), "contrast vote-any", f); err != nil {
			t.Fatal(err)
		}
		v := f.results[len(f.results)-1].Value.(*ask.ContrastView)
		if v.From != c.from || v.Command != c.command {
			t.Errorf("%s: from %s at %s", c.setup, v.From, v.Command)
		}
		if v.Broken.Holds == nil || v.Intact.Holds == nil || !*v.Broken.Holds || *v.Intact.Holds || v.Broken.Rule != "VoteOnce" {
			t.Errorf("%s: %+v %+v", c.setup, v.Broken, v.Intact)
		}
		if s.world.(*lab.Lab).History.Place() != at {
			t.Errorf("%s: the present moved", c.setup)
		}
	}
}

// A history in which the bug made no difference is no counterexample: the one
// that contrast finds by itself is.
func TestContrastFindsItsOwn(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "bug vote-any on", "timeout S1")
	if err := s.Run(context.Background(), "contrast vote-any", f); err != nil {
		t.Fatal(err)
	}
	v := f.results[len(f.results)-1].Value.(*ask.ContrastView)
	if v.From == "what has happened so far" || !strings.Contains(v.Broken.Ends, "Election Safety") || v.Intact.Ends != ask.NothingFalls {
		t.Errorf("%+v", v)
	}
}

// In every bug's story the lanes part.
func TestStoriesContrast(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1})
	for _, name := range docs.Bugs() {
		bug := rules.FindBug(name)
		p := ask.PartingInStory(&lang.Call{Ctx: context.Background(), Front: &screen{}, World: s.World()}, bug)
		if p == nil {
			t.Errorf("%s: the bug makes no difference in its story", name)
			continue
		}
		broken, intact := ask.LaneViews(bug, p)
		if broken.Stores == intact.Stores && broken.Rule == "" && intact.Rule == "" && slices.Equal(broken.Does, intact.Does) {
			t.Errorf("%s: nothing of the difference is shown: %+v", name, broken)
		}
	}
}
