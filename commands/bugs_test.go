package commands

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
	"raftlab/cluster/rules"
	"raftlab/cluster/setting"
	"raftlab/commands/lab"
	"raftlab/docs"
	"raftlab/raft"
)

func TestEveryBugHasAStory(t *testing.T) {
	for _, m := range rules.AllBugs() {
		if _, ok := docs.Bug(m.Name); !ok {
			t.Errorf("docs/bugs/%s.raft is not there", m.Name)
		}
	}
	for _, name := range docs.Bugs() {
		if rules.FindBug(name) == nil {
			t.Errorf("docs/bugs/%s.raft is the story of no bug", name)
		}
		if _, ok := docs.Scenario(name); ok {
			t.Errorf("%s is a scenario, too: scenario %s would not play the bug's story", name, name)
		}
	}
}

// What is said of a bug's origin says more than the rule that it breaks, whose place stands right above.
func TestABugsOriginIsNotItsRuleAgain(t *testing.T) {
	for _, m := range rules.AllBugs() {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		mustRun(t, s, f, "bug "+m.Name+" on")
		place, paper := strings.CutPrefix(m.Seen, "ruled out by ")
		again := paper && strings.Contains(m.Violates.Place, place)
		if said := strings.Contains(strings.ToLower(f.text()), strings.ToLower(m.Seen)); said == again {
			t.Errorf("%s: its origin is said: %v\n%s", m.Name, said, f.text())
		}
	}
}

// witness is a screen that remembers which properties were broken meanwhile,
// and which lines failed.
type witness struct {
	screen
	session  *Session
	breached map[string]bool // meanwhile
	failed   []string
	last     *cluster.World
}

func (w *witness) Show(r *Result) {
	w.last = lab.Of(&Call{World: w.session.world}).World()
	for _, b := range w.last.Breaches() {
		w.breached[b.Property] = true
	}
	if r.Err != nil && !r.Told {
		w.failed = append(w.failed, r.Command)
	}
}

// watchStory plays a script to its end, whatever fails.
func watchStory(t *testing.T, name, text string) *witness {
	t.Helper()
	s, err := NewSession(Options{Nodes: 5, Seed: 1, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{session: s, breached: map[string]bool{}}
	_ = s.RunScript(context.Background(), name, strings.NewReader(text), w)
	return w
}

// endsWith tells whether the world at the end of a story is broken so. Of
// liveness, no single world can tell.
func (w *witness) endsWith(property string) bool {
	switch property {
	case "liveness", raft.PaperAlone:
		return true
	case "linearizability":
		return w.session.Run(context.Background(), "! check linearizable", &screen{}) == nil
	}
	return slices.ContainsFunc(w.last.Breaches(), func(b invariants.Breach) bool { return b.Property == property })
}

// claims tells whether a line of a story says that the rule's breach did harm.
func claims(m *raft.Mutant, line string) bool {
	switch m.Breaks {
	case "linearizability":
		return line == "! check linearizable"
	case "liveness":
		return strings.HasPrefix(line, "expect ") && !strings.Contains(line, "bugs") &&
			(strings.Contains(line, "term") || strings.Contains(line, "commit"))
	case raft.PaperAlone:
		return strings.HasPrefix(line, "expect ") && !strings.Contains(line, "bugs")
	}
	return strings.HasPrefix(line, "expect ") && strings.Contains(line, "violations") && strings.Contains(line, `"`+m.Breaks+`"`)
}

// A story ends with the harm that the catalogue names. With the rule kept and
// all else the same, it does not come to that.
func TestStoriesOfBugs(t *testing.T) {
	for _, name := range docs.Bugs() {
		t.Run(name, func(t *testing.T) {
			text, _ := docs.Bug(name)
			for _, wrong := range storyErrors(t, rules.FindBug(name), text) {
				t.Error(wrong)
			}
		})
	}
}

// storyErrors is what is wrong with the story of a bug.
func storyErrors(t *testing.T, m *raft.Mutant, text string) (wrong []string) {
	t.Helper()
	told := watchStory(t, m.Name, text)
	for _, line := range told.failed {
		wrong = append(wrong, "fails: "+line)
	}
	if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return claims(m, line) }) {
		wrong = append(wrong, "no line claims the harm: "+m.Breaks)
	}
	if !told.endsWith(m.Breaks) {
		wrong = append(wrong, "it does not end with a breach of "+m.Breaks)
	}
	on := regexp.MustCompile(`\bbug ` + m.Name + ` on( on S\d+)?`)
	if !on.MatchString(text) {
		return append(wrong, "it does not say bug "+m.Name+" on")
	}
	sets := make([]string, len(m.Needs))
	for i, need := range m.Needs {
		sets[i] = "set " + need.String()
	}
	for how, instead := range map[string]string{
		"without the bug": strings.Join(sets, "; "), "with the bug switched off": "$0; bug " + m.Name + " off",
	} {
		kept := watchStory(t, m.Name, on.ReplaceAllString(text, instead))
		for property := range kept.breached {
			wrong = append(wrong, how+" there is a breach, too: "+property)
		}
		if !slices.ContainsFunc(kept.failed, func(line string) bool { return claims(m, line) }) {
			wrong = append(wrong, how+" its claims hold as well")
		}
	}
	return wrong
}

// storyErrors is no test unless it can fail.
func TestBadStoriesAreFound(t *testing.T) {
	const harm = "new 3\nbug vote-any on\ntimeout S1 S2\ndeliver RV S1->S3; deliver RVR; deliver RV S2->S3; deliver RVR\n"
	const claim = "expect any(violations, .property == \"Election Safety\")\n"
	if wrong := storyErrors(t, rules.FindBug("vote-any"), harm+claim); len(wrong) > 0 {
		t.Errorf("a good one: %v", wrong)
	}
	for text, want := range map[string]string{
		harm:                                  "no line claims",
		strings.ReplaceAll(harm, "on", "off"): "it does not say",
		harm + "expect len(filter(violations, .property == \"Election Safety\")) >= 0\n": "its claims hold as well",
		harm + claim + "expect clock == 7\n":                                             "fails: expect clock",
		"new 3\nbug vote-any on\n" + claim:                                               "does not end with a breach of",
		harm + claim + "goto 0\n":                                                        "does not end with a breach of",
		"new 3\nbug no-sessions on\nset fsync off\ntimeout S1 S2\ndeliver RV S1->S3; kill S3; restart S3; deliver RV S2->S3; deliver RVR\n" + claim: "without the bug there is a breach",
	} {
		m := rules.FindBug("vote-any")
		if strings.Contains(text, "no-sessions") {
			m = &raft.Mutant{Name: "no-sessions", Breaks: m.Breaks}
		}
		if wrong := storyErrors(t, m, text); !strings.Contains(strings.Join(wrong, "; "), want) {
			t.Errorf("%q: %v, want %q", text, wrong, want)
		}
	}
}

// play is what a line shows, and what it is in JSON, in a session of its own.
func play(t *testing.T, line string) string {
	t.Helper()
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, line)
	text := f.text() + s.Prompt().String()
	for _, r := range f.results {
		text += "\n" + string(r.JSON())
	}
	return text
}

// answer is what is behind the riddle of a seed.
func answer(t *testing.T, nodes int, seed string) string {
	t.Helper()
	s, f := labWith(t, Options{Nodes: nodes, Seed: 1}, "bug random seed "+seed)
	mustRun(t, s, f, "bug reveal")
	return s.world.Vocabulary(nil).Bugs[0]
}

// Nothing that can be looked at tells one riddle from another, only what the
// servers do.
func TestRiddlesGiveNothingAway(t *testing.T) {
	look := func(seed string) string {
		line := "bug random seed " + seed + `; bugs; status; settings; events; history; expect bugs == ["?"]; ! bug vote-any off; whatif run 5; save ` + t.TempDir() + "/x.raft"
		text := strings.ReplaceAll(play(t, line), "seed "+seed, "seed N")
		text = strings.ReplaceAll(text, `"seed":`+seed+"}", `"seed":N}`)
		return regexp.MustCompile(`[^ "]*/x\.raft`).ReplaceAllString(text, "FILE")
	}
	names := map[string]bool{}
	first := look("100")
	for _, seed := range []string{"101", "102", "103", "104", "105", "106", "107", "108"} {
		names[answer(t, 5, seed)] = true
		if got := look(seed); got != first {
			t.Errorf("seed %s shows another text:\n%s\n----\n%s", seed, got, first)
		}
	}
	if len(names) < 4 {
		t.Errorf("only %v in eight riddles", names)
	}
}

// A search finds what is wrong, and tells what happened, not which line it was.
func TestSearchesKeepTheSecret(t *testing.T) {
	seed := 0
	for answer(t, 3, strconv.Itoa(seed)) != "vote-any" {
		seed++
	}
	file := filepath.Join(t.TempDir(), "riddle.raft")
	text := play(t, "new 3; bug random seed "+strconv.Itoa(seed)+"; explore timeouts 2 crashes 0 drops 0 submits 0 terms 1; goto found; "+
		"expect any(violations, .property == \"Election Safety\"); status; events; changes; diagram; diff 1 20; save "+file)
	saved, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(saved), "bug random seed") {
		t.Errorf("%s %v", saved, err)
	}
	for _, secret := range []string{"vote-any", rules.FindBug("vote-any").Says, "VoteOnce"} {
		if strings.Contains(text+string(saved), secret) {
			t.Errorf("%s is given away:\n%s", secret, text)
		}
	}
}

// Who errs is said wherever a bug is named; a new cluster errs no more.
func TestWhoErrs(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "bug vote-any on on S2; status")
	for _, c := range []struct{ line, says string }{
		{"status", "BUG: vote-any in S2"},
		{"bugs", "ON S2"},
		{"bug vote-any on; status", "BUG: vote-any\n"},
		{"bug vote-any off on S1; status", "BUG: vote-any in S2 S3"},
		{"bug vote-any off; status", "0 messages in flight\n"},
		{"bug vote-any on on S3; new", "No bug is on here (vote-any in S3 was on before)."},
		{"bug random; new; expect len(bugs) == 0", "No bug is on here (the riddle is left unsolved)."},
	} {
		f.results = nil
		mustRun(t, s, f, c.line)
		if !strings.Contains(f.text(), c.says) {
			t.Errorf("%s: %s\nwant %q", c.line, f.text(), c.says)
		}
	}
}

// The same seed draws the same bug, also from a saved script; all that do harm
// in a cluster of this size can be drawn, and no others.
func TestRiddlesAreDrawnBySeed(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range 1000 {
		w := cluster.New(5, 1, setting.Defaults())
		if err := errors.Join(w.Apply(cluster.RandomBug{Seed: uint64(seed)}), w.Apply(cluster.RevealBug{})); err != nil {
			t.Fatal(err)
		}
		drawn[w.Bugs()[0]] = true
	}
	if drawn["quorum-minus-one"] || drawn["hole-in-batch"] || !drawn["vote-any"] || !drawn["direct-change"] || !drawn["no-sessions"] || len(drawn) != 29 {
		t.Errorf("%d are drawn: %v", len(drawn), drawn)
	}
	file := filepath.Join(t.TempDir(), "riddle.raft")
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; bug random; save "+file)
	mustRun(t, s, f, "bug reveal")
	name := s.world.Vocabulary(nil).Bugs[0]
	if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), name) || !strings.Contains(string(text), "bug random seed ") {
		t.Errorf("%s %v", text, err)
	}
	again, g := labWith(t, Options{Nodes: 5, Seed: 9}, "source "+file, `expect bugs == ["?"]; bug reveal`)
	mustRun(t, again, g, `expect bugs == ["`+name+`"]`)
}

func TestRiddlesAreGuessed(t *testing.T) {
	seed := 0
	for answer(t, 5, strconv.Itoa(seed)) != "vote-not-stored" {
		seed++
	}
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "bug random seed "+strconv.Itoa(seed))
	for _, c := range []struct{ line, says string }{
		{"! bug random", "a rule is broken already"},
		{"! bug vote-any on", "for you to guess"},
		{"bug guess no-log-check", "No, it is not no-log-check"},
		{"bug guess vote-any", "close: the rule that is broken is the same one, VoteOnce.\n2 guesses so far."},
		{"undo; bug guess vote-any; bugs", "2 guesses so far"},
		{"bug guess vote-not-stored", "Yes, it is vote-not-stored, found with 3 guesses."},
		{`expect bugs == ["vote-not-stored"]; status`, "BUG: vote-not-stored"},
		{"! bug guess vote-any", "nothing to guess"},
		{"! bug reveal", "nothing to guess"},
		{"! bug random", "a bug is on already: vote-not-stored"},
		{`undo; expect bugs == ["?"]; bug reveal`, "It is vote-not-stored."},
		{"bug vote-not-stored off; expect len(bugs) == 0; bug random", "A rule is broken in every server."},
		{"new 2; expect len(bugs) == 0; ! bug random", "it takes three servers"},
	} {
		f.results = nil
		mustRun(t, s, f, c.line)
		if !strings.Contains(f.text(), c.says) {
			t.Errorf("%s: %s\nwant %q", c.line, f.text(), c.says)
		}
	}
}
