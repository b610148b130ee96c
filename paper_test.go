package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"raftlab/cluster/judge"
	"raftlab/cluster/rules"
	"raftlab/docs"
	"raftlab/raft"
)

// declared is the names that a Go file declares: functions, methods, types,
// variables and constants.
func declared(t *testing.T, path string) map[string]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

var (
	goFile  = regexp.MustCompile(`\[([^]]+)\]\((\.\./[^)]+\.go)\): ((?:` + "`[^`]+`" + `(?:, )?)+)`)
	goLink  = regexp.MustCompile(`\]\([^)]+\.go\)`)
	inTicks = regexp.MustCompile("`([^`]+)`")
	lesson  = regexp.MustCompile(`\[([^]]+)\]\(scenarios/([^)]+)\.raft\)`)
)

// TestPaper follows what docs/paper.md refers to: files, the names in them, and
// scenarios. Every section, figure and chapter has a row.
func TestPaper(t *testing.T) {
	text, err := os.ReadFile("docs/paper.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, err := range paperErrors(t, page) {
		t.Error(err)
	}
	for part, rows := range map[string]string{
		"Sections":   "1 2 3, 5.1 5.2 5.3 5.4.1 5.4.2 5.4.3 5.5 5.6 6 7 8 9 10",
		"Figures":    "1 2 3 4 5 6 7 8 9 10 11 12 13 14, 16",
		"The thesis": "3.10 4.1 4.2.1 4.2.2 4.2.3 4.3 6.2 6.3 6.4 6.4.1 9.6",
	} {
		_, rest, _ := strings.Cut(page, "\n## "+part+"\n")
		rest, _, _ = strings.Cut(rest, "\n## ")
		for _, row := range strings.Fields(rows) {
			if !strings.Contains(rest, "\n| "+row+" ") {
				t.Errorf("docs/paper.md, %s: no row for %s", part, row)
			}
		}
	}
}

// typed is the last cell of a row of docs/paper.md.
var typed = regexp.MustCompile("\\| (`[^|]*`) \\|\n")

// TestPaperCommands runs what docs/paper.md says to type, each in a fresh
// cluster, and wants something for every row but those of which there is
// nothing to see.
func TestPaperCommands(t *testing.T) {
	text, err := os.ReadFile("docs/paper.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, m := range typed.FindAllStringSubmatch(string(text), -1) {
		rows++
		for _, line := range inTicks.FindAllStringSubmatch(m[1], -1) {
			if shown := play(t, line[1]); strings.Contains("\n"+shown, "\nline ") {
				t.Errorf("%s:\n%s", line[1], shown)
			}
		}
	}
	if without := strings.Count(string(text), " | |\n") - strings.Count(string(text), " | | |\n"); rows < 38 || without > 3 {
		t.Errorf("%d rows say what to type, %d do not", rows, without)
	}
}

// paperErrors is what a page in the form of docs/paper.md says wrongly.
func paperErrors(t *testing.T, page string) (wrong []string) {
	t.Helper()
	names, found := map[string]map[string]bool{}, goFile.FindAllStringSubmatch(page, -1)
	if n := len(goLink.FindAllString(page, -1)); n != len(found) {
		wrong = append(wrong, fmt.Sprintf("%d links to Go files, but %d are followed by names", n, len(found)))
	}
	for _, m := range found {
		path := filepath.Join("docs", filepath.FromSlash(m[2]))
		if filepath.Base(path) != m[1] {
			wrong = append(wrong, fmt.Sprintf("%s links to %s", m[1], m[2]))
		}
		if _, err := os.Stat(path); err != nil {
			wrong = append(wrong, m[2]+" is not there")
			continue
		}
		if names[path] == nil {
			names[path] = declared(t, path)
		}
		for _, name := range inTicks.FindAllStringSubmatch(m[3], -1) {
			if !names[path][name[1]] {
				wrong = append(wrong, fmt.Sprintf("%s does not declare %s", m[2], name[1]))
			}
		}
	}
	for _, m := range lesson.FindAllStringSubmatch(page, -1) {
		if _, ok := docs.Scenario(m[2]); !ok || m[1] != m[2] {
			wrong = append(wrong, fmt.Sprintf("there is no scenario %s (%s)", m[2], m[1]))
		}
	}
	return wrong
}

// paperErrors is no test unless it can fail.
func TestBadPapersAreFound(t *testing.T) {
	for page, want := range map[string]string{
		"| [state.go](../raft/state.go): `Node`, `Nobody` |": "does not declare Nobody",
		"| [gone.go](../raft/gone.go): `Node` |":             "is not there",
		"| [state.go](../raft/state.go) |":                   "followed by names",
		"| [log.go](../raft/state.go): `Node` |":             "log.go links to",
		"| [figure-99](scenarios/figure-99.raft) |":          "no scenario figure-99",
		"| [figure-6](scenarios/figure-7.raft) |":            "no scenario figure-7 (figure-6)",
	} {
		if wrong := paperErrors(t, page); len(wrong) != 1 || !strings.Contains(wrong[0], want) {
			t.Errorf("%s: %q, want %q", page, wrong, want)
		}
	}
	if wrong := paperErrors(t, "| [state.go](../raft/state.go): `Node`, `Stable` | [figure-6](scenarios/figure-6.raft) |"); len(wrong) != 0 {
		t.Error(wrong)
	}
}

// asked is where the core asks each rule: "election.go: grantsVote", by the
// rule's ID.
func asked(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("raft/*.go")
	if err != nil {
		t.Fatal(err)
	}
	ids, uses := map[string]string{}, map[string][]string{} // by the variable's name
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				ruleVariables(d, ids)
			case *ast.FuncDecl:
				place := filepath.ToSlash(path) + ": " + d.Name.Name
				for name := range checks(d) {
					uses[name] = append(uses[name], place)
				}
			}
		}
	}
	places := map[string][]string{}
	for name, id := range ids {
		places[id] = uses[name]
		slices.Sort(places[id])
	}
	return places
}

// ruleVariables notes the ID of each variable that is made by rule(Rule{ID: …}).
func ruleVariables(d *ast.GenDecl, ids map[string]string) {
	for _, s := range d.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			continue
		}
		call, ok := v.Values[0].(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			continue
		}
		if f, ok := call.Fun.(*ast.Ident); !ok || f.Name != "rule" {
			continue
		}
		for _, field := range call.Args[0].(*ast.CompositeLit).Elts {
			if f := field.(*ast.KeyValueExpr); f.Key.(*ast.Ident).Name == "ID" {
				ids[v.Names[0].Name] = strings.Trim(f.Value.(*ast.BasicLit).Value, `"`)
			}
		}
	}
}

// broken is where the driver asks whether a bug is on, by the ID of the rule
// that it violates.
func broken(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("cluster/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "cluster/rules/mutants.go")
	bits, uses := map[string][]string{}, map[string][]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { noteViolation(n, bits); return true })
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				for name := range firstArguments(f, "bug") {
					uses[name] = append(uses[name], filepath.ToSlash(path)+": "+f.Name.Name)
				}
			}
		}
	}
	places := map[string][]string{}
	for rule, names := range bits {
		for _, name := range names {
			places[rule] = append(places[rule], uses[name]...)
		}
		slices.Sort(places[rule])
		places[rule] = slices.Compact(places[rule]) // several mistakes may be made in one place
	}
	return places
}

// judged is the functions of the judge that name each rule.
func judged(t *testing.T) map[string][]string {
	places := map[string][]string{}
	paths, _ := filepath.Glob("cluster/judge/*.go")
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "rules.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			place := filepath.ToSlash(path) + ": " + f.Name.Name
			ast.Inspect(f, func(n ast.Node) bool {
				if name, ok := n.(*ast.Ident); ok && !slices.Contains(places[name.Name], place) {
					places[name.Name] = append(places[name.Name], place)
				}
				return true
			})
		}
	}
	return places
}

// noteViolation notes the bit of a catalogue's entry under the rule that it names.
func noteViolation(n ast.Node, bits map[string][]string) {
	entry, ok := n.(*ast.CompositeLit)
	if !ok {
		return
	}
	fields := map[string]string{}
	for _, e := range entry.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Value.(*ast.Ident); ok {
				fields[fmt.Sprint(kv.Key)] = name.Name
			}
		}
	}
	if rule := fields["Violates"]; rule != "" {
		bits[rule] = append(bits[rule], fields["Bit"])
	}
}

// checks is the names that a function passes first to a method check, or count.
func checks(f *ast.FuncDecl) map[string]bool {
	names := firstArguments(f, "check")
	maps.Copy(names, firstArguments(f, "count"))
	return names
}

// firstArguments is the names that a function passes first to a method.
func firstArguments(f *ast.FuncDecl, method string) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == method {
			switch name := call.Args[0].(type) {
			case *ast.Ident:
				names[name.Name] = true
			case *ast.SelectorExpr: // of another package
				names[name.Sel.Name] = true
			}
		}
		return true
	})
	return names
}

// stands holds that a rule says where the code asks it.
func stands(t *testing.T, r *raft.Rule, where []string) {
	t.Helper()
	if said := slices.Sorted(slices.Values(r.Code)); !slices.Equal(said, slices.Sorted(slices.Values(where))) {
		t.Errorf("the rule %s is asked in %q, but its Code says %q", r.ID, where, r.Code)
	}
}

// writeRule is a rule's row, with links to where it is asked.
func writeRule(b *strings.Builder, r *raft.Rule) {
	var places []string
	for _, place := range r.Code {
		path, function, _ := strings.Cut(place, ": ")
		places = append(places, fmt.Sprintf("[%s](../%s): `%s`", filepath.Base(path), path, function))
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", r.ID, r.Place, r.InFull(), strings.Join(places, "; "))
}

// TestRules compares docs/rules.md with the rulebook, and what each rule says of where
// the code asks it with the code. With -update it writes the page.
func TestRules(t *testing.T) {
	var b strings.Builder
	b.WriteString("# The rules\n\nEach rule of the paper that the code follows, in the paper's order, where the paper has it, and the functions\n" +
		"that ask it. This page is made from the rulebook, [rules.go](../raft/rules.go); `go test . -run Rules -update` writes it anew.\n\n" +
		"| Rule | Where | What it says | Asked in |\n|---|---|---|---|\n")
	places := asked(t)
	for _, r := range raft.Rules() {
		where := places[r.ID]
		if len(where) == 0 {
			t.Errorf("nothing in the core asks the rule %s", r.ID)
		}
		if r.Place == "" || r.Says == "" {
			t.Errorf("the rule %s has no place, or says nothing", r.ID)
		}
		stands(t, r, where)
		writeRule(&b, r)
	}
	b.WriteString("\n## The driver's rules\n\nWhat the core cannot see to, since it knows neither disks nor clocks nor clients: the rules of [mutants.go](../cluster/rules/mutants.go),\n" +
		"and the functions in which a bug breaks them.\n\n| Rule | Where | What it says | Broken in |\n|---|---|---|---|\n")
	places = broken(t)
	for _, r := range rules.Driver() {
		if len(places[r.ID]) == 0 {
			t.Errorf("no bug breaks the rule %s", r.ID)
		}
		stands(t, r, places[r.ID])
		writeRule(&b, r)
	}
	b.WriteString("\n## The judge's rules\n\nWhat only another program's server is held to, since raftlab's own keep it by how they are written: the rules of\n" +
		"[judge/rules.go](../cluster/judge/rules.go), and the functions that ask them.\n\n| Rule | Where | What it says | Asked in |\n|---|---|---|---|\n")
	places = judged(t)
	for _, r := range judge.Own() {
		if len(places[r.ID]) == 0 {
			t.Errorf("the judge does not ask the rule %s", r.ID)
		}
		stands(t, r, places[r.ID])
		writeRule(&b, r)
	}
	path, err := filepath.Abs("docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		rewrite(t, path, b.String())
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, string(want), b.String())
}
