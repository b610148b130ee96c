package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"raftlab/commands/each"
	"raftlab/commands/stream"
)

// The bounds of what is kept for pages.
const (
	mostPages = 500     // that may be connected
	mostTail  = 256     // items that a page may be behind
	mostBytes = 4 << 20 // of these items, as JSON
	mostNew   = 256     // items that wait to be taken up; then whoever brings one takes them up
)

// beat is how often pages are told of news at most: the console's short commands are over before
// it. Pages are told row after row, with a pause between two: if all of them woke at once, what the
// console does next would have to wait for its turn behind them. questionBeat is how often they are
// told how many have answered.
const (
	beat         = 30 * time.Millisecond
	questionBeat = 500 * time.Millisecond
	rowSize      = 8
	rowPause     = time.Millisecond
)

// Hub hands the items of a session to pages. Whoever brings an item waits for no page: the items
// that pages have not seen yet are kept once for all of them, and a page that is too far behind
// gets the whole state instead.
type Hub struct {
	newMu sync.Mutex // the only lock that the console takes
	fresh []stream.Item

	wake chan struct{} // there is something new
	done chan struct{} // closed at the end
	pump sync.WaitGroup

	mu    sync.Mutex
	epoch string // of the ids, so that those of an earlier server mean nothing here
	last  uint64 // id of the newest item
	tail  []kept // the newest items
	bytes int    // of the tail
	state stream.State
	whole kept // the state as it was sent last
	rows  []*row
	pages int
	votes votes
}

// row is some of the pages, which are told of news together.
type row struct {
	pages int
	news  chan struct{} // closed when there is something new
}

// kept is an item as it is sent.
type kept struct {
	id   uint64
	data []byte
}

// newHub starts a hub. Close ends it.
func newHub() *Hub {
	h := &Hub{wake: make(chan struct{}, 1), done: make(chan struct{}), epoch: secret(4)}
	h.pump.Add(1)
	go h.run()
	return h
}

// Send brings an item, which nobody changes any more. It does not wait for pages.
func (h *Hub) Send(item stream.Item) {
	h.newMu.Lock()
	h.fresh = append(h.fresh, item)
	full := len(h.fresh) >= mostNew
	h.newMu.Unlock()
	if full { // the machine is too busy for the pump: memory stays bounded all the same
		h.take()
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Close ends the hub and all that wait for it.
func (h *Hub) Close() {
	close(h.done)
	h.pump.Wait()
}

// run takes up what is new, at most once a beat.
func (h *Hub) run() {
	defer h.pump.Done()
	question := time.NewTicker(questionBeat)
	defer question.Stop()
	for {
		select {
		case <-h.done:
			return
		case <-h.wake:
		case <-question.C:
			h.recount()
			continue
		}
		select {
		case <-h.done:
			return
		case <-time.After(beat):
		}
		h.take()
		for row := 0; h.tell(row); row++ {
			time.Sleep(rowPause)
		}
	}
}

// tell wakes the pages of a row; it says whether there are more.
func (h *Hub) tell(row int) (more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if row < len(h.rows) {
		close(h.rows[row].news)
		h.rows[row].news = make(chan struct{})
	}
	return row+1 < len(h.rows)
}

// take gives what is new its place in the tail.
func (h *Hub) take() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.newMu.Lock()
	fresh := h.fresh
	h.fresh = nil
	h.newMu.Unlock()
	for _, item := range fresh {
		h.takeLocked(item)
	}
}

func (h *Hub) takeLocked(item stream.Item) {
	item = h.votes.follow(item, h.pages)
	h.state.Apply(item)
	h.last++
	k := kept{h.last, h.event(h.last, item)}
	h.tail = append(h.tail, k)
	h.bytes += len(k.data)
	for len(h.tail) > mostTail || h.bytes > mostBytes {
		h.bytes -= len(h.tail[0].data)
		h.tail[0].data = nil
		h.tail = h.tail[1:]
	}
}

// event is an item as a server-sent event (HTML standard, section 9.2). JSON on one line needs no
// more than its prefix.
func (h *Hub) event(id uint64, item stream.Item) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "id: %s-%d\ndata: ", h.epoch, id)
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(item); err != nil { // one that JSON cannot say must not end the page
		b.WriteString("{}\n")
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// after is what a page of this row needs that has seen the item of this id last, 0: none of this hub; the
// id that it has seen then, and what is closed when there is more. A page that comes back may still show a
// question that is over, so it is told that it is.
func (h *Hub) after(seen uint64, back bool, r *row) (events [][]byte, upTo uint64, more <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.last + 1 - uint64(len(h.tail))
	switch {
	case h.last == 0 || seen == h.last:
	case seen == 0 || seen > h.last || seen+1 < first:
		if back && !slices.ContainsFunc(h.state.Items(), isCard) {
			events = append(events, withoutID(h.event(0, stream.NewClosed(h.votes.last, h.votes.round))))
		}
		events = append(events, h.wholeLocked())
	default:
		events = append(events, each.As(h.tail[seen+1-first:], func(k kept) []byte { return k.data })...)
	}
	return events, h.last, r.news
}

// wholeLocked is the state as events, made once for all pages that come now. All have the id of
// the newest item, so that a page that has seen a part of them begins again.
func (h *Hub) wholeLocked() []byte {
	if h.whole.id == h.last && h.whole.data != nil {
		return h.whole.data
	}
	var all []byte
	items := h.state.Items()
	for i, item := range items {
		e := h.event(h.last, item)
		if i < len(items)-1 { // an id only when it has all of them
			e = withoutID(e)
		}
		all = append(all, e...)
	}
	h.whole = kept{h.last, all}
	return all
}

// withoutID is an event that a page does not take for the last that it has seen.
func withoutID(event []byte) []byte {
	_, event, _ = bytes.Cut(event, []byte("\n"))
	return event
}

// isCard says whether an item is a question or its answers.
func isCard(item stream.Item) bool {
	switch item.(type) {
	case *stream.QuestionItem, *stream.AnswersItem:
		return true
	}
	return false
}

// seen is the number in the id of an event of this hub; 0 for any other.
func (h *Hub) seen(id string) (n uint64) {
	var epoch string
	if i := len(h.epoch); len(id) > i+1 && id[i] == '-' {
		epoch = id[:i]
		if _, err := fmt.Sscanf(id[i+1:], "%d", &n); err != nil {
			n = 0
		}
	}
	if epoch != h.epoch {
		return 0
	}
	return n
}

// join counts a page into the first row that has room; nil: there are too many.
func (h *Hub) join() *row {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pages >= mostPages {
		return nil
	}
	h.pages++
	at := slices.IndexFunc(h.rows, func(r *row) bool { return r.pages < rowSize })
	if at < 0 {
		at = len(h.rows)
		h.rows = append(h.rows, &row{news: make(chan struct{})})
	}
	h.rows[at].pages++
	return h.rows[at]
}

func (h *Hub) leave(r *row) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pages--
	r.pages--
}

// Pages is how many pages are connected.
func (h *Hub) Pages() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pages
}

// recount tells the pages how many have answered, where that has changed.
func (h *Hub) recount() {
	h.mu.Lock()
	item := h.votes.recount(h.pages)
	h.mu.Unlock()
	if item != nil {
		h.Send(item)
	}
}
