package live_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"raftlab/cluster/linear"
	"raftlab/cluster/live"
	"raftlab/cluster/machine"
	"raftlab/raft"
)

// storm kills, restarts, cuts and mends at random until the context ends, and
// then leaves a cluster that is whole. It returns what it did.
func storm(ctx context.Context, t testing.TB, c *live.Cluster, rng *rand.Rand, pause time.Duration) (kills, cuts int) {
	down := map[raft.ID]bool{}
	for ctx.Err() == nil {
		id := raft.ID(rng.IntN(c.Nodes()) + 1)
		other := raft.ID(rng.IntN(c.Nodes()) + 1)
		var err error
		switch rng.IntN(10) {
		case 0, 1:
			most := (c.Nodes() - 1) / 2 // down at a time; now and then too many
			if rng.IntN(4) == 0 {
				most = c.Nodes() - 1
			}
			if !down[id] && len(down) < most {
				err = c.Kill(id)
				down[id] = true
				kills++
			}
		case 2, 3, 8:
			if down[id] {
				err = c.Restart(id)
				delete(down, id)
			}
		case 4:
			err = c.Partition(raft.SetOf(id, other))
			cuts++
		case 5:
			err = c.Cut(id, other)
			cuts++
		case 6, 9:
			err = c.Heal()
		case 7:
			_ = c.Snapshot(id) // it may be down, or have nothing new
		}
		if err != nil {
			t.Errorf("in the storm: %v", err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(rng.Int64N(int64(pause)) + 1)):
		}
	}
	if err := c.Heal(); err != nil {
		t.Error(err)
	}
	for id := range down {
		if err := c.Restart(id); err != nil {
			t.Error(err)
		}
	}
	return kills, cuts
}

// keys hands out keys, a few at a time, so that no key's history grows long.
type keys struct {
	round int
	used  atomic.Int64
}

func (k *keys) next(rng *rand.Rand) string {
	return fmt.Sprintf("k%d.%d", k.round, k.used.Add(1)/60*2+rng.Int64N(2))
}

func randomCommand(rng *rand.Rand, key string) string {
	value := fmt.Sprint(rng.IntN(4))
	switch rng.IntN(8) {
	case 0, 1:
		return machine.Put(key, value)
	case 2:
		return machine.CAS(key, value, fmt.Sprint(rng.IntN(4)))
	case 3, 4:
		return machine.Incr(key)
	case 5:
		return machine.Delete(key)
	}
	return machine.Get(key)
}

// clients send random commands until the context ends, and return what they saw.
func clients(ctx context.Context, t testing.TB, c *live.Cluster, n int, seed uint64, k *keys) *linear.History {
	h := linear.NewHistory()
	var group sync.WaitGroup
	for i := range n {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		name := fmt.Sprintf("C%d", i+1)
		group.Go(func() {
			for ctx.Err() == nil {
				command := randomCommand(rng, k.next(rng))
				call := h.Call(name, command)
				one, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				result, err := c.Propose(one, name, command)
				cancel()
				switch {
				case err == nil:
					h.Return(call, result)
				case errors.Is(err, live.ErrNotTaken):
					h.NotDone(call)
				case !errors.Is(err, live.ErrUnknown):
					t.Errorf("%s: %v", command, err)
					return
				}
				time.Sleep(time.Duration(rng.IntN(1000)) * time.Microsecond)
			}
		})
	}
	group.Wait()
	return h
}

// figures of a history.
func figures(ops []linear.Operation) string {
	unknown := 0
	for _, o := range ops {
		if o.Unknown {
			unknown++
		}
	}
	return fmt.Sprintf("%d operations, %d of them with unknown outcome", len(ops), unknown)
}

// round is a storm with clients in it, and the check of what they saw.
func round(t testing.TB, c *live.Cluster, seed uint64, length time.Duration, k *keys) string {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	var kills, cuts int
	var group sync.WaitGroup
	group.Go(func() { kills, cuts = storm(ctx, t, c, rand.New(rand.NewPCG(seed, 99)), 30*time.Millisecond) })
	ops := clients(ctx, t, c, 6, seed, k).Operations()
	group.Wait()
	if err := linear.KV().Check(ops, patience); err != nil {
		t.Errorf("seed %d, %s: %v", seed, figures(ops), err)
	}
	allIsStored(t, c.View())
	return fmt.Sprintf("%s, %d kills, %d cuts", figures(ops), kills, cuts)
}

// allIsStored fails unless a crash at this moment would lose nothing that
// Figure 2 calls persistent.
func allIsStored(t testing.TB, v *live.View) {
	t.Helper()
	for _, id := range v.IDs() {
		n, d := v.State(id), v.Disk(id)
		if n.CurrentTerm != d.CurrentTerm || n.VotedFor != d.VotedFor || n.Snapshot != d.Snapshot ||
			n.Log.FirstIndex() != d.Log.FirstIndex() || n.Log.LastIndex() != d.Log.LastIndex() || n.Log.LastTerm() != d.Log.LastTerm() {
			t.Errorf("%s holds term %d, vote %q, log to %d; stored are %d, %q, %d", id,
				n.CurrentTerm, n.VotedFor, n.Log.LastIndex(), d.CurrentTerm, d.VotedFor, d.Log.LastIndex())
		}
	}
}

func TestHistoriesAreLinearizable(t *testing.T) {
	settings := live.DefaultSettings()
	settings.PreVote, settings.CheckQuorum, settings.SnapshotEvery = true, true, 200
	for name, config := range map[string]live.Config{
		"in memory, 3 servers":                   {Nodes: 3},
		"in files, 3 servers":                    {Nodes: 3, Dir: t.TempDir()},
		"PreVote, CheckQuorum, snapshots, files": {Nodes: 5, Dir: t.TempDir(), Settings: settings},
		"a bad network":                          {Nodes: 3, Transport: &badNetwork{seed: 7}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(round(t, quick(t, config), 1, 2*time.Second, &keys{}))
		})
	}
}

// The check is not blind: a client that reads from a server without asking the
// others sees what is stale, and that is found.
func TestAStaleReadIsFound(t *testing.T) {
	c := quick(t, live.Config{})
	eventually(t, "a server is cut off, and the others write on", func() bool {
		defer c.Heal()
		h := linear.NewHistory()
		write := func(value string, via raft.ID) (live.Answer, error) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			n := h.Call("C1", "x="+value)
			a, err := c.Do(ctx, live.Request{Command: "x=" + value, Via: via})
			h.Return(n, a.Result)
			return a, err
		}
		first, err := write("1", 0)
		if err != nil {
			return false // a leader was replaced: once more
		}
		if err := c.Partition(raft.SetOf(first.Node)); err != nil {
			t.Fatal(err)
		}
		second := raft.ID(0)
		eventually(t, "another leads", func() bool {
			second = c.View().Leader()
			return second != 0 && second != first.Node
		})
		if _, err := write("2", second); err != nil {
			return false
		}
		n := h.Call("C2", "get x")
		value, _ := c.View().Machine(first.Node).Get("x")
		h.Return(n, value)
		var no *linear.NotLinearizable
		if err := linear.KV().Check(h.Operations(), patience); !errors.As(err, &no) {
			t.Fatalf("the cut-off %s was read: %q; the check says %v", first.Node, value, err)
		}
		return true
	})
}

// badNetwork is a transport that loses, delays, reorders and duplicates.
type badNetwork struct {
	seed    uint64
	deliver func(raft.ID, []live.Message)
	count   atomic.Uint64
	closed  atomic.Bool
	flying  sync.WaitGroup
	mu      sync.RWMutex
}

func (b *badNetwork) Start(deliver func(raft.ID, []live.Message)) error {
	b.deliver = deliver
	return nil
}

func (b *badNetwork) Send(to raft.ID, batch []live.Message) {
	for _, m := range batch {
		rng := rand.New(rand.NewPCG(b.seed, b.count.Add(1)))
		for range []int{1, 1, 1, 1, 1, 1, 2, 2, 3, 0}[rng.IntN(10)] {
			b.fly(time.Duration(rng.IntN(3000))*time.Microsecond, to, m)
		}
	}
}

func (b *badNetwork) fly(delay time.Duration, to raft.ID, m live.Message) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed.Load() {
		return
	}
	b.flying.Add(1)
	time.AfterFunc(delay, func() {
		defer b.flying.Done()
		b.deliver(to, []live.Message{m})
	})
}

func (b *badNetwork) Close() error {
	b.mu.Lock()
	b.closed.Store(true)
	b.mu.Unlock()
	b.flying.Wait()
	return nil
}

func TestSubscribe(t *testing.T) {
	c := quick(t, live.Config{})
	all, tiny := c.Subscribe(100_000), c.Subscribe(1)
	put(t, c, "x", "1")
	if err := c.Kill(c.IDs()...); err != nil {
		t.Fatal(err)
	}
	if err := c.Restart(c.IDs()...); err != nil {
		t.Fatal(err)
	}
	put(t, c, "x", "2") // a leader was elected while somebody listened
	all.Close()
	seen := map[string]bool{}
	last := uint64(0)
	for e := range all.C {
		seen[string(e.Kind())] = true
		if e.Position <= last {
			t.Fatalf("position %d after %d", e.Position, last)
		}
		last = e.Position
	}
	for _, kind := range strings.Fields("role term voted appended committed delivered crashed") {
		if !seen[kind] {
			t.Errorf("no event %q was told, of %v", kind, seen)
		}
	}
	if all.Missed() != 0 || tiny.Missed() == 0 {
		t.Errorf("missed: %d by one with room, %d by one without", all.Missed(), tiny.Missed())
	}
}
