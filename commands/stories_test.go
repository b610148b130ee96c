package commands

import (
	"slices"
	"strings"
	"testing"

	"raftlab/docs"
	"raftlab/raft"
)

// `bug NAME on` sets what a bug of the core needs: a story that leaves that to
// it ends as before. What a story sets besides is noop off, for logs that read
// like the paper's.
func TestBugsBringWhatTheyNeed(t *testing.T) {
	for _, m := range raft.AllMutants() {
		text, _ := docs.Bug(m.Name)
		before, after, _ := strings.Cut(text, "\nbug "+m.Name+" on")
		for part := range strings.FieldsFuncSeq(before, func(r rune) bool { return r == ';' || r == '\n' }) {
			need, ok := strings.CutPrefix(strings.TrimSpace(part), "set ")
			switch {
			case !ok:
			case slices.ContainsFunc(m.Needs, func(n raft.Need) bool { return n.String() == need }):
				before = strings.Replace(before, "set "+need, "", 1)
			case need != "noop off":
				t.Errorf("%s: the story sets %s, which the bug does not say that it needs", m.Name, need)
			}
		}
		w := watchStory(t, m.Name, before+"\nbug "+m.Name+" on"+after)
		for _, line := range w.failed {
			t.Errorf("%s, with no more settings than it brings: %s fails", m.Name, line)
		}
	}
}
