package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"raftlab/console/site"
	"raftlab/docs"
)

// notInATab is the commands that a script cannot have there, and why.
var notInATab = map[string]string{
	"source": "it reads a file", "save": "it writes a file", "export": "it writes a file", "guest": "it starts a program",
	"departures": "it is about programs that servers run",
}

// varies is what no two runs print alike: times, rates and how much memory there was.
var varies = regexp.MustCompile(`\d[\d,.]*( states/s|/s| ?ms| ?µs| ?s\b| seconds?| minutes?| MB| GB)`)

// tabScripts are the scripts of docs that can run in a tab, and the names of the others with the
// reason.
func tabScripts() (can map[string]string, cannot map[string]string) {
	can, cannot = map[string]string{"tour": docs.Tour}, map[string]string{}
	add := func(kind string, names []string, text func(string) (string, bool)) {
		for _, name := range names {
			can[kind+" "+name], _ = text(name)
		}
	}
	add("scenario", docs.Scenarios(), docs.Scenario)
	add("bug", docs.Bugs(), docs.Bug)
	add("lesson", docs.Lessons(), docs.Lesson)
	for name, text := range can {
		for line := range strings.Lines(text) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			if why, ok := notInATab[word]; ok || strings.Contains(line, " guest") && word == "new" {
				cannot[name] = word + ": " + why
				delete(can, name)
			}
		}
	}
	return can, cannot
}

// printed is what a script came to in a tab.
type printed struct {
	Out, Err string
	OK       bool
}

// inTab runs scripts in the program of a site, in node.
func inTab(t *testing.T, dir string, scripts map[string]string) (results map[string]printed) {
	t.Helper()
	list, err := json.Marshal(scripts)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "scripts.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "node", "testdata/tab/run.mjs", dir, file)
	run.Stderr = os.Stderr
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatalf("%v: %.2000s", err, out)
	}
	return results
}

// TestTab builds the site and tries its program.
func TestTab(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil && os.Getenv("CI") != "true" || testing.Short() {
		t.Skip("node is needed to try the program for a browser, and some time to build it")
	}
	dir := t.TempDir()
	out, err := exec.Command("raftlab", "web", "build", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if info, err := os.Stat(filepath.Join(dir, site.Program)); err != nil || info.Size() > 4_600_000 {
		t.Errorf("the program is no file of at most 4.6 MB (5 with all others; more than that, and its jumps are not straight): %v, %s", err, out)
	}
	t.Run("scripts", func(t *testing.T) { tabPrintsWhatTheTerminalPrints(t, dir) })
	t.Run("cannot", func(t *testing.T) { tabSaysWhatItCannotDo(t, dir) })
	t.Run("browser", func(t *testing.T) { tabInABrowser(t, dir) })
}

// tabPrintsWhatTheTerminalPrints runs scripts of docs in both: a few, most with CI=true, all with RAFTLAB_TAB=all.
func tabPrintsWhatTheTerminalPrints(t *testing.T, dir string) {
	can, cannot := tabScripts()
	for name, why := range cannot {
		t.Logf("%s does not run in a tab: %s", name, why)
	}
	if len(can) < 60 {
		t.Fatalf("only %d scripts run in a tab", len(can))
	}
	switch {
	case os.Getenv("RAFTLAB_TAB") == "all": // which takes a minute of a processor
	case os.Getenv("CI") == "true":
		for i, name := range docs.Bugs() {
			if i%4 > 0 {
				delete(can, "bug "+name)
			}
		}
	default:
		can = map[string]string{"tour": can["tour"], "scenario figure-8": can["scenario figure-8"],
			"lesson 03-elections": can["lesson 03-elections"], "bug count-old-term": can["bug count-old-term"]}
	}
	results := inTab(t, dir, can)
	for name, text := range can {
		file := filepath.Join(t.TempDir(), "script.raft")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run := exec.Command("raftlab", file)
		out, _ := run.Output()
		there, here := results[name], string(out)
		if a, b := varies.ReplaceAllString(here, "T"), varies.ReplaceAllString(there.Out, "T"); a != b {
			t.Errorf("%s prints in a tab\n%s", name, difference(a, b))
		}
		if there.OK != (run.ProcessState.ExitCode() == 0) {
			t.Errorf("%s: it ends well in a tab: %t; the terminal's exit code is %d: %s", name, there.OK,
				run.ProcessState.ExitCode(), there.Err)
		}
	}
}

// difference is the first line that differs, with a few before it.
func difference(a, b string) string {
	want, got := strings.Split(a, "\n"), strings.Split(b, "\n")
	i := 0
	for i < len(want) && i < len(got) && want[i] == got[i] {
		i++
	}
	show := func(lines []string) string {
		return strings.Join(lines[max(0, min(i-2, len(lines))):min(i+3, len(lines))], "\n")
	}
	return show(got) + "\nand in the terminal\n" + show(want)
}

// tabSaysWhatItCannotDo: the commands that need more than a browser has tell why.
func tabSaysWhatItCannotDo(t *testing.T, dir string) {
	scripts := map[string]string{
		"save x.raft":                   "a tab of a browser has no files",
		"source x.raft":                 "a tab of a browser has no files",
		"timeout S1; export x.html":     "a tab of a browser has no files",
		"timeout S1; export x.svg":      "a tab of a browser has no files",
		`new 3 guest "python3 raft.py"`: "a script may not start a program",
		"scenario figure-8; share":      "",
	}
	lines := map[string]string{}
	for line := range scripts {
		lines[line] = line
	}
	results := inTab(t, dir, lines)
	for line, says := range scripts {
		if r := results[line]; !strings.Contains(strings.Join(strings.Fields(r.Err), " "), says) || r.OK != (says == "") {
			t.Errorf("%s: %t, %s", line, r.OK, r.Err)
		}
	}
	native, err := exec.Command("raftlab", "-c", "scenario figure-8; share").Output()
	if last := func(s string) string {
		all := strings.Split(strings.TrimSpace(s), "\n")
		return all[max(0, len(all)-2)]
	}; err != nil ||
		last(string(native)) != last(results["scenario figure-8; share"].Out) {
		t.Errorf("the tab shares another text than the terminal (%v)", err)
	}
}
