package explore

import (
	"raftlab/cluster"
	"raftlab/raft"
)

// topics is what is tried in addition to what always is: things that the present bugs are about, and
// things that the bounds allow.
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

// topical adds these to bounds that grow, as many of each as of commands. A change is an entry, like a
// command, so both are tried only together with faults.
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

// newcomers is how many servers may be created. A learner must be a server without a vote.
func newcomers(w *cluster.World, about raft.Topics) int {
	if about&raft.AboutLearners == 0 || w.Size() == cluster.MaxServers {
		return 0
	}
	return 1
}

// create puts new servers in their places.
func (sh *shared) create(s state, more []int32) {
	servers := s.servers(sh.n)
	for i := range servers {
		if len(more) > 0 && !sh.servers.part(servers[i]).Exists() {
			servers[i], more = more[0], more[1:]
		}
	}
}

// compacts tells whether a log lacks its first entries, or may come to. Then its hash under other
// names is not known.
func compacts(w *cluster.World, about raft.Topics) bool {
	for _, id := range w.IDs() {
		if written, _ := w.Disk(id); written.Log.FirstIndex() > 1 {
			return true
		}
	}
	return about&raft.AboutSnapshots != 0 || w.Settings().SnapshotEvery > 0
}

// largest is by how many bytes a large command is larger than the others: more than an append may
// hold, if a bug is about that; 0 if all have one size.
func largest(w *cluster.World) int {
	const most = 1 << 10
	if limit := w.Settings().MaxBytes; w.About()&raft.AboutSizes != 0 && limit <= most {
		return limit
	}
	return 0
}
