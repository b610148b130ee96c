package judge

import (
	"fmt"

	"raftlab/raft"
)

// same tells whether two entries are the same to the paper. What else a program writes into an
// entry does not count.
func same(a, b *raft.Entry) bool { return a.Same(b) }

// firstDifference is the first index at which two logs differ, or 0. Entries that a snapshot
// has replaced in one of them are not compared.
func firstDifference(a, b *raft.Log) uint64 {
	if a.Is(b) {
		return 0
	}
	first, last := max(a.FirstIndex(), b.FirstIndex()), min(a.LastIndex(), b.LastIndex())
	for i := max(first, a.SharedThrough(b)+1); i <= last; i++ {
		if !same(a.At(i), b.At(i)) {
			return i
		}
	}
	if a.LastIndex() != b.LastIndex() {
		return max(first, last+1)
	}
	return 0
}

// holds tells whether two logs have the same entry at an index.
func holds(a, b *raft.Log, index uint64) bool {
	first, last := max(a.FirstIndex(), b.FirstIndex()), min(a.LastIndex(), b.LastIndex())
	return index >= first && index <= last && same(a.At(index), b.At(index))
}

// entryAt is the term of an entry of a log, in words.
func entryAt(l *raft.Log, index uint64) string {
	if t, have := l.Term(index); have && index > 0 {
		return fmt.Sprintf("of term %d", t)
	}
	return "none"
}

// clientCommand checks that a leader appends the command where it says, and that no other
// server takes one.
func (s *step) clientCommand() {
	if s.in.Kind != raft.OnProposal {
		return
	}
	index, term := s.report.TookIndex, s.report.TookTerm
	leads := s.ref.Role == raft.Leader
	switch {
	case index == 0 && leads:
		s.depart(Missing, raft.AppendCommand, "yes", "no", "it leads and refuses a command",
			is("own role", s.before.Role), is("own currentTerm", s.before.CurrentTerm))
	case index == 0:
	case !leads:
		s.depart(Forbidden, raft.AppendCommand, "no", "yes", "it takes a command and does not lead",
			is("own role", s.before.Role), is("own currentTerm", s.before.CurrentTerm))
	case !s.stands(index, term):
		s.depart(Forbidden, raft.AppendCommand, "a new entry with this command", "none",
			fmt.Sprintf("it says that the command is entry %d of term %d, and it is not", index, term),
			is("its last index before", s.before.Log.LastIndex()), is("its last index now", s.after.Log.LastIndex()),
			is(fmt.Sprintf("entry %d", index), entryAt(&s.after.Log, index)))
	}
}

// stands tells whether the client's command is a new entry of the log.
func (s *step) stands(index, term uint64) bool {
	l := &s.after.Log
	if index <= s.before.Log.LastIndex() || index < l.FirstIndex() || index > l.LastIndex() {
		return false
	}
	return term == s.after.CurrentTerm && same(l.At(index), &raft.Entry{Term: term, Kind: s.in.Entry, Data: s.in.Data})
}

// leadersLog checks that a leader's log only grows, by entries of its own term: the commands
// that it was sent, and entries that it adds by itself.
func (s *step) leadersLog() {
	if s.after.Role != raft.Leader {
		return
	}
	a, b := &s.after.Log, &s.before.Log
	d := firstDifference(a, b)
	if d == 0 {
		return
	}
	if d <= b.LastIndex() {
		s.depart(Forbidden, LeaderAppendOnly, entryAt(b, d), entryAt(a, d),
			fmt.Sprintf("it leads, and entry %d of its log is not what it was", d),
			is(fmt.Sprintf("entry %d before", d), entryAt(b, d)), is("now", entryAt(a, d)))
		return
	}
	asked := s.in.Kind == raft.OnProposal
	for i := max(d, a.FirstIndex()); i <= a.LastIndex(); i++ {
		e := a.At(i)
		own := e.Kind == raft.Noop || e.Kind == raft.Config
		if e.Term == s.after.CurrentTerm && (own || asked && e.Kind == s.in.Entry && e.Data == s.in.Data) {
			asked = asked && own // a command is appended once
			continue
		}
		s.depart(Forbidden, raft.AppendCommand, "no new entry", fmt.Sprintf("entry %d", i),
			fmt.Sprintf("it appends entry %d, of term %d, and no client sent it in this term", i, e.Term),
			is("the entry's term", e.Term), is("own currentTerm", s.after.CurrentTerm), entryOf(e))
		return
	}
}

// entryOf is what an entry of a leader holds. That it forgot to call an entry of its own one is the usual reason why no
// client sent it.
func entryOf(e *raft.Entry) Compared {
	if e.Kind == raft.Command && e.Data == "" {
		return is("its command", `empty (a leader's own entry has "kind":"noop")`)
	}
	return is("its command", fmt.Sprintf("%q", e.Data))
}

// followersLog checks that the log of a server that does not lead changes only by an append
// that passes the consistency check, or by a snapshot, and then as the leader's.
func (s *step) followersLog() {
	if s.after.Role == raft.Leader {
		return
	}
	d := firstDifference(&s.after.Log, &s.ref.Log)
	if d == 0 {
		return
	}
	switch m := s.request().(type) {
	case *raft.AppendEntries:
		switch check := s.decision(raft.PrevLogMatches); {
		case check == nil:
			s.depart(Forbidden, raft.StaleTerm, "no change", fmt.Sprintf("another entry %d", d),
				"its log changes by an append of an older term")
		case !check.Holds:
			s.uncheckedAppend(m, d)
		default:
			s.checkedAppend(m, d)
		}
	case *raft.InstallSnapshot:
		s.snapshotLog(d)
	default:
		s.depart(Forbidden, raft.AppendCommand, "no change", fmt.Sprintf("another entry %d", d),
			fmt.Sprintf("entry %d of its log changes, and no leader sent it", d),
			is("before", entryAt(&s.before.Log, d)), is("now", entryAt(&s.after.Log, d)))
	}
}

// uncheckedAppend checks the log after an append that must be refused. It must not have
// changed, except that the conflicting entry at prevLogIndex may be deleted already, with all
// that follow it.
func (s *step) uncheckedAppend(m *raft.AppendEntries, d uint64) {
	a, b := &s.after.Log, &s.before.Log
	t, have := b.Term(m.PrevLogIndex)
	if have && t != m.PrevLogTerm && a.LastIndex()+1 >= m.PrevLogIndex && firstDifference(a,
		b) == a.LastIndex()+1 && a.LastIndex() < b.LastIndex() {
		return
	}
	s.depart(Forbidden, raft.PrevLogMatches, "no change", fmt.Sprintf("another entry %d", d),
		fmt.Sprintf("it changes entry %d by an append that it must refuse", d))
}

// checkedAppend notes the first wrong entry after an append that passes the check.
func (s *step) checkedAppend(m *raft.AppendEntries, d uint64) {
	a, b, r := &s.after.Log, &s.before.Log, &s.ref.Log
	values := []Compared{is("entry", d), is("before", entryAt(b, d)), is("the leader's", s.sent(m, d)),
		is("now", entryAt(a, d))}
	paper, yours := entryAt(r, d), entryAt(a, d)
	switch {
	case holds(a, b, d):
		s.depart(Forbidden, raft.DeleteConflict, paper, yours,
			fmt.Sprintf("it keeps entry %d, which the leader's contradicts", d), values...)
	case a.LastIndex() < d && holds(b, r, d):
		s.depart(Forbidden, raft.DeleteConflict, paper, yours,
			fmt.Sprintf("it deletes entry %d, which the append does not contradict", d), values...)
	case a.LastIndex() < d:
		s.depart(Missing, raft.AppendNew, paper, yours, fmt.Sprintf("it does not store entry %d", d), values...)
	default:
		s.depart(Forbidden, raft.AppendNew, paper, yours, fmt.Sprintf("entry %d of its log is not the leader's", d),
			values...)
	}
}

// sent is the entry that an append has at an index, in words.
func (s *step) sent(m *raft.AppendEntries, index uint64) string {
	if at := index - m.PrevLogIndex - 1; at < uint64(len(m.Entries)) {
		return fmt.Sprintf("of term %d", m.Entries[at].Term)
	}
	return "not sent"
}

// snapshotLog notes the first wrong entry after a snapshot.
func (s *step) snapshotLog(d uint64) {
	if s.passedOver() {
		return
	}
	rule := raft.SnapshotIsNewer
	if newer := s.decision(raft.SnapshotIsNewer); newer == nil {
		rule = raft.StaleTerm
	} else if newer.Holds {
		rule = raft.SnapshotKeepsSuffix
	}
	s.depart(Forbidden, rule, entryAt(&s.ref.Log, d), entryAt(&s.after.Log, d),
		fmt.Sprintf("entry %d of its log is not what the snapshot leaves there", d))
}
