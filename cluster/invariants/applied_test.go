package invariants_test

import (
	"testing"

	. "raftlab/cluster/invariants"
	"raftlab/raft"
)

// State machines: what the driver or the core gets wrong in one line, and what
// is right and looks like it.
func TestStateMachineSafety_StateMachines(t *testing.T) {
	const one = "S1 leader t1 c4 | 1:a 1:b 1:c 1:d"
	for _, c := range []struct {
		name, two string
		change    func(*State)
		breach    string
	}{
		{"all in order", "S2 t1 c4 | 1:a 1:b 1:c 1:d", nil, ""},
		{"some of it", "S2 t1 c2 | 1:a 1:b 1:c", nil, ""},
		{"from a snapshot", "S2 t1 c3 | 3/1 1:d", nil, ""},
		{"from a snapshot on", "S2 t1 c4 | 3/1 1:d", nil, ""},
		{"skips entry 3", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed = append(s.Handed[:2:2], s.Handed[3]) }, "[S2] i3"},
		{"skips the last", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed = s.Handed[:3]; s.Machine = stateAt(3) }, "[S2] i4"},
		{"skips all", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed = nil }, "[S2] i1"},
		{"applies entry 2 twice", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed = append(s.Handed[:2:2], s.Handed[1:]...) }, "[S2] i2"},
		{"applies the last twice", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed = append(s.Handed, s.Handed[3]) }, "[S2] i4"},
		{"out of order", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed[1], s.Handed[2] = s.Handed[2], s.Handed[1] }, "[S2] i2"},
		{"applies beyond lastApplied", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) {
			s.Handed = append(s.Handed, Handed{To: 2, Index: 3, Entry: &raft.Entry{Term: 1, Data: "c"}, Machine: stateAt(3)})
			s.Machine = stateAt(3)
		}, "[S2] i3"},
		{"applies another entry than it has", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed[2].Entry = &raft.Entry{Term: 1, Data: "z"} }, "[S2] i3"},
		{"applies beyond its log", "S2 t1 c4 | 1:a 1:b 1:c", func(s *State) {
			s.Handed = append(s.Handed, Handed{To: 2, Index: 4, Machine: stateAt(4)})
			s.Applied, s.Machine = 4, stateAt(4)
		}, "[S2] i4"},
		{"one beyond commitIndex", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) {
			s.Handed = append(s.Handed, Handed{To: 2, Index: 3, Entry: &raft.Entry{Term: 1, Data: "c"}, Machine: stateAt(3)})
			s.Applied, s.Machine = 3, stateAt(3)
		}, "[S2] i3"},
		{"comes to another state", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed[3].Machine, s.Machine = 7, 7 }, "[S1 S2] i4"},
		{"was in another state on the way", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Handed[1].Machine = 7 }, "[S1 S2] i2"},
		{"its state changes by itself", "S2 t1 c4 | 1:a 1:b 1:c 1:d", func(s *State) { s.Machine = 7 }, "[S2] i4"},
		{"begins in another state", "S2 t1 | 1:a", func(s *State) { s.Machine = 7 }, "[S1 S2] i0"},
		{"a snapshot of another state", "S2 t1 c3 | 3/1 1:d", func(s *State) { s.Machine = 7 }, "[S1 S2] i3"},
		{"a snapshot, and what it covers again", "S2 t1 c4 | 3/1 1:d", func(s *State) {
			s.Handed = append([]Handed{{To: 2, Index: 3, Entry: &raft.Entry{Term: 1, Data: "c"}, Machine: stateAt(3)}}, s.Handed...)
		}, "[S2] i3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.lookAll("S1 t1 | 1:a", one)
			w.lookAs(c.two, c.change)
			if c.breach == "" {
				w.want()
				return
			}
			w.wantFirst(StateMachineSafety + " " + c.breach)
		})
	}
}

// What came before does not make it right: each step is looked at.
func TestStateMachineSafety_StepByStep(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 c1 | 1:a 1:b 1:c", "S1 t1 c2 | 1:a 1:b 1:c", "S1 t1 c2 | 2/1 1:c", "S1 down", "S1 t1 c2 | 2/1 1:c", "S1 t1 c3 | 2/1 1:c")
	w.want()
	w.lookAs("S1 t1 c3 | 2/1 1:c", func(s *State) { s.Machine = 7 }) // nothing was applied
	w.wantFirst(StateMachineSafety + " [S1] i3")

	w = newWorld(t, 2)
	w.lookAll("S1 t1 c3 | 1:a 1:b 1:c", "S2 t1 c1 | 1:a 1:b 1:c")
	w.lookAs("S2 t1 c3 | 1:a 1:b 1:c", func(s *State) { s.Handed = s.Handed[1:] })
	w.wantFirst(StateMachineSafety + " [S2] i2")

	// A state machine that does not begin anew where a snapshot is installed.
	w = newWorld(t, 2)
	w.lookAll("S1 t1 c3 | 1:a 1:b 1:c", "S2 t1 c1 | 1:a")
	w.lookAs("S2 t1 c3 | 3/1", func(s *State) { s.Machine = stateAt(1) })
	w.wantFirst(StateMachineSafety + " [S1 S2] i3")

	// The same state after another log is no news: the log is the breach.
	w = newWorld(t, 2)
	w.lookAll("S1 t1 c2 | 1:a 1:b", "S2 t2 | 1:a 2:z")
	w.lookAs("S2 t2 c2 | 1:a 2:z", func(s *State) { s.Handed[1].Machine, s.Machine = 7, 7 })
	if len(w.breaches) != 1 || w.breaches[0].Index != 2 || len(w.breaches[0].Nodes) != 2 {
		t.Errorf("%+v", w.breaches)
	}
}

// A server that applies no more than the next entry is looked at in a short way,
// which lets nothing pass that the long way sees.
func TestStateMachineSafety_TheNextEntry(t *testing.T) {
	next := func(s *State) *Handed { // as the world hands it: the log's own entry
		s.Handed = []Handed{{To: s.ID, Index: 2, Entry: s.Log.At(2), Machine: stateAt(2)}}
		s.Applied, s.Machine = 2, stateAt(2)
		return &s.Handed[0]
	}
	for _, c := range []struct {
		name, then string
		change     func(*State)
		breach     string
	}{
		{"as it should", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) { next(s) }, ""},
		{"beyond commitIndex", "S2 t1 c1 | 1:a 1:b 1:c", func(s *State) { next(s) }, "[S2] i2"},
		{"given to another", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) { next(s).To = 1 }, "[S2] i2"},
		{"another entry", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) { next(s).Entry = &raft.Entry{Term: 1, Data: "z"} }, "[S2] i2"},
		{"another state", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) { next(s).Machine, s.Machine = 7, 7 }, "[S1 S2] i2"},
		{"another state than it came to", "S2 t1 c2 | 1:a 1:b 1:c", func(s *State) { next(s).Machine = 7 }, "[S1 S2] i2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, 2)
			w.lookAll("S1 leader t1 c3 | 1:a 1:b 1:c", "S2 t1 c1 | 1:a 1:b 1:c")
			w.lookAs(c.then, c.change)
			if c.breach == "" {
				w.want()
				return
			}
			w.wantFirst(StateMachineSafety + " " + c.breach)
		})
	}
}

// Where a snapshot ends at what is applied, nothing has been applied, and the
// state stays; an entry that is applied twice is seen though lastApplied stays, and
// what another server was given is not this one's.
func TestStateMachineSafety_NothingNew(t *testing.T) {
	w := newWorld(t, 2)
	w.lookAll("S1 t1 c2 | 1:a 1:b 1:c", "S1 t1 c2 | 2/1 1:c")
	w.lookAs("S1 t1 c2 | 2/1 1:c", func(s *State) { s.Machine = 7 })
	w.want("State Machine Safety [S1] i2 t1 at 3 because of [3]")

	w = newWorld(t, 2)
	w.look("S1 t1 c2 | 1:a 1:b 1:c")
	again := Handed{To: 1, Index: 2, Entry: &raft.Entry{Term: 1, Data: "b"}, Machine: stateAt(2)}
	w.lookAs("S1 t1 c2 | 1:a 1:b 1:c", func(s *State) { s.Handed = append(s.Handed, again) })
	w.wantFirst(StateMachineSafety + " [S1] i2")

	w = newWorld(t, 2)
	w.look("S1 t1 c2 | 1:a 1:b 1:c")
	w.lookAs("S1 t1 c2 | 1:a 1:b 1:c", func(s *State) { s.Handed = append(s.Handed, Handed{To: 2, Index: 1, Machine: 7}) })
	w.want()
}

// A world that begins anew knows nothing of what was given to whom before.
func TestStateMachineSafety_Rebase(t *testing.T) {
	w := newWorld(t, 2)
	w.rebase("S1 t1 c3 | 1:a 1:b 1:c", "S2 t1 c1 | 1:a 1:b 1:c")
	w.lookAll("S2 t1 c2 | 1:a 1:b 1:c", "S2 t1 c3 | 1:a 1:b 1:c")
	w.want()
	w = newWorld(t, 2)
	w.rebase("S1 t1 c3 | 1:a 1:b 1:c", "S2 t1 c2 | 1:a 1:b 1:c")
	w.lookAs("S2 t1 c3 | 1:a 1:b 1:c", func(s *State) { s.Handed[0].Machine, s.Machine = 7, 7 })
	w.wantFirst(StateMachineSafety + " [S1 S2] i3")
}
