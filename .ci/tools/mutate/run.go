package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// suite is the tests of one directory, in the order in which they run: the quick
// ones first, since most mutants need no more.
type suite struct {
	dir, program string
	parts        []part
}

// part is some tests of a suite, and how long they may take.
type part struct {
	run   string // the regexp of their names
	limit time.Duration
}

// quick is how long a test may take that runs in the first part.
const quick = 25 * time.Millisecond

// A mutant may make the tests take this many times as long, and the least time
// on top, before they count as not ending. The machine may be busy.
const (
	patience = 20
	least    = 3 * time.Second
)

var passed = regexp.MustCompile(`(?m)^--- PASS: (\w+) \(([\d.]+)s\)`)

// measured is a suite whose tests ran once without a mutant, which must pass.
func measured(dir, program, run string) (suite, error) {
	s := suite{dir: dir, program: program}
	text, err := s.command(context.Background(), 0, run, "-test.v").CombinedOutput()
	if err != nil {
		return s, fmt.Errorf("%s: the tests fail without a mutant: %w\n%s", dir, err, text)
	}
	var names [2][]string
	var sum [2]time.Duration
	for _, t := range passed.FindAllStringSubmatch(string(text), -1) {
		seconds, err := strconv.ParseFloat(t[2], 64)
		if err != nil {
			return s, err
		}
		took, slow := time.Duration(seconds*float64(time.Second)), 0
		if took > quick {
			slow = 1
		}
		names[slow] = append(names[slow], t[1])
		sum[slow] += took
	}
	for i := range names {
		if len(names[i]) > 0 {
			s.parts = append(s.parts, part{"^(" + strings.Join(names[i], "|") + ")$", patience*sum[i] + least})
		}
	}
	return s, nil
}

// command runs some tests under a mutant. A mutant may loop and take memory
// until its time is up, so that is bounded too.
func (s suite) command(ctx context.Context, number int, run string, more ...string) *exec.Cmd {
	bounded := `ulimit -v 6000000; exec "$0" "$@"`
	args := append([]string{"-c", bounded, s.program, "-test.short", "-test.run", run}, more...)
	c := exec.CommandContext(ctx, "sh", args...)
	c.Dir, c.Env = s.dir, append(os.Environ(), "MUTANT="+strconv.Itoa(number))
	return c
}

// noticed tells whether some test fails under a mutant, or does not end.
func (s suite) noticed(number int) bool {
	for _, p := range s.parts {
		ctx, cancel := context.WithTimeout(context.Background(), p.limit)
		err := s.command(ctx, number, p.run, "-test.failfast").Run()
		cancel()
		if err != nil {
			return true
		}
	}
	return false
}

// tried is the mutants that an earlier run wrote to its results, each with what
// came of it. A run that was stopped goes on from there.
func tried(results string) (map[string]string, error) {
	found := map[string]string{}
	f, err := os.Open(results)
	if os.IsNotExist(err) || results == "" {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if what, of, ok := strings.Cut(lines.Text(), " "); ok {
			found[strings.TrimSpace(of)] = what
		}
	}
	return found, nil
}

// try runs the tests under every mutant that has no result yet, or survived and
// is tried again, and adds to the results.
func (m *mutator) try(suites []suite, results string, again bool) error {
	before, err := tried(results)
	if err != nil {
		return err
	}
	out := os.Stdout
	if results != "" {
		if out, err = os.OpenFile(results, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err != nil {
			return err
		}
		defer out.Close()
	}
	for i := range m.mutants {
		x := &m.mutants[i]
		if x.off {
			continue
		}
		if old := before[x.String()]; old == "killed" || old == "survives" && !again {
			x.killed = old == "killed"
			continue
		}
		result := "survives"
		for _, s := range suites {
			if x.killed = s.noticed(i + 1); x.killed {
				result = "killed"
				break
			}
		}
		if _, err := fmt.Fprintf(out, "%-9s %s\n", result, x); err != nil {
			return err
		}
	}
	m.sum()
	return nil
}

// sum prints how many mutants there were and were killed, file by file.
func (m *mutator) sum() {
	var files []string
	count, killed := map[string]int{}, map[string]int{}
	for i := range m.mutants {
		x := &m.mutants[i]
		if x.off {
			continue
		}
		for _, of := range []string{filepath.Base(x.file), "all"} {
			if count[of] == 0 && of != "all" {
				files = append(files, of)
			}
			count[of]++
			if x.killed {
				killed[of]++
			}
		}
	}
	for _, of := range append(files, "all") {
		fmt.Printf("%-16s %4d mutants, %4d killed, %4d survive\n", of, count[of], killed[of], count[of]-killed[of])
	}
}
