package grade

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/each"
	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// Blocks is a grading as the console shows it: the table, then what does not hold, and the
// verdict last.
func (g *Grade) Blocks() []view.Block {
	if g.Error != "" {
		return []view.Block{view.Says(view.Bad, g.Error)}
	}
	t := view.Table{Head: []string{"", "", "check"}, Fixed: 1}
	for _, s := range g.Stages {
		t.Add(view.LS(view.Strong, fmt.Sprint(s.Number)), nil, stageCell(s))
		for _, c := range s.Checks {
			t.Add(view.L(c.Number), verdictLine(c), view.L(c.Title))
		}
	}
	all := []view.Block{t}
	var told []*Check
	for _, c := range g.All() {
		if c.Verdict != Failed {
			continue
		}
		if i := slices.IndexFunc(told, c.same); i >= 0 {
			told[i].also = append(told[i].also, c.Number)
			continue
		}
		told = append(told, c)
	}
	for _, c := range told {
		all = append(all, view.Text{Lines: []view.Line{{}}}, findingBlock(g, c))
	}
	return append(all, view.Text{Lines: []view.Line{{}, g.verdict()}})
}

// summary is the last line alone.
func (g *Grade) summary() []view.Block {
	if g.Error != "" {
		return g.Blocks()
	}
	return []view.Block{view.Text{Lines: []view.Line{g.verdict()}}}
}

func stageCell(s *Stage) view.Line {
	l := view.Line{view.S(view.Strong, s.Title), view.S(view.Plain, " ("+s.Place+")")}
	if s.Skipped != "" {
		l = append(l, view.S(view.Quiet, ": "+s.Skipped))
	}
	return l
}

func verdictLine(c *Check) view.Line {
	switch c.Verdict {
	case Held:
		return view.LS(view.Good, "holds")
	case Undecided:
		return view.LS(view.Warn, "not decided")
	}
	return view.LS(view.Bad, "does not hold")
}

// same says whether a check does not hold for the same reason as another: the same step, or the same error.
func (c *Check) same(other *Check) bool {
	f, o := c.Finding, other.Finding
	if f.Kind != o.Kind || f.Kind == Expectation {
		return false
	}
	return f.Kind == Fault && f.error == o.error || f.Rule == o.Rule && f.Says[0] == o.Says[0]
}

// findingBlock says why a check does not hold.
func findingBlock(g *Grade, c *Check) view.Block {
	lines := []view.Line{view.LS(view.Strong, c.Number+" "+c.Title)}
	for i, text := range c.Finding.Says {
		style := view.Plain
		if i == 0 {
			style = view.Bad
		}
		lines = append(lines, view.LS(style, "  "+text))
	}
	if g.submitted {
		lines = append(lines, view.Line{view.S(view.Plain, "  "+prose.Plural(c.Finding.Steps, "step")+": "),
			view.S(view.Code, strings.Join(c.Finding.Schedule, "; "))})
		if c.Finding.Share != "" {
			lines = append(lines, view.Line{view.S(view.Plain, "  or, at the prompt of raftlab --guest COMMAND: "),
				view.S(view.Code, "open "+c.Finding.Share)})
		}
	} else if c.Finding.File != "" {
		lines = append(lines, view.Line{
			view.S(view.Plain, fmt.Sprintf("  %s: ", prose.Plural(c.Finding.Steps, "step"))),
			view.S(view.Code, "raftlab -i "+shellWord(c.Finding.File)+" --guest "+shellWord(g.Command))})
	}
	if len(c.also) > 0 {
		fail := prose.Either(len(c.also) == 1, "fails", "fail")
		how := prose.Either(c.Finding.Kind == Fault, "with the same error", "at the same step")
		lines = append(lines, view.L("  "+prose.And(c.also)+" "+fail+" "+how+"."))
	}
	return view.Text{Lines: lines, Indent: 4}
}

// verdict is the last line.
func (g *Grade) verdict() view.Line {
	all := g.All()
	failed, undecided := count(all, Failed), count(all, Undecided)
	switch {
	case failed > 0:
		return view.LS(view.Bad, fmt.Sprintf("%d of %s %s.", len(all)-failed-undecided,
			prose.Plural(len(all), "check"), hold(len(all)-failed-undecided))+g.undecided(undecided)+g.elections())
	case undecided > 0:
		return view.LS(view.Warn, strings.TrimSpace(g.undecided(undecided)))
	case len(all) == 0:
		return view.LS(view.Warn, "Nothing was checked.")
	}
	return view.LS(view.Good, fmt.Sprintf("All %d checks hold.", len(all)))
}

func hold(n int) string { return prose.Either(n == 1, "holds", "hold") }

func (g *Grade) undecided(n int) string {
	if n == 0 {
		return ""
	}
	verb := prose.Either(n == 1, "is", "are")
	return fmt.Sprintf(" %s %s not decided: %s. --within gives more time.", prose.Plural(n, "check"), verb, g.Cut)
}

// elections says that the program's elections are not those that the checks play; "" where they are.
func (g *Grade) elections() string {
	if len(g.beyond) == 0 {
		return ""
	}
	return " The checks play the elections of Figure 2; start the program so that it does not say " +
		prose.And(each.As(g.beyond, prose.Cite)) + " in can."
}

// shellWord is a text as one word of a shell.
func shellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./,:+@%", r)
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
