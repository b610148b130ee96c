package judge_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of mistakes in docs/guest.md anew")

const (
	guestPage  = "../../docs/guest.md"
	tableBegin = "<!-- mistakes: made by go test ./cluster/judge -run Table -update -->\n"
	tableEnd   = "<!-- end of mistakes -->\n"
)

// table is the mistakes and the rules under which they are told, for the page.
func table() string {
	var b strings.Builder
	b.WriteString("| mistake | what is wrong | the rule that names it | shows with |\n|---|---|---|---|\n")
	shown := map[string]bool{}
	for _, m := range common { // of a mistake that is made in two ways, the one that shows more
		shown[m.name] = true
	}
	core := slices.DeleteFunc(slices.Clone(mutants), func(m mistake) bool { return shown[m.name] })
	for _, m := range append(core, common...) {
		var rules []string
		for _, r := range m.rules {
			rules = append(rules, r.ID)
		}
		told := strings.Join(rules, " or ")
		if m.unseen != "" {
			told = "none: " + m.unseen
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", m.name, m.says, told, m.needs())
	}
	return b.String()
}

// needs is what the mistake shows with: servers, settings.
func (m *mistake) needs() string {
	var all []string
	if m.nodes > 3 {
		all = append(all, fmt.Sprint(m.nodes, " servers"))
	}
	for i := 0; i+1 < len(m.setup); i += 2 {
		all = append(all, m.setup[i]+" "+m.setup[i+1])
	}
	if m.snapshots {
		all = append(all, "can snapshot")
	}
	if m.can.PreVote {
		all = append(all, "can prevote")
	}
	if m.members {
		all = append(all, "a learner")
	}
	return strings.Join(all, ", ")
}

// The page has the table of the mistakes that these tests make. With -update it is
// written anew.
func TestTable(t *testing.T) {
	nameMutants(t)
	page, err := os.ReadFile(guestPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(page), tableBegin)
	old, after, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("%s has no place for the table: %q to %q", guestPage, tableBegin, tableEnd)
	}
	switch {
	case old == table():
	case *update:
		if err := os.WriteFile(guestPage, []byte(before+tableBegin+table()+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s has another table of mistakes; go test ./cluster/judge -run Table -update writes it", guestPage)
	}
}
