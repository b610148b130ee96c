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

// The page names every room, and is read in ten minutes: at 220 words a minute.
func TestArchitectureNamesEveryRoomInTenMinutes(t *testing.T) {
	page, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(string(page))); n > 2200 {
		t.Errorf("docs/architecture.md has %d words", n)
	}
	for _, above := range []string{"console", "commands", "cluster", "raft"} {
		rooms, err := os.ReadDir(above)
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range rooms {
			if room.IsDir() && room.Name() != "testdata" &&
				!regexp.MustCompile("`("+above+"/)?"+room.Name()+"/?`").Match(page) {
				t.Errorf("docs/architecture.md does not name %s/%s", above, room.Name())
			}
		}
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
