package why

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/cluster/rules"
	"raftlab/commands/each"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/raft"
)

var ruleName = ruleKind.New().Optional()

type rulesResult struct {
	Rules []ruleRow `json:"rules" doc:"every rule"`
}

type ruleResult struct {
	Bugs     []string `json:"bugs" doc:"the bugs that break it, or null"`
	Code     []string `json:"code" doc:"where it is in the code, or null"`
	Compares []string `json:"compares" doc:"the numbers that it compares, or null"`
	Fired    *Firing  `json:"fired,omitempty" doc:"how often it was checked; absent where no server checks it"`
	Name     string   `json:"name" doc:"its name"`
	Place    string   `json:"place" doc:"where the paper has it"`
	Reason   string   `json:"reason" doc:"why the rule exists"`
	Says     string   `json:"says" doc:"what it says"`
}

var _ = Commands.Register(&lang.Command{
	Name: "rule", Topic: lab.TopicLooking,
	Summary: "lists the rules; with a NAME, shows what that rule says and where it was checked",
	Args:    lang.Params{ruleName},
	Details: "Each rule of the paper that the code follows has a name, which `why` uses, too. `rule NAME` shows " +
		"what the rule says, its place in the paper, the functions that check it, and the bugs that break it. It " +
		"also shows how often the rule held so far and how often it did not, with the last positions for `goto`.\n\n" +
		"The rules of the world are about what happens around the servers: timers, network, disks and clients.",
	Examples: []string{"rule", "timeout S1; timeout S2; settle; rule VoteOnce", "rule MailIsLost"},
	Results:  []any{rulesResult{}, ruleResult{}},
	Run: func(c *lang.Call) (*lang.Result, error) {
		if !ruleName.Given(c) {
			return ruleList(), nil
		}
		return oneRule(c, findRule(ruleName.Of(c)), lab.WorldOf(c.World))
	},
})

var ruleKind = &lang.Kind[string]{
	Name: "NAME", Doc: "the name of a rule",
	Word: func(p *lang.Parser, w lang.Word) (string, error) {
		if r := findRule(w.Text); r != nil {
			return r.ID, nil
		}
		return "", p.Fail(w, "there is no rule %s", prose.Cite(w.Text)).
			Suggest(w.Text, lab.RuleNames(), "rule lists them")
	},
	Complete: func(c *lang.Completion) { c.Offer(lab.RuleNames()...) },
}

func findRule(name string) *raft.Rule {
	for _, r := range lab.AllRules() {
		if strings.EqualFold(r.ID, name) {
			return r
		}
	}
	return nil
}

type ruleRow struct {
	Name  string `json:"name" doc:"its name"`
	Place string `json:"place" doc:"where the paper has it"`
	Says  string `json:"says" doc:"what it says"`
}

func ruleList() *lang.Result {
	t := view.Table{Head: []string{"rule", "in the paper", "what it says"}, Fixed: 1}
	var list []ruleRow
	for _, r := range lab.AllRules() {
		list = append(list, ruleRow{Name: r.ID, Place: r.Place, Says: r.InFull()})
		t.Add(view.LS(view.Code, r.ID), view.L(shortPlace(r.Place)), view.L(r.Says))
	}
	return lang.OK().With(rulesResult{list}).Block(t).Line("rule NAME says more about one.")
}

// shortPlace is the paper's section, or the figure where there is none.
func shortPlace(place string) string {
	parts := strings.Split(place, "; ")
	for _, p := range parts {
		if i := max(strings.Index(p, "section"), strings.Index(p, "thesis")); i >= 0 {
			return p[i:]
		}
	}
	return parts[0]
}

// Firing is how often servers checked a rule.
type Firing struct {
	Held    int      `json:"held"`
	Refused int      `json:"refused"` // how often it did not hold
	Last    []uint64 `json:"last"`    // the positions of the last of both
}

func oneRule(c *lang.Call, r *raft.Rule, world lab.World) (*lang.Result, error) {
	violates := each.Only(rules.AllBugs(), func(m raft.Mutant) bool { return m.Violates == r })
	violated := each.As(violates, func(m raft.Mutant) string { return m.Name })
	compares := each.As(each.Only(r.Args[:], func(n raft.Number) bool { return n.Name != "" }), raft.Number.String)
	value := &ruleResult{Name: r.ID, Place: r.Place, Says: r.InFull(), Reason: r.Reason, Code: r.Code, Bugs: violated,
		Compares: compares}
	blocks := []view.Block{
		view.Text{Lines: []view.Line{{view.S(view.Code, r.ID), view.S(view.Plain, ": "+r.InFull()+".")}}, Indent: 2},
	}
	row := func(style view.Style, label string, parts ...string) {
		if text := strings.Join(parts, ", "); text != "" {
			blocks = append(blocks, whyRow(label, view.LS(style, text)))
		}
	}
	row(view.Plain, "reason", r.Reason)
	row(view.Plain, "paper", r.Place)
	row(view.Plain, "code", r.Code...)
	row(view.Plain, "compares", compares...)
	row(view.Warn, "bugs", violated...)
	asked := slices.Contains(raft.Rules(), r)
	if l, ok := world.(*lab.Lab); ok && asked {
		f := Firing{}
		f.Held, f.Refused, f.Last = l.History.Record(c.Ctx).Firings(r, 5)
		if c.Ctx.Err() != nil {
			return nil, lang.Interrupted("while looking back")
		}
		value.Fired = &f
		row(view.Plain, "asked", f.text())
	}
	return lang.OK().With(value).Block(blocks...), nil
}

// text says it in words.
func (f Firing) text() string {
	if f.Held+f.Refused == 0 {
		return "never so far"
	}
	text := fmt.Sprintf("%s up to here: held %d, did not %d; last at", prose.Plural(f.Held+f.Refused, "time"),
		f.Held, f.Refused)
	for _, p := range f.Last {
		text += fmt.Sprintf(" #%d", p)
	}
	return text
}
