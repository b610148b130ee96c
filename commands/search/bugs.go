package search

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/tell"
	"raftlab/commands/view"
	"raftlab/commands/words"
	"raftlab/raft"
)

type riddleView struct {
	Guesses int `json:"guesses" doc:"guesses so far"`
}

type bugsResultView struct {
	Bugs   []catalogueBug `json:"bugs" doc:"every bug that can be switched on"`
	Riddle *riddleView    `json:"riddle,omitempty" doc:"the bug to guess; absent when there is none"`
}

var _ = Commands.Register(&lang.Command{
	Name: "bugs", Topic: lab.TopicLab,
	Summary: "lists the bugs that you can switch on, and which of them are on",
	Details: "Real implementations have had each of these bugs. In the code, each takes one line beside the " +
		"correct one. `bug NAME on` switches a bug on, `explore` finds what goes wrong because of it, and " +
		"`scenario NAME` tells its story.",
	Results: []any{bugsResultView{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		if _, live := lab.InRealTime(c); live {
			r, _ := bugsResult(nil)
			return r.Line("They are for the step-by-step cluster: " +
				"raftlab -c 'scenario NAME' shows what goes wrong."), nil
		}
		w := lab.Of(c).World()
		r, value := bugsResult(w)
		r.Line("bug NAME on breaks a rule, and scenario NAME shows what goes wrong.")
		if riddle, guesses := w.Riddle(); riddle {
			value.Riddle = &riddleView{guesses}
			r.Line("One of them is on. Guess which: bug guess NAME, or bug reveal.")
		}
		return r, nil
	},
})

type catalogueBug struct {
	Breaks string   `json:"breaks" doc:"the invariant that it breaks, or what else goes wrong"`
	In     []string `json:"in" doc:"the servers in which it is on"`
	Name   string   `json:"name" doc:"its name"`
	Needs  []string `json:"needs" doc:"the settings that it needs to do harm, or null"`
	Nodes  int      `json:"nodes" doc:"how many servers its story needs"`
	On     bool     `json:"on" doc:"whether it is on in any server"`
	Rule   string   `json:"rule" doc:"the rule that it breaks"`
	Says   string   `json:"says" doc:"what the server does wrong"`
	Seen   string   `json:"seen" doc:"where it was seen"`
	Story  string   `json:"story" doc:"what it leads to"`
}

// bugsResult is the catalogue. Without a world none of them is on.
func bugsResult(w *cluster.World) (*lang.Result, *bugsResultView) {
	in := func(name string) []raft.ID { return nil }
	if w != nil {
		in = w.BugIn
	}
	var list []catalogueBug
	for _, m := range rules.AllBugs() {
		list = append(list, catalogueBug{Name: m.Name, On: len(in(m.Name)) > 0, In: idTexts(in(m.Name)),
			Rule: m.Violates.ID, Breaks: m.Breaks, Nodes: m.Nodes,
			Needs: each.As(m.Needs, raft.Need.String), Says: m.Says, Story: m.Story, Seen: m.Seen})
	}
	value := &bugsResultView{Bugs: list}
	return lang.OK().Block(bugTable(w)).With(value), value
}

func idTexts(ids []raft.ID) []string {
	return append([]string{}, each.As(ids, raft.ID.String)...)
}

// bugTable is the catalogue by what is broken in the end, the bugs that are on
// marked.
func bugTable(w *cluster.World) view.Table {
	t := view.Table{Fixed: 1}
	var told []string
	for _, head := range rules.AllBugs() {
		if slices.Contains(told, head.Breaks) {
			continue
		}
		told = append(told, head.Breaks)
		t.Add(view.LS(view.Strong, strings.ToUpper(head.Breaks)), nil, nil)
		for _, m := range rules.AllBugs() {
			if m.Breaks != head.Breaks {
				continue
			}
			state := view.Line(nil)
			if w != nil && len(w.BugIn(m.Name)) > 0 {
				state = view.LS(view.Bad, strings.TrimSpace("ON "+tell.SomeOf(raft.SetOf(w.BugIn(m.Name)...),
					w.Size())))
			}
			t.Add(view.LS(view.Code, m.Name), state, view.L(m.Says))
		}
	}
	return t
}

var (
	bugName    = lang.Existing("NAME", words.SortBug)
	bugOn      = lang.OnOff()
	bugNode    = words.Node().Keyword("on")
	bugServer  = words.Node()
	bugRandom  = lang.Literal("random")
	bugSeed    = words.Seed().Keyword("seed")
	bugGuess   = lang.Literal("guess")
	bugGuessed = lang.Existing("NAME", words.SortBug)
	bugReveal  = lang.Literal("reveal")
)

type seedResult struct {
	Seed uint64 `json:"seed" doc:"the seed of the riddle"`
}

type guessResult struct {
	Guess   string `json:"guess" doc:"the bug that was named"`
	Guesses int    `json:"guesses" doc:"guesses so far, with this one"`
	Right   bool   `json:"right" doc:"whether that is the bug"`
}

type revealedBug struct {
	Guesses int    `json:"guesses" doc:"guesses so far"`
	Name    string `json:"name" doc:"the bug"`
}

var _ = Commands.Register(&lang.Command{
	Name: "bug", Topic: lab.TopicLab, Changes: true,
	Summary: "switches a bug on or off, in all servers or in one",
	Forms: []lang.Params{{bugName, bugOn, bugNode}, {bugName, bugOn, bugServer}, {bugRandom, bugSeed},
		{bugGuess, bugGuessed}, {bugReveal}},
	Details: "Some bugs do no harm under the default settings, or have no rule to break. Switching such a bug on " +
		"also changes the settings that it needs, and they stay changed when you switch it off. As long as a bug " +
		"is on, the prompt and `status` say so. `new` starts without bugs.\n\n" +
		"`bug random` breaks a rule without telling you which. Find out however you like, for example with " +
		"situations of your own or with `explore`. `bug guess NAME` tells you whether you are right, and `bug " +
		"reveal` gives up. The settings it changes are always the same, so they tell you nothing. It chooses " +
		"among the bugs that do harm with these settings and this number of nodes. The same seed always chooses " +
		"the same bug.",
	Examples: []string{
		"bug vote-any on", "bug no-log-check on S2",
		"new 3; bug vote-any on; explore timeouts 2 crashes 0 drops 0 submits 0 terms 1; goto found",
		"bug random", "bug random seed 4; bug guess vote-any; bug reveal",
	},
	Results: []any{seedResult{}, guessResult{}, revealedBug{}},
	Needs:   lab.NeedsSearch,
	Run: func(c *lang.Call) (*lang.Result, error) {
		switch {
		case bugRandom.Given(c):
			return runRiddle(c)
		case bugGuess.Given(c):
			return runGuess(c)
		case bugReveal.Given(c):
			return runReveal(c)
		}
		return runBug(c)
	},
})

func runBug(c *lang.Call) (*lang.Result, error) {
	l, m := lab.Of(c), rules.FindBug(bugName.Of(c))
	r := lang.OK()
	if riddle, _ := l.World().Riddle(); bugOn.Of(c) && !riddle {
		if err := setNeeds(l, r, m.Needs, "It needs %s, so that is set too."); err != nil {
			return nil, err
		}
		r.Block(brokenRule("Broken: ", m))
		if n := l.World().Size(); n < m.Nodes {
			r.Line(fmt.Sprintf("It takes %d servers to show; this cluster has %d.", m.Nodes, n))
		}
	}
	in := cmp.Or(bugNode.Of(c), bugServer.Of(c))
	if err := l.Do(cluster.SetBug{Name: m.Name, On: bugOn.Of(c), Node: in}); err != nil {
		return nil, err
	}
	return r, nil
}

// setNeeds sets what a bug needs, and says so of what is not so already.
func setNeeds(l *lab.Lab, r *lang.Result, needs []raft.Need, says string) error {
	for _, need := range needs {
		if setting.Find(need.Setting).Get(l.World().Settings()) == need.Value {
			continue
		}
		if err := l.Do(cluster.Set{Name: need.Setting, Value: need.Value}); err != nil {
			return err
		}
		if says != "" {
			r.Line(fmt.Sprintf(says, need))
		}
	}
	return nil
}

// brokenRule says what is wrong, and which rule it violates.
func brokenRule(head string, m *raft.Mutant) view.Block {
	lines := []view.Line{
		{view.S(view.Bad, head), view.S(view.Plain, m.Says+".")},
		view.L(fmt.Sprintf("The rule: %s, %s: %s.", m.Violates.ID, m.Violates.Place, m.Violates.InFull())),
	}
	place, paper := strings.CutPrefix(m.Seen, "ruled out by ")
	if !paper || !strings.Contains(m.Violates.Place, place) {
		lines = append(lines, view.L(prose.Capital(m.Seen)+"."))
	}
	return view.Text{Lines: lines, Indent: 2}
}

// runRiddle breaks a rule without telling which.
func runRiddle(c *lang.Call) (*lang.Result, error) {
	l, r := lab.Of(c), lang.OK()
	w := l.World()
	seed := invariants.Mix(w.Seed(), w.Position()) % 1_000_000
	if bugSeed.Given(c) {
		seed = bugSeed.Of(c)
	}
	c.SaveAs("%s", cluster.RandomBug{Seed: seed})
	if err := l.Do(cluster.RandomBug{Seed: seed}); err != nil {
		return nil, err
	}
	if err := setNeeds(l, r, rules.RiddleSettings, ""); err != nil {
		return nil, err
	}
	return r.Line("A rule is broken in every server. Which? The settings tell nothing: they are the same for all.",
		"bug guess NAME judges, bugs lists the names, and bug reveal gives up.",
		fmt.Sprintf("Another riddle: bug random seed N. This one is seed %d.", seed)).With(seedResult{seed}), nil
}

// runGuess judges a guess.
func runGuess(c *lang.Call) (*lang.Result, error) {
	l, m := lab.Of(c), rules.FindBug(bugGuessed.Of(c))
	_, before := l.World().Riddle()
	near := l.World().Close(m.Name)
	if err := l.Do(cluster.GuessBug{Name: m.Name}); err != nil {
		return nil, err
	}
	still, _ := l.World().Riddle()
	r := lang.OK().With(guessResult{Guess: m.Name, Right: !still, Guesses: before + 1})
	switch {
	case !still:
		return toldRiddle(r, fmt.Sprintf("Yes, it is %s, found with %s. ", m.Name, guesses(before+1)), m), nil
	case near:
		r.Line(fmt.Sprintf("No, but %s is close: the rule that is broken is the same one, %s.", m.Name, m.Violates.ID))
	default:
		r.Line(fmt.Sprintf("No, it is not %s. Keep looking; a guess costs nothing.", m.Name))
	}
	return r.Line(guesses(before+1) + " so far."), nil
}

// runReveal gives up.
func runReveal(c *lang.Call) (*lang.Result, error) {
	l := lab.Of(c)
	_, guesses := l.World().Riddle()
	if err := l.Do(cluster.RevealBug{}); err != nil {
		return nil, err
	}
	m := rules.FindBug(l.World().Bugs()[0])
	return toldRiddle(lang.OK().With(revealedBug{guesses, m.Name}), "It is "+m.Name+". ", m), nil
}

func guesses(n int) string { return fmt.Sprintf("%d %s", n, prose.Either(n == 1, "guess", "guesses")) }

// toldRiddle tells all about the bug that was to be guessed.
func toldRiddle(r *lang.Result, head string, m *raft.Mutant) *lang.Result {
	return r.Block(brokenRule(head+"The wrong code: ", m)).
		Line(fmt.Sprintf("It breaks %s: %s.", m.Breaks, m.Story),
			fmt.Sprintf("scenario %s tells the story. It stays on until bug %s off.", m.Name, m.Name))
}
