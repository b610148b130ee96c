package live

import (
	"sync"
	"sync/atomic"
	"time"

	"raftlab/cluster/event"
	"raftlab/raft"
)

// Subscription receives events in C. No server waits for a subscriber: an event for which
// C has no room is lost, and counted by Missed.
type Subscription struct {
	C      <-chan event.Event
	c      chan event.Event
	hub    *hub
	missed atomic.Uint64
}

// Missed is the number of events that were lost because C had no room.
func (s *Subscription) Missed() uint64 { return s.missed.Load() }

// Close ends the subscription and closes C.
func (s *Subscription) Close() { s.hub.remove(s) }

// Subscribe reports what happens from now on, in one order for the whole cluster: changes
// of role, term and vote, entries appended, deleted and committed, messages delivered,
// crashes, restarts and changes of links. Position counts the events, and Clock is in ticks
// since the start. C holds up to room events.
func (c *Cluster) Subscribe(room int) *Subscription {
	s := &Subscription{c: make(chan event.Event, max(room, 1)), hub: &c.events}
	s.C = s.c
	c.events.add(s)
	return s
}

// hub hands events to subscribers.
type hub struct {
	mu       sync.Mutex
	on       atomic.Bool // there is a subscriber
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

func (h *hub) tell(e event.Event) {
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

// before is the part of a server's state that is compared before and after an input.
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

// tellArrival reports that a message was delivered, and why the core refused it, if it did.
func (p *process) tellArrival(m Message, wrong error) {
	if !p.cluster.events.on.Load() {
		return
	}
	mail := event.Mail{ID: m.Number, Envelope: raft.Envelope{From: m.From, To: p.id, Message: m.Message}}
	p.tell(event.Delivered{Mail: mail})
	if wrong != nil {
		p.tell(event.Refuse(mail, wrong))
	}
}

// tell reports what happened at the process's server.
func (p *process) tell(what event.What) {
	p.cluster.events.tell(event.Event{Node: p.id, What: what})
}

// tellChanges reports what an input has changed.
func (p *process) tellChanges(was before) {
	if !p.cluster.events.on.Load() {
		return
	}
	now, from := p.before(), p.out.Save.LogFrom
	if now.term != was.term {
		p.tell(event.TermChanged{Term: now.term})
	}
	if now.vote != 0 && (now.vote != was.vote || now.term != was.term) {
		p.tell(event.Voted{For: now.vote, Term: now.term})
	}
	if from != 0 && from <= was.last {
		p.tell(event.Truncated{Entries: event.Entries{First: from, Last: was.last}})
	}
	if from != 0 && from <= now.last {
		p.tell(event.Appended{Entries: event.Entries{First: from, Last: now.last}, Term: p.state.Log.LastTerm()})
	}
	if now.role != was.role {
		p.tell(event.RoleChanged{From: was.role, To: now.role, Term: now.term})
	}
	if now.commit != was.commit {
		// Only a leader commits; the others learn of it. A leader that was removed commits
		// its removal, and is a follower when this runs.
		leader := now.role == raft.Leader || was.role == raft.Leader && now.term == was.term
		p.tell(event.Committed{Entries: event.Entries{First: was.commit + 1, Last: now.commit}, Leader: leader})
	}
	switch {
	case !p.out.Save.Snapshot:
	case p.out.Restore != nil:
		p.tell(event.SnapshotLoaded{Last: p.state.Snapshot.Index, Term: p.state.Snapshot.Term})
	default:
		p.tell(event.SnapshotTaken{Last: p.state.Snapshot.Index})
	}
}
