package commands

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/commands/stream"
)

// audience is pages that a test answers on: as many, and each answer by a browser of its own.
type audience struct {
	given map[string]string
	pages int
	asked []*stream.QuestionItem
	shown []*stream.AnswersItem
	shut  int
}

func (a *audience) Answers(string, int) (map[string]string, int) { return a.given, a.pages }

// take does what a hub does with the items about the class.
func (a *audience) take(item stream.Item) {
	switch x := item.(type) {
	case *stream.QuestionItem:
		a.asked, a.given = append(a.asked, x), map[string]string{}
	case *stream.AnswersItem:
		a.shown = append(a.shown, x)
	case *stream.ClosedItem:
		a.shut++
	}
}

func (a *audience) vote(answers ...string) {
	for i, answer := range answers {
		a.given[fmt.Sprint(i)] = answer
	}
}

// classroom is a session at a terminal, with pages.
func classroom(t *testing.T, lesson string) (*Session, *audience, *screen) {
	s := newTestSession(t)
	a := &audience{pages: 5}
	s.Stream().Follow(a.take)
	s.Class().Seat(a)
	path := filepath.Join(t.TempDir(), "class.raft")
	if err := os.WriteFile(path, []byte("# A class\n# 5 minutes; section 5.2\n"+lesson), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &screen{interactive: true}
	if err := s.Run(context.Background(), "lesson "+path, f); err != nil {
		t.Fatal(err)
	}
	return s, a, f
}

func (f *screen) says(t *testing.T, want ...string) {
	t.Helper()
	text := f.text()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in\n%s", w, text)
		}
	}
}

func (s *Session) types(t *testing.T, f *screen, line string) {
	t.Helper()
	_ = s.Run(context.Background(), s.AtPrompt(line), f)
}

// A lesson's question is asked on the pages, with what there is to choose from; reveal shows the bars.
func TestClassAnswersALesson(t *testing.T) {
	for _, c := range []struct {
		truth   string
		choices []string
		right   string
	}{
		{`leader.id == "S2"`, []string{"yes", "no"}, "yes"},
		{`leader.id`, []string{"S1", "S2", "S3", "S4", "S5", "no one"}, "S2"},
		{`S1.vote`, []string{"S1", "S2", "S3", "S4", "S5", "no one"}, "S2"},
		{`S1.role`, []string{"follower", "candidate", "leader"}, "follower"},
		{`S1.term`, []string{}, "1"},
		{`S2.log`, []string{}, "1"},
	} {
		s, a, f := classroom(t, "new 5 seed 1\npredict q \"What?\"\ntimeout S2; settle\nreveal q "+c.truth+"\npause\n")
		if len(a.asked) != 1 || a.asked[0].Text != "What?" || fmt.Sprint(a.asked[0].Choices) != fmt.Sprint(c.choices) {
			t.Fatalf("%s: asked %+v", c.truth, a.asked)
		}
		wrong := "nonsense"
		if len(c.choices) > 0 {
			wrong = c.choices[len(c.choices)-1]
		}
		a.vote(c.right, wrong, wrong, c.right)
		s.types(t, f, "")
		s.types(t, f, "beat")
		if len(a.shown) != 1 || a.shown[0].Truth != c.right || a.shown[0].Rounds[0][c.right] != 2 || a.shown[0].Rounds[0][wrong] != 2 {
			t.Errorf("%s: shown %+v", c.truth, a.shown)
		}
		f.says(t, "The class: What?", "4 of 5 pages answered.", "right")
	}
}

// With twice there are two rounds, and what the first came to is not shown before both are over.
func TestClassAnswersTwice(t *testing.T) {
	s, a, f := classroom(t, "new 5 seed 1\npredict q \"What?\" twice\ntimeout S2; settle\nreveal q leader.id == \"S3\"\npause\n")
	a.vote("yes", "yes", "no")
	s.types(t, f, "")
	if len(a.asked) != 2 || a.asked[1].Round != 2 || a.shut != 1 || len(a.shown) != 0 {
		t.Fatalf("asked %v, closed %d, shown %v", a.asked, a.shut, a.shown)
	}
	f.says(t, "Second round:")
	if strings.Contains(f.text(), "#") {
		t.Errorf("the first round is shown:\n%s", f.text())
	}
	a.vote("no", "yes", "no", "no")
	s.types(t, f, "")
	if len(a.shown) != 1 || fmt.Sprint(a.shown[0].Rounds) != "[map[no:1 yes:2] map[no:3 yes:1]]" || a.shown[0].Changed != 1 {
		t.Errorf("shown %+v", a.shown)
	}
	f.says(t, "yes  ########........ 2  ####............ 1", "no  ####............ 1  ############.... 3  right", "3 answered, and then 4 of 5 pages. 1 changed to the right answer.")
}

// A demo asks the class, too, in both rounds; a lesson without pages asks once.
func TestClassInADemo(t *testing.T) {
	const text = "new 5 seed 1\npredict q \"What?\" twice\ntimeout S2; settle\nreveal q leader.id == \"S2\"\npause\n"
	s, a, f := classroom(t, text)
	s.types(t, f, "lesson stop")
	if a.shut != 1 {
		t.Errorf("a lesson that is left leaves its question open")
	}
	a.asked = nil
	path := filepath.Join(t.TempDir(), "demo.raft")
	if err := os.WriteFile(path, []byte("# A class\n# 5 minutes; section 5.2\n"+text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.types(t, f, "lesson "+path+" demo")
	a.vote("no")
	s.types(t, f, "beat")
	a.vote("yes")
	s.types(t, f, "beat")
	if len(a.asked) != 2 || len(a.shown) != 1 || a.shown[0].Changed != 1 {
		t.Errorf("asked %v, shown %v", a.asked, a.shown)
	}
	alone := newTestSession(t)
	g := &screen{interactive: true}
	alone.types(t, g, "lesson "+path)
	alone.types(t, g, "no")
	g.says(t, "You said no; it is yes")
	if strings.Contains(g.text(), "Second round") || strings.Contains(g.text(), "The class") {
		t.Errorf("alone, with a class:\n%s", g.text())
	}
}

// A poll asks at any time, in one round or two; the console says how many have answered, and never what.
func TestPoll(t *testing.T) {
	s := newTestSession(t)
	a, f := &audience{pages: 28}, &screen{}
	s.Stream().Follow(a.take)
	s.Class().Seat(a)
	s.types(t, f, `poll "Can x=old still become committed?" yes no "it depends"`)
	a.vote("yes", "no", "no", "no", "no", "no", "no")
	s.types(t, f, "poll")
	f.says(t, "7 of 28 pages answered.")
	s.types(t, f, "poll again")
	s.types(t, f, "poll again")
	f.says(t, "this is the second round already")
	if len(a.shown) > 0 || strings.Contains(f.text(), "#") {
		t.Errorf("shown before the end: %s", f.text())
	}
	a.vote("yes", "yes", "yes", "no", "no", "it depends", "no", "no")
	s.types(t, f, "poll end")
	f.says(t, "7 answered, and then 8 of 28 pages. 3 changed the answer.", "it depends")
	if len(a.shown) != 1 || a.shown[0].Truth != "" || a.shown[0].Rounds[0]["it depends"] != 0 || a.shown[0].Rounds[1]["no"] != 4 {
		t.Errorf("%+v", a.shown)
	}
}

// What cannot be asked is refused in a sentence, and asks nothing.
func TestPollRefuses(t *testing.T) {
	long := strings.Repeat("x", 301)
	for line, want := range map[string]string{
		`poll end`: "no question is open", `poll again`: "no question is open", `poll`: "no question is open",
		`poll "Q" yes`: "at least 2 answers", `poll ""`: "must not be empty", `poll "  " a b`: "must not be empty",
		`poll "Q" a b c d e f g h i j`: "at most 9 answers", `poll "Q" yes no Yes`: `"Yes" is there twice`,
		`poll "` + long + `"`: "at most 300 characters", `poll "Q" a "` + long + `"`: "at most 30 characters",
		`poll "Q" a ""`: "must not be empty", `poll "Q" a "b "`: "begin or end with a blank", "poll \"Q\u202e\" a b": "cannot be seen",
		"poll \"Q\" a \"b\u200b\"": "cannot be seen", `poll "Q" a b; poll "P" a b`: "a poll is open",
		`poll "Q" a b; poll end c`: `"c" is none of the answers: a, b`, `poll "Q" a b; poll end a b`: "", `whatif poll "Q" a b`: "cannot be tried",
	} {
		s := newTestSession(t)
		a, f := &audience{pages: 1}, &screen{}
		s.Stream().Follow(a.take)
		s.Class().Seat(a)
		err := s.Run(context.Background(), line, f)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
		if n := strings.Count(line, ";"); len(a.asked) != n {
			t.Errorf("%s: asked %v", line, a.asked)
		}
	}
	s, _, f := classroom(t, "new 5 seed 1\npredict q \"What?\"\nreveal q 1\npause\n")
	if err := s.Run(context.Background(), "poll end", f); err == nil || !strings.Contains(err.Error(), "is the lesson's") {
		t.Error(err)
	}
	s.types(t, f, "poll")
	f.says(t, "0 of 5 pages answered.")
}

// A poll takes the place of a lesson's question, which is asked again after it, and whose answers count all the same.
func TestAPollAmidAQuestion(t *testing.T) {
	s, a, f := classroom(t, "new 5 seed 1\npredict q \"What?\" twice\nreveal q 1\npause\n")
	a.vote("1", "2", "1")
	s.types(t, f, `poll "P" yes no`)
	a.vote("yes", "no")
	s.types(t, f, "poll end")
	f.says(t, "The class: P")
	if last := a.asked[len(a.asked)-1]; len(a.asked) != 3 || last.Text != "What?" || last.Round != 1 {
		t.Fatalf("asked %+v", a.asked)
	}
	a.given = map[string]string{"1": "1"} // one has changed the answer
	s.types(t, f, "poll")
	f.says(t, "3 of 5 pages answered.")
	s.types(t, f, `poll "R" yes no`)
	s.types(t, f, "2") // the student's answer; the second round cannot be asked now
	s.types(t, f, "beat")
	if len(a.shown) != 2 || a.shown[1].Text != "What?" || a.shown[1].Rounds[0]["1"] != 3 {
		t.Errorf("shown %+v", a.shown[len(a.shown)-1])
	}
}

// The end of a poll may be given the right answer, however it is written; a word of the command in quotes is a
// question like any other.
func TestPollKnowsWhatIsRight(t *testing.T) {
	for _, c := range []struct {
		ask, end    string
		first, last []string
		rounds      string
		truth       string
		changed     int
	}{
		{`poll "Q" yes No`, "poll end no", []string{"yes", "yes", "No"}, []string{"No", "yes", "No"},
			"[map[No:1 yes:2] map[No:2 yes:1]]", "No", 1},
		{`poll "Q" "S1 and S2" none`, `poll end "s1 and s2"`, []string{"none"}, []string{"S1 and S2"},
			"[map[S1 and S2:0 none:1] map[S1 and S2:1 none:0]]", "S1 and S2", 1},
		{"poll end2", "poll end 'Two  servers'", []string{"three"}, []string{"two servers"},
			"[map[three:1] map[Two  servers:1]]", "Two  servers", 1},
		{`poll "end"`, "poll end", []string{"a"}, []string{"b"}, "[map[a:1] map[b:1]]", "", 1},
		{`poll "again"`, `poll end "end"`, []string{"a"}, []string{"END"}, "[map[a:1] map[end:1]]", "end", 1},
	} {
		s := newTestSession(t)
		a, f := &audience{pages: 3}, &screen{}
		s.Stream().Follow(a.take)
		s.Class().Seat(a)
		s.types(t, f, c.ask)
		a.vote(c.first...)
		s.types(t, f, "poll again")
		a.vote(c.last...)
		s.types(t, f, c.end)
		if len(a.shown) != 1 || fmt.Sprint(a.shown[0].Rounds) != c.rounds || a.shown[0].Truth != c.truth ||
			a.shown[0].Changed != c.changed {
			t.Errorf("%s, %s: %+v", c.ask, c.end, a.shown)
		}
	}
}
