package commands

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/help"
	"raftlab/commands/prose"
	"raftlab/docs"
)

// Every topic of the manual can be asked for, and what it says stands in it.
func TestHelpTopics(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	if n := len(docs.Topics()); n < 20 {
		t.Errorf("only %d topics: are they found?", n)
	}
	for _, topic := range docs.Topics() {
		f.results = nil
		mustRun(t, s, f, "help "+topic.Name)
		if text := f.text(); !strings.Contains(text, topic.Title) || strings.Contains(text, "](") || strings.Contains(text, "```") {
			t.Errorf("help %s:\n%s", topic.Name, text)
		}
		if r := f.results[0].Value.(*help.HelpResult); r.Topic != topic.Name || r.Text == "" {
			t.Errorf("help %s in JSON: %v", topic.Name, r)
		}
	}
	for line, want := range map[string]string{
		"help elections":   "A server that sees a newer term adopts it",
		"help Elections":   "A server that sees a newer term",
		"help time travel": "Every event has a position",
		"help time-travel": "checkpoint NAME",             // and its commands
		"help travel":      "Every event has a",           // by the name of the group
		"help crashes":     "freeze NODES",                // and its commands
		"help faults":      "kill crashes a server",       // code without its marks
		"help conditions":  "commitIndex",                 // and the vocabulary
		"help snapshot":    "Figure 12",                   // the command and the word
		"help term":        "Figure 5",                    // the glossary
		"help split vote":  "no candidate gets a major",   // two words
		"help commit":      "5.4.2",                       // the word and the topic
		"help figure-8":    "scenario figure-8",           // a place of the paper
		"help Figure 2":    "node S1",                     // several rows
		"help 5.4.2":       "raft/commit.go: maybeCommit", // a section
		"help section 3":   "glossary",                    // of a row for two
		"help thesis 9.6":  "set prevote on",              // a chapter
		"help raft":        "add NODE",                    // a group without a section
	} {
		f.results = nil
		mustRun(t, s, f, line)
		if !strings.Contains(f.text(), want) {
			t.Errorf("%s: no %q in\n%s", line, want, f.text())
		}
	}
	for line, want := range map[string]string{
		"help electoins": "did you mean elections or election?", "help comitIndex": "did you mean commitIndex?", "help xyzzy": "help lists the commands and topics", "help figure-88": "did you mean figure-8",
	} {
		if err := s.Run(context.Background(), line, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// The manual speaks of every command, and the topic of a command's group of
// each of its commands.
func TestManualSpeaksOfEveryCommand(t *testing.T) {
	var all strings.Builder
	for _, topic := range docs.Topics() {
		all.WriteString(topic.Text)
	}
	said := func(text, name string) bool {
		return regexp.MustCompile("(`|`! |[;>] )" + regexp.QuoteMeta(name) + "([ `;!]|\n)").MatchString(text)
	}
	for _, c := range table.Commands() {
		if !said(all.String(), c.Name) && !slices.ContainsFunc(c.Aliases, func(a string) bool { return said(all.String(), a) }) {
			t.Errorf("the manual does not speak of %s: docs/manual.md has a section for the topic %s", c.Name, c.Topic)
		}
	}
}

// completions of a line whose end is the cursor.
func completions(s *Session, line string) []string {
	_, found := s.Complete(line, len(line))
	return found
}

func TestHelpCompletesTopicsAndWords(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1})
	for line, want := range map[string]string{"help elec": "elections", "help commitI": "commitIndex", "glossary match": "matchIndex", "help time-": "time-travel", "help sca": "", "help figure-1": "figure-12"} {
		if found := completions(s, line); want != "" && !slices.Contains(found, want) || want == "" && len(found) > 0 {
			t.Errorf("%s: %q, want %q", line, found, want)
		}
	}
}

// The glossary is sorted, explains each word once, says where it comes from,
// and what it says to try works.
func TestGlossary(t *testing.T) {
	try, place := regexp.MustCompile("Try `([^`]+)`"), regexp.MustCompile(`^(Figure \d|sections? \d|thesis \d|raftlab)`)
	var heads, words []string
	tried := 0
	for _, e := range docs.Glossary() {
		heads, words = append(heads, strings.ToLower(e.Words[0])), append(words, e.Words...)
		if !place.MatchString(e.Place) || len(e.Text) < 40 || !strings.HasSuffix(e.Text, ".") {
			t.Errorf("%s: (%s) %q", e.Words, e.Place, e.Text)
		}
		for _, m := range try.FindAllStringSubmatch(e.Text, -1) {
			tried++
			labWith(t, Options{Nodes: 5, Seed: 1}, m[1])
		}
	}
	if !slices.IsSorted(heads) || len(prose.Names(words)) != len(words) {
		t.Errorf("not sorted, or a word twice: %q", words)
	}
	if len(heads) < 60 || tried < 50 {
		t.Errorf("%d entries, %d things to try: are they found?", len(heads), tried)
	}
	for _, want := range []string{"term", "candidate", "follower", "leader", "commitIndex", "lastApplied", "nextIndex", "matchIndex", "votedFor", "currentTerm", "log", "majority"} {
		if help.FindEntry(want) == nil {
			t.Errorf("the glossary does not explain %s", want)
		}
	}
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "glossary matchindex", "glossary")
	if text := f.text(); !strings.Contains(text, "matchIndex (Figure 2): On a leader") || !strings.Contains(text, "applied, ") {
		t.Error(text)
	}
	if err := s.Run(context.Background(), "glossary machIndex", f); err == nil || !strings.Contains(err.Error(), "did you mean matchIndex?") {
		t.Error(err)
	}
}

func TestPageBlocks(t *testing.T) {
	page := "One `two` `a b`\n**three** [four](five.md) *five* `S1->*` `*->S1`.\n\n- a\n  b\n- `c`\n\n| h | `k` |\n|---|---|\n| x | y |\n\n```console\n> say x\n\nx\n```\n\n    code  as is\n"
	var got []string
	for _, b := range help.PageBlocks(page) {
		got = append(got, blockText(b))
	}
	want := []string{"One two `a b` three four five S1->* *->S1.", "", "- a b\n- c", "", "x  y", "", "  say x", "", "  code  as is"}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nnot %q", got, want)
	}
}

// At a terminal a scenario shows what it types, to be typed by its reader, and
// leaves the session as it was.
func TestScenariosShowTheirCommands(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "scenario figure-8")
	if len(f.echoed) > 0 {
		t.Errorf("off a terminal: %q", f.echoed)
	}
	f.interactive = true
	mustRun(t, s, f, "scenario figure-8; status")
	if !slices.Contains(f.echoed, "put x 2 via S1; settle S1 S2; drop AE") || slices.ContainsFunc(f.echoed, func(line string) bool {
		return line == "" || strings.HasPrefix(line, "say") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "expect")
	}) {
		t.Errorf("%q", f.echoed)
	}
	if s.Echo {
		t.Error("echo stays on")
	}
}
