package raft_test

import (
	"fmt"
	"testing"

	"raftlab/raft"
)

const sixteen = "sixteen bytes.  "

// benchNode is S1 of three, driven without the tests' bookkeeping.
func benchNode(b *testing.B, opts raft.Options) (*raft.Node, *raft.Output) {
	b.Helper()
	n, err := raft.New(1, raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1, 2, 3)}}, &opts)
	if err != nil {
		b.Fatal(err)
	}
	return n, &raft.Output{}
}

// give, as compactEach, does without b.Helper: it costs more than the step.
func give(b *testing.B, n *raft.Node, o *raft.Output, from raft.ID, m raft.Message) {
	o.Reset()
	if err := n.Step(raft.Receive(raft.Envelope{From: from, To: 1, Message: m}), o); err != nil {
		b.Fatal(err)
	}
}

// compactEach keeps a benchmark's log short, as a server would.
func compactEach(b *testing.B, n *raft.Node, o *raft.Output) {
	if n.LastApplied >= n.Log.FirstIndex()+8192 {
		if err := n.Step(raft.Compact(n.LastApplied, ""), o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFollowerAppend is a follower's step: an append of some entries,
// stored, committed, answered.
func BenchmarkFollowerAppend(b *testing.B) {
	for _, count := range []int{0, 1, 64} {
		b.Run(fmt.Sprint(count, " entries"), func(b *testing.B) {
			n, o := benchNode(b, raft.Options{})
			batch := make([]raft.Entry, count)
			for i := range batch {
				batch[i] = raft.Entry{Term: 1, Data: sixteen}
			}
			var m raft.AppendEntries
			b.ReportAllocs()
			for b.Loop() {
				last := n.Log.LastIndex()
				m = raft.AppendEntries{Term: 1, LeaderID: 2, PrevLogIndex: last, PrevLogTerm: n.Log.LastTerm(), Entries: batch, LeaderCommit: last}
				give(b, n, o, 2, &m)
				compactEach(b, n, o)
			}
			if last := n.Log.LastIndex(); last != uint64(b.N*count) {
				b.Fatalf("last index %d", last)
			}
		})
	}
}

// BenchmarkCommitAdvance is a leader's step: a proposal, sent to all, and the
// answer that commits it.
func BenchmarkCommitAdvance(b *testing.B) {
	for _, pipeline := range []bool{false, true} {
		b.Run(fmt.Sprint("pipeline ", pipeline), func(b *testing.B) {
			n, o := benchNode(b, raft.Options{Pipeline: pipeline})
			if err := n.Step(raft.ElectionTimeout(), o); err != nil {
				b.Fatal(err)
			}
			give(b, n, o, 2, &raft.RequestVoteReply{Term: 1, VoteGranted: true})
			var m raft.AppendEntriesReply
			b.ReportAllocs()
			for b.Loop() {
				o.Reset()
				if err := n.Step(raft.Propose(sixteen), o); err != nil {
					b.Fatal(err)
				}
				index := o.Index
				for id := raft.ID(2); id <= 3; id++ {
					m = raft.AppendEntriesReply{Term: 1, Success: true, MatchIndex: index}
					give(b, n, o, id, &m)
				}
				compactEach(b, n, o)
			}
			if n.CommitIndex != uint64(b.N) {
				b.Fatalf("commitIndex %d after %d", n.CommitIndex, b.N)
			}
		})
	}
}

var copied *raft.Node

// BenchmarkClone is a copy of a server, whatever its log's length.
func BenchmarkClone(b *testing.B) {
	for _, length := range []int{10, 100_000} {
		for _, leads := range []bool{false, true} {
			b.Run(fmt.Sprintf("log of %d, leads %v", length, leads), func(b *testing.B) {
				n, o := benchNode(b, raft.Options{})
				batch := make([]raft.Entry, length)
				for i := range batch {
					batch[i] = raft.Entry{Term: 1, Data: sixteen}
				}
				give(b, n, o, 2, &raft.AppendEntries{Term: 1, LeaderID: 2, Entries: batch})
				if leads {
					if err := n.Step(raft.ElectionTimeout(), o); err != nil {
						b.Fatal(err)
					}
					give(b, n, o, 2, &raft.RequestVoteReply{Term: 2, VoteGranted: true})
				}
				b.ReportAllocs()
				for b.Loop() {
					copied = n.Clone()
				}
			})
		}
	}
}

// BenchmarkFeatures is proposals through three servers, with a heartbeat in
// each round of 16, without and with PreVote, stickiness, leases and CheckQuorum.
func BenchmarkFeatures(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint("on ", on), func(b *testing.B) {
			opts := &raft.Options{NoOp: true, PreVote: on, StickyFollower: on, Lease: on}
			var nodes [4]*raft.Node
			var outs [4]raft.Output
			var mail, next []raft.Envelope
			for id := raft.ID(1); id <= 3; id++ {
				n, err := raft.New(id, raft.Stable{Initial: raft.Configuration{Voters: raft.SetOf(1, 2, 3)}}, opts)
				if err != nil {
					b.Fatal(err)
				}
				nodes[id] = n
			}
			did := func(id raft.ID, err error) {
				if err != nil {
					b.Fatal(err)
				}
				o := &outs[id]
				next = append(next, o.Send...)
				if o.QuorumRound > 0 {
					if err := nodes[id].Step(raft.LeaseGranted(), new(raft.Output)); err != nil {
						b.Fatal(err)
					}
				}
			}
			exchange := func() {
				for len(next) > 0 {
					mail, next = next, mail[:0]
					for _, e := range mail {
						outs[e.To].Reset()
						did(e.To, nodes[e.To].Step(raft.Receive(e), &outs[e.To]))
					}
				}
			}
			l, o := nodes[1], &outs[1]
			did(1, l.Step(raft.ElectionTimeout(), o))
			exchange()
			b.ReportAllocs()
			for b.Loop() {
				for range 16 {
					o.Reset()
					did(1, l.Step(raft.Propose(sixteen), o))
					exchange()
				}
				o.Reset()
				did(1, l.Step(raft.HeartbeatTimeout(), o))
				exchange()
				for id := raft.ID(1); id <= 3; id++ {
					compactEach(b, nodes[id], &outs[id])
				}
			}
			if l.CommitIndex < uint64(16*b.N) || l.Role != raft.Leader || l.Lease != on {
				b.Fatalf("commitIndex %d after %d, %s", l.CommitIndex, 16*b.N, l.Role)
			}
		})
	}
}
