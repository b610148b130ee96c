package raft

import "fmt"

// mayAppend is an error if the leader takes no new entries, because it is transferring its
// leadership (thesis 3.10), or indexes are used up.
func (n *Node) mayAppend(o *Output, entries int) error {
	if !o.check(TransferFirst, n, n.Transferee, n.Transferee == 0, uint64(n.Transferee), 0, 0, 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("it is handing leadership to %s and accepts no commands until "+
			"then", n.Transferee), About: HandingOver}
	}
	if n.full(entries) {
		return n.usedUp()
	}
	return nil
}

// broadcast sends to every other member. Those with the same nextIndex share
// one message.
func (n *Node) broadcast(o *Output) {
	var shared *AppendEntries
	members := n.Configuration.Members()
	for id := members.Next(0); id != 0; id = members.Next(id) {
		if id != n.ID {
			shared = n.sendAppend(o, id, shared)
		}
	}
}

// sendAppend sends a follower the entries from its nextIndex on, an empty append if there are
// none, or the snapshot if the log no longer has them (§5.3, §7). If shared is the right
// message, it sends that. It returns the message for the next follower to share.
func (n *Node) sendAppend(o *Output, to ID, shared *AppendEntries) *AppendEntries {
	p := &n.Peers[to]
	if o.check(NeedSnapshot, n, to, p.NextIndex < n.Log.FirstIndex(), p.NextIndex, n.Log.FirstIndex(), 0, 0) {
		n.sendSnapshot(o, to)
		return shared
	}
	if n.opts.Window > 0 && n.opts.Pipeline && int(p.inFlight) >= n.opts.Window && p.NextIndex <= n.Log.LastIndex() {
		return shared
	}
	o.check(SendMissing, n, to, p.NextIndex <= n.Log.LastIndex(), p.NextIndex, n.Log.LastIndex(), 0, 0)
	m := shared
	if m == nil || m.PrevLogIndex != p.NextIndex-1 {
		m = n.makeAppend(p.NextIndex)
	}
	if n.opts.Pipeline && len(m.Entries) > 0 {
		p.NextIndex += uint64(len(m.Entries))
		p.inFlight++
	}
	o.send(n.ID, to, m)
	return m
}

// makeAppend is the AppendEntries for a follower with this nextIndex.
func (n *Node) makeAppend(next uint64) *AppendEntries {
	m := &AppendEntries{Term: n.CurrentTerm, LeaderID: n.ID, PrevLogIndex: next - 1, LeaderCommit: n.CommitIndex,
		Round: n.Round}
	m.PrevLogTerm, _ = n.Log.Term(next - 1)
	last := n.Log.LastIndex()
	if limit := uint64(n.opts.MaxEntries); limit > 0 {
		last = min(last, next+limit-1)
	}
	if next > last {
		return m
	}
	m.Entries = n.entries(next, last)
	if limit := n.opts.MaxBytes; limit > 0 {
		bytes := 0
		for i := range m.Entries {
			if n.mutant(HoleInBatch) && len(m.Entries[i].Data) > limit {
				m.Entries = append(m.Entries[:i:i], m.Entries[i+1:]...)
				break
			}
			if bytes += len(m.Entries[i].Data); bytes > limit && i > 0 {
				m.Entries = m.Entries[:i:i]
				break
			}
		}
	}
	return m
}

// sendSnapshot sends the snapshot at most once between two heartbeats. If it is lost, the next
// heartbeat sends it again.
func (n *Node) sendSnapshot(o *Output, to ID) {
	if p := &n.Peers[to]; !p.snapshotSent {
		p.snapshotSent = true
		o.send(n.ID, to, &InstallSnapshot{Term: n.CurrentTerm, LeaderID: n.ID, Snapshot: n.Snapshot, Round: n.Round})
	}
}

// entries is a leader's entries from index from to index to, both included. They must not be
// changed.
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
