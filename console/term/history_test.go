package term

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLongHistoryIsCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "raftlab", "history")
	fine(t, os.MkdirAll(filepath.Dir(path), 0o700))
	fine(t, os.Symlink(filepath.Join(t.TempDir(), "target"), path))
	var b strings.Builder
	for i := range historyFull + 500 {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	fine(t, os.WriteFile(path, []byte(b.String()), 0o600))
	h, err := OpenHistory(path)
	fine(t, err)
	if len(h.lines) != historyKept || h.lines[historyKept-1] != fmt.Sprintf("line %d", historyFull+499) {
		t.Errorf("%d lines", len(h.lines))
	}
	fine(t, h.Add("one more", true))
	h.close()
	got, err := os.ReadFile(path)
	fine(t, err)
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
	path := filepath.Join(t.TempDir(), "raftlab", "history")
	fine(t, os.MkdirAll(filepath.Dir(path), 0o700))
	fine(t, os.WriteFile(path, []byte(strings.Repeat("x", 3*historyTail)+"\nlast\n"), 0o600))
	h, err := OpenHistory(path)
	fine(t, err)
	if len(h.lines) != 1 || h.lines[0] != "last" {
		t.Errorf("%d lines", len(h.lines))
	}
	h.close()
}

// Lines that would steer the terminal or cannot be edited are not offered.
func TestStrangeHistory(t *testing.T) {
	h := &History{}
	h.read([]byte("good\n\x1b[2Jevil\n\xff\xfe\n\n   \ngood\r\n" + strings.Repeat("x", maxLine+1) + "\nlast"))
	if got := strings.Join(h.lines, "|"); got != "good|last" {
		t.Errorf("%q", got)
	}
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
