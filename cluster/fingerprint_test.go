package cluster

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"raftlab/cluster/network"
	"raftlab/cluster/setting"
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
	begin := func() *World { return apply(t, New(3, 1, setting.Defaults()), Timeout{1}) }
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
		w := apply(t, New(3, 1, setting.Defaults()), Timeout{1})
		for w.Deliverable(raft.Set{}) {
			apply(t, w, DeliverNext{})
		}
		return w
	}
	seen := map[uint64]Action{elected().Fingerprint(): Advance{}}
	for _, a := range []Action{
		Kill{1}, Kill{2}, Freeze{2}, Timeout{2}, Heartbeat{1}, SetLinks{true, []network.Link{{From: 1, To: 2}}}, SetLinks{true, []network.Link{{From: 2, To: 1}}},
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
		w := New(3, 7, setting.Defaults())
		for range rapid.IntRange(1, 60).Draw(t, "actions") {
			_ = w.Apply(randomAction(w, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }))
		}
		if a, b := w.Fingerprint(), w.Clone().Fingerprint(); a != b {
			t.Fatalf("%x, and its clone %x", a, b)
		}
	})
}

// What is done in a world with other names leads to the same state with other
// names: also where logs, messages and what is remembered name servers, in
// configurations.
func TestFingerprintUnderOtherNames(t *testing.T) {
	changed, committed := 0, 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		names := raft.Renaming{0}
		for _, i := range r.Perm(4) {
			names = append(names, raft.ID(i+1))
		}
		w := apply(t, New(4, 1, setting.Defaults()), SetBug{Name: []string{"change-before-own-term", "direct-change", "vote-any"}[r.IntN(3)], On: true})
		twin := w.Clone()
		for range 60 {
			all := w.Possible(nil)
			servers, _ := w.Parts()
			for _, p := range servers {
				all = append(all, NewBench(w).MoreAt(p, raft.AboutMembers|raft.AboutLearners|raft.AboutJoint, 5)...)
			}
			for _, id := range w.Leaders() {
				all = append(all, Request{"C1", "x=1", id})
			}
			a := all[r.IntN(len(all))]
			if m := w.Flights(); len(m) > 0 && r.IntN(4) > 0 {
				a = Deliver{m[r.IntN(len(m))].ID}
			}
			if _, rare := a.(Kill); rare && r.IntN(4) > 0 {
				continue
			}
			b := otherwiseNamed(w, twin, a, names)
			if errA, errB := w.Apply(a), twin.Apply(b); (errA == nil) != (errB == nil) {
				t.Fatalf("seed %d: %s: %v, but %s: %v", seed, a, errA, b, errB)
			}
			if got, want := w.renamed(names), twin.Fingerprint(); got != want {
				t.Fatalf("seed %d: after %s, and %s with other names, %x and %x", seed, a, b, got, want)
			}
			if len(w.breaches) > 0 {
				break
			}
		}
		if w.namesServers() {
			changed++
		}
		if w.memory.Committed() > 0 {
			committed++
		}
	}
	if changed < 30 || committed < 30 {
		t.Errorf("%d worlds with changes, %d with entries that are committed: hardly a test", changed, committed)
	}
}

// otherwiseNamed is an action of one world in another, where servers have other names.
func otherwiseNamed(w, twin *World, a Action, r raft.Renaming) Action {
	message := func(id uint64) uint64 {
		want := w.EnvelopeHash(&w.Flight(id).Envelope, r)
		for _, m := range twin.Flights() {
			if w.EnvelopeHash(&m.Envelope, nil) == want {
				return m.ID
			}
		}
		return 0
	}
	switch a := a.(type) {
	case Deliver:
		return Deliver{message(a.ID)}
	case Drop:
		return Drop{message(a.ID)}
	case Timeout:
		return Timeout{r.Of(a.Node)}
	case Heartbeat:
		return Heartbeat{r.Of(a.Node)}
	case Kill:
		return Kill{r.Of(a.Node)}
	case Restart:
		return Restart{r.Of(a.Node)}
	case Request:
		return Request{a.Client, a.Data, r.Of(a.Via)}
	case AddServer:
		return AddServer{r.Of(a.Node), a.Learner, r.Of(a.At)}
	case RemoveServer:
		return RemoveServer{r.Of(a.Node), r.Of(a.At)}
	case Promote:
		return Promote{r.Of(a.Node), r.Of(a.At)}
	case Reconfigure:
		return Reconfigure{r.Set(a.Voters), r.Of(a.At)}
	}
	panic(a.String())
}

// What a snapshot has replaced is not in it, and the invariants know it all the
// same: two servers whose snapshots are equal and replaced different entries are
// not alike, down or up, for once they run they are compared with others.
func TestFingerprintOfWhatASnapshotReplaced(t *testing.T) {
	made := func(first, second int) *World { // an entry of term first, one of term 3
		w := newWorld(t, 3, 1)
		for range first {
			do(t, w, Timeout{1})
		}
		settle(t, w)
		for range second {
			do(t, w, Timeout{2})
		}
		settle(t, w)
		do(t, w, Heartbeat{2})
		settle(t, w)
		do(t, w, Snapshot{1}, Snapshot{2}, Snapshot{3})
		return w
	}
	a, b := made(1, 2), made(2, 1)
	for _, down := range []bool{false, true} {
		for id := raft.ID(1); id <= 3; id++ {
			x, y := a.servers[id-1], b.servers[id-1]
			if !reflect.DeepEqual(x.disk.Synced().Snapshot, y.disk.Synced().Snapshot) || x.disk.Synced().Snapshot.Index != 2 {
				t.Fatalf("%s: %v, %v", id, x.disk.Synced().Snapshot, y.disk.Synced().Snapshot)
			}
			if x.hash(nil, false) == y.hash(nil, false) {
				t.Errorf("%s, down %t: one hash for logs that differ below their snapshots", id, down)
			}
			if !down {
				do(t, a, Kill{id})
				do(t, b, Kill{id})
			}
		}
	}
}
