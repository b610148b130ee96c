package ask

import (
	"context"
	"errors"
	"fmt"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/history"
	"raftlab/cluster/invariants"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/search"
	"raftlab/commands/view"
)

var reachableTime = lang.Duration(10*time.Millisecond, 24*time.Hour).Default(10 * time.Second).Keyword("within")

// compared says what reachable? compares.
const compared = "each server's term, its vote where it has one, the terms of its log's entries, commitIndex, and " +
	"whether it is up"

var _ = Commands.Register(&lang.Command{
	Name: "reachable?", Aliases: []string{"reachable"}, Topic: lab.TopicLab,
	Summary: "asks whether this situation could arise at all, starting from a new cluster, and shows how",
	Args:    lang.Params{reachableTime},
	Details: "Use it for situations that you made by hand, with `given`. It compares " + compared +
		". It does not compare what the entries say, which server leads, timers, or messages in flight.\n\n" +
		"First it looks for a reason why no history can lead here, and names the property (Figure 3) that " +
		"forbids the situation. Second, it checks whether this session has been in the situation before anything " +
		"was made by hand. Third, it plans a history, term by term, with the present settings, and runs it. The " +
		"plan leads to the situation itself, or to the state that you last made by hand; from there it repeats " +
		"the steps of this session. Last, it searches, within bounds that depend on the situation.\n\n" +
		"What is found becomes the branch `found`, which starts with a new cluster. No rule is broken in it, " +
		"whichever bug is on now.",
	Examples: []string{
		`given S1 log "1 1"; given S2 log "1"; given S3 term 1; given S4 term 1; given S5 term 1; reachable?`,
		`given S1 log "1 2"; given S2 log "2 2"; expect len(violations) == 1; reachable?`,
	},
	Results: []any{ReachableView{}},
	Needs:   lab.NeedsSearch,
	Run:     runReachable,
})

// ReachableView is the answer for JSON.
type ReachableView struct {
	Finding
	Property string `json:"property,omitempty"` // that forbids it
	Compared string `json:"compared"`
}

func runReachable(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	w := l.World()
	a := ReachableView{Finding: Finding{Outcome: explore.Complete}, Compared: compared}
	s, beyond := situationOf(w)
	fresh := cluster.NewWithMachine(w.Size(), w.Seed(), *w.Settings(), w.MachineKind())
	if w.Settings().Fsync {
		a.Property, a.Reason = s.Impossible()
	}
	ctx, cancel := context.WithTimeout(c.Ctx, reachableTime.Of(c))
	defer cancel()
	switch {
	case len(Unnatural(l.History)) == 0 && len(w.Breaches()) == 0:
		a.Answer, a.Outcome, a.Property = "yes", explore.Reached, ""
		a.Reason = "It did: nothing on this branch was made by hand, and no rule was broken. save writes the history " +
			"that led here."
	case beyond != "":
		a.Answer, a.Outcome, a.Property = "unknown", explore.Bound, ""
		a.Reason = fmt.Sprintf("%s, and that is not looked for.", prose.Capital(beyond))
	case a.Reason != "":
		a.Answer = "no"
		a.Reason += "."
	default:
		fresh = lookForSituation(c, ctx, &s, fresh, &a)
	}
	return a.tell(c, fresh)
}

// lookForSituation looks for a history: in this session, by a plan, by a plan for
// what was made by hand last, by search. It returns the world that it begins in.
func lookForSituation(c *lang.Call, ctx context.Context, s *situation, fresh *cluster.World,
	a *ReachableView) *cluster.World {
	l, within := lab.Of(c), reachableTime.Of(c)
	soon, cancel := context.WithTimeout(ctx, within/3)
	defer cancel()
	if at := cameAbout(soon, l.History, s); at != "" {
		a.Answer, a.Outcome = "yes", explore.Reached
		a.Reason = fmt.Sprintf("It did, in this session: at %s, where nothing had been made by hand and no rule was "+
			"broken. goto %s leads there.", at, at)
		return fresh
	}
	quick, stop := context.WithTimeout(ctx, min(within/10, time.Second/2)) // a plan that works is mostly found at once
	defer stop()
	if a.Path = s.Plan(quick, fresh); a.Path == nil {
		if path, begin := s.Carried(ctx, l.History); path != nil {
			a.Path, a.Answer, a.Outcome, a.By = path, "yes", explore.Reached, "plan"
			a.Reason = fmt.Sprintf("By %s from a fresh cluster: a plan makes what was made by hand, "+
				"and the steps that this session took since then lead on from there; a shorter history may exist.",
				prose.Plural(len(path), "step"))
			return begin
		}
		a.Path = s.Plan(soon, fresh)
	}
	searchSituation(c, ctx, s, fresh, a)
	return fresh
}

// cameAbout is a place in this session's history where the situation came about
// by Raft itself, or nothing.
func cameAbout(ctx context.Context, h *history.History, s *situation) (at string) {
	ends := errors.New("there is nothing more to look at")
	for _, b := range h.Branches() {
		look := func(w *cluster.World) error {
			switch set := w.Settings(); {
			case ctx.Err() != nil || !set.Fsync || !set.OwnTermFirst || len(w.Breaches()) > 0:
				return ends
			case w.Position() >= b.ForkAt && w.Size() == len(s.servers) && s.Matches(w):
				at = fmt.Sprintf("%s:%d", b.Name, w.Position())
				return ends
			}
			return nil
		}
		_ = h.Retrace(history.Place{Branch: b, Position: b.End()}, func(w *cluster.World, a cluster.Action) error {
			if err := look(w); err != nil || leavesRaft(a) != "" {
				return ends
			}
			if err := w.Apply(a); err != nil || w.Position() < b.End() {
				return err
			}
			return look(w)
		})
		if at != "" {
			break
		}
	}
	return at
}

// searchSituation tells the history that was planned, or searches for one.
func searchSituation(c *lang.Call, ctx context.Context, s *situation, fresh *cluster.World, a *ReachableView) {
	if a.Path != nil {
		a.Answer, a.Outcome, a.By = "yes", explore.Reached, "plan"
		a.Reason = fmt.Sprintf("By %s from a fresh cluster; a shorter history may exist.",
			prose.Plural(len(a.Path), "step"))
		return
	}
	look := explore.Search{Bounds: boundsFor(s, fresh), Progress: search.Progress(c),
		Goal: func(_ int, w *cluster.World) bool { return s.Matches(w) }}
	fresh = fresh.Clone()
	fresh.Seek(func(*invariants.Breach) bool { return false }) // with fsync off one may break on the way
	found := look.Run(ctx, fresh)
	a.Finding = searched(found)
	a.Bounds = viewBounds(look.Bounds)
	switch a.Answer {
	case "yes":
		a.Reason = fmt.Sprintf("By %s from a fresh cluster, found by search.", prose.Plural(len(a.Path), "step"))
	case "no":
		a.Reason = "Everything was tried within these bounds, which the situation gives."
	default:
		a.Reason = "No property forbids it, no plan leads there, and " + search.Unfinished(found, "") + "."
	}
}

// boundsFor is how far a history for the situation may have to go: no further
// than its highest term, with a command for each entry that no leader appends
// by itself, and a crash for what is not known any more.
func boundsFor(s *situation, fresh *cluster.World) explore.Bounds {
	b := explore.Bounds{Beats: 1}
	entries := map[[2]uint64]bool{}
	for x := range each.Of(s.servers) {
		b.Terms = max(b.Terms, x.term)
		for k, e := range x.log {
			entries[[2]uint64{uint64(k), e.Term}] = true
		}
		if !x.up {
			b.Crashes++
		}
	}
	b.Submits, b.Timeouts = len(entries), int(b.Terms)+1
	if fresh.Settings().NoOp {
		b.Submits -= len(s.terms())
	}
	b.Crashes = max(b.Crashes, 1)
	return b
}

// tell shows the answer, and keeps the history that was found.
func (a *ReachableView) tell(c *lang.Call, fresh *cluster.World) (*lang.Result, error) {
	l := lab.Of(c)
	if err := a.keep(c, fresh, func(path []cluster.Action) error {
		return l.History.FoundFrom(fresh, path)
	}); err != nil {
		return nil, err
	}
	l.Explored.Property = a.Property
	head := map[string]view.Line{
		"yes":     view.LS(view.Good, "Yes: this situation can arise."),
		"no":      view.LS(view.Bad, "No: impossible."),
		"unknown": view.LS(view.Warn, "Unknown."),
	}[a.Answer]
	if a.Property != "" {
		head = view.Line{view.S(view.Bad, "No: impossible, because of "), view.S(view.Strong, a.Property+".")}
	} else if a.Answer == "no" {
		head = view.LS(view.Bad, "No: it does not arise within these bounds.")
	}
	about := search.Headline(view.LS(view.Quiet, "(compared: "+compared+")"))
	return lang.OK().With(a).Block(about).Block(a.blocks(head)...), nil
}
