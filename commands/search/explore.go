// Package search has the commands that look for what can go wrong: every schedule in bounds, random
// ones, a smaller one, a setting's values; and the bugs that can be switched on for that.
package search

import (
	"context"
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// Commands are those of this room.
var Commands lang.Set

var (
	exploreFor  = lang.Literal("for")
	exploreGoal = lab.Condition()
	Depth       = lang.Count(1, 1000).Keyword("depth").
			Explained("a whole number from 1 to 1000: the most steps in a schedule")
	Timeouts       = upTo200().Keyword("timeouts")
	Beats          = upTo200().Keyword("heartbeats")
	Crashes        = upTo200().Keyword("crashes")
	Drops          = upTo200().Keyword("drops")
	Doubles        = upTo200().Keyword("duplicates")
	Submits        = upTo200().Keyword("submits")
	exploreChanges = upTo200().Keyword("changes")
	exploreSnaps   = upTo200().Keyword("snapshots")
	Terms          = lang.Count(1, 1000).Keyword("terms").
			Explained("a whole number from 1 to 1000: the highest term that an election may start")
	exploreWithin = lang.Duration(10*time.Millisecond, 24*time.Hour).Default(time.Minute).Keyword("within")
	exploreBounds = lang.Params{Depth, Timeouts, Beats, Crashes, Drops, Doubles,
		Submits, exploreChanges, exploreSnaps, Terms, exploreWithin, exploreExcept}
	exploreExcept = exceptRules()
)

// upTo200 is how many of something a schedule may have.
func upTo200() *lang.Arg[int] {
	return lang.Count(0, 200).Explained("a whole number from 0 to 200: how many of these a schedule may have")
}

var _ = Commands.Register(&lang.Command{
	Name: "explore", Topic: lab.TopicLab,
	Summary: "searches every schedule from here for a broken invariant",
	Forms:   []lang.Params{append(lang.Params{exploreFor, exploreGoal}, exploreBounds...), exploreBounds},
	Details: "A schedule may have deliveries in any order, losses, duplicates, election timeouts, heartbeats, " +
		"crashes, restarts and client commands. The search ends when it finds a breach, when it has proved that " +
		"there is none within the bounds, when the time is up, or when it has as many states as it may keep: a " +
		"hundred million, or 2 GB of them. If you give no bound, or only `depth`, the bounds grow as it goes. If " +
		"you give another one, those that you do not give are 3 timeouts, 1 heartbeat, 1 crash, 2 submits, and " +
		"terms up to 3 or to one more than the highest term so far. " +
		"Short schedules are tried first. A guided search runs at the same time and goes deep, so it may find a " +
		"longer schedule first. The answer then says up to which length no shorter one exists. " +
		"A lost message is one that is never delivered, so losing it takes no step; `drops` matters only for " +
		"conditions that look at `messages`. With `for CONDITION`, the search looks for a shortest schedule that " +
		"makes the condition true.\n\n" +
		"If a bug that is on concerns them, the search also tries membership changes, snapshots taken by hand, " +
		"or commands larger than `max-bytes`. `changes` and `snapshots` say how many to try, and make the search " +
		"try them even without such a bug.\n\n" +
		"The present does not change. What is found becomes the branch `found`. `goto found` goes to its end, " +
		"`back` and `forward` step through it, and `save` writes it to a file. Conditions see the result as " +
		"`explored`. Where servers run another program, a departure from the paper and an error of the program " +
		"end the search, too; `except` leaves rules out.",
	Examples: []string{
		"new 3; explore timeouts 1 crashes 0 drops 0 submits 0 terms 1", `explore for leader.id == "S2"; goto found`,
		"new 4; bug direct-change on; explore within 20s",
		"new 2; explore timeouts 1 crashes 0 submits 0 heartbeats 0 terms 1 changes 1",
		`new 3; set fsync off; explore timeouts 2 terms 1 drops 0; expect explored.outcome == "breach"`,
	},
	Results: []any{foundView{}, lab.ExploredView{}},
	Needs:   lab.NeedsSearch,
	Run:     runExplore,
})

func runExplore(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	s := explore.Search{Progress: Progress(c)}
	s.Bounds, s.Grow = BoundsOf(c)
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
			return lang.Tell("It holds already.").With(l.Explored), l.History.Found(nil)
		}
	}
	if !s.Mail {
		s.Bounds.Drops = 0 // it makes nothing possible
	}
	ctx, cancel := context.WithTimeout(c.Ctx, exploreWithin.Of(c))
	defer cancel()
	start := time.Now()
	from, err := excepting(l.World(), exploreExcept.Of(c))
	if err != nil {
		return nil, err
	}
	calls, saved := l.Guests.Asked()
	end := l.Guests.Until(c, ctx)
	found := s.Run(ctx, from)
	end()
	l.Explored = exploredView(found, time.Since(start))
	l.Explored.Asked(l.Guests, calls, saved)
	if steps := uint64(found.Asked); steps > l.Explored.Calls { // mostly the search itself knows what comes of a step
		l.Explored.Saved = max(l.Explored.Saved, steps-l.Explored.Calls)
	}
	if path := whole(found.Path, found.Failure); len(path) > 0 {
		if err := l.History.Found(path); err != nil {
			return nil, err
		}
	}
	return exploreResult(l.World(), found, l.Explored, neverOf(from, exploreGoal.Given(c)))
}

// neverOf is what never happens where a search from a world is complete.
func neverOf(w *cluster.World, forGoal bool) string {
	on, _ := w.Guests()
	switch {
	case forGoal:
		return "the condition never holds"
	case !on.Empty() && w.Settings().Judge != setting.JudgeOff:
		return "no server departs from the paper and no invariant breaks"
	}
	return "no invariant breaks"
}

// boundArg is a bound that a command takes, and where it goes.
type boundArg struct {
	arg  *lang.Arg[int]
	into *int
}

// take takes those bounds that were given, and tells whether any was.
func take(c *lang.Call, bounds ...boundArg) (any bool) {
	for _, b := range bounds {
		if b.arg.Given(c) {
			*b.into, any = b.arg.Of(c), true
		}
	}
	return any
}

// BoundsOf is the bounds that were given, the others at their defaults; they
// are to grow where none was given but the depth.
func BoundsOf(c *lang.Call) (b explore.Bounds, grow bool) {
	w := lab.Of(c).World()
	b = explore.Defaults(w)
	b.Terms = max(b.Terms, HighestTerm(w)+1) // or no election could start
	grow = !take(c, boundArg{Timeouts, &b.Timeouts}, boundArg{Beats, &b.Beats},
		boundArg{Crashes, &b.Crashes},
		boundArg{Drops, &b.Drops}, boundArg{Doubles, &b.Duplicates}, boundArg{Submits, &b.Submits})
	if Terms.Given(c) {
		b.Terms, grow = uint64(Terms.Of(c)), false
	}
	take(c, boundArg{Depth, &b.Depth})
	return b, grow
}

// Progress returns a function that tells how far a search is, as the call's progress.
func Progress(c *lang.Call) func(explore.Result) {
	start := time.Now()
	return func(r explore.Result) {
		c.Progress("%s, %d states (%.0f/s), %d wait, %d MB; Ctrl-C ends it", searching(r), r.States,
			float64(r.States)/time.Since(start).Seconds(), r.Frontier, r.Memory>>20)
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

// FoundBy is how a search found its schedule, or nothing when it found none.
func FoundBy(r explore.Result) string {
	if len(r.Path) == 0 {
		return ""
	}
	return r.By
}

func exploredView(r explore.Result, took time.Duration) *lab.ExploredView {
	v := &lab.ExploredView{Outcome: r.Outcome, Steps: len(r.Path), States: r.States, Depth: r.Depth, Proven: r.Proven,
		Seconds: took.Seconds(), By: FoundBy(r)}
	ended(v, r.Breach, r.Failure)
	return v
}
