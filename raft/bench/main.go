// Command bench measures raft beside two versions of etcd's core and prints a
// table in Markdown. Run it at the top of the repository: go run ./raft/bench
//
// The versions are modules of their own (etcd36, etcd37), so that the product
// needs neither. Each is built into a test binary that runs every load on our
// core and then on etcd's; the binaries take turns, and a ratio is the median
// of the ratios of neighbours. See docs/performance.md.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// versions are the modules beside this file, and what each is called.
var versions = []version{{"etcd36", "v3.6.0"}, {"etcd37", "v3.7.0"}}

type version struct{ module, name string }

func main() {
	reps := flag.Int("reps", 5, "how often each binary runs")
	each := flag.Duration("time", 300*time.Millisecond, "how long each load runs each time")
	only := flag.String("only", ".", "which loads to run, as go test -bench wants it")
	flag.Parse()
	if err := run(*reps, *each, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(reps int, each time.Duration, only string) error {
	if reps < 1 {
		return errors.New("-reps must be at least 1")
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "raftlab-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, v := range versions {
		if err := build(filepath.Join(root, "raft", "bench", v.module), filepath.Join(dir, v.module)); err != nil {
			return err
		}
	}
	var t table
	for rep := range reps {
		for _, v := range versions {
			fmt.Fprintf(os.Stderr, "run %d of %d beside %s\n", rep+1, reps, v.name)
			out, err := command(dir, filepath.Join(dir, v.module),
				"-test.run=^$", "-test.bench="+only, "-test.benchtime="+each.String())
			if err != nil {
				return err
			}
			if err := t.add(v.name, out); err != nil {
				return err
			}
		}
	}
	fmt.Print(t.markdown())
	return nil
}

// moduleRoot is the directory of raftlab's go.mod.
func moduleRoot() (string, error) {
	out, err := command(".", "go", "list", "-m", "-f", "{{.Path}} {{.Dir}}")
	if err != nil {
		return "", err
	}
	path, dir, _ := strings.Cut(strings.TrimSpace(out), " ")
	if path != "raftlab" {
		return "", fmt.Errorf("this is module %s; run it in raftlab's repository: go run ./raft/bench", path)
	}
	return dir, nil
}

func build(module, binary string) error {
	_, err := command(module, "go", "test", "-c", "-o", binary, ".")
	return err
}

// command runs a program in dir and returns what it prints.
func command(dir, name string, args ...string) (string, error) {
	var out, errs bytes.Buffer
	c := exec.Command(name, args...)
	c.Dir, c.Stdout, c.Stderr = dir, &out, &errs
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, out.String(),
			errs.String())
	}
	return out.String(), nil
}
