package live

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/cluster"
	"raftlab/raft"
)

// Kinds of events that the step-by-step cluster tells too, by shorter names.
const (
	crashedKind   = cluster.Crashed
	restartedKind = cluster.Restarted
	cutKind       = cluster.LinksCut
	healedKind    = cluster.LinksHealed
)

// Repaired is told of a server whose log file ended in the middle of a record:
// it was cut there. Text says what was cut.
const Repaired cluster.EventKind = "repaired"

// Subscription is somebody who follows what happens. Events that find no room
// in C are counted and lost: nobody waits for a subscriber.
type Subscription struct {
	C      <-chan cluster.Event
	c      chan cluster.Event
	hub    *hub
	missed atomic.Uint64
}

// Missed is how many events found no room.
func (s *Subscription) Missed() uint64 { return s.missed.Load() }

// Close ends the subscription and closes C.
func (s *Subscription) Close() { s.hub.remove(s) }

// Subscribe tells what happens from now on, in one order for the whole
// cluster: changes of role, term and vote, entries appended, truncated and
// committed, arrivals of messages, crashes, restarts and links. Position counts
// the events, Clock is in ticks since the start. Up to room events wait in C.
func (c *Cluster) Subscribe(room int) *Subscription {
	s := &Subscription{c: make(chan cluster.Event, max(room, 1)), hub: &c.events}
	s.C = s.c
	c.events.add(s)
	return s
}

// hub hands events to subscribers.
type hub struct {
	mu       sync.Mutex
	on       atomic.Bool // somebody listens
	closed   bool
	position uint64
	list     []*Subscription
	begin    time.Time
	tick     time.Duration
}

func (h *hub) start(tick time.Duration) { h.begin, h.tick = time.Now(), tick }

func (h *hub) add(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(s.c)
		return
	}
	h.list = append(h.list, s)
	h.on.Store(true)
}

func (h *hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, o := range h.list {
		if o == s {
			h.list = append(h.list[:i:i], h.list[i+1:]...)
			close(s.c)
		}
	}
	h.on.Store(len(h.list) > 0)
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.list {
		close(s.c)
	}
	h.list, h.closed = nil, true
	h.on.Store(false)
}

func (h *hub) tell(e cluster.Event) {
	if !h.on.Load() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.position++
	e.Position, e.Clock = h.position, uint64(time.Since(h.begin)/h.tick)
	for _, s := range h.list {
		select {
		case s.c <- e:
		default:
			s.missed.Add(1)
		}
	}
}

func event(kind cluster.EventKind, id raft.ID, text string) cluster.Event {
	return cluster.Event{Kind: kind, Node: id.String(), Text: text}
}

// before is what is compared with, to tell what an input has changed.
type before struct {
	role         raft.Role
	term         uint64
	vote         raft.ID
	last, commit uint64
}

func (p *process) before() before {
	n := p.state
	return before{n.Role, n.CurrentTerm, n.VotedFor, n.Log.LastIndex(), n.CommitIndex}
}

// tellArrival tells that a message has come, and what was wrong with it.
func (p *process) tellArrival(m Message, wrong error) {
	if !p.cluster.events.on.Load() {
		return
	}
	e := event(cluster.Delivered, p.id, "")
	e.Peer, e.Message, e.Type = m.From.String(), fmt.Sprintf("m%d", m.Number), m.Message.Type()
	e.Term, e.Body = m.Message.MessageTerm(), m.Message
	p.cluster.events.tell(e)
	if wrong != nil {
		e.Refuse(wrong)
		p.cluster.events.tell(e)
	}
}

// tellChanges tells what an input has changed.
func (p *process) tellChanges(was before) {
	h := &p.cluster.events
	if !h.on.Load() {
		return
	}
	now, from := p.before(), p.out.Save.LogFrom
	if now.term != was.term {
		h.tell(cluster.Event{Kind: cluster.TermChanged, Node: p.id.String(), Term: now.term})
	}
	if now.vote != 0 && (now.vote != was.vote || now.term != was.term) {
		h.tell(cluster.Event{Kind: cluster.Voted, Node: p.id.String(), Peer: now.vote.String(), Term: now.term})
	}
	if from != 0 && from <= was.last {
		h.tell(cluster.Event{Kind: cluster.Truncated, Node: p.id.String(), First: from, Last: was.last})
	}
	if from != 0 && from <= now.last {
		h.tell(cluster.Event{Kind: cluster.Appended, Node: p.id.String(), First: from, Last: now.last, Term: p.state.Log.LastTerm()})
	}
	if now.role != was.role {
		h.tell(cluster.Event{Kind: cluster.RoleChanged, Node: p.id.String(), From: was.role.String(), To: now.role.String(), Term: now.term})
	}
	if now.commit != was.commit {
		from := raft.Follower // who learns of it; a leader that removed itself has committed, and leads no longer
		if now.role == raft.Leader || was.role == raft.Leader && now.term == was.term {
			from = raft.Leader
		}
		h.tell(cluster.Event{Kind: cluster.Committed, Node: p.id.String(), From: from.String(), First: was.commit + 1, Last: now.commit})
	}
	if p.out.Save.Snapshot {
		kind := cluster.SnapshotTaken
		if p.out.Restore != nil {
			kind = cluster.SnapshotLoaded
		}
		h.tell(cluster.Event{Kind: kind, Node: p.id.String(), Last: p.state.Snapshot.Index})
	}
}
