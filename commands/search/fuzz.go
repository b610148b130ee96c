package search

import (
	"context"
	"fmt"
	"math"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/fuzz"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/commands/words"
)

var (
	fuzzRuns   = lang.Count(1, 1_000_000_000).Named("RUNS").Optional()
	fuzzSeed   = words.Seed().Default(1).Keyword("seed")
	fuzzSeeds  = words.Seeds().Keyword("seeds")
	fuzzSteps  = lang.Count(1, 100_000).Default(fuzz.DefaultLength).Keyword("steps")
	fuzzWithin = lang.Duration(10*time.Millisecond, 24*time.Hour).Keyword("within")
	fuzzEach   = lang.OneOf("rule", "rule").Keyword("each")
	fuzzExcept = exceptRules()
)

// fuzzResult is what fuzz says as JSON.
type fuzzResult struct {
	foundView
	fuzzView
}

var _ = Commands.Register(&lang.Command{
	Name: "fuzz", Topic: lab.TopicLab,
	Summary: "runs long random schedules with faults from here, and looks for what must never happen",
	Args:    lang.Params{fuzzRuns, fuzzSeed, fuzzSeeds, fuzzSteps, fuzzWithin, fuzzEach, fuzzExcept},
	Details: "Each run draws its own probabilities, so some runs lose many messages and others hardly any. " +
		"Servers crash, freeze and are cut off, clients send requests, leaders are told to transfer leadership, " +
		"and the membership changes. The first of RUNS runs has the seed N, the next one N+1, and so on. `seeds " +
		"A..B` uses the seeds from A to B, so that several machines can share the work. `steps` is the length of a " +
		"run. Without RUNS and `seeds`, the search takes one minute, or as long as `within` says.\n\n" +
		"It ends with the lowest seed that breaks an invariant, or whose clients see results that no single copy " +
		"of the data could have given (linearizability). The number of cores makes no difference to which seed " +
		"that is. Then it shrinks the schedule, as `shrink` does. The present does not change. What is found " +
		"becomes the branch `found`, and conditions see `explored`.\n\n" +
		"Where servers run another program, a departure from the paper or an error of the program ends the search, " +
		"too. With `each rule`, the search goes on to the end, or until three answers do not come in time. It ends " +
		"with a table: every rule that the program departs from, in how many runs, and the shortest schedule that " +
		"shows it. Each schedule becomes a branch with the name of its rule or invariant, such as `VoteOnce` or " +
		"`ElectionSafety`. Those that end with an error of the program become `error`, `error2`, and so on. " +
		"`except` leaves rules out.\n\n" +
		"Finding nothing proves nothing. Only `explore` can prove something, within bounds.",
	Examples: []string{
		"new 3; fuzz 200", `new 3; bug no-log-check on; fuzz 2000; expect explored.outcome == "breach"; goto found`,
		"new 3; bug length-only on; fuzz seeds 1..2000 steps 150", "new 3 guest; bug vote-any on; fuzz 30 each rule",
	},
	Results: []any{fuzzResult{}, faultsResult{}},
	Needs:   lab.NeedsSearch,
	Run:     runFuzz,
})

func runFuzz(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	s, within, err := fuzzSearch(c)
	if err != nil {
		return nil, err
	}
	ctx := c.Ctx
	if within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, within)
		defer cancel()
	}
	start := time.Now()
	from, err := excepting(l.World(), fuzzExcept.Of(c))
	if err != nil {
		return nil, err
	}
	end := l.Guests.Until(c, ctx)
	if fuzzEach.Given(c) {
		done := s.Each(ctx, from)
		end()
		return rulesBroken(l, done, start)
	}
	calls, saved := l.Guests.Asked()
	r := s.Run(ctx, from)
	end()
	f := found{Outcome: r.Outcome, Breach: r.Breach, Failure: r.Failure, Path: r.Path, from: from}
	v := &fuzzView{Unshrunk: len(r.Path), Taken: r.Steps, First: s.First, Last: s.Last}
	if len(r.Path) > 0 {
		if f.Failure != nil {
			f.Path, f.Failure = fuzz.ShrinkFailure(c.Ctx, from, r.Path, f.Failure)
		} else {
			f.Path, f.Breach, err = shrunk(c.Ctx, from, r.Path)
		}
		if err == nil {
			err = l.History.Found(whole(f.Path, f.Failure))
		}
		if err != nil {
			return nil, err
		}
	}
	l.Explored = f.view(time.Since(start))
	l.Explored.Asked(l.Guests, calls, saved)
	l.Explored.Runs, l.Explored.Seed, l.Explored.States = r.Runs, seedFound(r.Seed), int(r.Steps)
	return f.tell(l.Explored, v, fuzzSums(r, s, l.Explored, v)...)
}

// fuzzSearch is the campaign that a call asks for, and how long it may take.
func fuzzSearch(c *lang.Call) (s fuzz.Search, within time.Duration, err error) {
	s = fuzz.Search{First: fuzzSeed.Of(c), Length: fuzzSteps.Of(c), Progress: fuzzProgress(c)}
	within = fuzzWithin.Of(c)
	switch {
	case fuzzSeeds.Given(c) && (fuzzRuns.Given(c) || fuzzSeed.Given(c)):
		return s, 0, lang.Errorf("`seeds A..B` says already which runs there are").
			WithHint("fuzz seeds 1..10000, or fuzz 10000 seed 1")
	case fuzzSeeds.Given(c):
		s.First, s.Last = fuzzSeeds.Of(c).First, fuzzSeeds.Of(c).Last
	case fuzzRuns.Given(c):
		s.Last = s.First + min(uint64(fuzzRuns.Of(c))-1, math.MaxUint64-1-s.First)
	default:
		s.Last = math.MaxUint64 - 1
		if within == 0 {
			within = time.Minute
		}
	}
	return s, within, nil
}

func fuzzProgress(c *lang.Call) func(fuzz.Result) {
	start := time.Now()
	return func(r fuzz.Result) {
		if r.Reduced > 0 {
			c.Progress("%d of %d schedules are shortened (Ctrl-C ends it)", r.Reduced, r.Broken)
			return
		}
		found := prose.Either(r.Outcome == explore.Breach, "a breach, perhaps a lower seed", "no breach yet")
		if r.Broken > 0 {
			found = prose.Plural(r.Broken, "rule") + " not kept so far"
		}
		c.Progress("%d runs, %.1f M steps, %.2f M a second, %s (Ctrl-C ends it)",
			r.Runs, float64(r.Steps)/1e6, float64(r.Steps)/1e6/time.Since(start).Seconds(), found)
	}
}

// fuzzView is what a campaign came to, for JSON, beside what every search says.
type fuzzView struct {
	First    uint64 `json:"first"`    // the lowest seed
	Last     uint64 `json:"last"`     // the highest that was asked for
	Taken    uint64 `json:"taken"`    // steps of all runs
	Unshrunk int    `json:"unshrunk"` // length of the schedule before it was reduced
}

// seedFound is the seed of a schedule that failed; nil when none did.
func seedFound(seed uint64) any {
	if seed == 0 {
		return nil
	}
	return lang.Exact(seed)
}

// fuzzSums is what is said below the result.
func fuzzSums(r fuzz.Result, s fuzz.Search, v *lab.ExploredView, f *fuzzView) []string {
	what := prose.Plural(int(r.Runs), "run")
	if r.Outcome == explore.Bound && r.Runs > 0 {
		what = fmt.Sprintf("seeds %d to %d", s.First, s.First+r.Runs-1)
	}
	line := fmt.Sprintf("(%s, %d steps, %.1f s%s)", what, r.Steps, v.Seconds, callsText(v))
	if r.Outcome == explore.Bound {
		return []string{line}
	}
	return []string{
		fmt.Sprintf("Seed %d found it in %s; shrink left %d.", r.Seed, prose.Plural(f.Unshrunk, "step"), v.Steps), line,
	}
}

// shrunk is a schedule that breaks an invariant, reduced, and the breach.
func shrunk(ctx context.Context, from *cluster.World, path []cluster.Action) ([]cluster.Action, *breach, error) {
	s, ok := fuzz.Shrink(ctx, from, path)
	if !ok {
		return nil, nil, lang.Errorf("the schedule that was found breaks nothing when it is done again: a fault of " +
			"raftlab's own")
	}
	return s.Path, s.Breach, nil
}

// tell tells it as explore's is told.
func (f *found) tell(v *lab.ExploredView, more any, sums ...string) (*lang.Result, error) {
	return f.result(v, more, view.LS(view.Warn, "No breach. That is no proof: other schedules were not tried."),
		each.As(sums, func(line string) view.Line { return view.LS(view.Quiet, line) })...)
}
