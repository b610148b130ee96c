package explore

// facts is a set of facts that were true in some state. It keeps half of each hash. Of a million
// facts a few hundred are mistaken for others, and so for nothing new. That only makes the
// search prefer another state.
type facts struct {
	table []uint32 // open addressing; 0: empty
	n     int
}

func (f *facts) init() { f.table = make([]uint32, 1<<12) }

// add adds a fact to the set, and tells whether it is new.
func (f *facts) add(hash uint64) bool {
	k := max(uint32(hash>>32), 1)
	at := f.place(k)
	if f.table[at] == k {
		return false
	}
	f.table[at] = k
	if f.n++; f.n > len(f.table)/4*3 {
		old := f.table
		f.table = make([]uint32, len(old)/2*3)
		for _, k := range old {
			if k != 0 {
				f.table[f.place(k)] = k
			}
		}
	}
	return true
}

// place is where k is, or where it would go.
func (f *facts) place(k uint32) int {
	at := int(uint64(k) * uint64(len(f.table)) >> 32)
	for f.table[at] != k && f.table[at] != 0 {
		if at++; at == len(f.table) {
			at = 0
		}
	}
	return at
}
