package explore

import (
	"encoding/binary"
	"sort"
)

// tree is how each state was first reached: from which state, by which of its choices. States are
// numbered in the order in which they are found, so the numbers of their parents never fall. The tree
// keeps only by how much they rise.
type tree struct {
	pages []treePage
	n     int
	size  int   // bytes
	last  int32 // the parent of the last state
}

type link struct{ parent, choice int32 }

// pack appends the link to room. last is the parent in the link before.
func (l link) pack(last int32, room []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(room, uint64(l.parent-last)), uint64(l.choice))
}

// treePage is the links of some states.
type treePage struct {
	first  int   // of these states
	before int32 // the parent of the state before
	packed []byte
}

// treePageLen is about how many states there are in a page.
const treePageLen = 1 << 12

func (t *tree) add(l link) {
	k := len(t.pages) - 1
	if k < 0 || t.n-t.pages[k].first >= treePageLen {
		if k < 0 {
			t.last = -1
		} else {
			t.pages[k].packed = append([]byte(nil), t.pages[k].packed...) // without spare capacity
		}
		t.pages = append(t.pages, treePage{t.n, t.last, make([]byte, 0, 3*treePageLen)})
		k++
	}
	p := &t.pages[k]
	before := len(p.packed)
	p.packed = l.pack(t.last, p.packed)
	t.last, t.n, t.size = l.parent, t.n+1, t.size+len(p.packed)-before
}

// append adds n packed links. last is the parent in the last of them.
func (t *tree) append(packed []byte, n int, last int32) {
	p := &t.pages[len(t.pages)-1]
	p.packed = append(p.packed, packed...)
	t.last, t.n, t.size = last, t.n+n, t.size+len(packed)
}

// link is a state's.
func (t *tree) link(at int32) (l link) {
	i := sort.Search(len(t.pages), func(i int) bool { return t.pages[i].first > int(at) }) - 1
	p := &t.pages[i]
	l.parent = p.before
	packed := p.packed
	for range int(at) - p.first + 1 {
		rise, n := binary.Uvarint(packed)
		choice, k := binary.Uvarint(packed[n:])
		l, packed = link{l.parent + int32(rise), int32(choice)}, packed[n+k:]
	}
	return l
}

// bytes is how many bytes it holds. Unused capacity depends on the number of workers, so it is not
// counted.
func (t *tree) bytes() int { return t.size }
