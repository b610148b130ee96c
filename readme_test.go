package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// console is a block of the README that the program has printed.
var consoleBlock = regexp.MustCompile("(?s)```console\n(.*?)```")

// meantToFail is the lines of the pages that show how the program refuses.
var meantToFail = []string{"timeuot S1", "expect all(nodes, .commit == 1)", "check linearizable"}

// TestReadme types the lines of the README again and compares what they show.
// With -update it writes that into the README.
func TestReadme(t *testing.T) {
	replay(t, "README.md", func(page string) []string { return []string{page} })
}

// TestManual does the same for the manual, each section in a fresh cluster.
func TestManual(t *testing.T) {
	replay(t, "docs/manual.md", func(page string) []string { return strings.SplitAfter(page, "\n## ") })
}

// replay types the lines of a page again, those of each part in a session of
// their own, and compares what they show.
func replay(t *testing.T, name string, parts func(string) []string) {
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, part := range parts(string(text)) {
		got.WriteString(replayed(t, part))
	}
	if *update {
		rewrite(t, path, got.String())
		return
	}
	compare(t, string(text), got.String())
}

// replayed is a part of a page with what its lines show now.
func replayed(t *testing.T, part string) string {
	t.Helper()
	var all strings.Builder
	for _, block := range consoleBlock.FindAllStringSubmatch(part, -1) {
		all.WriteString(script(block[1]))
	}
	if all.Len() == 0 {
		return part
	}
	shown := strings.SplitAfter(strings.TrimPrefix(asAtThePrompt(t, play(t, all.String())), ">"), "\n>")
	got := consoleBlock.ReplaceAllStringFunc(part, func(block string) string {
		var b strings.Builder
		for range strings.Count(script(consoleBlock.FindStringSubmatch(block)[1]), "\n") {
			if len(shown) == 0 {
				t.Fatal("the program shows fewer commands than the page has")
			}
			b.WriteString(">" + strings.TrimSuffix(shown[0], ">"))
			shown = shown[1:]
		}
		return "```console\n" + b.String() + "```"
	})
	if len(shown) > 0 || strings.Contains(got, "\nline ") {
		t.Errorf("a command of the page fails, or does not fit on its line:\n%s", got)
	}
	return got
}

// failedLine is what a script says of a line that failed, before what was wrong.
var failedLine = regexp.MustCompile(`(?m)^line \d+: `)

// asAtThePrompt shows the failures that are meant as the prompt does: without
// the place in the script.
func asAtThePrompt(t *testing.T, text string) string {
	t.Helper()
	for _, line := range meantToFail {
		at := regexp.MustCompile(failedLine.String() + regexp.QuoteMeta(line) + ": ")
		text = at.ReplaceAllString(text, "")
	}
	return text
}

// link is a link in Markdown, but not one to the web.
var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinks follows the links of every page.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			found++
			target := filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d links found: does this test still see them?", found)
	}
}

// example is a script in a page.
var example = regexp.MustCompile("(?s)```raft\n(.*?)```")

// TestExamples runs the scripts of the pages, each in a fresh cluster.
func TestExamples(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range example.FindAllStringSubmatch(string(text), -1) {
			found++
			t.Run(filepath.Base(page), func(t *testing.T) {
				if shown := play(t, m[1]); strings.Contains("\n"+shown, "\nline ") {
					t.Error(shown)
				}
			})
		}
	}
	if found == 0 {
		t.Error("no examples found")
	}
}
