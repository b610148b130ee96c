package explore

import (
	"raftlab/cluster"
	"raftlab/raft"
)

// topics is of what more is tried than what happens by itself: what a mistake that
// is on is about, and what the bounds speak of.
func (s *Search) topics(w *cluster.World) raft.Topics {
	if s.Untouched {
		return 0
	}
	about := w.About()
	if !s.Grow && s.Bounds.Changes > 0 && about&changes == 0 {
		about |= changes
	}
	if !s.Grow && s.Bounds.Snapshots > 0 {
		about |= raft.AboutSnapshots
	}
	return about & (changes | raft.AboutSnapshots)
}

// topical is bounds that grow, with that: as much of it as of commands. A change is
// an entry as a command is, so that only where faults happen both are tried.
func (sh *shared) topical(b Bounds) Bounds {
	some := b.Submits
	if sh.about&raft.AboutSnapshots != 0 {
		b.Snapshots = some
	}
	if sh.about&changes != 0 {
		b.Changes = some
		if b.Crashes == 0 {
			b.Submits = 0
		}
	}
	return b
}

// newcomers is how many servers may come into being: a learner is one that is no
// voter yet.
func newcomers(w *cluster.World, about raft.Topics) int {
	if about&raft.AboutLearners == 0 || w.Size() == cluster.MaxServers {
		return 0
	}
	return 1
}

// create puts servers that have come into being in their places.
func (sh *shared) create(s state, more []int32) {
	servers := s.servers(sh.n)
	for i := range servers {
		if len(more) > 0 && !sh.servers.part(servers[i]).Exists() {
			servers[i], more = more[0], more[1:]
		}
	}
}

// compacts tells whether a log is, or may come to be, without its first entries: then
// what it hashes to in a world with other names is not known.
func compacts(w *cluster.World, about raft.Topics) bool {
	for _, id := range w.IDs() {
		if written, _ := w.Disk(id); written.Log.FirstIndex() > 1 {
			return true
		}
	}
	return about&raft.AboutSnapshots != 0 || w.Settings().SnapshotEvery > 0
}

// largest is by how much a large command is larger than the others: over what an
// append may hold, where a mistake is about that; 0: all are of one size.
func largest(w *cluster.World) int {
	const most = 1 << 10
	if limit := w.Settings().MaxBytes; w.About()&raft.AboutSizes != 0 && limit <= most {
		return limit
	}
	return 0
}
