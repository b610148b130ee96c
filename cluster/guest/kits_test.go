package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/judge"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

const kits = "../../docs/guests/"

// needs skips a test whose program is missing; where all are to be there, that fails.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing", program)
	}
	t.Skipf("%s is missing, so the kit that needs it is not tried", program)
}

// copied copies files into a directory, with some texts replaced in the first; an
// ending .txt is left out.
func copied(t *testing.T, dir string, replace []string, files ...string) {
	t.Helper()
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := string(text)
		for k := 0; i == 0 && k < len(replace); k += 2 {
			if strings.Count(s, replace[k]) != 1 {
				t.Fatalf("%s has %d times %q", file, strings.Count(s, replace[k]), replace[k])
			}
			s = strings.Replace(s, replace[k], replace[k+1], 1)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// example is a program that tests drive: files of which the first is the server's.
type example struct {
	name  string
	files []string
}

var (
	python = []string{kits + "python/raftlab.py", kits + "python/adapt.py"}
	js     = []string{kits + "js/raftlab.js", kits + "js/adapt.js"}
	golang = []string{kits + "go/raftlab.go", kits + "go/replay.go", kits + "go/snapshots.go"}
	bubble = []string{kits + "go/bubble/raftlab_test.go.txt", kits + "go/bubble/raftlab_words_test.go.txt"}
)

func kitted(file string, kit []string, more ...string) []string {
	return append(append([]string{file}, kit...), more...)
}

// templates is what students begin with.
var templates = []example{
	{name: "python", files: kitted(kits+"python/my_raft.py", python)},
	{name: "js", files: kitted(kits+"js/my_raft.js", js)},
	{name: "go", files: kitted(kits+"go/my_raft.go", golang)},
}

// finished is the complete servers that use the kits.
var finished = []example{
	{name: "python", files: kitted("testdata/python/finished.py", python)},
	{name: "js", files: kitted("testdata/js/finished.js", js)},
	{name: "go", files: kitted("testdata/go/finished.go", golang)},
}

// shapes is servers that were not written for raftlab, each with its adapter.
var shapes = []example{
	{name: "python, counting from 0", files: kitted("testdata/python/counting.py", python,
		"testdata/python/adapt_counting.py")},
	{name: "python without a disk", files: kitted("testdata/python/forgetful.py", python,
		"testdata/python/adapt_forgetful.py")},
	{name: "js with callbacks", files: kitted("testdata/js/calling.js", js, "testdata/js/adapt_calling.js")},
	{name: "go with goroutines", files: kitted("testdata/go/lab/raft.go", bubble, "testdata/go/lab/adapt_test.go")},
}

// open starts an example, with some texts of its server replaced.
func (e *example) open(t *testing.T, replace ...string) *Program {
	t.Helper()
	dir, main := t.TempDir(), filepath.Base(e.files[0])
	if last := filepath.Base(e.files[len(e.files)-1]); strings.HasPrefix(last, "adapt_") {
		main = last
	}
	copied(t, dir, replace, e.files...)
	at := filepath.Join(dir, main)
	var command string
	switch filepath.Ext(main) {
	case ".py":
		needs(t, "python3")
		command = "python3 -B " + at
	case ".js":
		needs(t, "node")
		command = "node " + at
	default:
		command = build(t, dir, strings.HasSuffix(main, "_test.go"))
	}
	p, err := OpenWithin(context.Background(), command, time.Minute) // the machine may be busy
	if err != nil {
		t.Fatal(err)
	}
	p.SetLimit(time.Minute)
	t.Cleanup(p.Close)
	return p
}

// build compiles the Go files of a directory, as a test if the kit is one.
func build(t *testing.T, dir string, test bool) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module guest\n\ngo 1.26\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	args, command := []string{"build", "-o", "guest.test", "."}, filepath.Join(dir, "guest.test")
	if test {
		args, command = []string{"test", "-c", "-o", "guest.test", "."}, command+" -test.run TestRaftlab"
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return command
}

// TestTemplates: a template answers from the first minute, as a follower that does nothing.
func TestTemplates(t *testing.T) {
	for _, e := range templates {
		t.Run(e.name, func(t *testing.T) {
			w := world(t, 3, e.open(t))
			do(t, w, cluster.Timeout{Node: 1})
			var leads *raft.NotLeader
			if err := w.Apply(cluster.Request{Client: "C1", Data: "x=1", Via: 1}); !errors.As(err, &leads) {
				t.Error(err)
			}
			do(t, w, cluster.Kill{Node: 1})
			do(t, w, cluster.Restart{Node: 1})
			if s := w.State(1); s.Role != raft.Follower || s.CurrentTerm != 0 {
				t.Errorf("%s in term %d", s.Role, s.CurrentTerm)
			}
			if d := w.Departures(); len(d) == 0 || d[0].Property != "ElectionTimeout" {
				t.Errorf("what the paper wants of its timer is not named: %v", d)
			}
		})
	}
}

// TestFinishedAndShapes: the finished examples, and the servers that were not written
// for raftlab, elect, replicate, come back from a crash and go on under another leader.
func TestFinishedAndShapes(t *testing.T) {
	for _, e := range append(append([]example{}, finished...), shapes...) {
		t.Run(e.name, func(t *testing.T) {
			p := e.open(t)
			w := world(t, 3, p)
			elect(t, w)
			for i := range 3 {
				do(t, w, cluster.Request{Client: "C1", Data: fmt.Sprintf("x=%d", i)})
				settle(t, w)
			}
			beat(t, w, 1) // a server may wait for it to send the entries,
			beat(t, w, 1) // and for the next one to tell that they are committed
			for _, id := range w.IDs() {
				if s := w.State(id); s.CommitIndex != 3 || s.LastApplied != 3 {
					t.Errorf("%s: commitIndex %d, lastApplied %d", id, s.CommitIndex, s.LastApplied)
				}
			}
			do(t, w, cluster.Kill{Node: 1})
			do(t, w, cluster.Restart{Node: 1})
			want := uint64(3)
			if p.Able(NoDisk) {
				want = 0
			}
			if s := w.State(1); s.Log.LastIndex() != want || s.CommitIndex != 0 {
				t.Errorf("S1 starts again with %d entries, commitIndex %d", s.Log.LastIndex(), s.CommitIndex)
			}
			do(t, w, cluster.Timeout{Node: 2})
			settle(t, w)
			do(t, w, cluster.Request{Client: "C1", Data: "y=1", Via: 2})
			for range 5 { // a log that is empty is filled entry by entry
				beat(t, w, 2)
			}
			for _, id := range w.IDs() {
				if s := w.State(id); s.CommitIndex != 4 || s.CurrentTerm != 2 {
					t.Errorf("%s: commitIndex %d, term %d", id, s.CommitIndex, s.CurrentTerm)
				}
			}
			for _, d := range w.Departures() {
				if !d.OnPurpose && !p.Able(NoDisk) {
					t.Error(d.Text)
				}
			}
		})
	}
}

func beat(t *testing.T, w *cluster.World, id raft.ID) {
	t.Helper()
	do(t, w, cluster.Heartbeat{Node: id})
	settle(t, w)
}

// steps is how many random steps a campaign has: RAFTLAB_JUDGE, or few.
func steps(few int) uint64 {
	if n, err := strconv.Atoi(os.Getenv("RAFTLAB_JUDGE")); err == nil {
		few = n
	}
	return uint64(max(1, few/fuzz.DefaultLength))
}

// departs is where a program departs from the paper first in random runs; nil: nowhere.
// A server without a disk starts from nothing, and what it had promised may be broken.
func departs(t *testing.T, w *cluster.World, p *Program, runs uint64) (*judge.Departure, int) {
	t.Helper()
	if p.Able(NoDisk) {
		w.Except(judge.RestartFromDisk.ID)
	}
	for seed := uint64(1); seed <= runs; seed++ {
		s := fuzz.Search{First: seed, Last: seed}
		r := s.Run(context.Background(), w)
		switch {
		case r.Outcome == fuzz.Failed:
			t.Fatal(r.Failure)
		case r.Breach != nil && r.Breach.Departure != nil:
			return r.Breach.Departure, len(r.Path)
		case r.Breach != nil && !p.Able(NoDisk):
			t.Fatalf("%s, and no departure was seen before", r.Breach.Text)
		}
	}
	return nil, 0
}

// TestNoFalseAlarm: in random runs neither the finished examples nor the servers that
// were not written for raftlab depart from the paper, alone and beside raftlab's own.
func TestNoFalseAlarm(t *testing.T) {
	for _, e := range append(append([]example{}, finished...), shapes...) {
		t.Run(e.name, func(t *testing.T) {
			p := e.open(t)
			for n := 2; n <= 5; n++ {
				settings := setting.Defaults()
				settings.Sessions = n == 4
				w, err := cluster.NewOf(func(id raft.ID) program.Program {
					if n == 4 && id > 2 {
						return program.Own(id)
					}
					return p
				}, n, uint64(n), settings, "kv")
				if err != nil {
					t.Fatal(err)
				}
				if d, at := departs(t, w, p, steps(250)); d != nil {
					t.Errorf("%d servers, after %d steps: %s %s: %s", n, at, d.Kind, d.Rule.ID, d.Did)
				}
			}
		})
	}
}

// TestKitsKeepStandardOutput: what a program prints, before and during a step, is no answer,
// and an error ends with the file and the line of the student's program.
func TestKitsKeepStandardOutput(t *testing.T) {
	wrong := [][]string{
		{"from raftlab import", "import raftlab\nprint('one')\nfrom raftlab import",
			"        # TODO candidates, rule 1", "        print('two', list({}.values())[0])\n        # TODO candidates, rule 1"},
		{"class MyRaft", "console.log('one');\nclass MyRaft",
			"  onElectionTimeout() {\n", "  onElectionTimeout() {\n    console.log('two', [].at(0).x);\n"},
		{"func main() {", "func main() {\n\tfmt.Println(\"one\")\n", "package main\n", "package main\n\nimport \"fmt\"\n",
			"OnElectionTimeout() {\n", "OnElectionTimeout() {\n\tfmt.Println(\"two\", r.Log.At(0))\n"},
	}
	place := regexp.MustCompile(`\(my_raft\.(py|js|go), line \d\d\)$`)
	for i, e := range templates {
		t.Run(e.name, func(t *testing.T) {
			w := world(t, 3, e.open(t, wrong[i]...))
			err := w.Apply(cluster.Timeout{Node: 1})
			if err == nil || !place.MatchString(err.Error()) {
				t.Error(err)
			}
			if s := w.State(1); s.CurrentTerm != 0 || len(w.Departures()) > 0 {
				t.Error("a step that failed changed something")
			}
		})
	}
}

// TestKitRecordsARealRun: servers on a network of their own write a log of steps, each with
// its event and what came of it.
func TestKitRecordsARealRun(t *testing.T) {
	needs(t, "python3")
	dir := t.TempDir()
	copied(t, dir, nil, kitted("testdata/python/real.py", python, "testdata/python/finished.py")...)
	cmd := exec.Command("python3", "-B", "real.py")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log, err := os.ReadFile(filepath.Join(dir, "run.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	commits := map[string]float64{}
	for line := range strings.Lines(string(log)) {
		var step struct {
			Server string
			Input  struct{ Type string }
			View   map[string]any
		}
		if err := json.Unmarshal([]byte(line), &step); err != nil || step.Input.Type == "" {
			t.Fatalf("%v: %s", err, line)
		}
		commits[step.Server], _ = step.View["commitIndex"].(float64)
	}
	if len(commits) != 3 || commits["S1"] != 1 || commits["S2"] != 1 || commits["S3"] != 1 {
		t.Errorf("commitIndex: %v", commits)
	}
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	if found := judged(t, lines); len(found) > 0 {
		t.Errorf("the judge of runs tells %v", found)
	}
	if found := told(t, nil, lines); len(found) > 0 {
		t.Errorf("living through it tells %v", found)
	}
	h, _, _ := livedThrough(t, nil, lines)
	for _, id := range h.World().IDs() {
		if h.World().State(id).CommitIndex != 1 {
			t.Errorf("lived through, %s has another commitIndex", id)
		}
	}
	for _, l := range h.World().Flights() {
		t.Errorf("m%d is in flight at the end: %s", l.ID, l.Message.Type())
	}
}

// TestKitsNameWhatIsWrong: what beginners write, and adapters that call something by a wrong name,
// are errors that say which attribute, and where.
func TestKitsNameWhatIsWrong(t *testing.T) {
	counting, calling := shapes[0], shapes[2]
	adapter := func(e example) example { // the text that is replaced is the adapter's
		last := len(e.files) - 1
		e.files = append([]string{e.files[last]}, e.files[:last]...)
		return e
	}
	for _, c := range []struct {
		of                 example
		right, wrong, says string
	}{
		{finished[0], "last_term)\n        self.count_votes()", "last_term)\n        self.votes = 1", "self.votes must be a set of servers, not 1"},
		{finished[0], "self.votedFor = self.name", "self.votedFor = self", "self.votedFor cannot keep a Finished"},
		{finished[0], "self.log.starting_at(first)", "self.log[first:]", "log.starting_at(i) is the entries from i"},
		{finished[1], "this.votedFor = this.name", "this.votedFor = this", "this.votedFor cannot keep a server"},
		{adapter(counting), `"voteGranted": "yes"`, `"voteGranted": "no"`,
			"this AskAnswer has no no, which stands for voteGranted"},
		{adapter(counting), `"RequestVote": "Ask", `, "", "no message that names gives (counting.py, line"},
		{adapter(counting), `"role": "state"`, `"role": "mood"`, "has no attribute 'mood'; what is its role called?"},
		{adapter(counting), `"role": "state"`, `"rolle": "state"`, "attributes: there is no 'rolle', only role"},
		{adapter(calling), `voteGranted: "granted"`, `voteGranted: "yes"`, "has no yes (voteGranted): it has"},
		{adapter(calling), `role: "status"`, `role: "mood"`, "the server has no mood; what is its role called?"},
		{adapter(calling), `role: "status"`, `rolle: "status"`, "attributes: there is no rolle, only role"},
	} {
		if says := c.of.fails(t, c.right, c.wrong); !strings.Contains(says, c.says) {
			t.Errorf("%s: with %s, %q", c.of.name, c.wrong, says)
		}
	}
}

// fails is how an example with a text replaced fails in an election.
func (e *example) fails(t *testing.T, right, wrong string) string {
	t.Helper()
	dir, main := t.TempDir(), filepath.Base(e.files[0])
	copied(t, dir, []string{right, wrong}, e.files...)
	runs := "python3"
	if filepath.Ext(main) == ".js" {
		runs = "node"
	}
	needs(t, runs)
	p, err := Open(context.Background(), runs+" "+filepath.Join(dir, main))
	if err != nil {
		return err.Error()
	}
	defer p.Close()
	w, err := cluster.NewOf(func(raft.ID) program.Program { return p }, 3, 1, setting.Defaults(), "kv")
	if err == nil {
		err = w.Apply(cluster.Timeout{Node: 1})
	}
	for err == nil && len(w.Flights()) > 0 {
		err = w.Apply(cluster.Deliver{ID: w.Flights()[0].ID})
	}
	return fmt.Sprint(err)
}

// TestACampaignTellsWhatIsLate: of a server that is only late a campaign finds no fault, and says so.
func TestACampaignTellsWhatIsLate(t *testing.T) {
	const higher = "            self.votes = set()\n            self.save()\n"
	p := finished[0].open(t, higher, higher+"            self.restart_election_timer()\n")
	s := fuzz.Search{First: 1, Last: 5}
	c := s.Each(context.Background(), world(t, 3, p))
	if len(c.Faults) > 0 || len(c.Late) != 1 || c.Late[judge.ElectionTimer.ID] == 0 {
		t.Errorf("%d faults, late %v", len(c.Faults), c.Late)
	}
}
