package cluster

import (
	"slices"

	"github.com/cespare/xxhash/v2"

	"raftlab/cluster/clients"
	"raftlab/cluster/disk"
	"raftlab/cluster/invariants"
	"raftlab/cluster/network"
	"raftlab/cluster/program"
	"raftlab/raft"
)

// A World can be taken apart into parts that never change, of which a search
// keeps each once, however many worlds it is in. A Bench puts parts together
// again, has one thing happen there, and says what became of them.

// ServerPart is a server as it was at one moment; the zero one does not exist
// yet. Servers come into being in the order of their numbers.
type ServerPart struct{ s *server }

// Exists tells whether there is such a server yet. If not, do not ask for its state.
func (p ServerPart) Exists() bool { return p.s != nil }

// Hash is the server's share of the fingerprint; without hints it leaves out
// what concerns clients alone.
func (p ServerPart) Hash(r raft.Renaming, hints bool) uint64 {
	if p.s == nil {
		return 0
	}
	return p.s.hash(r, hints)
}

// What decides what may happen to the server.
func (p ServerPart) Running() bool { return p.s.running() }
func (p ServerPart) Frozen() bool  { return p.s.frozen }
func (p ServerPart) Leads() bool   { return p.s.running() && p.s.state.Role == raft.Leader }

// Term is its currentTerm, on disk while it is down.
func (p ServerPart) Term() uint64 {
	if p.s.up() {
		return p.s.state.CurrentTerm
	}
	return p.s.disk.Synced().CurrentTerm
}

// Rest is what actions may change beside servers and mail: what the invariants
// remember, and the clients.
type Rest struct {
	memory  invariants.Memory
	clients []*clients.Client
}

// Hash is the rest's share of the fingerprint. Without hints it covers only those clients
// that wait, because an answer to one of them would be remembered.
func (p *Rest) Hash(r raft.Renaming, hints bool) uint64 {
	h := p.memory.Hash(r)
	for _, c := range p.clients {
		switch {
		case hints:
			h = invariants.Mix(h, c.Hash(r))
		case c.Status == clients.Pending:
			index, term := c.WaitsFor()
			h += invariants.Mix(invariants.Mix(invariants.Mix(xxhash.Sum64String(c.Name), uint64(r.Of(c.Node))),
				index), term<<1|uint64(min(c.Opens, 1)))
		}
	}
	return h
}

// Waiting is the rest with only those clients that wait, which is what Hash covers without
// hints. The other clients must go, because their names would make a difference to the next
// request of that name.
func (p *Rest) Waiting() *Rest {
	wait := slices.Clone(p.clients)
	return &Rest{p.memory, slices.DeleteFunc(wait, func(c *clients.Client) bool { return c.Status != clients.Pending })}
}

// Parts is the world's servers and the rest.
func (w *World) Parts() (servers []ServerPart, rest *Rest) {
	w.epoch = epochs.Add(1) // the servers are shared from now on
	for _, s := range w.servers {
		servers = append(servers, ServerPart{s})
	}
	return servers, &Rest{w.memory, slices.Clone(w.clients)}
}

// Bench is a World that is put together from parts again and again.
type Bench struct {
	w       *World
	servers []*server
	rest    *Rest
	clients []*clients.Client
	flights []Flight
	before  int    // breaches that the world has had all along
	again   server // see Again
	asked   clients.Ledger
}

// NewBench is a bench that has everything that is not a part from w: settings, links,
// mistakes.
func NewBench(w *World) *Bench {
	c := w.Clone()
	c.flights, c.careful = network.Flights{}, false // what Put puts is put again
	c.atWork()
	return &Bench{w: c, before: len(c.breaches), asked: c.operations}
}

// Put puts parts together. The messages become m1, m2, …
func (b *Bench) Put(servers []ServerPart, rest *Rest, mail []raft.Envelope) *World {
	w := b.w
	b.servers = b.servers[:0]
	for _, p := range servers {
		if p.Exists() {
			b.servers = append(b.servers, p.s)
		}
	}
	w.servers = b.servers
	b.rest = rest
	b.clients = append(b.clients[:0], rest.clients...)
	w.memory, w.clients, w.breaches = rest.memory, b.clients, w.breaches[:b.before:b.before]
	w.lookedAt()
	b.flights = b.flights[:0]
	for i, e := range mail {
		b.flights = append(b.flights, Flight{ID: uint64(i + 1), Due: w.clock, Envelope: e})
	}
	w.flights.Put(b.flights)
	w.sent = uint64(len(mail))
	w.operations = b.asked
	w.out.Reset()
	return w
}

// View is a hash of what an action at another server may look at in this one: its log, in
// memory and on disk, whether it leads, and what it believes that others store. Its vote
// does not concern other servers. An invariant that looks at anything else of a second
// server must add it here.
func (b *Bench) View(p ServerPart) uint64 {
	s := p.s
	h := s.seen.View()
	leads := s.up() && s.state.Role == raft.Leader
	if !b.w.bugs.Any() { // else wrong books are no breach, see Harm
		h = invariants.Mix(h, s.seen.BooksView())
		if leads {
			members := s.state.Configuration.Members()
			for id := members.Next(0); id != 0; id = members.Next(id) {
				h = invariants.Mix(h, s.state.MatchIndex(id))
			}
		}
	}
	// otherwise it stores exactly what it has in memory
	if w := &s.disk.Written.Log; !s.up() || !disk.SameLog(&s.state.Log, w) {
		h = invariants.Mix(h, w.FirstIndex())
		for i := w.FirstIndex(); i <= w.LastIndex(); i++ {
			e := w.Entry(i)
			h = invariants.Mix(invariants.Mix(h, e.Term<<2|uint64(e.Kind)), xxhash.Sum64String(e.Data))
		}
	}
	state := uint64(0)
	if s.up() {
		state |= 1
	}
	if s.frozen {
		state |= 2
	}
	if leads {
		state |= 4 | s.state.CurrentTerm<<3
	}
	return invariants.Mix(h, state)
}

// LogView is a hash of the server's log as Log Matching (Figure 3) looks at it. It is 0 for
// a server that is down, because its log is not looked at.
func (p ServerPart) LogView() uint64 {
	if !p.s.up() {
		return 0
	}
	return max(1, p.s.seen.LogView())
}

// Presides tells whether the server leads, though it may be frozen.
func (p ServerPart) Presides() bool { return p.s.up() && p.s.state.Role == raft.Leader }

// About is what the mistakes that the server makes are about.
func (b *Bench) About(p ServerPart) raft.Topics { return b.w.bugs.Of(p.s.id).About() }

// Outlived tells which answers can make no difference to a server any more, whatever
// happens. votes and appends are the first terms whose answers still count.
//
// Answers of earlier terms do not count. Those of the present term do not count for a server
// that is neither candidate nor leader, because it will not be one again in that term
// (Figure 2). For a candidate, replies to AppendEntries of the present term do count: a
// follower that was in this term already may have refused what the candidate sent as leader
// of an earlier term, and the refusal may find it leading again.
//
// refusals is the first term whose refusals of a vote count. They only say that there is a
// higher term.
//
// The term here is one that a crash does not take back. A server outlives no answer if it
// counts old answers by mistake, if its stored term may go back, or if its program is not
// known to ignore them.
func (b *Bench) Outlived(p ServerPart) (votes, appends, refusals uint64) {
	s := p.s
	if b.About(p)&raft.AboutOldAnswers != 0 || !b.w.programs(s.id).Known().OldAnswers {
		return 0, 0, 0
	}
	term := min(p.Term(), s.disk.Synced().CurrentTerm)
	votes, appends, refusals = term+1, term+1, term+1
	if s.up() && term == s.state.CurrentTerm {
		switch s.state.Role {
		case raft.Candidate:
			votes, appends = term, term
		case raft.Leader:
			appends = term
		}
	}
	return votes, appends, refusals
}

// Effect is what an action at one server has changed.
type Effect struct {
	Server  ServerPart   // in the place of the one before
	Created []ServerPart // behind those that existed
	Sent    []raft.Envelope
	Rest    *Rest // nil: as before
	// Alone tells that the same would happen to the server whatever the others, the rest
	// and the messages are, because nothing that the invariants or the clients look at has
	// changed.
	Alone  bool
	Deed   *Deed // for Again; nil: among other servers it must be done again
	Breach *invariants.Breach
	// Failure means that the server, or one that the action created, had no answer. Then
	// the other fields say nothing, and the action is not done.
	Failure *program.Failure
}

// Do applies an action at a server, and takes away all messages that the server sends. It
// reports false if the action is refused, or has failed.
func (b *Bench) Do(id raft.ID, a Action) (e Effect, done bool) {
	w := b.w
	old, existed := w.servers[id-1], len(w.servers)
	w.alone = id // the other servers that a client may ask are not part of this
	if w.Apply(a) != nil {
		e.Failure = w.failure
		return e, false
	}
	now := w.servers[id-1]
	e.Server = ServerPart{now}
	for _, s := range w.servers[existed:] {
		e.Created = append(e.Created, ServerPart{s})
	}
	for _, m := range w.flights.All() {
		e.Sent = append(e.Sent, m.Envelope)
	}
	e.Breach = w.Harm(b.before)
	e.Rest = b.newRest()
	rewritten := w.out.Save.LogFrom != 0 // even as it was, clients are told
	e.Alone = e.Rest == nil && e.Breach == nil && !rewritten && sameToOthers(old, now) &&
		(w.bugs.Any() || matchedSince(old, now).Empty())
	if !e.Alone && b.before == 0 { // else a breach may be no news, and what was not told is no proof
		e.Deed = b.deed(a, old, now)
		e.Alone = e.Deed != nil && e.Breach == nil && e.Rest == nil && !e.Deed.Rest && !e.Deed.Logs && !e.Deed.Beside
	}
	w.epoch = epochs.Add(1) // now is a part, and no longer this world's own
	return e, true
}

// Righteously is Do as if the server made no mistake. The others stay as they are. The
// Effect has only the server, the messages and the rest.
func (b *Bench) Righteously(id raft.ID, a Action) (e Effect, done bool) {
	w, setup := b.w, b.w.setup
	bugs := slices.Clone(w.bugs)
	if int(id) <= len(bugs) {
		bugs[id-1] = 0
	}
	w.another().bugs = bugs
	defer func() { w.setup = setup }()
	if s := w.servers[id-1]; s.up() {
		right := *w.options
		right.Naive = true
		w.mutable(id).node.SetOptions(&right)
	}
	w.alone = id
	if w.Apply(a) != nil {
		return e, false
	}
	e.Server, e.Rest = ServerPart{w.servers[id-1]}, b.newRest()
	for _, m := range w.flights.All() {
		e.Sent = append(e.Sent, m.Envelope)
	}
	w.epoch = epochs.Add(1) // that server is no longer this world's own
	return e, true
}

// sameToOthers tells whether nothing has changed that is compared with other servers: the
// log in memory and on disk, what is committed and applied, and whether the server leads.
func sameToOthers(old, now *server) bool {
	if old == now {
		return true
	}
	if !old.up() || !now.up() || old.reading() || now.reading() {
		return false
	}
	a, b := &old.seen, &now.seen
	n, m := old.state, now.state
	leads := n.Role == raft.Leader || m.Role == raft.Leader
	return a.SameLog(b) && disk.SameLog(&old.disk.Written.Log, &now.disk.Written.Log) &&
		n.CommitIndex == m.CommitIndex && n.LastApplied == m.LastApplied &&
		(!leads || n.Role == m.Role && n.CurrentTerm == m.CurrentTerm)
}
