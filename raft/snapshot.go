package raft

import "fmt"

// compact replaces the log up to index, which has been applied, by data, the state machine's
// state after that entry (§7).
func (n *Node) compact(o *Output, index uint64, data string) error {
	if !o.check(SnapshotOfApplied, n, 0, index <= n.LastApplied, index, n.LastApplied, n.Log.FirstIndex(), 0) {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("entry %d is not applied yet; a snapshot covers applied "+
			"entries only (up to %d)", index, n.LastApplied)}
	}
	if index < n.Log.FirstIndex() {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("a snapshot already covers entry %d", index)}
	}
	if n.config.at(index).wrong() != "" {
		return &Refused{Node: n.ID, Why: fmt.Sprintf("it does not know the configuration as of entry %d yet, and a "+
			"snapshot must hold it (Figure 12)", index)}
	}
	term, _ := n.Log.Term(index)
	o.rests(Answered)
	n.takeSnapshot(o, &Snapshot{Index: index, Term: term, Configuration: *n.config.at(index), Data: data})
	return nil
}

func (n *Node) takeSnapshot(o *Output, s *Snapshot) {
	n.Snapshot = s
	n.Log.CompactTo(s.Index, s.Term)
	n.config.compactedTo(s.Index, &s.Configuration)
	n.configured()
	o.Save.Snapshot = true
}

// receiveInstallSnapshot is Figure 13's receiver.
func (n *Node) receiveInstallSnapshot(o *Output, from ID, m *InstallSnapshot) {
	if o.check(StaleTerm, n, from, n.stale(m.Term), m.Term, n.CurrentTerm, 0, 0) {
		o.send(n.ID, from, &InstallSnapshotReply{Term: n.CurrentTerm, request: m})
		return
	}
	n.follow(o, from, m.Term)
	s := m.Snapshot
	newer := o.check(SnapshotIsNewer, n, from,
		s.Index > n.CommitIndex || n.mutant(SnapshotDropsSuffix) && s.Index > n.Log.FirstIndex()-1,
		s.Index, n.CommitIndex, 0, 0)
	because := o.last()
	if newer {
		t, have := n.Log.Term(s.Index)
		if !o.check(SnapshotKeepsSuffix, n, from, have && t == s.Term && !n.mutant(SnapshotDropsSuffix),
			s.Index, s.Term, t, 0) {
			o.rests(EntriesDeleted)
			n.truncateAfter(n.Log.FirstIndex() - 1)
			o.Save.saveLogFrom(s.Index + 1)
		}
		n.CommitIndex, n.LastApplied = s.Index, s.Index
		n.takeSnapshot(o, s)
		o.Restore = s
		o.restsOn(because, SnapshotTaken, ConfigurationUsed, Committed(s.Index))
	}
	o.sendOn(because, n.ID, from, &InstallSnapshotReply{Term: n.CurrentTerm, MatchIndex: s.Index, request: m})
}

func (n *Node) receiveInstallSnapshotReply(o *Output, from ID, m *InstallSnapshotReply) {
	n.observeTerm(o, from, m.Term)
	if p := n.answered(o, from, m.Term, m.Round); p != nil {
		p.snapshotSent = false
		n.confirmed(o, from, p, m.MatchIndex)
	}
}
