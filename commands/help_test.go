package commands

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/commands/files"
)

var update = flag.Bool("update", false, "write the files that tests compare anew")

// TestHelpIsAFlagOfEachCommand: each shows the same for --help and for -h as help shows of it, by each of its
// names, and where another command follows. In quotes, or beside other words, it is a word as any.
func TestHelpIsAFlagOfEachCommand(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1})
	shows := func(line string) string {
		f.results = nil
		mustRun(t, s, f, line)
		return f.text()
	}
	for _, c := range table.Commands() {
		want := shows("help " + c.Name)
		for _, name := range append([]string{c.Name}, c.Aliases...) {
			for _, line := range []string{name + " --help", name + "  -h # so", name + " --help;"} {
				if got := shows(line); got != want {
					t.Errorf("%s shows\n%s\nnot\n%s", line, got, want)
				}
			}
		}
	}
	if got := shows(`poll "--help"`); !strings.Contains(got, "Question: --help") {
		t.Errorf("in quotes it shows\n%s", got)
	}
	if err := s.Run(t.Context(), "put x 1 --help", f); err == nil {
		t.Error("put x 1 --help is no mistake")
	}
}

func TestHelp(t *testing.T) {
	for line, want := range map[string][]string{
		"help":            {"tick", "help COMMAND"},
		"help all":        {"tick [TICKS] [NODES]", "does tick", "help COMMAND"},
		"help put":        {"put KEY VALUE [via NODE] [as CLIENT]", "Does put.", "KEY", "a key of the key-value store"},
		"help run":        {"run [TICKS]", "run until CONDITION [within TICKS]"},
		"help exit":       {"quit", "Also called exit."},
		"help time":       {"Time: nothing moves", "partition NODES | NODES…"},
		"help conditions": {"commitIndex", "take a condition", "a message has:"},
		"help NODES":      {"NODES: servers, separated by blanks or commas, or all"},
		"help which":      {"WHICH: messages in flight"},
		"help bug":        {"bug BUG on|off [on NODE]"},
		"help new":        {"new [COUNT] [seed N] [keep]"},
	} {
		s, _, f := fake(t, Options{})
		if err := s.Run(context.Background(), line, f); err != nil {
			t.Errorf("%s: %v", line, err)
		}
		for _, w := range want {
			if !strings.Contains(f.text(), w) {
				t.Errorf("%s: no %q in\n%s", line, w, f.text())
			}
		}
	}
	check(t, nil, [][2]string{{"help tikc", "! did you mean tick?"}, {"help xyzzy", "! help lists the commands and topics"}})
}

// TestManual compares docs/commands.md with the table of commands.
func TestManual(t *testing.T) {
	path := filepath.Join("..", "docs", "commands.md")
	if *update {
		rewrite(t, path, manual())
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, manual()) {
		t.Errorf("%s is not what the table says (%v): run go test ./commands -run Manual -update", path, err)
	}
}

// rewrite replaces a file as a whole.
func rewrite(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := files.Write(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestEveryExampleRuns runs what help shows, each line in a fresh cluster.
func TestEveryExampleRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range table.Commands() {
		for _, line := range c.Examples {
			s, err := NewSession(Options{Nodes: 5, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Run(context.Background(), line, &screen{}); err != nil {
				t.Errorf("%s: the example %q: %v", c.Name, line, err)
			}
			if broken := s.UnexpectedBreaches(); len(broken) > 0 {
				t.Errorf("%s: the example %q shows a breach and does not accept it: %q", c.Name, line, broken)
			}
		}
	}
}

// Every command can be explained, and its summary can stand in a list.
func TestEveryCommandIsExplained(t *testing.T) {
	for _, c := range table.Commands() {
		if strings.HasSuffix(c.Summary, ".") || len(c.Summary) > 100 {
			t.Errorf("%s: the summary is a phrase of at most 100 letters: %q", c.Name, c.Summary)
		}
		if len(c.Examples) == 0 && len(c.Arguments()) > 0 && c.Name != "source" {
			t.Errorf("%s has no example", c.Name)
		}
		said := map[string]string{}
		for _, a := range c.Arguments() {
			if a.Doc == "" || a.Doc == "words" {
				t.Errorf("%s: nothing is said about %s", c.Name, a.Name)
			}
			if other := said[a.Name]; other != "" {
				t.Errorf("%s: %s is explained twice: %q and %q", c.Name, a.Name, other, a.Doc)
			}
			said[a.Name] = a.Doc
		}
	}
}
