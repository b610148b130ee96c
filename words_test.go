package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// habits are forms that read like a translation, each with what to write
// instead. They are looked for in whatever a person reads: what the code prints,
// the help, the lessons and the pages.
var habits = []struct{ form, instead string }{
	{`\b[Ww]ho(so)?ever\b|\bwhom\b`, `"a server that …", "which server"`},
	{`\b[Nn]obody\b|\b[Ee]verybody\b`, `"no server", "every server"`},
	{`\bshall\b|\b(was|were|were (it|they)) to \w|\b(is|are) to be\b`, `"must", "will", "if it …"`},
	{`\b(bring|brings|brought) (it|this|that|them|what it \w+|\w+ \w+)? ?about\b`, `"complete", "cause"`},
	{`\bstands? (in|behind)\b|\bstood in\b`, `"is in", "follows"`},
	{`\bleaves? away\b|\bgoes by\b|\bof late\b|\bbegins to keep track\b`, `"omits", "uses", "recently", "starts tracking"`},
	{`\bworth a look\b|\bforeseen\b|\byou said so\b|\bhere that is called\b|\bsays nothing new\b`, "see the list of the worst"},
	{`\b[Tt]he one before is\b|\b[Nn]ot named, and so\b|\bknows the entry to be\b|\bin all: \d`, "see the list of the worst"},
	{`election timer (runs|ran) out`, `"fires", "fired"`},
	{`(^|[^b] )\b1 (more )?(messages|entries|servers|steps|ticks|votes|links)\b`, "a counted noun: prose.Plural"},
	{`\bis answered\b|\btakes it as entry\b|\bcannot help C?\w`, `"replies", "appends it as", "rejects"`},
}

// The texts that people read are free of these forms.
func TestNoHabitsOfATranslation(t *testing.T) {
	for _, h := range habits {
		form := regexp.MustCompile(h.form)
		for _, text := range textsToRead(t) {
			if at := form.FindStringIndex(text.says); at != nil {
				from, to := max(0, at[0]-30), min(len(text.says), at[1]+30)
				t.Errorf("%s: …%s…\n\twrite %s", text.where, strings.ReplaceAll(text.says[from:to], "\n", " "), h.instead)
			}
		}
	}
}

type toRead struct{ where, says string }

// textsToRead is the string literals of the code, what scripts in docs say, and
// the pages.
func textsToRead(t *testing.T) (texts []toRead) {
	for _, dir := range []string{"raft", "cluster", "commands", "console"} {
		walk(t, dir, ".go", func(path string) {
			if !strings.HasSuffix(path, "_test.go") && !strings.HasPrefix(path, filepath.Join("raft", "bench")) {
				texts = append(texts, literals(t, path)...)
			}
		})
	}
	walk(t, "docs", ".raft", func(path string) { texts = append(texts, narration(t, path)...) })
	walk(t, "docs", ".md", func(path string) { texts = append(texts, paragraphs(t, path)...) })
	return append(texts, paragraphs(t, "README.md")...)
}

// paragraphs is those of a page, each on one line, so that a form is found across
// a line's end.
func paragraphs(t *testing.T, path string) (texts []toRead) {
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	line := 1
	for _, par := range strings.Split(string(page), "\n\n") {
		texts = append(texts, toRead{path + ":" + strconv.Itoa(line), strings.Join(strings.Fields(par), " ")})
		line += strings.Count(par, "\n") + 2
	}
	return texts
}

// told matches the lines of a script that people read: say and comments, and
// the text in quotes of a question, a goal or a waypoint.
var told = regexp.MustCompile(`^(?:say |# )(.*)|^(?:predict|goal|waypoint)\b[^"]*("[^"]*")`)

// narration is what a lesson, a scenario or the story of a bug tells.
func narration(t *testing.T, path string) (texts []toRead) {
	for i, line := range scriptLines(t, path) {
		if text := told.FindStringSubmatch(line); text != nil {
			texts = append(texts, toRead{path + ":" + strconv.Itoa(i+1), text[1] + text[2]})
		}
	}
	return texts
}

// scriptLines is those of a script.
func scriptLines(t *testing.T, path string) []string {
	script, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(script), "\n")
}

func walk(t *testing.T, dir, ext string, do func(path string)) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == ext {
			do(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// literals is the texts of a source file that hold more than a word: what is
// printed is made of them.
func literals(t *testing.T, path string) (texts []toRead) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if says, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(says, " ") {
				texts = append(texts, toRead{set.Position(lit.Pos()).String(), says})
			}
		}
		return true
	})
	return texts
}

// pointing matches the words of a script that point at what the reader should still see.
var pointing = regexp.MustCompile(`\b([Aa]bove|[Ll]ook at the (figure|table))\b`)

// What a script says is "above" was shown in the same beat: what came before the last pause may have left
// the screen.
func TestAboveIsInTheSameBeat(t *testing.T) {
	walk(t, "docs", ".raft", func(path string) {
		shown := false
		for i, line := range scriptLines(t, path) {
			word, _, _ := strings.Cut(line, " ")
			switch {
			case word == "pause" || word == "done":
				shown = false
			case told.MatchString(line):
				if pointing.MatchString(line) && !shown {
					t.Errorf("%s:%d: nothing stands above in this beat: %s", path, i+1, line)
				}
			case word != "" && word != "expect":
				shown = true
			}
		}
	})
}

// The last thing that a scenario shows is what to keep in mind, and what to try next.
func TestScenariosEndWithALastWord(t *testing.T) {
	walk(t, "docs/scenarios", ".raft", func(path string) {
		last := ""
		for _, line := range scriptLines(t, path) {
			if line != "" && !strings.HasPrefix(line, "expect ") {
				last = line
			}
		}
		if !strings.HasPrefix(last, "say ") {
			t.Errorf("%s ends with %s", path, last)
		}
	})
}

// A waypoint is told as a sentence: Reached: S2 leads.
func TestWaypointsAreSentences(t *testing.T) {
	small := regexp.MustCompile(`^waypoint "[a-z]+ `)
	walk(t, "docs", ".raft", func(path string) {
		for i, line := range scriptLines(t, path) {
			if small.MatchString(line) {
				t.Errorf("%s:%d: %s", path, i+1, line)
			}
		}
	})
}
