package cluster

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// Fingerprint is a hash of the protocol's state and of what the invariants
// remember: of all that can make a difference to what may happen next, and to
// whether it is right. It does not depend on the positions of events, the
// numbers of messages, or how far the timers have counted down, so that worlds
// that differ in these alone have the same one.
func (w *World) Fingerprint() uint64 {
	sum := w.memory.Hash()
	for _, s := range w.servers {
		sum = invariants.Mix(sum, s.hash())
	}
	for from, cut := range w.cuts {
		sum = invariants.Mix(invariants.Mix(sum, uint64(from)^cut[0]<<8), cut[1])
	}
	for i, bugs := range w.bugs {
		if bugs != 0 {
			sum = invariants.Mix(invariants.Mix(sum, uint64(i)), uint64(bugs))
		}
	}
	for _, c := range w.clients {
		sum = invariants.Mix(sum, c.hash())
	}
	// What is in flight is a set: the order does not count, only who is asked
	// and what, and how often.
	mail := uint64(0)
	for i := range w.flights.parked.Len() {
		mail += w.flights.parked.At(i).hash()
	}
	for i := range w.flights.list {
		mail += w.flights.list[i].hash()
	}
	return invariants.Mix(sum, mail)
}

// hash is that of one server: what is in memory while it is up, and what is on
// its disk where a crash would tell the difference.
func (s *server) hash() uint64 {
	if !s.up() {
		return invariants.Mix(stableHash(&s.disk.synced), 1)
	}
	log, _ := s.seen.Hash(s.node.Log().LastIndex())
	h := invariants.Mix(s.node.Hash(log), 2)
	if s.frozen {
		h = invariants.Mix(h, 3)
	}
	if s.disk.unsynced() {
		h = invariants.Mix(h, stableHash(&s.disk.synced))
	}
	for _, r := range s.reads {
		h = invariants.Mix(invariants.Mix(h, r.index), xxhash.Sum64String(r.client))
	}
	return h
}

func stableHash(d *raft.Stable) uint64 {
	h := invariants.Mix(invariants.Mix(d.CurrentTerm, uint64(d.VotedFor)), d.Log.FirstIndex())
	for i := d.Log.FirstIndex(); i <= d.Log.LastIndex(); i++ {
		e := d.Log.Entry(i)
		h = invariants.Mix(invariants.Mix(h, e.Term<<2|uint64(e.Kind)), xxhash.Sum64String(e.Data))
	}
	if d.Snapshot != nil {
		h = invariants.Mix(invariants.Mix(h, d.Snapshot.Term), xxhash.Sum64String(d.Snapshot.Data))
	}
	return h
}

// hash is that of what a client still waits for, or knows.
func (c *Client) hash() uint64 {
	h := xxhash.Sum64String(c.Name)
	for _, text := range []string{c.Data, c.Status, c.Result} {
		h = invariants.Mix(h, xxhash.Sum64String(text))
	}
	for _, v := range []uint64{uint64(c.Leader), uint64(c.Node), c.Index, c.Term, c.Session, c.Serial} {
		h = invariants.Mix(h, v)
	}
	return h
}
