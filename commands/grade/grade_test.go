package grade

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/guest/testdata/mistakes"
)

// python is the command that starts a Python server: the finished example, with texts of
// it replaced. Where there is no Python, the test is skipped, but not where all must be tried.
func python(t *testing.T, replace ...string) string {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 is not here, and CI=true says that nothing may be skipped")
		}
		t.Skip("python3 is not here")
	}
	text, err := os.ReadFile("../../cluster/guest/testdata/python/finished.py")
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
	path := filepath.Join(t.TempDir(), "mine.py")
	if err := os.WriteFile(path, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	kit, err := filepath.Abs("../../docs/guests/python")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PYTHONPATH", kit)
	return "python3 " + path
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

// TestFinished: the finished example passes every stage.
func TestFinished(t *testing.T) {
	if g := graded(t, Order{Command: python(t)}); !g.Holds() {
		t.Errorf("%s\n%s", g.Error, strings.Join(failures(g), "\n"))
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
	for stage := 2; stage <= 5; stage++ {
		if g := graded(t, Order{Command: command, Stage: stage}); g.Holds() {
			t.Errorf("stage %d holds", stage)
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

// TestMistakes: with each mistake the finished example fails first in the stage of the rule
// that names it, nine in ten with at most twenty steps, and no stage before.
func TestMistakes(t *testing.T) {
	long := 0
	for _, m := range mistakes.Python {
		t.Run(m.Name, func(t *testing.T) {
			rule := cmp.Or(named[m.Name], m.Rule)
			command := python(t, m.Replace...)
			var g *Grade
			i := -1
			for stage := 1; stage <= 5 && i < 0; stage++ {
				g = graded(t, Order{Command: command, Stage: stage})
				i = slices.IndexFunc(g.All(), func(c *Check) bool { return c.Verdict == Failed })
			}
			if i < 0 {
				t.Fatal("every check holds")
			}
			c := g.All()[i]
			switch f := c.Finding; {
			case rule == "error" && f.Kind == Fault:
			case f.Rule != rule:
				t.Errorf("%s: %s, not %s\n%s", c.Number, f.Rule, rule, strings.Join(failures(g), "\n"))
			case c.Number[:1] < fmt.Sprint(stageOf(rule)):
				t.Errorf("%s fails already in %s", rule, c.Number)
			case f.Steps > 20:
				long++
			}
		})
	}
	if long*10 > len(mistakes.Python) {
		t.Errorf("%d schedules have more than 20 steps", long)
	}
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

// TestTheSameVerdict: ten gradings of one program say the same.
func TestTheSameVerdict(t *testing.T) {
	command, first := python(t, mistakes.Python[3].Replace...), ""
	for range 10 {
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
			if !strings.HasPrefix(lines[first], "new ") || !strings.HasSuffix(lines[first], " guest") {
				t.Errorf("%s begins with %q", c.File, lines[first])
			}
			if len(c.Title) > 90 {
				t.Errorf("%s: a long title", c.File)
			}
		}
	}
}
