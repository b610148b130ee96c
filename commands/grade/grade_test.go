package grade

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/guest/testdata/mistakes"
	"raftlab/commands/prose"
)

// language is one of those with a kit, a finished example, and its mistakes.
type language struct {
	name, runs string   // what must be there for it
	main       string   // the example's file, in cluster/guest/testdata
	kit        []string // files beside it, of docs/guests
	mistakes   []mistakes.Mistake
}

var languages = []language{
	{"python", "python3", "python/finished.py", []string{"python/raftlab.py"}, mistakes.Python},
	{"js", "node", "js/finished.js", []string{"js/raftlab.js"}, mistakes.JavaScript},
	{"go", "go", "go/finished.go", []string{"go/raftlab.go", "go/snapshots.go"}, mistakes.Go},
}

// command is the command that starts the finished example, with texts of it replaced. Where
// what runs it is missing, the test is skipped, but not where all must be tried.
func (l *language) command(t *testing.T, replace ...string) string {
	t.Helper()
	if _, err := exec.LookPath(l.runs); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not here, and CI=true says that nothing may be skipped", l.runs)
		}
		t.Skipf("%s is not here", l.runs)
	}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, filepath.Base(l.main))}
	copied(t, "../../cluster/guest/testdata/"+l.main, files[0], replace...)
	for _, file := range l.kit {
		files = append(files, filepath.Join(dir, filepath.Base(file)))
		copied(t, "../../docs/guests/"+file, files[len(files)-1])
	}
	if l.name != "go" {
		return l.runs + " " + files[0]
	}
	built := filepath.Join(dir, "mine")
	if out, err := exec.Command("go", append([]string{"build", "-o", built},
		files...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return built
}

// copied copies a file, with texts replaced.
func copied(t *testing.T, from, to string, replace ...string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	program := string(text)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(program, replace[i]) {
			t.Fatalf("the example has no %q", replace[i])
		}
		program = strings.Replace(program, replace[i], replace[i+1], 1)
	}
	if err := os.WriteFile(to, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
}

// python is the command that starts the Python example, with texts of it replaced.
func python(t *testing.T, replace ...string) string {
	t.Helper()
	return languages[0].command(t, replace...)
}

func graded(t *testing.T, o Order) *Grade {
	t.Helper()
	o.Within = 10 * time.Minute
	g, err := Run(context.Background(), &o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range g.All() {
		if c.Verdict == Undecided {
			t.Fatalf("%s is not decided", c.Number)
		}
	}
	return g
}

// failures is what does not hold, a line each.
func failures(g *Grade) (lines []string) {
	for _, c := range g.All() {
		if c.Verdict != Held {
			lines = append(lines, c.Number+" "+strings.Join(c.Finding.Says, " | "))
		}
	}
	return lines
}

// TestReference: raftlab's own core behind the protocol passes every stage.
func TestReference(t *testing.T) {
	if g := graded(t, Order{}); !g.Holds() {
		t.Errorf("%s\n%s", g.Error, strings.Join(failures(g), "\n"))
	}
}

// TestFinished: the finished examples pass every stage.
func TestFinished(t *testing.T) {
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			if g := graded(t, Order{Command: l.command(t)}); !g.Holds() {
				t.Errorf("%s\n%s", g.Error, strings.Join(failures(g), "\n"))
			}
		})
	}
}

// TestTheSameErrorIsToldOnce: an error of the program is one, whatever command meets it, and is told at
// the first check that it fails.
func TestTheSameErrorIsToldOnce(t *testing.T) {
	g := graded(t, Order{Command: python(t, "self.log.append(Entry(", "self.log.add(Entry("), Stage: 2})
	for _, c := range g.All() {
		if c.Verdict == Failed && c.Finding.Kind != Fault {
			t.Errorf("%s: %s: %s", c.Number, c.Finding.Kind, c.Finding.Says)
		}
	}
	if told := plainly(g.Blocks(), false); !strings.Contains(told, "2.2, 2.3, 2.4 and 2.5 fail with the same error.") ||
		strings.Count(told, "AttributeError") != 1 {
		t.Error(told)
	}
}

// electionsOnly is what a server that can only hold elections lacks: a log, replies to
// appends, stable storage.
var electionsOnly = []string{
	"        mine = (self.log.last_term, self.log.last_index)\n", "",
	"        theirs = (request.lastLogTerm, request.lastLogIndex)\n", "",
	" and theirs >= mine", "",
	"        if self.log.term(request.prevLogIndex)", "        return\n        if self.log.term(request.prevLogIndex)",
	"        if self.role != \"leader\":\n            return self.refuse(self.leader)\n",
	"        return self.refuse(self.leader)\n",
	"    def on_start(self):\n", "    def save(self):\n        pass\n\n    def on_start(self):\n",
}

// TestElectionsOnly: a stage asks for no more than its part of Figure 2.
func TestElectionsOnly(t *testing.T) {
	command := python(t, electionsOnly...)
	if g := graded(t, Order{Command: command, Stage: 1}); !g.Holds() {
		t.Errorf("stage 1: %s\n%s", g.Error, strings.Join(failures(g), "\n"))
	}
	for _, stage := range []int{2, 5} {
		if g := graded(t, Order{Command: command, Stage: stage}); g.Holds() {
			t.Errorf("stage %d holds", stage)
		}
	}
}

// TestOtherElections: what does not hold may be due to elections that are not those of the checks, which is said.
func TestOtherElections(t *testing.T) {
	wrong := []string{"self.votes = {self.name}", "self.votes = set()"}
	for can, said := range map[string]bool{"snapshot": false, "sticky": true, "prevote": true} {
		g := graded(t, Order{Stage: 1, Command: python(t, append([]string{`can=["snapshot"]`, "can=[\"" + can + "\"]"}, wrong...)...)})
		told := plainly(g.Blocks(), false)
		if g.Holds() || strings.Contains(told, "does not say "+prose.Cite(can)+" in can") != said {
			t.Errorf("%s: %s", can, told)
		}
	}
}

// named is the rules under which grade names a mistake that a search meets under another
// one: the checks go the other way round.
var named = map[string]string{
	"match-is-log-length":    "ReplyOfThisTerm",  // it shows before a majority is counted by it
	"terms-compared-wrongly": "AppendFromLeader", // stage 1 has no log
	"min-with-log-length":    "PrevLogMatches",   // its leader sends what is missing only once, which stage 2 shows
}

// stageOf is where a rule counts first.
func stageOf(rule string) int {
	for _, s := range stages() {
		if slices.Contains(s.rules, rule) {
			return s.Number
		}
	}
	return 0
}

// gradings is how often each mistake is graded, which RAFTLAB_MISTAKES says; once, and each
// third one only, and of JavaScript and Go each twelfth, where it says nothing; cluster/guest takes others.
func gradings() (times int, all bool) {
	n, err := strconv.Atoi(os.Getenv("RAFTLAB_MISTAKES"))
	if err != nil {
		return 1, false
	}
	return n, true
}

// TestMistakes: with each mistake a finished example fails first in the stage of the rule
// that names it, nine in ten with at most twenty steps, and no stage before; each time alike.
func TestMistakes(t *testing.T) {
	times, all := gradings()
	table := map[string]map[string]string{}
	for _, l := range languages {
		long, tried, every := 0, 0, 1
		switch {
		case all:
		case l.name == "python":
			every = 3
		default:
			every = 12
		}
		for k, m := range l.mistakes {
			if k%every > 0 {
				continue
			}
			tried++
			t.Run(l.name+"/"+m.Name, func(t *testing.T) {
				command := l.command(t, m.Replace...)
				c := gradedMistake(t, &m, command)
				if c.Finding.Steps > 20 {
					long++
				}
				for range times - 1 {
					if again := gradedMistake(t, &m, command); !reflect.DeepEqual(again, c) {
						t.Errorf("first %s %+v\nthen  %s %+v", c.Number, *c.Finding, again.Number, *again.Finding)
					}
				}
				row := cmp.Or(named[m.Name], m.Rule) + " | " + m.Name
				if table[row] == nil {
					table[row] = map[string]string{}
				}
				table[row][l.name] = fmt.Sprintf("%s, %s", c.Number, prose.Plural(c.Finding.Steps, "step"))
			})
		}
		if long*10 > tried {
			t.Errorf("%s: %d schedules have more than 20 steps", l.name, long)
		}
	}
	if *update && all {
		writeTable(t, table)
	}
}

var update = flag.Bool("update", false, "write the table of graded mistakes in docs/teaching.md anew")

// writeTable writes where each mistake fails, and the length of the schedule that shows it.
func writeTable(t *testing.T, table map[string]map[string]string) {
	t.Helper()
	const page, begins, ends = "../../docs/teaching.md", "<!-- graded: ", "<!-- end of graded -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begins)
	head, rest, ok2 := strings.Cut(rest, "\n")
	_, after, ok3 := strings.Cut(rest, ends)
	if !ok || !ok2 || !ok3 {
		t.Fatalf("%s has no place for the table", page)
	}
	var b strings.Builder
	b.WriteString("| rule | mistake | Python | JavaScript | Go |\n|---|---|---|---|---|\n")
	for _, row := range slices.Sorted(maps.Keys(table)) {
		fmt.Fprintf(&b, "| %s |", row)
		for _, l := range languages {
			fmt.Fprintf(&b, " %s |", table[row][l.name])
		}
		b.WriteString("\n")
	}
	if err := os.WriteFile(page, []byte(before+begins+head+"\n"+b.String()+ends+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// gradedMistake is the first check that fails, which must be of the rule's stage, and name it.
func gradedMistake(t *testing.T, m *mistakes.Mistake, command string) *Check {
	t.Helper()
	rule := cmp.Or(named[m.Name], m.Rule)
	for stage := 1; stage <= 5; stage++ {
		g := graded(t, Order{Command: command, Stage: stage})
		if g.Error != "" {
			t.Fatal(g.Error)
		}
		i := slices.IndexFunc(g.All(), func(c *Check) bool { return c.Verdict == Failed })
		if i < 0 {
			continue
		}
		c := g.All()[i]
		switch f := c.Finding; {
		case rule == "error" && f.Kind == Fault:
		case f.Rule != rule:
			t.Errorf("%s: %s, not %s\n%s", c.Number, f.Rule, rule, strings.Join(failures(g), "\n"))
		case c.Number[:1] < fmt.Sprint(stageOf(rule)):
			t.Errorf("%s fails already in %s", rule, c.Number)
		}
		return c
	}
	t.Fatal("every check holds")
	return nil
}

// TestErrors: an exception that only random schedules meet is told by its last line, with the
// schedule whose last step it is in.
func TestErrors(t *testing.T) {
	method := "    def on_request_vote(self, sender, request):\n"
	g := graded(t, Order{Stage: 5, Command: python(t, method, method+
		"        if self.role == \"leader\" and request.term > 5:\n            raise ValueError(\"boo\")\n")})
	f := g.All()[0].Finding
	if f == nil || f.Kind != Fault || !strings.Contains(f.Says[0], "ValueError: boo") || f.Server == "" ||
		!strings.HasPrefix(f.Schedule[len(f.Schedule)-1], "deliver") || f.Steps < 10 {
		t.Errorf("%+v", f)
	}
}

// TestTheSameVerdict: two gradings of one program say the same, or as many as are asked for.
func TestTheSameVerdict(t *testing.T) {
	command, first := python(t, mistakes.Python[3].Replace...), ""
	times, _ := gradings()
	for range max(2, times) {
		g := graded(t, Order{Command: command})
		text, err := g.Format("json", nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = text
		}
		if text != first {
			t.Fatalf("%s\n%s", first, text)
		}
	}
}

// TestChecks: each check begins as a check does, and says what it expects before it does.
func TestChecks(t *testing.T) {
	all, err := exercise(&Order{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if len(s.Checks) == 0 {
			t.Errorf("stage %d has no check", s.Number)
		}
		for _, c := range s.Checks {
			lines := strings.Split(c.script, "\n")
			first := 2
			if strings.HasPrefix(lines[2], "# except") {
				first = 3
			}
			if on, _, _ := strings.Cut(lines[first], " on "); !strings.HasPrefix(on, "new ") ||
				!strings.HasSuffix(on, " guest") {
				t.Errorf("%s begins with %q", c.File, lines[first])
			}
			if len(c.Title) > 90 {
				t.Errorf("%s: a long title", c.File)
			}
		}
	}
}
