package cluster

import (
	"testing"

	"pgregory.net/rapid"

	"raftlab/raft"
)

func apply(t *testing.T, w *World, actions ...Action) *World {
	t.Helper()
	for _, a := range actions {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	return w
}

// Worlds that came to the same state on different ways have one fingerprint:
// the order of independent deliveries, the numbers of messages, the countdowns
// and the positions do not count.
func TestFingerprintForgetsTheWay(t *testing.T) {
	begin := func() *World { return apply(t, New(3, 1, Defaults()), Timeout{1}) }
	a := apply(t, begin(), Deliver{1}, Deliver{2})
	b := apply(t, begin(), Deliver{2}, Deliver{1})
	if a.Fingerprint() != b.Fingerprint() {
		t.Error("the order of two deliveries shows")
	}
	c := apply(t, begin(), Duplicate{1}, Drop{1}, Deliver{3}, Deliver{2})
	if a.Fingerprint() != c.Fingerprint() {
		t.Error("the number of a message shows")
	}
	d := apply(t, begin(), Tick{2}, Tick{3}, ClockTick{}, Deliver{1}, Deliver{2})
	if a.Fingerprint() != d.Fingerprint() {
		t.Error("the clocks show")
	}
	if e := apply(t, begin(), Deliver{1}); a.Fingerprint() == e.Fingerprint() {
		t.Error("a delivery does not show")
	}
}

// What makes a difference shows.
func TestFingerprintShowsDifferences(t *testing.T) {
	elected := func() *World {
		w := apply(t, New(3, 1, Defaults()), Timeout{1})
		for w.Deliverable(raft.Set{}) {
			apply(t, w, DeliverNext{})
		}
		return w
	}
	seen := map[uint64]Action{elected().Fingerprint(): Advance{}}
	for _, a := range []Action{
		Kill{1}, Kill{2}, Freeze{2}, Timeout{2}, Heartbeat{1}, SetLinks{true, []Link{{1, 2}}}, SetLinks{true, []Link{{2, 1}}},
		Request{"C1", "x=1", 0}, Request{"C1", "x=2", 0}, Request{"C2", "x=1", 0}, Snapshot{1}, Transfer{Node: 2}, AddServer{Node: 4},
		AddServer{Node: 4, Learner: true}, RemoveServer{Node: 3}, Read{"C1", "x", "read-index", 0}, Read{"C1", "x", "local", 0},
	} {
		f := apply(t, elected(), a).Fingerprint()
		if b, known := seen[f]; known {
			t.Errorf("%s and %s have one fingerprint", a, b)
		}
		seen[f] = a
	}
}

// It is a function of the world alone, and a clone has the same.
func TestFingerprintOfAClone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New(3, 7, Defaults())
		for range rapid.IntRange(1, 60).Draw(t, "actions") {
			_ = w.Apply(randomAction(w, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }))
		}
		if a, b := w.Fingerprint(), w.Clone().Fingerprint(); a != b {
			t.Fatalf("%x, and its clone %x", a, b)
		}
	})
}
