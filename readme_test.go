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

// TestReadme types the lines of the README again and compares what they show.
// With -update it writes that into the README.
func TestReadme(t *testing.T) {
	path, err := filepath.Abs("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	var all strings.Builder
	for _, block := range consoleBlock.FindAllStringSubmatch(want, -1) {
		all.WriteString(script(block[1]))
	}
	shown := strings.SplitAfter(strings.TrimPrefix(play(t, all.String()), ">"), "\n>")
	got := consoleBlock.ReplaceAllStringFunc(want, func(block string) string {
		var b strings.Builder
		for range strings.Count(script(consoleBlock.FindStringSubmatch(block)[1]), "\n") {
			if len(shown) == 0 {
				t.Fatal("the program shows fewer commands than the README has")
			}
			b.WriteString(">" + strings.TrimSuffix(shown[0], ">"))
			shown = shown[1:]
		}
		return "```console\n" + b.String() + "```"
	})
	if len(shown) > 0 || strings.Contains(got, "\nline ") {
		t.Errorf("a command of the README fails, or does not fit on its line:\n%s", got)
	}
	if *update {
		rewrite(t, path, got)
		return
	}
	compare(t, want, got)
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
