package class

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// shown is a stage that keeps what it shows.
type shown struct{ did []string }

func (s *shown) Ask(q Question) { s.did = append(s.did, fmt.Sprintf("ask %s %d", q.Name, q.Round)) }
func (s *shown) Closed(name string, round int) {
	s.did = append(s.did, fmt.Sprintf("closed %s %d", name, round))
}
func (s *shown) Show(o Outcome) {
	s.did = append(s.did, fmt.Sprintf("show %s %v changed %d of %d", o.Name, o.Rounds, o.Changed, o.Pages))
}

// seats is an audience whose answers a test gives.
type seats struct {
	given map[string]string
	pages int
}

func (s *seats) Answers(string, int) (map[string]string, int) {
	all := map[string]string{}
	for k, v := range s.given {
		all[k] = v
	}
	return all, s.pages
}

func never(string) bool { return false }

// Two rounds are counted apart, and who changed is known although no answer has a name.
func TestTwoRounds(t *testing.T) {
	stage, a := &shown{}, &seats{pages: 5}
	r := New(stage)
	r.Seat(a)
	r.Ask(Question{Name: "q", Choices: []string{"yes", "no"}})
	a.given = map[string]string{"a": "no", "b": "no", "c": "yes", "d": "no"}
	r.Again("q")
	a.given = map[string]string{"a": "yes", "b": "no", "c": "yes", "e": "yes"} // e has joined, d is gone
	o, ok := r.End("q", "yes", func(s string) bool { return s == "yes" })
	if !ok || o.Changed != 1 || fmt.Sprint(o.Rounds) != "[map[no:3 yes:1] map[no:1 yes:3]]" {
		t.Errorf("%v %+v", ok, o)
	}
	if want := "ask q 1, closed q 1, ask q 2, show q [map[no:3 yes:1] map[no:1 yes:3]] changed 1 of 5"; strings.Join(stage.did, ", ") != want {
		t.Errorf("%v", stage.did)
	}
	if _, ok := r.End("q", "yes", never); ok {
		t.Error("it ends twice")
	}
}

// A question that gives way to another keeps its answers until they are shown; each is its own.
func TestQuestionsThatOverlap(t *testing.T) {
	stage, a := &shown{}, &seats{pages: 2}
	r := New(stage)
	r.Seat(a)
	r.Ask(Question{Name: "p"})
	a.given = map[string]string{"a": "Two "}
	r.Ask(Question{Name: "q"})
	a.given = map[string]string{"a": "S1", "b": "2"}
	if o, ok := r.End("p", "2", func(s string) bool { return s == "Two " }); !ok || o.Rounds[0]["2"] != 1 || len(o.Rounds[0]) != 1 {
		t.Errorf("%v", o)
	}
	if o, ok := r.End("q", "", nil); !ok || o.Rounds[0]["s1"] != 1 || o.Rounds[0]["2"] != 1 {
		t.Errorf("%v", o)
	}
	if r.Asking() != nil {
		t.Error("something is open")
	}
}

// Of many free answers the rare ones are told as one sum, and none is lost.
func TestManyFreeAnswers(t *testing.T) {
	a := &seats{pages: 300, given: map[string]string{}}
	for i := range 200 {
		a.given[fmt.Sprint(i)] = fmt.Sprintf("answer %d", i%50+i%3)
	}
	r := New(&shown{})
	r.Seat(a)
	r.Ask(Question{Name: "q"})
	o, _ := r.End("q", "", nil)
	sum := 0
	for _, n := range o.Rounds[0] {
		sum += n
	}
	if len(o.Rounds[0]) != mostBars || sum != 200 {
		t.Errorf("%d bars of %d answers: %v", len(o.Rounds[0]), sum, o.Rounds)
	}
}

// Where no page is served, a question is asked, and no one answers; who comes later is asked, too.
func TestNoAudience(t *testing.T) {
	stage := &shown{}
	r := New(stage)
	r.Ask(Question{Name: "q", Choices: []string{"a", "b"}})
	if n, pages := r.Answered(); n != 0 || pages != 0 || r.Seated() {
		t.Error(n, pages)
	}
	r.Seat(&seats{pages: 1, given: map[string]string{"x": "a"}})
	if o, ok := r.End("q", "", nil); !ok || o.Rounds[0]["a"] != 1 || !slices.Equal(stage.did[:2], []string{"ask q 1", "ask q 1"}) {
		t.Error(o, stage.did)
	}
	r.Ask(Question{Name: "p"})
	r.Ask(Question{Name: "q"})
	r.Close("p")
	r.Close("q")
	if _, ok := r.End("p", "", nil); ok || r.Asking() != nil || stage.did[len(stage.did)-1] != "closed q 1" {
		t.Error("a question that was closed is open", stage.did)
	}
	var none *Room
	none.Close("q")
	none.Ask(Question{})
	none.Drop()
	if _, ok := none.End("q", "", nil); ok || none.Asking() != nil || none.Seated() {
		t.Error("no room, and an answer")
	}
}

// A lesson that is left takes its questions with it, and not the teacher's poll.
func TestAPollOutlivesTheLesson(t *testing.T) {
	r := New(&shown{})
	r.Seat(&seats{pages: 1})
	r.Ask(Question{Name: "of-the-lesson"})
	if _, err := r.begin("Who leads?", []string{"S1", "S2"}); err != nil {
		t.Fatal(err)
	}
	r.Drop()
	if q := r.Asking(); q == nil || q.Text != "Who leads?" {
		t.Errorf("open is %v", q)
	}
	if _, err := r.goOn(false, ""); err != nil || r.Asking() != nil {
		t.Error("the poll ends, and the lesson's question comes back", err, r.Asking())
	}
	r.Ask(Question{Name: "of-the-lesson"})
	if r.Drop(); r.Asking() != nil {
		t.Error("the question of a lesson that was left is open")
	}
}
