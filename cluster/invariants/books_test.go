package invariants_test

import (
	"slices"
	"strings"
	"testing"

	. "raftlab/cluster/invariants"
	"raftlab/raft"
)

func voters(ids ...raft.ID) *raft.Configuration {
	return &raft.Configuration{Voters: raft.SetOf(ids...)}
}

// uses is a state in which a configuration is in force, and those of the disk
// and of the snapshot.
func uses(inForce, first, covered *raft.Configuration) func(*State) {
	return func(s *State) { s.Config, s.First, s.Covered = inForce, first, covered }
}

// The configuration in force is that of the last configuration entry in the log,
// else the snapshot's, else the first. "c" before an entry's data makes it one.
func TestConfiguration(t *testing.T) {
	abc, ab, abcd := voters(1, 2, 3), voters(1, 2), voters(1, 2, 3, 4)
	type look struct {
		state   string
		force   *raft.Configuration
		covered *raft.Configuration
	}
	for _, c := range []struct {
		name   string
		looks  []look // of S1, whose first configuration is abc
		breach bool   // at the last look
	}{
		{"the first", []look{{"S1 t1", abc, nil}}, false},
		{"not the first", []look{{"S1 t1", ab, nil}}, true},
		{"an entry, not committed", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}}, false},
		{"an entry is passed over", []look{{"S1 t1", abc, nil}, {"S1 t1 | 1:a 1:cS1,S2", abc, nil}}, true},
		{"the last of two", []look{{"S1 t1 | 1:cS1,S2,S3,S4 1:a 1:cS1,S2", ab, nil}}, false},
		{"not the last of two", []look{{"S1 t1 | 1:cS1,S2,S3,S4 1:a 1:cS1,S2", abcd, nil}}, true},
		{"it goes with its entry", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a 2:b", abc, nil}}, false},
		{"it stays without its entry", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a 2:b", ab, nil}}, true},
		{"the one before comes back", []look{{"S1 t1 | 1:cS1,S2,S3,S4 1:b 1:cS1,S2", ab, nil}, {"S1 t2 | 1:cS1,S2,S3,S4 1:b 2:z", abcd, nil}}, false},
		{"the one before does not come back", []look{{"S1 t1 | 1:cS1,S2,S3,S4 1:b 1:cS1,S2", ab, nil}, {"S1 t2 | 1:cS1,S2,S3,S4 1:b 2:z", abc, nil}}, true},
		{"another in its place", []look{{"S1 t1 | 1:cS1,S2", ab, nil}, {"S1 t2 | 2:cS1,S2,S3,S4", abcd, nil}}, false},
		{"another in its place, and the old one in force", []look{{"S1 t1 | 1:cS1,S2", ab, nil}, {"S1 t2 | 2:cS1,S2,S3,S4", ab, nil}}, true},
		{"the snapshot's", []look{{"S1 t1 c2 | 1:a 1:cS1,S2", ab, nil}, {"S1 t1 c2 | 2/1", ab, ab}}, false},
		{"the first in place of the snapshot's", []look{{"S1 t1 c2 | 1:a 1:cS1,S2", ab, nil}, {"S1 t1 c2 | 2/1", abc, ab}}, true},
		{"an entry after the snapshot", []look{{"S1 t1 c1 | 1/1 1:cS1,S2", ab, abc}}, false},
		{"the snapshot's in place of the entry's", []look{{"S1 t1 c1 | 1/1 1:cS1,S2", abc, abc}}, true},
		{"the log goes, the snapshot's comes", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 c3 | 3/2", abc, abc}}, false},
		{"the log goes, and its configuration stays", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 c3 | 3/2", ab, abc}}, true},
		{"a snapshot's that is not as of its end", []look{{"S1 t1 c3 | 1:a 1:cS1,S2 1:b", ab, nil}, {"S1 t1 c3 | 2/1 1:b", abc, abc}}, true},
		{"a snapshot's that is not as of its end, below another entry", []look{{"S1 t1 c4 | 1:a 1:cS1,S2 1:b 1:cS1,S2,S3,S4", abcd, nil}, {"S1 t1 c4 | 3/1 1:cS1,S2,S3,S4", abcd, abc}}, true},
		{"a snapshot's that is as of its end", []look{{"S1 t1 c3 | 1:a 1:b 1:cS1,S2", ab, nil}, {"S1 t1 c3 | 2/1 1:cS1,S2", ab, abc}}, false},
		{"after a restart", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 down", ab, nil}, {"S1 t1 | 1:a 1:cS1,S2", abc, nil}}, true},
		{"the first again after a crash that lost the entry", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 down", ab, nil}, {"S1 t1 | 1:a", abc, nil}}, false},
		{"the entry that follows the snapshot", []look{{"S1 t1 c1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t1 c1 | 1/1 1:cS1,S2", ab, abc}}, false},
		{"it stays when its entry is gone", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a", ab, nil}}, true},
		{"the first comes back when its entry is gone", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a", abc, nil}}, false},
		{"it stays when another entry is in its place", []look{{"S1 t1 | 1:a 1:b 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a 1:b 2:z", ab, nil}}, true},
		{"the one before, far back, stays out", []look{{"S1 t1 | 1:a 1:cS1,S2,S3,S4 1:b 1:c 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a 1:cS1,S2,S3,S4 1:b 1:c", ab, nil}}, true},
		{"the one before, far back, comes back", []look{{"S1 t1 | 1:a 1:cS1,S2,S3,S4 1:b 1:c 1:cS1,S2", ab, nil}, {"S1 t2 | 1:a 1:cS1,S2,S3,S4 1:b 1:c", abcd, nil}}, false},
		{"the snapshot's comes back when its entry is gone", []look{{"S1 t1 c1 | 1/1 1:b 1:cS1,S2", ab, abc}, {"S1 t2 c1 | 1/1 1:b", abc, abc}}, false},
		{"it stays over the snapshot's when its entry is gone", []look{{"S1 t1 c1 | 1/1 1:b 1:cS1,S2", ab, abc}, {"S1 t2 c1 | 1/1 1:b", ab, abc}}, true},
		{"a command that reads like one", []look{{"S1 t1 c2 | 1:S1 1:b", abc, nil}, {"S1 t1 c2 | 2/1", abc, abc}}, false},
		{"an entry that is none, under a snapshot", []look{{"S1 t1 c2 | 1:a 1:cx", abc, nil}, {"S1 t1 c2 | 2/1", abc, abc}}, false},
		{"an entry that is none, by hand", []look{{"S1 t1 | 1:a 1:cx", abc, nil}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
			for i, l := range c.looks {
				if i == len(c.looks)-1 {
					w.want()
				}
				w.lookAs(l.state, uses(l.force, abc, l.covered))
			}
			if !c.breach {
				w.want()
				return
			}
			w.wantFirst(Configuration + " [S1]")
		})
	}
}

// A configuration that is not the right one is told of once, and again only when
// something that it depends on has changed.
func TestConfiguration_ToldOnce(t *testing.T) {
	w := newWorld(t, 3)
	wrong := uses(voters(1, 2, 3), voters(1, 2, 3), nil)
	w.lookAs("S1 t1 | 1:cS1,S2", wrong)
	w.wantFirst(Configuration + " [S1]")
	w.breaches = nil
	for _, next := range []string{"S1 t1 | 1:cS1,S2", "S1 t1 c1 | 1:cS1,S2", "S1 t1 c1 | 1:cS1,S2 1:a", "S1 leader t2 c1 | 1:cS1,S2 1:a 1:b", "S1 t3 c1 | 1:cS1,S2"} {
		w.lookAs(next, wrong)
		w.wantNo(Configuration)
	}
	w.lookAs("S1 t3 c1 | 1:cS1,S2 3:cS1", wrong)
	w.wantFirst(Configuration + " [S1] i2")
}

// A new disk has a first configuration of its own; one that lost some of what was
// written has not.
func TestConfiguration_NewDisk(t *testing.T) {
	for what, happens := range map[string]func(*world){
		"wiped": func(w *world) { w.lost(1, 1, true) }, "a crash": func(w *world) { w.lost(1, 1, false) }, "nothing": func(*world) {},
	} {
		w := newWorld(t, 3)
		w.lookAs("S1 t1", uses(voters(1, 2, 3), voters(1, 2, 3), nil))
		w.look("S1 down")
		happens(w)
		w.lookAs("S1 t0", uses(voters(1), voters(1), nil))
		if what == "wiped" {
			w.want()
		} else {
			w.wantFirst(Configuration + " [S1]")
		}
	}
}

// What a leader believes to be stored on a server is stored there.
func TestMatchHonest(t *testing.T) {
	leader := func(match uint64) func(*world) {
		return func(w *world) {
			w.matches[[2]raft.ID{1, 2}] = match
			w.lookAs("S1 leader t2 | 1:a 1:b 2:c", uses(voters(1, 2, 3), voters(1, 2, 3), nil))
		}
	}
	look := func(state string) func(*world) { return func(w *world) { w.look(state) } }
	lost := func(term uint64) func(*world) { return func(w *world) { w.lost(2, term, false) } }
	crash := func(term uint64, log string) func(*world) {
		return func(w *world) {
			w.disks[1] = logOf(t, log)
			w.twin.disks[1] = w.disks[1]
			w.lost(2, term, false)
			w.look("S2 down")
		}
	}
	steps := func(match uint64, head string) func(*world) {
		return func(w *world) {
			w.matches[[2]raft.ID{1, 2}] = match
			w.lookAs(head+" | 1:a 1:b 2:c 2:cS1,S3 2:cS1,S2,S3", uses(voters(1, 2, 3), voters(1, 2, 3), nil))
		}
	}
	members := func(match uint64, log string, ids ...raft.ID) func(*world) {
		return func(w *world) {
			w.matches[[2]raft.ID{1, 2}] = match
			w.lookAs("S1 leader t2 | 1:a 1:b 2:c "+log, uses(voters(ids...), voters(1, 2, 3), nil))
		}
	}
	for _, c := range []struct {
		name   string
		looks  []func(*world)
		breach string // at the last one
	}{
		{"nothing is known", []func(*world){look("S2 t2 | 1:a"), leader(0)}, ""},
		{"as much as is stored", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2)}, ""},
		{"less", []func(*world){look("S2 t2 | 1:a 1:b"), leader(1)}, ""},
		{"more", []func(*world){look("S2 t2 | 1:a 1:b"), leader(3)}, "[S1 S2] i3"},
		{"an empty disk", []func(*world){look("S2 t2"), leader(1)}, "[S1 S2] i1"},
		{"another entry there", []func(*world){look("S2 t2 | 1:a 1:b 1:z"), leader(3)}, "[S1 S2] i3"},
		{"in a snapshot", []func(*world){look("S2 t2 c3 | 3/2"), leader(2)}, ""},
		{"at a snapshot's end", []func(*world){look("S2 t2 c3 | 3/2"), leader(3)}, ""},
		{"behind a snapshot", []func(*world){look("S2 t2 c2 | 2/1"), leader(3)}, "[S1 S2] i3"},
		{"it forgets, in the same term", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 t2 | 1:a")}, "[S1 S2] i2"},
		{"it replaces it, in the same term", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 t2 | 1:a 2:z")}, "[S1 S2] i2"},
		{"it follows a later leader", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 t3 | 1:a 3:z")}, ""},
		{"it follows a later leader, and its term goes back", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 t3 | 1:a 3:z"), look("S2 t2 | 1:a 3:z")}, "[S1 S2] i2"},
		{"it follows a later leader, and its term goes back to another later one", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 t4 | 1:a 3:z"), look("S2 t3 | 1:a 3:z")}, ""},
		{"it crashes and comes back", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), leader(2), look("S2 t2 | 1:a 1:b")}, ""},
		{"its disk lost it", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), lost(2), leader(2), look("S2 t1 | 1:a")}, ""},
		{"it comes back without it, and no disk has lost anything", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), look("S2 t2 | 1:a")}, "[S1 S2] i2"},
		{"its disk lost what it had said to an earlier leader", []func(*world){look("S2 t1 | 1:a 1:b"), look("S2 down"), lost(1), look("S2 t2 | 1:a"), leader(2)}, "[S1 S2] i2"},
		{"it is added anew", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2")}, ""},
		{"it is added anew, and an old answer counts", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2"), members(2, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3)}, "[S1 S2] i2"},
		{"it is added anew, and loses its disk again", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2 | 1:a 1:b"), members(2, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), lost(2), look("S2 down"), look("S2 t0")}, ""},
		{"it is added anew, another one too, and an old answer counts", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), members(0, "2:cS1,S3 2:cS1,S2,S3 2:cS1,S2,S3,S4", 1, 2, 3, 4), look("S2 t2"), members(2, "2:cS1,S3 2:cS1,S2,S3 2:cS1,S2,S3,S4", 1, 2, 3, 4)}, "[S1 S2] i2"},
		{"a disk that is down has lost what an earlier leader knew of", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), crash(1, "1:a")}, "[S1 S2] i2"},
		{"a disk that is down has lost what this leader knew of", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), crash(2, "1:a")}, ""},
		{"it is added anew by an earlier self of the leader, that crashed", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(5), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2"), look("S1 down"), steps(2, "S1 leader t2")}, ""},
		{"it is added anew by an earlier self of the leader, that stepped down", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(5), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2"), steps(2, "S1 t3"), steps(2, "S1 leader t4")}, ""},
		{"it is added anew by the leader of an earlier term", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(5), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2"), steps(2, "S1 leader t4")}, ""},
		{"the leader has stepped down", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), steps(2, "S1 t3"), look("S2 t2 | 1:a")}, ""},
		{"the leader is down", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S1 down"), look("S2 t2 | 1:a")}, ""},
		{"it is no member any more", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), members(2, "2:cS1,S3", 1, 3), look("S2 t2 | 1:a")}, ""},
		{"a leader no longer", []func(*world){look("S2 t2 | 1:a"), func(w *world) { w.matches[[2]raft.ID{1, 2}] = 3 }, look("S1 t2 | 1:a 1:b 2:c")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 4)
			for i, l := range c.looks {
				if i == len(c.looks)-1 {
					w.wantNo(MatchHonest)
				}
				l(w)
			}
			if c.breach == "" {
				w.wantNo(MatchHonest)
				return
			}
			w.wantOne(MatchHonest + " " + c.breach)
			w.breaches = nil // it is told once, whatever else happens
			w.look("S3 t2")
			w.wantNo(MatchHonest)
		})
	}
}

// A breach of it says what is stored, and is told again only when the leader's
// books or what was stored before have changed.
func TestMatchHonest_Told(t *testing.T) {
	leader := func(w *world, match uint64) {
		w.matches[[2]raft.ID{3, 2}] = match
		w.lookAs("S3 leader t2 | 1:a 1:b 2:c 2:d", uses(voters(1, 2, 3, 4), voters(1, 2, 3, 4), nil))
	}
	for _, c := range []struct{ state, says, next string }{
		{"S2 t2", "matchIndex for S2 is 3, but S2 stores entries up to 0", ""},
		{"S2 t2 | 1:a 1:b", "matchIndex for S2 is 3, but S2 stores entries up to 2", ""},
		{"S2 t2 | 1:a 1:b 1:z", "matchIndex for S2 is 3, but S2's entry 3 is of term 1, not of term 2", "S2 t2 | 1:a 1:b 1:z 1:y"},
	} {
		w := newWorld(t, 3) // S4 is a member that is not there
		w.matches[[2]raft.ID{3, 4}] = 2
		w.look(c.state)
		leader(w, 3)
		if len(w.breaches) != 1 || !strings.HasSuffix(w.breaches[0].Text, c.says) || slices.Contains(w.breaches[0].Causes, 0) {
			t.Errorf("%+v; want one that says %q", w.breaches, c.says)
		}
		w.breaches = nil
		leader(w, 3)
		w.look(c.state)
		if c.next != "" {
			w.look(c.next)
		}
		w.want()
		if !w.memory.Quiet() {
			t.Error("there is something left to look at")
		}
		w.watch().Lost(2, 1, false)
		if w.memory.Quiet() {
			t.Error("a disk has lost something, and there is nothing to look at")
		}
	}
}

// A disk that was written anew is looked at when it holds less than before.
func TestWritten(t *testing.T) {
	for _, c := range []struct {
		old, now string
		less     bool
	}{
		{"", "", false}, {"", "1:a", false}, {"1:a", "1:a", false}, {"1:a", "1:a 1:b", false}, {"1:a", "", true},
		{"1:a 1:b", "1:a", true}, {"1:a 1:b", "2:a 2:b", true}, {"1:a 1:b", "2:a 1:b", true}, {"1:a 1:b", "1:a 2:z 2:y", true},
		{"1:a 1:b", "1/1 1:b", false}, {"1:a 1:b", "2/1", false}, {"1:a 1:b", "2/2", true}, {"1:a 1:b", "1/1", true}, {"1:a 1:b", "3/2", false},
		{"2/1", "2/1", false}, {"2/1", "2/1 1:c", false}, {"2/1", "", true}, {"2/1", "2/2", true}, {"2/1 1:c", "2/1 2:c", true},
		{"2/1 1:c", "1/1 1:b 1:c", true}, {"2/1", "3/1", false},
	} {
		w := newTwin(t, 2)
		old := logOf(t, c.old)
		w.disks[1] = logOf(t, c.now)
		w.watch().Written(2, &old)
		if less := !w.memory.Quiet(); less != c.less {
			t.Errorf("%q after %q: less %t, want %t", c.now, c.old, less, c.less)
		}
	}
}

// Which properties are what a server keeps account of.
func TestBookkeeping(t *testing.T) {
	for _, p := range Properties {
		if got := Bookkeeping(p.Name); got != (p.Name == Configuration || p.Name == MatchHonest) {
			t.Errorf("%s: %t", p.Name, got)
		}
	}
}
