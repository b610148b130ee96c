package raft

import "raftlab/raft/seq"

// Log is a server's log: entries from FirstIndex to LastIndex, and the index
// and term of the entry before them, which a snapshot has replaced (§7). An
// empty log has FirstIndex 1 and LastIndex 0. A Log is a value: copies share
// storage and may grow apart.
type Log struct {
	entries  seq.Seq[Entry]
	base     uint64 // lastIncludedIndex of the snapshot the log starts after, or 0
	baseTerm uint64
}

// FirstIndex is the index of the first entry that the log still holds. Of a log without
// entries it is LastIndex + 1.
func (l *Log) FirstIndex() uint64 { return l.base + 1 }

// LastIndex is the index of the last entry, or of the snapshot if there is no entry.
func (l *Log) LastIndex() uint64 { return l.base + uint64(l.entries.Len()) }

// LastTerm is the term of the last entry.
func (l *Log) LastTerm() uint64 { t, _ := l.Term(l.LastIndex()); return t }

// Term is the term of the entry at index; 0 for index 0. It reports false
// when the log does not reach so far, or no longer does.
func (l *Log) Term(index uint64) (uint64, bool) {
	if at := index - l.base - 1; at < uint64(l.entries.Len()) { // an index below wraps around
		return l.entries.At(int(at)).Term, true
	}
	if index == l.base {
		return l.baseTerm, true
	}
	return 0, false
}

// Entry is the entry at index, which must be from FirstIndex to LastIndex.
func (l *Log) Entry(index uint64) Entry { return *l.At(index) }

// At is Entry without a copy: the caller must not change it.
func (l *Log) At(index uint64) *Entry { return l.entries.At(int(index - l.base - 1)) }

// Slice is the entries from index from to index to, both included; the caller
// must not change it.
func (l *Log) Slice(from, to uint64) []Entry {
	return l.entries.Slice(int(from-l.base-1), int(to-l.base))
}

// inOnePiece tells whether Slice copies nothing.
func (l *Log) inOnePiece(from, to uint64) bool {
	return from > to || l.entries.InOnePiece(int(from-l.base-1), int(to-l.base))
}

// Append adds an entry at LastIndex + 1.
func (l *Log) Append(e Entry) { l.entries.Append(e) }

// TruncateAfter removes every entry after index.
func (l *Log) TruncateAfter(index uint64) {
	l.entries.Truncate(int(max(index, l.base) - l.base))
}

// CompactTo discards the entries up to index, of the given term, which a
// snapshot has replaced. An index beyond the log empties it.
func (l *Log) CompactTo(index, term uint64) {
	if index <= l.base {
		return
	}
	l.entries.DropFirst(int(min(index, l.LastIndex()) - l.base))
	l.base, l.baseTerm = index, term
}

// Is tells whether two logs are copies of one, and neither has changed since. It takes
// constant time. Logs with the same entries may not be known to be the same.
func (l *Log) Is(m *Log) bool {
	return l.base == m.base && l.baseTerm == m.baseTerm && l.entries.Is(&m.entries)
}

// SharedThrough is an index up to which l and m are known to hold the same
// entries because they share their storage; it is 0 when nothing is known.
func (l *Log) SharedThrough(m *Log) uint64 {
	if l.base > m.base {
		return m.SharedThrough(l)
	}
	if k := l.entries.SharedThrough(&m.entries, int(m.base-l.base)); k > 0 {
		return l.base + uint64(k)
	}
	return 0
}

// firstOfTerm is the lowest index such that all entries from it up to index have the given
// term.
func (l *Log) firstOfTerm(index, term uint64) uint64 {
	for index > l.base+1 {
		if t, _ := l.Term(index - 1); t != term {
			break
		}
		index--
	}
	return index
}
