package guest

import (
	"github.com/cespare/xxhash/v2"

	"raftlab/cluster"
	"raftlab/raft"
)

// mail finds, for each message that arrives in a run, the one that was sent.
type mail struct {
	queues map[letterKey][]*letter  // in the order in which they were sent
	links  map[[2]raft.ID][]*letter // those in flight, when the run is replayed
	all    int
}

// letter is a message that was sent in a run.
type letter struct {
	link    [2]raft.ID
	arrived int    // how often it arrives in the run
	left    int    // how many of these arrivals are still to come, when the run is replayed
	id      uint64 // its number in the world
	order   int    // its place in the order of sending
}

// letterKey identifies a message. If request is 0, it may answer any request.
type letterKey struct {
	link             [2]raft.ID
	message, request uint64
}

func newMail() *mail {
	return &mail{queues: map[letterKey][]*letter{}, links: map[[2]raft.ID][]*letter{}}
}

// step notes the messages of a server's step. It returns the one that arrives, or nil if no
// earlier line sent it, and those that the step sends.
func (m *mail) step(me raft.ID, in raft.Input, top *at) (arrives *letter, sends []*letter) {
	if in.Kind == raft.OnMessage {
		arrives = m.arrival(in.Envelope)
	}
	for _, x := range optional(top.has("send"), (*at).list) {
		sent := x.send()
		key := letterKey{link: [2]raft.ID{me, sent.to}}
		if in.Kind == raft.OnMessage && in.Envelope.From == sent.to && raft.Pair(sent.message, in.Envelope.Message) {
			complete(sent.message, in.Envelope.Message, sent.matched)
			key.request = letterHash(in.Envelope.Message)
		}
		key.message = letterHash(sent.message)
		m.all++
		l := &letter{link: key.link, order: m.all}
		sends = append(sends, l)
		m.queues[key] = append(m.queues[key], l)
		if key.request != 0 {
			key.request = 0
			m.queues[key] = append(m.queues[key], l)
		}
	}
	return arrives, sends
}

// letterHash is a hash of a message's content. It leaves out what complete adds to an answer,
// because that is known only if the request is.
func letterHash(m raft.Message) uint64 {
	switch r := m.(type) {
	case *raft.AppendEntriesReply:
		c := *r
		c.Round, c.PrevLogIndex, c.ConflictIndex = 0, 0, 0
		m = &c
	case *raft.InstallSnapshotReply:
		c := *r
		c.Round = 0
		m = &c
	}
	return raft.HashMessage(m, xxhash.Sum64String, nil)
}

// arrival is the letter that arrives. Of equal letters it is the first that has not arrived, or
// else the one that arrived last, which arrives again. It is nil if none was sent.
func (m *mail) arrival(e raft.Envelope) *letter {
	key := letterKey{link: [2]raft.ID{e.From, e.To}, message: letterHash(e.Message)}
	if q := raft.RequestOf(e.Message); q != nil {
		key.request = letterHash(q)
	}
	queue := m.queues[key]
	for len(queue) > 1 && queue[0].arrived > 0 && queue[1].arrived > 0 {
		queue = queue[1:]
	}
	if len(queue) == 0 {
		return nil
	}
	m.queues[key] = queue
	l := queue[0]
	if l.arrived > 0 && len(queue) > 1 {
		l = queue[1]
	}
	l.arrived++
	l.left++
	return l
}

// sent notes that a letter is in flight.
func (m *mail) sent(l *letter) { m.links[l.link] = append(m.links[l.link], l) }

// taken removes a letter, if any, from those in flight, for a step of which the world only gets
// the result.
func (m *mail) taken(w *cluster.World, l *letter) (actions []cluster.Action) {
	if l == nil || w.Flight(l.id) == nil {
		return nil
	}
	if l.left--; l.left > 0 {
		return nil
	}
	return []cluster.Action{cluster.Drop{ID: l.id}}
}

// arrives is the actions by which the letter arrives in the world. Earlier letters on the same
// link that never arrive are lost before it.
func (m *mail) arrives(w *cluster.World, l *letter) (actions []cluster.Action) {
	rest := m.links[l.link]
	for len(rest) > 0 && rest[0].order < l.order {
		if lost := rest[0]; lost.left == 0 && w.Flight(lost.id) != nil {
			actions = append(actions, cluster.Drop{ID: lost.id})
		}
		rest = rest[1:]
	}
	m.links[l.link] = rest
	id := l.id
	if l.left--; l.left > 0 { // it arrives again, later
		actions = append(actions, cluster.Duplicate{ID: id})
		l.id = w.LastSent() + 1
	}
	return append(actions, cluster.Deliver{ID: id})
}
