package search

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/explore"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/guest"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/raft"
)

// foundView is what a search came to, for JSON: the words that conditions see,
// and the schedule as a list.
type foundView struct {
	*lab.ExploredView
	Breach   string      `json:"breach,omitempty"` // who broke the invariant, and where
	Says     string      `json:"says,omitempty"`   // what the invariant says
	Bugs     []bugView   `json:"bugs,omitempty"`   // that are on
	Schedule []tell.Told `json:"schedule"`
}

// Outcomes of a search where another program runs, beside explore's.
const (
	Departed = "departure" // a guest departed from the paper
	Failed   = "error"     // a program had no answer
)

// ended says what a search ended with: a breach, a departure, or a program's error.
func ended(v *lab.ExploredView, b *breach, f *program.Failure) {
	switch {
	case f != nil:
		v.Outcome, v.Server, v.Failure = Failed, f.Server.String(), f
	case b != nil && b.Departure != nil:
		v.Outcome, v.Rule, v.Server = Departed, b.Property, b.Departure.Server.String()
	case b != nil:
		v.Property = b.Property
	}
}

// whole is the steps of a schedule that can be taken: to the last of one that ends
// in a program's error, there is no answer.
func whole(path []cluster.Action, f *program.Failure) []cluster.Action {
	if f != nil && len(path) > 0 {
		return path[:len(path)-1]
	}
	return path
}

// bugView is a bug as a counterexample names it.
type bugView struct {
	Name  string `json:"name"`
	Says  string `json:"says"`
	Rule  string `json:"rule"`
	Place string `json:"place"`
}

func bugViews(w *cluster.World) []bugView {
	return each.As(tell.Mutants(w), func(m *raft.Mutant) bugView {
		return bugView{m.Name, m.Says, m.Violates.ID, m.Violates.Place}
	})
}

// found is what a search came to, or a reduction.
type found struct {
	Outcome string
	Breach  *breach
	Failure *program.Failure
	Path    []cluster.Action
	from    *cluster.World
}

func (f *found) view(took time.Duration) *lab.ExploredView {
	v := &lab.ExploredView{Outcome: f.Outcome, Steps: len(f.Path), Seconds: took.Seconds()}
	ended(v, f.Breach, f.Failure)
	return v
}

// result tells it, the schedule first and the verdict last, since a schedule may be longer than the
// screen. more is JSON's own fields of the command or nil, sums is the lines before the verdict, and
// unbroken is the verdict where nothing is broken.
func (f *found) result(v *lab.ExploredView, more any, unbroken view.Line, sums ...view.Line) (*lang.Result, error) {
	steps, err := tell.Schedule(f.from, whole(f.Path, f.Failure))
	if err != nil {
		return nil, err
	}
	j := &foundView{ExploredView: v, Schedule: steps}
	verdict, broken := unbroken, []view.Block(nil)
	if f.Breach != nil || f.Failure != nil {
		verdict, broken = j.verdict(f.from, f.Breach, f.Failure, f.Path)
	}
	r := lang.OK().With(joined{j, more})
	if len(steps) > 0 {
		r.Block(tell.ScheduleTable(steps))
		sums = append(sums, LeadsThere())
	}
	return r.Block(broken...).Block(view.Text{Lines: sums, Indent: 2}, Headline(verdict)), nil
}

// exploreResult tells what a search from a world came to.
// never is what a complete search has shown.
func exploreResult(w *cluster.World, r explore.Result, v *lab.ExploredView, never string) (*lang.Result, error) {
	f := found{Path: r.Path, from: w}
	unbroken := view.LS(view.Warn, "Not known: "+Unfinished(r, FewerBounds)+".")
	switch r.Outcome {
	case explore.Breach, explore.Failed:
		f.Breach, f.Failure = r.Breach, r.Failure
	case explore.Reached:
		unbroken = view.LS(view.Good, fmt.Sprintf("Reached in %s.", prose.Plural(len(r.Path), "step")))
	case explore.Complete:
		unbroken = view.LS(view.Good, "Complete: "+never+" within these bounds.")
	}
	sums := []view.Line{view.LS(view.Quiet,
		fmt.Sprintf("(%d states, %.1f s; %s%s)", r.States, v.Seconds, boundsText(r.Bounds), callsText(v)))}
	if len(whole(r.Path, r.Failure)) > 0 {
		sums = append([]view.Line{view.L(shortest(r))}, sums...)
	}
	return f.result(v, nil, unbroken, sums...)
}

// FewerBounds is how to go on where a command takes bounds and its search has no room for more states.
const FewerBounds = "; bounds that allow less, such as timeouts 2 crashes 0, leave fewer"

// Unfinished says how far a search came that ended before its bounds, and how to go on: fewer is
// what to do where it has no room for more states.
func Unfinished(r explore.Result, fewer string) string {
	full, more := "", "; within says how long to look"
	if r.Full {
		full, more = " because it may keep no more states", fewer
	}
	return fmt.Sprintf("the search ended before its bounds%s, with every schedule of up to %s tried%s", full,
		prose.Plural(r.Proven-1, "step"), more)
}

// callsText is how often a search called other programs, to be said behind other counts;
// "": no server runs one.
func callsText(v *lab.ExploredView) string {
	if v.Calls+v.Saved == 0 {
		return ""
	}
	return fmt.Sprintf("; %d calls of the program, %d more answered from memory", v.Calls, v.Saved)
}

// verdict is what a search ended with, as a line, and what is to be said of it.
func (j *foundView) verdict(w *cluster.World, b *breach, f *program.Failure, path []cluster.Action) (view.Line,
	[]view.Block) {
	if f != nil {
		j.Breach = f.Error()
		return view.Line{view.S(view.Bad, fmt.Sprintf("An error of the program in %s: ", prose.Plural(len(path),
			"step"))),
			view.S(view.Plain, prose.Visible(fuzz.FailureName(f)))}, failureBlocks(f, path[len(path)-1])
	}
	j.Breach, j.Says, j.Bugs = b.Text, tell.PropertySays(b.Property), bugViews(w)
	if d := b.Departure; d != nil {
		j.Says = d.Rule.Says
		return view.Line{view.S(view.Bad, fmt.Sprintf("%s departs from the paper in %s: ", d.Server,
			prose.Plural(len(path), "step"))),
			view.S(view.Plain, d.Did)}, []view.Block{departureTable(d)}
	}
	return breachVerdict(w, b, len(path))
}

// departureTable is the rule from which a guest departed, and what was compared.
func departureTable(d *judge.Departure) view.Block {
	t := view.Table{Fixed: 1}
	row := func(label, text string) {
		t.Add(view.LS(view.Strong, label), view.L(prose.Visible(text)))
	}
	row("rule", fmt.Sprintf("%s, %s: %s", d.Rule.ID, d.Rule.Place, d.Rule.Says))
	compared := each.As(d.Compared, func(c judge.Compared) string { return c.What + ": " + c.Value })
	if len(compared) > 0 {
		row("compared", strings.Join(compared, "   "))
	}
	if d.Paper != "" {
		row("", d.Verdict())
	}
	return t
}

// failureBlocks is the last step, and all that the program said.
func failureBlocks(f *program.Failure, last cluster.Action) []view.Block {
	t := view.Text{Indent: 2, Lines: []view.Line{view.L(fmt.Sprintf("The step that follows is %s; %s has no "+
		"answer to it:", last, f.Server))}}
	text := f.Err.Error()
	var failed *guest.Traceback
	if errors.As(f.Err, &failed) {
		text = failed.Text
	}
	said := each.As(strings.Split(strings.TrimSpace(text), "\n"),
		func(line string) view.Line { return view.LS(view.Quiet, prose.Visible(line)) })
	t.Lines = append(t.Lines, said...)
	return []view.Block{t}
}

// shortest says how far it is known that no shorter schedule does it.
func shortest(r explore.Result) string {
	switch {
	case r.Proven >= len(r.Path):
		return "No shorter schedule within these bounds does it."
	case r.By == explore.Guided && r.Proven <= 1:
		return "Guided search found it. Whether a shorter one exists is not known."
	case r.By == explore.Guided:
		return fmt.Sprintf("Guided search found it. Within these bounds, none of up to %s does it.",
			prose.Plural(r.Proven-1, "step"))
	}
	return fmt.Sprintf("No shorter one does it where a link holds one message; in the full network, none of up to %s.",
		prose.Plural(r.Proven-1, "step"))
}

// boundsText is the bounds in words, as explore takes them.
func boundsText(b explore.Bounds) string {
	var words []string
	for _, x := range []struct {
		name string
		n    int
	}{{"depth", b.Depth}, {"timeouts", b.Timeouts}, {"heartbeats", b.Beats}, {"crashes", b.Crashes}, {"drops", b.Drops},
		{"duplicates", b.Duplicates}, {"submits", b.Submits}, {"changes", b.Changes}, {"snapshots", b.Snapshots},
		{"terms", int(b.Terms)}} {
		if x.n > 0 && x.n < explore.Any {
			words = append(words, fmt.Sprintf("%s %d", x.name, x.n))
		}
	}
	return strings.Join(words, " ")
}

// Headline is a line as a block. If it is wrapped, the continuation is indented.
func Headline(l view.Line) view.Text { return view.Text{Lines: []view.Line{l}, Indent: 2} }

// LeadsThere says how to go along the branch found.
func LeadsThere() view.Line {
	return view.Typed("`goto found` leads there; `back` and `forward` go step by step.")
}

// breachVerdict says what fell after so many steps, and which rule was broken for it.
func breachVerdict(w *cluster.World, b *breach, steps int) (verdict view.Line, rules []view.Block) {
	place := prose.Either(tell.Figure3(b.Property), "Figure 3: ", "")
	t := view.Table{Fixed: 1}
	row := func(label, text string) {
		t.Add(view.LS(view.Strong, label), view.L(prose.Visible(text)))
	}
	row("it says", place+tell.PropertySays(b.Property))
	for _, v := range bugViews(w) {
		row("the rule", fmt.Sprintf("%s, %s", v.Rule, v.Place))
		row("is broken", fmt.Sprintf("%s: %s", v.Name, v.Says))
	}
	return view.Line{view.S(view.Bad, fmt.Sprintf("A breach of %s in %s: ", b.Property, prose.Plural(steps, "step"))),
		view.S(view.Plain, b.Text)}, []view.Block{t}
}
