package ask

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/cluster/explore"
	"raftlab/cluster/history"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/search"
	"raftlab/commands/tell"
	"raftlab/commands/words"
	"raftlab/docs"
	"raftlab/raft"
)

var (
	contrastBug    = lang.Existing("NAME", words.SortBug)
	contrastWithin = lang.Duration(10*time.Millisecond, time.Hour).Default(20 * time.Second).Keyword("within")
)

var _ = Commands.Register(&lang.Command{
	Name: "contrast", Topic: lab.TopicLab,
	Summary: "replays a counterexample in two lanes, with the rule broken and intact, up to where they differ",
	Args:    lang.Params{contrastBug, contrastWithin},
	Details: "The counterexample is the branch `found` if the bug is on there, or what has happened so far. " +
		"Otherwise it is the bug's own story, or what a short search finds in a new cluster. You see the numbers " +
		"that were compared, what each lane decides and then does, how each ends, and why the rule exists. The " +
		"present does not change.",
	Examples: []string{"contrast vote-any",
		"new 3; bug no-log-check on; explore timeouts 2 submits 0 crashes 0 drops 0 heartbeats 0 terms 2; contrast " +
			"no-log-check"},
	Results: []any{ContrastView{}},
	Needs:   lab.NeedsSearch,
	Run:     runContrast,
})

// parting is where the two lanes of a counterexample part.
type parting struct {
	from     string   // where the counterexample comes from, in words
	how      []string // the commands that lead to it, if it is no branch of this history
	place    string   // the place right before, for goto; "" if it is in another history
	action   cluster.Action
	command  string        // the action, in words
	alike    int           // actions that both lanes took alike since the bug was on
	message  string        // what the action delivers
	events   []event.Event // of the broken lane
	intact   *tell.Lane
	before   *cluster.World
	world    *cluster.World // broken, after the step
	Ends     [2]string      // how the broken lane ends, and how the intact one does
	Breached bool           // an invariant breaks in the broken lane
}

func runContrast(c *lang.Call) (*lang.Result, error) {
	l, bug := lab.Of(c), rules.FindBug(contrastBug.Of(c))
	p, err := findParting(c, l, bug)
	if c.Ctx.Err() != nil {
		return nil, lang.Interrupted("while looking for a counterexample")
	}
	if err != nil {
		return nil, err
	}
	return contrastResult(bug, p), nil
}

// findParting looks for a counterexample in which the bug makes a difference.
func findParting(c *lang.Call, l *lab.Lab, bug *raft.Mutant) (*parting, error) {
	h := l.History
	if f, err := h.Find("found"); err == nil && slices.Contains(h.WorldAt(f).Bugs(), bug.Name) {
		if p := partingOn(c.Ctx, h, f, bug); p != nil {
			p.from = "the branch found"
			return p, nil
		}
	}
	if slices.Contains(l.World().Bugs(), bug.Name) {
		if p := partingOn(c.Ctx, h, h.Place(), bug); p != nil {
			p.from = "what has happened so far"
			return p, nil
		}
	}
	if p := PartingInStory(c, bug); p != nil {
		p.from, p.place = "scenario "+bug.Name, ""
		return p, nil
	}
	if p := partingBySearch(c, bug); p != nil {
		return p, nil
	}
	return nil, lang.Errorf("no counterexample was found in which %s makes a difference", bug.Name).
		WithHint("switch it on, do what makes it break something (%s), and ask again", bug.Story)
}

// partingOn goes through a history up to a place, the bug off in the second
// lane, until the lanes part; then each goes on by itself. It is nil when they
// never do.
func partingOn(ctx context.Context, h *history.History, to history.Place, bug *raft.Mutant) *parting {
	var intact *tell.Lane
	p := &parting{}
	var last *cluster.World
	err := h.Retrace(to, func(w *cluster.World, a cluster.Action) error {
		if intact == nil {
			intact = tell.NewLane(w, bug)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		last = w
		if p.action != nil { // they have parted: each goes its way
			_ = intact.World.Apply(a)
			return w.Apply(a)
		}
		before := w.Clone()
		l := &cluster.Listener{Decide: true, NoTicks: true}
		w.Listen(l)
		err := w.Apply(a)
		w.Listen(nil)
		if err != nil {
			return err
		}
		if slices.Contains(before.Bugs(), bug.Name) {
			p.alike++
		}
		if !intact.Step(w, a, l.Events) {
			p.action, p.before, p.events, p.world = a, before, l.Events, w.Clone()
			p.alike--
			stopped := *intact
			stopped.World = intact.World.Clone()
			p.intact = &stopped
		}
		return nil
	})
	if err != nil || p.action == nil {
		return nil
	}
	p.command, p.message = stepText(p.action, p.events)
	p.place = fmt.Sprintf("%s:%d", to.Branch.Name, p.before.Position())
	p.Ends = [2]string{endText(last), endText(intact.World)}
	p.Breached = len(last.Breaches()) > 0
	return p
}

// stepText is an action as a command, and the message that it delivers. What
// time or settle chose to deliver has a command of its own.
func stepText(a cluster.Action, events []event.Event) (command, message string) {
	command = a.String()
	for i := range events {
		if x, ok := events[i].What.(event.Delivered); ok {
			return "deliver " + x.Name(), fmt.Sprintf("%s -> %s  %s %s", x.From, x.To, x.Type(),
				event.FieldsText(x.Message))
		}
	}
	return command, ""
}

// endText is how a lane ends.
func endText(w *cluster.World) string {
	b := w.Harm(0)
	if b == nil && len(w.Breaches()) > 0 {
		b = &w.Breaches()[0]
	}
	if b != nil {
		return "BREACH of " + b.Property + ": " + b.Text
	}
	return nothingFalls
}

const nothingFalls = "no invariant breaks"

// PartingInStory plays the bug's story in a session of its own.
func PartingInStory(c *lang.Call, bug *raft.Mutant) *parting {
	text, ok := docs.Bug(bug.Name)
	if !ok {
		return nil
	}
	s, l, err := lab.Of(c).Beside(5, 1)
	if err != nil || s.RunScript(c.Ctx, bug.Name, strings.NewReader(text), lang.Silent{Frontend: c.Front}) != nil {
		return nil
	}
	h := l.History
	var best *parting
	for _, b := range h.Branches() {
		p := partingOn(c.Ctx, h, history.Place{Branch: b, Position: b.End()}, bug)
		if p != nil && (best == nil || p.Breached && !best.Breached) {
			best = p
		}
	}
	return best
}

// partingBySearch looks for a breach in a fresh cluster, in bounds that grow.
func partingBySearch(c *lang.Call, bug *raft.Mutant) *parting {
	ctx, cancel := context.WithTimeout(c.Ctx, contrastWithin.Of(c))
	defer cancel()
	w := cluster.New(max(bug.Nodes, 3), 1, setting.Defaults())
	h := history.New(w)
	how := []string{fmt.Sprintf("new %d", w.Size()), "bug " + bug.Name + " on"}
	h.Begin("bug " + bug.Name + " on")
	for _, need := range bug.Needs {
		if h.Do(cluster.Set{Name: need.Setting, Value: need.Value}) != nil {
			return nil
		}
	}
	if h.Do(cluster.SetBug{Name: bug.Name, On: true}) != nil {
		return nil
	}
	h.End("bug " + bug.Name + " on")
	search := explore.Search{Grow: true, Progress: search.Progress(c)}
	found := search.Run(ctx, h.World())
	if found.Outcome != explore.Breach || h.Found(found.Path) != nil {
		return nil
	}
	f, err := h.Find("found")
	if err != nil {
		return nil
	}
	p := partingOn(ctx, h, f, bug)
	if p == nil {
		return nil
	}
	p.from, p.place = fmt.Sprintf("a search in a fresh cluster of %d", w.Size()), ""
	p.how = how
	p.how = append(p.how, each.As(found.Path[:p.alike], func(a cluster.Action) string { return a.String() })...)
	return p
}
