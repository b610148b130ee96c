package raft

import "fmt"

// Snapshot is the state machine's state after every entry up to Index, with
// what Raft must keep of the log that it replaces (§7, Figure 12).
type Snapshot struct {
	Index         uint64        // lastIncludedIndex
	Term          uint64        // lastIncludedTerm
	Configuration Configuration // the latest as of Index
	Data          string        // the state machine's state
}

// compact replaces the log up to index, which has been applied, by the state
// machine's state as of then (§7).
func (n *Node) compact(o *Output, index uint64, data string) error {
	if !o.check(SnapshotOfApplied, n, 0, index <= n.lastApplied, index, n.lastApplied, n.log.FirstIndex(), 0) {
		return &Refused{n.id, fmt.Sprintf("entry %d is not applied yet; a snapshot covers applied entries only (up to %d)", index, n.lastApplied)}
	}
	if index < n.log.FirstIndex() {
		return &Refused{n.id, fmt.Sprintf("a snapshot already covers entry %d", index)}
	}
	if !n.CanCompact(index) {
		return &Refused{n.id, fmt.Sprintf("it does not know the configuration as of entry %d yet, and a snapshot must hold it (Figure 12)", index)}
	}
	term, _ := n.log.Term(index)
	n.takeSnapshot(o, &Snapshot{Index: index, Term: term, Configuration: n.config.at(index), Data: data})
	return nil
}

// CanCompact tells whether the server knows the configuration as of index, which
// a snapshot holds. One that was added to the cluster, and began without any,
// learns it from the first configuration in the log.
func (n *Node) CanCompact(index uint64) bool { return n.config.at(index).wrong() == "" }

func (n *Node) takeSnapshot(o *Output, s *Snapshot) {
	n.snapshot = s
	n.log.CompactTo(s.Index, s.Term)
	n.config.compactedTo(s.Index, s.Configuration)
	o.Save.Snapshot = true
}

// sendSnapshot sends the snapshot once between heartbeats: when it is lost,
// the next heartbeat sends it again.
func (n *Node) sendSnapshot(o *Output, to ID) {
	if p := &n.peers[to]; !p.snapshotSent {
		p.snapshotSent = true
		o.send(n.id, to, &InstallSnapshot{Term: n.currentTerm, LeaderID: n.id, Snapshot: n.snapshot, Round: n.round})
	}
}

// receiveInstallSnapshot is Figure 13's receiver.
func (n *Node) receiveInstallSnapshot(o *Output, from ID, m *InstallSnapshot) {
	if o.check(StaleTerm, n, from, m.Term < n.currentTerm, m.Term, n.currentTerm, 0, 0) {
		o.send(n.id, from, &InstallSnapshotReply{Term: n.currentTerm})
		return
	}
	n.follow(o, from, m.Term)
	s := m.Snapshot
	if o.check(SnapshotIsNewer, n, from, s.Index > n.commitIndex || n.mutant(SnapshotDropsSuffix) && s.Index > n.log.FirstIndex()-1, s.Index, n.commitIndex, 0, 0) {
		t, have := n.log.Term(s.Index)
		if !o.check(SnapshotKeepsSuffix, n, from, have && t == s.Term && !n.mutant(SnapshotDropsSuffix), s.Index, s.Term, t, 0) {
			n.log.TruncateAfter(n.log.FirstIndex() - 1)
			n.config.truncatedAfter(0)
			o.Save.saveLogFrom(s.Index + 1)
		}
		n.takeSnapshot(o, s)
		n.commitIndex, n.lastApplied = s.Index, s.Index
		o.Restore = s
	}
	o.send(n.id, from, &InstallSnapshotReply{Term: n.currentTerm, MatchIndex: s.Index})
}

func (n *Node) receiveInstallSnapshotReply(o *Output, from ID, m *InstallSnapshotReply) {
	n.observeTerm(o, from, m.Term)
	if p := n.answered(o, from, m.Term, m.Round); p != nil {
		p.snapshotSent = false
		n.confirmed(o, from, p, m.MatchIndex)
	}
}
