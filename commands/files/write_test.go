package files

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// entriesOf is the names in a directory.
func entriesOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

// A file keeps what is its own: its mode, the links that lead to it, its other
// names; nothing else stays in the directory.
func TestWriteFileKeepsTheFile(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		if err := Write(at(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("a", "one")
	for _, mode := range []os.FileMode{0o600, 0o640, 0o755} {
		if err := os.Chmod(at("a"), mode); err != nil {
			t.Fatal(err)
		}
		write("a", "two")
		if info, _ := os.Stat(at("a")); info.Mode().Perm() != mode {
			t.Errorf("mode %o became %o", mode, info.Mode().Perm())
		}
	}
	for link, to := range map[string]string{"link": "a", "second": "link", "dangling": "made"} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Skip(err)
		}
	}
	write("second", "through two links")
	write("dangling", "made through a link")
	for name, want := range map[string]string{"a": "through two links", "made": "made through a link"} {
		if got, _ := os.ReadFile(at(name)); string(got) != want {
			t.Errorf("%s holds %q", name, got)
		}
	}
	for _, link := range []string{"link", "second", "dangling"} {
		if info, _ := os.Lstat(at(link)); info.Mode()&os.ModeSymlink == 0 {
			t.Errorf("%s is no link any more", link)
		}
	}
	if err := os.Link(at("a"), at("other")); err == nil {
		for _, text := range []string{"a much longer text than before", "short"} {
			write("a", text)
			if got, _ := os.ReadFile(at("other")); string(got) != text {
				t.Errorf("the file's other name holds %q", got)
			}
		}
	}
	if got := entriesOf(t, dir); got != "a dangling link made other second" {
		t.Error("the directory holds", got)
	}
}

// What may not be written is refused, and stays as it is.
func TestWriteFileRefuses(t *testing.T) {
	dir := t.TempDir()
	locked, circle := filepath.Join(dir, "locked"), filepath.Join(dir, "circle")
	if err := os.WriteFile(locked, []byte("old"), 0o444); err != nil {
		t.Fatal(err)
	}
	_ = os.Symlink(circle, circle)
	for _, path := range []string{locked, dir, circle, filepath.Join(dir, "no", "such"), filepath.Join(locked, "x")} {
		if err := Write(path, []byte("new"), 0o666); err == nil {
			t.Errorf("%s was written", path)
		}
	}
	if got, _ := os.ReadFile(locked); string(got) != "old" {
		t.Errorf("a read-only file holds %q", got)
	}
	if got := entriesOf(t, dir); got != "circle locked" {
		t.Error("the directory holds", got)
	}
}
