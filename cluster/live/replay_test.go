package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/cluster/live"
	"raftlab/cluster/machine"
	"raftlab/commands"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/raft"
)

// pictureOf is what must be the same after a replay, of one server.
type pictureOf struct {
	Role, Vote, Leader, Log            string
	Term, First, Last, Commit, Applied int
	Entries                            []struct {
		Index, Term int
		Kind, Data  string
	}
	KV          map[string]string
	Next, Match map[string]int
	Snapshot    struct{ Index, Term int }
}

// replayed is the servers after the stepped cluster has run the script.
func replayed(t *testing.T, script []string) []string {
	t.Helper()
	s, err := commands.NewSession(commands.Options{Nodes: 5, Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	f := &lastResult{}
	if err := s.RunScript(context.Background(), "live.raft", strings.NewReader(strings.Join(script, "\n")), f); err != nil {
		t.Fatalf("the script fails: %v\n%s", err, lastLines(script, 30))
	}
	if n := s.UnexpectedBreaches(); len(n) > 0 {
		t.Errorf("breaches in the replay: %q", n)
	}
	if err := s.Run(context.Background(), "status", f); err != nil {
		t.Fatal(err)
	}
	var status struct{ Result struct{ Nodes []pictureOf } }
	if err := json.Unmarshal(f.last.JSON(), &status); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, n := range status.Result.Nodes {
		for i := range n.Entries {
			n.Entries[i].Kind = kindOf(n.Entries[i].Kind, n.Entries[i].Data)
		}
		out = append(out, fmt.Sprintf("%+v", n))
	}
	return out
}

// kindOf is an entry's kind; given cannot say whether an entry without text is
// a leader's own, and to a state machine it is the same.
func kindOf(kind, data string) string {
	if data == "" {
		return "noop"
	}
	return kind
}

func lastLines(lines []string, n int) string {
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// livePicture is the same of a live cluster.
func livePicture(v *live.View, id raft.ID) string {
	disk := v.Disk(id)
	p := pictureOf{Role: "down", Vote: disk.VotedFor.String(), KV: map[string]string{}, Term: int(disk.CurrentTerm)}
	log, snap := &disk.Log, disk.Snapshot
	if n := v.State(id); n != nil {
		log, snap = &n.Log, n.Snapshot
		p.Role, p.Vote, p.Leader = n.Role.String(), n.VotedFor.String(), n.Leader.String()
		p.Term, p.Commit, p.Applied = int(n.CurrentTerm), int(n.CommitIndex), int(n.LastApplied)
		for k, value := range v.Machine(id).All() {
			p.KV[k] = value
		}
		if n.Role == raft.Leader {
			p.Next, p.Match = map[string]int{}, map[string]int{}
			for _, to := range v.IDs() {
				if to != id {
					p.Next[to.String()], p.Match[to.String()] = int(n.NextIndex(to)), int(n.MatchIndex(to))
				}
			}
		}
	}
	p.First, p.Last = int(log.FirstIndex()), int(log.LastIndex())
	if snap != nil {
		p.Snapshot.Index, p.Snapshot.Term = int(snap.Index), int(snap.Term)
	}
	var terms []string
	for i := log.FirstIndex(); i <= log.LastIndex(); i++ {
		e := log.Entry(i)
		terms = append(terms, fmt.Sprint(e.Term))
		p.Entries = append(p.Entries, struct {
			Index, Term int
			Kind, Data  string
		}{int(i), int(e.Term), kindOf(e.Kind.String(), e.Data), e.Data})
	}
	p.Log = strings.Join(terms, " ")
	return fmt.Sprintf("%+v", p)
}

// sameAfterReplay fails unless the script of a picture leads the stepped
// cluster to the same servers.
func sameAfterReplay(t *testing.T, v *live.View) {
	t.Helper()
	script, err := v.Script()
	if err != nil {
		t.Fatal(err)
	}
	got := replayed(t, script)
	for _, id := range v.IDs() {
		if want := livePicture(v, id); got[id-1] != want {
			t.Fatalf("%s after the replay of %d lines:\n%.3000s\nlive it was\n%.3000s", id, len(script), got[id-1], want)
		}
	}
}

func TestScriptReplaysTheRun(t *testing.T) {
	full := live.DefaultSettings()
	full.PreVote, full.CheckQuorum, full.Stickiness, full.SnapshotEvery = true, true, true, 50
	plainly := live.DefaultSettings()
	plainly.Pipeline, plainly.ConflictTerm, plainly.NoOp, plainly.MaxEntries = false, false, false, 3
	for name, config := range map[string]live.Config{
		"the defaults":       {Nodes: 3},
		"without pipelining": {Nodes: 5, Settings: plainly},
		"every safeguard":    {Nodes: 3, Settings: full, Dir: t.TempDir()},
		"a bad network":      {Nodes: 3, Transport: &badNetwork{seed: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := quick(t, config)
			for i := range 2 {
				round(t, c, uint64(i+1), 200*time.Millisecond, &keys{round: i})
				sameAfterReplay(t, c.View())
			}
		})
	}
}

// A run that began with data on disk is replayed from there.
func TestScriptOfARunThatWentOn(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 {
		c := quick(t, live.Config{Nodes: 3, Dir: dir})
		for n := range 5 {
			put(t, c, "x y", fmt.Sprintf("%d; %d # %q", i, n, "é\n"))
		}
		if i == 1 {
			if err := c.Snapshot(leaderOf(t, c)); err != nil {
				t.Fatal(err)
			}
		}
		sameAfterReplay(t, c.View())
		c.Close()
	}
}

// What was cut at the end is cut after the replay.
func TestScriptCutsLinks(t *testing.T) {
	c := quick(t, live.Config{})
	leaderOf(t, c)
	if err := c.Cut(1, 3); err != nil {
		t.Fatal(err)
	}
	script, err := c.Script()
	if err != nil || !slices.Contains(script, "cut S1->S3") { // what the cluster does meanwhile comes before or after it
		t.Errorf("%v, %s", err, lastLines(script, 5))
	}
	replayed(t, script)
}

// A cut and the mail that it cost are replayed as that: the link is cut, and
// what comes over it is lost by the cut, not dropped by hand.
func TestScriptLosesMailByTheCut(t *testing.T) {
	c := quick(t, live.Config{})
	old := leaderOf(t, c)
	if err := c.Partition(raft.SetOf(old)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another leads, and the old leader has lost mail", func() bool {
		v := c.View()
		return v.Leader() != old && v.Messages(old)["AppendEntries"].Sent > 10
	})
	if err := c.Heal(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "one leads", func() bool { return len(c.View().Leaders()) == 1 })
	v := c.View()
	script, err := v.Script()
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(script, "\n")
	if !strings.Contains(text, "cut "+old.String()+"->") || !strings.Contains(text, "heal "+old.String()+"->") || strings.Contains(text, "\n#") {
		t.Errorf("no cut and no mending of %s's links in\n%s", old, text)
	}
	lost := 0
	for _, e := range eventsOf(t, script) {
		if strings.Contains(e, `"kind":"lost"`) && strings.Contains(e, "is cut") {
			lost++
		}
	}
	if lost == 0 {
		t.Errorf("no message was lost on a cut link in the replay of\n%s", text)
	}
	sameAfterReplay(t, v)
}

// eventsOf is each event that a script brings about in the stepped cluster, as
// JSON.
func eventsOf(t *testing.T, script []string) []string {
	t.Helper()
	s, err := commands.NewSession(commands.Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	f := &eachResult{each: func(r *lang.Result) {
		for _, e := range r.Events {
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(b))
		}
	}}
	if err := s.RunScript(context.Background(), "live.raft", strings.NewReader(strings.Join(script, "\n")), f); err != nil {
		t.Fatal(err)
	}
	return out
}

type eachResult struct {
	lastResult
	each func(*lang.Result)
}

func (f *eachResult) Show(r *lang.Result) { f.each(r) }

func TestWhatNoScriptCanSay(t *testing.T) {
	for _, c := range []struct {
		config  live.Config
		command string
		want    string
	}{
		{live.Config{Record: 5}, "x=1", "Config.Record keeps"},
		{live.Config{Record: -1}, "x=1", "nothing was recorded"},
		{live.Config{}, "hello; world", "cannot be written in a line"},
		{live.Config{}, "hello\nworld", "cannot be written in a line"},
		{live.Config{}, "x=" + strings.Repeat("y", 70_000), "64 KiB"},
	} {
		cl := quick(t, c.config)
		ctx := within(t, patience)
		if _, err := sure(func() (string, error) { return cl.Propose(ctx, "C1", c.command) }); err != nil {
			t.Fatal(err)
		}
		if _, err := cl.Script(); !errors.Is(err, live.ErrNoScript) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v, %.20s: %v; want %q", c.config, c.command, err, c.want)
		}
	}
}

// Every command of the store can be written, whatever its words are.
func TestCommandsInScripts(t *testing.T) {
	c := quick(t, live.Config{Nodes: 1})
	ctx := within(t, patience)
	leaderOf(t, c)
	for _, word := range []string{"x", "a b", "a;b", "#", `"`, `\`, "it's", "via", "as", "é\t\x01", "="} {
		for _, command := range []string{
			machine.Put(word, word), machine.Get(word), machine.Incr(word), machine.CAS(word, word, "1"), machine.Delete(word), machine.Put(word, ""),
		} {
			if _, err := sure(func() (string, error) { return c.Propose(ctx, "C-1.x", command) }); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Text of any kind that the console takes after submit, too.
	for _, text := range []string{`"hello"`, `say "a; b" (ok)`, "it's [1] {", `a # b`[:1] + "#b", `"via" \`, `f("x")`, "`"} {
		if _, err := sure(func() (string, error) { return c.Propose(ctx, "C1", text) }); err != nil {
			t.Fatal(err)
		}
	}
	sameAfterReplay(t, c.View())
}

// lastResult is a frontend that keeps the last result.
type lastResult struct{ last *lang.Result }

func (f *lastResult) Show(r *lang.Result)                     { f.last = r }
func (f *lastResult) Progress(string)                         {}
func (f *lastResult) Frame([]view.Block) lang.Pressed         { return lang.NoKey }
func (f *lastResult) Echo(string)                             {}
func (f *lastResult) Interactive() bool                       { return false }
func (f *lastResult) Ask([]view.Block, string) (string, bool) { return "", false }

// With PreVote and CheckQuorum the timers that only these have are part of the
// run: leaders are cut off and killed until each has fired.
func TestScriptFiresTimers(t *testing.T) {
	s := live.DefaultSettings()
	s.PreVote, s.CheckQuorum = true, true
	c := quick(t, live.Config{Settings: s})
	for range 2 {
		id := leaderOf(t, c)
		if err := c.Partition(raft.SetOf(id)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another leads alone", func() bool {
			l := c.View().Leaders()
			return len(l) == 1 && l[0] != id
		})
		if err := c.Heal(); err != nil {
			t.Fatal(err)
		}
	}
	v := c.View()
	script, err := v.Script()
	if text := strings.Join(script, "\n"); err != nil || !strings.Contains(text, "fire minimum S") || !strings.Contains(text, "fire quorum S") {
		t.Errorf("%v; not every timer has fired in\n%s", err, lastLines(script, 40))
	}
	sameAfterReplay(t, v)
}
