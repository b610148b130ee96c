package judge

import (
	"fmt"

	"raftlab/raft"
)

// snapshot checks the server's snapshot. A server may take one at any time, of what it has
// applied, and must never go back to an earlier one. It takes a leader's snapshot as it was
// sent.
func (s *step) snapshot() {
	a, b := s.after.Snapshot, s.before.Snapshot
	switch {
	case a == b:
	case b != nil && (a == nil || a.Index < b.Index):
		s.depart(Forbidden, raft.SnapshotIsNewer, covers(b), covers(a),
			fmt.Sprintf("its snapshot covered entries up to %d, and now covers %s", b.Index, covers(a)),
			is("the snapshot before", covers(b)), is("the snapshot now", covers(a)))
	case b != nil && a.Index == b.Index:
		s.unlike(b, "its own snapshot of before")
	case s.installs(a):
		s.unlike(s.request().(*raft.InstallSnapshot).Snapshot, "the leader's")
	case s.in.Kind == raft.OnSnapshot && a.Index == s.in.Index && s.ref.Snapshot != nil:
		s.unlike(s.ref.Snapshot, "what the state machine is")
	default:
		s.ownSnapshot(a)
	}
}

// covers is what a snapshot covers, in words.
func covers(c *raft.Snapshot) string {
	if c == nil {
		return "nothing"
	}
	return fmt.Sprintf("up to entry %d of term %d", c.Index, c.Term)
}

// installs tells whether a snapshot is the one that the leader sent in this step. The snapshot
// of an old leader does not count.
func (s *step) installs(c *raft.Snapshot) bool {
	m, sent := s.request().(*raft.InstallSnapshot)
	return sent && m.Snapshot.Index == c.Index && m.Term >= s.before.CurrentTerm
}

// unlike notes that a snapshot differs from the one that it must be.
func (s *step) unlike(want *raft.Snapshot, what string) {
	a := s.after.Snapshot
	if a.Term == want.Term && a.Data == want.Data {
		return
	}
	did := fmt.Sprintf("the data of its snapshot up to entry %d is not %s", a.Index, what)
	if a.Term != want.Term {
		did = fmt.Sprintf("its snapshot says that entry %d is of term %d, and it is of term %d", a.Index, a.Term,
			want.Term)
	}
	s.depart(Forbidden, StoreSnapshot, what, "another", did, is("the snapshot", covers(a)), is(what, covers(want)))
}

// ownSnapshot checks a snapshot that a server took by itself: it covers applied entries only,
// and has the term that the log has there.
func (s *step) ownSnapshot(c *raft.Snapshot) {
	term, have := s.before.Log.Term(c.Index)
	if t, now := s.ref.Log.Term(c.Index); now {
		term, have = t, true
	}
	if c.Index <= s.after.LastApplied && (!have || term == c.Term) {
		return
	}
	s.depart(Forbidden, raft.SnapshotOfApplied, fmt.Sprintf("up to entry %d at most", s.after.LastApplied), covers(c),
		fmt.Sprintf("it takes a snapshot %s", covers(c)),
		is("the snapshot's last entry", c.Index), is("its term in the log", entryAt(&s.before.Log, c.Index)),
		is("lastApplied", s.after.LastApplied))
}

// passedOver tells whether a server ignored a newer snapshot of its leader, and notes it.
func (s *step) passedOver() bool {
	m, sent := s.request().(*raft.InstallSnapshot)
	if !sent || s.after.CommitIndex >= m.Snapshot.Index || s.ref.CommitIndex < m.Snapshot.Index {
		return false
	}
	s.depart(Missing, StoreSnapshot, covers(m.Snapshot), covers(s.after.Snapshot),
		fmt.Sprintf("it does not take its leader's snapshot %s", covers(m.Snapshot)),
		is("the snapshot", covers(m.Snapshot)), is("commitIndex now", s.after.CommitIndex))
	return true
}

// sendsSnapshot checks that a leader sends it, and that it is the leader's own snapshot.
func (s *step) sendsSnapshot(to raft.ID, m *raft.InstallSnapshot) {
	own := s.after.Snapshot
	switch {
	case !s.led(m.Term) || m.LeaderID != s.after.ID:
		s.depart(Forbidden, raft.NeedSnapshot, "no", "yes",
			fmt.Sprintf("it sends %s a snapshot in term %d and does not lead that term", to, m.Term),
			is("own role", s.after.Role), is("own currentTerm", s.after.CurrentTerm))
	case own == nil || m.Snapshot == nil || m.Snapshot.Index > s.after.CommitIndex:
		s.depart(Forbidden, raft.NeedSnapshot, "its own snapshot", "another",
			fmt.Sprintf("it sends %s a snapshot that it does not have", to))
	case m.Snapshot.Index == own.Index && (m.Snapshot.Term != own.Term || m.Snapshot.Data != own.Data):
		s.depart(Forbidden, raft.NeedSnapshot, covers(own), covers(m.Snapshot),
			fmt.Sprintf("it sends %s a snapshot up to entry %d that is not its own", to, own.Index),
			is("its own snapshot", covers(own)), is("the snapshot that it sends", covers(m.Snapshot)))
	}
}
