package cluster

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/disk"
	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// Fingerprint is a hash of the protocol's state and of what the invariants remember. It
// covers everything that can make a difference to what may happen next, and to whether that
// is right: memory and disks, messages, links, clients, and which server makes which
// mistake. If two worlds have the same settings, the same kind of state machine and the
// same fingerprint, they have the same successors.
//
// It omits the settings, because no search changes them, and the positions of events and
// the numbers of messages, because they are only names. It omits what matters only to time
// and chance: how far timers and leases have counted down, when messages are due, and the
// generator of random numbers. And it omits what was told already: events, breaches, and
// the operations that are judged at the end.
//
// It is the sum of the hashes of the world's parts. A search that keeps worlds in parts adds
// what is new and subtracts what is gone.
func (w *World) Fingerprint() uint64 { return w.renamed(nil) }

// ServerHash is a server's share of the fingerprint.
func (w *World) ServerHash(id raft.ID) uint64 { return w.servers[id-1].hash(nil, true) }

// renamed is the fingerprint of the world in which the servers had changed places.
func (w *World) renamed(r raft.Renaming) uint64 {
	rest := Rest{memory: w.memory, clients: w.clients}
	sum := rest.Hash(r, true) + w.linksHash(r)
	for _, s := range w.servers {
		sum += s.hash(r, true)
	}
	for i, bugs := range w.bugs {
		if bugs != 0 {
			sum += invariants.Mix(uint64(r.Of(raft.ID(i+1))), uint64(bugs))
		}
	}
	for m := range w.flights.Each {
		sum += w.EnvelopeHash(&m.Envelope, r)
	}
	return sum
}

// linksHash is that of the links that are cut.
func (w *World) linksHash(r raft.Renaming) (sum uint64) {
	for from, cut := range w.cuts {
		if !cut.Empty() {
			sum += invariants.MixSet(uint64(r.Of(raft.ID(from+1))), r.Set(cut))
		}
	}
	return sum
}

// EnvelopeHash is the hash of a message, its sender and its receiver, without its number. The
// request of a reply counts if the receiver may take notice of it.
func (w *World) EnvelopeHash(e *raft.Envelope, r raft.Renaming) uint64 {
	h := envelopeHash(e, r)
	if request := raft.RequestOf(e.Message); request != nil && !w.programs(e.To).Known().Unpaired {
		h = invariants.Mix(h, raft.HashMessage(request, xxhash.Sum64String, r))
	}
	return h
}

func envelopeHash(e *raft.Envelope, r raft.Renaming) uint64 {
	return invariants.Mix(raft.HashMessage(e.Message, xxhash.Sum64String, r),
		uint64(r.Of(e.From))<<8|uint64(r.Of(e.To)))
}

// hash is the hash of one server: what is in memory while it is up, and what is on its disk
// if a crash would show a difference. Without hints it omits what concerns clients alone.
func (s *server) hash(r raft.Renaming, hints bool) uint64 {
	return invariants.Mix(s.stateHash(r, hints), stableHash(&raft.Stable{Initial: *s.first}, r))
}

func (s *server) stateHash(r raft.Renaming, hints bool) uint64 {
	if !s.up() {
		h := invariants.Mix(stableHash(s.disk.Synced(), r), s.seen.BaseHash())
		return invariants.Mix(invariants.Mix(h, uint64(r.Of(s.id))<<8), s.seen.LossHash(r))
	}
	h := invariants.Mix(invariants.Mix(s.node.Hash(s.seen.HashUnder(r), r, hints), s.machine.Hash()),
		s.seen.LossHash(r))
	if s.frozen {
		h = invariants.Mix(h, 3)
	}
	if index, odd := s.seen.Checked(); odd {
		h = invariants.Mix(h, index)
	}
	if snap := s.state.Snapshot; snap != nil {
		h = invariants.Mix(h, xxhash.Sum64String(snap.Data))
	}
	if s.forgets() {
		h = invariants.Mix(h, stableHash(s.disk.Synced(), r))
	}
	if s.waits == nil {
		return invariants.Mix(h, 0)
	}
	h = invariants.Mix(h, uint64(len(s.ready))) // as many at the end wait for no majority any more
	for _, read := range slices.Concat(s.reads, s.ready) {
		h = invariants.Mix(invariants.Mix(invariants.Mix(h, read.number), read.index), xxhash.Sum64String(read.client))
	}
	return h
}

// forgets tells whether the server would lose something of its persistent state in a crash.
func (s *server) forgets() bool {
	n, d := s.state, s.disk.Synced()
	return s.disk.Written.Own != d.Own || n.CurrentTerm != d.CurrentTerm || n.VotedFor != d.VotedFor ||
		n.Snapshot != d.Snapshot || !disk.SameLog(&n.Log, &d.Log)
}

func stableHash(d *raft.Stable, r raft.Renaming) uint64 { return d.Hash(xxhash.Sum64String, r) }

// Symmetries is the renamings under which the world is the same, so that what can happen in
// it, and whether that is right, does not depend on which servers have the names. The first
// one changes no name.
//
// Servers change places only with servers that run the same program, and only if each
// program takes no notice of names, or may be assumed to (Known.Renamed). There is only the
// first renaming for clusters of more than five servers, for logs that name servers in their
// entries, and for worlds with a breach, because the same breach of other servers would be
// news.
func (w *World) Symmetries(suppose bool) []raft.Renaming {
	all := []raft.Renaming{nil}
	if len(w.servers) > 5 || len(w.breaches) > 0 || w.namesServers() || !w.renames(suppose) {
		return all
	}
	names := make(raft.Renaming, len(w.servers)+1)
	for id := range names {
		names[id] = raft.ID(id)
	}
	same := w.renamed(names)
	var place func(i int, used raft.Set)
	place = func(i int, used raft.Set) {
		if i == len(names) {
			if w.renamed(names) == same {
				all = append(all, append(raft.Renaming(nil), names...))
			}
			return
		}
		for id := raft.ID(1); int(id) < len(names); id++ {
			if !used.Has(id) && w.programs(raft.ID(i)) == w.programs(id) {
				names[i] = id
				place(i+1, used.With(id))
			}
		}
	}
	place(1, raft.Set{})
	if suppose { // a text is hashed in another way where names are looked for in it
		return all[1:]
	}
	return append(all[:1], all[2:]...) // the first that is built is no renaming either
}

// renames tells whether every server's program takes no notice of names, or may be assumed
// to.
func (w *World) renames(suppose bool) bool {
	return !slices.ContainsFunc(w.servers, func(s *server) bool {
		known := w.programs(s.id).Known()
		return !known.Symmetric && !(suppose && known.Renamed)
	})
}

// namesServers tells whether some log, or a message with entries, has an entry
// that names servers.
func (w *World) namesServers() bool {
	for _, s := range w.servers {
		for _, l := range []*raft.Log{&s.disk.Written.Log, &s.disk.Synced().Log} {
			for i := l.FirstIndex(); i <= l.LastIndex(); i++ {
				if l.Entry(i).Kind == raft.Config {
					return true
				}
			}
		}
	}
	return slices.ContainsFunc(w.Flights(), func(m Flight) bool {
		a, ok := m.Message.(*raft.AppendEntries)
		return ok && slices.ContainsFunc(a.Entries, func(e raft.Entry) bool { return e.Kind == raft.Config })
	})
}
