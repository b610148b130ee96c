package commands

import (
	"strings"
	"testing"
)

func TestCompletion(t *testing.T) {
	filesOf(t, map[string]string{"demo.raft": "", "my file.raft": "", ".hidden": "", "dir/inner.raft": ""})
	for _, c := range []struct {
		line string // the cursor stands at its end
		want string // from the last word on; "" for nothing
	}{
		{"ti", "tick"},
		{"pa", "panic partition pause"},
		{"tick ", "S1 S2 S3 S4 S5 all down followers leader up"},
		{"tick 5 s", "S1 S2 S3 S4 S5"},
		{"tick 5 S1 S", "S2 S3 S4 S5"},
		{"tick 5 S1,S", "S1,S2 S1,S3 S1,S4 S1,S5"},
		{"tick x; kil", "kill"},
		{"say it's; kil", "kill"},
		{"say it's kil", ""},
		{"! kill f", "followers"},
		{"!ti", "tick"},
		{"put x 1 ", "as via"},
		{"put x 1 v", "via"},
		{"put x 1 via ", "S1 S2 S3 S4 S5"},
		{"put x 1 via S2 ", "as"},
		{"new ", "keep seed"},
		{"new 3 ke", "keep"},
		{"run ", "until"},
		{"run until S", "S1 S2 S3 S4 S5"},
		{"run until S1.co", "commit"},
		{"run until !(S1.up) && len(mess", "messages"},
		{"run until messages[0].pre", "prev"},
		{"run until messages[0].prev.", "index term"},
		{`run until clients["C1"].st`, "status"},
		{"run until nosuch.", ""},
		{"expect S2.snapshot.i", "index"},
		{"expect all(nodes, .com", "commit commit"},
		{"deliver m", "m1 m2 m3"},
		{"deliver App", "AppendEntries AppendEntriesReply"},
		{"deliver a", "AE AER AppendEntries AppendEntriesReply all"},
		{"deliver S1->S2", "S1->S2"},
		{"cut S1->", "S1->* S1->S2 S1->S3 S1->S4 S1->S5"},
		{"partition S1 S2 | S3 ", "S4 S5 all down followers leader up"},
		{"partition S1 S2|S", "S2|S3 S2|S4 S2|S5"},
		{"inject A", "AE AER AppendEntries AppendEntriesReply"},
		{"inject AE S1->S2 ", "entries= prev= term="},
		{"set l", "latency"},
		{"set noop ", "off on"},
		{"set output j", "json"},
		{"goto e", "elected"},
		{"bug x ", "off on"},
		{"bug x on ", "on"},
		{"whatif ki", "kill"},
		{"whatif put x 1 v", "via"},
		{"help kil", "kill"},
		{"help con", "CONDITION conditions configuration"},
		{"source ", "\"my file.raft\" demo.raft dir/"},
		{"source dem", "demo.raft"},
		{"source dir/", "dir/inner.raft"},
		{`source "my`, `"my file.raft"`},
		{"source .h", ".hidden"},
		{"source nosuch/", ""},
		{"nosuch ", ""},
		{"tick 5 # ", ""},
		{"kill S1 S2 nosuch", ""},
		{"", "bug checkpoint"}, // and many more
	} {
		s, _, _ := fake(t, Options{})
		from, got := s.Complete(c.line, len(c.line))
		text := strings.Join(got, " ")
		if c.line == "" {
			text = text[:min(len(text), len(c.want)+2)]
			text = strings.TrimPrefix(text, "? ")
		}
		want := strings.ReplaceAll(c.want, "commit commit", "commit")
		if text != want {
			t.Errorf("%q: from %d: %s\n  want %s", c.line, from, text, c.want)
		}
		if from > len(c.line) {
			t.Errorf("%q: from %d", c.line, from)
		}
	}
}

func TestCompletionReplacesTheWordUnderTheCursor(t *testing.T) {
	s, _, _ := fake(t, Options{})
	for line, want := range map[string]string{
		"tick 5; kill S": "tick 5; kill S1", "expect len(mess": "expect len(messages", "expect S1.sn": "expect S1.snapshot", "cut S2->S1": "cut S2->S1",
		"kill S1,S": "kill S1,S2",
	} {
		from, got := s.Complete(line, len(line))
		if len(got) == 0 || line[:from]+got[0] != want {
			t.Errorf("%q: from %d %q", line, from, got)
		}
	}
	if from, got := s.Complete("ti 5", 2); from != 0 || len(got) != 1 || got[0] != "tick" {
		t.Errorf("in the middle: %d %q", from, got)
	}
	for _, pos := range []int{-5, 99} {
		s.Complete("tick", pos)
	}
}

func TestCompletionKnowsTheMessagesOfNow(t *testing.T) {
	s, w, _ := fake(t, Options{})
	w.messages = nil
	if _, got := s.Complete("deliver m", 9); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
