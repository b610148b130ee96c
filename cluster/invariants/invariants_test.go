package invariants_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	. "raftlab/cluster/invariants"
	"raftlab/raft"
)

// Every property is shown broken once and, in the same situation done rightly,
// kept.
func TestElectionSafety(t *testing.T) {
	w := newWorld(t, 3)
	w.lookAll("S1 leader t1", "S1 t2", "S2 leader t2", "S1 leader t3", "S1 leader t3 | 3:x")
	w.want()
	w.look("S3 leader t1") // elected late, by votes that were long on the way
	w.want("Election Safety [S1 S3] i0 t1 at 6 because of [1 6]")
}

func TestElectionSafety_SameLeaderAgain(t *testing.T) {
	w := newWorld(t, 3)
	w.lookAll("S1 leader t5", "S2 leader t3", "S3 leader t4", "S2 t5", "S2 leader t6")
	w.want()
	w.lookAll("S1 down", "S1 t5", "S1 leader t5") // leads again what it led: suspect, but no other server
	w.want()
	w.look("S3 leader t6")
	w.want("Election Safety [S2 S3] i0 t6 at 9 because of [5 9]")
}

// A leader that takes a higher term and goes on leading leads that term.
func TestElectionSafety_RoleKept(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 leader t1", "S2 leader t2", "S1 leader t2")
	w.want("Election Safety [S2 S1] i0 t2 at 3 because of [2 3]")
}

func TestLeaderAppendOnly(t *testing.T) {
	for _, c := range []struct {
		name, next string
		breach     bool
	}{
		{"appends", "S1 leader t2 | 1:a 2:b 2:c", false},
		{"compacts", "S1 leader t2 c1 | 1/1 2:b", false},
		{"compacts all", "S1 leader t2 c2 | 2/2", false},
		{"steps down and overwrites", "S1 t3 | 1:a 3:c", false},
		{"takes a snapshot beyond its log", "S1 leader t2 c3 | 3/2", false},
		{"steps down in its term and deletes", "S1 t2 | 1:a", false},
		{"compacts all, to another term", "S1 leader t2 c2 | 2/1", true},
		{"deletes", "S1 leader t2 | 1:a", true},
		{"overwrites the last", "S1 leader t2 | 1:a 2:c", true},
		{"overwrites an earlier one", "S1 leader t2 | 1:z 2:b", true},
		{"overwrites and appends", "S1 leader t2 | 1:a 2:c 2:d", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.lookAll("S1 t1 | 1:a", "S1 leader t2 | 1:a 2:b", c.next)
			if c.breach {
				w.want("Leader Append-Only [S1] i2 t2 at 3 because of [2 3]")
			} else {
				w.want()
			}
		})
	}
}

// A restart is no overwriting: what was not synced is gone.
func TestLeaderAppendOnly_Restart(t *testing.T) {
	w := newWorld(t, 1)
	w.lookAll("S1 leader t2 | 1:a 2:b", "S1 down", "S1 t1 | 1:a", "S1 leader t2 | 1:a 2:c")
	w.want()
	w.lookAll("S1 down", "S1 leader t2 | 1:a 2:d") // by hand
	w.want()
}

func TestLogMatching(t *testing.T) {
	for _, c := range []struct {
		name, other string
		breach      string
	}{
		{"the same", "S2 t2 | 1:a 2:b", ""},
		{"shorter", "S2 t2 | 1:a", ""},
		{"longer", "S2 t2 | 1:a 2:b 2:c", ""},
		{"other terms", "S2 t3 | 1:a 3:b 3:c", ""},
		{"other terms before and after", "S2 t3 | 3:x 3:b", ""},
		{"other data", "S2 t2 | 1:a 2:z", "Log Matching [S2 S1] i2 t2 at 3 because of [1 3]"},
		{"other data before", "S2 t2 | 1:z 2:b", "Log Matching [S2 S1] i2 t2 at 3 because of [1 3]"},
		{"another term before", "S2 t2 | 2:a 2:b", "Log Matching [S2 S1] i2 t2 at 3 because of [1 3]"},
		{"other data, then other terms", "S2 t3 | 1:z 3:c", "Log Matching [S2 S1] i1 t1 at 3 because of [1 3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.lookAll("S1 t2 | 1:a 2:b", "S3 t2", c.other)
			if c.breach == "" {
				w.want()
			} else {
				w.want(c.breach)
			}
		})
	}
}

// The kind of an entry is part of it.
func TestLogMatching_Kind(t *testing.T) {
	w := newWorld(t, 2)
	w.look("S1 t1 | 1:")
	s := state(t, "S2 t1")
	s.Log.Append(raft.Entry{Term: 1, Kind: raft.Noop})
	w.feed(&s)
	w.position++
	w.watch().Check(w.Seen(2), &s)
	w.want("Log Matching [S2 S1] i1 t1 at 2 because of [1 2]")
}

// What was written elsewhere while a server was down is compared when it is
// back, though its own log is as it was.
func TestLogMatching_WhileDown(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 | 1:a", "S1 down", "S2 t1 | 1:b")
	w.want() // nobody can see both logs
	w.look("S1 t1 | 1:a")
	w.want("Log Matching [S1 S2] i1 t1 at 4 because of [1 3]")

	w = newWorld(t, 2)
	w.lookAll("S1 t1 | 1:a", "S1 down", "S2 t1 | 1:a", "S1 t1 | 1:a")
	w.want()
}

func TestLogMatching_Compacted(t *testing.T) {
	for _, c := range []struct {
		name, other string
		breaches    []string
	}{
		{"agrees after the snapshot", "S2 t2 | 1:a 2:b 2:c", nil},
		{"differs after it", "S2 t2 | 1:a 2:b 2:z", []string{"Log Matching [S2 S1] i3 t2 at 3 because of [1 3]"}},
		{"differs under it", "S2 t2 | 1:a 2:z 2:c", []string{"Log Matching [S2 S1] i3 t2 at 3 because of [1 3]"}},
		{"is compacted further", "S2 t2 c2 | 2/2 2:c", nil},
		{"is compacted less", "S2 t2 c2 | 1/1 2:b 2:c", nil},
		{"a whole log that ends at the snapshot", "S2 t2 | 1:a 2:b", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			w.lookAll("S1 t2 c2 | 1:a 2:b 2:c", "S1 t2 c2 | 2/2 2:c", c.other)
			w.want(c.breaches...)
		})
	}
}

// A snapshot that came from elsewhere stands for what it replaced there.
func TestSnapshotInstalled(t *testing.T) {
	w := newWorld(t, 3)
	w.lookAll("S1 leader t1 c3 | 1:a 1:b 1:c", "S1 leader t1 c3 | 3/1", "S2 t1 c3 | 3/1", "S2 t1 c3 | 3/1 1:d", "S1 leader t1 c3 | 3/1 1:d")
	w.want()
	w.look("S3 t1 | 1:a 1:b 1:c 1:d")
	w.want()
	w.look("S3 t1 | 1:a 1:z 1:c 1:d")
	w.want("Log Matching [S3 S1] i4 t1 at 7 because of [5 7]", "Log Matching [S3 S2] i4 t1 at 7 because of [4 7]")
}

// Where the snapshot's entry is not known to be committed, it is that of another
// server's log, also the last one's; and a log may be compacted again and again.
func TestSnapshot_Again(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S2 t1 | 1:a 1:b", "S1 t1 c2 | 2/1 1:c", "S2 t1 | 1:a 1:b 1:c")
	w.want()
	w = newWorld(t, 2)
	w.lookAll("S1 t1 c4 | 1:a 1:b 1:c 1:d 1:e", "S1 t1 c4 | 1/1 1:b 1:c 1:d 1:e", "S1 t1 c4 | 3/1 1:d 1:e", "S1 t1 c4 | 4/1 1:e", "S2 t1 | 1:a 1:b 1:c 1:d 1:e")
	w.want()
	w.look("S2 t1 | 1:a 1:b 1:c 1:d 1:z")
	w.want("Log Matching [S2 S1] i5 t1 at 6 because of [1 6]")
}

// A snapshot stands for what was committed, or it breaks State Machine Safety.
func TestSnapshotOfSomethingElse(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 c2 | 1:a 1:b", "S2 t2 c1 | 1:a 2:z", "S2 t2 c1 | 1/1 2:z")
	w.want()
	w.look("S2 t2 c2 | 2/2")
	w.want("State Machine Safety [S1 S2] i2 t1 at 4 because of [1 2 4]")
	w.breaches = nil // told once
	w.lookAll("S2 t2 c2 | 2/2", "S2 t2 c2 | 2/2 2:c")
	w.want()
}

// What is wrong in two logs is told of when it comes to be, not at every look.
func TestLogMatching_ToldOnce(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t2 | 1:a 2:b", "S2 t2 | 1:z 2:b")
	w.want("Log Matching [S2 S1] i2 t2 at 2 because of [1 2]")
	w.breaches = nil
	w.lookAll("S2 t2 | 1:z 2:b", "S2 t3 c0 | 1:z 2:b", "S1 t3 | 1:a 2:b", "S1 t3 | 1:a 2:b 3:c")
	w.want()
}

// A server that comes back as leader of its term (by hand) is looked at as a new
// one: what was committed while it was down, it must hold.
func TestLeaderCompleteness_BackAsLeader(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 leader t3", "S1 down", "S2 leader t2 c1 | 2:a")
	w.want()
	w.look("S1 leader t3")
	w.want("Leader Completeness [S1] i1 t2 at 4 because of [1 3]")
}

// An entry committed in a term is in the log of every later leader.
func TestLeaderCompleteness(t *testing.T) {
	for _, c := range []struct {
		name, next string
		breach     string
	}{
		{"has it", "S2 leader t3 | 1:a 2:b 3:d", ""},
		{"has it under a snapshot", "S2 leader t3 c2 | 2/2", ""},
		{"lacks what is not committed", "S2 leader t3 | 1:a 2:b", ""},
		{"leads an earlier term", "S2 leader t1 | 1:a", ""},
		{"lacks it", "S2 leader t3 | 1:a", "Leader Completeness [S2] i2 t2 at 3 because of [1 3]"},
		{"lacks all", "S2 leader t3", "Leader Completeness [S2] i1 t1 at 3 because of [1 3]"},
		{"holds another", "S2 leader t3 | 1:a 1:c", "Leader Completeness [S2] i2 t2 at 3 because of [1 3]"},
		{"no leader lacks it", "S2 t3 | 1:a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.lookAll("S1 leader t2 c2 | 1:a 2:b 2:c", "S2 t1 | 1:a", c.next)
			if c.breach == "" {
				w.want()
			} else {
				w.want(c.breach)
			}
		})
	}
}

// A leader of an old term that commits what a later leader, who leads already,
// does not hold.
func TestLeaderCompleteness_CommittedLate(t *testing.T) {
	w := newWorld(t, 3)
	w.lookAll("S1 leader t2 | 2:a", "S2 leader t3 | 3:b", "S3 leader t4 | 2:a", "S1 leader t2 c1 | 2:a")
	w.want("Leader Completeness [S2] i1 t2 at 4 because of [2 4]")
	w = newWorld(t, 2)
	w.lookAll("S1 leader t2 | 2:a", "S2 leader t3 | 3:b", "S1 leader t2 c1 | 2:a")
	w.want("Leader Completeness [S2] i1 t2 at 3 because of [2 3]")
	// What is committed in its own term or a later one, a leader need not hold.
	for _, known := range []string{"S2 t3 c1 | 1:a", "S2 leader t5 c1 | 1:a"} {
		w = newWorld(t, 3)
		w.lookAll("S3 leader t3", known, "S1 t2 c1 | 1:a")
		w.want()
	}
	w = newWorld(t, 2)
	w.lookAll("S1 t2 c1 | 1:a", "S2 leader t2")
	w.want()
}

func TestStateMachineSafety(t *testing.T) {
	for _, c := range []struct {
		name, next string
		breach     string
	}{
		{"commits the same", "S2 t2 c2 | 1:a 2:b 2:c", ""},
		{"commits less", "S2 t2 c1 | 1:a 1:z", ""},
		{"commits more", "S2 t2 c3 | 1:a 2:b 2:c", ""},
		{"commits beyond its log", "S2 t2 c9 | 1:a", ""},
		{"commits another", "S2 t2 c2 | 1:a 1:z", "State Machine Safety [S1 S2] i2 t2 at 3 because of [1 3]"},
		{"commits another, and more", "S2 t2 c4 | 1:a 1:z 1:z 1:z", "State Machine Safety [S1 S2] i2 t2 at 3 because of [1 3]"},
		{"commits another before", "S2 t2 c1 | 2:z", "State Machine Safety [S1 S2] i1 t1 at 3 because of [1 3]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.lookAll("S1 leader t2 c2 | 1:a 2:b", "S2 t2", c.next)
			if c.breach == "" {
				w.want()
			} else {
				w.want(c.breach)
			}
		})
	}
}

// What is beyond the log cannot be applied yet; it is looked at when it is there.
func TestStateMachineSafety_CommitBeyondLog(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t2 c2 | 1:a 2:b", "S2 t2 c2 | 1:a", "S2 t2 c2 | 1:a 1:z")
	w.want("State Machine Safety [S1 S2] i2 t2 at 3 because of [1 3]")
}

// A server forgets commitIndex in a crash and learns it again.
func TestStateMachineSafety_Restart(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 c2 | 1:a 1:b", "S1 down", "S1 t1 | 1:a 1:b", "S1 t1 c2 | 1:a 1:b")
	w.want()
	w.lookAll("S1 down", "S1 t2 | 1:a 2:z", "S1 t2 c2 | 1:a 2:z")
	w.want("State Machine Safety [S1 S1] i2 t1 at 7 because of [1 6 7]")
}

func TestDurability_NoDiskHoldsIt(t *testing.T) {
	w := newWorld(t, 3)
	w.checkDisks("", "", "") // nothing was promised
	w.look("S1 leader t1 c2 | 1:a 1:b")
	w.acknowledge(2, 1)
	w.checkDisks("1:a 1:b", "1:a", "")
	w.checkDisks("", "1:a", "2/1 1:c") // under a snapshot
	w.checkDisks("1:a 1:b 1:c", "", "")
	w.want()
	w.checkDisks("1:a", "1:a", "1:a 2:c")
	w.want("Durability [] i2 t1 at 7 because of [2 7]")
	w.checkDisks("", "", "") // told once
	if len(w.breaches) != 1 {
		t.Errorf("told again: %v", w.breaches)
	}
}

// The last entry that was acknowledged is the one that some disk must hold.
func TestDurability_TheLastCounts(t *testing.T) {
	for _, c := range []struct {
		what   string
		acked  []uint64
		disk   string
		breach string
	}{
		{"the later one counts", []uint64{1, 2}, "1:a", "Durability [] i2 t1 at 4 because of [1 4]"},
		{"whichever came first", []uint64{2, 1}, "1:a", "Durability [] i2 t1 at 4 because of [1 4]"},
		{"another entry in its place, after a snapshot", []uint64{1, 2}, "1/1 2:z", "Durability [] i2 t1 at 4 because of [1 4]"},
		{"a snapshot that ends with it", []uint64{1, 2}, "2/1", ""},
		{"it was not committed", []uint64{1, 2, 3}, "1:a 1:b", "Durability [] i3 t1 at 5 because of [5]"},
	} {
		w := newWorld(t, 1)
		w.look("S1 leader t1 c2 | 1:a 1:b 1:c")
		for _, index := range c.acked {
			w.acknowledge(index, 1)
		}
		w.checkDisks(c.disk)
		if c.breach == "" {
			w.want()
		} else {
			w.want(c.breach)
		}
	}
}

func TestDurability_AnotherIsCommittedThere(t *testing.T) {
	w := newWorld(t, 2)
	w.look("S1 leader t1 | 1:a 1:b")
	w.acknowledge(2, 1) // too early
	w.look("S2 leader t2 | 1:a 2:c")
	w.breaches = nil // S2 leads without it, which is another breach
	w.look("S2 leader t2 c2 | 1:a 2:c")
	w.want("Durability [S2] i2 t1 at 4 because of [2 4]")
}

// It was committed first, and then another was acknowledged there.
func TestDurability_AnotherIsCommittedAlready(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 leader t1 | 1:a 1:b", "S2 leader t2 c2 | 1:a 2:c")
	w.acknowledge(2, 2)
	w.want()
	w.acknowledge(2, 1)
	w.want("Durability [S2] i2 t1 at 4 because of [2 4]")
}

// Two that were acknowledged for one index cannot both last.
func TestDurability_TwoForOneIndex(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 leader t1 | 1:a", "S2 leader t2 | 2:b")
	w.acknowledge(1, 1)
	w.acknowledge(1, 2)
	w.look("S2 leader t2 c1 | 2:b")
	w.want("Durability [S2] i1 t1 at 5 because of [3 5]")
}

func TestDurability_LeaderWithoutIt(t *testing.T) {
	for _, c := range []struct{ next, breach string }{
		{"S2 leader t2 | 1:a 1:b", ""},
		{"S2 leader t2 | 1:a 1:b 2:c", ""},
		{"S2 t2 | 1:a", ""},
		{"S2 leader t1 | 1:a", "Election Safety [S1 S2] i0 t1 at 3 because of [1 3]"},
		{"S2 leader t2 | 1:a", "Durability [S2] i2 t1 at 3 because of [2 3]"},
		{"S2 leader t2 | 1:a 2:z", "Durability [S2] i2 t1 at 3 because of [2 3]"},
	} {
		t.Run(c.next, func(t *testing.T) {
			w := newWorld(t, 2)
			w.look("S1 leader t1 | 1:a 1:b")
			w.acknowledge(2, 1)
			w.look(c.next)
			if c.breach == "" {
				w.want()
			} else {
				w.want(c.breach)
			}
		})
	}
}

// Acknowledged and then committed, in whatever order one action does it.
func TestDurability_Kept(t *testing.T) {
	w := newWorld(t, 2)
	w.look("S1 leader t1 | 1:a 1:b 1:c")
	w.acknowledge(1, 1)
	w.look("S1 leader t1 c2 | 1:a 1:b 1:c")
	w.acknowledge(2, 1)
	w.acknowledge(3, 1)
	w.lookAll("S1 leader t1 c3 | 1:a 1:b 1:c", "S2 leader t2 | 1:a 1:b 1:c")
	w.want()
	w.look("S2 leader t3 | 1:a 1:b") // what was committed is Leader Completeness's from then on
	w.want("Leader Completeness [S2] i3 t1 at 8 because of [6 8]")
}

func TestMonotony(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t3 c2 | 1:a 1:b", "S1 t3 c2 | 1:a 1:b", "S1 t4 c2 | 1:a 1:b", "S1 down", "S1 t2 | 1:a 1:b", "S1 t3 c1 | 1:a 1:b")
	w.want() // a crash may take it back
	w.look("S1 t2 c1 | 1:a 1:b")
	w.want("Monotony [S1] i0 t0 at 7 because of []")
	w.breaches = nil
	w.look("S1 t3 c0 a1 | 1:a 1:b")
	w.want("Monotony [S1] i0 t0 at 8 because of []", "State Machine Safety [S1] i1 t3 at 8 because of [8]")
	w.breaches = nil
	w.look("S1 t3 c1 a0 | 1:a 1:b")
	w.want("Monotony [S1] i0 t0 at 9 because of []")
}

// Rebase begins anew from what is there, dead servers included.
func TestRebase(t *testing.T) {
	w := newWorld(t, 3)
	w.lookAll("S1 leader t2 c2 | 1:a 2:b", "S2 t2 c1 | 1:a")
	w.acknowledge(2, 2)
	w.rebase("S1 t1 | 1:z", "S2 leader t2 c3 | 1:z 1:y 2:x", "S3 down")
	w.want() // another world: what was committed and acknowledged is forgotten
	if w.memory.Committed() != 3 {
		t.Errorf("committed up to %d, want 3", w.memory.Committed())
	}
	w.checkDisks("", "", "")
	w.want()
	w.lookAll("S1 leader t3 | 1:z")
	w.want("Leader Completeness [S1] i2 t1 at 6 because of [4 6]")
}

func TestRebase_SeesWhatIsWrong(t *testing.T) {
	w := newWorld(t, 2)
	w.rebase("S1 leader t1 | 1:a", "S2 leader t1 | 1:b")
	w.want("Log Matching [S2 S1] i1 t1 at 1 because of [1]", "Election Safety [S1 S2] i0 t1 at 1 because of [1]")
}

func (w *world) rebase(texts ...string) {
	w.t.Helper()
	defer w.same(len(w.breaches), func(twin *world) { twin.rebase(texts...) })
	w.position++
	states := []State{}
	for _, text := range texts {
		s := state(w.t, text)
		w.machines[s.ID-1] = machine{}
		w.feed(&s)
		states = append(states, s)
	}
	w.watch().Rebase(states)
}

// Hand-made snapshots: what they stand for is taken from a whole log, and
// where there is none, two that name the same entry stand for the same.
func TestRebase_Snapshots(t *testing.T) {
	w := newWorld(t, 3)
	w.rebase("S1 t3 c5 | 5/3 3:y", "S2 t3 | 1:a 1:b 1:c 2:d 3:e 3:y", "S3 t3")
	w.want()
	w.lookAll("S2 leader t4 c6 | 1:a 1:b 1:c 2:d 3:e 3:y", "S2 leader t4 c6 | 6/3", "S3 t4 c5 | 5/3", "S3 t4 c5 | 5/3 3:y", "S3 t4 c6 | 5/3 3:y", "S1 t4 c6 | 5/3 3:y")
	w.want()
	w.look("S3 t4 c6 | 5/3 3:z")
	w.want("Log Matching [S3 S1] i6 t3 at 8 because of [1 8]")

	w = newWorld(t, 3)
	w.rebase("S1 t3 c5 | 5/3", "S2 t3 c5 | 5/3 3:y", "S3 t3")
	w.lookAll("S1 t3 c5 | 5/3 3:y", "S2 t3 c6 | 5/3 3:y", "S3 t3 c6 | 6/3", "S3 t3 c6 | 6/3 3:z", "S1 t3 c6 | 5/3 3:y 3:z")
	w.want()
}

// Where a hand-made snapshot covers more than anyone knew to be committed, what
// is committed after it is watched all the same.
func TestRebase_SnapshotBeyondCommitted(t *testing.T) {
	w := newWorld(t, 3)
	w.rebase("S1 t1 c1 | 1:a 1:b", "S2 t3 c5 | 5/3 3:y", "S3 t3")
	w.lookAll("S2 leader t4 c6 | 5/3 3:y", "S3 t5 c5 | 5/3 5:z")
	w.want()
	if w.memory.Committed() != 6 {
		t.Fatalf("committed up to %d, want 6", w.memory.Committed())
	}
	w.look("S3 t5 c6 | 5/3 5:z")
	w.want("State Machine Safety [S2 S3] i6 t3 at 4 because of [2 3 4]")
	w.breaches = nil
	w.look("S3 leader t6 c6 | 5/3 5:z")
	w.want("Leader Completeness [S3] i6 t3 at 5 because of [2 5]")
}

// A breach that stands is one for the whole log, wherever the difference
// begins, and names the first entry that differs.
func TestFirstDifferenceIsNamed(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 c6 | 1:a 1:b 1:c 1:d 1:e 1:f", "S2 t1 c6 | 1:a 1:b 1:X 1:d 1:e 1:f")
	if i := slices.IndexFunc(w.breaches, func(b Breach) bool { return b.Property == StateMachineSafety }); i < 0 || w.breaches[i].Index != 3 {
		t.Errorf("%+v", w.breaches)
	}
	for _, c := range []struct {
		other string
		index uint64
	}{{"S2 t1 c3 | 1:X 1:b 1:c", 1}, {"S2 t1 c3 | 1:a 1:X 1:c", 2}, {"S2 t1 c3 | 1/1 1:X 1:c", 2}, {"S2 t1 c3 | 1:a 1:b 1:X", 3}} {
		w = newWorld(t, 2)
		w.lookAll("S1 t1 c3 | 1:a 1:b 1:c", c.other)
		if i := slices.IndexFunc(w.breaches, func(b Breach) bool { return b.Property == StateMachineSafety }); i < 0 || w.breaches[i].Index != c.index {
			t.Errorf("%s: %+v, want entry %d named", c.other, w.breaches, c.index)
		}
		if w.memory.Committed() != 3 {
			t.Errorf("committed up to %d", w.memory.Committed())
		}
	}
	w = newWorld(t, 2)
	w.lookAll("S1 t2 c2 | 1:a 2:b", "S2 t2 c4 | 1:a 1:z 1:z 1:z")
	if w.memory.Committed() != 2 {
		t.Errorf("committed up to %d, by a server that broke State Machine Safety", w.memory.Committed())
	}
	// What lies before the first entry that was seen committed is not named.
	w = newWorld(t, 2)
	w.rebase("S1 t3", "S2 t3 c5 | 5/3 3:y")
	w.lookAll("S2 leader t4 c6 | 5/3 3:y", "S1 t5 c6 | 1:a 1:b 1:c 2:d 3:e 5:z")
	w.want("State Machine Safety [S2 S1] i6 t3 at 3 because of [2 3]")
	w.breaches = nil
	w.look("S1 leader t6 c6 | 1:a 1:b 1:c 2:d 3:e 5:z")
	w.want("Leader Completeness [S1] i6 t3 at 4 because of [2 4]")
	w = newWorld(t, 2)
	w.lookAll("S1 t1 c6 | 1:a 1:b 1:c 1:d 1:e 1:f", "S2 leader t2 | 1:a 1:b 1:c 2:X 2:X 2:X 2:X")
	w.want("Leader Completeness [S2] i4 t1 at 2 because of [1 2]")
}

// Copies are independent: each sees what a watch of its own would see.
func TestCopiesDoNotDisturbEachOther(t *testing.T) {
	prefix := []string{"S1 leader t1 | 1:a 1:b", "S2 t1 | 1:a", "S1 leader t1 c1 | 1:a 1:b", "S3 leader t3 | 1:a"}
	stories := [][]string{
		{"S1 leader t1 c2 | 1:a 1:b 1:c", "S2 leader t2 | 1:a 1:b", "S2 leader t2 c3 | 1:a 1:b 2:z"},
		{"S2 t1 c2 | 1:a 1:z", "S2 leader t2 | 1:a 1:z", "S1 t2 c2 | 1:a 1:b 2:q"},
		{"S1 down", "S1 t1 | 1:a 1:y", "S1 leader t2 c2 | 1:a 1:y 2:k", "S1 leader t2 c2 | 2/1 2:k", "S2 leader t2 | 1:a 1:b"},
	}
	run := func(w *world, story []string) {
		for i, s := range story {
			w.look(s)
			w.acknowledge(uint64(i)+1, 1)
		}
	}
	want := make([][]Breach, len(stories))
	for i, story := range stories {
		w := newWorld(t, 3)
		run(w, prefix)
		run(w, story)
		if want[i] = w.breaches; len(want[i]) == 0 {
			t.Fatalf("story %d breaks nothing", i)
		}
	}
	first := newWorld(t, 3)
	run(first, prefix)
	copies := []*world{first, first.copied(), first.copied()}
	for step := range 5 { // in turns, so that they meet where they can
		for i, w := range copies {
			if step < len(stories[i]) {
				w.look(stories[i][step])
				w.acknowledge(uint64(step)+1, 1)
			}
		}
	}
	for i, w := range copies {
		if !slices.EqualFunc(w.breaches, want[i], func(a, b Breach) bool {
			return a.Text == b.Text && a.Position == b.Position && slices.Equal(a.Causes, b.Causes)
		}) {
			t.Errorf("copy %d sees\n  %+v\nwant\n  %+v", i, w.breaches, want[i])
		}
	}
}

// The memory tells when an entry was first known to be committed, and by whom.
func TestCommittedAt(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 leader t2 | 1:a 2:b", "S1 leader t2 c2 | 1:a 2:b", "S2 t2 c2 | 1:a 2:b")
	position, by, term, ok := w.memory.CommittedAt(1)
	if position != 2 || by != 1 || term != 1 || !ok {
		t.Errorf("entry 1: %d %s %d %t", position, by, term, ok)
	}
	if _, _, _, ok := w.memory.CommittedAt(3); ok || w.memory.Committed() != 2 {
		t.Error("entry 3 is not committed")
	}
}

// What is remembered of a log answers for its own indexes and no others.
func TestSeen_Hash(t *testing.T) {
	w := newWorld(t, 1)
	w.look("S1 t1 c2 | 1:a 1:b 1:c")
	w.look("S1 t1 c2 | 2/1 1:c")
	for index, known := range []bool{false, false, true, true, false, false} {
		if _, ok := w.Seen(1).Hash(uint64(index)); ok != known {
			t.Errorf("the hash up to entry %d is known: %t", index, ok)
		}
	}
}

// What was compared with the committed entries may be gone since.
func TestSeen_Checked(t *testing.T) {
	w := newWorld(t, 1)
	for _, c := range []struct {
		look  string
		index uint64
		odd   bool
	}{
		{"S1 t2 c2 | 1:a", 1, false}, {"S1 t2 c2 | 1:a 1:b", 2, false}, {"S1 t2 c2 | 1:a 1:b 1:c", 2, false}, {"S1 t2 c2 | 1:a", 2, true},
	} {
		w.look(c.look)
		if index, odd := w.Seen(1).Checked(); index != c.index || odd != c.odd {
			t.Errorf("%s: compared up to %d, odd %t; want %d, %t", c.look, index, odd, c.index, c.odd)
		}
	}
}

// The hashes by which an exploration tells states apart show what a look may ask
// of a server (View, BooksView), what is remembered of all (Hash), and nothing
// else.
func TestHashesShowWhatCounts(t *testing.T) {
	story := func(looks ...string) *world {
		w := newWorld(t, 2)
		w.lookAll(looks...)
		return w
	}
	config := func(look string, c raft.Configuration, lost ...uint64) *world {
		w := newWorld(t, 2)
		for _, term := range lost {
			w.lost(1, term, false)
		}
		w.lookAs(look, uses(&c, voters(1), nil))
		return w
	}
	view := func(w *world) uint64 { return w.Seen(1).View() }
	books := func(w *world) uint64 { return w.Seen(1).BooksView() }
	memory := func(w *world) uint64 { return w.memory.Hash(nil) }
	log := func(w *world) uint64 {
		other := story("S1 t2 c1 | 1:a 1:b")
		if same := w.Seen(1).SameLog(other.Seen(1)); same != other.Seen(1).SameLog(w.Seen(1)) {
			t.Error("the same from one side only")
		} else if same {
			return 1
		}
		return 0
	}
	acknowledged := func(index, term uint64) *world {
		w := story("S1 leader t1 | 1:a 1:b")
		w.acknowledge(index, term)
		return w
	}
	other := story("S1 t2 c1")
	other.lookAs("S1 t2 c1 | 1:a 1:b", func(s *State) { s.Handed[0].Machine, s.Machine = 7, 7 })
	for _, c := range []struct {
		of   string
		hash func(*world) uint64
		a, b *world
		same bool
	}{
		{"the log's end", view, story("S1 t2 | 1:a"), story("S1 t2 | 1:a 1:b"), false},
		{"the log's entries", view, story("S1 t2 | 1:a"), story("S1 t2 | 1:b"), false},
		{"where the log begins", view, story("S1 t2 c1 | 1:a 1:b", "S1 t2 c1 | 1/1 1:b"), story("S1 t2 c1 | 1:a 1:b"), false},
		{"that it is up", view, story("S1 t2 | 1:a"), story("S1 t2 | 1:a", "S1 down"), false},
		{"that it leads", view, story("S1 t2 | 1:a"), story("S1 leader t2 | 1:a"), false},
		{"a leader's term", view, story("S1 leader t2 | 1:a"), story("S1 leader t3 | 1:a"), false},
		{"a follower's term", view, story("S1 t2 | 1:a"), story("S1 t3 | 1:a"), true},
		{"a candidate", view, story("S1 t2 | 1:a"), story("S1 candidate t3 | 1:a"), true},
		{"a dead leader's term", view, story("S1 leader t2 | 1:a", "S1 down"), story("S1 leader t3 | 1:a", "S1 down"), true},
		{"the term", books, config("S1 t2", *voters(1)), config("S1 t3", *voters(1)), false},
		{"the members", books, config("S1 t2", *voters(1, 2)), config("S1 t2", *voters(1)), false},
		{"the members above 63", books, config("S1 t2", *voters(1, 72)), config("S1 t2", *voters(1)), false},
		{"who votes", books, config("S1 t2", *voters(1, 2)), config("S1 t2", raft.Configuration{Voters: raft.SetOf(1), Learners: raft.SetOf(2)}), false},
		{"the log, in the books", books, config("S1 t2 | 1:a", *voters(1)), config("S1 t2", *voters(1)), true},
		{"that the disk lost something", books, config("S1 t2", *voters(1)), config("S1 t2", *voters(1), 1), false},
		{"how often", books, config("S1 t2", *voters(1), 1, 1), config("S1 t2", *voters(1), 1), false},
		{"in which term", books, config("S1 t2", *voters(1), 2), config("S1 t2", *voters(1), 1), false},
		{"one log", log, story("S1 t3 c1 | 1:a 1:b"), story("S1 leader t2 c2 | 1:a 1:b"), true},
		{"a log that ends earlier", log, story("S1 t2 c1 | 1:a 1:b"), story("S1 t2 c1 | 1:a"), false},
		{"a log with another entry", log, story("S1 t2 c1 | 1:a 1:b"), story("S1 t2 c1 | 1:a 1:z"), false},
		{"a log that begins later", log, story("S1 t2 c1 | 1:a 1:b"), story("S1 t2 c1 | 1:a 1:b", "S1 t2 c1 | 1/1 1:b"), false},
		{"who led a term", memory, story("S1 leader t1"), story("S2 leader t1"), false},
		{"which term it led", memory, story("S1 leader t1"), story("S1 leader t2"), false},
		{"in which order they were seen", memory, story("S1 leader t1", "S2 leader t2"), story("S2 leader t2", "S1 leader t1"), true},
		{"what was committed", memory, story("S1 t1 c1 | 1:a"), story("S1 t1"), false},
		{"in which term", memory, story("S1 t2 c0 | 1:a", "S1 t2 c1 a0 | 1:a"), story("S1 t2 c0 | 1:a", "S1 t3 c1 a0 | 1:a"), false},
		{"to which state it led", memory, story("S1 t2 c1 | 1:a 1:b"), other, false},
		{"what was acknowledged", memory, acknowledged(1, 1), story("S1 leader t1 | 1:a 1:b"), false},
		{"which index was acknowledged", memory, acknowledged(1, 1), acknowledged(2, 1), false},
		{"what was acknowledged early before it", memory, backwards(t), acknowledged(2, 1), false},
		{"the term of it", memory, acknowledged(2, 1), acknowledged(2, 2), false},
		{"when", memory, story("S2 t1", "S1 t1 c1 | 1:a"), story("S1 t1 c1 | 1:a"), true},
	} {
		if got := c.hash(c.a) == c.hash(c.b); got != c.same {
			t.Errorf("%s: the same %t, want %t", c.of, got, c.same)
		}
	}
}

// backwards is two entries acknowledged, the last one first.
func backwards(t *testing.T) *world {
	w := newWorld(t, 2)
	w.look("S1 leader t1 | 1:a 1:b")
	w.acknowledge(2, 1)
	w.acknowledge(1, 1)
	return w
}

// A member that a leader added is part of what is hashed, by its new name.
func TestLossHash_Renamed(t *testing.T) {
	story := func(one, two, three raft.ID) uint64 {
		w := newWorld(t, 3)
		w.lost(two, 1, false)
		look := func(c *raft.Configuration, log string) {
			w.lookAs(one.String()+" leader t2 | 1:a "+log, uses(c, voters(1, 2, 3), nil))
		}
		look(voters(one, three), "")
		look(voters(1, 2, 3), "2:cS1,S2,S3")
		return w.Seen(one).LossHash(nil)
	}
	w := newWorld(t, 3)
	w.lost(2, 1, false)
	w.lookAs("S1 leader t2 | 1:a", uses(voters(1, 3), voters(1, 2, 3), nil))
	none := w.Seen(1).LossHash(nil)
	w.lookAs("S1 leader t2 | 1:a 2:cS1,S2,S3", uses(voters(1, 2, 3), voters(1, 2, 3), nil))
	if h := w.Seen(1).LossHash(nil); h == none {
		t.Error("the member that was added makes no difference")
	}
	r := raft.Renaming{0, 2, 3, 1}
	if got, expect := w.Seen(1).LossHash(r), story(2, 3, 1); got != expect {
		t.Errorf("%x, renamed; want %x", got, expect)
	}
}

// Every property that is listed is one that a test here breaks.
func TestPropertiesAreNamed(t *testing.T) {
	names := []string{ElectionSafety, LeaderAppendOnly, LogMatching, LeaderCompleteness, StateMachineSafety, Durability, Monotony, Configuration, MatchHonest}
	for i, p := range Properties {
		if p.Name != names[i] || p.Says == "" {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if len(Properties) != len(names) {
		t.Errorf("%d properties", len(Properties))
	}
}

// A look is cut short only where every part is as it was.
func TestStill(t *testing.T) {
	w := newWorld(t, 1)
	var s State
	w.lookAs("S1 leader t2 c1 | 1:a 2:b", func(now *State) { s = *now })
	seen := w.Seen(1)
	disk, conf := w.disks[0], *s.Config
	same := func(change func()) bool {
		now := s
		now.Log, now.Config = &disk, &conf
		defer func(was State, log raft.Log, c raft.Configuration) { s, disk, conf = was, log, c }(s, disk, conf)
		change()
		return seen.Still(s.Role, s.Term, s.Commit, s.Applied, now.Log, s.Machine, now.Config)
	}
	if !same(func() {}) {
		t.Error("nothing changed, and it is not the same")
	}
	for name, change := range map[string]func(){
		"role": func() { s.Role = raft.Follower }, "term": func() { s.Term++ }, "commit": func() { s.Commit++ },
		"applied": func() { s.Applied++ }, "machine": func() { s.Machine++ },
		"an entry more": func() { disk.Append(raft.Entry{Term: 2}) }, "an entry less": func() { disk.TruncateAfter(1) },
		"an equal log of other memory": func() { disk = *s.Log },
		"a snapshot":                   func() { disk.CompactTo(1, 1) },
		"voters":                       func() { conf.Voters = conf.Voters.With(70) }, "old": func() { conf.Old = conf.Old.With(2) }, "learners": func() { conf.Learners = conf.Learners.With(9) },
	} {
		if same(change) {
			t.Errorf("%s: still the same", name)
		}
	}
	w.look("S1 down")
	if same(func() {}) {
		t.Error("it is down, and still the same")
	}
}

// What a hash was mixed of can be had again.
func TestUnmixed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, v := rapid.Uint64().Draw(t, "h"), rapid.Uint64().Draw(t, "v")
		if got := Unmixed(h, Mix(h, v)); got != v {
			t.Fatalf("%x, want %x", got, v)
		}
	})
}
