package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// most is how many files may be in one circle inside a package: files each of which needs,
// over others, every other one.
const most = 6

// inside is which files of a package use which: an edge for each name that one declares and
// another one uses. What other packages are is not looked at.
func inside(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	set := token.NewFileSet()
	var files []*ast.File
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	edges := map[string]map[string]bool{}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: nothing{}, Error: func(error) {}}
	pkg, _ := config.Check(dir, set, files, info)
	for id, o := range info.Uses {
		from := set.Position(id.Pos()).Filename
		if o.Pkg() != pkg || !o.Pos().IsValid() {
			continue
		}
		if to := set.Position(o.Pos()).Filename; to != from {
			if edges[from] == nil {
				edges[from] = map[string]bool{}
			}
			edges[from][to] = true
		}
	}
	return edges
}

// nothing imports no package: what a package has of others is of no matter here.
type nothing struct{}

func (nothing) Import(path string) (*types.Package, error) {
	p := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	p.MarkComplete()
	return p, nil
}

// circle is the largest set of files that all reach one another.
func circle(edges map[string]map[string]bool) []string {
	reach := map[string]map[string]bool{}
	var walk func(from, at string)
	walk = func(from, at string) {
		for to := range edges[at] {
			if !reach[from][to] {
				reach[from][to] = true
				walk(from, to)
			}
		}
	}
	for from := range edges {
		reach[from] = map[string]bool{}
		walk(from, from)
	}
	var largest []string
	for a := range reach {
		var round []string
		for b := range reach[a] {
			if reach[b][a] {
				round = append(round, filepath.Base(b))
			}
		}
		if len(round) > len(largest) {
			largest = round
		}
	}
	slices.Sort(largest)
	return largest
}

// TestCircles holds that the files of a package are read one after the other.
func TestCircles(t *testing.T) {
	dirs := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.Contains(path, "raft/bench/") {
			dirs[filepath.Dir(path)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range dirs {
		if files := circle(inside(t, dir)); len(files) > most {
			t.Errorf("%s: %d files in a circle, not %d: %v", dir, len(files), most, files)
		}
	}
}

// TestCirclesBite shows that a circle is seen, and a line is none.
func TestCirclesBite(t *testing.T) {
	for _, c := range []struct {
		edges map[string]map[string]bool
		want  int
	}{
		{map[string]map[string]bool{"a": {"b": true}, "b": {"c": true}}, 0},
		{map[string]map[string]bool{"a": {"b": true}, "b": {"c": true, "d": true}, "c": {"a": true}}, 3},
		{map[string]map[string]bool{"a": {"b": true}, "b": {"a": true}, "c": {"a": true, "d": true}, "d": {"e": true}, "e": {"c": true}}, 3},
	} {
		if got := circle(c.edges); len(got) != c.want {
			t.Errorf("%v: %v", c.edges, got)
		}
	}
}
