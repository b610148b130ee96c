// Package grade plays the staged exercise against somebody's own server: a program behind
// the protocol of docs/guest.md. A check is a script of the ordinary language in a session
// of its own. It holds where no step departs from a rule of its stage, no invariant falls,
// the program answers, and every expectation holds.
//
//	grade.go    a grading: its stages and checks, and what they came to
//	check.go    a check as a script: its title, its rule, the rules that it leaves out
//	play.go     a check is played, and what went wrong is looked at
//	time.go     the time that a grading has, whatever else the machine does
//	text.go     a grading as the console shows it
//	formats.go  the same for other programs: Gradescope, Classroom 50, JUnit, JSON
package grade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"raftlab/cluster/guest"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
)

// Order is what is to be graded, and how.
type Order struct {
	Command  string        // starts the program
	Stage    int           // that stage alone; 0: all
	Within   time.Duration // the time for all of it
	Checks   string        // a directory with more checks, or ""
	Keep     string        // a directory for the schedules of what does not hold; "": they are not written
	Except   []string      // rules whose departures do not count
	Progress func(string)  // told which check is played; may be nil
}

// Verdict is what a check came to.
type Verdict string

// The verdicts. What the time cut off is neither held nor failed.
const (
	Held      Verdict = "held"
	Failed    Verdict = "failed"
	Undecided Verdict = "undecided"
)

// Grade is what a program came to.
type Grade struct {
	Command string        `json:"command"`
	Name    string        `json:"name,omitempty"` // what the program calls itself
	Error   string        `json:"error,omitempty"`
	Cut     string        `json:"cut,omitempty"` // why checks are undecided; "": none is
	Stages  []*Stage      `json:"stages"`
	Took    time.Duration `json:"-"`

	beyond    []string // of what the program can, what changes its elections; the checks play Figure 2's
	submitted bool     // its reader has no access to files, so schedules are shown
}

// Stage is a part of the exercise. It asks for no more of Figure 2 than its own part and
// that of the stages before it.
type Stage struct {
	Number  int      `json:"number"`
	Title   string   `json:"title"`
	Place   string   `json:"place"`             // in the paper
	Skipped string   `json:"skipped,omitempty"` // why none of its checks was played
	Checks  []*Check `json:"checks"`

	rules []string // that count from this stage on; those of no stage always do
}

// stages is the exercise. The last one is for servers that go beyond Figure 2.
func stages() []*Stage {
	return []*Stage{
		{Number: 1, Title: "elections", Place: "sections 5.1 and 5.2", rules: []string{
			"AnswerRequests", "StaleTerm", "VoteOnce", "Monotony", "ElectionTimeout", "HigherTerm", "Majority",
			"VotesOfThisElection", "AppendFromLeader", "SendMissing", "ElectionTimer"}},
		{Number: 2, Title: "replication and the consistency check", Place: "section 5.3", rules: []string{
			"PrevLogMatches", "AppendNew", "DeleteConflict", "LeaderAppendOnly", "AppendCommand", "ReplyOfThisTerm"}},
		{Number: 3, Title: "commitment, and Figures 7 and 8", Place: "section 5.4", rules: []string{
			"CandidateUpToDate", "MajorityHolds", "CurrentTermOnly", "FollowerCommit", "ApplyCommitted"}},
		{Number: 4, Title: "crashes and stable storage", Place: "section 5.5; Figure 2, persistent state",
			rules: []string{"StableFirst", "RestartFromDisk"}},
		{Number: 5, Title: "everything at once", Place: "Figure 2"},
		{Number: 6, Title: "snapshots", Place: "section 7"},
	}
}

// LastStage is the highest number of a stage.
const LastStage = 6

// Holds says whether all that was asked for holds.
func (g *Grade) Holds() bool {
	all := g.All()
	return g.Error == "" && len(all) > 0 && count(all, Held) == len(all)
}

// All is every check, in order.
func (g *Grade) All() (all []*Check) {
	for _, s := range g.Stages {
		all = append(all, s.Checks...)
	}
	return all
}

// count is how many checks have a verdict.
func count(checks []*Check, v Verdict) int {
	return len(each.Only(checks, func(c *Check) bool { return c.Verdict == v }))
}

// errTime ends a check when the grading's time is up.
var errTime = errors.New("the time of the grading is up")

// Run grades one program. The error is of the order; that the program does not start is
// the Grade's.
func Run(ctx context.Context, o *Order) (*Grade, error) {
	all, err := exercise(o)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	g := &Grade{Command: o.Command}
	defer func() { g.Took = time.Since(began) }()
	limited, end := timed(ctx, o.Within)
	defer end()
	programs := &lab.Guests{Ctx: limited, GuestOptions: lab.GuestOptions{Command: o.Command}}
	defer programs.Close()
	program, err := programs.Program(limited, o.Command)
	switch {
	case err != nil && limited.Err() != nil: // no check is decided
		defer g.cut(o.Within)
	case err != nil:
		g.Error = lang.OneLine(err)
	default:
		program.Always, g.Name = true, prose.Visible(program.Name())
		g.beyond = each.As(each.Only(program.Can(), func(a guest.Ability) bool {
			return a == guest.PreVote || a == guest.Sticky
		}), func(a guest.Ability) string { return string(a) })
		defer func() { g.cut(program.Silence()) }()
	}
	for _, s := range all {
		if s.Skipped = skipped(s, program); s.Skipped != "" {
			s.Checks = []*Check{}
		}
		g.Stages = append(g.Stages, s)
		for _, c := range s.Checks {
			if g.Error != "" {
				c.Verdict = Failed
				continue
			}
			p := player{order: o, check: c, programs: programs}
			p.play(limited)
		}
	}
	return g, ctx.Err()
}

// silent is how long an answer must be waited for until the program is blamed, and not a slow machine.
const silent = 2 * time.Second

// cut says why checks are not decided, if any are not.
func (g *Grade) cut(silence time.Duration) {
	switch {
	case count(g.All(), Undecided) == 0:
	case silence >= silent:
		g.Cut = fmt.Sprintf("the program gave no answer within %v", silence.Round(100*time.Millisecond))
	default:
		g.Cut = "the machine was too slow"
	}
}

// skipped says why a stage is not asked of a program; "" where it is.
func skipped(s *Stage, p *guest.Program) string {
	if s.Number == 6 && (p == nil || !slices.Contains(p.Can(), guest.Snapshot)) {
		return "not played: the program takes no snapshots"
	}
	return ""
}

// Contents is the stages, a line each.
func Contents() []string {
	return each.As(stages(), func(s *Stage) string { return fmt.Sprintf("  %d  %s (%s)", s.Number, s.Title, s.Place) })
}
