package invariants

import (
	"fmt"

	"raftlab/raft"
)

// Handed is an entry that a server, To, handed to its state machine, and the hash
// of the state afterwards. Entries that are no commands count too.
type Handed struct {
	To      raft.ID
	Index   uint64
	Entry   *raft.Entry
	Machine uint64
}

// stateOf is the hash of the state after an entry, by the first server that
// applied it; first is 0 where nobody was seen to.
type stateOf struct {
	hash  uint64
	first sighting
}

// sighting is when a server was seen, and which, in one number: there are as many as
// there are entries.
type sighting uint64

func (w *Watch) sight(id raft.ID) sighting { return sighting(w.Position<<8 | uint64(id)) }
func (s sighting) by() raft.ID             { return raft.ID(s) }
func (s sighting) position() uint64        { return uint64(s >> 8) }

// checkApplied is State Machine Safety where state machines are: a server
// applies no more than what it knows to be committed, every entry of its log
// once and in order (Figure 2, All Servers 1), and comes to the state to which
// others came with the same entries. A state machine begins anew where a
// snapshot ends (§7).
func (w *Watch) checkApplied(seen *Seen, now *State, fresh bool) {
	if !fresh && w.isNext(seen, now) { // nearly always
		if !w.cameTo(now.Applied, now.Machine) {
			w.checkState(seen, now, now.Applied, now.Machine)
		}
		return
	}
	if now.Applied > now.Commit {
		w.breach(StateMachineSafety, []uint64{w.Position}, now.Applied, now.Term, []raft.ID{now.ID},
			"%s applied entry %d, but its commitIndex is %d", now.ID, now.Applied, now.Commit)
	}
	from, begins, state := seen.applied, fresh || seen.applied < seen.base, seen.machine
	if begins {
		from, state = seen.base, now.Machine
	}
	handed := now.Handed
	if w.anew || !fresh && now.Applied < seen.applied { // the latter is Monotony's breach
		from, handed = now.Applied, nil
	}
	for i := range handed {
		h := &handed[i]
		switch {
		case h.To != now.ID:
			continue
		case h.Index != from+1:
			w.breachHanded(now, min(h.Index, from+1), fmt.Sprintf("was given entry %d after entry %d", h.Index, from))
		case h.Index <= seen.base || h.Index > seen.last() || !same(seen.log.At(h.Index), h.Entry):
			w.breachHanded(now, h.Index, fmt.Sprintf("was given another entry %d than the one in its log", h.Index))
		}
		w.checkState(seen, now, h.Index, h.Machine)
		from, state, begins = h.Index, h.Machine, false
	}
	if from != now.Applied {
		w.breachHanded(now, min(from, now.Applied)+1,
			fmt.Sprintf("was given the entries up to %d, but its lastApplied is %d", from, now.Applied))
	}
	switch {
	case begins:
		w.checkState(seen, now, now.Applied, now.Machine)
	case now.Machine != state:
		w.breachHanded(now, now.Applied, fmt.Sprintf("has changed since it was given entry %d", now.Applied))
	}
}

// isNext tells whether a server did no more than apply its log's next entry.
func (w *Watch) isNext(seen *Seen, now *State) bool {
	if len(now.Handed) != 1 || w.anew {
		return false
	}
	h := &now.Handed[0]
	return h.To == now.ID && h.Index == seen.applied+1 && h.Index == now.Applied && h.Index <= now.Commit &&
		h.Machine == now.Machine &&
		h.Index > seen.base && h.Index <= seen.last() && seen.log.At(h.Index) == h.Entry
}

// same tells whether two entries are the same; nearly always they are in one place.
func same(a, b *raft.Entry) bool { return a == b || a.Same(b) }

func (w *Watch) breachHanded(now *State, index uint64, what string) {
	w.breach(StateMachineSafety, []uint64{w.Position}, index, now.Term, []raft.ID{now.ID}, "%s's state machine %s",
		now.ID, what)
}

// checkState compares the state after the entry at index with that of the
// server which was there first. Where the log up to there is not the one that
// was committed, that is a breach by itself, and says nothing of the state.
func (w *Watch) checkState(seen *Seen, now *State, index, state uint64) {
	if index == 0 {
		if w.oddments.now().empty.first == 0 {
			w.oddments.next().empty = stateOf{state, w.sight(now.ID)}
		}
		w.compareState(&w.oddments.now().empty, now, 0, state)
		return
	}
	if w.cameTo(index, state) {
		return
	}
	c := w.committedAt(index)
	if h, known := seen.Hash(index); c == nil || !known || h != c.hash {
		return
	}
	at := index - w.from - 1
	if at >= uint64(w.states.Len()) {
		for uint64(w.states.Len()) < at {
			w.states.Append(stateOf{}) // applied before anybody watched
		}
		w.states.Append(stateOf{state, w.sight(now.ID)})
		return
	}
	w.compareState(w.states.At(int(at)), now, index, state)
}

// cameTo tells whether the first server that applied the entry at index came to
// that state.
func (m *Memory) cameTo(index, state uint64) bool {
	at := index - m.from - 1 // it wraps around where that is not known
	return at < uint64(m.states.Len()) && m.states.At(int(at)).hash == state
}

func (w *Watch) compareState(s *stateOf, now *State, index, state uint64) {
	if s.first != 0 && s.hash != state {
		w.breach(StateMachineSafety, []uint64{s.first.position(), w.Position}, index, now.Term,
			[]raft.ID{s.first.by(), now.ID},
			"%s and %s applied the same entries up to %d, and their state machines differ", s.first.by(), now.ID, index)
	}
}
