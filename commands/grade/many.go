package grade

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"raftlab/cluster/judge"
	"raftlab/commands/class"
	"raftlab/commands/each"
	"raftlab/commands/lang"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Place marks where the name of a submission goes in the command that starts it.
const Place = "{}"

// Class is many submissions, and what they have in common.
type Class struct {
	Submissions []Submission `json:"submissions"`
	Rules       []*Broken    `json:"rules"` // that submissions broke, the commonest first
}

// Submission is one submission of a class, graded.
type Submission struct {
	File string `json:"submission"`
	*Grade
}

// Broken is a rule, and who broke it.
type Broken struct {
	Rule     string   `json:"rule"`     // or an invariant, or "error"
	Place    string   `json:"place"`    // in the paper; "" where it is no rule
	By       []string `json:"by"`       // the submissions
	Shortest *Finding `json:"shortest"` // the finding that shows it best, see better
	Example  string   `json:"example"`  // the submission that this is of
	command  string   // the command that starts that one
}

// RunMany grades many programs side by side, on all cores: the order's command, with each
// file in the place of {}.
func RunMany(ctx context.Context, o *Order, submissions []string) (*Class, error) {
	c := &Class{Submissions: make([]Submission, len(submissions))}
	err := each.SideBySide(len(submissions), func(i int) error {
		one := *o
		one.Command = strings.ReplaceAll(o.Command, Place, shellWord(submissions[i]))
		if o.Keep != "" {
			one.Keep = filepath.Join(o.Keep, folder(submissions, i))
		}
		if o.Progress != nil {
			one.Progress = func(text string) { o.Progress(submissions[i] + ": " + text) }
		}
		g, err := Run(ctx, &one)
		c.Submissions[i] = Submission{submissions[i], g}
		return err
	})
	if err = cmp.Or(ctx.Err(), err); err != nil {
		return nil, err
	}
	c.compare()
	return c, nil
}

// folder is the name of a submission's folder: its file's, and its number where others have
// the same.
func folder(submissions []string, i int) string {
	base := strings.TrimSuffix(filepath.Base(submissions[i]), filepath.Ext(submissions[i]))
	for j, other := range submissions {
		if j != i && strings.TrimSuffix(filepath.Base(other), filepath.Ext(other)) == base {
			return fmt.Sprintf("%s-%d", base, i+1)
		}
	}
	return base
}

// compare finds which rules were broken, by whom, and the shortest schedule of each.
func (c *Class) compare() {
	c.Rules = []*Broken{}
	for _, s := range c.Submissions {
		for _, check := range s.All() {
			if f := check.Finding; f != nil {
				c.broke(s, f)
			}
		}
	}
	slices.SortStableFunc(c.Rules, func(a, b *Broken) int { return cmp.Compare(len(b.By), len(a.By)) })
}

func (c *Class) broke(s Submission, f *Finding) {
	name := cmp.Or(f.Rule, Fault)
	i := slices.IndexFunc(c.Rules, func(b *Broken) bool { return b.Rule == name })
	if i < 0 {
		i = len(c.Rules)
		c.Rules = append(c.Rules, &Broken{Rule: name})
		if rule := judge.RuleNamed(name); rule != nil {
			c.Rules[i].Place = rule.Place
		}
	}
	b := c.Rules[i]
	if !slices.Contains(b.By, s.File) {
		b.By = append(b.By, s.File)
	}
	if better(f, b.Shortest) {
		b.Shortest, b.Example, b.command = f, s.File, s.Command
	}
}

// better says whether a finding shows a rule better than another: a departure says more than
// an expectation, and of two the shorter one is better.
func better(f, than *Finding) bool {
	if than == nil || (f.Kind == Expectation) != (than.Kind == Expectation) {
		return than == nil || than.Kind == Expectation
	}
	return f.Steps < than.Steps
}

// Holds says whether all submissions hold.
func (c *Class) Holds() bool {
	return !slices.ContainsFunc(c.Submissions, func(s Submission) bool { return !s.Grade.Holds() })
}

// Blocks is the submissions' table and the class's.
func (c *Class) Blocks() []view.Block {
	t := view.Table{Head: []string{"submission"}, Fixed: 1}
	for _, s := range c.Submissions {
		if len(t.Head) == 1 {
			heads := each.As(s.Stages, func(s *Stage) string { return fmt.Sprintf("stage %d", s.Number) })
			t.Head = append(t.Head, heads...)
		}
		row := []view.Line{view.L(prose.Visible(s.File))}
		row = append(row, each.As(s.Stages, stageResult)...)
		t.Rows = append(t.Rows, row)
	}
	all := []view.Block{t}
	for _, s := range c.Submissions {
		if text := s.failure(); text != "" {
			all = append(all, view.Says(view.Bad, prose.Visible(s.File)+": "+text))
		}
	}
	if len(c.Rules) == 0 {
		return all
	}
	rules := view.Table{Head: []string{"rule", "broken by", "shortest", "shown by", "in the paper"}, Fixed: 1,
		Right: []bool{false, true, true}}
	for _, b := range c.Rules {
		shown := cmp.Or(b.Shortest.File, b.Example)
		rules.Add(view.LS(view.Strong, b.Rule), view.L(fmt.Sprint(len(b.By))),
			view.L(prose.Plural(b.Shortest.Steps, "step")), view.LS(view.Code, shown), view.L(b.Place))
	}
	return append(all, view.Text{Lines: []view.Line{{}}}, rules)
}

// failure is the first error of the program itself, which no rule names; "" if it has none.
func (s Submission) failure() string {
	for _, c := range s.All() {
		if f := c.Finding; s.Error == "" && f != nil && f.Kind == Fault {
			return f.Says[0]
		}
	}
	return s.Error
}

func stageResult(s *Stage) view.Line {
	if s.Skipped != "" {
		return view.LS(view.Quiet, "-")
	}
	held, style := count(s.Checks, Held), view.Good
	text := fmt.Sprintf("%d of %d", held, len(s.Checks))
	if held < len(s.Checks) {
		style = view.Bad
	}
	if n := count(s.Checks, Undecided); n > 0 {
		text += fmt.Sprintf(", %d not decided", n)
	}
	return view.LS(style, text)
}

// lectureRules is how many rules a lecture is about.
const lectureRules = 3

// Lecture is a script that shows a class the rules that most of its submissions broke, each
// by the shortest schedule, with a question before the step in which it happens.
func (c *Class) Lecture() string {
	lines := []string{
		"# What most submissions of this class get wrong, each with a question before it happens.",
		"# The lines that begin with new name the submissions, so the file asks for trust:",
		"#   raftlab --trust FILE",
	}
	n := 0
	for _, b := range c.Rules {
		rule, f := judge.RuleNamed(b.Rule), b.Shortest
		if rule == nil || f.Kind != Departure || n == lectureRules {
			continue
		}
		n++
		steps := trusted(f.Schedule, b.command)
		last := len(steps) - 1
		ask, end := f.poll(steps[last])
		lines = append(lines, "", fmt.Sprintf("say %d. %s: %s. Broken by %d of %s.", n, rule.ID,
			spoken(rule.Says), len(b.By),
			prose.Plural(len(c.Submissions), "submission")))
		lines = append(append(lines, steps[:last]...), "log", "messages", "pause",
			ask, "pause", "poll again", "say Discuss the answer with your neighbor, and vote again.", "pause", end,
			steps[last])
		lines = append(lines, each.As(f.Says, func(text string) string { return "say " + spoken(text) })...)
		lines = append(lines, "pause")
	}
	if n == 0 {
		lines = append(lines, "", "say No rule is broken by any submission.")
	}
	return strings.Join(lines, "\n") + "\n"
}

// asked is what a class is asked before a step that departs from a rule: by the rule, and by
// what kind of answer the paper has.
var asked = []struct{ rules, answer, question string }{
	{"VoteOnce CandidateUpToDate", "yes or no", "Does %s grant its vote then, by the paper?"},
	{"PrevLogMatches", "yes or no", "Does %s accept what it is sent then, by the paper?"},
	{"ElectionTimer", "yes or no", "Does %s restart its election timer then, by the paper?"},
	{"Majority VotesOfThisElection", "yes or no", "Does %s lead then, by the paper?"},
	{"AppendCommand", "yes or no", "Does %s take the command then, by the paper?"},
	{"VotesOfThisElection", "servers", "Whose votes does %s have then, by the paper?"},
	{"HigherTerm ElectionTimeout AppendFromLeader", "role", "What is %s then, by the paper?"},
	{"HigherTerm ElectionTimeout", "number", "What is the currentTerm of %s then, by the paper?"},
	{"ReplyOfThisTerm", "number", "Which matchIndex does %s have for the sender then, by the paper?"},
	{"FollowerCommit MajorityHolds CurrentTermOnly", "number", "What is the commitIndex of %s then, by the paper?"},
	{"DeleteConflict AppendNew", "entry", "Which entry ENTRY does the log of %s have then, by the paper?"},
}

// answers tells kinds of answers apart.
var answers = []struct {
	kind  string
	shape func() *regexp.Regexp
}{
	{"yes or no", prose.Pattern(`^(yes|no)$`)}, {"number", prose.Pattern(`^[0-9]+$`)},
	{"role", prose.Pattern(`^(follower|candidate|leader)$`)}, {"entry", prose.Pattern(`^(none|of term [0-9]+)$`)},
	{"servers", prose.Pattern(`^S[0-9]+( S[0-9]+)*$`)},
}

// question is what the class is asked of a server before it departs from the paper.
func (f *Finding) question() string {
	for _, a := range asked {
		for _, answer := range answers {
			if a.answer == answer.kind && slices.Contains(strings.Fields(a.rules), f.Rule) &&
				answer.shape().MatchString(f.paper) && answer.shape().MatchString(f.yours) {
				question := strings.Replace(a.question, "ENTRY", f.entry, 1)
				return fmt.Sprintf(question, f.Server)
			}
		}
	}
	return fmt.Sprintf("What does the paper demand of %s then?", f.Server)
}

// poll is the question before the last step of a departure, and the line that ends it. Where the answers of the
// paper and of the submission are short, they are what can be chosen.
func (f *Finding) poll(step string) (ask, end string) {
	choices := []string{f.paper, f.yours}
	if slices.Sort(choices); choices[0] == "no" {
		slices.Reverse(choices)
	}
	ask = "poll " + lang.Quote(fmt.Sprintf("The next step is: %s. %s", prose.Shorten(step, 150), f.question()))
	if class.Sound("?", choices) != nil { // what is right is said, and not counted
		return ask, "poll end"
	}
	return ask + " " + lang.Quote(choices[0]) + " " + lang.Quote(choices[1]), "poll end " + lang.Quote(f.paper)
}

// spoken is a text that can follow say, where a semicolon would end it.
func spoken(text string) string { return strings.NewReplacer(";", ",", "#", "position ").Replace(text) }

// trusted is a schedule for a script that names the program itself, and in which a departure
// is told and ends nothing. A class sees it from the new cluster on that has all settings.
func trusted(schedule []string, command string) (lines []string) {
	isNew := func(line string) bool { return strings.HasPrefix(line, "new ") }
	first := slices.IndexFunc(schedule, isNew)
	fresh := strings.Replace(strings.TrimSuffix(schedule[first], " keep"), " guest", " guest "+lang.Quote(command), 1)
	quiet := append(slices.Clone(schedule[:first]), fresh, "set judge say")
	rest := schedule[first+1:]
	for len(rest) > 0 && strings.HasPrefix(rest[0], "set ") {
		quiet, rest = append(quiet, rest[0]), rest[1:]
	}
	if len(rest) > 0 && isNew(rest[0]) {
		rest = rest[1:]
	}
	lines = append(each.As(quiet, func(line string) string { return "quietly " + line }), fresh+" keep")
	for _, line := range rest {
		if isNew(line) {
			line = fresh + " keep"
		}
		lines = append(lines, line)
	}
	return lines
}
