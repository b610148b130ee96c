package viva

import (
	"context"
	"strings"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/picture"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/commands"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/raft"
)

// prepared is the questions about raftlab's own core behind the protocol.
func prepared(t *testing.T, seed uint64, questions int) *Viva {
	t.Helper()
	v, err := Prepare(context.Background(), &Order{Nodes: 3, Questions: questions, Seed: seed})
	if err != nil || v.Error != "" || len(v.Questions) != questions {
		t.Fatalf("seed %d: %d questions, %v, %s", seed, len(v.Questions), err, v.Error)
	}
	return v
}

// Test a question's schedule leads to the server as it is shown, and what the program then
// does is the answer; whoever gives that is right, and whoever gives another is not.
func TestQuestionsAreTrue(t *testing.T) {
	answers := map[string]int{}
	for seed := range uint64(2) {
		v := prepared(t, seed, 10)
		kinds := map[string]bool{}
		for _, q := range v.Questions {
			kinds[q.Kind] = true
			answers[q.Answer]++
			replayed(t, q)
			if q.Rule == "" || q.Neighbour == "" && q.Kind != "restart" {
				t.Errorf("seed %d, question %d (%s): the rule is %q, the neighbour %q", seed, q.Number, q.Kind, q.Rule,
					q.Neighbour)
			}
			if got, ok := q.form.read(q.Answer); !ok || got != q.Answer {
				t.Errorf("%s: its own answer %q is read as %q", q.Kind, q.Answer, got)
			}
		}
		if len(kinds) < 8 {
			t.Errorf("seed %d: only %d kinds of questions", seed, len(kinds))
		}
		n := 0
		v.Examine(func() (string, bool) { n++; return v.Questions[n-1].Answer, true }, func(...view.Block) {})
		if !v.Passed() || v.Right != 10 {
			t.Errorf("the right answers: %d right of %d", v.Right, v.Asked)
		}
	}
	if answers["yes"] == 0 || answers["no"] == 0 {
		t.Errorf("yes and no are not mixed: %v", answers)
	}
}

// replayed plays a question's schedule in a session of the console.
func replayed(t *testing.T, q *Question) {
	t.Helper()
	programs := &lab.Guests{}
	defer programs.Close()
	s, err := commands.NewSession(commands.Options{Nodes: 3, Seed: 1, Programs: programs})
	if err != nil {
		t.Fatal(err)
	}
	script := strings.NewReader(strings.Join(q.Schedule, "\n") + "\n")
	if err := s.RunScript(context.Background(), "question", script, lang.Silent{}); err != nil {
		t.Errorf("%s: %v", q.Kind, err)
		return
	}
	w := s.World().(*lab.Lab).World()
	n := picture.OfWorld(w, picture.Everything).Nodes[q.moment.server-1]
	if n.Role != q.State.Role || n.Term != q.State.Term || n.Vote != q.State.Vote || n.Commit != q.State.Commit {
		t.Errorf("%s: the schedule leads to %s, %d, %q, %d, and the question shows %+v", q.Kind, n.Role, n.Term, n.Vote,
			n.Commit, q.State)
	}
	m, _, _ := take(w, q.moment.action)
	if m == nil || m.mark() != q.moment.mark() {
		t.Errorf("%s: what happens next in the schedule is something else", q.Kind)
		return
	}
	for _, k := range kinds {
		if k.name == q.Kind && k.ask(m).answer != q.Answer {
			t.Errorf("%s: the program answers %s, and %s was asked", q.Kind, k.ask(m).answer, q.Answer)
		}
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		form        *form
		line, reads string // "": it is no answer
	}{
		{yesNo, "Yes", "yes"}, {yesNo, "n", "no"}, {yesNo, "", ""}, {yesNo, "maybe", ""}, {yesNo, "1", ""},
		{role, "leader.", "leader"}, {role, "f", "follower"}, {role, "king", ""},
		{number, " 07 ", "7"}, {number, "-1", ""}, {number, "two", ""}, {number, "", ""},
		{server, "s2", "S2"}, {server, "None", "none"}, {server, "S1 S2", ""}, {server, "S999", ""}, {server, "3", ""},
		{servers, "S3, s1", "S1 S3"}, {servers, "S1 and S3", "S1 S3"}, {servers, "-", "none"}, {servers, "all of them", ""},
		{logTerms, "1 1,2", "1 1 2"}, {logTerms, "[1, 1]", "1 1"}, {logTerms, "1:x=3 2:y=1", "1 2"},
		{logTerms, "empty", "empty"}, {logTerms, "", ""}, {logTerms, "x", ""},
	} {
		if got, ok := c.form.read(c.line); ok != (c.reads != "") || ok && got != c.reads {
			t.Errorf("%s: %q is read as %q, %v; want %q", c.form.name, c.line, got, ok, c.reads)
		}
	}
}

// TestOddAnswers: five lines that are no answer pass a question over, and so does pass.
func TestOddAnswers(t *testing.T) {
	v := prepared(t, 1, 2)
	lines := strings.Split("¿;¿;¿;¿;¿;pass", ";")
	v.Examine(func() (string, bool) {
		if len(lines) == 0 {
			return "", false
		}
		line := lines[0]
		lines = lines[1:]
		return line, true
	}, func(...view.Block) {})
	if v.Asked != 2 || v.Answered != 0 || v.Right != 0 || v.Passed() {
		t.Errorf("asked %d, answered %d, right %d", v.Asked, v.Answered, v.Right)
	}
}

// mute is a program that gives no answer once an election timer fires.
type mute struct{}

type muteNode struct{ *raft.Node }

// late is the error of an answer that did not come in time.
type late struct{}

func (late) Error() string { return "no answer in 5s" }
func (late) Timeout() bool { return true }

func (mute) Start(id raft.ID, stable raft.Stable, o *raft.Options) (program.Node, error) {
	n, err := raft.New(id, stable, o)
	return muteNode{n}, err
}
func (mute) Clone(n program.Node) program.Node       { return muteNode{n.(muteNode).Node.Clone()} }
func (mute) Known() program.Known                    { return program.Known{} }
func (muteNode) Step(raft.Input, *raft.Output) error { return late{} }

// A program that is silent costs its time in each run, so after a few the search ends.
func TestSilentProgramEndsTheSearch(t *testing.T) {
	w, err := cluster.NewOf(func(raft.ID) program.Program { return mute{} }, 3, 1, setting.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	f := &finder{ctx: context.Background(), order: &Order{}, from: w}
	if f.find(); f.tried > 10 || f.failures == 0 || !strings.Contains(f.failed, "no answer in 5s") {
		t.Errorf("%d runs, %d failed: %s", f.tried, f.failures, f.failed)
	}
}
