package lang_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"raftlab/commands/lang"
	"raftlab/commands/lesson"
)

// Lessons serve any console, too. What follows is all that the calculator must say for
// that: what its moments are, what its conditions are, and how a way to one is searched.

func (s *stack) Here() string                          { return fmt.Sprint(s.now, len(s.done)) }
func (s *stack) Now() lesson.Moment                    { return s.at() }
func (s *stack) Goto(m lesson.Moment)                  { s.back(m.(moment)) }
func (s *stack) After(m lesson.Moment) bool            { return len(s.done) >= m.(moment).done }
func (s *stack) Branch() string                        { return "" }
func (s *stack) Together(lesson.Moment) (apart func()) { return func() {} }
func (s *stack) Anew()                                 { s.now = state{kept: map[string]int{}} }
func (s *stack) Since(m lesson.Moment) []string {
	return slices.DeleteFunc(slices.Clone(s.done[m.(moment).done:]), func(line string) bool { return line == "" })
}

// Towards tries one, copies and sums, shortest first.
func (s *stack) Towards(ctx context.Context, c lesson.Condition) (command, how string) {
	type path struct {
		to    stack
		first string
	}
	holds := func(to *stack) bool {
		yes, err := question{to, c.Text()}.Holds()
		return err == nil && yes
	}
	for paths := []path{{to: stack{now: s.now.clone()}}}; len(paths) > 0 && len(paths[0].to.now.numbers) < 9 && ctx.Err() == nil; paths = paths[1:] {
		for _, move := range []string{"push 1", "dup", "add"} {
			next := path{stack{now: paths[0].to.now.clone()}, paths[0].first}
			if next.first == "" {
				next.first = move
			}
			if next.to.do(move) && holds(&next.to) {
				return next.first, ""
			}
			paths = append(paths, next)
		}
	}
	return "", ""
}

// do does one of the moves that are searched.
func (s *stack) do(move string) bool {
	a, err := s.pop()
	switch {
	case move == "push 1":
		if err == nil {
			s.push(a)
		}
		s.push(1)
		return true
	case err == nil && move == "dup":
		s.push(a)
		s.push(a)
		return true
	}
	b, none := s.pop()
	s.push(a + b)
	return err == nil && none == nil
}

// question is top == 7, all == 10, or either side of such.
type question struct {
	of   *stack
	text string
}

func (q question) Text() string { return q.text }

func (q question) Value() (any, error) {
	switch text := strings.TrimSpace(q.text); text {
	case "top":
		n, err := q.of.pop()
		if err == nil {
			q.of.push(n)
		}
		return n, err
	case "all":
		total := 0
		for _, n := range q.of.now.numbers {
			total += n
		}
		return total, nil
	default:
		n := 0
		_, err := fmt.Sscan(text, &n)
		return n, err
	}
}

func (q question) Holds() (bool, error) {
	left, right, _ := strings.Cut(q.text, "==")
	a, err := question{q.of, left}.Value()
	b, bad := question{q.of, right}.Value()
	return err == nil && a == b, bad
}

func (q question) Unmet() *lang.Error { return lang.Errorf("is not so: %s", q.of) }

// conditions is a kind of such questions.
func conditions[T any](name string, as func(question) T) *lang.Kind[T] {
	return lang.As(lang.Tail(name, "of the stack: `top`, `all`", func(_ *lang.Parser, src string) (string, error) { return src, nil }, nil),
		func(p *lang.Parser, src string) T { return as(question{p.World.(*stack), src}) })
}

const sums = `# Sums
# 2 minutes; nothing
say A stack holds numbers.
push 1
predict top "What is on top?"
reveal top top
pause
say Now it is your turn.
goal "Seven on top" top == 7 within 3
push 3
waypoint "a three" top == 3
push 4
add
done
say Once more.
goal "Ten in all" all == 10 within 4
push 2
done
say That is all.
`

// school is a session of the calculator with its lessons, for a person at a terminal.
func school(kept lesson.Store, answers ...string) (*lang.Session, *stack, *pupil) {
	table := calculator()
	m := lesson.Register(table, &lesson.Matter{
		Topic: lessons, Scripts: looking, Thing: "stack",
		Course: func() []string { return []string{"1-sums"} }, Text: func(string) (string, bool) { return sums, true }, Ending: ".sum",
		Condition:  conditions("CONDITION", func(q question) lesson.Condition { return q }),
		Expression: conditions("EXPRESSION", func(q question) lesson.Expression { return q }),
		Describe:   func(v any) string { return fmt.Sprint(v) }, Fillers: []string{"number"}, Patience: 2 * time.Second,
	})
	world := &stack{now: state{kept: map[string]int{}}}
	s := lang.NewSession(table, world, false)
	s.Observe(lesson.NewStudent(m, s, kept))
	return s, world, &pupil{answers: answers}
}

// pupil is one who answers, and else presses Enter.
type pupil struct {
	paper
	answers []string
}

func (p *pupil) Interactive() bool { return true }

// shelf is where progress is kept.
type shelf map[string][]byte

func (s shelf) Load(name string) ([]byte, error)    { return s[name], nil }
func (s shelf) Save(name string, data []byte) error { s[name] = data; return nil }

// type types lines, and returns what they show.
func (p *pupil) types(s *lang.Session, lines ...string) string {
	p.lines = nil
	student := lang.Observing[*lesson.Student](s)
	for _, l := range lines {
		_ = s.Run(context.Background(), l, p)
		for {
			enter, _ := student.Enter()
			if place, _ := student.Prompt(); enter == "" || strings.Contains(place.String(), "goal ") {
				break
			}
			if question := student.Asking(); question != nil {
				p.Show(&lang.Result{View: question})
				enter = student.AtPrompt(p.answers[0])
				p.answers = p.answers[1:]
			}
			_ = s.Run(context.Background(), enter, p)
		}
	}
	return strings.Join(p.lines, "\n")
}

// A pupil answers wrongly, takes a hint, goes, comes back another day, reaches one goal
// by the author's way and the other, off that way, by a search.
func TestAnotherConsoleTeaches(t *testing.T) {
	kept := shelf{}
	for _, day := range [][]struct{ types, shows, prompt, leaves string }{{
		{"lessons", "1: sums", "", ""},
		{"lesson sums", "You said the number 2; it is 1. Find out why.\n", "lesson 1 goal 0/3 ", "1"},
		{"hint", "Next to reach: a three.\nTry push 3", "lesson 1 goal 0/3 ", "1"},
		{"push 5; try push 2", "would be 1 5 2", "lesson 1 goal 1/3 ", "1 5"},
		{"! pop 3; psuh", "did you mean push?", "lesson 1 goal 1/3 ", "1 5"},
		{"pop; push 3; push 4; hint", "That makes 4 commands, and the goal asks for 3 at most.", "lesson 1 goal 4/3 ", "1 3 4"},
	}, {
		{"lessons", "1: sums", "", ""},
		{"lesson", "You had done: push 5; pop; push 3; push 4.", "lesson 1 goal 4/3 ", "1 3 4"},
		{"hint", "Try add", "lesson 1 goal 4/3 ", "1 3 4"},
		{"again; push 3; push 4", "Goal: Seven on top.", "lesson 1 goal 2/3 ", "1 3 4"},
		{"add", "Goal reached, in 3 commands: Seven on top.\n", "lesson 1 goal 0/4 ", "1 7"},
		{"push 1; hint", "Next to reach: Ten in all.\nTry push 1", "lesson 1 goal 1/4 ", "1 7 1"},
		{"push 1", "You predicted 0 of 1 right, reached 2 of 2 goals.", "", "1 7 2"},
		{"lessons", "1: sums", "", "1 7 2"},
	}} {
		s, world, p := school(kept, "the number 2")
		for _, c := range day {
			shown := p.types(s, c.types)
			prompt, _ := lang.Observing[*lesson.Student](s).Prompt()
			if !strings.Contains(shown, c.shows) || prompt.String() != c.prompt || world.String() != c.leaves {
				t.Errorf("%s shows\n%s\nat %q and leaves %q; it should be\n%s\nat %q and %q", c.types, shown, prompt, world, c.shows, c.prompt, c.leaves)
			}
		}
	}
}

// As a script, and before a class, the same lesson is a test of what it says.
func TestAnotherConsolesLessonIsATest(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"", "", ""},
		{"add\ndone", "done", "lessons/1-sums.sum:13: done: the solution misses the goal, which is not so: 1 3 4"},
		{`"a three" top == 3`, `"a four" top == 4`, "lessons/1-sums.sum:11: waypoint"},
		{"within 3", "within 2", "the solution takes 3 commands, and the goal allows 2"},
	} {
		s, _, p := school(nil)
		err := s.RunScript(context.Background(), "lessons/1-sums.sum", strings.NewReader(strings.Replace(sums, c.from, c.to, 1)), &p.paper)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v", c.to, err)
		}
	}
	s, world, p := school(nil)
	if shown := p.types(s, "lesson 1 demo"); !strings.Contains(shown, "The answer: 1") || world.String() != "1 7 2" {
		t.Errorf("%s\nleaves %s", shown, world)
	}
}
