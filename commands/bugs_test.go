package commands

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/docs"
	"raftlab/raft"
)

// unwritten is the bugs whose story is still to be written. A bug that has
// one must not stand here.
var unwritten = strings.Fields(`
	ack-before-durable ack-before-commit local-read lease-and-clock removed-disrupts partial-partition`)

func TestEveryBugHasAStory(t *testing.T) {
	for _, m := range cluster.AllBugs() {
		_, ok := docs.Bug(m.Name)
		switch missing := slices.Contains(unwritten, m.Name); {
		case !ok && !missing:
			t.Errorf("docs/bugs/%s.raft is not there", m.Name)
		case ok && missing:
			t.Errorf("%s has a story: take it off the list in this test", m.Name)
		}
	}
	for _, name := range docs.Bugs() {
		if cluster.FindBug(name) == nil {
			t.Errorf("docs/bugs/%s.raft is the story of no bug", name)
		}
		if _, ok := docs.Scenario(name); ok {
			t.Errorf("%s is a scenario, too: scenario %s would not play the bug's story", name, name)
		}
	}
}

// witness is a screen that remembers which properties were broken meanwhile,
// and which lines failed.
type witness struct {
	screen
	session  *Session
	breached map[string]bool
	failed   []string
}

func (w *witness) Show(r *Result) {
	for _, b := range labOf(&Call{World: w.session.world}).world().Breaches() {
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

// claims tells whether a line of a story says that the rule's breach did harm.
func claims(m *raft.Mutant, line string) bool {
	switch m.Breaks {
	case "linearizability":
		return line == "! check linearizable"
	case "liveness":
		return strings.HasPrefix(line, "expect ") && !strings.Contains(line, "bugs") &&
			(strings.Contains(line, "term") || strings.Contains(line, "commit"))
	}
	return strings.HasPrefix(line, "expect ") && strings.Contains(line, "violations") && strings.Contains(line, `"`+m.Breaks+`"`)
}

// A story ends with the harm that the catalogue names. With the rule kept and
// all else the same, it does not come to that.
func TestStoriesOfBugs(t *testing.T) {
	for _, name := range docs.Bugs() {
		t.Run(name, func(t *testing.T) {
			text, _ := docs.Bug(name)
			for _, wrong := range storyErrors(t, cluster.FindBug(name), text) {
				t.Error(wrong)
			}
		})
	}
}

// storyErrors is what is wrong with the story of a bug.
func storyErrors(t *testing.T, m *raft.Mutant, text string) (wrong []string) {
	t.Helper()
	safety := m.Breaks != "linearizability" && m.Breaks != "liveness"
	told := watchStory(t, m.Name, text)
	for _, line := range told.failed {
		wrong = append(wrong, "fails: "+line)
	}
	if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return claims(m, line) }) {
		wrong = append(wrong, "no line claims the harm: "+m.Breaks)
	}
	if safety && !told.breached[m.Breaks] {
		wrong = append(wrong, "no breach of "+m.Breaks)
	}
	on := regexp.MustCompile(`\bbug ` + m.Name + ` on( on S\d+)?`)
	if !on.MatchString(text) {
		return append(wrong, "it does not say bug "+m.Name+" on")
	}
	sets := make([]string, len(m.Needs))
	for i, need := range m.Needs {
		sets[i] = "set " + need
	}
	kept := watchStory(t, m.Name, on.ReplaceAllString(text, strings.Join(sets, "; ")))
	for property := range kept.breached {
		wrong = append(wrong, "without the bug there is a breach, too: "+property)
	}
	if !slices.ContainsFunc(kept.failed, func(line string) bool { return claims(m, line) }) {
		wrong = append(wrong, "without the bug its claims hold as well")
	}
	return wrong
}

// storyErrors is no test unless it can fail.
func TestBadStoriesAreFound(t *testing.T) {
	const harm = "new 3\nbug vote-any on\ntimeout S1 S2\ndeliver RV S1->S3; deliver RVR; deliver RV S2->S3; deliver RVR\n"
	const claim = "expect any(violations, .property == \"Election Safety\")\n"
	if wrong := storyErrors(t, cluster.FindBug("vote-any"), harm+claim); len(wrong) > 0 {
		t.Errorf("a good one: %v", wrong)
	}
	for text, want := range map[string]string{
		harm:                                  "no line claims",
		strings.ReplaceAll(harm, "on", "off"): "it does not say",
		harm + "expect len(filter(violations, .property == \"Election Safety\")) >= 0\n": "its claims hold as well",
		harm + claim + "expect clock == 7\n":                                             "fails: expect clock",
		"new 3\nbug vote-any on\n" + claim:                                               "no breach of",
		"new 3\nbug no-sessions on\nset fsync off\ntimeout S1 S2\ndeliver RV S1->S3; kill S3; restart S3; deliver RV S2->S3; deliver RVR\n" + claim: "without the bug there is a breach",
	} {
		m := cluster.FindBug("vote-any")
		if strings.Contains(text, "no-sessions") {
			m = &raft.Mutant{Name: "no-sessions", Breaks: m.Breaks}
		}
		if wrong := storyErrors(t, m, text); !strings.Contains(strings.Join(wrong, "; "), want) {
			t.Errorf("%q: %v, want %q", text, wrong, want)
		}
	}
}
