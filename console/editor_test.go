//go:build unix

package console

import (
	"strings"
	"syscall"
	"testing"

	"raftlab/commands/view"
	"raftlab/console/paint"
)

// prompt starts the program and waits for its prompt.
func prompt(t *testing.T, s spec) *screen {
	t.Helper()
	sc := start(t, s)
	sc.expect("welcome")
	sc.expect("> ")
	return sc
}

// Each line of keys, typed at a fresh prompt, must make the program run the
// line beside it.
func TestKeys(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"typed", "abc\r", "abc"},
		{"line feed", "abc\n", "abc"},
		{"Backspace", "abx\x7fc\r", "abc"},
		{"Home of xterm", "bc\x1b[Ha\r", "abc"},
		{"Home of tmux", "bc\x1b[1~a\r", "abc"},
		{"Home of rxvt", "bc\x1b[7~a\r", "abc"},
		{"Home in application mode", "bc\x1bOHa\r", "abc"},
		{"End of xterm", "ab\x01\x1b[Fc\r", "abc"},
		{"End of tmux", "ab\x01\x1b[4~c\r", "abc"},
		{"Left and Right", "ac\x1b[Db\x1b[C!\r", "abc!"},
		{"Ctrl-Left", "one two\x1b[1;5Dx\r", "one xtwo"},
		{"Delete", "xabc\x01\x1b[3~\r", "abc"},
		{"Delete on an empty line", "\x1b[3~abc\r", "abc"},
		{"Delete at the end", "abc\x1b[3~\r", "abc"},
		{"Ctrl-D in a line", "xabc\x01\x04\r", "abc"},
		{"Ctrl-Space on an empty line", "\x00abc\r", "abc"},
		{"Ctrl-Space in a line", "ab\x00c\r", "abc"},
		{"Ctrl-O, Ctrl-], Ctrl-\\, Ctrl-_", "a\x0fb\x1d\x1c\x1fc\r", "abc"},
		{"Ctrl-Z", "ab\x1ac\r", "abc"},
		{"Ctrl-T on one character", "a\x14bc\r", "abc"},
		{"Ctrl-V, Ctrl-X, Ctrl-Q", "a\x16b\x18\x11c\r", "abc"},
		{"Ctrl-W", "abc def\x17\x7f\r", "abc"},
		{"Ctrl-U", "wrong\x15abc\r", "abc"},
		{"function keys", "a\x1b[15~b\x1bOPc\x1b[[A\r", "abc"},
		{"mouse, focus, position", "a\x1b[Ib\x1b[12;5Rc\r", "abc"},
		{"wide characters", "日本\x7f語\r", "日語"},
		{"combining marks", "e\u0301x\r", "e\u0301x"},
		{"control characters of Latin-1", "a\u009bb\u0085c\r", "abc"},
		{"empty lines", "\r\r  \rabc\r", "abc"},
		{"a character in a pasted text", "\x1b[200~abc\x1b[201~\r", "abc"},
		{"a tab in a pasted text", "\x1b[200~a\tb\x1b[201~\r", "a b"},
		{"a paste in the middle", "ad\x1b[D\x1b[200~bc\x1b[201~\r", "abcd"},
		{"a long text that is not marked as pasted", strings.Repeat("x", 40) + "\ty\r", strings.Repeat("x", 40) + " y"},
		{"control characters in a paste", "\x1b[200~a\x00\x04\x1b[Db\x07\x1b[201~c\r", "abc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := prompt(t, spec{})
			s.send(c.keys)
			skipped := s.expect("ran ")
			if strings.Contains(skipped, "cannot") {
				t.Errorf("an error: %q", skipped)
			}
			s.seen -= len("ran ")
			s.ran(c.want)
			s.expect("> ")
			s.leave()
		})
	}
}

func TestPasteOfLines(t *testing.T) {
	s := prompt(t, spec{})
	s.send("\x1b[200~one\r\ntwo\nthree\r\r\nfour\x1b[201~")
	s.ran("one")
	s.ran("two")
	s.ran("three")
	s.expect("fake#")
	s.send(" and five\r")
	s.ran("four and five")
	if n := strings.Count(s.text(), "ran "); n != 4 {
		t.Errorf("%d lines ran: %q", n, s.text())
	}
	s.expect("> ")
	s.leave()
}

func TestPasteWithoutEnd(t *testing.T) {
	s := prompt(t, spec{})
	s.send("\x1b[200~one\rtw")
	s.ran("one")
	s.expect("tw")
	s.send("\x03")
	s.expect("^C")
	s.expect("> ")
	s.send("a\x1b[1~b\r")
	s.ran("ba")
	s.expect("> ")
	s.leave()
}

func TestLineTooLong(t *testing.T) {
	for _, mark := range []bool{false, true} {
		s := prompt(t, spec{cols: 80, rows: 100})
		text := "x " + strings.Repeat("much too long ", 2000)
		if mark {
			text = "\x1b[200~" + text + "\x1b[201~"
		}
		s.send(text)
		s.send("\r")
		s.expect("4096")
		s.expect("> ")
		if strings.Contains(s.text(), "ran ") {
			t.Error("a part of it ran")
		}
		s.send(strings.Repeat("y", 4096) + "\r") // the longest that goes
		s.expect("\"yyy")
		s.expect("> ")
		s.leave()
	}
}

func TestLineTooLongIsForgotten(t *testing.T) {
	s := prompt(t, spec{})
	s.send(strings.Repeat("z", 4097))
	s.expect("(too long)")
	s.send("\x15short\r")
	s.ran("short")
	s.expect("> ")
	s.leave()
}

// The library panics on Ctrl-R, then Ctrl-C or Ctrl-G, with an empty history,
// and the terminal stays raw.
func TestSearchInEmptyHistory(t *testing.T) {
	for _, end := range []string{"\x03", "\x07", "\r", "\x1b[A", "\t", "\x04", "\x7f\x7f\x03", "x\x03", "\x12\x12\x03", "\x13\x03"} {
		s := prompt(t, spec{})
		s.send("\x12" + end)
		s.send("\x03")
		s.expect("^C")
		s.expect("> ")
		s.leave()
	}
}

func TestSearch(t *testing.T) {
	s := prompt(t, spec{})
	for _, l := range []string{"first line", "second line", "third"} {
		s.send(l + "\r")
		s.ran(l)
		s.expect("> ")
	}
	s.send("\x12first\r")
	s.ran("first line")
	s.expect("> ")
	s.send("\x1b[A\r") // the line that was found is the last one now
	s.ran("first line")
	s.expect("> ")
	s.send("\x12second\x03") // given up: the line is empty again
	s.send("fresh\r")
	s.ran("fresh")
	s.expect("> ")
	s.leave()
}

func TestHistoryKeys(t *testing.T) {
	s := prompt(t, spec{})
	for _, l := range []string{"one", "two"} {
		s.send(l + "\r")
		s.ran(l)
		s.expect("> ")
	}
	s.send("\x1b[A\x1b[A!\r")
	s.ran("one!")
	s.expect("> ")
	s.send("\x1b[A\x1b[A\x1b[B\r")
	s.ran("one!")
	s.expect("> ")
	s.leave()
}

func TestCtrlC(t *testing.T) {
	s := prompt(t, spec{})
	s.send("not this\x03")
	s.expect("^C")
	s.expect("> ")
	s.send("but this\r")
	s.ran("but this")
	s.expect("> ")
	s.signal(syscall.SIGINT) // from elsewhere, the same
	s.expect("^C")
	s.expect("> ")
	s.leave()
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct{ name, keys, want string }{
		{"one candidate", "tim\tS\x7f\r", "timeout "},
		{"what all share", "al\tx\r", "alphabetx"},
		{"another case", "s1\t\r", "S1 "},
		{"a directory", "dir\tx\r", "directory/x"},
		{"nothing", "zzz\t\t\r", "zzz"},
		{"in the middle", "tim S1\x1b[D\x1b[D\x1b[D\tx\r", "timeoutx S1"},
		{"a completer that panics", "boom\t\r", "boom"},
		{"nothing that steers the terminal", "evi\t\r", "evi"},
		{"on an empty line", "\tx\r", "x"},
		{"after a deletion", "s1x\x7f\t\r", "S1 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := prompt(t, spec{})
			s.send(c.keys)
			s.ran(c.want)
			s.expect("> ")
			s.leave()
		})
	}
}

func TestCompletionList(t *testing.T) {
	s := prompt(t, spec{})
	s.send("many\t")
	if above := s.expect("many000"); strings.Contains(above, "manyfake") {
		t.Errorf("the line stands there twice: %q", above)
	}
	s.expect("many019")
	s.expect("and 280 more")
	s.expect("> many")
	if strings.Contains(s.text(), "many020") {
		t.Error("more than 20 are listed")
	}
	s.send("007\t\r")
	s.ran("many007 ")
	s.expect("> ")
	s.leave()
}

// Sizes that make the library divide by zero or loop forever.
func TestNarrow(t *testing.T) {
	for _, cols := range []int{0, 1, 2, 3, 7, 8, 16, 20, 40} {
		s := start(t, spec{cols: cols, rows: 5})
		s.expect("> ")
		s.send("some text that is longer than the screen\x1b[D\x1b[D\x01\x1b[C\x05\r")
		s.expect("\x1b[?2004l") // the line was taken
		if cols > 0 && cols < 16 {
			s.expect("than the") // and the rest is more than the screen has
			s.send("G")
		}
		s.expect("> ")
		s.send("wide\t\twide\t\x15日\t\t\x15many\t\t\x15\x12a\x12\x07")
		s.send("\x15end\r")
		s.expect("\"end\"")
		s.expect("> ")
		s.send("\x04")
		s.exit(0)
	}
}

// The prompt is 8 columns wide; the screen becomes as wide as the prompt.
func TestResizeWhileTyping(t *testing.T) {
	s := prompt(t, spec{})
	for _, cols := range []int{8, 4, 16, 2, 0, 80} {
		s.send("abc")
		s.resize(cols, 5)
		s.send("\x1b[D\x1b[D\x01\x05")
	}
	s.send("\r")
	s.ran(strings.Repeat("abc", 6))
	s.expect("> ")
	s.leave()
}

func TestTypedAhead(t *testing.T) {
	s := prompt(t, spec{})
	s.send("one\rtwo\rthree\r")
	s.ran("one")
	s.ran("two")
	s.ran("three")
	s.expect("> ")
	s.leave()
}

// No escape sequence but those of the line editor, where colour is off.
func TestNoColourAtThePrompt(t *testing.T) {
	s := prompt(t, spec{})
	s.send("fail\r")
	s.expect("it cannot be done")
	s.expect("> ")
	if strings.Contains(s.text(), "\x1b[3") || strings.Contains(s.text(), "\x1b[1m") {
		t.Errorf("colours: %q", s.text())
	}
	s.leave()
}

func TestDumbTerminal(t *testing.T) {
	s := start(t, spec{env: []string{"TERM=dumb", "NO_COLOR="}})
	s.expect("welcome")
	s.expect("> ")
	s.send("abc\n")
	s.ran("abc")
	s.expect("> ")
	s.send("not this\x03")
	s.expect("> ")
	s.send("slow\n")
	s.expect("slow begins")
	s.send("\x03")
	s.expect("interrupted after 3")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)
	if strings.Contains(s.text(), "\x1b") {
		t.Errorf("escape sequences: %q", s.text())
	}
}

// A prompt that leaves no room to type loses first what matters least: the beat stays longer than
// who leads.
func TestAPromptThatIsTooLong(t *testing.T) {
	long := view.Line{view.S(view.Plain, "lesson 14 goal 3/12 "), view.S(view.Plain, "["), view.S(view.Leader, "S2 leads t2"), view.S(view.Plain, " #105]"), view.S(view.Plain, " > ")}
	pause := view.Line{view.S(view.Plain, "lesson 7/21 "), view.S(view.Plain, "["), view.S(view.Leader, "S2 leads t2"), view.S(view.Plain, " #105]"), view.S(view.Bad, " BUG:x"), view.S(view.Strong, " Enter: go on"), view.S(view.Plain, " > ")}
	for _, c := range []struct {
		prompt view.Line
		wants  map[int]string
	}{
		{long, map[int]string{64: "lesson 14 goal 3/12 [S2 leads t2 #105] > ", 41: "lesson 14 goal 3/12 [S2 leads t2 #105] > ",
			40: "14 goal 3/12 [S2 leads t2 #105] > ", 32: "14 goal 3/12 > ", 10: "> "}},
		{pause, map[int]string{64: "lesson 7/21 [S2 leads t2 #105] BUG:x Enter: go on > ", 46: "7/21 [S2 leads t2 #105] BUG:x Enter: go on > ",
			44: "7/21 BUG:x Enter: go on > ", 24: "7/21 BUG:x > ", 10: "BUG:x > ", 4: "> "}},
		{view.Line{view.S(view.Plain, "["), view.S(view.Quiet, "no leader"), view.S(view.Plain, " #7]"), view.S(view.Plain, " > ")}, map[int]string{20: "[no leader #7] > ", 12: "> "}},
	} {
		for most, want := range c.wants {
			if got := paint.Shorter(c.prompt, most).String(); got != want {
				t.Errorf("%d columns: %q, want %q", most, got, want)
			}
		}
	}
}

// What takes no more room than the line that counts it is listed.
func TestCompletionListsTheLastFew(t *testing.T) {
	s := real(t, spec{})
	s.send("print S1.\t\t")
	if shown := s.expect("snapshot"); strings.Contains(shown, "more") {
		t.Errorf("%q", shown)
	}
	s.send("\x03\x04")
	s.exit(0)
}
