package guest

import (
	"fmt"
	"testing"

	"raftlab/cluster"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// mixed is a cluster of three in which some servers run a program, and the others are
// raftlab's own.
func mixed(t *testing.T, p *Program, guests raft.Set) *cluster.World {
	t.Helper()
	w, err := cluster.NewOf(func(id raft.ID) program.Program {
		if guests.Has(id) {
			return p
		}
		return program.Own(id)
	}, 3, 1, setting.Defaults(), "kv")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// snapshots has S3 miss three commands that S1's log then no longer has, get S1's
// snapshot, restart from it, and lead.
func snapshots(t *testing.T, w *cluster.World) {
	t.Helper()
	elect(t, w)
	do(t, w, cluster.Partition{Groups: []raft.Set{raft.SetOf(3), raft.SetOf(1, 2)}})
	for i := range 3 {
		do(t, w, cluster.Request{Client: "C1", Data: fmt.Sprintf("x=%d", i), Via: 1})
		settle(t, w)
		beat(t, w, 1)
	}
	do(t, w, cluster.Snapshot{Node: 1})
	applied := w.State(1).LastApplied
	if s := w.State(1); s.Log.FirstIndex() != applied+1 || s.Snapshot == nil || s.Snapshot.Index != applied {
		t.Fatalf("S1's log begins with entry %d, after a snapshot of %d entries", s.Log.FirstIndex(), applied)
	}
	do(t, w, cluster.Partition{})
	for range 8 { // from entry to entry back to the place that the snapshot covers
		beat(t, w, 1)
	}
	if s := w.State(3); s.LastApplied < applied || s.Snapshot == nil || s.Snapshot.Index != applied {
		t.Errorf("S3 has applied %d entries, snapshot %+v", s.LastApplied, s.Snapshot)
	}
	same := func(when string) {
		t.Helper()
		if a, b := machineOf(t, w, 1), machineOf(t, w, 3); a != b {
			t.Errorf("%s: S1's state machine holds %s, S3's %s", when, a, b)
		}
	}
	same("after the snapshot")
	do(t, w, cluster.Kill{Node: 3})
	do(t, w, cluster.Restart{Node: 3})
	if s := w.State(3); s.Snapshot == nil || s.LastApplied < s.Snapshot.Index {
		t.Errorf("S3 restarts with snapshot %+v and %d applied", s.Snapshot, s.LastApplied)
	}
	same("after the restart")
	do(t, w, cluster.Timeout{Node: 3})
	settle(t, w)
	do(t, w, cluster.Request{Client: "C1", Data: "y=1", Via: 3})
	settle(t, w)
	beat(t, w, 3)
	beat(t, w, 3)
	same("under S3")
	if s := w.State(3); s.Role != raft.Leader || s.LastApplied <= applied {
		t.Errorf("S3 is a %s and has applied %d entries", s.Role, s.LastApplied)
	}
	for _, d := range w.Departures() {
		t.Error(d.Text)
	}
	for _, b := range w.Breaches() {
		t.Error(b.Text)
	}
}

func machineOf(t *testing.T, w *cluster.World, id raft.ID) string {
	t.Helper()
	return fmt.Sprint(w.Machine(id).Snapshot())
}

// TestSnapshots: guests take snapshots, send them, take them from others and restart
// from them, among themselves and beside raftlab's own servers.
func TestSnapshots(t *testing.T) {
	p := inProcess(t, raft.Options{}, Snapshot)
	for _, guests := range []raft.Set{raft.SetOf(1, 2, 3), raft.SetOf(1), raft.SetOf(3), raft.SetOf(1, 2)} {
		t.Run(guests.String(), func(t *testing.T) { snapshots(t, mixed(t, p, guests)) })
	}
}

// TestFinishedTakeSnapshots: so it is with the finished examples that use the kits.
func TestFinishedTakeSnapshots(t *testing.T) {
	for _, e := range finished {
		t.Run(e.name, func(t *testing.T) {
			p := e.open(t)
			for _, guests := range []raft.Set{raft.SetOf(1, 2, 3), raft.SetOf(1), raft.SetOf(3)} {
				snapshots(t, mixed(t, p, guests))
			}
		})
	}
}
