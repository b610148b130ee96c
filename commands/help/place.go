package help

import (
	"slices"
	"strings"

	"raftlab/commands/prose"
	"raftlab/commands/view"
	"raftlab/docs"
)

// placeName is how a person names a place of the paper: Figure 8, figure-8,
// section 5.4.2, §5.4.2, 5.4.2, thesis 4.1.
var placeName = prose.Pattern(`(?i)^(?:(figure|section|thesis|chapter)[ -]?|§ ?)?(\d+(?:\.\d+)*)$`)

// codePath is a link to a file beside docs.
var codePath = prose.Pattern(`\[[^\]]*\]\(\.\./([^)]*)\)`)

// findPlaces is the rows of docs/paper.md about a place of the paper. A number
// alone is a section's.
func findPlaces(about string) []docs.Place {
	m := placeName().FindStringSubmatch(about)
	if m == nil {
		return nil
	}
	kind := strings.ToLower(m[1])
	switch kind {
	case "":
		kind = "section"
	case "chapter":
		kind = "thesis"
	}
	var found []docs.Place
	for _, p := range docs.Places() {
		if strings.EqualFold(p.Kind, kind) && slices.Contains(strings.Split(p.Name, ", "), m[2]) {
			found = append(found, p)
		}
	}
	return found
}

// placeBlocks is what a place is about, where it is in the code, and what to
// type to see it.
func placeBlocks(p docs.Place) []view.Block {
	head := view.Line{view.S(view.Strong, p.Kind+" "+p.Name), view.S(view.Plain, ": "+p.What)}
	t := view.Table{Fixed: 1}
	row := func(name string, cell view.Line) { t.Rows = append(t.Rows, []view.Line{view.L(name), cell}) }
	if p.Code != "" {
		row("code", pageLine(codePath().ReplaceAllString(p.Code, "$1")))
	}
	for _, line := range p.Type {
		row("type", view.LS(view.Code, line))
	}
	for _, name := range p.Show {
		if line := "scenario " + name; !slices.Contains(p.Type, line) {
			row("or", view.LS(view.Code, line))
		}
	}
	return []view.Block{view.Prose{Words: head}, t}
}

// placeNames is what help can be asked about the paper, for completion.
func placeNames() []string {
	var names []string
	for _, p := range docs.Places() {
		for name := range strings.SplitSeq(p.Name, ", ") {
			names = append(names, strings.ToLower(p.Kind)+"-"+name)
		}
	}
	return prose.Names(names)
}
