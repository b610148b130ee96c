package explore

import "encoding/binary"

// A state is a few numbers: those of its parts, of what it has used of the
// bounds, and its place in the tree. Its mail is in the order in which it was
// sent.
//
//	at, rest, used (two words), servers..., mail...
type state []int32

const header = 4

func (s state) rest() int32 { return s[1] }
func (s state) used() used  { return used(uint32(s[2])) | used(uint32(s[3]))<<32 }

func (s state) setUsed(u used) { s[2], s[3] = int32(uint32(u)), int32(uint32(u>>32)) }

func (s state) servers(n int) []int32 { return s[header : header+n] }
func (s state) mail(n int) []int32    { return s[header+n:] }

// pack appends the state to room, behind its length: its parts' numbers in as
// many bytes as they need, and those bytes of what it has used that are not 0,
// behind a byte that says which these are. Its place in the tree is left out.
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

// unpack appends a state to room that was packed, without its length.
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

// bundle is so many packed states.
type bundle struct {
	packed []byte
	n      int
}

// next takes the first state out of it, without its length; its number is not
// counted.
func (p *bundle) next() []byte {
	length, n := binary.Uvarint(p.packed)
	first := p.packed[n : n+int(length)]
	p.packed = p.packed[n+int(length):]
	return first
}

// queue is states that wait to be expanded, first in, first out.
type queue struct {
	bundles []bundle
	at      int32 // the next one's place in the tree; the others follow it there
	n       int

	pushed, numbers int // states that have ever waited, and the numbers that they are
}

func (q *queue) push(p bundle) {
	q.bundles, q.n, q.pushed = append(q.bundles, p), q.n+p.n, q.pushed+p.n
}

// bytes is about how much it holds, two for a number. In which order parts get
// their numbers depends on how many workers there are, so it is not counted.
func (q *queue) bytes() int { return 2 * q.numbers / max(q.pushed, 1) * q.n }

// take appends the next bundles to room, up to so many states.
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
	clear(q.bundles[:taken]) // what they hold is let go of when they have been expanded
	q.bundles = q.bundles[taken:]
	return room
}

// split takes so many states out of the bundle.
func (p *bundle) split(n int) bundle {
	rest := *p
	for range n {
		rest.next()
	}
	first := bundle{p.packed[:len(p.packed)-len(rest.packed)], n}
	p.packed, p.n = rest.packed, p.n-n
	return first
}

// used is what a schedule has used of its bounds, a byte for each of them. It
// is part of a state: the same world with more left to use has more ahead.
type used uint64
