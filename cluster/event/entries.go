package event

import (
	"strconv"
	"strings"

	"raftlab/raft"
)

// Entries is a range of log indexes, both ends included.
type Entries struct {
	First, Last uint64
	Terms       string // of each entry, as "4 4 5"; "" if all have the same, or the log no longer holds them
}

// EntriesOf is a log's entries from first to last.
func EntriesOf(l *raft.Log, first, last uint64) Entries {
	return Entries{first, last, termsOf(l, first, last)}
}

// Has tells whether an index is in the range.
func (r Entries) Has(index uint64) bool { return r.First <= index && index <= r.Last }

// manyTerms is how many terms of a range are told one by one; of a longer one
// it is the first half and the last.
const manyTerms = 24

// termsOf is Entries.Terms for entries first to last.
func termsOf(l *raft.Log, first, last uint64) string {
	if first >= last || first < l.FirstIndex() || last > l.LastIndex() {
		return ""
	}
	a, _ := l.Term(first) // terms only grow along a log
	b, _ := l.Term(last)
	if a == b {
		return ""
	}
	var words []string
	for i := first; i <= last; i++ {
		if skip := last - first + 1; skip > manyTerms && i == first+manyTerms/2 {
			words, i = append(words, "…"), last-manyTerms/2+1
		}
		t, _ := l.Term(i)
		words = append(words, strconv.FormatUint(t, 10))
	}
	return strings.Join(words, " ")
}
