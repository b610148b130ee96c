package raft

import "raftlab/raft/seq"

// sending is a leader's entries in one piece, for AppendEntries that reach over
// chunks of the log: appends in flight share it. A leader never changes an entry
// of its log (Figure 3, Leader Append-Only), so in its term it only grows; a new
// leader begins anew.
type sending struct {
	from uint64 // index of the first
	run  seq.Run[Entry]
}

// entries is those from index from to index to, both included, of a leader's
// log; nobody may change them.
func (n *Node) entries(from, to uint64) []Entry {
	if n.Log.inOnePiece(from, to) {
		return n.Log.Slice(from, to)
	}
	s := &n.sending
	held := uint64(s.run.Len())
	if from < s.from || from-s.from > held/2+128 || from > s.from+held {
		*s, held = sending{from: from}, 0
	}
	if end := s.from + held; to >= end {
		s.run.Grow(int(to+1-end), func(i int) Entry { return n.Log.Entry(s.from + uint64(i)) })
	}
	return s.run.Slice(int(from-s.from), int(to+1-s.from))
}
