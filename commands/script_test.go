package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"raftlab/commands/lang"
)

// filesOf writes scripts into a new directory, which becomes the present one.
func filesOf(t *testing.T, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		path := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

// script runs a script and returns what the test commands did.
func script(t *testing.T, o Options, name, text string) (done string, f *screen, err error) {
	t.Helper()
	s, w, f := fake(t, o)
	err = s.RunScript(context.Background(), name, strings.NewReader(text), f)
	if s.InScript() {
		t.Errorf("%s: the session thinks that it is still in a script", name)
	}
	return strings.Join(w.done, "; "), f, err
}

func TestScriptsAreReadLineByLine(t *testing.T) {
	for text, want := range map[string]string{
		"tick\ntick 2\n":                      "tick 1 ; tick 2 ",
		"tick\r\ntick 2":                      "tick 1 ; tick 2 ",
		lang.BOM + "tick\r\n\r\n# x\ntick 2;": "tick 1 ; tick 2 ",
		"":                                    "",
		"\n\n":                                "",
		"tick" + strings.Repeat(" ", lang.MaxLine-4) + "\r\ntick 2":      "tick 1 ; tick 2 ",
		lang.BOM + "tick" + strings.Repeat(" ", lang.MaxLine-4) + "\r\n": "tick 1 ",
	} {
		done, _, err := script(t, Options{}, "x.raft", text)
		if err != nil || done != want {
			t.Errorf("%.20q: %q, %v", text, done, err)
		}
	}
}

func TestScriptErrorsNameFileLineAndCommand(t *testing.T) {
	long := strings.Repeat("x", lang.MaxLine+1)
	for _, c := range []struct{ text, want string }{
		{"tick\ntick -1 # bad\n", "x.raft:2: tick -1: TICKS is a whole number from 1 to 1000"},
		{"\n\ntick; kill S9; tick", "x.raft:3: kill S9: there is no S9"},
		{"! tick", "x.raft:1: ! tick: expected this to fail"},
		{"expect S1.term == 2", "x.raft:1: expect S1.term == 2: does not hold: S1.term is 1"},
		{"tick\nsay \xff", "x.raft:2: bad UTF-8 in column 5"},
		{"tick\x00", "x.raft:1: a NUL byte in column 5"},
		{"tick\n" + long, "x.raft:2: the line is longer than 64 KiB (column 65537)"},
		{"\xff\xfet\x00", "x.raft:1: this is UTF-16"},
		{"nosuch\x1b[1m", `x.raft:1: nosuch\x1b[1m: unknown command`},
	} {
		_, f, err := script(t, Options{}, "x.raft", c.text)
		var located *lang.ScriptError
		if !errors.As(err, &located) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.30q: %v, want %q", c.text, err, c.want)
			continue
		}
		if last := f.results[len(f.results)-1]; last.Err != err {
			t.Errorf("%.30q: shown was %v", c.text, last.Err)
		}
	}
}

func TestALineOfTenMegabytesIsOneError(t *testing.T) {
	big := io.MultiReader(strings.NewReader("tick\n"), io.LimitReader(endless{}, 10<<20), strings.NewReader("\ntick 2\n"))
	s, w, f := fake(t, Options{KeepGoing: true})
	err := s.RunScript(context.Background(), "-", big, f)
	if err == nil || !strings.HasPrefix(err.Error(), "-:2: the line is longer") || strings.Join(w.done, ";") != "tick 1 ;tick 2 " {
		t.Errorf("did %q, %v", w.done, err)
	}
}

func TestALineWithoutEndEndsAScript(t *testing.T) {
	s, _, f := fake(t, Options{})
	err := s.RunScript(context.Background(), "/dev/zero", endless{}, f)
	if err == nil || !strings.HasPrefix(err.Error(), "/dev/zero:1: the line is longer") {
		t.Errorf("%v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestAReadErrorEndsAScript(t *testing.T) {
	s, _, f := fake(t, Options{KeepGoing: true})
	err := s.RunScript(context.Background(), "x.raft", io.MultiReader(strings.NewReader("tick\nti"), failing{}), f)
	if err == nil || !strings.Contains(err.Error(), "x.raft:2: cannot be read: broken cable") {
		t.Errorf("%v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken cable") }

func TestKeepGoingInAScript(t *testing.T) {
	done, f, err := script(t, Options{KeepGoing: true}, "x.raft", "kill S9; tick\nkill S8\ntick 2\n")
	if err == nil || !strings.HasPrefix(err.Error(), "x.raft:1: kill S9") || done != "tick 1 ; tick 2 " || len(f.results) != 4 {
		t.Errorf("%q, %v", done, err)
	}
	done, _, err = script(t, Options{}, "x.raft", "kill S9; tick\ntick 2\n")
	if err == nil || done != "" {
		t.Errorf("%q, %v", done, err)
	}
}

func TestSourceLooksBesideTheFileThatNamesIt(t *testing.T) {
	filesOf(t, map[string]string{
		"main.raft":     "tick\nsource sub/a.raft\ntick 4",
		"sub/a.raft":    "tick 2\nsource b.raft",
		"sub/b.raft":    "tick 3",
		"absolute.raft": "",
	})
	text, _ := os.ReadFile("main.raft")
	done, _, err := script(t, Options{}, "main.raft", string(text))
	if err != nil || done != "tick 1 ; tick 2 ; tick 3 ; tick 4 " {
		t.Errorf("%q, %v", done, err)
	}
}

func TestSourceIsOneStepWithAStepForEachCommandInIt(t *testing.T) {
	filesOf(t, map[string]string{"a.raft": "tick\nsay x\ntick 2"})
	s, w, _ := fake(t, Options{})
	if _, err := w.run(s, "source a.raft"); err != nil {
		t.Fatal(err)
	}
	want := "begin source a.raft, begin tick, commit tick, begin tick 2, commit tick 2, commit source a.raft"
	if got := strings.Join(w.record, ", "); got != want {
		t.Errorf("told %q\nwant %q", got, want)
	}
}

func TestAFailureInASourcedFileTellsTheChainOnce(t *testing.T) {
	filesOf(t, map[string]string{"a.raft": "tick\n\nsource b.raft", "b.raft": "tick 2\nkill S9"})
	s, w, f := fake(t, Options{})
	err := s.RunScript(context.Background(), "main.raft", strings.NewReader("source a.raft\ntick 3"), f)
	if err == nil || !strings.HasPrefix(err.Error(), "b.raft:2: kill S9: there is no S9") ||
		!strings.HasSuffix(err.Error(), "sourced from a.raft:3, from main.raft:1") {
		t.Errorf("%v", err)
	}
	if n := strings.Count(f.text(), "error:"); n != 1 {
		t.Errorf("told %d times:\n%s", n, f.text())
	}
	if got := strings.Join(w.done, "; "); got != "tick 1 ; tick 2 " {
		t.Errorf("what was done before the failure did not stay: %q", got)
	}
}

func TestSourceRefusesCirclesDepthAndWhatIsNoFile(t *testing.T) {
	content := map[string]string{
		"loop.raft": "source loop.raft", "a.raft": "source sub/../b.raft", "b.raft": "source a.raft", "dir/x": "",
	}
	for i := range 30 {
		content[fmt.Sprintf("deep%d.raft", i)] = fmt.Sprintf("source deep%d.raft", i+1)
	}
	content["deep30.raft"] = "tick"
	filesOf(t, content)
	os.Symlink("loop.raft", "link.raft")
	for _, c := range []struct{ line, want string }{
		{"source loop.raft", "loop.raft:1: source loop.raft: loop.raft is being read already: from loop.raft:1"},
		{"source link.raft", "loop.raft is being read already: from link.raft:1"},
		{"source a.raft", "a.raft is being read already: from b.raft:1, from a.raft:1"},
		{"source deep0.raft", "nested more than 25 deep: from deep24.raft:1, from deep23.raft:1"},
		{"source dir", "dir is a directory"},
		{"source missing.raft", "missing.raft cannot be read: there is no such file"},
		{"source", "FILE is missing"},
		{"source ''", "is empty"},
	} {
		s, w, _ := fake(t, Options{})
		if _, err := w.run(s, c.line); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %q", c.line, err, c.want)
		}
	}
	s, w, _ := fake(t, Options{})
	if done, err := w.run(s, "source deep6.raft"); err != nil || done != "tick 1 " {
		t.Errorf("25 deep: %q, %v", done, err)
	}
}

func TestEchoShowsTheLinesThatFollow(t *testing.T) {
	_, f, err := script(t, Options{}, "x.raft", "tick\necho on\ntick 2 # two\n\necho off\ntick")
	if err != nil || strings.Join(f.echoed, "|") != "tick 2 # two||echo off" {
		t.Errorf("%q, %v", f.echoed, err)
	}
}

// `quit` in a script ends that file and no other, also behind a failure.
func TestQuitInAScriptEndsThatFile(t *testing.T) {
	filesOf(t, map[string]string{"a.raft": "tick\nquit\ntick 2", "b.raft": "kill S9; quit; tick 2"})
	for _, c := range []struct {
		text, done string
		failed     bool
	}{
		{"source a.raft\ntick 3", "tick 1 ; tick 3 ", false},
		{"tick; quit; tick 2\ntick 3", "tick 1 ", false},
		{"kill S9; quit\ntick 3", "", true},
		{"source b.raft\ntick 3", "tick 3 ", true},
		{"! source a.raft\ntick 3", "tick 3 ", true},
	} {
		done, f, err := script(t, Options{KeepGoing: true}, "x.raft", c.text)
		if (err != nil) != c.failed || done != c.done || errors.Is(err, lang.ErrFileEnd) {
			t.Errorf("%q: did %q, %v", c.text, done, err)
		}
		for _, r := range f.results {
			if errors.Is(r.Err, lang.ErrFileEnd) {
				t.Errorf("%q: shown as a failure: %v", c.text, r.Err)
			}
		}
	}
}

// FuzzScript: whatever the bytes, a script is run or refused with its line.
func FuzzScript(f *testing.F) {
	f.Add([]byte(lang.BOM + "tick\r\nput \"a\nb\" 1\n\x00\xff"))
	f.Add([]byte("! kill S9\nsay it's; tick\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		w := newFakeWorld()
		table := without("source", fakeTable()) // it reads the disk
		s := newSession(Options{KeepGoing: true}, table, w)
		err := s.RunScript(context.Background(), "f", strings.NewReader(string(text)), &screen{})
		var located *lang.ScriptError
		if err != nil && !errors.Is(err, lang.ErrQuit) && !errors.As(err, &located) {
			t.Fatalf("%q: %v", text, err)
		}
		if len(w.steps) != 0 {
			t.Fatalf("%q: a step stays open", text)
		}
		if err != nil && strings.Contains(err.Error(), "fault of raftlab's own") && !strings.Contains(string(text), "panic") && !strings.Contains(string(text), "stray") {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// BenchmarkScript is the language's own cost of a script of 10,000 commands.
func BenchmarkScript(b *testing.B) {
	text := strings.Repeat("tick 5 S1 S2\nput key \"a value\" via S2\ndeliver AE S1->S3; say done\nexpect S1.term == 1 && len(nodes) == 5\n", 2000)
	for b.Loop() {
		w := newFakeWorld()
		s := newSession(Options{}, fakeTable(), w)
		if err := s.RunScript(context.Background(), "-", strings.NewReader(text), nowhere{&screen{}}); err != nil {
			b.Fatal(err)
		}
	}
}

type nowhere struct{ *screen }

func (nowhere) Show(*Result) {}

// without is a language that lacks a command.
func without(name string, t *lang.Table) *lang.Table {
	less := lang.NewTable(raftsDomain)
	for _, c := range t.Commands() {
		if c.Name != name {
			less.Register(c)
		}
	}
	return less
}
