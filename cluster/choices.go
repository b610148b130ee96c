package cluster

import "raftlab/raft"

// Mail is how many messages are in flight, and MailAt is one of them; the one that is due
// first comes first. Neither copies, because a search asks often. A message may be read
// until the next action.
func (w *World) Mail() int            { w.flights.Unpark(); return w.flights.Len() }
func (w *World) MailAt(i int) *Flight { return w.flights.At(i) }

// Reseed starts another sequence of random numbers, and draws the election timeouts from it
// again, so that each copy of a world has a future of its own.
func (w *World) Reseed(seed uint64) {
	w.rng = seed
	for i, s := range w.servers {
		if s.up() && s.state.Role != raft.Leader && !w.stopped(s) {
			w.startElectionTimer(w.mutable(raft.ID(i + 1)))
		}
	}
}
