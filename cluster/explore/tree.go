package explore

import "encoding/binary"

// tree is how each state was first reached: from which, by which of its choices.
// States are numbered in the order in which they are found, so that the numbers
// of their parents never fall: what is kept is by how much they rise.
type tree struct {
	pages []treePage
	n     int
	last  int32 // the parent of the last state
}

type link struct{ parent, choice int32 }

// treePage is the links of so many states.
type treePage struct {
	before int32 // the parent of the state before
	packed []byte
}

const treePageLen = 1 << 12

func (t *tree) add(l link) {
	if t.n%treePageLen == 0 {
		if k := len(t.pages) - 1; k >= 0 {
			t.pages[k].packed = append([]byte(nil), t.pages[k].packed...) // no more room than it needs
		} else {
			t.last = -1
		}
		t.pages = append(t.pages, treePage{t.last, make([]byte, 0, 3*treePageLen)})
	}
	p := &t.pages[len(t.pages)-1]
	p.packed = binary.AppendUvarint(binary.AppendUvarint(p.packed, uint64(l.parent-t.last)), uint64(l.choice))
	t.last = l.parent
	t.n++
}

// link is a state's.
func (t *tree) link(at int32) (l link) {
	p := &t.pages[at/treePageLen]
	l.parent = p.before
	packed := p.packed
	for range at%treePageLen + 1 {
		rise, n := binary.Uvarint(packed)
		choice, k := binary.Uvarint(packed[n:])
		l, packed = link{l.parent + int32(rise), int32(choice)}, packed[n+k:]
	}
	return l
}

// bytes is how much it holds.
func (t *tree) bytes() (n int) {
	for i := range t.pages {
		n += cap(t.pages[i].packed)
	}
	return n
}
