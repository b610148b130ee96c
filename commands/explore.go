package commands

import (
	"context"
	"fmt"
	"time"

	"raftlab/cluster/explore"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

var (
	exploreFor      = lang.Literal("for")
	exploreGoal     = lab.Condition()
	exploreDepth    = lang.Count(1, 1000).Keyword("depth")
	exploreTimeouts = lang.Count(0, 200).Keyword("timeouts")
	exploreBeats    = lang.Count(0, 200).Keyword("heartbeats")
	exploreCrashes  = lang.Count(0, 200).Keyword("crashes")
	exploreDrops    = lang.Count(0, 200).Keyword("drops")
	exploreDoubles  = lang.Count(0, 200).Keyword("duplicates")
	exploreSubmits  = lang.Count(0, 200).Keyword("submits")
	exploreChanges  = lang.Count(0, 200).Keyword("changes")
	exploreSnaps    = lang.Count(0, 200).Keyword("snapshots")
	exploreTerms    = lang.Count(1, 1000).Keyword("terms")
	exploreWithin   = lang.Duration(10*time.Millisecond, 24*time.Hour).Default(time.Minute).Keyword("within")
	exploreBounds   = Params{exploreDepth, exploreTimeouts, exploreBeats, exploreCrashes, exploreDrops, exploreDoubles,
		exploreSubmits, exploreChanges, exploreSnaps, exploreTerms, exploreWithin}
)

var _ = Register(&Command{
	Name: "explore", Topic: lab.TopicLab,
	Summary: "searches every schedule from here for a broken invariant",
	Forms:   []Params{append(Params{exploreFor, exploreGoal}, exploreBounds...), exploreBounds},
	Details: "A schedule may have deliveries in any order, losses, duplicates, election timeouts, heartbeats, " +
		"crashes, restarts and client commands. The search ends when it finds a breach, when it has proved that " +
		"there is none within the bounds, or when the time is up. Unless you give bounds, they grow as it goes. " +
		"Short schedules are tried first. Guided search, which runs beside that, goes deep and may find a longer one: " +
		"the answer says up to which length nothing shorter does it. " +
		"A lost message is one that is never delivered, so losing it takes no step; `drops` matters only for " +
		"conditions that look at `messages`. With `for CONDITION`, the search looks for a shortest schedule that " +
		"makes the condition true.\n\n" +
		"If a bug that is on concerns them, the search also tries membership changes, snapshots taken by hand, " +
		"or commands larger than `max-bytes`. `changes` and `snapshots` say how many to try, and make the search " +
		"try them even without such a bug.\n\n" +
		"The present does not change. What is found becomes the branch `found`. `goto found` goes to its end, " +
		"`back` and `forward` step through it, and `save` writes it to a file. Conditions see the result as " +
		"`explored`.",
	Examples: []string{
		"new 3; explore timeouts 1 crashes 0 drops 0 submits 0 terms 1", `explore for leader.id == "S2"; goto found`,
		"new 4; bug direct-change on; explore within 20s",
		"new 2; explore timeouts 1 crashes 0 submits 0 heartbeats 0 terms 1 changes 1",
		`new 3; set fsync off; explore timeouts 2 terms 1 drops 0; expect explored.outcome == "breach"`,
	},
	Results: []any{foundView{}, lab.ExploredView{}},
	Needs:   lab.Needs(lab.Copies),
	Run:     runExplore,
})

func runExplore(c *Call) (*Result, error) {
	l := lab.Of(c)
	s := explore.Search{Progress: exploreProgress(c)}
	s.Bounds, s.Grow = boundsOf(c)
	if take(c, boundArg{exploreChanges, &s.Bounds.Changes}, boundArg{exploreSnaps, &s.Bounds.Snapshots}) {
		s.Grow = false
	}
	if exploreGoal.Given(c) {
		s.Goal, s.Mail = lab.GoalOf(l, exploreGoal.Of(c)), exploreGoal.Of(c).Uses("messages")
		switch holds, err := exploreGoal.Of(c).Holds(l.Vocabulary(exploreGoal.Of(c))); {
		case err != nil:
			return nil, err
		case holds:
			l.Explored = &lab.ExploredView{Outcome: explore.Reached, Seconds: time.Since(c.Began).Seconds()}
			return Tell("It holds already.").With(l.Explored), nil
		}
	}
	if !s.Mail {
		s.Bounds.Drops = 0 // it makes nothing possible
	}
	ctx, cancel := context.WithTimeout(c.Ctx, exploreWithin.Of(c))
	defer cancel()
	start := time.Now()
	found := s.Run(ctx, l.World())
	if found.Failure != nil {
		return nil, found.Failure
	}
	l.Explored = exploredView(found, time.Since(start))
	if len(found.Path) > 0 {
		if err := l.History.Found(found.Path); err != nil {
			return nil, err
		}
	}
	return exploreResult(l.World(), found, l.Explored)
}

// boundArg is a bound that a command takes, and where it goes.
type boundArg struct {
	arg  *Arg[int]
	into *int
}

// take takes those bounds that were given, and tells whether any was.
func take(c *Call, bounds ...boundArg) (any bool) {
	for _, b := range bounds {
		if b.arg.Given(c) {
			*b.into, any = b.arg.Of(c), true
		}
	}
	return any
}

// boundsOf is the bounds that were given, the others at their defaults; they
// are to grow where none was given but the depth.
func boundsOf(c *Call) (b explore.Bounds, grow bool) {
	b = explore.Defaults(lab.Of(c).World())
	grow = !take(c, boundArg{exploreTimeouts, &b.Timeouts}, boundArg{exploreBeats, &b.Beats},
		boundArg{exploreCrashes, &b.Crashes},
		boundArg{exploreDrops, &b.Drops}, boundArg{exploreDoubles, &b.Duplicates}, boundArg{exploreSubmits, &b.Submits})
	if exploreTerms.Given(c) {
		b.Terms, grow = uint64(exploreTerms.Of(c)), false
	}
	take(c, boundArg{exploreDepth, &b.Depth})
	return b, grow
}

func exploreProgress(c *Call) func(explore.Result) {
	start := time.Now()
	last := start
	return func(r explore.Result) {
		if now := time.Now(); now.Sub(last) > 200*time.Millisecond {
			last = now
			c.Front.Progress(fmt.Sprintf("%s, %d states (%.0f/s), %d wait, %d MB; Ctrl-C ends it",
				searching(r), r.States, float64(r.States)/now.Sub(start).Seconds(), r.Frontier, r.Memory>>20))
		}
	}
}

// searching names the search that is under way, and how deep it is.
func searching(r explore.Result) string {
	switch r.By {
	case explore.Guided:
		return fmt.Sprintf("guided search, %s deep", prose.Plural(r.Depth, "macro step"))
	case explore.Sparse:
		return fmt.Sprintf("sparse network, depth %d", r.Depth)
	}
	return fmt.Sprintf("full network, depth %d", r.Depth)
}

// foundBy is how a search found its schedule, or nothing when it found none.
func foundBy(r explore.Result) string {
	if len(r.Path) == 0 {
		return ""
	}
	return r.By
}

func exploredView(r explore.Result, took time.Duration) *lab.ExploredView {
	v := &lab.ExploredView{Outcome: r.Outcome, Steps: len(r.Path), States: r.States, Depth: r.Depth, Proven: r.Proven,
		Seconds: took.Seconds(), By: foundBy(r)}
	if r.Breach != nil {
		v.Property = r.Breach.Property
	}
	return v
}
