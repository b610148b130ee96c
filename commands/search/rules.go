package search

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/judge"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

// exceptRules is rules of the judge's that a search is not to look at.
func exceptRules() *lang.Arg[[]string] {
	return lang.Words("RULE…", ruleNames()...).Explained("rules to leave out, by name: `VoteOnce`").
		Keyword("except")
}

// excepting is a copy of the world in which rules are not looked at.
func excepting(w *cluster.World, rules []string) (*cluster.World, error) {
	if len(rules) == 0 {
		return w, nil
	}
	w = w.Clone()
	for _, name := range rules {
		if judge.RuleNamed(name) == nil {
			return nil, lang.Errorf("the judge has no rule %s", prose.Cite(name)).
				Suggest(name, ruleNames(), "")
		}
		w.Except(name)
	}
	return w, nil
}

func ruleNames() []string { return each.As(judge.Rules(), func(r *raft.Rule) string { return r.ID }) }

// faultView is a rule from which servers depart, for JSON.
type faultView struct {
	Rule  string `json:"rule" doc:"the rule, or the invariant, or what a program's error says"`
	Kind  string `json:"kind" doc:"forbidden, missing, breach or error"`
	Runs  uint64 `json:"runs" doc:"in how many runs"`
	Steps int    `json:"steps" doc:"length of the shortest schedule that shows it"`
	Seed  any    `json:"seed" doc:"the seed of the run that it comes from"`
	Text  string `json:"text" doc:"what the server did there"`
	// Branch is the branch that the schedule became, which `goto` knows.
	Branch string `json:"branch" doc:"the branch that the schedule became"`
}

type faultsResult struct {
	Rules []faultView `json:"rules" doc:"what fuzz each rule found, the most frequent first"`
	Runs  uint64      `json:"runs" doc:"how many runs there were"`
	Steps uint64      `json:"steps" doc:"of how many steps together"`
	Late  []lateView  `json:"late,omitempty" doc:"the rules of which servers were only late, which breaks nothing"`
}

// lateView is a rule that servers followed only late, for JSON.
type lateView struct {
	Rule string `json:"rule" doc:"the rule"`
	Runs uint64 `json:"runs" doc:"in how many runs"`
}

// rulesBroken is the table of a campaign that went on past departures.
func rulesBroken(l *lab.Lab, done *fuzz.Campaign, start time.Time) (*lang.Result, error) {
	out := faultsResult{Rules: []faultView{}, Runs: done.Runs, Steps: done.Steps}
	for _, rule := range slices.Sorted(maps.Keys(done.Late)) {
		out.Late = append(out.Late, lateView{rule, done.Late[rule]})
	}
	t := view.Table{Head: []string{"rule", "runs", "steps", "what it does"}, Right: []bool{false, true, true}, Fixed: 3}
	for _, f := range done.Faults {
		v := faultOf(f, out.Rules)
		if err := l.History.FoundAs(v.Branch, whole(f.Path, f.Failure)); err != nil {
			return nil, err
		}
		out.Rules = append(out.Rules, v)
		t.Add(view.LS(view.Strong, v.Branch), view.L(fmt.Sprint(v.Runs)),
			view.L(fmt.Sprint(v.Steps)), view.L(v.Text))
	}
	r := lang.OK().With(out)
	if len(done.Faults) == 0 {
		says := prose.Either(len(done.Late) == 0, "No departure in ", "No other departure in ") +
			prose.Plural(int(done.Runs), "run") + ". That is no proof: other schedules were not tried."
		return r.Block(out.late()...).Block(Headline(view.LS(view.Warn, says))), nil
	}
	r.Block(t).Block(view.Text{Indent: 2, Lines: []view.Line{
		view.Typed("`goto " + out.Rules[0].Branch + "` leads to the first; so do the others by their names."),
		view.LS(view.Quiet, fmt.Sprintf("(%s, %d steps, %.1f s)", prose.Plural(int(done.Runs), "run"), done.Steps,
			time.Since(start).Seconds())),
	}})
	if done.Silent {
		r.Block(view.Says(view.Warn, "No more runs were done, since answers did not come in time."))
	}
	return r.Block(out.late()...).Block(Headline(view.LS(view.Bad, broken(done.Faults)))), nil
}

// late says of which rules servers were only late.
func (r *faultsResult) late() []view.Block {
	if len(r.Late) == 0 {
		return nil
	}
	all := each.As(r.Late, func(l lateView) string { return l.Rule + " in " + prose.Plural(int(l.Runs), "run") })
	return []view.Block{view.Prose{Words: view.LS(view.Warn, "Only late, which breaks nothing: "+prose.And(all)+".")}}
}

// broken counts the rules and the program's own failures among faults.
func broken(faults []*fuzz.Fault) string {
	failures := len(each.Only(faults, func(f *fuzz.Fault) bool { return f.Failure != nil }))
	var parts []string
	if rules := len(faults) - failures; rules > 0 {
		parts = append(parts, "Broken: "+prose.Plural(rules, "rule")+".")
	}
	if failures > 0 {
		parts = append(parts, "Errors of the program: "+fmt.Sprint(failures)+".")
	}
	return strings.Join(parts, " ")
}

// faultOf is a fault in JSON; its branch has another name than those before it.
func faultOf(f *fuzz.Fault, before []faultView) faultView {
	v := faultView{Rule: f.Name, Runs: f.Runs, Steps: len(f.Path), Seed: lang.Exact(f.Seed)}
	switch {
	case f.Failure != nil:
		v.Kind, v.Branch = Failed, "error"
		v.Text = fmt.Sprintf("%s has no answer to %s: %s", f.Failure.Server, f.Path[len(f.Path)-1],
			prose.Visible(f.Name))
		if n := len(each.Only(before, func(v faultView) bool { return v.Kind == Failed })); n > 0 {
			v.Branch += strconv.Itoa(n + 1)
		}
	case f.Breach.Departure != nil:
		v.Kind, v.Branch = string(f.Breach.Departure.Kind), f.Name
		v.Text = f.Breach.Departure.Server.String() + ": " + f.Breach.Departure.Did
	default:
		v.Kind, v.Text, v.Branch = "breach", f.Breach.Text, strings.ReplaceAll(f.Name, " ", "")
	}
	return v
}
