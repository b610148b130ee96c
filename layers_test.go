package main

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// rooms is the order of the layers, the highest first: each may import those
// below it. A package under a room's path belongs to that room.
var rooms = []string{"raftlab", "raftlab/console", "raftlab/commands", "raftlab/cluster", "raftlab/raft"}

// leaves import nothing of ours and may be imported by whoever says so here.
var leaves = map[string][]string{
	"raftlab/docs":           {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/commands/view":  {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/commands/prose": {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/commands/each":  {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/commands/files": {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/commands/page":  {"raftlab", "raftlab/console", "raftlab/commands"},
	"raftlab/raft/seq":       {"raftlab/raft", "raftlab/cluster"},
}

// knows is all of ours that a package with a narrow task imports: what it is to be
// usable without.
var knows = map[string][]string{
	"raftlab/cluster/judge":   {"raftlab/raft"},
	"raftlab/cluster/network": {"raftlab/raft", "raftlab/raft/seq"},
	"raftlab/cluster/disk":    {"raftlab/raft"},
	"raftlab/cluster/event": {"raftlab/cluster/invariants", "raftlab/cluster/judge", "raftlab/cluster/machine",
		"raftlab/cluster/network", "raftlab/cluster/rules", "raftlab/raft"},
	"raftlab/cluster/rules":   {"raftlab/cluster/judge", "raftlab/raft"},
	"raftlab/cluster/setting": {"raftlab/cluster/judge", "raftlab/raft"},
	"raftlab/cluster/execute": {"raftlab/cluster/machine", "raftlab/raft"},
	"raftlab/cluster/program": {"raftlab/cluster/event", "raftlab/raft"},
	"raftlab/cluster/clients": {"raftlab/cluster/invariants", "raftlab/cluster/machine", "raftlab/raft", "raftlab/raft/seq"},
	"raftlab/cluster/history": {"raftlab/cluster", "raftlab/raft"},
	"raftlab/cluster/picture": {"raftlab/cluster", "raftlab/cluster/invariants", "raftlab/cluster/machine", "raftlab/raft"},
	"raftlab/console/paint":   {"raftlab/commands/view"},
	"raftlab/commands/lang":   {"raftlab/commands/view", "raftlab/commands/prose", "raftlab/commands/files"},
	"raftlab/commands/class":  {"raftlab/commands/lang", "raftlab/commands/view", "raftlab/commands/prose"},
	"raftlab/commands/lesson": {"raftlab/commands/class", "raftlab/commands/lang", "raftlab/commands/view", "raftlab/commands/prose", "raftlab/commands/files"},
	"raftlab/commands/cond":   {"raftlab/commands/lang", "raftlab/commands/view", "raftlab/commands/prose"},
	"raftlab/commands/draw":   {"raftlab/commands/view", "raftlab/commands/prose"},
	"raftlab/commands/words":  {"raftlab/commands/lang", "raftlab/commands/prose", "raftlab/cluster/machine", "raftlab/raft"},
	"raftlab/commands/tell":   {"raftlab/commands/view", "raftlab/commands/prose", "raftlab/cluster", "raftlab/cluster/fuzz", "raftlab/cluster/invariants", "raftlab/cluster/judge", "raftlab/cluster/picture", "raftlab/raft"},
	// The answers to why stand on each other in this order; commands that ask for one are above them.
	"raftlab/commands/why/inquiry": {"raftlab/commands/lab", "raftlab/commands/lang", "raftlab/commands/prose",
		"raftlab/commands/tell", "raftlab/cluster", "raftlab/cluster/history", "raftlab/raft"},
	"raftlab/commands/why/ballot": {"raftlab/commands/lab", "raftlab/commands/prose", "raftlab/commands/tell",
		"raftlab/commands/words", "raftlab/cluster", "raftlab/raft"},
	"raftlab/commands/why/cause": {"raftlab/commands/why/inquiry", "raftlab/commands/lab", "raftlab/commands/lang",
		"raftlab/commands/prose", "raftlab/commands/tell", "raftlab/commands/words", "raftlab/cluster",
		"raftlab/cluster/invariants", "raftlab/raft"},
	"raftlab/commands/why/not": {"raftlab/commands/why/inquiry", "raftlab/commands/why/ballot", "raftlab/commands/why/cause",
		"raftlab/commands/acts", "raftlab/commands/lab", "raftlab/commands/lang", "raftlab/commands/prose",
		"raftlab/commands/tell", "raftlab/commands/words", "raftlab/cluster", "raftlab/cluster/machine", "raftlab/raft"},
	"raftlab/console/web":  {"raftlab/commands/stream", "raftlab/commands/prose"},
	"raftlab/console/term": {"raftlab/console/paint", "raftlab/commands/view", "raftlab/commands/files"},
}

// forbidden is what a package, and those below it, may not import.
var forbidden = []struct{ within, what, why string }{
	{"raftlab/commands", "github.com/chzyer/readline", "commands has no keyboard"},
	{"raftlab/commands", "github.com/fatih/color", "commands has no colour"},
	{"raftlab/console", "github.com/chzyer/readline", "only the terminal's room has a line editor"},
	{"raftlab/console", "raftlab/cluster", "the console knows no Raft"},
	{"raftlab/console", "raftlab/raft", "the console knows no Raft"},
	{"raftlab/raft", "time", "the core has no clock"},
	{"raftlab/raft", "math/rand", "the core has no randomness"},
	{"raftlab/raft", "os", "the core has no I/O"},
	{"raftlab/raft", "sync", "the core has no goroutine"},
	{"raftlab/cluster", "math/rand", "the world draws from its own seed"},
	{"raftlab/cluster", "time", "the world has no clock but its ticks"},
}

// values is the rooms of plain values that a world is told in. Who knows worlds knows them.
var values = []string{"raftlab/cluster/event", "raftlab/cluster/network", "raftlab/cluster/setting", "raftlab/cluster/rules",
	"raftlab/cluster/clients", "raftlab/cluster/program"}

// browser is what tests of the page stand on.
const browser = "raftlab/commands/page/chromium"

// within tells whether a package is dir or lies below it.
func within(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// room is the index of a package's room, the most specific one.
func room(pkg string) int {
	for i := len(rooms) - 1; i >= 0; i-- {
		if within(pkg, rooms[i]) {
			return i
		}
	}
	return -1
}

// excepted are the few who may import what is forbidden to their room: term has
// the line editor, seq shares chunks between copies, live drives the core in real time, linear
// judges a history that is over, and guest waits for other programs.
func excepted(from, to string) bool {
	if within(from, "raftlab/cluster/live") || within(from, "raftlab/cluster/linear") ||
		within(from, "raftlab/cluster/guest") {
		return !within(to, "raftlab")
	}
	return from == "raftlab/raft/seq" && to == "sync/atomic" || from == "raftlab/console/term" && !within(to, "raftlab")
}

// breach says what is wrong with an import, or nothing.
func breach(from, to string) string {
	if within(from, "raftlab/raft/bench") { // a program beside the house
		if within(to, "raftlab") && !within(to, "raftlab/raft") {
			return "a benchmark of the core imports the core only"
		}
		return ""
	}
	if within(to, browser) || within(to, "github.com/chromedp") && from != browser {
		return "only tests drive a browser"
	}
	for _, f := range forbidden {
		if within(from, f.within) && within(to, f.what) && !excepted(from, to) {
			return f.why
		}
	}
	if !within(to, "raftlab") {
		return ""
	}
	if _, leaf := leaves[from]; leaf {
		return "a leaf imports nothing of ours"
	}
	known, narrow := knows[from]
	if slices.Contains(known, "raftlab/cluster") {
		known = append(slices.Clip(known), values...)
	}
	if narrow && !slices.Contains(known, to) && to != "raftlab/commands/each" { // part of the language
		return "this room is to be usable without what it imports"
	}
	if readers, leaf := leaves[to]; leaf && slices.ContainsFunc(readers, func(r string) bool { return r != "raftlab" && within(from, r) || from == r }) {
		return ""
	}
	switch a, b := room(from), room(to); {
	case within(to, "raftlab/raft/bench"):
		return "nobody imports a program"
	case leaves[to] != nil:
		return "this leaf is not for that room"
	case a > b:
		return "imports go down only: main, console, commands, cluster, raft"
	case a == 0 && b != 1:
		return "main wires the console and nothing else"
	case a == b && from == "raftlab/raft":
		return "the core is one package"
	}
	return ""
}

// TestLayers holds the house together: who may import whom.
func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&pkg); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen[pkg.ImportPath] = true
		for _, to := range pkg.Imports {
			if why := breach(pkg.ImportPath, to); why != "" {
				t.Errorf("%s imports %s: %s", pkg.ImportPath, to, why)
			}
		}
	}
	for _, p := range slices.Concat(rooms, slices.Collect(maps.Keys(leaves)), slices.Collect(maps.Keys(knows))) {
		if !seen[p] {
			t.Errorf("%s is gone: this test no longer holds what it says", p)
		}
	}
}

// A browser has no terminal, and nothing there runs by itself: what needs that is
// left out of what is built for it.
func TestLeftOutOfTheBrowser(t *testing.T) {
	list := exec.Command("go", "list", "-deps", ".")
	list.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	for _, pkg := range []string{"github.com/chzyer/readline", "raftlab/cluster/live", "net/http"} {
		if slices.Contains(deps, pkg) {
			t.Errorf("%s is built for the browser", pkg)
		}
	}
	if !slices.Contains(deps, "raftlab/cluster/explore") {
		t.Error("the list is not that of raftlab's packages")
	}
}

// TestLayersBite shows that the rules of TestLayers refuse what they should.
func TestLayersBite(t *testing.T) {
	for _, c := range []struct {
		from, to string
		fine     bool
	}{
		{"raftlab", "raftlab/console", true},
		{"raftlab", "raftlab/commands", false},
		{"raftlab/console", "raftlab/commands", true},
		{"raftlab/console", "raftlab/commands/view", true},
		{"raftlab/console", "raftlab/console/paint", true},
		{"raftlab/console/paint", "raftlab/commands/view", true},
		{"raftlab/console/paint", "raftlab/commands", false},
		{"raftlab/console/paint", "raftlab/console", false},
		{"raftlab/console", "raftlab/cluster", false},
		{"raftlab/console", "raftlab/cluster/machine", false},
		{"raftlab/console", "raftlab/raft", false},
		{"raftlab/console", "github.com/chzyer/readline", false},
		{"raftlab/console/paint", "github.com/chzyer/readline", false},
		{"raftlab/console/term", "github.com/chzyer/readline", true},
		{"raftlab/console/term", "raftlab/commands/files", true},
		{"raftlab/console/term", "raftlab/commands", false},
		{"raftlab/console/term", "raftlab/console", false},
		{"raftlab/commands", "raftlab/docs", true},
		{"raftlab/commands", "raftlab/cluster/invariants", true},
		{"raftlab/commands", "raftlab/raft", true},
		{"raftlab/commands", "raftlab/console", false},
		{"raftlab/commands", "raftlab", false},
		{"raftlab/commands", "github.com/chzyer/readline", false},
		{"raftlab/commands", "raftlab/commands/lang", true},
		{"raftlab/commands/lang", "raftlab/commands/view", true},
		{"raftlab/commands/lang", "raftlab/commands", false},
		{"raftlab/commands/lang", "raftlab/cluster", false},
		{"raftlab/commands/lang", "raftlab/raft", false},
		{"raftlab/commands/lang", "raftlab/docs", false},
		{"raftlab/commands", "raftlab/commands/cond", true},
		{"raftlab/commands/cond", "raftlab/commands/lang", true},
		{"raftlab/commands/cond", "raftlab/commands", false},
		{"raftlab/commands/cond", "raftlab/cluster", false},
		{"raftlab/commands/cond", "raftlab/raft", false},
		{"raftlab/commands/lang", "raftlab/commands/cond", false},
		{"raftlab/commands", "raftlab/commands/words", true},
		{"raftlab/commands/words", "raftlab/commands/lang", true},
		{"raftlab/commands/words", "raftlab/raft", true},
		{"raftlab/commands/words", "raftlab/commands", false},
		{"raftlab/commands/words", "raftlab/commands/cond", false},
		{"raftlab/commands/words", "raftlab/cluster", false},
		{"raftlab/commands", "raftlab/commands/draw", true},
		{"raftlab/commands/draw", "raftlab/commands/view", true},
		{"raftlab/commands/draw", "raftlab/commands", false},
		{"raftlab/commands/draw", "raftlab/cluster/trace", false},
		{"raftlab/commands", "raftlab/commands/lesson", true},
		{"raftlab/commands/lesson", "raftlab/commands/lang", true},
		{"raftlab/commands/lesson", "raftlab/commands", false},
		{"raftlab/commands/lesson", "raftlab/cluster", false},
		{"raftlab/commands/lesson", "raftlab/docs", false},
		{"raftlab/commands/lang", "raftlab/commands/lesson", false},
		{"raftlab/commands/view", "github.com/fatih/color", false},
		{"raftlab/commands/view", "raftlab/raft", false},
		{"raftlab/docs", "raftlab/commands", false},
		{"raftlab/cluster", "raftlab/cluster/machine", true},
		{"raftlab/cluster/invariants", "raftlab/raft/seq", true},
		{"raftlab/cluster", "raftlab/commands", false},
		{"raftlab/cluster", "raftlab/docs", false},
		{"raftlab/cluster", "math/rand/v2", false},
		{"raftlab/cluster", "time", false},
		{"raftlab/cluster/live", "time", true},
		{"raftlab/cluster/live", "raftlab/commands", false},
		{"raftlab/raft", "raftlab/raft/seq", true},
		{"raftlab/raft", "raftlab/raft/bench", false},
		{"raftlab/raft", "raftlab/cluster", false},
		{"raftlab/raft", "time", false},
		{"raftlab/raft", "math/rand/v2", false},
		{"raftlab/raft", "math/bits", true},
		{"raftlab/raft", "os/signal", false},
		{"raftlab/raft", "sync", false},
		{"raftlab/raft", "sync/atomic", false},
		{"raftlab/raft/seq", "sync/atomic", true},
		{"raftlab/raft/seq", "sync", false},
		{"raftlab/raft/seq", "raftlab/raft", false},
		{"raftlab/raft/bench/load", "time", true},
		{"raftlab/raft/bench", "raftlab/raft", true},
		{"raftlab/raft/bench", "raftlab/cluster", false},
		{"raftlab/commands/page/chromium", "github.com/chromedp/chromedp", true},
		{"raftlab/console/web", "github.com/chromedp/chromedp", false},
		{"raftlab/console/web", "raftlab/commands/page/chromium", false},
	} {
		if why := breach(c.from, c.to); (why == "") != c.fine {
			t.Errorf("%s imports %s: %q", path.Base(c.from), c.to, why)
		}
	}
}
