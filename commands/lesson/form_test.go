package lesson

import (
	"fmt"
	"strings"
	"testing"

	"raftlab/commands/lang"
	"raftlab/docs"
)

// The form of a lesson: short beats, and in each something that is checked.
func TestLessonsAreWellWritten(t *testing.T) {
	m := &Matter{Course: docs.Lessons, Text: docs.Lesson, Fast: "fast", Ending: ".raft"}
	shipped := m.readShipped()
	for i, l := range append(shipped, template(t)) {
		if i > 0 && i < len(shipped) && shipped[i-1].number == l.number {
			t.Errorf("two lessons have the number %d", l.number)
		}
		for _, done := range l.ends { // what follows a goal speaks of what is on the screen
			next := done + 1
			for next < len(l.lines) && (l.lines[next] == "" || strings.HasPrefix(l.lines[next], "expect")) {
				next++
			}
			if next < len(l.lines) && !l.types(next) {
				t.Error(l.wrong(next, "behind a goal the text comes before any picture of the author's way"))
			}
		}
		for b, from := range l.beats {
			to := len(l.lines)
			if b+1 < len(l.beats) {
				to = l.beats[b+1]
			}
			if err := l.goodBeat(from, to); err != nil {
				t.Error(err)
			}
		}
	}
}

func template(t *testing.T) *script {
	text, _ := docs.Lesson("template")
	l, err := newScript("lessons/template.raft", text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// goodBeat is about the lines from..to-1.
func (l *script) goodBeat(from, to int) error {
	says, checks := 0, false
	for i := from; i < to; i++ {
		line := l.lines[i]
		word, _ := l.word(i)
		if n := len([]rune(line)); n > 200 && word != "goal" && word != "waypoint" {
			return l.wrong(i, "the line has %d characters", n)
		}
		switch word {
		case "say":
			if says += len([]rune(line)); says > 500 {
				return l.wrong(i, "the beat tells more than a screen of text")
			}
		case "expect", "reveal", "done":
			checks = true
		}
	}
	if !checks {
		return l.wrong(from, "nothing is checked in this beat")
	}
	return nil
}

func TestAnswersAreTakenLeniently(t *testing.T) {
	m := &Matter{Describe: func(x any) string { return fmt.Sprint(x) }, Fillers: []string{"server", "term"},
		Exists: func(_ lang.World, name string) bool { return strings.HasPrefix(name, "s") }}
	for _, c := range []struct {
		truth      any
		right, not string
	}{
		{"S2", "S2|s2|2|server 2|the server S2|two", "S3|3||S2 S3|nobody"},
		{3, "3|three|term 3|t3|it is 3|3.", "4|2 or 3||S3|S3 of 5|yes"},
		{0, "0|none|no|zero", "1"},
		{true, "yes|y|Yes!|true", "no|n||3"},
		{false, "no|n|No, never|false", "yes"},
		{"", "nobody|no one|none|no-one|0", "S1"},
		{nil, "nobody|none", "S1"},
		{"follower", "follower|a follower|Follower", "leader"},
		{[]string{"S1", "S3"}, "S1 S3|s3, s1|1 and 3|S3,S1", "S1|S1 S2 S3|"},
		{[]string{}, "none|nobody", "S1"},
		{"1 1 4", "1 1 4|1,1,4", "1 4"},
		{"1", "1|one|x=1|x is one|n = 1|it will be 1", "2|x=2|1 or 2|none|x"},
		{"0", "0|none|n=0", "1"},
	} {
		for i, list := range []string{c.right, c.not} {
			for _, a := range strings.Split(list, "|") {
				if got := m.answers(nil, a, c.truth); got != (i == 0) {
					t.Errorf("%q for %v: %v", a, c.truth, got)
				}
			}
		}
	}
}

// What cannot be an answer at all is told from one that is wrong.
func TestWhatIsNoAnswer(t *testing.T) {
	m := &Matter{Named: "a server", Fillers: []string{"server", "term"}, OneOf: [][]string{{"follower", "candidate", "leader"}},
		Describe: func(x any) string { return fmt.Sprint(x) },
		Exists:   func(_ lang.World, name string) bool { return strings.Contains(" s1 s2 s3 1 2 3 ", " "+name+" ") }}
	for _, c := range []struct {
		truth     any
		good, bad string
		kind      string
	}{
		{"S2", "S1|s3|3|server 1|none|nobody", "S9|banana|yes|1 2|9", "a server"},
		{"", "S1|none|2", "maybe", "a server"},
		{nil, "S1|none", "maybe", "a server"},
		{3, "4|three|term 7|t3|none|0", "S1|S3|S1 or S2|many|2 or 3|yes", "a number"},
		{true, "yes|no|n|true", "S1|3|perhaps", "yes or no"},
		{"leader", "a follower|Candidate", "S1|boss", "follower, candidate or leader"},
		{"main green", "whatever", "", ""},
		{"1", "1|x=2|none|two", "x|banana|1 or 2", "a number"},
		{[]string{"S1"}, "S2 S3|none|all|both of them|2 and 3|S2 or S9", "banana|yes|9", "a server, or several"},
		{[]string{"x=1"}, "whatever", "", ""},
	} {
		for i, list := range []string{c.good, c.bad} {
			for _, a := range strings.Split(list, "|") {
				if kind := m.strays(nil, a, c.truth); a != "" && (kind != "") != (i == 1) || kind != "" && kind != c.kind {
					t.Errorf("%q for %v: %q", a, c.truth, kind)
				}
			}
		}
	}
}
