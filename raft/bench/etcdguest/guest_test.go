package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"raftlab/cluster"
	"raftlab/cluster/fuzz"
	"raftlab/cluster/guest"
	"raftlab/cluster/program"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// modes is the ways in which etcd's servers run, with the rules of which docs/guest.md says why they depart from them.
var modes = []struct {
	flags   string
	departs []string
}{
	{"", []string{"AppendNew"}},
	{"--checkquorum", []string{"AppendNew"}},
	{"--prevote", []string{"AppendNew", "PreVoteFirst", "Stickiness"}},
	{"--prevote --checkquorum", []string{"AppendNew", "PreVoteFirst"}},
}

// built is the program, built once for all tests.
var built string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "etcdguest")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		built = filepath.Join(dir, "etcdguest")
		if out, err := exec.Command("go", "build", "-o", built, ".").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %s", err, out))
		}
		return m.Run()
	}())
}

// open is the program with these flags.
func open(t testing.TB, flags string) *guest.Program {
	t.Helper()
	p, err := guest.Open(context.Background(), strings.TrimSpace(built+" "+flags))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// cluster is n servers, of which some are etcd's and the others raftlab's own.
func servers(t testing.TB, p *guest.Program, n int, guests raft.Set, except []string, snapshots int) *cluster.World {
	t.Helper()
	s := setting.Defaults()
	s.JudgeExcept, s.SnapshotEvery = strings.Join(except, " "), snapshots
	w, err := cluster.NewOf(func(id raft.ID) program.Program {
		if guests.Has(id) {
			return p
		}
		return program.Own(id)
	}, n, 1, s, "kv")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func do(t testing.TB, w *cluster.World, actions ...cluster.Action) {
	t.Helper()
	for _, a := range actions {
		if err := w.Apply(a); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		for len(w.Flights()) > 0 {
			if err := w.Apply(cluster.Deliver{ID: w.Flights()[0].ID}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestEtcd: etcd's servers elect, replicate, lose a server behind a partition, bring it back by a snapshot, crash and go
// on under it.
func TestEtcd(t *testing.T) {
	for _, m := range modes {
		for _, guests := range []raft.Set{raft.SetOf(1, 2, 3), raft.SetOf(1), raft.SetOf(3)} {
			t.Run(fmt.Sprint(m.flags, guests), func(t *testing.T) {
				w := servers(t, open(t, m.flags), 3, guests, nil, 0)
				do(t, w, cluster.Timeout{Node: 1}, cluster.Request{Client: "C1", Data: "x=1", Via: 1},
					cluster.Partition{Groups: []raft.Set{raft.SetOf(3), raft.SetOf(1, 2)}})
				for i := range 3 {
					do(t, w, cluster.Request{Client: "C1", Data: fmt.Sprint("y=", i), Via: 1}, cluster.Heartbeat{Node: 1})
				}
				do(t, w, cluster.Snapshot{Node: 1}, cluster.Partition{})
				for range 8 {
					do(t, w, cluster.Heartbeat{Node: 1})
				}
				if s := w.State(3); s.Snapshot == nil || w.Machine(3).Hash() != w.Machine(1).Hash() {
					t.Fatalf("S3's snapshot: %v; state machines %s and %s", s.Snapshot, w.Machine(1).Snapshot(),
						w.Machine(3).Snapshot())
				}
				do(t, w, cluster.Kill{Node: 1}, cluster.Kill{Node: 3}, cluster.Restart{Node: 3}, cluster.Restart{Node: 1},
					cluster.Fire{Timer: "minimum", Node: 2}, cluster.Timeout{Node: 3},
					cluster.Request{Client: "C1", Data: "z=1", Via: 3}, cluster.Heartbeat{Node: 3})
				if w.Leader() != 3 || w.Machine(1).Hash() != w.Machine(3).Hash() {
					t.Errorf("%s leads; state machines %s and %s", w.Leader(), w.Machine(1).Snapshot(),
						w.Machine(3).Snapshot())
				}
				for _, d := range w.Departures() {
					t.Error(d.Text)
				}
				for _, b := range w.Breaches() {
					t.Error(b.Text)
				}
			})
		}
	}
}

// TestJudge: random schedules show no departure but those that are explained, whoever is etcd's. RAFTLAB_FUZZ is how
// many runs there are of each kind.
func TestJudge(t *testing.T) {
	runs := uint64(20)
	if text := os.Getenv("RAFTLAB_FUZZ"); text != "" {
		if _, err := fmt.Sscan(text, &runs); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range modes {
		p := open(t, m.flags)
		for _, guests := range []raft.Set{raft.SetOf(1, 2, 3, 4, 5), raft.SetOf(2)} {
			for _, snapshots := range []int{0, 3} {
				w := servers(t, p, 3+snapshots%2, guests, m.departs, snapshots)
				s := fuzz.Search{First: 1, Last: runs}
				if r := s.Run(context.Background(), w); r.Outcome != fuzz.Bound {
					t.Errorf("%s, %s, snapshots %d: seed %d: %v %v", m.flags, guests, snapshots, r.Seed, r.Breach, r.Failure)
				}
			}
		}
	}
}

// BenchmarkAtHand is what an answer takes of servers that have lived through about so many inputs, one in 64 of which is
// asked of a process that lives through all of them.
func BenchmarkAtHand(b *testing.B) {
	for _, inputs := range []uint64{300} {
		b.Run(fmt.Sprint(inputs, " inputs"), func(b *testing.B) {
			p := open(b, "")
			w := servers(b, p, 3, raft.SetOf(1, 2, 3), nil, 0)
			do(b, w, cluster.Timeout{Node: 1})
			for n := 0; p.Calls.Load() < inputs*3; n++ {
				do(b, w, cluster.Request{Client: "C1", Data: fmt.Sprint("x=", n), Via: 1})
			}
			before, calls := p.Time()*time.Duration(p.Calls.Load()), p.Calls.Load()
			for n := range 10 {
				do(b, w, cluster.Request{Client: "C1", Data: fmt.Sprint("y=", n), Via: 1})
			}
			took := p.Time()*time.Duration(p.Calls.Load()) - before
			b.ReportMetric(float64(took.Microseconds())/float64(p.Calls.Load()-calls), "µs/answer")
			b.ReportMetric(0, "ns/op")
		})
	}
}
