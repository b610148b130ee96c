package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/commands/files"
	"raftlab/console"
)

// play runs a script as the console does, at 80 columns and without colour,
// and returns what a reader sees: each line of the script behind "> ", and
// what it printed, failures among it.
func play(t *testing.T, script string) string {
	t.Helper()
	t.Setenv("COLUMNS", "80")
	t.Chdir(t.TempDir())
	in, out := "in", "out"
	if err := os.WriteFile(in, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	console.Main([]string{"--keep-going", "--color", "never", "-c", "set echo on", "-"}, stdin, stdout, stdout)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "stdin:", "line ")
}

// script is the commands of a transcript: its lines behind "> ".
func script(transcript string) string {
	var b strings.Builder
	for line := range strings.Lines(transcript) {
		if command, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), ">"); ok {
			b.WriteString(strings.TrimPrefix(command, " ") + "\n")
		}
	}
	return b.String()
}

// rewrite replaces a file through another one, so that it is never half there.
func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := files.Write(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTranscripts plays the commands of each testdata/transcripts/*.txt and
// compares every line of what they show. With -update it writes them anew.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/transcripts/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			file, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, script(string(want)))
			if script(got) != script(string(want)) {
				t.Fatal("what is shown does not give back the commands: is a line too long, or does a script show its own?")
			}
			if *update {
				rewrite(t, file, got)
				return
			}
			compare(t, string(want), got)
		})
	}
}

// compare tells the first line that differs, with the command above it.
func compare(t *testing.T, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	command := ""
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if strings.HasPrefix(a, "> ") {
			command = a
		}
		if a != b {
			t.Errorf("line %d, at %q:\nwant %q\ngot  %q\ngo test . -update writes what it shows now", i+1, command, a, b)
			return
		}
	}
}

// Everything that the console language has outside of “All of Raft” and “The lab”
// stands in some transcript.
func TestTranscriptsCoverTheLanguage(t *testing.T) {
	files, _ := filepath.Glob("testdata/transcripts/*.txt")
	var all bytes.Buffer
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(script(string(text)))
	}
	used := map[string]bool{}
	for _, word := range strings.FieldsFunc(all.String(), func(r rune) bool { return r == '\n' || r == ';' }) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(word), "!"))
		for _, f := range fields[:min(2, len(fields))] { // whatif COMMAND
			used[f] = true
		}
	}
	for _, name := range strings.Fields(`
		tick timeout heartbeat next step whatif settle run play messages net deliver drop duplicate delay inject
		partition isolate cut heal kill restart freeze thaw sync wipe roll
		put get delete cas incr submit clients retry
		status node log disk kv timers links config events invariants digest settings set
		new given scenario scenarios undo redo back forward goto checkpoint history diff
		source save expect say pause echo help quit`) {
		if !used[name] {
			t.Errorf("no transcript shows %s", name)
		}
	}
}
