package invariants_test

import (
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
	return func(s *State) { s.Config, s.First, s.Covered = *inForce, first, covered }
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
		{"a snapshot's that is as of its end", []look{{"S1 t1 c3 | 1:a 1:b 1:cS1,S2", ab, nil}, {"S1 t1 c3 | 2/1 1:cS1,S2", ab, abc}}, false},
		{"after a restart", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 down", ab, nil}, {"S1 t1 | 1:a 1:cS1,S2", abc, nil}}, true},
		{"the first again after a crash that lost the entry", []look{{"S1 t1 | 1:a 1:cS1,S2", ab, nil}, {"S1 down", ab, nil}, {"S1 t1 | 1:a", abc, nil}}, false},
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

// A new disk has a first configuration of its own.
func TestConfiguration_NewDisk(t *testing.T) {
	for _, wiped := range []bool{true, false} {
		w := newWorld(t, 3)
		w.lookAs("S1 t1", uses(voters(1, 2, 3), voters(1, 2, 3), nil))
		w.look("S1 down")
		if wiped {
			w.watch().Lost(1, 1, true)
		}
		w.lookAs("S1 t0", uses(voters(1), voters(1), nil))
		if wiped {
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
	lost := func(term uint64) func(*world) { return func(w *world) { w.watch().Lost(2, term, false) } }
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
		{"it crashes and comes back", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), leader(2), look("S2 t2 | 1:a 1:b")}, ""},
		{"its disk lost it", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), lost(2), leader(2), look("S2 t1 | 1:a")}, ""},
		{"it comes back without it, and no disk has lost anything", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), look("S2 down"), look("S2 t2 | 1:a")}, "[S1 S2] i2"},
		{"its disk lost what it had said to an earlier leader", []func(*world){look("S2 t1 | 1:a 1:b"), look("S2 down"), lost(1), look("S2 t2 | 1:a"), leader(2)}, "[S1 S2] i2"},
		{"it is added anew", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2")}, ""},
		{"it is added anew, and an old answer counts", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2"), members(2, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3)}, "[S1 S2] i2"},
		{"it is added anew, and loses its disk again", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), lost(2), members(0, "2:cS1,S3", 1, 3), members(0, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), look("S2 t2 | 1:a 1:b"), members(2, "2:cS1,S3 2:cS1,S2,S3", 1, 2, 3), lost(2), look("S2 down"), look("S2 t0")}, ""},
		{"it is no member any more", []func(*world){look("S2 t2 | 1:a 1:b"), leader(2), members(2, "2:cS1,S3", 1, 3), look("S2 t2 | 1:a")}, ""},
		{"a leader no longer", []func(*world){look("S2 t2 | 1:a"), func(w *world) { w.matches[[2]raft.ID{1, 2}] = 3 }, look("S1 t2 | 1:a 1:b 2:c")}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 3)
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
		})
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
