package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Each station of the walks in docs/architecture.md names a function that is in its file,
// and no walk has more than twelve.
func TestWalksNameWhatIsThere(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "## Four walks\n")
	text, _, end := strings.Cut(text, "\n## ")
	if !found || !end {
		t.Fatal("the page has no walks")
	}
	station := regexp.MustCompile("^([0-9]+)\\. `([^`]+\\.go)` `([^`]+)` ")
	walks := 0
	for line := range strings.Lines(text) {
		if !regexp.MustCompile("^[0-9]").MatchString(line) {
			continue
		}
		m := station.FindStringSubmatch(line)
		switch {
		case m == nil:
			t.Errorf("no station: %s", line)
			continue
		case m[1] == "1":
			walks++
		case len(m[1]) > 1 && m[1] > "12":
			t.Errorf("more than twelve stations: %s", line)
		}
		if !hasFunction(t, m[2], m[3]) {
			t.Errorf("%s has no function %s", m[2], m[3])
		}
	}
	if walks != 4 {
		t.Errorf("%d walks", walks)
	}
}

func hasFunction(t *testing.T, file, name string) bool {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return false
	}
	for _, d := range f.Decls {
		if d, ok := d.(*ast.FuncDecl); ok && d.Name.Name == name {
			return true
		}
	}
	return false
}
