package explore

import (
	"sync/atomic"

	"raftlab/cluster"
	"raftlab/cluster/invariants"
)

// effect is what an action at a server did, as numbers of parts. It fits in one cache line,
// because there are hundreds of thousands.
type effect struct {
	key    uint64
	server int32
	rest   int32         // -1: as before
	few    [3]int32      // the messages sent, if these are all
	n      uint8         // how many they are
	done   bool          // false: the action could not be taken
	failed bool          // it could not, because a server gave no answer; this is not remembered
	erred  bool          // a server without bugs would have done something else
	ages   bool          // messages that made a difference to the server may make none any more
	alone  bool          // the same would happen whatever the other parts are
	deed   *cluster.Deed // what happened at the server; among others more may come of it; nil: not known
	more   *more         // nil: nothing
	breach *invariants.Breach
}

// more is the parts of an effect that few effects have.
type more struct {
	sent    []int32 // the messages sent, if they are too many for few
	created []int32 // the servers that were created
}

// sent is the messages that were sent.
func (e *effect) sent() []int32 {
	if int(e.n) <= len(e.few) {
		return e.few[:e.n]
	}
	return e.more.sent
}

// created is the servers that were created.
func (e *effect) created() []int32 {
	if e.more == nil {
		return nil
	}
	return e.more.created
}

// keep sets the messages that were sent and the servers that were created.
func (e *effect) keep(sent, created []int32) {
	e.n = uint8(min(len(sent), len(e.few)+1))
	if copy(e.few[:], sent); len(sent) <= len(e.few) {
		sent = nil
	}
	if len(sent) > 0 || len(created) > 0 {
		e.more = &more{sent, created}
	}
}

// came is what came of a choice in a state: an effect, unless the choice is about messages
// only, but with this rest and this breach instead of the effect's.
type came struct {
	*effect
	rest   int32
	breach *invariants.Breach
}

// effects remembers what actions did, so that no action has to run twice on the same server.
// There are a few places for each key; when all are taken, a new effect replaces an older one.
// All goroutines use it at once.
type effects struct {
	table []place
	_     apart
	n     atomic.Int64
}

// place is an effect with its key, so that effects of other keys need not be read.
type place struct {
	key    sharedWord
	effect sharedPointer[effect]
}

const (
	mostEffects = 1 << 22
	ways        = 8 // places of a key, two cache lines
)

func newEffects() *effects { return &effects{table: make([]place, 1<<12)} }

func (c *effects) places(key uint64) []place {
	at := invariants.Mix(0, key) & uint64(len(c.table)-1) &^ (ways - 1)
	return c.table[at : at+ways : at+ways]
}

func (c *effects) get(key uint64) *effect {
	places := c.places(key)
	for i := range places {
		switch places[i].key.Load() {
		case key:
			if e := places[i].effect.Load(); e != nil && e.key == key {
				return e
			}
		case 0:
			return nil
		}
	}
	return nil
}

// put keeps an effect, whose key is not 0.
func (c *effects) put(e *effect) {
	places := c.places(e.key)
	for i := range places {
		p := &places[i]
		if p.key.Load() == 0 && p.key.CompareAndSwap(0, e.key) {
			c.n.Add(1)
		}
		if p.key.Load() == e.key {
			p.effect.Store(e)
			return
		}
	}
	p := &places[invariants.Mix(1, e.key)%ways]
	p.key.Store(e.key)
	p.effect.Store(e)
}

// grow makes room if there is little. No other goroutine may use the effects meanwhile.
func (c *effects) grow() {
	for int(c.n.Load()) > len(c.table)/2 && len(c.table) < mostEffects {
		old := c.table
		c.table = make([]place, 2*len(old))
		c.n.Store(0)
		for i := range old {
			if e := old[i].effect.Load(); e != nil {
				c.put(e)
			}
		}
	}
}

// judgements remembers what came of known deeds among other servers: the number of the rest,
// or -1, by a hash of all that was looked at. All goroutines write and read it at once, and
// a key and its number are two writes. So the key is stored mixed with the number; if another
// goroutine has overwritten one of the two, the pair matches no key.
type judgements struct {
	lines []line
	_     apart
	n     atomic.Int64
}

// line is as many pairs as a cache line holds.
type line struct {
	marks [5]sharedWord
	rests [5]sharedNumber
	_     int32
}

const mostLines = 1 << 21

func newJudgements() *judgements { return &judgements{lines: make([]line, 1<<10)} }

func mark(key uint64, rest int32) uint64 { return key ^ uint64(uint32(rest)+2)*0x9e3779b97f4a7c15 }

func (j *judgements) get(key uint64) (rest int32, known bool) {
	l := &j.lines[key&uint64(len(j.lines)-1)]
	for i := range l.marks {
		m := l.marks[i].Load()
		if m == 0 {
			break
		}
		if rest = l.rests[i].Load(); m == mark(key, rest) {
			return rest, true
		}
	}
	return 0, false
}

func (j *judgements) put(key uint64, rest int32) {
	l, m := &j.lines[key&uint64(len(j.lines)-1)], mark(key, rest)
	for i := range l.marks {
		if l.marks[i].Load() == 0 {
			l.rests[i].Store(rest)
			if l.marks[i].CompareAndSwap(0, m) {
				j.n.Add(1)
				return
			}
		}
	}
	i := key >> 32 % uint64(len(l.marks))
	l.rests[i].Store(rest)
	l.marks[i].Store(m)
}

// grow makes room if there is little. No other goroutine may use the judgements meanwhile.
func (j *judgements) grow() {
	for int(j.n.Load()) > len(j.lines)*3 && len(j.lines) < mostLines {
		old := j.lines
		j.lines = make([]line, 2*len(old))
		j.n.Store(0)
		for i := range old {
			for k := range old[i].marks {
				if m := old[i].marks[k].Load(); m != 0 {
					rest := old[i].rests[k].Load()
					j.put(mark(m, rest), rest)
				}
			}
		}
	}
}
