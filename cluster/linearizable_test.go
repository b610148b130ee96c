package cluster

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"raftlab/cluster/clients"
	"raftlab/cluster/linear"
	"raftlab/cluster/machine"
	"raftlab/cluster/setting"
	"raftlab/raft"
)

// Whatever fails, what the clients saw could have come from one copy of the
// data (§8): writes and reads through the log, and reads by read index.
func TestClientsSeeOneCopy(t *testing.T) {
	answered, unknown := 0, 0
	for seed := range uint64(40) {
		w := clientsUnderFaults(seed, "read-index")
		history := history(w)
		for _, o := range history {
			if o.Unknown {
				unknown++
			} else {
				answered++
			}
		}
		if err := linear.KV().Check(history, 30*time.Second); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
	if answered < 2000 || unknown < 50 {
		t.Errorf("%d requests were answered and %d were not: too little has happened", answered, unknown)
	}
}

// Reads that anyone answers from what it has are stale now and then, and the
// judge sees it.
func TestLocalReadsAreStale(t *testing.T) {
	for seed := range uint64(40) {
		if linear.KV().Check(history(clientsUnderFaults(seed, "local")), 30*time.Second) != nil {
			return
		}
	}
	t.Error("no stale read in forty runs")
}

// clientsUnderFaults is a world after some time with four clients, crashes and
// partitions. mode is how half of the reads are answered.
func clientsUnderFaults(seed uint64, mode string) *World {
	settings := setting.Defaults()
	settings.Latency, settings.Loss, settings.Duplication = setting.Span{Min: 1, Max: 4}, 0.02, 0.02
	w := New(5, seed, settings)
	rng := rand.New(rand.NewPCG(seed, 1))
	for range 6000 {
		_ = w.Apply(Advance{})
		client := fmt.Sprintf("C%d", 1+rng.IntN(4))
		if c := w.Client(client); c == nil || c.Status != clients.Pending || rng.IntN(200) == 0 {
			if rng.IntN(12) == 0 {
				_ = w.Apply(someRequest(rng, client, mode))
			}
		}
		if rng.IntN(300) == 0 {
			_ = w.Apply(someFault(rng))
		}
	}
	return w
}

func someRequest(rng *rand.Rand, client, mode string) Action {
	key := fmt.Sprintf("k%d", rng.IntN(2))
	switch rng.IntN(6) {
	case 0:
		return Request{Client: client, Data: machine.Incr(key)}
	case 1:
		return Request{Client: client, Data: machine.Get(key)}
	case 2, 3:
		return Read{Client: client, Key: key, Mode: mode, Via: raft.ID(rng.IntN(6))}
	default:
		return Request{Client: client, Data: machine.Put(key, fmt.Sprint(rng.IntN(1000)))}
	}
}

func someFault(rng *rand.Rand) Action {
	id := raft.ID(1 + rng.IntN(5))
	switch rng.IntN(6) {
	case 0:
		return Kill{id}
	case 1, 2:
		return Restart{id}
	case 3:
		other := raft.ID(1 + rng.IntN(5))
		return Partition{Groups: []raft.Set{raft.SetOf(id, other), raft.SetOf(1, 2, 3, 4, 5).Without(id).Without(other)}}
	}
	return Partition{Groups: []raft.Set{raft.SetOf(1, 2, 3, 4, 5)}}
}

// history is what the clients of a world saw.
func history(w *World) []linear.Operation {
	_, list := w.Operations()
	out := make([]linear.Operation, len(list))
	for i, o := range list {
		out[i] = linear.Operation{Client: o.Client, Command: o.Command, Call: int64(o.Call), Return: int64(o.Return), Result: o.Result, Unknown: o.Return == 0}
	}
	return out
}
