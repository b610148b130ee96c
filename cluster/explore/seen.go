package explore

// seen is a set of fingerprints: open addressing, eight bytes a place, grown
// when it is three quarters full. One goroutine adds while none looks.
type seen struct {
	table []uint64
	n     int
	zero  bool // 0 marks an empty place, so the fingerprint 0 is kept here
}

func (s *seen) init() { s.table = make([]uint64, 1<<16) }

// place is where k is, or where it would go.
func (s *seen) place(k uint64) int {
	mask := uint64(len(s.table) - 1)
	for i := k & mask; ; i = (i + 1) & mask {
		if s.table[i] == k || s.table[i] == 0 {
			return int(i)
		}
	}
}

// has tells whether k is in the set.
func (s *seen) has(k uint64) bool {
	if k == 0 {
		return s.zero
	}
	return s.table[s.place(k)] == k
}

// touch begins to fetch the place of k from memory; what it returns means
// nothing, but has to be used for the fetch not to be left out.
func (s *seen) touch(k uint64) uint64 { return s.table[k&uint64(len(s.table)-1)] }

// add puts k in the set, and tells whether it is new.
func (s *seen) add(k uint64) bool {
	if k == 0 {
		isNew := !s.zero
		s.zero = true
		return isNew
	}
	at := s.place(k)
	if s.table[at] == k {
		return false
	}
	s.table[at] = k
	s.n++
	if s.n > len(s.table)/4*3 {
		old := s.table
		s.table = make([]uint64, 2*len(old))
		for _, k := range old {
			if k != 0 {
				s.table[s.place(k)] = k
			}
		}
	}
	return true
}
