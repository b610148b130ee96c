// Command mutate breaks a package in one place after the other and looks whether
// tests notice. All mutants are compiled at once, each behind a number, so that
// one costs a run of the tests and no build:
//
//	go -C .ci/tools run ./mutate -of ../../raft -by ../../raft,../../cluster
//
// Each package's quick tests run first, and its slow ones only for what they let
// pass. With -results a run can be stopped and started again.
//
// A mutant is a comparison that is turned around or off by one, && in the place
// of || and + in that of -, a condition that always or never holds, a statement
// that is left out. Lines that ask for a bug of the catalogue are left alone,
// since they are mutants already, and so is what is only told (check).
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// mutant is one way to break a line.
type mutant struct {
	file   string
	line   int
	what   string
	off    bool // it does not compile
	killed bool
}

func (m *mutant) String() string {
	return fmt.Sprintf("%s:%d: %s", filepath.Base(m.file), m.line, m.what)
}

// mutator rewrites files.
type mutator struct {
	fset    *token.FileSet
	mutants []mutant
	off     map[string]bool // by String
}

func main() {
	of := flag.String("of", ".", "the package `directory` to break")
	by := flag.String("by", "", "the directories whose tests look, with commas between; empty: the package's own")
	files := flag.String("files", ".", "a `regexp` of the files to break")
	run := flag.String("run", ".", "a `regexp` of the tests to run")
	results := flag.String("results", "", "a `file` that keeps what came of each mutant; a run that was stopped "+
		"goes on from it")
	again := flag.Bool("again", false, "try those again that survived by the results")
	flag.Parse()
	if *by == "" {
		*by = *of
	}
	if err := mutate(*of, strings.Split(*by, ","), regexp.MustCompile(*files), *run, *results, *again); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mutate(of string, by []string, files *regexp.Regexp, run, results string, again bool) error {
	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	m := &mutator{off: map[string]bool{}}
	var tests []string
	for {
		m.fset, m.mutants = token.NewFileSet(), nil
		overlay, err := m.rewrite(of, work, files)
		if err != nil {
			return err
		}
		tests, err = build(by, overlay, work)
		if err == nil {
			break
		}
		if !m.dropped(err.Error(), work) {
			return err
		}
	}
	var suites []suite
	for i, program := range tests {
		s, err := measured(by[i], program, run)
		if err != nil {
			return err
		}
		suites = append(suites, s)
	}
	return m.try(suites, results, again)
}

// build compiles the tests of every directory against the broken package.
func build(dirs []string, overlay, work string) (tests []string, err error) {
	for i, dir := range dirs {
		out, err := filepath.Abs(filepath.Join(work, fmt.Sprintf("test%d", i)))
		if err != nil {
			return nil, err
		}
		c := exec.Command("go", "test", "-vet=off", "-overlay", overlay, "-c", "-gcflags=-e", "-o", out, ".")
		c.Dir = dir
		if text, err := c.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s", text)
		}
		tests = append(tests, out)
	}
	return tests, nil
}

var (
	errorLine = regexp.MustCompile(`(?m)(\w+\.go):(\d+):`)
	sums      = regexp.MustCompile(`mutant(?:Sum|Diff|More)\((\d+)`)
	anyMutant = regexp.MustCompile(`mutant\w+\((\d+)`)
)

// dropped leaves out the mutants on the lines that the compiler complains of:
// those that need numbers first, since it may be about texts.
func (m *mutator) dropped(text, work string) bool {
	dropped := false
	for _, at := range errorLine.FindAllStringSubmatch(text, -1) {
		code, err := os.ReadFile(filepath.Join(work, at[1]))
		if err != nil {
			continue
		}
		n, _ := strconv.Atoi(at[2])
		line := strings.Split(string(code), "\n")[n-1]
		found := sums.FindAllStringSubmatch(line, -1)
		if found == nil {
			found = anyMutant.FindAllStringSubmatch(line, -1)
		}
		for _, f := range found {
			k, _ := strconv.Atoi(f[1])
			m.off[m.mutants[k-1].String()], dropped = true, true
		}
	}
	return dropped
}

// rewrite breaks the files of a directory, and says with what they are to be
// overlaid.
func (m *mutator) rewrite(of, work string, files *regexp.Regexp) (string, error) {
	paths, err := filepath.Glob(filepath.Join(of, "*.go"))
	if err != nil {
		return "", err
	}
	replace, name := map[string]string{}, ""
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(m.fset, path, nil, 0)
		if err != nil {
			return "", err
		}
		name = f.Name.Name
		if !files.MatchString(filepath.Base(path)) {
			continue
		}
		m.breakFile(f)
		var b bytes.Buffer
		if err := format.Node(&b, token.NewFileSet(), f); err != nil {
			return "", err
		}
		abs, _ := filepath.Abs(path)
		replace[abs] = filepath.Join(work, filepath.Base(path))
		if err := os.WriteFile(replace[abs], b.Bytes(), 0o600); err != nil {
			return "", err
		}
	}
	abs, _ := filepath.Abs(filepath.Join(of, "mutant_on.go"))
	replace[abs] = filepath.Join(work, "mutant_on.go")
	if err := os.WriteFile(replace[abs], []byte("package "+name+"\n"+helper), 0o600); err != nil {
		return "", err
	}
	text, _ := json.Marshal(map[string]any{"Replace": replace})
	overlay := filepath.Join(work, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}

const helper = `
import ("os"; "strconv")

var mutantOn, _ = strconv.Atoi(os.Getenv("MUTANT"))

func mutantIs(k int) bool { return mutantOn == k }

func mutantSum[T ~int | ~int64 | ~uint64 | ~uint8](k int, a, b T) T { if mutantOn == k { return a - b }; return a + b }

func mutantDiff[T ~int | ~int64 | ~uint64 | ~uint8](k int, a, b T) T { if mutantOn == k { return a + b }; return a - b }

func mutantMore[T ~int | ~int64 | ~uint64 | ~uint8](k int, a T) T { if mutantOn == k { return a + 1 }; return a }
`

// number gives a mutant its number; 0: it is left out.
func (m *mutator) number(at token.Pos, what string) int {
	p := m.fset.Position(at)
	x := mutant{file: p.Filename, line: p.Line, what: what}
	for i := range m.mutants {
		if m.mutants[i].String() == x.String() {
			x.what += "'" // two of a kind on a line
		}
	}
	x.off = m.off[x.String()]
	m.mutants = append(m.mutants, x)
	if x.off {
		return 0
	}
	return len(m.mutants)
}
