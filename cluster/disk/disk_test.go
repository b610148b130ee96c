package disk

import (
	"testing"

	"raftlab/raft"
)

// What a crash takes is told by what is gone, and what it leaves by what the server
// restarts from; nothing else changes.
func TestLossIsWhatACrashTakes(t *testing.T) {
	synced := raft.Stable{CurrentTerm: 2, VotedFor: 1}
	for range 3 {
		synced.Log.Append(raft.Entry{Term: 2})
	}
	for _, c := range []struct {
		name        string
		write       func(*raft.Stable)
		keeps, lost string
	}{
		{"nothing", func(*raft.Stable) {}, "term 2, vote for S1, 3 entries", "only volatile state"},
		{"a term", func(s *raft.Stable) { s.CurrentTerm, s.VotedFor = 3, 0 }, "term 2, vote for S1, 3 entries", "term 3, no vote"},
		{"a vote", func(s *raft.Stable) { s.CurrentTerm, s.VotedFor = 3, 2 }, "term 2, vote for S1, 3 entries", "term 3, vote for S2"},
		{"an entry", func(s *raft.Stable) { s.Log.Append(raft.Entry{Term: 2}) }, "term 2, vote for S1, 3 entries", "entry 4"},
		{"a deletion", func(s *raft.Stable) { s.Log.TruncateAfter(1) }, "term 2, vote for S1, 3 entries", "the deletion of entries 2–3"},
		{"other entries", func(s *raft.Stable) {
			s.Log.TruncateAfter(2)
			s.Log.Append(raft.Entry{Term: 3})
			s.Log.Append(raft.Entry{Term: 3})
		}, "term 2, vote for S1, 3 entries", "entries 3–4, the deletion of entry 3"},
		{"a snapshot", func(s *raft.Stable) {
			s.Snapshot = &raft.Snapshot{Index: 2, Term: 2}
			s.Log.CompactTo(2, 2)
		}, "term 2, vote for S1, 3 entries", "a snapshot to index 2"},
	} {
		d, next := Of(synced), synced
		c.write(&next)
		d.Write(next, false)
		if keeps, lost := d.Loss(); keeps != c.keeps || lost != c.lost {
			t.Errorf("%s: keeps %q, not %q; loses %q, not %q", c.name, keeps, c.keeps, lost, c.lost)
		}
		if d.Unsynced() != (c.name != "nothing") {
			t.Errorf("%s: unsynced is %t", c.name, d.Unsynced())
		}
		half, was := d, *d.Synced()
		if half.SyncTerm(); half.Synced().CurrentTerm != next.CurrentTerm || half.Synced().VotedFor != next.VotedFor ||
			!SameLog(&half.Synced().Log, &was.Log) || d.Synced().CurrentTerm != was.CurrentTerm {
			t.Errorf("%s: with term and vote alone synced it is %+v", c.name, half)
		}
		after, saved := d, d
		if after.Crash(); after.Unsynced() || after.Written.CurrentTerm != 2 || after.Written.Log.LastIndex() != 3 {
			t.Errorf("%s: after a crash it is %+v", c.name, after)
		}
		if saved.Sync(); saved.Unsynced() || saved.Synced().CurrentTerm != d.Written.CurrentTerm || !SameLog(&saved.Synced().Log, &d.Written.Log) {
			t.Errorf("%s: after a sync it is %+v", c.name, saved)
		}
	}
}
