package lang_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// The language serves any console. Here is one with another matter: a stack of
// numbers, and words that numbers are kept under.

// stack is its world.
type stack struct {
	now   state
	steps []moment
	done  []string // what was kept, as a script
}

// moment is a state, and how much had been done there.
type moment struct {
	state
	done int
}

type state struct {
	numbers []int
	kept    map[string]int
}

func (s state) clone() state {
	kept := map[string]int{}
	for name, n := range s.kept {
		kept[name] = n
	}
	return state{slices.Clone(s.numbers), kept}
}

func (s *stack) at() moment    { return moment{s.now.clone(), len(s.done)} }
func (s *stack) back(m moment) { s.now, s.done = m.clone(), s.done[:m.done] }

func (s *stack) Begin(string) { s.steps = append(s.steps, s.at()) }
func (s *stack) Commit(command string) {
	s.steps = s.steps[:len(s.steps)-1]
	s.done = append(s.done, command)
}
func (s *stack) Rollback() {
	s.back(s.steps[len(s.steps)-1])
	s.steps = s.steps[:len(s.steps)-1]
}
func (s *stack) Report(r *lang.Result) { r.Position = uint64(len(s.done)) }
func (s *stack) Names(sort lang.Sort) []string {
	var names []string
	for name := range s.now.kept {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *stack) push(n int) { s.now.numbers = append(s.now.numbers, n) }

func (s *stack) pop() (int, error) {
	if len(s.now.numbers) == 0 {
		return 0, lang.Errorf("the stack is empty").WithHint("push N puts a number there")
	}
	last := len(s.now.numbers) - 1
	n := s.now.numbers[last]
	s.now.numbers = s.now.numbers[:last]
	return n, nil
}

func (s *stack) String() string { return strings.Trim(fmt.Sprint(s.now.numbers), "[]") }

// counter observes it: it counts what was done, but not what was only tried.
type counter struct{ calls int }

func (k *counter) Around(*lang.Call) (after func(*lang.Result) error) {
	return func(*lang.Result) error { k.calls++; return nil }
}
func (k *counter) Finish(r *lang.Result)  { r.Line(fmt.Sprintf("(%d)", k.calls)) }
func (k *counter) Keep() (restore func()) { kept := *k; return func() { *k = kept } }

// paper is its screen.
type paper struct{ lines []string }

func (p *paper) Show(r *lang.Result) {
	for _, b := range r.View {
		switch b := b.(type) {
		case view.Text:
			for _, l := range b.Lines {
				p.lines = append(p.lines, l.String())
			}
		case view.Prose:
			p.lines = append(p.lines, b.Words.String())
		case view.Table:
			for _, row := range b.Rows {
				p.lines = append(p.lines, strings.TrimSpace(row[0].String()+": "+row[1].String()))
			}
		}
	}
	if r.Err != nil && !r.Told {
		p.lines = append(p.lines, r.Err.Error())
	}
}
func (p *paper) Progress(string)                         {}
func (p *paper) Frame([]view.Block) lang.Pressed         { return lang.NoKey }
func (p *paper) Echo(line string)                        { p.lines = append(p.lines, "> "+line) }
func (p *paper) Interactive() bool                       { return false }
func (p *paper) Ask([]view.Block, string) (string, bool) { return "", false }

const (
	moving  lang.Topic = "moving"
	looking lang.Topic = "looking"
	lessons lang.Topic = "lessons"
)

var (
	number  = lang.Int("N", 0, 1000)
	times   = lang.Int("N", 1, 9).Keyword("times")
	newWord = lang.NewName()
	oldWord = lang.Existing("WORD", "word")
	tried   = lang.Nested()
	note    = lang.Rest("TEXT")
	sum     = lang.Tail("SUM", "numbers with + between them", compileSum, nil).New()
)

// compileSum makes a number of text like 1 + 2; its errors count in the text.
func compileSum(_ *lang.Parser, src string) (int, error) {
	total, at := 0, 0
	for part := range strings.SplitSeq(src, "+") {
		n := 0
		if _, err := fmt.Sscan(part, &n); err != nil {
			return 0, &lang.Error{Msg: "a number is needed here", Col: at + 1}
		}
		total, at = total+n, at+len(part)+1
	}
	return total, nil
}

// binary is a command that makes one number of two.
func binary(name, summary string, f func(a, b int) int) *lang.Command {
	return &lang.Command{Name: name, Topic: moving, Summary: summary, Changes: true, Run: func(c *lang.Call) (*lang.Result, error) {
		s := c.World.(*stack)
		b, err := s.pop()
		if err != nil {
			return nil, err
		}
		a, err := s.pop() // where it fails, b is put back: the step is taken back whole
		if err != nil {
			return nil, err
		}
		s.push(f(a, b))
		return lang.OK(), nil
	}}
}

// calculator is its language, of a dozen commands.
func calculator() *lang.Table {
	t := lang.NewTable(lang.Domain{
		Topics:     []lang.Heading{{Topic: moving, Title: "Moving numbers"}, {Topic: looking, Title: "Looking"}, {Topic: lessons, Title: "Lessons"}},
		OtherWords: map[string]string{"plus": "add"},
		Fault: func(_ *lang.Call, what string) *lang.Error {
			what, _, _ = strings.Cut(what, " (") // the place in the code
			return lang.Errorf("our fault: %s", what)
		},
	})
	move := func(name, summary string, args lang.Params, run func(*lang.Call, *stack) error) {
		t.Register(&lang.Command{Name: name, Topic: moving, Summary: summary, Args: args, Changes: true, Run: func(c *lang.Call) (*lang.Result, error) {
			return lang.OK(), run(c, c.World.(*stack))
		}})
	}
	move("push", "puts N on the stack", lang.Params{number, times}, func(c *lang.Call, s *stack) error {
		for range max(1, times.Of(c)) {
			s.push(number.Of(c))
		}
		return nil
	})
	move("pop", "takes a number off", nil, func(_ *lang.Call, s *stack) error { _, err := s.pop(); return err })
	move("dup", "puts the last number there again", nil, func(_ *lang.Call, s *stack) error {
		n, err := s.pop()
		if err == nil {
			s.push(n)
			s.push(n)
		}
		return err
	})
	move("keep", "keeps the last number under WORD", lang.Params{newWord}, func(c *lang.Call, s *stack) error {
		n, err := s.pop()
		s.now.kept[newWord.Of(c)] = n
		return err
	})
	move("use", "puts on the stack what WORD keeps", lang.Params{oldWord}, func(c *lang.Call, s *stack) error {
		s.push(s.now.kept[oldWord.Of(c)])
		return nil
	})
	move("total", "puts a sum on the stack", lang.Params{sum}, func(c *lang.Call, s *stack) error { s.push(sum.Of(c)); return nil })
	move("break", "is wrong", nil, func(_ *lang.Call, s *stack) error { s.now.numbers = nil; s.push(s.now.numbers[0]); return nil })
	t.Register(binary("add", "adds two numbers", func(a, b int) int { return a + b }))
	t.Register(binary("sub", "subtracts the last from the one before", func(a, b int) int { return a - b }))
	show := func(c *lang.Call) (*lang.Result, error) { return lang.Tell(c.World.(*stack).String()), nil }
	t.Register(&lang.Command{Name: "show", Topic: looking, Summary: "shows the stack", Run: show})
	t.Register(&lang.Command{Name: "note", Topic: looking, Summary: "shows TEXT", Args: lang.Params{note}, Run: func(c *lang.Call) (*lang.Result, error) {
		return lang.Tell(note.Of(c)), nil
	}})
	t.Register(&lang.Command{Name: "try", Topic: looking, Summary: "does COMMAND, shows the stack, and takes it back", Args: lang.Params{tried},
		Run: func(c *lang.Call) (*lang.Result, error) {
			var would string
			_, err := c.Trial(tried.Of(c), func(*lang.Result) { would = c.World.(*stack).String() })
			return lang.Tell("would be " + would), err
		}})
	return t
}

// newCalculator is a session of it.
func newCalculator() (*lang.Session, *stack, *paper) {
	world := &stack{now: state{kept: map[string]int{}}}
	s := lang.NewSession(calculator(), world, false)
	s.Observe(&counter{})
	return s, world, &paper{}
}

// run types lines at a new calculator, and returns all that it shows.
func run(lines ...string) (string, *stack) {
	s, world, p := newCalculator()
	for _, l := range lines {
		_ = s.Run(context.Background(), l, p)
	}
	return strings.Join(p.lines, "\n"), world
}

func TestAnotherConsole(t *testing.T) {
	for _, c := range []struct{ line, shows, leaves string }{
		{"push 1; push 2; add; show", "(0)\n(1)\n(2)\n3\n(3)", "3"},
		{"push 5 times 3", "(0)", "5 5 5"},
		{"push 7; keep x; use x; use x", "(0)\n(1)\n(2)\n(3)", "7 7"},
		{"total 1 + 2 + 3; show", "(0)\n6\n(1)", "6"},
		{"note it's 5; show", "it's 5\n(0)\n\n(1)", ""},
		{"push 1; try push 2; show", "(0)\nwould be 1 2\n(1)\n1\n(2)", "1"},
		// What fails leaves nothing behind, and the line ends there.
		{"push 1; add; push 9", "(0)\n(1)\nthe stack is empty\n  push N puts a number there", "1"},
		{"push 3; break", "(0)\n(1)\nour fault: runtime error: index out of range [0] with length 0", "3"},
		// An error points into the line, and knows what was meant.
		{"psuh 1", "(0)\nunknown command \"psuh\"\n  psuh 1\n  ^\n  did you mean push?", ""},
		{"plus", "(0)\nunknown command \"plus\"\n  plus\n  ^\n  did you mean add?", ""},
		{"push 2000", "(0)\nN is a whole number from 0 to 1000, not \"2000\"\n  push 2000\n       ^\n  usage: push N [times N]", ""},
		{"total 1 + two", "(0)\na number is needed here\n  total 1 + two\n           ^\n  usage: total SUM", ""},
		{"use y", "(0)\nthere is no word \"y\"\n  use y\n      ^\n  there is none yet", ""},
		// What is to be refused may fail, and must.
		{"! pop; push 1", "refused, as expected: the stack is empty\n(0)\n(1)", "1"},
		{"! push 1", "(0)\nexpected this to fail, but it succeeded", ""},
	} {
		shown, world := run(c.line)
		if shown != c.shows || world.String() != c.leaves {
			t.Errorf("%s shows\n%s\nand leaves %q; it should be\n%s\nand %q", c.line, shown, world, c.shows, c.leaves)
		}
		if len(world.steps) > 0 {
			t.Errorf("%s leaves a step open", c.line)
		}
	}
}

// A script is read line by line, and its failure says where it was made.
func TestAnotherConsoleReadsScripts(t *testing.T) {
	s, world, p := newCalculator()
	err := s.RunScript(context.Background(), "sum.txt", strings.NewReader("push 1 # one\n\npush 2\nadd; add\npush 9\n"), p)
	var at *lang.ScriptError
	if !errors.As(err, &at) || at.File != "sum.txt" || at.Line != 4 || at.Command != "add" || world.String() != "3" {
		t.Errorf("%v leaves %v", err, world)
	}
	if got := strings.Join(world.done, "; "); got != "push 1; push 2; add" {
		t.Errorf("it keeps %q", got)
	}
}

// The Tab key knows the commands, their words and what exists.
func TestAnotherConsoleCompletes(t *testing.T) {
	s, _, p := newCalculator()
	_ = s.Run(context.Background(), "push 1; push 2; keep five; keep four", p)
	for line, want := range map[string]string{"p": "pop push", "push 1 ": "times", "use f": "five four", "try use fi": "five", "show; sw": "", "note ": ""} {
		if _, got := s.Complete(line, len(line)); strings.Join(got, " ") != want {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}
