package cluster

import "raftlab/raft"

// Mail is how many messages are in flight, and MailAt one of them, the one due
// first in front: without a copy, for who looks often. It may be read until the
// next action.
func (w *World) Mail() int            { w.flights.Unpark(); return w.flights.Len() }
func (w *World) MailAt(i int) *Flight { return w.flights.At(i) }

// Reseed begins another sequence of random numbers, and draws the election
// timeouts anew from it, so that copies of a world have futures of their own.
func (w *World) Reseed(seed uint64) {
	w.rng = seed
	for i, s := range w.servers {
		if s.up() && s.state.Role != raft.Leader {
			w.startElectionTimer(w.mutable(raft.ID(i + 1)))
		}
	}
}
