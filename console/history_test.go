//go:build unix

package console

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// stateDir makes a state directory and the place of the history in it.
func stateDir(t *testing.T) (env []string, path string) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "raftlab", "history")
	return []string{"XDG_STATE_HOME=" + dir}, path
}

func TestHistoryIsKept(t *testing.T) {
	env, path := stateDir(t)
	s := prompt(t, spec{env: env})
	for _, l := range []string{"one", "two", "two"} {
		s.send(l + "\r")
		s.ran(l)
		s.expect("> ")
	}
	s.send("quit\r")
	s.exit(0)
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "one\ntwo\nquit\n" {
		t.Errorf("%q %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	s = prompt(t, spec{env: env})
	s.send("\x1b[A\x1b[A\x1b[A\r")
	s.ran("one")
	s.expect("> ")
	s.send("\x12tw\r")
	s.ran("two")
	s.expect("> ")
	s.leave()
}

// What begins with a blank, and what is typed while the history is off, is not
// in the file, and the arrow keys still find it.
func TestHistoryLeavesOut(t *testing.T) {
	env, path := stateDir(t)
	s := prompt(t, spec{env: env})
	for _, l := range []string{"one", " secret", "one; set  history off", "secret two", "set history on", "three"} {
		s.send(l + "\r")
		s.ran(l)
		s.expect("> ")
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "one\nthree\n" {
		t.Errorf("%q %v", got, err)
	}
	s.send("\x1b[A\x1b[A\x1b[A\r")
	s.ran("secret two")
	s.expect("> ")
	s.leave()
}

// Whatever stands in the way, there is one warning and everything works.
func TestHistoryThatCannotBeKept(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, path string) []string{
		"a directory": func(t *testing.T, path string) []string { must(t, os.MkdirAll(path, 0o700)); return nil },
		"a pipe": func(t *testing.T, path string) []string {
			must(t, os.MkdirAll(filepath.Dir(path), 0o700))
			must(t, syscall.Mkfifo(path, 0o600))
			return nil
		},
		"a device": func(t *testing.T, path string) []string {
			must(t, os.MkdirAll(filepath.Dir(path), 0o700))
			must(t, os.Symlink("/dev/full", path))
			return nil
		},
		"a file for a directory": func(t *testing.T, path string) []string {
			must(t, os.WriteFile(filepath.Dir(path), nil, 0o600))
			return nil
		},
		"no home": func(t *testing.T, path string) []string { return []string{"XDG_STATE_HOME=", "HOME="} },
		"a relative directory": func(t *testing.T, path string) []string {
			return []string{"XDG_STATE_HOME=relative", "HOME="}
		},
	} {
		t.Run(name, func(t *testing.T) {
			env, path := stateDir(t)
			s := prompt(t, spec{env: append(env, prepare(t, path)...)})
			if n := strings.Count(s.text(), "not kept"); n != 1 {
				t.Errorf("%d warnings: %q", n, s.text())
			}
			s.send("one\r")
			s.ran("one")
			s.expect("> ")
			s.send("\x1b[A\r")
			s.ran("one")
			s.expect("> ")
			s.send("\x12\x03\x12on\x07\x03")
			s.expect("^C")
			s.expect("> ")
			s.leave()
			if n := strings.Count(s.text(), "kept"); n != 1 {
				t.Errorf("%d warnings: %q", n, s.text())
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHistoryBehindLink(t *testing.T) {
	env, path := stateDir(t)
	target := write(t, "target", "old\n")
	must(t, os.Chmod(target, 0o644))
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.Symlink(target, path))
	s := prompt(t, spec{env: env})
	s.send("\x1b[A\r")
	s.ran("old")
	s.expect("> ")
	s.send("new\r")
	s.ran("new")
	s.expect("> ")
	s.send("\x04")
	s.exit(0)
	info, err := os.Lstat(path)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if got, _ := os.ReadFile(target); string(got) != "old\nnew\n" {
		t.Errorf("%q", got)
	}
	if info, _ := os.Stat(target); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestLongHistoryIsCut(t *testing.T) {
	env, path := stateDir(t)
	t.Setenv("XDG_STATE_HOME", strings.TrimPrefix(env[0], "XDG_STATE_HOME="))
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.Symlink(filepath.Join(t.TempDir(), "target"), path))
	var b strings.Builder
	for i := range historyFull + 500 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	must(t, os.WriteFile(path, []byte(b.String()), 0o600))
	h, err := openHistory()
	must(t, err)
	if len(h.lines) != historyKept || h.lines[historyKept-1] != fmt.Sprintf("line %d", historyFull+499) {
		t.Errorf("%d lines", len(h.lines))
	}
	must(t, h.add("one more", true))
	h.close()
	got, err := os.ReadFile(path)
	must(t, err)
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if n := strings.Count(string(got), "\n"); n != historyKept+1 || !strings.HasSuffix(string(got), "\none more\n") {
		t.Errorf("%d lines in the file", n)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestHugeHistory(t *testing.T) {
	env, path := stateDir(t)
	t.Setenv("XDG_STATE_HOME", strings.TrimPrefix(env[0], "XDG_STATE_HOME="))
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, []byte(strings.Repeat("x", 3*historyTail)+"\nlast\n"), 0o600))
	h, err := openHistory()
	must(t, err)
	if len(h.lines) != 1 || h.lines[0] != "last" {
		t.Errorf("%d lines", len(h.lines))
	}
	h.close()
}

// Lines that would steer the terminal or cannot be edited are not offered.
func TestStrangeHistory(t *testing.T) {
	h := &history{}
	h.read([]byte("good\n\x1b[2Jevil\n\xff\xfe\n\n   \ngood\r\n" + strings.Repeat("x", maxLine+1) + "\nlast"))
	if got := strings.Join(h.lines, "|"); got != "good|last" {
		t.Errorf("%q", got)
	}
}
