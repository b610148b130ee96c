package search

import (
	"context"
	"fmt"
	"time"

	"raftlab/cluster/explore"
	"raftlab/cluster/fuzz"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var (
	livenessWhat   = lang.Literal("liveness")
	livenessTrials = lang.Count(1, 1_000_000).Named("TRIALS").Default(1000)
	livenessSeed   = words.Seed().Default(1).Keyword("seed")
	livenessWithin = lang.Duration(10*time.Millisecond, 24*time.Hour).Default(time.Minute).Keyword("within").
			Explained(checkTimes)
	livenessArgs = lang.Params{livenessWhat, livenessTrials, livenessSeed, livenessWithin}
)

const livenessDetails = "`check liveness` lets time pass from here in many trials, each with its own seed. For a " +
	"while messages are delayed, some are lost, servers freeze and are cut off, but a majority always stays in " +
	"contact, and clients send requests. Then these faults stop, but a minority may stay frozen. Each trial then " +
	"continues in several ways. If nothing more is committed in any of them, or if terms keep growing, liveness is " +
	"broken and the check fails. It shows what repeats forever, and the branch `found` shows what led there. Links " +
	"that are cut now stay cut, and servers that are down stay down. Conditions see `explored`."

type livenessFields struct {
	Cycle  []fuzz.Recurring `json:"cycle" doc:"what repeats while the cluster is stuck, or null"`
	Stuck  int              `json:"stuck" doc:"trials that were stuck"`
	Ticks  int              `json:"ticks" doc:"length of a trial"`
	Trials int              `json:"trials" doc:"trials"`
}

func checkLiveness(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	ctx, cancel := context.WithTimeout(c.Ctx, livenessWithin.Of(c))
	defer cancel()
	start := time.Now()
	t := fuzz.Trials{First: livenessSeed.Of(c), Runs: livenessTrials.Of(c), Reduce: c.Ctx,
		Progress: func(done, stuck int) {
			c.Progress("%d of %d trials, %d stuck (Ctrl-C keeps the result so far)", done, livenessTrials.Of(c), stuck)
		}}
	v, err := t.Run(ctx, l.World())
	if c.Ctx.Err() != nil {
		return nil, lang.Interrupted(fmt.Sprintf("after %s, %d stuck", prose.Plural(v.Runs, "trial"), v.Stuck))
	}
	if err != nil {
		return nil, err
	}
	f := found{Outcome: explore.Bound, Path: v.Path, from: l.World()}
	if v.Stuck > 0 {
		f.Outcome = explore.Breach
		f.Breach = &breach{Property: fuzz.Liveness,
			Text: fmt.Sprintf("from there on %s, though a majority is up and in contact", v.Says)}
		if err := l.History.Found(v.Path); err != nil {
			return nil, err
		}
	}
	l.Explored = f.view(time.Since(start))
	l.Explored.Runs, l.Explored.Seed = uint64(v.Runs), seedFound(v.Seed)
	sum := fmt.Sprintf("(%s, %.1f s)", prose.Plural(v.Runs, "trial"), l.Explored.Seconds)
	more := livenessFields{Trials: v.Runs, Stuck: v.Stuck, Cycle: v.Cycle, Ticks: v.Ticks}
	if v.Stuck == 0 {
		return lang.OK().With(joined{l.Explored, more}).
			Block(Headline(view.LS(view.Good, "The cluster made progress in every trial.")),
				Headline(view.LS(view.Quiet, sum))), nil
	}
	r, err := f.tell(l.Explored, more, fmt.Sprintf("Seed %d; %d of %s ended so.", v.Seed, v.Stuck,
		prose.Plural(v.Runs, "trial")), sum)
	if err != nil {
		return nil, err
	}
	r.Block(Headline(view.LS(view.Strong, fmt.Sprintf("Again and again, in %s from there:",
		prose.Plural(v.Ticks, "tick")))), cycleTable(v.Cycle))
	return r, lang.Errorf("liveness is broken: %s", v.Says).
		WithHint("goto found leads there and once around; why says why")
}

// cycleTable is what happens again and again.
func cycleTable(cycle []fuzz.Recurring) view.Table {
	t := view.Table{Head: []string{"times", "what happens", "by the rule", "compared, the last time"},
		Right: []bool{true}}
	columns := 2 // without a refusal no rule is to be named
	for _, r := range cycle {
		if r.Rule != "" {
			columns = len(t.Head)
		}
	}
	t.Head = t.Head[:columns]
	for _, r := range cycle {
		t.Rows = append(t.Rows, []view.Line{view.L(fmt.Sprint(r.Times)), view.L(r.Says), view.L(r.Rule),
			view.LS(view.Quiet, r.Last)}[:columns])
	}
	return t
}
