package cluster

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"raftlab/cluster/machine"
	"raftlab/raft"
)

// §7: taking a snapshot of a state of 100 MB, sending it and installing it needs
// less than twice its size beside it. What is allocated in all is counted, so
// that the garbage collector's mood does not matter.
func TestSnapshotMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("100 MB")
	}
	const size, value = 100 << 20, 50_000
	for _, c := range []struct{ name, filler, sessions string }{{"words, with sessions", "plainword.", "on"}, {"quoted", "\"quoted\", \n", "off"}} {
		w := newWorld(t, 3, 1, "sessions", c.sessions, "max-entries", "100")
		elect(t, w, 1)
		do(t, w, Partition{[]raft.Set{raft.SetOf(3)}}) // S3 is cut off
		text := strings.Repeat(c.filler, value/len(c.filler))
		for i := range size / value {
			do(t, w, Request{Client: "C1", Data: machine.Put(fmt.Sprintf("key%06d", i), text[:value-10]+fmt.Sprintf("%010d", i))})
			if i%100 == 0 {
				settle(t, w)
			}
		}
		settle(t, w)
		beat(t, w, 1)
		var before, taken, installed runtime.MemStats
		runtime.ReadMemStats(&before)
		do(t, w, Snapshot{1})
		runtime.ReadMemStats(&taken)
		do(t, w, Partition{})
		beat(t, w, 1)
		beat(t, w, 1)
		runtime.ReadMemStats(&installed)
		if w.Machine(3).Len() != size/value {
			t.Fatalf("S3 holds %d keys", w.Machine(3).Len())
		}
		size := uint64(len(w.servers[0].disk.Written.Snapshot.Data)) >> 20
		mb := func(a, b *runtime.MemStats) uint64 { return (b.TotalAlloc - a.TotalAlloc) >> 20 }
		t.Logf("%s: a snapshot of %d MB: %d MB to take, %d MB to install", c.name, size, mb(&before, &taken), mb(&taken, &installed))
		if mb(&before, &installed) >= 2*size {
			t.Errorf("%s: %d MB in all", c.name, mb(&before, &installed))
		}
	}
}
