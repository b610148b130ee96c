//go:build unix

package console

import (
	"regexp"
	"strings"
	"testing"
)

// Help is a page of two screens of 80 columns that names every command; in a lesson it
// begins with what can be done there, and is not longer for it.
func TestHelpFitsTwoScreens(t *testing.T) {
	const two = 2 * 23
	page, _, _ := batch(t, "", []string{"RAFTLAB_TEST_PROGRAM=real"}, "-c", "help")
	all, _, _ := batch(t, "", []string{"RAFTLAB_TEST_PROGRAM=real"}, "-c", "help", "--json")
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	for _, l := range lines {
		if len([]rune(l)) > 80 {
			t.Errorf("too wide: %q", l)
		}
	}
	if len(lines) > two {
		t.Errorf("%d lines", len(lines))
	}
	var ask strings.Builder
	names := regexp.MustCompile(`"commands":\[([^]]*)\]`).FindStringSubmatch(all)
	for name := range strings.SplitSeq(names[1], ",") {
		ask.WriteString("help " + name + "\n")
	}
	each, _, _ := batch(t, ask.String(), []string{"RAFTLAB_TEST_PROGRAM=real"}, "--json")
	found := regexp.MustCompile(`"result":{"command":"([^"]+)"`).FindAllStringSubmatch(each, -1)
	if len(found) < 100 {
		t.Errorf("%d commands: %.300s", len(found), each)
	}
	for _, m := range found { // by its own name where it was asked for by another
		if !regexp.MustCompile(`(?m)(^| )` + regexp.QuoteMeta(m[1]) + `( |$)`).MatchString(page) {
			t.Errorf("%s is not on the page", m[1])
		}
	}

	s := real(t, spec{cols: 80, rows: two + 4})
	s.send("lesson " + write(t, "small.raft", smallLesson) + "\r")
	s.expect("your guess [no leader #0] > ")
	s.send("S2\r")
	s.expect("Enter: go on > ")
	s.send("help\r")
	s.expect("Beat 1 of 3 of the lesson small.raft.\r\n  Enter")
	s.expect("Enter: go on > ")
	s.send("\r")
	s.expect("goal 0/4 [no leader #6] > ")
	s.send("help\r")
	s.expect("\x1b[?2004l")
	shown := s.expect("goal 0/4 [no leader #6] > ")
	if !strings.HasPrefix(shown, "Your goal in the lesson small.raft: S2 leads.\r\n  hint") {
		t.Errorf("help in a lesson begins with %.100q", shown)
	}
	if n := strings.Count(shown, "\n"); n > two {
		t.Errorf("%d lines in a lesson", n)
	}
	s.send("\x04")
	s.exit(0)
}

// A window that gets another size while a page waits is asked anew, and the next page has its size: nothing scrolls
// away unseen.
func TestAPageInAWindowOfAnotherSize(t *testing.T) {
	s := real(t, spec{})
	s.send("settings\r")
	s.expect("-- 23 of ")
	s.resize(80, 10)
	s.expect("-- 23 of ")
	s.send(" ")
	if shown := s.expect("-- 32 of "); strings.Count(shown, "\r\n") != 9 {
		t.Errorf("a page of ten rows: %q", shown)
	}
	s.resize(40, 10) // where the lines are broken
	s.expect("-- 32 of ")
	s.send(" ")
	s.expect("-- 36 of ")
	s.resize(80, 24)
	s.expect("-- 36 of ")
	s.send(" ")
	s.expect("-- 59 of ")
	s.send("q")
	s.expect("] > ")
	s.send("\x04")
	s.exit(0)
}
