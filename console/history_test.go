//go:build unix

package console

import (
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
