package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/event"
	"raftlab/commands/acts"
	"raftlab/commands/lab"
	"raftlab/commands/stream"
	"raftlab/docs"
)

// folder folds the items of a session, and compares at the end of each command what a page has
// with what there is.
type folder struct {
	t      *testing.T
	s      *Session
	state  stream.State
	items  []stream.Item
	looked int
	keep   bool

	steps   stream.State      // the same, folded a step at a time
	acted   map[uint64]string // the world at the end of each action of the command, by position
	matched int               // steps that were compared with that
}

// spy looks at the world at the end of each action, after the stream has; of a command that does many, at the
// end of some.
type spy struct {
	lab.Follower
	f *folder
}

func (s spy) After(a cluster.Action, events []event.Event) {
	s.Follower.After(a, events)
	world := s.f.s.World().(*lab.Lab)
	if len(s.f.acted) > 100 && world.World().Position()%16 != 0 {
		return
	}
	s.f.acted[world.World().Position()] = asJSON(s.f.t, stream.Look(world))
}

func follow(t *testing.T, s *Session) *folder {
	f := &folder{t: t, s: s}
	now := time.Unix(0, 0)
	s.Stream().Now = func() time.Time { now = now.Add(time.Millisecond); return now }
	s.Stream().Follow(f.take)
	return f
}

// closely has a folder look at the world at the end of each action, too.
func (f *folder) closely() *folder {
	l := f.s.World().(*lab.Lab)
	l.Follower, f.acted = spy{l.Follower, f}, map[uint64]string{}
	f.steps.Apply(f.state.Snapshot())
	return f
}

func (f *folder) take(item stream.Item) {
	f.state.Apply(item)
	if f.acted != nil {
		f.walk(item)
	}
	if f.keep {
		f.items = append(f.items, item)
	}
	if _, over := item.(*stream.CommandItem); over {
		f.compare(item)
	}
}

// walk folds an item step by step, and compares each step with the world at the end of its action.
func (f *folder) walk(item stream.Item) {
	var steps []*stream.Step
	switch x := item.(type) {
	case *stream.SnapshotItem:
		f.steps.Apply(x)
	case *stream.FrameItem:
		steps = x.Steps
	case *stream.CommandItem:
		steps = x.Steps
		defer clear(f.acted)
	}
	for _, x := range steps {
		f.steps.Apply(&stream.FrameItem{Steps: []*stream.Step{x}})
		was, ok := f.acted[x.Position]
		if !ok {
			continue
		}
		f.matched++
		if got := asJSON(f.t, f.steps.Snapshot()); got != was {
			f.t.Errorf("at the end of the action at #%d\nfolded %s\nis     %s", x.Position, got, was)
			return
		}
	}
}

// compare is the contradiction finder: the items so far, and a look at the world.
func (f *folder) compare(at stream.Item) {
	f.looked++
	got, want := asJSON(f.t, f.state.Snapshot()), asJSON(f.t, stream.Look(f.s.World()))
	if got != want {
		i := 0
		for i < len(got) && i < len(want) && got[i] == want[i] {
			i++
		}
		from := max(0, i-200)
		f.t.Fatalf("after %.200s\nfolded …%s\nis     …%s", asJSON(f.t, at), got[from:min(len(got), i+200)],
			want[from:min(len(want), i+200)])
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Folded, the stream of every scenario, story and lesson is the cluster as it is, at the end of each action
// that has a step of its own, and of each command; and each item is as the schema says.
func TestStreamFolds(t *testing.T) {
	texts := map[string]string{"tour": docs.Tour}
	for _, name := range docs.Scenarios() {
		texts["scenario "+name] = acts.ScenarioText(name)
	}
	for _, name := range docs.Bugs() {
		texts["bug "+name], _ = docs.Bug(name)
	}
	for _, name := range docs.Lessons() {
		texts["lesson "+name] = "lesson " + name + " demo"
	}
	schema, seen := itemSchema(t), map[string]int{}
	t.Chdir(t.TempDir())
	looked, matched := 0, 0
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			s := newTestSession(t)
			f := follow(t, s).closely()
			f.keep = true
			_ = s.RunScript(context.Background(), "-", strings.NewReader(text), &screen{})
			f.follows(t, schema, seen)
			looked, matched = looked+f.looked, matched+f.matched
		})
	}
	if looked < 500 || matched < 3000 {
		t.Errorf("only %d commands and %d actions were compared", looked, matched)
	}
	t.Log(looked, "commands,", matched, "actions")
}

func newTestSession(t *testing.T) *Session {
	s, err := NewSession(Options{Nodes: 5, Seed: 1, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The same for random sessions that go back and forth, fail, try and begin anew.
func TestStreamFoldsRandomSessions(t *testing.T) {
	words := strings.Split("tick|tick 3|tick 2 S1|step|step 7|settle|run 30|run|run 700|timeout S%d|heartbeat|deliver all|put x %d|put y 2 via S%d|"+
		"undo|undo 3|redo|back 4|forward 2|goto 10|goto -|goto 0|checkpoint c%d|goto c%d|new %d|whatif settle|whatif timeout S2|"+
		"kill S%d|restart S%d|freeze S%d|thaw S%d|cut S%d->S1|partition S1 S2|isolate S%d|heal|drop any|duplicate all|delay any 5|"+
		"set loss 0.2|set loss 0|set fsync off|set prevote on|snapshot S%d|! kill S99|! kill S%d|kill S99|bug commit-old-term on|bug commit-old-term off|"+
		"bug vote-any on|quietly settle|timeout S1; settle; put a b; settle|expect S1.term == 77|nosuch|add S%d|transfer S%d|set election-timeout 30..50|"+
		"timeout S1; timeout S2; settle|wipe S%d|sync S%d|submit z|get x|\"|run until S1.term == 99 within 20|inject RequestVoteReply S1->S2 granted=false", "|")
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := newTestSession(t)
		f := follow(t, s)
		if seed < 3 {
			f.closely()
		}
		var did []string
		for range 60 {
			line := words[r.IntN(len(words))]
			if strings.Contains(line, "%d") {
				line = fmt.Sprintf(line, 1+r.IntN(5))
			}
			did = append(did, line)
			_ = s.Run(context.Background(), line, &screen{})
			if f.compare(nil); t.Failed() {
				t.Fatalf("seed %d: %s", seed, strings.Join(did, "\n"))
			}
		}
	}
}

// No item is too large to send, whatever is in the logs and however long a command takes; and what is
// joined tells all the same where it leads.
func TestStreamItemsAreBounded(t *testing.T) {
	s, err := NewSession(Options{Nodes: 16, Seed: 1, KeepGoing: true})
	if err != nil {
		t.Fatal(err)
	}
	largest, commands := 0, 0
	s.Stream().Follow(func(item stream.Item) {
		n := len(asJSON(t, item))
		if largest = max(largest, n); n > 8<<20 { // < is 6 bytes in JSON that may stand in HTML
			t.Errorf("%d bytes: %.300s", n, asJSON(t, item))
		}
		if c, ok := item.(*stream.CommandItem); ok {
			if commands++; len(c.Steps) > 400 {
				t.Errorf("%s has %d steps", c.Text, len(c.Steps))
			}
		}
	})
	var script strings.Builder
	script.WriteString("timeout S1; settle\n")
	for i := range 120 {
		fmt.Fprintf(&script, "put k%d \"%s\"\n", i, strings.Repeat("<w>", 80))
	}
	script.WriteString("settle\nset loss 0.3\nrun 500\nset latency 30..60\nrun 100\nduplicate all\nstatus\n")
	if err := s.RunScript(context.Background(), "-", strings.NewReader(script.String()), &screen{}); err != nil {
		t.Fatal(err)
	}
	if commands < 120 || largest < 1<<20 {
		t.Errorf("only %d commands, and the largest item has %d bytes: nothing is tested", commands, largest)
	}
	t.Logf("the largest item has %d bytes", largest)
}

// A command that takes long sends frames while it runs, not too many; one that does not sends none. All
// that happened is in some story.
func TestStreamFrames(t *testing.T) {
	s := newTestSession(t)
	f := follow(t, s)
	f.keep = true
	_ = s.RunScript(context.Background(), "-", strings.NewReader("timeout S1; settle\nrun 3000\n"), &screen{})
	frames, commits := 0, 0
	for _, item := range f.items {
		var steps []*stream.Step
		switch x := item.(type) {
		case *stream.FrameItem:
			if frames++; x.Number != 3 || x.Text != "run 3000" || len(x.Steps) == 0 {
				t.Fatalf("frame %+v", x)
			}
			steps = x.Steps
		case *stream.CommandItem:
			if steps = x.Steps; x.Text == "settle" && len(x.Steps) != 16 {
				t.Errorf("settle has %d steps, and delivers 16 messages", len(x.Steps))
			}
		}
		for _, st := range steps {
			for _, l := range st.Story {
				if l.Kind == "committed" {
					commits++
				}
			}
		}
	}
	if frames < 10 || frames > 200 || commits < 2 {
		t.Errorf("%d frames, %d commits", frames, commits)
	}
}

// A cluster that runs by itself tells what has changed, in the same words; folded that is what it was.
func TestStreamOfALiveCluster(t *testing.T) {
	s, err := NewSession(Options{Nodes: 3, Seed: 1, Live: &LiveOptions{Tick: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var state stream.State
	var told strings.Builder
	stop := s.Stream().Follow(func(item stream.Item) {
		state.Apply(item)
		if f, ok := item.(*stream.FrameItem); ok {
			for _, st := range f.Steps {
				for _, l := range st.Story {
					told.WriteString(l.Text + "\n")
				}
			}
		}
	})
	defer stop()
	for range 2000 {
		if s.Stream().Beat(); strings.Contains(told.String(), "becomes leader in term") && strings.Contains(told.String(), "commits") {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if text := told.String(); !strings.Contains(text, "becomes leader in term") || strings.Contains(text, "time passes") {
		t.Errorf("told: %s", text)
	}
	now := state.Snapshot().(*stream.SnapshotItem)
	if !now.Live || now.Clock == 0 || len(now.Nodes) != 3 {
		t.Errorf("%+v", now)
	}
	for _, n := range now.Nodes {
		if n.Synced < n.Commit {
			t.Errorf("%s knows %d entries to be committed, and a crash would leave %d", n.ID, n.Commit, n.Synced)
		}
	}
}

// A page that comes after a command sees what it brought about, not only its answer.
func TestNewPagesGetTheLastStory(t *testing.T) {
	s, err := NewSession(Options{Nodes: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := follow(t, s)
	for _, line := range []string{"timeout S1", "settle", "status"} {
		if err := s.Run(context.Background(), line, &screen{}); err != nil {
			t.Fatal(err)
		}
		var late stream.State
		items := f.state.Items()
		for _, item := range items {
			late.Apply(item)
		}
		if got, want := asJSON(t, late.Snapshot()), asJSON(t, f.state.Snapshot()); got != want {
			t.Errorf("after %s a new page has\n%s\nnot\n%s", line, got, want)
		}
		steps := items[1].(*stream.CommandItem).Steps
		if told := len(steps) == 1 && len(steps[0].Story) > 0; told != (line != "status") {
			t.Errorf("after %s a new page is told of it: %v", line, told)
		}
	}
}
