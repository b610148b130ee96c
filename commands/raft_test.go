package commands

import (
	"context"
	"strings"
	"testing"

	"raftlab/commands/acts"
	"raftlab/raft"
)

// after runs a line in a fresh cluster of three in which the setup was done.
func after(t *testing.T, setup, line string) (*screen, error) {
	t.Helper()
	s, f := labWith(t, Options{Nodes: 3, Seed: 1}, "timeout S1; settle", setup)
	return f, s.Run(context.Background(), line, f)
}

// Every refusal that has advice is met in a cluster, and says it.
func TestRefusalsSayWhatToDo(t *testing.T) {
	met := map[raft.Refusal]bool{}
	for _, c := range []struct {
		setup, line, says string
		about             raft.Refusal
	}{
		{"add S4", "add S5", "is not committed yet; one at a time", raft.ChangeUnderWay},
		{"reconfigure S1 S4 S5", "remove S3", "is not committed yet; one at a time", raft.ChangeUnderWay},
		{"add S4 as learner", "promote S4", "has not caught up", raft.LearnerBehind},
		{"status", "promote S2", "is not a learner", raft.NoLearner},
		{"add S4 as learner; settle", "transfer S4", "has no vote in its configuration", raft.NoVote},
		{"isolate S3; transfer S3", "put x 1", "is handing leadership to", raft.HandingOver},
		{"isolate S3; transfer S3", "add S4", "is handing leadership to", raft.HandingOver},
	} {
		met[c.about] = true
		_, err := after(t, c.setup, c.line)
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), acts.Refusals[c.about]) {
			t.Errorf("%s; %s: %v, want %q, and advice", c.setup, c.line, err, c.says)
		}
	}
	for about := range acts.Refusals {
		if !met[about] {
			t.Errorf("no cluster refuses with %d", about)
		}
	}
}

// A node that has applied nothing new is refused a snapshot by name, and passed
// over in a group.
func TestSnapshotOfNothing(t *testing.T) {
	if _, err := after(t, "snapshot S1", "snapshot S1"); err == nil || !strings.Contains(err.Error(), "S1 has applied nothing since its last snapshot") {
		t.Error(err)
	}
	if _, err := after(t, "snapshot S1", "snapshot all; expect S1.snapshot.index == 1"); err != nil {
		t.Error(err)
	}
}

// A read that waits has no entry, also when it is asked again.
func TestReadHasNoEntry(t *testing.T) {
	f, err := after(t, "get x reads read-index", "retry; clients")
	if err != nil {
		t.Fatal(err)
	}
	text := f.text()
	if strings.Contains(text, "entry 0") || strings.Contains(text, "0 (t1)") || !strings.Contains(text, "pending (type settle") {
		t.Error(text)
	}
}

// A dead node's configuration is its disk's: the latest in the log, or the
// snapshot's.
func TestConfigOfADeadNode(t *testing.T) {
	for _, setup := range []string{
		"add S4; settle; kill S1",
		"add S4; settle; snapshot S1; kill S1",
	} {
		if _, err := after(t, setup, `expect S1.role == "down" && len(S1.voters) == 4 && S1.learners == []`); err != nil {
			t.Errorf("%s: %v", setup, err)
		}
	}
}

// `new` says which machine it replicates, unless it is the usual one.
func TestNewTellsItsMachine(t *testing.T) {
	f, err := after(t, "machine counter", "new 3")
	if err != nil || !strings.Contains(f.text(), "It replicates the machine counter.") {
		t.Error(err, f.text())
	}
	if f, err = after(t, "status", "new 3"); err != nil || strings.Contains(f.text(), "machine") {
		t.Error(err, f.text())
	}
}
