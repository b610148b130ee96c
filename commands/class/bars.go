package class

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/commands/prose"
	"raftlab/commands/view"
)

// How wide bars are, of one round and of each of two, so that all fits into 80 columns.
const (
	wideBar   = 30
	narrowBar = 16
)

// Blocks is how the class has answered, as bars: those of two rounds side by side.
func (o *Outcome) Blocks() []view.Block {
	most, all := 0, make([]int, len(o.Rounds))
	for i, round := range o.Rounds {
		for _, n := range round {
			all[i] += n
		}
		most = max(most, all[i])
	}
	head := []view.Block{view.Prose{Words: view.Line{view.S(view.Strong, "The class: "), view.S(view.Plain,
		prose.Visible(o.Text))}}}
	if most == 0 {
		return append(head, view.Says(view.Quiet, "No one answered."))
	}
	t, width := view.Table{Fixed: 1}, wideBar
	if len(o.Rounds) == 2 {
		t.Head, width = []string{"", "first round", "second round", ""}, narrowBar
	}
	for _, answer := range o.answers() {
		style, mark := view.Plain, ""
		if answer == o.Truth {
			style, mark = view.Good, "right"
		}
		row := []view.Line{view.LS(view.Strong, prose.Visible(answer))}
		for _, round := range o.Rounds {
			row = append(row, view.LS(style, bar(round[answer], most, width)))
		}
		t.Rows = append(t.Rows, append(row, view.LS(style, mark)))
	}
	return append(head, t, view.Prose{Words: view.LS(view.Quiet, o.sum(all))})
}

// answers is those that were given and could be, in the order of the choices, or else the most
// frequent first.
func (o *Outcome) answers() []string {
	last := o.Rounds[len(o.Rounds)-1]
	var out []string
	for _, c := range o.Choices {
		if c = o.meant(c); !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	rest := map[string]int{}
	for _, round := range o.Rounds {
		for answer := range round {
			if !slices.Contains(out, answer) {
				rest[answer] = last[answer]
			}
		}
	}
	return append(out, ordered(rest)...)
}

// meant is a choice as it was counted: the right one may be written otherwise.
func (o *Outcome) meant(choice string) string {
	for _, round := range o.Rounds {
		if _, counted := round[choice]; counted {
			return choice
		}
	}
	return o.Truth
}

// bar is a number of answers, drawn and written.
func bar(n, most, width int) string {
	full := (n*width + most - 1) / most
	return fmt.Sprintf("%s%s %d", strings.Repeat("#", full), strings.Repeat(".", width-full), n)
}

// sum is how many have answered, and changed.
func (o *Outcome) sum(all []int) string {
	text := fmt.Sprintf("%d of %s answered.", all[0], prose.Plural(o.Pages, "page"))
	if len(all) == 2 {
		text = fmt.Sprintf("%d answered, and then %d of %s.", all[0], all[1], prose.Plural(o.Pages, "page"))
		what := prose.Either(o.Truth != "", "to the right answer", "the answer")
		text += fmt.Sprintf(" %d changed %s.", o.Changed, what)
	}
	return text
}
