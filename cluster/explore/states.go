package explore

// A state is a few numbers: those of its parts, of what it has used of the
// bounds, and its place in the tree. Its mail is in the order in which it was
// sent.
//
//	at, rest, used (two words), servers..., mail...
type state []int32

const header = 4

func (s state) at() int32   { return s[0] }
func (s state) rest() int32 { return s[1] }
func (s state) used() used  { return used(uint32(s[2])) | used(uint32(s[3]))<<32 }

func (s state) setUsed(u used) { s[2], s[3] = int32(uint32(u)), int32(uint32(u>>32)) }

func (s state) servers(n int) []int32 { return s[header : header+n] }
func (s state) mail(n int) []int32    { return s[header+n:] }

// queue is states that wait to be expanded, first in, first out: packed, each
// behind its length, in pages that are let go of when they are empty.
type queue struct {
	pages [][]int32
	head  int // where in the first page the next one is
	n     int
}

const queuePage = 1 << 16

// push puts a state in the queue, and returns it to be filled in.
func (q *queue) push(words int) state {
	last := len(q.pages) - 1
	if last < 0 || len(q.pages[last])+words+1 > cap(q.pages[last]) {
		q.pages = append(q.pages, make([]int32, 0, max(queuePage, words+1)))
		last++
	}
	p := q.pages[last]
	from := len(p) + 1
	q.pages[last] = append(p[:from-1], int32(words))[:from+words]
	q.n++
	return state(q.pages[last][from:])
}

// take appends up to most states to room; they are valid until release.
func (q *queue) take(room []state, most int) []state {
	page, at := 0, q.head
	for len(room) < most && q.n > 0 {
		if at == len(q.pages[page]) {
			page, at = page+1, 0
			continue
		}
		words := int(q.pages[page][at])
		room = append(room, state(q.pages[page][at+1:at+1+words]))
		at += 1 + words
		q.n--
	}
	for i := range page {
		q.pages[i] = nil
	}
	q.pages, q.head = q.pages[page:], at
	return room
}

// words is how much it holds.
func (q *queue) words() int { return len(q.pages) * queuePage }
