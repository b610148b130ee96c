package explore

import "encoding/binary"

// A state is a few numbers: those of its parts, how much of the bounds it has used, and its place in
// the tree. Its messages are in the order in which they were sent.
//
//	at, rest, used (two words), servers..., mail...
type state []int32

const header = 4

func (s state) rest() int32 { return s[1] }
func (s state) used() used  { return used(uint32(s[2])) | used(uint32(s[3]))<<32 }

func (s state) setUsed(u used) { s[2], s[3] = int32(uint32(u)), int32(uint32(u>>32)) }

func (s state) servers(n int) []int32 { return s[header : header+n] }
func (s state) mail(n int) []int32    { return s[header+n:] }

// pack appends the state to room: first its length, then its parts' numbers in as many bytes as they
// need. Of what it has used it appends only the bytes that are not 0, after a byte that says which
// these are. It leaves out the place in the tree.
func (s state) pack(room []byte) []byte {
	var short [128]byte
	body := append(short[:0], 0)
	for i, u := 0, uint64(s.used()); u != 0; i, u = i+1, u>>8 {
		if byte(u) != 0 {
			body[0] |= 1 << i
			body = append(body, byte(u))
		}
	}
	body = binary.AppendUvarint(body, uint64(s.rest()))
	for _, n := range s[header:] {
		body = binary.AppendUvarint(body, uint64(n))
	}
	return append(binary.AppendUvarint(room, uint64(len(body))), body...)
}

// unpack appends a packed state to room. packed does not have its length.
func unpack(packed []byte, at int32, room state) state {
	mask, u := packed[0], used(0)
	packed = packed[1:]
	for i := 0; mask != 0; i, mask = i+1, mask>>1 {
		if mask&1 != 0 {
			u |= used(packed[0]) << (8 * i)
			packed = packed[1:]
		}
	}
	rest, n := binary.Uvarint(packed)
	room = append(room, at, int32(rest), int32(uint32(u)), int32(uint32(u>>32)))
	for packed = packed[n:]; len(packed) > 0; packed = packed[n:] {
		v, many := uint64(packed[0]), packed[0] >= 0x80
		if n = 1; many {
			v, n = binary.Uvarint(packed)
		}
		room = append(room, int32(v))
	}
	return room
}

// bundle is a number of packed states.
type bundle struct {
	packed []byte
	n      int
}

// next removes and returns the first state, without its length. It does not change n.
func (p *bundle) next() []byte {
	length, n := binary.Uvarint(p.packed)
	first := p.packed[n : n+int(length)]
	p.packed = p.packed[n+int(length):]
	return first
}

// queue is states that wait to be expanded, first in, first out.
type queue struct {
	bundles []bundle
	at      int32 // the place of the next state in the tree; the others follow it there
	n       int

	pushed, numbers int // how many states have ever waited, and how many numbers they had
}

func (q *queue) push(p bundle) {
	q.bundles, q.n, q.pushed = append(q.bundles, p), q.n+p.n, q.pushed+p.n
}

// bytes is about how much it holds, two for a number. In which order parts get
// their numbers depends on how many workers there are, so it is not counted.
func (q *queue) bytes() int { return 2 * q.numbers / max(q.pushed, 1) * q.n }

// take appends the next bundles to room, up to that many states.
func (q *queue) take(room []bundle, most int) []bundle {
	taken := 0
	for ; taken < len(q.bundles) && most > 0; taken++ {
		p := q.bundles[taken]
		if p.n > most {
			p = q.bundles[taken].split(most)
			taken--
		}
		room, most = append(room, p), most-p.n
		q.n, q.at = q.n-p.n, q.at+int32(p.n)
	}
	clear(q.bundles[:taken]) // so that their memory can be freed once they are expanded
	q.bundles = q.bundles[taken:]
	return room
}

// split removes that many states from the bundle and returns them.
func (p *bundle) split(n int) bundle {
	rest := *p
	for range n {
		rest.next()
	}
	first := bundle{p.packed[:len(p.packed)-len(rest.packed)], n}
	p.packed, p.n = rest.packed, p.n-n
	return first
}

// used is how much of its bounds a schedule has used, a byte for each. It is part of a state, because
// more can follow in the same world if more of the bounds is left.
type used uint64
