package commands

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/explore"
	"raftlab/cluster/rules"
	"raftlab/commands/ask"
	"raftlab/commands/lab"
	"raftlab/raft"
)

var tableTime = flag.Duration("table", 0, "how long each search of TestTableOfBugs may take; it is left out otherwise")

// The section of the page that it writes, and the one behind it.
const tablePage, tableSection, tableEnd = "../docs/explorer.md", "## Broken rules\n", "## How fast\n"

// TestTableOfBugs writes how each bug is found, into docs/explorer.md:
//
//	go test ./commands -run TableOfBugs -table 60s -update -timeout 3h
//
// Without -table it only holds that the page speaks of every bug there is.
func TestTableOfBugs(t *testing.T) {
	page, err := os.ReadFile(tablePage)
	if err != nil {
		t.Fatal(err)
	}
	before, section, found := strings.Cut(string(page), tableSection)
	section, after, ends := strings.Cut(section, tableEnd)
	if !found || !ends {
		t.Fatalf("%s has no section %q, then %q", tablePage, tableSection, tableEnd)
	}
	if *tableTime == 0 {
		for _, m := range rules.AllBugs() {
			if !strings.Contains(section, "| "+m.Name+" |") {
				t.Errorf("%s does not speak of %s: go test ./commands -run TableOfBugs -table 60s -update -timeout 3h", tablePage, m.Name)
			}
		}
		return
	}
	text := tableHead(*tableTime)
	for _, m := range rules.AllBugs() {
		row := tableRow(t, m, *tableTime)
		t.Log(row)
		text += row + "\n"
	}
	if *update {
		rewrite(t, tablePage, []byte(before+text+"\n"+tableEnd+after))
	}
}

func tableHead(within time.Duration) string {
	fuzz, columns, rule := "", "", ""
	if table.Lookup("fuzz") != nil {
		fuzz = fmt.Sprintf(";\n- by `fuzz within %v`: the length after `shrink`", within)
		columns, rule = " fuzz: steps | seconds |", "--:|--:|"
	}
	return fmt.Sprintf(tableSection+"\n"+
		"`bugs` lists mistakes from real implementations. Each takes one line in the code beside the correct one (`raft/mutants.go`,\n"+
		"`cluster/rules/mutants.go`). `bug NAME on` switches one on, with the settings that it needs to do harm. The table shows how each bug is\n"+
		"found, from a new cluster of the size that it needs and without further options:\n\n"+
		"- by `explore within %v`: the length of the schedule, and the number of distinct states, including the search for a shorter one%s;\n"+
		"- by the bug's own story, `scenario NAME`, which ends in its harm.\n\n"+
		"A dash means that it was not found in that time. A bug that breaks liveness breaks no invariant (`check liveness` finds it), and\n"+
		"`explore` does not judge linearizability. A bug that breaks Figure 2 alone breaks no property: in a cluster of guests, as in\n"+
		"`new 3 guest; bug vote-keeps-timer on; explore`, the judge names the rule. It says nothing of nextIndex, which Figure 2 leaves\n"+
		"free, so next-below-match and next-off-by-one show only where you look at it. The tests check the lengths\n"+
		"(`cluster/explore/bugs_test.go`). The seconds were measured on two cores.\n\n"+
		"    go test ./commands -run TableOfBugs -table %v -update -timeout 3h\n\n"+
		"| bug | nodes | breaks | explore | steps | states | seconds |%s its story |\n"+
		"|---|--:|---|---|--:|--:|--:|%s---|\n", within, fuzz, within, columns, rule)
}

func tableRow(t *testing.T, m raft.Mutant, within time.Duration) string {
	t.Helper()
	nodes := max(m.Nodes, 3)
	e := tableSearch(t, fmt.Sprintf("new %d; bug %s on; explore within %v", nodes, m.Name, within))
	cells := []string{m.Name, fmt.Sprint(nodes), m.Breaks, "-", "", fmt.Sprint(e.States), fmt.Sprintf("%.1f", e.Seconds)}
	switch e.Outcome {
	case explore.Breach:
		cells[3], cells[4] = e.Property, fmt.Sprint(e.Steps)
	case explore.Complete:
		cells[3] = "complete: nothing"
	}
	if table.Lookup("fuzz") != nil {
		f := tableSearch(t, fmt.Sprintf("new %d; bug %s on; fuzz within %v", nodes, m.Name, within))
		steps := "-"
		if f.Outcome == explore.Breach {
			steps = fmt.Sprint(f.Steps)
		}
		cells = append(cells, steps, fmt.Sprintf("%.1f", f.Seconds))
	}
	story := "-"
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1})
	if p := ask.PartingInStory(&Call{Ctx: context.Background(), Front: &screen{}, World: s.World()}, rules.FindBug(m.Name)); p != nil {
		story = m.Breaks
		if property, _, ok := strings.Cut(strings.TrimPrefix(p.Ends[0], "BREACH of "), ":"); ok && p.Breached {
			story = property
		}
	}
	return "| " + strings.Join(append(cells, story), " | ") + " |"
}

// tableSearch runs a line and returns what the last search came to.
func tableSearch(t *testing.T, line string) *lab.ExploredView {
	t.Helper()
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	if err := s.Run(context.Background(), line, f); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return s.world.(*lab.Lab).Explored
}

// The page names every bug for which more is tried, and no other.
func TestPageSaysForWhichBugsMoreIsTried(t *testing.T) {
	page, err := os.ReadFile(tablePage)
	if err != nil {
		t.Fatal(err)
	}
	_, tried, _ := strings.Cut(string(page), "## What it tries\n")
	tried, _, found := strings.Cut(tried, "## How it ends\n")
	if !found {
		t.Fatalf("%s does not say what it tries", tablePage)
	}
	for _, m := range rules.AllBugs() {
		if named, more := strings.Contains(tried, m.Name), m.Bit.About() != 0; named != more {
			t.Errorf("%s: more is tried for %s: %v; it says so: %v", tablePage, m.Name, more, named)
		}
	}
}
