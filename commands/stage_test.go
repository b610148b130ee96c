package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"raftlab/cluster/event"
	"raftlab/commands/lang"
	"raftlab/commands/lesson"
)

// What the tour offers at its end does there what it says.
func TestWhatTheTourOffers(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1}, "tour")
	var last struct{ Try []string }
	if text, err := json.Marshal(f.results[len(f.results)-1].Value); err != nil || json.Unmarshal(text, &last) != nil {
		t.Fatalf("%s: %v", text, err)
	}
	offered := last.Try
	if text := s.must(t, offered[0]); !strings.Contains(text, "crashes") || !strings.Contains(text, "wins term 3") {
		t.Errorf("%s:\n%s", offered[0], text)
	}
	for _, line := range offered {
		if strings.HasPrefix(line, "lesson") || strings.HasPrefix(line, "scenario") {
			continue // they are played by other tests
		}
		s.must(t, line)
	}
}

// What Enter shows after a wrong answer stands in the prompt, however long the rest of it is.
func TestTheOfferStaysInThePrompt(t *testing.T) {
	s, f := learner(t, memory{})
	f.typing(s, "lesson 15", "beat 3", "S2")
	enter, says := lang.Observing[*lesson.Student](s.Session).Enter()
	if enter == "beat" || says == "" {
		t.Fatalf("a wrong answer offers nothing: %q, %q", enter, says)
	}
	if prompt := s.Prompt().String(); !strings.Contains(prompt, "Enter: "+says) {
		t.Errorf("Enter runs %q, and the prompt is %q", enter, prompt)
	}
}

// Which way a link is cut is told, as a cut in one direction is a fault of its own.
func TestStatusTellsWhichWayLinksAreCut(t *testing.T) {
	for cut, want := range map[string][]string{
		"cut *->S1":                           {"5  cut from: all", "35  cut to: S1"},
		"cut S1->S3":                          {"5  cut to: S3", "36  cut from: S1"},
		"isolate S1":                          {"5  cut: all", "35  cut: S1"},
		"cut S1<->S2; cut S1->S3; cut S4->S1": {"5  cut: S2, cut to: S3, cut from: S4", "34  cut to: S1"},
	} {
		s, _ := labWith(t, Options{Nodes: 5, Seed: 1}, "timeout S1; settle", cut)
		for text, w := s.must(t, "status"), want; len(w) > 0; w = w[1:] {
			if !strings.Contains(text, w[0]) {
				t.Errorf("%s: no %q in\n%s", cut, w[0], text)
			}
		}
	}
}

// Lost messages that say the same share a line, and a story that is told whole leaves the command in sight.
func TestAStoryFitsTheScreen(t *testing.T) {
	const led = "timeout S1; settle; "
	for script, want := range map[string]string{
		led + "isolate S1; put x 1; settle": "S1 -> S2 S3 S4 S5  AppendEntries term=1 prev=1/1 entries=\"1:x=1\" commit=1" +
			"  m17 m18 m19 m20 are lost: the links S1->S2 S1->S3 S1->S4 S1->S5 are cut",
		led + "kill S2 S3; put x 1; settle": "S1 -> S2 S3  AppendEntries term=1 prev=1/1 entries=\"1:x=1\" commit=1  " +
			"m17 m18 are lost: S2 S3 are down",
		led + "cut *->S1; put x 1; settle": "S2 S3 S4 S5 -> S1  AppendEntriesReply term=1 success=true match=2  " +
			"m21 m22 m23 m24 are lost: the links S2->S1 S3->S1 S4->S1 S5->S1 are cut",
		"timeout all; settle": "S2 S3 S4 S5 refuse S1 in term 1; S1 S3 S4 S5 refuse S2 in term 1",
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		mustRun(t, s, f, script)
		if text := f.results[len(f.results)-1]; !strings.Contains(blockText(text.View[0]), want) {
			t.Errorf("%s: no %q in\n%s", script, want, blockText(text.View[0]))
		}
	}
	long := strings.Repeat("long-", 12)
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle; put a "+long+"; put b "+long+"; put c "+long)
	mustRun(t, s, f, "settle S1 S2")
	rows := 0
	for line := range strings.SplitSeq(blockText(f.results[len(f.results)-1].View[0]), "\n") {
		rows += 1 + len(line)/80
	}
	if rows > 22 {
		t.Errorf("%d rows:\n%s", rows, blockText(f.results[len(f.results)-1].View[0]))
	}
}

// What clients were told is part of what was done quietly: later questions rest on it.
func TestASummaryTellsWhatClientsWereTold(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 5, Seed: 1}, "timeout S1; settle")
	for _, c := range [][2]string{
		{"quietly put x 1; quietly settle", "S1 commits entry 2; S1 replies to C1: ok"},
		{"quietly put x 2; quietly kill S1; restart S1", "C1 cannot know what became of its request: S1 crashed before it replied"},
	} {
		if text := s.must(t, c[0]); !strings.Contains(text, c[1]) {
			t.Errorf("%s: no %q in\n%s", c[0], c[1], text)
		}
	}
}

// A goal of a stale read is reached by one, and not by what only looks like it.
func TestAStaleReadIsWhatTheGoalSays(t *testing.T) {
	for _, c := range []struct{ begins, other string }{
		{"lesson 14; beat 3", "isolate S1; timeout S2; settle; get x via S1 as C2; put x 2 via S2 as C3; settle"},
		{"lesson 14; beat 12", "kill S1; timeout S2; deliver RV S2->S3; deliver RVR; get x via S3 as C2 reads local"},
	} {
		s, f := learner(t, memory{})
		for line := range strings.SplitSeq(c.begins, "; ") {
			f.typing(s, line)
		}
		for range 3 {
			if !hasGoal(s) {
				f.typing(s, "")
			}
		}
		f.typing(s, c.other)
		if !hasGoal(s) {
			t.Errorf("%s is taken for the goal of %s", c.other, c.begins)
		}
	}
}

// A request that was answered twice is told with both moments: the result is the later one's.
func TestASecondAnswerIsToldWithItsMoment(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "set sessions on; bug no-sessions on; timeout S1; settle; incr n; settle; retry; settle")
	var at []string
	for _, r := range f.results {
		for _, e := range r.Events {
			if x, ok := e.(*event.Event).What.(event.Answered); ok {
				at = append(at, fmt.Sprint(x.Result, " at ", e.(*event.Event).Position))
			}
		}
	}
	_, err := s.says("check linearizable")
	if len(at) != 2 || err == nil || !strings.Contains(err.Error(), "first answered at #"+strings.Fields(at[0])[2]+`, got "2" at #`+strings.Fields(at[1])[2]) {
		t.Errorf("%q: %v", at, err)
	}
}

// A hint may search for seconds, and says so meanwhile.
func TestAHintSaysThatItSearches(t *testing.T) {
	s, f := learner(t, memory{})
	ownLesson(t, "# Own\n# 1 minutes; 5.2\nnew 3\ngoal \"S1 is far\" S1.term == 99 within 5\nkill S2\ndone\n")
	f.typing(s, "lesson own.raft", "hint")
	if len(f.progress) == 0 || !strings.HasPrefix(f.progress[0], "looking for a next command") {
		t.Errorf("%q", f.progress)
	}
}

// Where a message is made by hand, the fields of its type are offered that are not given yet.
func TestInjectOffersTheFieldsOfItsType(t *testing.T) {
	s, _ := labWith(t, Options{Nodes: 3, Seed: 1})
	for line, want := range map[string]string{
		"inject AE S1->S2 ":                       "term= prev= entries= commit=",
		"inject AppendEntries S1 -> S2 prev=0/0 ": "term= entries= commit=",
		"tick; whatif inject rvr S1->S2 ":         "term= granted=",
		"inject TN S1->S2 ":                       "term=",
	} {
		if _, got := s.Complete(line, len(line)); strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}

// Who says that a leader is missing names a server that can become one.
func TestALeaderThatIsMissingCanBeElected(t *testing.T) {
	for _, script := range []string{
		"timeout S1; settle; kill S1",
		"timeout S1; settle; isolate S2; put x 1; settle; heal; kill S1",
		"freeze S1 S2",
	} {
		s, _ := labWith(t, Options{Nodes: 5, Seed: 1}, script)
		_, err := s.says("put y 1")
		if err == nil {
			t.Fatalf("%s: put y 1 is taken", script)
		}
		_, advice, _ := strings.Cut(err.Error(), "for example: ")
		advice, _, _ = strings.Cut(advice, "\n")
		s.must(t, advice)
		s.must(t, "put y 1")
	}
}

// What a line shows, or is answered with, on a fresh cluster: each says what is so once, and what to do.
func TestSmallAnswersOnStage(t *testing.T) {
	const split = "new 3 seed 2; timeout S1 S2 S3; "
	for _, c := range []struct{ line, want, not string }{
		{split + "quietly settle", "No one wins term 1: S1 has 1 of the 2 votes", ""},
		{split + "deliver all", "granted=false m12", "No one wins"},
		{split + "deliver all; deliver all", "No one wins term 1: S1 has 1 of the 2 votes", ""},
		{"demo 10", "lesson 10 demo shows lesson 10", ""},
		{"why not S3 leads", "did you mean why S3 not leader?", ""},
		{"timeout S3; settle; S3 leads", "did you mean why S3 leader?", ""},
		{"why no leader", "if the timer of S1, S2, S3, S4 or S5 fired now, that server wins term 1", "if it fired now"},
		{"kill S1; timeout down", "timeout takes no server that is down", ""},
		{"timeout down", "timeout takes no server that is down", ""},
		{"kill down", "kill takes no server that is down", ""},
		{"restart up", "restart takes no server that is up", ""},
		{"restart down", "there is nothing to do", ""},
		{"set guest-timeout 7s", "guest-timeout: 7s (was 5s)", ""},
		{"set pager off", "pager: off (was on)", ""},
		{"help !", "succeeds if COMMAND is refused", ""},
		{"new 3; bug commit-stops-early on; ! check liveness 20; shrink", "check liveness has reduced the branch found", ""},
	} {
		s, f := labWith(t, Options{Nodes: 5, Seed: 1})
		err := s.Run(context.Background(), c.line, f)
		text := strings.Join(strings.Fields(f.text()+fmt.Sprint(err)), " ")
		if !strings.Contains(text, c.want) || c.not != "" && strings.Contains(text, c.not) {
			t.Errorf("%s: no %q, or %q, in\n%s", c.line, c.want, c.not, text)
		}
	}
}

// In what why says of several servers the column of the text begins at one place, also below a line.
func TestTheColumnOfWhyIsStraight(t *testing.T) {
	s, f := labWith(t, Options{Nodes: 5, Seed: 1})
	_ = s.Run(context.Background(), "timeout S1; settle; freeze S2 S3 S4 S5; put x 1; settle", f)
	for _, question := range []string{"why 2 not committed", "why no leader"} {
		f.results = nil
		_ = s.Run(context.Background(), question, f)
		for _, line := range strings.Split(strings.TrimRight(f.text(), "\n"), "\n")[1:] {
			if label, text := line[:min(12, len(line))], line[min(12, len(line)):]; !strings.HasSuffix(label, " ") && text != "" ||
				strings.HasPrefix(text, " ") {
				t.Errorf("%s: %q", question, line)
			}
		}
		_ = s.Run(context.Background(), "new 5", f)
	}
}

// A demo says that it is over, and what comes next.
func TestADemoHasALastWord(t *testing.T) {
	s, f := learner(t, memory{})
	ownLesson(t, "# Own\n# 1 minutes; 5.2\nnew 3\nsay Now.\npause\nsay That is all.\n")
	if shown := f.typing(s, "lesson own.raft demo", ""); strings.Contains(shown, "That was the demo") {
		t.Errorf("too early:\n%s", shown)
	}
	if shown := f.typing(s, "yes"); !strings.Contains(shown, "That was the demo of lesson own.raft") && !strings.Contains(shown, "That was the demo of the lesson own.raft") {
		t.Errorf("%s", shown)
	}
}
