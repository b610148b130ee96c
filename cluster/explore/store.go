package explore

import (
	"sync"

	"raftlab/cluster/invariants"
	"raftlab/raft"
)

// store keeps each part of the states once, and gives it a number. The hashes of a part under
// each symmetry are computed when it is added. All goroutines may look up numbers at once.
type store[T any] struct {
	group []raft.Renaming
	hash  func(T, raft.Renaming) uint64
	fill  func(*T) // works out what else must be known of a new part; nil: nothing
	brief func(*T) uint16
	pages [1 << 16]*page[T]
	_     apart

	mu      sync.Mutex
	numbers map[uint64]int32 // by hash
	n       int
}

const pageLen = 1 << 8

type page[T any] struct {
	parts  [pageLen]T
	hashes []uint64        // of each, one for each of the group
	orbits [pageLen]uint64 // the same under each of the group
	briefs [pageLen]uint16 // what is asked of parts most often, close together in memory
}

func newStore[T any](group []raft.Renaming, hash func(T, raft.Renaming) uint64, fill func(*T)) *store[T] {
	return &store[T]{numbers: map[uint64]int32{}, group: group, hash: hash, fill: fill}
}

// number is the part's number, a new one if the part is new.
func (s *store[T]) number(part T) int32 {
	h := s.hash(part, nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n, known := s.numbers[h]; known {
		return n
	}
	if s.fill != nil {
		s.fill(&part)
	}
	n := int32(s.n)
	s.n++
	if s.pages[n/pageLen] == nil {
		s.pages[n/pageLen] = &page[T]{hashes: make([]uint64, pageLen*len(s.group))}
	}
	p, orbit := s.pages[n/pageLen], uint64(0)
	for i, r := range s.group {
		hash := s.hash(part, r)
		p.hashes[int(n%pageLen)*len(s.group)+i] = hash
		orbit += invariants.Mix(0, hash)
	}
	p.parts[n%pageLen], p.orbits[n%pageLen] = part, orbit
	if s.brief != nil {
		p.briefs[n%pageLen] = s.brief(&part)
	}
	s.numbers[h] = n
	return n
}

// full tells whether there is little room left. A search ends then.
func (s *store[T]) full() bool { return s.n > len(s.pages)*pageLen/16*15 }

// part is the part with that number.
func (s *store[T]) part(n int32) *T { return &s.pages[uint32(n)/pageLen].parts[uint32(n)%pageLen] }

// hashes is a part's hashes, one under each renaming of the group.
func (s *store[T]) hashes(n int32) []uint64 {
	k := len(s.group)
	at := int(uint32(n)%pageLen) * k
	return s.pages[uint32(n)/pageLen].hashes[at : at+k : at+k]
}

// orbit is a hash of a part that no renaming of the group changes.
func (s *store[T]) orbit(n int32) uint64 { return s.pages[uint32(n)/pageLen].orbits[uint32(n)%pageLen] }

// briefly is what is asked of a part most often.
func (s *store[T]) briefly(n int32) uint16 {
	return s.pages[uint32(n)/pageLen].briefs[uint32(n)%pageLen]
}
