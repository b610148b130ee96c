// Package load is the load under which the benchmarks in raft/bench measure a
// live cluster beside etcd's Node: clients in goroutines of their own, each of
// which proposes, waits until its proposal is committed and applied, and
// proposes again. What both sides share is here, and our side.
package load

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raftlab/cluster/live"
	"raftlab/cluster/machine"
)

// What both sides are set to.
const (
	Nodes        = 3
	Tick         = 10 * time.Millisecond
	CompactEvery = 8192 // entries applied between compactions of a log
	PayloadLen   = 16   // bytes of data in a proposal
)

// Clients is how many clients there are in each load.
var Clients = []int{1, 16, 64, 256, 1024}

// Name is what a load is called.
func Name(clients int) string {
	return fmt.Sprintf("live, %d servers, %d clients", Nodes, clients)
}

// Cluster is a cluster in real time, in memory.
type Cluster interface {
	// Propose returns when the proposal, number n, is committed and applied on
	// the leader.
	Propose(n uint64) error
	// Applied is how many proposals each node has applied, and their digest.
	Applied() []Digest
	Close()
}

// Digest is what a state machine has seen: how many proposals, and a digest of
// them in order.
type Digest struct{ Count, Sum uint64 }

// Add applies one proposal.
func Add[D string | []byte](d *Digest, data D) {
	d.Count++
	d.Sum = d.Sum*31 + Number(data)
}

// Payload is proposal n's data.
func Payload(n uint64) []byte {
	b := make([]byte, PayloadLen)
	for i := range 8 {
		b[i] = byte(n >> (8 * i))
	}
	return b
}

// Number is the proposal's number.
func Number[D string | []byte](d D) uint64 {
	return uint64(d[0]) | uint64(d[1])<<8 | uint64(d[2])<<16 | uint64(d[3])<<24 |
		uint64(d[4])<<32 | uint64(d[5])<<40 | uint64(d[6])<<48 | uint64(d[7])<<56
}

// Run measures proposals a second.
func Run(b *testing.B, clients int, start func() Cluster) {
	c := start()
	defer c.Close()
	var next atomic.Uint64
	propose := func(n int) {
		var group sync.WaitGroup
		var left atomic.Int64
		left.Store(int64(n))
		for range clients {
			group.Go(func() {
				for left.Add(-1) >= 0 {
					if err := c.Propose(next.Add(1)); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		group.Wait()
	}
	propose(max(64, 4*clients))
	b.ReportAllocs()
	b.ResetTimer()
	propose(b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "proposals/s")
	check(b, c, next.Load())
}

// check fails unless, soon after, every node has applied every proposal, all
// in the same order.
func check(b *testing.B, c Cluster, proposed uint64) {
	for range 1000 {
		all := c.Applied()
		done := true
		for _, d := range all {
			done = done && d.Count == proposed && d.Sum == all[0].Sum
		}
		if done {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.Fatalf("%d proposals; applied are %v", proposed, c.Applied())
}

// raftlab is a cluster of this repository.
type raftlab struct{ *live.Cluster }

// Raftlab starts a cluster of this repository, with what etcd's has: nothing is
// recorded.
func Raftlab() Cluster { return start(-1) }

// Recording is the same with its record on.
func Recording() Cluster { return start(0) }

func start(record int) Cluster {
	settings := live.DefaultSettings()
	settings.SnapshotEvery = CompactEvery
	c, err := live.Start(live.Config{
		Nodes: Nodes, Tick: Tick, Settings: settings, Machine: digestMachine{}, Record: record,
	})
	if err != nil {
		panic(err)
	}
	return raftlab{c}
}

func (r raftlab) Propose(n uint64) error {
	_, err := r.Cluster.Propose(context.Background(), "C1", string(Payload(n)))
	return err
}

func (r raftlab) Applied() []Digest {
	v := r.View()
	var out []Digest
	for _, id := range v.IDs() {
		out = append(out, Digest(v.Machine(id).(digestMachine)))
	}
	return out
}

func (r raftlab) Close() { _ = r.Cluster.Close() }

// digestMachine is a state machine that costs nothing.
type digestMachine Digest

func (d digestMachine) Apply(command string) (machine.Machine, string) {
	Add((*Digest)(&d), command)
	return d, ""
}

func (d digestMachine) Snapshot() string { return fmt.Sprint(d.Count, " ", d.Sum) }

func (d digestMachine) Restore(s string) (machine.Machine, error) {
	_, err := fmt.Sscan(s, &d.Count, &d.Sum)
	return d, err
}

func (d digestMachine) All() iter.Seq2[string, string]     { return func(func(string, string) bool) {} }
func (d digestMachine) Get(string) (value string, ok bool) { return "", false }
func (d digestMachine) Len() int                           { return 0 }
func (d digestMachine) Hash() uint64                       { return d.Sum }
