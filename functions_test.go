package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// A function fits a screen, and can be gone through in the head.
const (
	longest  = 60
	branches = 20
)

// ways is in how many ways a function branches: one, and one more for each condition, loop
// and case.
func ways(f ast.Node) int {
	n := 1
	ast.Inspect(f, func(x ast.Node) bool {
		switch x := x.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			n += min(len(x.List), 1) // default is no more
		case *ast.CommClause:
			if x.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// TestFunctions holds that no function of the program is longer or more tangled than that.
func TestFunctions(t *testing.T) {
	set, seen := token.NewFileSet(), 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			seen++
			name := filepath.ToSlash(path) + " " + f.Name.Name
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > longest {
				t.Errorf("%s: %d lines, not %d", name, n, longest)
			}
			if n := ways(f); n > branches {
				t.Errorf("%s branches in %d ways, not %d", name, n, branches)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 1000 {
		t.Errorf("only %d functions: this test no longer sees the program", seen)
	}
}

// TestFunctionsBite shows what counts.
func TestFunctionsBite(t *testing.T) {
	for body, want := range map[string]int{
		"": 1, "if a && b || c {}": 4, "for range x {}; for i < 3 {}": 3, "switch x { case 1, 2: case 3: default: }": 3,
		"select { case <-c: default: }": 2, "f(func() { if a {} })": 2,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p; func f() {"+body+"}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := ways(file); got != want {
			t.Errorf("%s: %d ways, not %d", body, got, want)
		}
	}
}
