package commands

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/setting"
	"raftlab/commands/lab"
)

// liveSession is a session with a cluster that runs by itself, on a directory
// or, with "", in memory.
func liveSession(t *testing.T, dir string) *Session {
	t.Helper()
	s, err := NewSession(Options{Nodes: 3, Seed: 1, Live: &LiveOptions{Tick: 5 * time.Millisecond, Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// says runs a line, and returns what was shown and the error.
func (s *Session) says(line string) (string, error) {
	f := &screen{}
	err := s.Run(context.Background(), line, f)
	return f.text(), err
}

func (s *Session) must(t *testing.T, line string) string {
	t.Helper()
	text, err := s.says(line)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return text
}

// again runs a line until it succeeds: on a busy machine leaders change.
func (s *Session) again(t *testing.T, line string) {
	t.Helper()
	var err error
	for range 50 {
		if _, err = s.says(line); err == nil {
			return
		}
	}
	t.Fatalf("%s, fifty times: %v", line, err)
}

// Enter does no step where time passes by itself, however that is asked for.
func TestNoDemoInALiveCluster(t *testing.T) {
	s := liveSession(t, "")
	for _, line := range []string{"demo on", "set demo on"} {
		if _, err := s.says(line); err == nil {
			t.Errorf("%s is taken", line)
		}
	}
	s.must(t, "set demo off")
}

// Conditions cannot ask about what nothing looks after in a live cluster: an
// empty list there would be a false answer.
func TestLiveConditionsAskOnlyWhatIsSeen(t *testing.T) {
	s := liveSession(t, "")
	unseen := s.World().(interface{ Unseen() map[string]string }).Unseen()
	for name, why := range unseen {
		for _, line := range []string{"expect % != nil", "! expect % != nil", "print %", "run until % == nil within 10", "watch %", `print $env["%"]`} {
			_, err := s.says(strings.ReplaceAll(line, "%", name))
			if err == nil || !strings.Contains(err.Error(), why) {
				t.Errorf("%s with %s: %v; want %q", line, name, err, why)
			}
		}
		if _, offered := s.Complete("expect "+name[:3], len("expect ")+3); len(offered) > 0 && offered[0] == name {
			t.Errorf("%s is offered", name)
		}
	}
	known := map[string]bool{"nodes": true, "leaders": true, "leader": true, "clock": true}
	for _, w := range lab.Conditions.Words() {
		name := w.Name
		if !known[name] && unseen[name] == "" {
			t.Errorf("a live cluster says nothing of %s: does it see it?", name)
		}
		if known[name] {
			s.must(t, "print "+name)
		}
	}
}

// What needs no cluster works in a live session; everything else either works
// or says in a sentence what to do instead.
func TestEveryCommandAnswersInALiveSession(t *testing.T) {
	s := liveSession(t, "")
	for _, line := range []string{"glossary", "glossary term", "bugs", "settings", "lessons", "scenarios", "help", "help kill", "rule", "rule VoteOnce",
		"print leader", "repeat 2 \"say x\"", "set echo off", "set output text", "clear"} {
		if s.must(t, line) == "" && !strings.HasPrefix(line, "set") && line != "clear" {
			t.Errorf("%s shows nothing", line)
		}
	}
	for _, name := range table.Names() {
		if s.Table.Lookup(name) != nil {
			continue
		}
		_, err := s.says(name)
		if err == nil || !strings.Contains(err.Error(), "is not for a cluster that runs by itself") || !strings.Contains(err.Error(), "\n  ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	usual := setting.Defaults()
	for _, d := range setting.All() {
		_, err := s.says("set " + d.Name + " " + d.Get(&usual))
		if err == nil || !strings.Contains(err.Error(), "cannot be changed while") || !strings.Contains(err.Error(), "raftlab -i FILE runs it, and there set "+d.Name+" ") {
			t.Errorf("set %s: %v", d.Name, err)
		}
	}
	if _, err := s.says("set sessions on"); err == nil || !strings.Contains(err.Error(), "no command that a leader took is sent a second time") {
		t.Errorf("set sessions on: %v", err)
	}
	if _, err := s.says("get x reads lease"); err == nil || !strings.Contains(err.Error(), "through the log only") {
		t.Errorf("get x reads lease: %v", err)
	}
}

// What only tells of the run answers from a replay of its record, and so as the saved script does.
func TestALiveRunIsTold(t *testing.T) {
	s, dir := liveSession(t, ""), t.TempDir()
	s.must(t, "run until leader != nil within 100000; put x 1; kill leader; run until leader != nil within 100000; get x")
	s.must(t, "kill all; save "+filepath.Join(dir, "run.raft")) // and nothing moves any more
	saved, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	saved.must(t, "source "+filepath.Join(dir, "run.raft"))
	told := 0
	for _, name := range s.Table.Names() {
		c := s.Table.Lookup(name)
		if len(c.Needs) == 0 || c.Needs[0].What != lab.Record {
			continue
		}
		told++
		for _, line := range map[string][]string{
			"why": {"why 1 committed", "why no leader", "why C1"}, "clients": {"clients"}, "events": {"events 30"}, "invariants": {"invariants"},
			"diagram": {"diagram text", "diagram S1 S2 from 10 to 60"}, "check": {"check linearizable"},
			"export": {"export " + filepath.Join(dir, "a.svg"), "export linearizable " + filepath.Join(dir, "a.html")},
		}[name] {
			live, then := s.must(t, line), saved.must(t, line)
			same, note, _ := strings.Cut(live, "(from a replay of the run")
			if strings.ReplaceAll(same, "as recorded", "your command") != then {
				t.Errorf("%s says in the live session\n%s\nand of the saved run\n%s", line, live, then)
			}
			if !strings.Contains(note, "save FILE writes it") {
				t.Errorf("%s: does not say where it is from\n%s", line, live)
			}
		}
	}
	if told != 7 {
		t.Errorf("%d commands tell of the run", told)
	}
}

// A command changes everything that it says, or nothing.
func TestLiveCommandsDoAllOrNothing(t *testing.T) {
	s := liveSession(t, t.TempDir())
	s.must(t, "run until leader != nil within 100000; kill S1")
	for _, line := range []string{"kill S2 S9", "kill S2 S1", "kill S2,S3,S1", "restart S1 S2", "snapshot S2 S1", "isolate S2 S9", "partition S2 S2 | S3"} {
		if _, err := s.says(line); err == nil {
			t.Errorf("%s was done", line)
		}
		s.must(t, "expect !S1.up && S2.up && S3.up && S2.snapshot.index == 0")
		if text := s.must(t, "links"); !strings.Contains(text, "No link is cut") {
			t.Errorf("%s cut links", line)
		}
	}
	s.must(t, "restart all; kill all; expect all(nodes, !.up); restart S1 S3; expect S1.up && !S2.up && S3.up")
}

// A node that does not lead sends the client on, also where via names it.
func TestLiveRequestsFollowRedirects(t *testing.T) {
	s := liveSession(t, "")
	s.again(t, "run until leader != nil within 100000; put x 0")
	for range 100 {
		for _, via := range []string{"S1", "S2", "S3"} {
			if text, err := s.says("put x 1 via " + via); err == nil && strings.Contains(text, via+" redirects C1 to ") {
				return
			}
		}
	}
	t.Error("no follower sent the client on")
}

// What is repaired is told when the session starts, and when a node restarts.
func TestRepairsAreTold(t *testing.T) {
	dir := t.TempDir()
	tear := func(node string) {
		t.Helper()
		path := filepath.Join(dir, node, "log")
		info, err := os.Stat(path)
		if err == nil {
			err = os.Truncate(path, info.Size()-1)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := NewSession(Options{Nodes: 3, Seed: 1, Live: &LiveOptions{Tick: 5 * time.Millisecond, Dir: dir}})
	if err != nil {
		t.Fatal(err)
	}
	s.again(t, "run until leader != nil within 100000; put x 1")
	s.must(t, "kill S2")
	tear("S2")
	if text := s.must(t, "restart S2"); !strings.Contains(text, "repaired "+filepath.Join(dir, "S2", "log")) {
		t.Errorf("restart S2 says %q", text)
	}
	s.must(t, "run until S2.commit >= 2 within 100000; kill S2")
	if text := s.must(t, "restart S2"); strings.Contains(text, "repaired") {
		t.Errorf("restart S2 again says %q", text)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tear("S3")
	s = liveSession(t, dir)
	if lines := s.Notices(); len(lines) != 1 || !strings.Contains(lines[0], "repaired ") || !strings.Contains(lines[0], "S3") {
		t.Errorf("told at the start: %q", lines)
	}
}

// In a live session run waits for what it waits for in the other, and says which it was; what is typed there, and a
// client's wait, is answered in words of its own.
func TestALiveSessionSpeaksOfItself(t *testing.T) {
	s := liveSession(t, "")
	if text := s.must(t, "kv"); text != "Nothing is stored yet: put x 1 stores something.\n" {
		t.Errorf("kv: %s", text)
	}
	s.must(t, "run until leader != nil within 100000; put x 1")
	if text := s.must(t, "run until leader != nil"); text != "It holds already.\n" {
		t.Errorf("run until what holds: %s", text)
	}
	if text := s.must(t, "kill leader; run"); !strings.Contains(text, " leads term ") || !strings.Contains(text, " it") {
		t.Errorf("run after a crash: %s", text)
	}
	for _, line := range []string{"lesson 3", "lesson"} {
		if _, err := s.says(s.AtPrompt(line)); err == nil || !strings.HasPrefix(err.Error(), "lesson is not for") {
			t.Errorf("%s: %v", line, err)
		}
	}
	s.must(t, "kill all")
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	err := s.Run(ctx, "put x 2", &screen{})
	if err == nil || !strings.HasPrefix(err.Error(), "interrupted while C1 waited: the command was not taken: ") ||
		strings.Contains(err.Error(), "context") {
		t.Errorf("put with all servers down: %v", err)
	}
}

// What is done to links is told, and what became of requests, though no event and no list of clients tells it here.
func TestLiveTellsOfLinksAndClients(t *testing.T) {
	s := liveSession(t, "")
	for _, c := range [][2]string{
		{"partition S1 | S2 S3", "Cut every link between S1 | S2 S3."},
		{"heal S1->S2", "Mended S1->S2."},
		{"cut S2->S3", "Cut S2->S3."},
		{"heal", "Mended S1->S3 S2->S1 S2->S3 S3->S1."},
	} {
		if text := s.must(t, c[0]); !strings.Contains(text, c[1]) {
			t.Errorf("%s: %q, want %q", c[0], text, c[1])
		}
	}
	s.again(t, "put x 1 as C1")
	s.again(t, `submit "y" as C2`)
	if text := s.must(t, "clients"); !strings.Contains(text, "C1") || !strings.Contains(text, `"y"`) || !strings.Contains(text, "from a replay") {
		t.Error(text)
	}
}

// Where time passes by itself, what is shown after each change is not shown again while only time has passed.
func TestLiveShowsWhatChanged(t *testing.T) {
	s := liveSession(t, "")
	s.must(t, "kill all")
	s.must(t, "big on")
	for _, look := range []string{"tick", "settings", "kv"} {
		if text, _ := s.says(look); strings.Contains(text, "No leader. ") {
			t.Errorf("%s shows what has not changed:\n%s", look, text)
		}
	}
	if text := s.must(t, "restart S1"); !strings.Contains(text, "A bar below an entry") {
		t.Errorf("a change is not shown:\n%s", text)
	}
}
