package live

import (
	"fmt"
	"sync"

	"raftlab/raft"
)

// recordKind is what a record tells of.
type recordKind uint8

const (
	recTimeout recordKind = iota
	recHeartbeat
	recMinimum // the minimum election timeout has passed
	recQuorum  // CheckQuorum
	recDeliver // number: the message
	recLost    // number: the message, on a cut link, at a dead server, or in a full inbox
	recSubmit  // number: in texts
	recSnapshot
	recKill
	recRestart
	recCuts // number: in texts; all links that are cut from now on
)

// record is one thing that happened: its kind, the server, how many messages that sent, and
// a number. All are packed into 8 bytes, because there may be millions of records.
type record uint64

const (
	numberBits = 41
	sendsBits  = 12
	nodeBits   = 7
)

func makeRecord(kind recordKind, node raft.ID, number uint64) record {
	return record(kind)<<(numberBits+sendsBits+nodeBits) | record(node)<<(numberBits+sendsBits) | record(number)
}

func (r record) withSends(n int) record { return r | record(n)<<numberBits }
func (r record) kind() recordKind       { return recordKind(r >> (numberBits + sendsBits + nodeBits)) }
func (r record) node() raft.ID          { return raft.ID(r>>(numberBits+sendsBits)) & raft.MaxID }
func (r record) sends() int             { return int(r >> numberBits & (1<<sendsBits - 1)) }
func (r record) number() uint64         { return uint64(r & (1<<numberBits - 1)) }

// hasText tells whether the record's number is the number of a text.
func (r record) hasText() bool { return r.kind() == recSubmit || r.kind() == recCuts }

// recText is a client's command, or a list of links.
type recText struct{ client, data string }

// recording is what happened, one thing at a time. The servers run at once, but the order
// is possible: a message is delivered after it was sent, and the records of one server are
// in the order in which it acted.
type recording struct {
	records []record
	texts   []recText
}

func (r *recording) note(rec record) { r.records = append(r.records, rec) }

// sent notes how many messages the last record has sent.
func (r *recording) sent(n int) {
	last := &r.records[len(r.records)-1]
	*last = last.withSends(n)
}

func (r *recording) noteText(kind recordKind, node raft.ID, client, data string) {
	r.note(makeRecord(kind, node, uint64(len(r.texts))))
	r.texts = append(r.texts, recText{client, data})
}

func (r *recording) clear() {
	clear(r.texts)
	r.records, r.texts = r.records[:0], r.texts[:0]
}

// recorder records what all servers of a cluster do. It also numbers the messages as the
// step-by-step cluster does: m1, m2, … in the order in which they are sent.
type recorder struct {
	mu     sync.Mutex
	limit  int
	sent   uint64
	kept   recording
	broken string // why there is no script, or ""
}

func newRecorder(limit int) *recorder {
	r := &recorder{limit: limit}
	if limit < 0 {
		r.broken = "nothing was recorded: Config.Record is below 0"
	}
	return r
}

// add appends what a server did, and numbers the messages that it sent. Until then they must
// not leave, because their receiver's record would come before the sender's.
func (r *recorder) add(batch *recording, sends []Message) {
	r.mu.Lock()
	for i := range sends {
		r.sent++
		sends[i].Number = r.sent
	}
	if r.broken == "" {
		base := record(len(r.kept.texts))
		for _, rec := range batch.records {
			if rec.hasText() {
				rec += base
			}
			r.kept.records = append(r.kept.records, rec)
		}
		r.kept.texts = append(r.kept.texts, batch.texts...)
		if len(r.kept.records) > r.limit {
			r.breakOff(fmt.Sprintf("the run is longer than the %d inputs that Config.Record keeps", r.limit))
		}
	}
	r.mu.Unlock()
	batch.clear()
}

// one appends a single record, from outside the servers' goroutines.
func (r *recorder) one(kind recordKind, node raft.ID, number uint64) {
	r.add(&recording{records: []record{makeRecord(kind, node, number)}}, nil)
}

// cuts notes which links are cut from now on.
func (r *recorder) cuts(links string) {
	var batch recording
	batch.noteText(recCuts, 0, "", links)
	r.add(&batch, nil)
}

// lost appends that messages will not arrive.
func (r *recorder) lost(mail []Message) {
	if len(mail) == 0 {
		return
	}
	var batch recording
	batch.noteLost(mail)
	r.add(&batch, nil)
}

func (r *recording) noteLost(mail []Message) {
	for i := range mail {
		r.note(makeRecord(recLost, mail[i].To, mail[i].Number))
	}
}

// breakOff ends the recording for good, and frees its memory.
func (r *recorder) breakOff(why string) {
	if r.broken == "" {
		r.broken, r.kept = why, recording{}
	}
}

func (r *recorder) cannotGoOn(why string) {
	r.mu.Lock()
	r.breakOff(why)
	r.mu.Unlock()
}

// sofar is the recording up to now. Records are only added later, so no copy is needed.
func (r *recorder) sofar() (kept recording, broken string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.kept, r.broken
}
