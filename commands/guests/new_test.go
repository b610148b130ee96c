package guests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewWritesATemplateAndItsKit(t *testing.T) {
	for _, name := range []string{"my_raft.py", "mine.go", "x.js", "adapt_mine.py", "adapt.js.js", "a server.py"} {
		dir := t.TempDir()
		var out strings.Builder
		if err := New(filepath.Join(dir, name), &out); err != nil {
			t.Fatal(err)
		}
		mine, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name != "my_raft.py" && strings.Contains(string(mine), "my_raft") {
			t.Errorf("the template %s speaks of another file", name)
		}
		kit := filepath.Join(dir, "raftlab"+filepath.Ext(name))
		if _, err := os.Stat(kit); err != nil {
			t.Error(err)
		}
		if !strings.Contains(out.String(), "raftlab --nodes 3 --guest '") || strings.Count(out.String(), "\n") != 3 {
			t.Errorf("%s", out.String())
		}
	}
}

func TestNewOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	mine, kit := filepath.Join(dir, "my_raft.py"), filepath.Join(dir, "raftlab.py")
	write := func(path string) {
		if err := os.WriteFile(path, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	same := func(path string) {
		if text, err := os.ReadFile(path); err != nil || string(text) != "mine" {
			t.Errorf("%s: %q, %v", path, text, err)
		}
	}
	var out strings.Builder
	write(mine)
	if err := New(mine, &out); err == nil || out.Len() > 0 {
		t.Errorf("it was written over: %v, %s", err, &out)
	}
	if _, err := os.Stat(kit); err == nil {
		t.Error("a kit was written beside a server that was refused")
	}
	same(mine)
	write(kit)
	if err := New(filepath.Join(dir, "other.py"), &out); err != nil || !strings.Contains(out.String(),
		"left as it is") {
		t.Errorf("%v, %s", err, &out)
	}
	same(kit)
	for _, name := range []string{"server", "server.rb", "raftlab.py", ".py", "", filepath.Join(dir, "no", "x.py")} {
		if err := New(name, &out); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}
