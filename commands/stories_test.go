package commands

import (
	"strings"
	"testing"

	"raftlab/docs"
	"raftlab/raft"
)

// `bug NAME on` sets what a bug of the core needs: a story that leaves that to
// it ends as before.
func TestBugsBringWhatTheyNeed(t *testing.T) {
	for _, m := range raft.AllMutants() {
		text, _ := docs.Bug(m.Name)
		before, after, _ := strings.Cut(text, "\nbug "+m.Name+" on")
		for _, need := range m.Needs {
			before = strings.ReplaceAll(before, "set "+need, "")
		}
		if len(m.Needs) == 0 || before+after == text {
			continue
		}
		w := watchStory(t, m.Name, before+"\nbug "+m.Name+" on"+after)
		for _, line := range w.failed {
			t.Errorf("%s, with no more settings than it brings: %s fails", m.Name, line)
		}
	}
}
