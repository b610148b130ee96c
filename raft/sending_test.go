package raft

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
)

// leading is a leader of three that has proposed n commands which nobody has
// acknowledged, and what it sent for the last one.
func leading(t testing.TB, n int) (*Node, *Output) {
	node, err := New(1, Stable{Initial: Configuration{Voters: SetOf(1, 2, 3)}}, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := &Output{}
	if err := node.Step(ElectionTimeout(), o); err != nil {
		t.Fatal(err)
	}
	if err := node.Step(Receive(Envelope{From: 2, To: 1, Message: &RequestVoteReply{Term: 1, VoteGranted: true}}), o); err != nil || node.Role != Leader {
		t.Fatal(node.Role, err)
	}
	for i := range n {
		o.Reset()
		if err := node.Step(Propose(fmt.Sprint(i)), o); err != nil {
			t.Fatal(err)
		}
	}
	return node, o
}

func appendIn(o *Output) *AppendEntries {
	for _, e := range o.Send {
		if m, ok := e.Message.(*AppendEntries); ok {
			return m
		}
	}
	return nil
}

// Appends that reach over much of the log share their entries, whichever copy of
// the leader sends them, and copies that go on apart do not see each other's.
func TestSending_SharedByCopies(t *testing.T) {
	a, o := leading(t, 1000)
	first := appendIn(o)
	was := slices.Clone(first.Entries)
	b := a.Clone()
	for i := range 300 {
		for node, name := range map[*Node]string{a: "a", b: "b"} {
			o := &Output{}
			if err := node.Step(Propose(fmt.Sprint(name, i)), o); err != nil {
				t.Fatal(err)
			}
			m := appendIn(o)
			if len(m.Entries) != 1001+i || m.Entries[1000+i].Data != fmt.Sprint(name, i) || m.Entries[999].Data != "999" {
				t.Fatalf("%s sends %d entries, the last %v", name, len(m.Entries), m.Entries[len(m.Entries)-1])
			}
			for k := range i + 1 {
				if got := m.Entries[1000+k].Data; got != fmt.Sprint(name, k) {
					t.Fatalf("%s sends %q as its command %d", name, got, k)
				}
			}
		}
	}
	if !slices.Equal(first.Entries, was) {
		t.Error("an append that was sent has changed")
	}
}

// What an unanswered proposal or read allocates does not depend on how many wait.
func TestUnanswered_CostsTheSame(t *testing.T) {
	var bytes [2]uint64
	for i, n := range []int{2_000, 20_000} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		node, o := leading(t, n)
		for k := range n {
			o.Reset()
			_ = node.Step(Read(uint64(k+1), false), o)
		}
		runtime.ReadMemStats(&after)
		bytes[i] = (after.TotalAlloc - before.TotalAlloc) / uint64(n)
	}
	if bytes[1] > 2*bytes[0] {
		t.Errorf("%d bytes each for 2000, %d for 20000", bytes[0], bytes[1])
	}
}

func BenchmarkUnanswered(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint("proposals/", n), func(b *testing.B) {
			for b.Loop() {
				leading(b, n)
			}
		})
		b.Run(fmt.Sprint("reads/", n), func(b *testing.B) {
			for b.Loop() {
				node, o := leading(b, 1)
				for k := range n {
					o.Reset()
					_ = node.Step(Read(uint64(k+1), false), o)
				}
			}
		})
	}
}
