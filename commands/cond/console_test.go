package cond

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"raftlab/commands/lang"
	"raftlab/commands/view"
)

// Conditions serve any console. Here is one with another matter: stacks of numbers,
// each with a name, of which the lowest may be broken.

// tower is what its conditions see.
type tower struct {
	Stacks []*pile `expr:"stacks" names:"id" doc:"all stacks"`
	Depth  int     `expr:"depth" doc:"numbers on the first stack"`
	Broken *pile   `expr:"broken" doc:"the stack that is broken, or nil"`
	steps  int     // no word of it
}

type pile struct {
	ID      string         `expr:"id" doc:"its name"`
	Numbers []int          `expr:"numbers" doc:"its numbers, the lowest first"`
	Seen    map[string]int `expr:"seen" doc:"how often each number came, on a stack that counts"`
	Hidden  string         `expr:"-"`
}

var stacks = New(Domain[tower]{
	Things: []Thing{{reflect.TypeFor[pile](), "a stack"}},
	Hints:  Hints{Name: "the names are stacks, depth and broken"},
	Names:  func(w lang.World) []string { return w.Names("stack") },
	Unseen: func(lang.World) map[string]string { return map[string]string{"broken": "no stack here breaks"} },
	Wrong: func(name string, names []string) string {
		if len(name) > 1 {
			return ""
		}
		return "the stacks are " + strings.Join(names, " ")
	},
	Missing: func(part string, of any) string {
		if _, ok := of.(map[string]int); ok {
			return "this stack does not count"
		}
		return ""
	},
	Describe: func(x any) string {
		if p, ok := x.(*pile); ok {
			return "stack " + p.ID
		}
		return ""
	},
})

// bench is the console's world: a stack A, and an empty one, B, that counts.
type bench struct{ tower }

func newBench() *bench {
	return &bench{tower{Stacks: []*pile{{ID: "A"}, {ID: "B", Seen: map[string]int{}}}}}
}

func (b *bench) Begin(string)        {}
func (b *bench) Commit(string)       {}
func (b *bench) Rollback()           {}
func (b *bench) Report(*lang.Result) {}
func (b *bench) Names(lang.Sort) (names []string) {
	for _, p := range b.Stacks {
		names = append(names, p.ID)
	}
	return names
}

func (b *bench) push(n int) {
	b.Stacks[0].Numbers = append(b.Stacks[0].Numbers, n)
	b.Depth, b.steps = len(b.Stacks[0].Numbers), b.steps+1
}

// page is its screen.
type page struct{ lines []string }

func (p *page) Show(r *lang.Result) {
	for _, b := range r.View {
		for _, l := range b.(view.Text).Lines {
			p.lines = append(p.lines, l.String())
		}
	}
	if r.Err != nil && !r.Told {
		p.lines = append(p.lines, r.Err.Error())
	}
}
func (p *page) Progress(string)                         {}
func (p *page) Frame([]view.Block) lang.Pressed         { return lang.NoKey }
func (p *page) Echo(string)                             {}
func (p *page) Interactive() bool                       { return false }
func (p *page) Ask([]view.Block, string) (string, bool) { return "", false }

var (
	number    = lang.Int("N", 0, 1000)
	expected  = stacks.Kind("CONDITION", "true or false").New()
	valued    = stacks.ValueKind("VALUE", "anything").New()
	until     = stacks.Kind("CONDITION", "true or false").New()
	most      = lang.Int("N", 1, 9).Keyword("within")
	untilWord = lang.Literal("until")
)

func console() *lang.Table {
	const all lang.Topic = "all"
	t := lang.NewTable(lang.Domain{Topics: []lang.Heading{{Topic: all, Title: "All"}}})
	add := func(name string, args lang.Params, run func(*lang.Call, *bench) (*lang.Result, error)) {
		t.Register(&lang.Command{Name: name, Topic: all, Summary: "does " + name, Args: args,
			Run: func(c *lang.Call) (*lang.Result, error) { return run(c, c.World.(*bench)) }})
	}
	add("push", lang.Params{number}, func(c *lang.Call, b *bench) (*lang.Result, error) { b.push(number.Of(c)); return lang.OK(), nil })
	add("expect", lang.Params{expected}, func(c *lang.Call, b *bench) (*lang.Result, error) {
		switch holds, err := expected.Of(c).Holds(&b.tower); {
		case err != nil:
			return nil, err
		case !holds:
			return nil, expected.Of(c).Unmet(&b.tower)
		}
		return lang.OK(), nil
	})
	add("print", lang.Params{valued}, func(c *lang.Call, b *bench) (*lang.Result, error) {
		x, err := valued.Of(c).Value(&b.tower)
		return lang.Tell(stacks.Text(x)), err
	})
	add("fill", lang.Params{untilWord, until, most}, func(c *lang.Call, b *bench) (*lang.Result, error) {
		for range max(1, most.Of(c)) {
			if holds, err := until.Of(c).Holds(&b.tower); holds || err != nil {
				return lang.OK(), err
			}
			b.push(7)
		}
		return nil, until.Of(c).Unmet(&b.tower)
	})
	return t
}

func TestAnotherConsoleAsksConditions(t *testing.T) {
	for _, c := range []struct{ line, shows string }{
		{"push 1; push 2; expect depth == 2", ""},
		{"push 1; expect depth == 2", "does not hold: depth is 1"},
		{"push 1; expect depth == 2 && A.numbers == []", "does not hold: depth is 1; A.numbers is [1]"},
		{"push 5; expect A.numbers[0] == 5 && A != B", ""},
		{"push 5; print A; print map(stacks, .numbers)", "stack A\n[[5], empty]"},
		{"fill until len(A.numbers) == 3; print A.numbers", "does not hold: A.numbers is [7]"},
		{"fill until depth == 3 within 9; print A.numbers", "[7, 7, 7]"},
		// What is not there makes a condition false, and is said.
		{"expect A.numbers[2] == 0", "does not hold: A.numbers[2] has no value: A.numbers is empty"},
		{`expect A.seen["7"] == 0`, `does not hold: A.seen["7"] has no value: this stack does not count`},
		{`expect B.seen["7"] == 0`, ""},
		{"push 4; expect all(stacks, .numbers[0] == 4)", "does not hold: stacks .numbers[0]: A 4, B not there"},
		// A reason is said once, and so is what labels the others.
		{`expect len(A.numbers) == 1 && A.numbers[0] == 1 && any(stacks, .numbers == [1] && .id != A.id && depth > 7) && depth > 8`,
			"does not hold: A.numbers is empty\n    stacks .numbers: A empty, B empty\n    A.id is \"A\"\n    depth is 0"},
		// What does not compile points into the line, in the words of the domain.
		{"expect dephth == 2", "there is no dephth\n  expect dephth == 2\n         ^\n  did you mean depth?"},
		{"expect C.numbers == []", "there is no C\n  expect C.numbers == []\n         ^\n  the stacks are A B"},
		{"expect something == 1", "there is no something\n  expect something == 1\n         ^\n  the names are stacks, depth and broken"},
		{"expect A.size == 1", "a stack has no \"size\"\n  expect A.size == 1\n           ^\n  it has id, numbers and seen"},
		{"expect A.Hidden == A.id", "a stack has no \"Hidden\"\n  expect A.Hidden == A.id\n           ^\n  it has id, numbers and seen"},
		{"expect A", "a condition is true or false, but this is a stack\n  expect A\n         ^\n  usage: expect CONDITION"},
		{"expect broken == nil", "broken: no stack here breaks\n  expect broken == nil\n         ^\n  usage: expect CONDITION"},
	} {
		p := &page{}
		_ = lang.NewSession(console(), newBench(), false).Run(context.Background(), c.line, p)
		lines := slices.DeleteFunc(p.lines, func(l string) bool { return l == "" })
		if got := strings.Join(lines, "\n"); got != c.shows {
			t.Errorf("%s shows\n%s\nand should\n%s", c.line, got, c.shows)
		}
	}
}

func TestAnotherConsoleCompletesConditions(t *testing.T) {
	s := lang.NewSession(console(), newBench(), false)
	for line, want := range map[string]string{
		"expect d": "depth", "expect A.n": "numbers", "expect stacks[0].s": "seen", "expect all(stacks, .i": "id", "expect br": "",
		"expect A.H": "", "fill until A": "A", "expect C.": "",
	} {
		if _, got := s.Complete(line, len(line)); strings.Join(got, " ") != want {
			t.Errorf("%q: %q, not %q", line, got, want)
		}
	}
}

// A condition says what it looks at, so that no more need be filled in; compiled
// for other names it is the same one.
func TestWhatAnotherConsoleNeedNotFillIn(t *testing.T) {
	c, err := stacks.Compile(`A.numbers == []`, []string{"A"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.For([]string{"A", "B"})
	if err != nil || again == c {
		t.Fatal(err)
	}
	if same, _ := c.For([]string{"A"}); same != c {
		t.Error("it was compiled again for nothing")
	}
	got := fmt.Sprint(again.Uses("numbers"), again.Uses("seen"), again.Names("depth"))
	if got != "true false false" {
		t.Error(got)
	}
	if text := again.Told(&tower{}); text != "not there" {
		t.Errorf("A is gone: %s", text)
	}
}
