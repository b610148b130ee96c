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

// queue is states that wait to be expanded, first in, first out: packed, in pages
// that are let go of when they are empty.
type queue struct {
	pages [][]byte
	head  int   // where in the first page the next one is
	at    int32 // the next one's place in the tree; the others follow it there
	n     int

	pushed, numbers int // states that have ever waited, and the numbers that they are
}

// push adds a page of so many states, which are so many numbers.
func (q *queue) push(page []byte, states, numbers int) {
	if states > 0 {
		q.pages, q.n, q.pushed, q.numbers = append(q.pages, page), q.n+states, q.pushed+states, q.numbers+numbers
	}
}

// bytes is about how much it holds, two for a number. In which order parts get
// their numbers depends on how many workers there are, so it is not counted.
func (q *queue) bytes() int { return 2 * q.numbers / max(q.pushed, 1) * q.n }

// take appends up to most packed states to room.
func (q *queue) take(room [][]byte, most int) [][]byte {
	page, at := 0, q.head
	for len(room) < most && q.n > 0 {
		if at == len(q.pages[page]) {
			q.pages[page], page, at = nil, page+1, 0
			continue
		}
		length, n := binary.Uvarint(q.pages[page][at:])
		at += n + int(length)
		room = append(room, q.pages[page][at-int(length):at])
		q.n, q.at = q.n-1, q.at+1
	}
	q.pages, q.head = q.pages[page:], at
	return room
}
