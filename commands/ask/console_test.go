package ask_test

import (
	"strings"
	"testing"

	"raftlab/commands"
	"raftlab/commands/lab"
	"raftlab/commands/lang"
	"raftlab/commands/view"
	"raftlab/commands/why/inquiry"
	"raftlab/console/paint"
)

// Options are those of a session.
type Options = commands.Options

// Session is a session of Raft's console with its cluster.
type Session struct {
	*commands.Session
	world lab.World
}

// screen keeps what a session shows.
type screen struct{ results []*lang.Result }

func (s *screen) Show(r *lang.Result)                     { s.results = append(s.results, r) }
func (s *screen) Progress(string)                         {}
func (s *screen) Ask([]view.Block, string) (string, bool) { return "", true }
func (s *screen) Frame([]view.Block) lang.Pressed         { return lang.NoKey }
func (s *screen) Echo(string)                             {}
func (s *screen) Interactive() bool                       { return false }

// text is everything shown.
func (s *screen) text() string {
	var blocks []view.Block
	for _, r := range s.results {
		blocks = append(blocks, r.View...)
	}
	return paint.Renderer{Width: 200}.Blocks(blocks)
}

// labWith is a session in which lines were run.
func labWith(t *testing.T, o Options, lines ...string) (*Session, *screen) {
	t.Helper()
	s, err := commands.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	f := &screen{}
	for _, line := range lines {
		if err := s.Run(t.Context(), line, f); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return &Session{s, s.World()}, f
}

// played is a session of five servers after a script, some of which may be meant to fail.
func played(t *testing.T, script string) (*Session, *inquiry.Inquiry) {
	t.Helper()
	s, f := labWith(t, Options{Nodes: 5, Seed: 1, KeepGoing: true})
	_ = s.Run(t.Context(), script, f)
	return s, inquiry.New(&lang.Call{Ctx: t.Context()}, s.world.(*lab.Lab))
}

// says asks, and looks for words in the answer.
func says(t *testing.T, s *Session, question string, want []string) {
	t.Helper()
	f := &screen{}
	if err := s.Run(t.Context(), question, f); err != nil {
		t.Errorf("%s: %v", question, err)
		return
	}
	text := strings.Join(strings.Fields(f.text()), " ")
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%s: no %q in\n%s", question, w, f.text())
		}
	}
}
