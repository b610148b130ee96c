package search

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/history"
	"raftlab/cluster/invariants"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/words"
)

type breach = invariants.Breach

var shrinkWhat = lang.Existing("NAME", words.SortBranch).Optional()

// shrinkResult is what shrink says as JSON.
type shrinkResult struct {
	foundView
	Unshrunk int `json:"unshrunk" doc:"length of the schedule before it was reduced"`
}

var _ = Commands.Register(&lang.Command{
	Name: "shrink", Topic: lab.TopicLab,
	Summary: "reduces a failing history to one from which nothing can be removed",
	Args:    lang.Params{shrinkWhat},
	Details: "NAME is a branch. Without it, `shrink` takes the branch `found` or, if there is none, what was " +
		"done here up to the first breach, of an invariant if there is one. Time that passed is replaced by the " +
		"timers that fired in it. Then actions are left out and the rest is done again, as long as the same " +
		"property breaks. In the end, no single action can be spared. The result becomes the branch `found`. The " +
		"present does not change.\n\nIn the second example, the `!` says that the check must fail (`help !`).",
	Examples: []string{
		"new 3; bug vote-any on; timeout S1; timeout S2; settle; shrink; goto found; expect len(violations) == 1",
		"new 3; bug no-sessions on; fuzz 1000; shrink; goto found; ! check linearizable",
	},
	Results: []any{shrinkResult{}},
	Needs:   lab.NeedsSearch,
	Run:     runShrink,
})

func runShrink(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	start := time.Now()
	place, from, actions, err := failingOf(l, shrinkWhat.Of(c))
	if err != nil {
		return nil, err
	}
	var s fuzz.Shrunk
	ok := false
	if l.World().Settings().Reads != "lease" { // what a lease is worth depends on clocks
		s, ok = fuzz.Shrink(c.Ctx, from, fuzz.Plain(from, actions))
	}
	if !ok {
		if s, ok = fuzz.Shrink(c.Ctx, from, actions); !ok {
			return nil, lang.Errorf("that history breaks nothing when it is done again: a fault of raftlab's own")
		}
	}
	if err := l.History.FoundAt(place, s.Path); err != nil {
		return nil, err
	}
	f := found{Outcome: explore.Breach, Breach: s.Breach, Path: s.Path, from: from}
	l.Explored = f.view(time.Since(start))
	r, err := f.tell(l.Explored, map[string]int{"unshrunk": len(actions)},
		fmt.Sprintf("%s before, %d now; %d histories were tried.", prose.Plural(len(actions), "action"),
			len(s.Path), s.Tried))
	if err == nil && c.Ctx.Err() != nil {
		err = lang.Interrupted(fmt.Sprintf("at %s, which perhaps could be fewer; the branch found has them",
			prose.Plural(len(s.Path), "action")))
	}
	return r, err
}

// failingOf is a history that breaks something: where it begins, the world there,
// and its actions up to the breach.
func failingOf(l *lab.Lab, name string) (history.Place, *cluster.World, []cluster.Action, error) {
	b := l.History.Branch(name)
	if name == "" {
		b = l.History.Branch("found")
	}
	if b == nil {
		b = l.History.Present()
		p := history.Place{Branch: b}
		if from, actions := b.Failing(0, l.World().Position(), fuzz.Unexplained); len(actions) > 0 {
			return p, from, actions, nil
		}
		return p, nil, nil, lang.Errorf("no invariant is broken here, and what the clients saw is linearizable").
			WithHint("invariants tells which hold; explore and fuzz look for a history that breaks one")
	}
	for _, p := range []history.Place{{Branch: b, Position: b.ForkAt}, {Branch: b}} {
		if from, actions := b.Failing(p.Position, b.End(), fuzz.Unexplained); len(actions) > 0 {
			return p, from, actions, nil
		}
	}
	if e := l.Explored; e != nil && e.Property == fuzz.Liveness && b.Name == "found" {
		return history.Place{}, nil, nil, lang.Errorf("check liveness has reduced the branch found already").
			WithHint("goto found leads to where nothing more is committed; why says why")
	}
	return history.Place{}, nil, nil, lang.Errorf("the branch %s breaks no invariant, and what its clients saw is "+
		"linearizable, so there is nothing to shrink it to", prose.Visible(b.Name)).
		WithHint("history shows the branches; explore and fuzz look for one that breaks something")
}

// joined is two values as one JSON object.
type joined [2]any

func (j joined) MarshalJSON() ([]byte, error) {
	a, err := json.Marshal(j[0])
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(j[1])
	if err != nil || len(b) <= 2 || b[0] != '{' {
		return a, err
	}
	return bytes.Join([][]byte{a[:len(a)-1], b[1:]}, []byte(",")), nil
}
